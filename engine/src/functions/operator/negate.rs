//! Unary minus — checked, as all arithmetic, and of intervals too — and `~`.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array},
    compute::{try_unary, unary},
    datatypes::{
        ArrowPrimitiveType, DataType, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int16Type,
        Int32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType,
    },
    error::ArrowError,
};
use datafusion::logical_expr::{Expr, ScalarUDF};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
        type_name,
        varbyte::bitwise,
    },
};

/// The name under which the planner finds it. No user writes it.
pub const NEGATION: &str = "operator unary -";

/// Unary minus as a function.
static NEGATE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: NEGATION,
        aliases: &[],
        category: "operator",
        description: "The value with the opposite sign.",
        arguments: &[("expression", "a number or an interval")],
        example: "select -(1 + 2); -- -3",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| kind.is_number_or_text() || kind == Kind::Interval)?;
        Ok(match types.data_type(0) {
            DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Float64,
            other => other.clone(),
        })
    },
    invoke,
};

/// The name under which the planner finds `~`. No user writes it.
pub const BITWISE_NOT: &str = "operator ~";

/// `~` as a function.
static INVERT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: BITWISE_NOT,
        aliases: &[],
        category: "operator",
        description: "The integer or VARBYTE with all bits the other way round.",
        arguments: &[("expression", "an integer or a VARBYTE")],
        example: "select ~5; -- -6",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Integer | Kind::Binary))?;
        Ok(match types.data_type(0) {
            DataType::Null => DataType::Int64,
            other => other.clone(),
        })
    },
    invoke: |call| {
        let (array, _) = call.array(0)?;
        Ok(match call.return_type {
            DataType::Int16 => Arc::new(unary::<Int16Type, _, Int16Type>(array.as_primitive(), |value| !value)),
            DataType::Int32 => Arc::new(unary::<Int32Type, _, Int32Type>(array.as_primitive(), |value| !value)),
            DataType::BinaryView => bitwise::inverted(call)?,
            _ => Arc::new(unary::<Int64Type, _, Int64Type>(call.int(0)?.array(), |value| !value)) as ArrayRef,
        })
    },
};

/// The unary operators for DataFusion's registry.
pub fn unary_operators() -> [Arc<ScalarUDF>; 2] {
    [NEGATE.to_udf(), INVERT.to_udf()]
}

/// `-expr` as an expression.
pub fn negate_expr(expr: Expr) -> Expr {
    NEGATE.to_udf().call(vec![expr])
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let (array, _) = call.array(0)?;
    let negated: ArrayRef = match call.return_type {
        DataType::Int16 => checked::<Int16Type>(&array, i16::checked_neg)?,
        DataType::Int32 => checked::<Int32Type>(&array, i32::checked_neg)?,
        DataType::Int64 => checked::<Int64Type>(&array, i64::checked_neg)?,
        DataType::Float32 => Arc::new(unary::<_, _, Float32Type>(array.as_primitive::<Float32Type>(), |value| -value)),
        DataType::Float64 => Arc::new(unary::<_, _, Float64Type>(call.float(0)?.array(), |value| -value)),
        DataType::Decimal128(..) => {
            let negated: Decimal128Array = unary(array.as_primitive::<Decimal128Type>(), |value: i128| -value);
            Arc::new(negated.with_data_type(array.data_type().clone()))
        }
        DataType::Duration(_) => checked::<DurationMicrosecondType>(&array, i64::checked_neg)?,
        DataType::Interval(IntervalUnit::YearMonth) => checked::<IntervalYearMonthType>(&array, i32::checked_neg)?,
        DataType::Interval(IntervalUnit::MonthDayNano) => checked::<IntervalMonthDayNanoType>(&array, |value| {
            Some(IntervalMonthDayNano::new(
                value.months.checked_neg()?,
                value.days.checked_neg()?,
                value.nanoseconds.checked_neg()?,
            ))
        })?,
        other => return Err(Error::internal(format!("no negative of {other}"))),
    };
    Ok(negated)
}

fn checked<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    negate: impl Fn(T::Native) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let overflow = || ArrowError::ArithmeticOverflow(String::new());
    let negated = try_unary::<T, _, T>(array.as_primitive::<T>(), |value| negate(value).ok_or_else(overflow));
    match negated {
        Ok(negated) => Ok(Arc::new(negated)),
        Err(_) => Err(Error::out_of_range(type_name(array.data_type()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, fails, float, int, int2, null};

    #[test]
    fn signs_change_and_overflow_is_an_error() {
        check(
            &NEGATE,
            vec![
                (vec![int(5)], int(-5)),
                (vec![int2(-32_767)], int2(32_767)),
                (vec![decimal(-150, 5, 2)], decimal(150, 5, 2)),
                (vec![float(0.5)], float(-0.5)),
                (vec![null()], null()),
            ],
        );
        fails(&NEGATE, vec![int2(i16::MIN)], "22003");
    }
}
