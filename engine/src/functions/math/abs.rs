//! ABS (page r_ABS): the type stays.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type},
};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
        type_name,
    },
};

/// ABS
pub static ABS: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "abs",
        aliases: &[],
        category: "math",
        description: "The absolute value, in the type of the argument.",
        arguments: &[("number", "a number")],
        example: "select abs(-38); -- 38",
    },
    arity: (1, 1),
    returns: number_type,
    invoke,
};

/// The result type of functions that keep the type of their number: text and NULL become DOUBLE PRECISION.
pub fn number_type(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_number_or_text)?;
    Ok(match types.data_type(0) {
        DataType::Int8 | DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        data_type if types.kind(0).is_number() => data_type.clone(),
        _ => DataType::Float64,
    })
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let overflow = || Error::out_of_range(type_name(call.return_type));
    match call.return_type {
        DataType::Int16 => {
            let values = call.int(0)?;
            call.build::<Int16Type>(|row| {
                values.get(row).map(|value| i16::try_from(value.abs()).map_err(|_| overflow())).transpose()
            })
        }
        DataType::Int32 => {
            let values = call.int(0)?;
            call.build::<Int32Type>(|row| {
                values.get(row).map(|value| i32::try_from(value.abs()).map_err(|_| overflow())).transpose()
            })
        }
        DataType::Int64 => {
            let values = call.int(0)?;
            call.build::<Int64Type>(|row| {
                values.get(row).map(|value| value.checked_abs().ok_or_else(overflow)).transpose()
            })
        }
        DataType::Decimal128(_, scale) => {
            let values = call.decimal(0, *scale)?;
            call.build::<Decimal128Type>(|row| Ok(values.get(row).map(i128::abs)))
        }
        DataType::Float32 => {
            let values = call.float(0)?;
            call.build::<Float32Type>(|row| Ok(values.get(row).map(|value| value.abs() as f32)))
        }
        DataType::Float64 => {
            let values = call.float(0)?;
            call.build::<Float64Type>(|row| Ok(values.get(row).map(f64::abs)))
        }
        other => Err(Error::not_supported(format!("ABS of {}", type_name(other)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, fails, float, int, int2, int4, null, text};

    #[test]
    fn results() {
        check(
            &ABS,
            vec![
                (vec![int(-38)], int(38)),
                (vec![int4(-38)], int4(38)),
                (vec![int2(-38)], int2(38)),
                (vec![decimal(-1205, 5, 2)], decimal(1205, 5, 2)),
                (vec![float(-1.5)], float(1.5)),
                (vec![text("-1.5")], float(1.5)),
                (vec![null()], null()),
            ],
        );
        fails(&ABS, vec![int(i64::MIN)], "22003");
        fails(&ABS, vec![int4(i32::MIN)], "22003");
        fails(&ABS, vec![int2(i16::MIN)], "22003");
    }
}
