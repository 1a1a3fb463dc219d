//! ROUND, TRUNC, CEIL and FLOOR (pages r_ROUND, r_TRUNC, r_CEILING_FLOOR). TRUNC of a timestamp is its
//! date (page r_TRUNC_date).
//!
//! Integers keep their type. A decimal gets the scale that the constant second argument asks for (0
//! without one), so that results print as documented: `round(28.05, 1)` is 28.1.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int16Type, Int32Type, Int64Type},
};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        datetime::calendar::{MICROS_PER_DAY, check_date},
        definition::{Documentation, ScalarFunction, Types},
        number::{self, PRECISION_MAX},
        type_name,
    },
};

/// ROUND
pub static ROUND: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "round",
        aliases: &[],
        category: "math",
        description: "Rounds a number to a number of decimal places, half away from zero.",
        arguments: &[("number", "a number"), ("integer", "optional: decimal places, also negative; 0 by default")],
        example: "select round(28.05, 1); -- 28.1",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(1, Kind::is_number)?;
        rounded_type(types, true)
    },
    invoke: |call| invoke(call, Mode::Half),
};

/// TRUNC
pub static TRUNC: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "trunc",
        aliases: &[],
        category: "math",
        description: "Cuts a number off at a decimal place, or gives the date of a timestamp.",
        arguments: &[
            ("expression", "a number or timestamp"),
            ("integer", "optional: decimal places, also negative; 0 by default"),
        ],
        example: "select trunc(timestamp '2011-07-21 10:32:38.248109'); -- 2011-07-21",
    },
    arity: (1, 2),
    returns: |types| {
        if matches!(types.kind(0), Kind::Date | Kind::Timestamp | Kind::TimestampTz) {
            return if types.count() == 1 { Ok(DataType::Date32) } else { types.refuse() };
        }
        types.require(1, Kind::is_number)?;
        rounded_type(types, false)
    },
    invoke: |call| {
        if call.return_type == &DataType::Date32 {
            let timestamps = call.timestamp(0)?;
            return call.build::<Date32Type>(|row| {
                timestamps.get(row).map(|micros| check_date(micros.div_euclid(MICROS_PER_DAY))).transpose()
            });
        }
        invoke(call, Mode::Down)
    },
};

/// CEIL
pub static CEIL: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "ceil",
        aliases: &["ceiling"],
        category: "math",
        description: "The least whole number that is not less.",
        arguments: &[("number", "a number")],
        example: "select ceil(28.05); -- 29",
    },
    arity: (1, 1),
    returns: |types| rounded_type(types, true),
    invoke: |call| invoke(call, Mode::Ceiling),
};

/// FLOOR
pub static FLOOR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "floor",
        aliases: &[],
        category: "math",
        description: "The greatest whole number that is not greater.",
        arguments: &[("number", "a number")],
        example: "select floor(28.05); -- 28",
    },
    arity: (1, 1),
    returns: |types| rounded_type(types, true),
    invoke: |call| invoke(call, Mode::Floor),
};

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Half,
    Down,
    Ceiling,
    Floor,
}

fn rounded_type(types: &Types, may_grow: bool) -> Result<DataType> {
    types.require(0, Kind::is_number_or_text)?;
    let decimal = types.kind(0) == Kind::Decimal;
    if !decimal {
        return super::abs::number_type(types).map(|data_type| match data_type {
            DataType::Float16 | DataType::Float32 => DataType::Float64,
            other => other,
        });
    }
    let (precision, scale) = (number::decimal_precision(types.data_type(0)), number::decimal_scale(types.data_type(0)));
    let places = match (types.count(), types.constant_int(1)) {
        (1, _) => 0,
        (_, Some(places)) => places.clamp(0, scale.into()) as i8,
        // known for each row only
        (_, None) => scale,
    };
    let whole = i32::from(precision) - i32::from(scale) + i32::from(may_grow);
    let precision = u8::try_from(whole + i32::from(places)).unwrap_or(PRECISION_MAX).clamp(1, PRECISION_MAX);
    Ok(DataType::Decimal128(precision, places))
}

fn invoke(call: &Call, mode: Mode) -> Result<ArrayRef> {
    let places = if call.count() > 1 { Some(call.int(1)?) } else { None };
    let places = |row: usize| places.as_ref().map_or(Some(0), |places| places.get(row));
    match call.return_type {
        DataType::Decimal128(precision, scale) => {
            let from = number::decimal_scale(call.array(0)?.0.data_type());
            let values = call.decimal(0, from)?;
            let limit = number::power_of_ten((*precision).into())?;
            call.build::<Decimal128Type>(|row| {
                let (Some(value), Some(places)) = (values.get(row), places(row)) else { return Ok(None) };
                let rounded = round_decimal(value, from, places, mode)?;
                let result = number::rescale(rounded, from, *scale)?;
                if result.unsigned_abs() >= limit.unsigned_abs() { Err(number::overflow()) } else { Ok(Some(result)) }
            })
        }
        DataType::Float64 => {
            let values = call.float(0)?;
            call.build::<Float64Type>(|row| {
                Ok(values.get(row).zip(places(row)).map(|(value, places)| round_float(value, places, mode)))
            })
        }
        integer => {
            let values = call.int(0)?;
            let rounded = |row: usize| -> Result<Option<i64>> {
                let (Some(value), Some(places)) = (values.get(row), places(row)) else { return Ok(None) };
                let rounded = round_decimal(value.into(), 0, places, mode)?;
                i64::try_from(rounded).map(Some).map_err(|_| Error::out_of_range("bigint"))
            };
            let overflow = || Error::out_of_range(type_name(integer));
            match integer {
                DataType::Int16 => call.build::<Int16Type>(|row| {
                    rounded(row)?.map(|value| i16::try_from(value).map_err(|_| overflow())).transpose()
                }),
                DataType::Int32 => call.build::<Int32Type>(|row| {
                    rounded(row)?.map(|value| i32::try_from(value).map_err(|_| overflow())).transpose()
                }),
                DataType::Int64 => call.build::<Int64Type>(rounded),
                other => Err(Error::not_supported(format!("{} of {}", call.name, type_name(other)))),
            }
        }
    }
}

/// Rounds an unscaled decimal to decimal places, at the same scale.
fn round_decimal(value: i128, scale: i8, places: i64, mode: Mode) -> Result<i128> {
    let dropped = i64::from(scale) - places;
    if dropped <= 0 {
        return Ok(value);
    }
    let Ok(unit) = u32::try_from(dropped).map_err(|_| number::overflow()).and_then(number::power_of_ten) else {
        // the unit exceeds every number: nothing is left
        return Ok(0);
    };
    let quotient = match mode {
        Mode::Half => number::divide_rounded(value, unit),
        Mode::Down => value / unit,
        Mode::Ceiling => value.div_euclid(unit) + i128::from(value.rem_euclid(unit) != 0),
        Mode::Floor => value.div_euclid(unit),
    };
    quotient.checked_mul(unit).ok_or_else(number::overflow)
}

fn round_float(value: f64, places: i64, mode: Mode) -> f64 {
    let round = match mode {
        Mode::Half => f64::round,
        Mode::Down => f64::trunc,
        Mode::Ceiling => f64::ceil,
        Mode::Floor => f64::floor,
    };
    if places == 0 || !value.is_finite() {
        return round(value);
    }
    let places = places.clamp(-330, 330) as i32;
    let shifted = value * 10f64.powi(places);
    if shifted.is_infinite() {
        // more places than a double has
        return value;
    }
    round(shifted) / 10f64.powi(places)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;
    use datafusion::{common::ScalarValue, logical_expr::ReturnFieldArgs};
    use std::sync::Arc;

    use super::*;
    use crate::functions::testing::{check, date, decimal, fails, float, int, int2, int4, null, timestamp};

    #[test]
    fn decimals() {
        check(
            &ROUND,
            vec![
                (vec![decimal(2805, 4, 2)], decimal(28, 3, 0)),
                (vec![decimal(-2850, 4, 2)], decimal(-29, 3, 0)),
                (vec![decimal(999, 3, 1)], decimal(100, 3, 0)),
                (vec![decimal(2805, 4, 2), int(1)], decimal(2810, 5, 2)),
                (vec![decimal(2805, 4, 2), int(-1)], decimal(3000, 5, 2)),
                (vec![decimal(2805, 4, 2), int(50)], decimal(2805, 5, 2)),
                (vec![decimal(2805, 4, 2), null()], null()),
            ],
        );
        check(
            &TRUNC,
            vec![
                (vec![decimal(11_115, 5, 2)], decimal(111, 3, 0)),
                (vec![decimal(-11_115, 5, 2)], decimal(-111, 3, 0)),
            ],
        );
        check(
            &CEIL,
            vec![(vec![decimal(2805, 4, 2)], decimal(29, 3, 0)), (vec![decimal(-2805, 4, 2)], decimal(-28, 3, 0))],
        );
        check(
            &FLOOR,
            vec![(vec![decimal(2805, 4, 2)], decimal(28, 3, 0)), (vec![decimal(-2805, 4, 2)], decimal(-29, 3, 0))],
        );
    }

    #[test]
    fn a_constant_decides_the_scale() {
        let fields = [
            Arc::new(Field::new("a", DataType::Decimal128(5, 2), true)),
            Arc::new(Field::new("b", DataType::Int64, true)),
        ];
        for (places, expected) in [(1, (4, 1)), (-1, (3, 0)), (9, (5, 2))] {
            let constant = ScalarValue::Int64(Some(places));
            let arguments = ReturnFieldArgs { arg_fields: &fields, scalar_arguments: &[None, Some(&constant)] };
            let field = TRUNC.to_udf().return_field_from_args(arguments).unwrap();
            assert_eq!(field.data_type(), &DataType::Decimal128(expected.0, expected.1));
        }
    }

    #[test]
    fn integers_floats_and_timestamps() {
        check(
            &ROUND,
            vec![
                (vec![int(1250), int(-2)], int(1300)),
                (vec![int4(5)], int4(5)),
                (vec![int2(-15), int(-1)], int2(-20)),
                (vec![float(28.05), int(1)], float(28.1)),
                (vec![float(2.5)], float(3.0)),
                (vec![float(-2.5)], float(-3.0)),
                (vec![int(5), int(-100)], int(0)),
                (vec![float(1.5), int(400)], float(1.5)),
                (vec![null()], null()),
            ],
        );
        fails(&ROUND, vec![int2(32_767), int(-1)], "22003");
        check(
            &TRUNC,
            vec![
                (vec![timestamp("2011-07-21 10:32:38.248109")], date("2011-07-21")),
                (vec![timestamp("1969-12-31 10:00:00")], date("1969-12-31")),
                (vec![float(-2.7)], float(-2.0)),
            ],
        );
    }
}
