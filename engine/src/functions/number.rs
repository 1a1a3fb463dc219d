//! Numbers: conversions between Redshift's numeric types, checked and rounded as Redshift does
//! (half away from zero for decimals, half to even for floats).

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array},
    datatypes::{DataType, Decimal128Type, Float64Type, Int64Type},
};

use super::{
    arguments::{Kind, convert},
    text, type_name,
};
use crate::error::{Error, Result, SqlState};

/// The greatest precision of DECIMAL.
pub const PRECISION_MAX: u8 = 38;
/// 10^38: one more than the greatest unscaled DECIMAL.
const DECIMAL_LIMIT: i128 = 10i128.pow(PRECISION_MAX as u32);

/// 10^exponent, or numeric overflow.
pub fn power_of_ten(exponent: u32) -> Result<i128> {
    10i128.checked_pow(exponent).ok_or_else(overflow)
}

/// `Numeric data overflow (result precision)`
pub fn overflow() -> Error {
    Error::numeric_overflow("result precision")
}

/// The unscaled value, if it fits into 38 digits.
pub fn check_decimal(unscaled: i128) -> Result<i128> {
    if unscaled.unsigned_abs() < DECIMAL_LIMIT.unsigned_abs() { Ok(unscaled) } else { Err(overflow()) }
}

/// Divides, rounding half away from zero. The divisor is positive.
pub fn divide_rounded(value: i128, divisor: i128) -> i128 {
    let quotient = value / divisor;
    let remainder = (value % divisor).unsigned_abs();
    if remainder >= divisor.unsigned_abs() - remainder { quotient + value.signum() } else { quotient }
}

/// Brings an unscaled decimal to another scale, rounding half away from zero.
pub fn rescale(value: i128, from: i8, to: i8) -> Result<i128> {
    let difference = i32::from(to) - i32::from(from);
    if difference >= 0 {
        let factor = if value == 0 { 1 } else { power_of_ten(difference.unsigned_abs())? };
        return value.checked_mul(factor).ok_or_else(overflow).and_then(check_decimal);
    }
    match power_of_ten(difference.unsigned_abs()) {
        Ok(divisor) => Ok(divide_rounded(value, divisor)),
        Err(_) => Ok(0),
    }
}

/// A double as a 64-bit integer, rounded half to even.
pub fn float_to_int(value: f64) -> Result<i64> {
    let rounded = value.round_ties_even();
    // 2^63 is exactly a double; i64::MAX is not
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
        Ok(rounded as i64)
    } else {
        Err(Error::out_of_range("bigint"))
    }
}

/// A double as an unscaled decimal of a scale.
pub fn float_to_decimal(value: f64, scale: i8) -> Result<i128> {
    if !value.is_finite() {
        return Err(overflow());
    }
    let mut digits = String::new();
    text::write_float(&mut digits, value, 15);
    parse_decimal(&digits, scale)
}

/// Parses a decimal literal (sign, digits, point, exponent; blanks around it) at a scale, rounding.
pub fn parse_decimal(text: &str, scale: i8) -> Result<i128> {
    let invalid = || Error::invalid_text("numeric", text);
    let trimmed = text.trim();
    let (mantissa, exponent) = match trimmed.find(['e', 'E']) {
        Some(at) => (&trimmed[..at], trimmed[at + 1..].parse::<i32>().map_err(|_| invalid())?),
        None => (trimmed, 0),
    };
    let (negative, mantissa) = match mantissa.as_bytes().first() {
        Some(b'-') => (true, &mantissa[1..]),
        Some(b'+') => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 {
        return Err(invalid());
    }
    // the position of the last digit kept, counted from the point
    let kept = i64::from(scale) + i64::from(exponent);
    let mut value: i128 = 0;
    let mut position = -(whole.len() as i64);
    let mut round_up = false;
    for digit in whole.bytes().chain(fraction.bytes()).map(|byte| i128::from(byte - b'0')) {
        if position < kept {
            value = value.checked_mul(10).and_then(|value| value.checked_add(digit)).ok_or_else(overflow)?;
        } else if position == kept {
            round_up = digit >= 5;
        }
        position += 1;
    }
    if position < kept && value != 0 {
        let missing = u32::try_from(kept - position).map_err(|_| overflow())?;
        value = value.checked_mul(power_of_ten(missing)?).ok_or_else(overflow)?;
    }
    let value = if round_up { value + 1 } else { value };
    check_decimal(if negative { -value } else { value })
}

/// An array of numbers or numeric text as 64-bit integers.
pub fn to_int(array: &ArrayRef) -> Result<Int64Array> {
    match Kind::of(array.data_type()) {
        Kind::Integer | Kind::Boolean | Kind::Null => {
            let cast = convert(array, &DataType::Int64)?;
            // Arrow turns what does not fit into NULL
            if cast.null_count() != array.logical_null_count() {
                return Err(Error::out_of_range("bigint"));
            }
            Ok(cast.as_primitive().clone())
        }
        Kind::Decimal => {
            let scale = decimal_scale(array.data_type());
            let decimals = wide(array)?;
            decimals
                .iter()
                .map(|value| {
                    let whole =
                        |value| i64::try_from(rescale(value, scale, 0)?).map_err(|_| Error::out_of_range("bigint"));
                    value.map(whole).transpose()
                })
                .collect()
        }
        Kind::Float => {
            let floats = to_float(array)?;
            floats.iter().map(|value| value.map(float_to_int).transpose()).collect()
        }
        Kind::Text => {
            let texts = text::as_text(array)?;
            texts.iter().map(|value| value.map(parse_int).transpose()).collect()
        }
        _ => refuse(array, "bigint"),
    }
}

/// Parses an integer with blanks around it.
pub fn parse_int(text: &str) -> Result<i64> {
    let trimmed = text.trim();
    trimmed.parse().map_err(|_| {
        let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("value \"{text}\" is out of range for type bigint"))
        } else {
            Error::invalid_text("bigint", text)
        }
    })
}

/// Parses a double with blanks around it.
pub fn parse_float(text: &str) -> Result<f64> {
    let trimmed = text.trim();
    match trimmed.to_ascii_lowercase().as_str() {
        "nan" => Ok(f64::NAN),
        "infinity" | "inf" => Ok(f64::INFINITY),
        "-infinity" | "-inf" => Ok(f64::NEG_INFINITY),
        word if word.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)) => {
            let value: f64 = word.parse().map_err(|_| Error::invalid_text("double precision", text))?;
            if value.is_infinite() {
                Err(Error::out_of_range(format!("\"{text}\"")))?
            }
            Ok(value)
        }
        _ => Err(Error::invalid_text("double precision", text)),
    }
}

/// An array of numbers or numeric text as doubles.
pub fn to_float(array: &ArrayRef) -> Result<Float64Array> {
    match Kind::of(array.data_type()) {
        Kind::Text => {
            let texts = text::as_text(array)?;
            texts.iter().map(|value| value.map(parse_float).transpose()).collect()
        }
        Kind::Integer | Kind::Float | Kind::Decimal | Kind::Null => {
            Ok(convert(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
        }
        _ => refuse(array, "double precision"),
    }
}

/// An array of numbers or numeric text as decimals of a scale, at full precision.
pub fn to_decimal(array: &ArrayRef, scale: i8) -> Result<Decimal128Array> {
    let decimals: Decimal128Array = match Kind::of(array.data_type()) {
        Kind::Integer | Kind::Boolean | Kind::Null => {
            let integers = to_int(array)?;
            integers
                .iter()
                .map(|value| value.map(|value| rescale(value.into(), 0, scale)).transpose())
                .collect::<Result<_>>()?
        }
        Kind::Decimal => {
            let from = decimal_scale(array.data_type());
            let decimals = wide(array)?;
            if from == scale {
                decimals
            } else {
                decimals
                    .iter()
                    .map(|value| value.map(|value| rescale(value, from, scale)).transpose())
                    .collect::<Result<_>>()?
            }
        }
        Kind::Float => {
            let floats = to_float(array)?;
            floats
                .iter()
                .map(|value| value.map(|value| float_to_decimal(value, scale)).transpose())
                .collect::<Result<_>>()?
        }
        Kind::Text => {
            let texts = text::as_text(array)?;
            texts
                .iter()
                .map(|value| value.map(|value| parse_decimal(value, scale)).transpose())
                .collect::<Result<_>>()?
        }
        _ => return refuse(array, "numeric"),
    };
    decimals.with_precision_and_scale(PRECISION_MAX, scale).map_err(Error::internal)
}

/// A decimal array of any width as 128-bit values of its own scale.
fn wide(array: &ArrayRef) -> Result<Decimal128Array> {
    let target = DataType::Decimal128(PRECISION_MAX, decimal_scale(array.data_type()));
    match array.as_primitive_opt::<Decimal128Type>() {
        Some(decimals) => Ok(decimals.clone()),
        None => Ok(convert(array, &target)?.as_primitive::<Decimal128Type>().clone()),
    }
}

/// The scale of a decimal type; 0 for any other.
pub fn decimal_scale(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    }
}

/// The precision that a number of this type has as a DECIMAL: what the integer types count as.
pub fn decimal_precision(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Decimal32(precision, _) | DataType::Decimal64(precision, _) | DataType::Decimal128(precision, _) => {
            *precision
        }
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => 5,
        DataType::UInt16 | DataType::Int32 => 10,
        _ => 19,
    }
}

fn refuse<T>(array: &ArrayRef, to: &str) -> Result<T> {
    let from = type_name(array.data_type());
    Err(Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type {from} to {to}")))
}

/// The integers of an array of any integer type, shared with its owner if it is 64 bit already.
pub fn int_array(array: &ArrayRef) -> Result<Arc<Int64Array>> {
    match array.as_primitive_opt::<Int64Type>() {
        Some(integers) => Ok(Arc::new(integers.clone())),
        None => Ok(Arc::new(to_int(array)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_parsed_and_rounded_half_away_from_zero() {
        let cases: &[(&str, i8, Option<i128>)] = &[
            ("1.5", 0, Some(2)),
            ("-1.5", 0, Some(-2)),
            ("0.45", 1, Some(5)),
            (" 12.3e1 ", 2, Some(12300)),
            ("1e-3", 2, Some(0)),
            ("9.995", 2, Some(1000)),
            (".5", 1, Some(5)),
            ("5.", 1, Some(50)),
            ("", 0, None),
            ("1x", 0, None),
            ("99999999999999999999999999999999999999", 0, Some(DECIMAL_LIMIT - 1)),
            ("99999999999999999999999999999999999999.5", 0, None),
            ("1e38", 0, None),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(parse_decimal(text, *scale).ok(), *expected, "{text}");
        }
    }

    #[test]
    fn rescaling_checks_the_range() {
        assert_eq!(rescale(125, 2, 1).unwrap(), 13);
        assert_eq!(rescale(-125, 2, 1).unwrap(), -13);
        assert_eq!(rescale(1, 0, 37).unwrap(), 10i128.pow(37));
        assert!(rescale(10, 0, 37).is_err());
        assert_eq!(rescale(5, 60, 0).unwrap(), 0);
    }

    #[test]
    fn floats_become_integers_half_to_even() {
        assert_eq!(float_to_int(2.5).unwrap(), 2);
        assert_eq!(float_to_int(3.5).unwrap(), 4);
        assert!(float_to_int(9.3e18).is_err());
        assert!(float_to_int(f64::NAN).is_err());
    }
}
