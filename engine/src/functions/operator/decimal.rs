//! Decimal arithmetic: result types by the rules of "Computations with numeric values", values
//! computed without loss and checked.

use datafusion::arrow::datatypes::{DataType, i256};

use super::ArithmeticOperator;
use crate::error::{Error, Result, SqlState};

const PRECISION_MAX: i32 = 38;
/// Scale that a result keeps at least when its precision had to be cut to 38.
const SCALE_KEPT_MIN: i32 = 4;

/// Precision and scale of a decimal, or of an integer taken as a decimal.
pub fn as_decimal(data_type: &DataType) -> Option<(u8, i8)> {
    match data_type {
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => Some((5, 0)),
        DataType::Int32 | DataType::UInt16 => Some((10, 0)),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Some((19, 0)),
        DataType::Decimal128(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

/// The type of `left operator right`.
pub fn result_type(operator: ArithmeticOperator, left: (u8, i8), right: (u8, i8)) -> (u8, i8) {
    let (p1, s1) = (i32::from(left.0), i32::from(left.1));
    let (p2, s2) = (i32::from(right.0), i32::from(right.1));
    let (precision, scale) = match operator {
        ArithmeticOperator::Add | ArithmeticOperator::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + 1 + scale, scale)
        }
        ArithmeticOperator::Multiply => (p1 + p2 + 1, s1 + s2),
        ArithmeticOperator::Divide => {
            let scale = 4.max(s1 + p2 - s2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        ArithmeticOperator::Modulo => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale, scale)
        }
    };
    if precision <= PRECISION_MAX {
        return (precision as u8, scale as i8);
    }
    let kept = (PRECISION_MAX + scale - precision).max(SCALE_KEPT_MIN).min(scale);
    (PRECISION_MAX as u8, kept as i8)
}

/// One operation on decimals whose scales are known beforehand, ready to run over many values.
#[derive(Debug, Clone, Copy)]
pub struct DecimalOperation {
    operator: ArithmeticOperator,
    left_scale: i8,
    right_scale: i8,
    result_scale: i8,
    /// `10^precision` of the result: no value may reach it.
    limit: i128,
}

impl DecimalOperation {
    /// `left operator right` for values of these scales, giving a decimal of type `result`.
    pub fn new(operator: ArithmeticOperator, left_scale: i8, right_scale: i8, result: (u8, i8)) -> Self {
        // 10^38 fits an i128.
        let limit = 10_i128.pow(u32::from(result.0.min(38)));
        DecimalOperation { operator, left_scale, right_scale, result_scale: result.1, limit }
    }

    /// The unscaled result. Errors: 22012, 22003.
    #[inline]
    pub fn apply(&self, left: i128, right: i128) -> Result<i128> {
        let value = match self.narrow(left, right) {
            Some(value) => value?,
            None => self.wide(left, right)?,
        };
        if value.unsigned_abs() >= self.limit.unsigned_abs() {
            return Err(Error::numeric_overflow("result precision"));
        }
        Ok(value)
    }

    /// In 128 bits; None when something overflows on the way.
    #[inline]
    fn narrow(&self, left: i128, right: i128) -> Option<Result<i128>> {
        let shift = |value: i128, by: i8| value.checked_mul(10_i128.checked_pow(u32::try_from(by).ok()?)?);
        let aligned = || {
            Some((
                shift(left, self.result_scale - self.left_scale)?,
                shift(right, self.result_scale - self.right_scale)?,
            ))
        };
        match self.operator {
            ArithmeticOperator::Add => aligned().and_then(|(l, r)| l.checked_add(r)).map(Ok),
            ArithmeticOperator::Subtract => aligned().and_then(|(l, r)| l.checked_sub(r)).map(Ok),
            ArithmeticOperator::Multiply if self.result_scale == self.left_scale + self.right_scale => {
                left.checked_mul(right).map(Ok)
            }
            ArithmeticOperator::Multiply => None,
            ArithmeticOperator::Divide | ArithmeticOperator::Modulo if right == 0 => {
                Some(Err(Error::division_by_zero()))
            }
            ArithmeticOperator::Divide => shift(left, self.result_scale - self.left_scale + self.right_scale)
                .map(|l| Ok(divide_rounded(l, right))),
            ArithmeticOperator::Modulo => aligned().and_then(|(l, r)| l.checked_rem(r)).map(Ok),
        }
    }

    fn overflow(&self) -> Error {
        let operation = match self.operator {
            ArithmeticOperator::Add => "addition",
            ArithmeticOperator::Subtract => "subtraction",
            ArithmeticOperator::Multiply => "multiplication",
            ArithmeticOperator::Divide => "division",
            ArithmeticOperator::Modulo => "modulo",
        };
        Error::new(SqlState::NUMERIC_OUT_OF_RANGE, format!("128 bit numeric data overflow ({operation})"))
    }

    /// The same in 256 bits.
    #[cold]
    fn wide(&self, left: i128, right: i128) -> Result<i128> {
        // A product is computed in 128 bits, whatever its result would be.
        if self.operator == ArithmeticOperator::Multiply && left.checked_mul(right).is_none_or(exceeds_38_digits) {
            return Err(self.overflow());
        }
        let overflow = || self.overflow();
        let (left, right) = (i256::from_i128(left), i256::from_i128(right));
        let shift = |value: i256, by: i32| -> Result<i256> {
            let power = i256::from_i128(10).checked_pow(by.unsigned_abs()).ok_or_else(overflow)?;
            if by >= 0 {
                value.checked_mul(power).ok_or_else(overflow)
            } else {
                let half = power.checked_div(i256::from_i128(2)).ok_or_else(overflow)?;
                let half = if value < i256::ZERO { half.wrapping_neg() } else { half };
                value.checked_add(half).and_then(|value| value.checked_div(power)).ok_or_else(overflow)
            }
        };
        let (result, left_scale, right_scale) =
            (i32::from(self.result_scale), i32::from(self.left_scale), i32::from(self.right_scale));
        let value = match self.operator {
            ArithmeticOperator::Add => {
                shift(left, result - left_scale)?.checked_add(shift(right, result - right_scale)?)
            }
            ArithmeticOperator::Subtract => {
                shift(left, result - left_scale)?.checked_sub(shift(right, result - right_scale)?)
            }
            ArithmeticOperator::Multiply => {
                let product = left.checked_mul(right).ok_or_else(overflow)?;
                Some(shift(product, result - left_scale - right_scale)?)
            }
            ArithmeticOperator::Divide => {
                // One digit more than wanted, to round by.
                let quotient =
                    shift(left, result - left_scale + right_scale + 1)?.checked_div(right).ok_or_else(overflow)?;
                Some(shift(quotient, -1)?)
            }
            ArithmeticOperator::Modulo => {
                shift(left, result - left_scale)?.checked_rem(shift(right, result - right_scale)?)
            }
        };
        value.and_then(i256::to_i128).ok_or_else(overflow)
    }
}

fn exceeds_38_digits(value: i128) -> bool {
    value.unsigned_abs() >= 10_u128.pow(38)
}

/// Half away from zero.
#[inline]
fn divide_rounded(left: i128, right: i128) -> i128 {
    let quotient = left / right;
    let remainder = (left % right).unsigned_abs();
    if remainder >= right.unsigned_abs() - remainder {
        if (left < 0) == (right < 0) { quotient + 1 } else { quotient - 1 }
    } else {
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ArithmeticOperator::*;

    /// The examples of "Computations with numeric values".
    #[test]
    fn result_types_follow_the_guide() {
        assert_eq!(result_type(Divide, (8, 2), (8, 2)), (17, 9));
        assert_eq!(result_type(Add, (8, 2), (8, 2)), (9, 2));
        assert_eq!(result_type(Multiply, (8, 2), (8, 2)), (17, 4));
        assert_eq!(result_type(Multiply, (38, 2), (10, 0)), (38, 2));
        assert_eq!(result_type(Divide, (38, 20), (38, 20)), (38, 4));
    }

    #[test]
    fn values() {
        let run = |operator, left: (i128, u8, i8), right: (i128, u8, i8)| {
            let result = result_type(operator, (left.1, left.2), (right.1, right.2));
            DecimalOperation::new(operator, left.2, right.2, result).apply(left.0, right.0)
        };
        assert_eq!(run(Add, (150, 3, 2), (5, 1, 0)).unwrap(), 650);
        assert_eq!(run(Multiply, (-99, 2, 2), (3, 1, 0)).unwrap(), -297);
        assert_eq!(run(Divide, (2, 1, 0), (3, 1, 0)).unwrap(), 6667);
        assert_eq!(run(Divide, (-2, 1, 0), (3, 1, 0)).unwrap(), -6667);
        assert_eq!(run(Modulo, (-7, 1, 0), (3, 1, 0)).unwrap(), -1);
        assert_eq!(run(Divide, (1, 1, 0), (0, 1, 0)).unwrap_err().state().0, "22012");
        let large = 10_i128.pow(37);
        assert_eq!(run(Multiply, (large, 38, 0), (large, 38, 0)).unwrap_err().state().0, "22003");
        assert_eq!(run(Divide, (large, 38, 20), (large, 38, 20)).unwrap(), 10_000);
    }
}
