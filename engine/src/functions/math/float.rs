//! Functions of DOUBLE PRECISION (pages r_SQRT, r_LN, r_LOG, r_SIN …). What is not defined is an
//! error, as in PostgreSQL; no result is infinite or NaN unless an argument is.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Float64Type},
};

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

macro_rules! float_function {
    ($constant:ident, $name:literal, $aliases:expr, $description:literal, $example:literal, $compute:expr) => {
        #[doc = concat!("`", $name, "`: ", $description)]
        pub static $constant: ScalarFunction = ScalarFunction {
            documentation: Documentation {
                name: $name,
                aliases: $aliases,
                category: "math",
                description: $description,
                arguments: &[("number", "a number, taken as DOUBLE PRECISION")],
                example: $example,
            },
            arity: (1, 1),
            returns,
            invoke: |call| map(call, $compute),
        };
    };
}

float_function!(ACOS, "acos", &[], "The arc cosine in radians.", "select acos(-1); -- 3.14159265358979", |x| {
    within_one(x).map(f64::acos)
});
float_function!(ASIN, "asin", &[], "The arc sine in radians.", "select asin(1); -- 1.5707963267949", |x| {
    within_one(x).map(f64::asin)
});
float_function!(ATAN, "atan", &[], "The arc tangent in radians.", "select atan(1) * 4; -- 3.14159265358979", |x| Ok(
    x.atan()
));
float_function!(CBRT, "cbrt", &[], "The cube root.", "select cbrt(27); -- 3", |x| Ok(x.cbrt()));
float_function!(COS, "cos", &[], "The cosine of an angle in radians.", "select cos(0); -- 1", |x| finite(x.cos(), x));
float_function!(COT, "cot", &[], "The cotangent of an angle in radians.", "select cot(1); -- 0.642092615934331", |x| {
    finite(1.0 / x.tan(), x)
});
float_function!(DEGREES, "degrees", &[], "Radians as degrees.", "select degrees(pi()); -- 180", |x| {
    finite(x.to_degrees(), x)
});
float_function!(EXP, "exp", &["dexp"], "The exponential function.", "select exp(1); -- 2.71828182845905", |x| {
    finite(x.exp(), x)
});
float_function!(LN, "ln", &["dlog1"], "The natural logarithm.", "select ln(2.718281828); -- 0.999999999831127", |x| {
    logarithm(x).map(f64::ln)
});
float_function!(LOG, "log", &["dlog10"], "The logarithm to base 10.", "select log(100); -- 2", |x| {
    logarithm(x).map(f64::log10)
});
float_function!(RADIANS, "radians", &[], "Degrees as radians.", "select radians(180); -- 3.14159265358979", |x| Ok(
    x.to_radians()
));
float_function!(SIN, "sin", &[], "The sine of an angle in radians.", "select sin(0); -- 0", |x| finite(x.sin(), x));
float_function!(SQRT, "sqrt", &["dsqrt"], "The square root.", "select sqrt(16); -- 4", |x: f64| {
    if x < 0.0 {
        Err(Error::new(SqlState("2201F"), "cannot take square root of a negative number"))
    } else {
        Ok(x.sqrt())
    }
});
float_function!(TAN, "tan", &[], "The tangent of an angle in radians.", "select tan(0); -- 0", |x| finite(x.tan(), x));

/// ATAN2
pub static ATAN2: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "atan2",
        aliases: &[],
        category: "math",
        description: "The arc tangent of the quotient of two numbers, in radians.",
        arguments: &[("number1", "the dividend"), ("number2", "the divisor")],
        example: "select atan2(2, 2) * 4; -- 3.14159265358979",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(1, Kind::is_number_or_text)?;
        returns(types)
    },
    invoke: |call| {
        let (first, second) = (call.float(0)?, call.float(1)?);
        call.build::<Float64Type>(|row| Ok(first.get(row).zip(second.get(row)).map(|(a, b)| a.atan2(b))))
    },
};

/// PI
pub static PI: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pi",
        aliases: &[],
        category: "math",
        description: "The number pi.",
        arguments: &[],
        example: "select pi(); -- 3.14159265358979",
    },
    arity: (0, 0),
    returns: |_| Ok(DataType::Float64),
    invoke: |call| call.build::<Float64Type>(|_| Ok(Some(std::f64::consts::PI))),
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_number_or_text)?;
    Ok(DataType::Float64)
}

fn map(call: &Call, compute: fn(f64) -> Result<f64>) -> Result<ArrayRef> {
    let values = call.float(0)?;
    call.build::<Float64Type>(|row| values.get(row).map(compute).transpose())
}

/// The result, unless it is infinite or NaN for a finite argument.
pub fn finite(result: f64, argument: f64) -> Result<f64> {
    if argument.is_finite() && !result.is_finite() {
        Err(Error::out_of_range("double precision value"))
    } else {
        Ok(result)
    }
}

fn within_one(x: f64) -> Result<f64> {
    if x.abs() > 1.0 { Err(Error::out_of_range("input is")) } else { Ok(x) }
}

fn logarithm(x: f64) -> Result<f64> {
    if x == 0.0 {
        return Err(Error::new(SqlState("2201E"), "cannot take logarithm of zero"));
    }
    if x < 0.0 {
        return Err(Error::new(SqlState("2201E"), "cannot take logarithm of a negative number"));
    }
    Ok(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, fails, float, int, null, text};

    #[test]
    fn documented_results() {
        check(&ACOS, vec![(vec![int(-1)], float(std::f64::consts::PI)), (vec![null()], null())]);
        check(&LOG, vec![(vec![int(100)], float(2.0))]);
        check(
            &SQRT,
            vec![
                (vec![int(16)], float(4.0)),
                (vec![text("16")], float(4.0)),
                (vec![decimal(10_920, 5, 2)], float(10.4498803820905)),
            ],
        );
        check(&SIN, vec![(vec![float(-std::f64::consts::PI)], float(-1.22464679914735e-16))]);
        check(&ATAN2, vec![(vec![int(2), int(2)], float(std::f64::consts::FRAC_PI_4)), (vec![null(), int(2)], null())]);
        check(&PI, vec![]);
    }

    #[test]
    fn undefined_values_are_errors() {
        fails(&SQRT, vec![int(-1)], "2201F");
        fails(&LN, vec![int(0)], "2201E");
        fails(&LOG, vec![int(-1)], "2201E");
        fails(&ACOS, vec![float(1.5)], "22003");
        fails(&EXP, vec![int(1000)], "22003");
        fails(&COT, vec![int(0)], "22003");
        fails(&SQRT, vec![text("x")], "22P02");
    }
}
