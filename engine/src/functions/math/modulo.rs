//! MOD (page r_MOD): the remainder, with the sign of the dividend. `%` is the same.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Decimal128Type, Int16Type, Int32Type, Int64Type},
};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        conditional::common::common_type,
        definition::{Documentation, ScalarFunction},
        type_name,
    },
};

/// MOD
pub static MOD: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "mod",
        aliases: &[],
        category: "math",
        description: "The remainder of a division, with the sign of the dividend. Its type is the wider of both.",
        arguments: &[("number1", "an integer or decimal"), ("number2", "an integer or decimal")],
        example: "select mod(10, 4); -- 2",
    },
    arity: (2, 2),
    returns: |types| {
        for index in 0..2 {
            types.require(index, |kind| matches!(kind, Kind::Integer | Kind::Decimal))?;
        }
        Ok(match common_type(types, 0..2)? {
            DataType::Utf8View => DataType::Int32,
            other => other,
        })
    },
    invoke,
};

fn invoke(call: &Call) -> Result<ArrayRef> {
    if let DataType::Decimal128(_, scale) = call.return_type {
        let (first, second) = (call.decimal(0, *scale)?, call.decimal(1, *scale)?);
        return call.build::<Decimal128Type>(|row| match (first.get(row), second.get(row)) {
            (Some(_), Some(0)) => Err(Error::division_by_zero()),
            (Some(first), Some(second)) => Ok(Some(first.wrapping_rem(second))),
            _ => Ok(None),
        });
    }
    let (first, second) = (call.int(0)?, call.int(1)?);
    let remainder = |row: usize| match (first.get(row), second.get(row)) {
        (Some(_), Some(0)) => Err(Error::division_by_zero()),
        // the least integer divided by -1 leaves nothing
        (Some(first), Some(second)) => Ok(Some(first.wrapping_rem(second))),
        _ => Ok(None),
    };
    // a remainder is no greater than the divisor, so it fits
    match call.return_type {
        DataType::Int16 => call.build::<Int16Type>(|row| Ok(remainder(row)?.map(|value| value as i16))),
        DataType::Int32 => call.build::<Int32Type>(|row| Ok(remainder(row)?.map(|value| value as i32))),
        DataType::Int64 => call.build::<Int64Type>(remainder),
        other => Err(Error::not_supported(format!("MOD of {}", type_name(other)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, fails, float, int, int2, int4, null};

    #[test]
    fn results() {
        check(
            &MOD,
            vec![
                (vec![int4(10), int4(4)], int4(2)),
                (vec![int4(-10), int(4)], int(-2)),
                (vec![int2(10), int2(3)], int2(1)),
                (vec![decimal(105, 3, 1), int4(4)], decimal(25, 11, 1)),
                (vec![int(i64::MIN), int(-1)], int(0)),
                (vec![null(), int4(1)], null()),
            ],
        );
        fails(&MOD, vec![int(1), int(0)], "22012");
        fails(&MOD, vec![float(1.0), int(2)], "42883");
    }
}
