//! POWER (page r_POWER).

use arrow::datatypes::{DataType, Float64Type};

use super::float::finite;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// POWER
pub static POWER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "power",
        aliases: &["pow", "dpow"],
        category: "math",
        description: "A number raised to a power, as DOUBLE PRECISION. The operator ^ is the same.",
        arguments: &[("expression1", "the number"), ("expression2", "the power")],
        example: "select power(2, 3); -- 8",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_number_or_text)?;
        types.require(1, Kind::is_number_or_text)?;
        Ok(DataType::Float64)
    },
    invoke: |call| {
        let (bases, exponents) = (call.float(0)?, call.float(1)?);
        call.build::<Float64Type>(|row| bases.get(row).zip(exponents.get(row)).map(|(b, e)| power(b, e)).transpose())
    },
};

fn power(base: f64, exponent: f64) -> Result<f64> {
    let invalid = |message: &str| Err(Error::new(SqlState("2201F"), message));
    if base == 0.0 && exponent < 0.0 {
        return invalid("zero raised to a negative power is undefined");
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        return invalid("a negative number raised to a non-integer power yields a complex result");
    }
    finite(base.powf(exponent), base + exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, float, int, null};

    #[test]
    fn results() {
        check(
            &POWER,
            vec![
                (vec![int(2), int(3)], float(8.0)),
                (vec![int(-2), int(3)], float(-8.0)),
                (vec![int(2), int(-1)], float(0.5)),
                (vec![null(), int(1)], null()),
            ],
        );
        fails(&POWER, vec![int(0), int(-1)], "2201F");
        fails(&POWER, vec![int(-8), float(0.5)], "2201F");
        fails(&POWER, vec![int(10), int(400)], "22003");
    }
}
