//! SIGN (page r_SIGN).

use arrow::datatypes::{DataType, Decimal128Type, Float64Type};

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
    number,
};

/// SIGN
pub static SIGN: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "sign",
        aliases: &[],
        category: "math",
        description: "-1, 0 or 1 as the number is negative, zero or positive: NUMERIC(1,0) of exact numbers, DOUBLE \
                      PRECISION of floats.",
        arguments: &[("number", "a number")],
        example: "select sign(28.05); -- 1",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_number_or_text)?;
        let exact = matches!(types.kind(0), Kind::Integer | Kind::Decimal);
        Ok(if exact { DataType::Decimal128(1, 0) } else { DataType::Float64 })
    },
    invoke: |call| {
        if call.return_type == &DataType::Float64 {
            let values = call.float(0)?;
            let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
            return call.build::<Float64Type>(|row| Ok(values.get(row).map(sign)));
        }
        let scale = number::decimal_scale(&call.array(0)?.0.data_type().clone());
        let values = call.decimal(0, scale)?;
        call.build::<Decimal128Type>(|row| Ok(values.get(row).map(i128::signum)))
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, float, int, null};

    #[test]
    fn results() {
        check(
            &SIGN,
            vec![
                (vec![decimal(2805, 4, 2)], decimal(1, 1, 0)),
                (vec![decimal(-1, 4, 2)], decimal(-1, 1, 0)),
                (vec![int(0)], decimal(0, 1, 0)),
                (vec![float(-4.25)], float(-1.0)),
                (vec![null()], null()),
            ],
        );
    }
}
