//! Arithmetic by dynamic types (page operators-functions): numbers keep their kind, decimals get their
//! scale from the operands' own digits, a float makes the result a float. What is no number gives
//! null; overflow stays an error. `+` joins strings.

use super::{Super, builder};
use crate::{
    error::{Error, Result},
    functions::{
        number::rescale,
        operator::{
            ArithmeticOperator,
            decimal::{self, DecimalOperation},
        },
    },
};

/// Appends `left operator right`; false when the result is null.
///
/// Errors: 22003, 22012.
pub fn arithmetic(operator: ArithmeticOperator, left: Super<'_>, right: Super<'_>, out: &mut Vec<u8>) -> Result<bool> {
    if let (ArithmeticOperator::Add, Super::String(left), Super::String(right)) = (operator, left, right) {
        builder::string(out, &super::truncated(&format!("{left}{right}")));
        return Ok(true);
    }
    if !left.is_number() || !right.is_number() {
        return Ok(false);
    }
    match (left, right) {
        (Super::Integer(left), Super::Integer(right)) => builder::integer(out, integers(operator, left, right)?),
        (Super::Float(_), _) | (_, Super::Float(_)) => {
            builder::float(out, floats(operator, as_float(left), as_float(right))?);
        }
        _ => {
            let (value, scale) = decimals(operator, as_decimal(left), as_decimal(right))?;
            builder::decimal(out, value, scale);
        }
    }
    Ok(true)
}

fn integers(operator: ArithmeticOperator, left: i64, right: i64) -> Result<i64> {
    let result = match operator {
        ArithmeticOperator::Add => left.checked_add(right),
        ArithmeticOperator::Subtract => left.checked_sub(right),
        ArithmeticOperator::Multiply => left.checked_mul(right),
        _ if right == 0 => return Err(Error::division_by_zero()),
        ArithmeticOperator::Divide => left.checked_div(right),
        // The remainder of the least number by -1 is 0, though the quotient overflows.
        ArithmeticOperator::Modulo => Some(left.wrapping_rem(right)),
    };
    result.ok_or_else(|| Error::out_of_range("bigint"))
}

fn floats(operator: ArithmeticOperator, left: f64, right: f64) -> Result<f64> {
    let value = match operator {
        ArithmeticOperator::Add => left + right,
        ArithmeticOperator::Subtract => left - right,
        ArithmeticOperator::Multiply => left * right,
        _ if right == 0.0 => return Err(Error::division_by_zero()),
        ArithmeticOperator::Divide => left / right,
        ArithmeticOperator::Modulo => left % right,
    };
    if value.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(Error::out_of_range("double precision value"));
    }
    Ok(value)
}

fn decimals(operator: ArithmeticOperator, left: (i128, u8), right: (i128, u8)) -> Result<(i128, u8)> {
    let declared = |(value, scale): (i128, u8)| (precision(value, scale), scale as i8);
    let result = decimal::result_type(operator, declared(left), declared(right));
    let operation = DecimalOperation::new(operator, left.1 as i8, right.1 as i8, result);
    Ok((operation.apply(left.0, right.0)?, result.1 as u8))
}

/// How many digits a decimal has, before and after its point.
pub fn precision(value: i128, scale: u8) -> u8 {
    let digits = value.unsigned_abs().checked_ilog10().map_or(1, |digits| digits as u8 + 1);
    digits.max(scale)
}

/// A number as unscaled value and scale; 0 for what is no exact number.
pub fn as_decimal(value: Super<'_>) -> (i128, u8) {
    match value {
        Super::Integer(value) => (i128::from(value), 0),
        Super::Decimal(value, scale) => (value, scale),
        _ => (0, 0),
    }
}

/// A number as a float; NaN for what is no number.
pub fn as_float(value: Super<'_>) -> f64 {
    match value {
        Super::Integer(value) => value as f64,
        Super::Decimal(value, scale) => {
            let mut text = String::new();
            crate::types::text::push_decimal(&mut text, value, scale as i8);
            text.parse().unwrap_or(f64::NAN)
        }
        Super::Float(value) => value,
        _ => f64::NAN,
    }
}

/// How a number loses its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// FLOOR
    Down,
    /// CEILING
    Up,
    /// ROUND
    Nearest,
}

/// Appends the number rounded to a whole one, or to `places` digits when it is rounded to the nearest; false when
/// the result is null.
pub fn round(value: Super<'_>, rounding: Rounding, places: i64, out: &mut Vec<u8>) -> Result<bool> {
    match value {
        Super::Integer(value) if places >= 0 => builder::integer(out, value),
        Super::Integer(_) | Super::Decimal(..) => {
            let (value, scale) = as_decimal(value);
            let (value, scale) = round_decimal(value, scale, rounding, places)?;
            builder::decimal(out, value, scale);
        }
        Super::Float(value) => {
            let power = 10f64.powi(places.clamp(-400, 400) as i32);
            builder::float(
                out,
                match rounding {
                    Rounding::Down => value.floor(),
                    Rounding::Up => value.ceil(),
                    Rounding::Nearest if places == 0 => value.round(),
                    Rounding::Nearest => {
                        let scaled = value * power;
                        if scaled.is_finite() && power != 0.0 { scaled.round() / power } else { value }
                    }
                },
            );
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn round_decimal(value: i128, scale: u8, rounding: Rounding, places: i64) -> Result<(i128, u8)> {
    if places >= i64::from(scale) {
        return Ok((value, scale));
    }
    let places = places.max(-38) as i8;
    match rounding {
        Rounding::Nearest if places >= 0 => Ok((rescale(value, scale as i8, places)?, places as u8)),
        Rounding::Nearest => Ok((rescale(rescale(value, scale as i8, places)?, places, 0)?, 0)),
        Rounding::Down | Rounding::Up => {
            let divisor = 10_i128.pow(u32::from(scale.min(38)));
            let whole = value.div_euclid(divisor);
            let up = rounding == Rounding::Up && value.rem_euclid(divisor) != 0;
            Ok((whole + i128::from(up), 0))
        }
    }
}

/// Appends the number without its sign; false when the result is null.
pub fn absolute(value: Super<'_>, out: &mut Vec<u8>) -> Result<bool> {
    match value {
        Super::Integer(value) => {
            builder::integer(out, value.checked_abs().ok_or_else(|| Error::out_of_range("bigint"))?);
        }
        Super::Decimal(value, scale) => builder::decimal(out, value.abs(), scale),
        Super::Float(value) => builder::float(out, value.abs()),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Appends the number with the other sign; false when the result is null.
pub fn negated(value: Super<'_>, out: &mut Vec<u8>) -> Result<bool> {
    match value {
        Super::Integer(value) => {
            builder::integer(out, value.checked_neg().ok_or_else(|| Error::out_of_range("bigint"))?);
        }
        Super::Decimal(value, scale) => builder::decimal(out, -value, scale),
        Super::Float(value) => builder::float(out, -value),
        _ => return Ok(false),
    }
    Ok(true)
}
