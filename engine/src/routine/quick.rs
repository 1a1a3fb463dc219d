//! Values of simple expressions, without a plan: integers, booleans, texts, variables.
//!
//! Loops of PL/pgSQL compute such expressions thousands of times (`i := i + 1`, `exit when i >= n`,
//! `s := s || ','`), and planning one costs more than a millisecond. Whatever is not plainly the same as
//! what the query engine would answer — another type, an overflow, a division by zero, a NULL in
//! arithmetic — has no value here, and the engine answers.

use std::cmp::Ordering;

use blueshift_sql::ast::{
    Expr,
    sql::{BinaryOperator, UnaryOperator, Value as SqlValue},
};
use datafusion::common::ScalarValue;

use super::{scope::Environment, value::Value};
use crate::{error::Result, types::RedshiftType};

/// A value of one of the types that are computed here.
#[derive(Debug, Clone, PartialEq)]
enum Quick {
    Int(i32),
    Big(i64),
    Bool(bool),
    Text(String),
    /// NULL of a type that does not matter: of a comparison or a test.
    Unknown,
}

/// The value of an expression, converted to `target`; None: the query engine must answer.
///
/// Errors: those of variables (a field of a record without a row).
pub(super) fn value(expr: &Expr, environment: &Environment, target: Option<RedshiftType>) -> Result<Option<Value>> {
    Ok(compute(expr, environment)?.and_then(|value| converted(value, target)))
}

/// A value as one of the type that is wanted.
fn converted(value: Quick, target: Option<RedshiftType>) -> Option<Value> {
    let integer = |value: i64| match target {
        None => None,
        Some(RedshiftType::Integer) => i32::try_from(value).ok().map(|value| ScalarValue::Int32(Some(value))),
        Some(RedshiftType::BigInt) => Some(ScalarValue::Int64(Some(value))),
        Some(_) => None,
    };
    let (scalar, data_type) = match value {
        Quick::Int(value) if target.is_none() => (ScalarValue::Int32(Some(value)), RedshiftType::Integer),
        Quick::Big(value) if target.is_none() => (ScalarValue::Int64(Some(value)), RedshiftType::BigInt),
        Quick::Int(value) => (integer(i64::from(value))?, target?),
        Quick::Big(value) => (integer(value)?, target?),
        Quick::Bool(value) => match target {
            None | Some(RedshiftType::Boolean) => (ScalarValue::Boolean(Some(value)), RedshiftType::Boolean),
            Some(_) => return None,
        },
        Quick::Unknown => match target {
            None | Some(RedshiftType::Boolean) => (ScalarValue::Boolean(None), RedshiftType::Boolean),
            Some(_) => return None,
        },
        Quick::Text(text) => {
            let data_type = match target {
                None | Some(RedshiftType::Varchar(None)) => RedshiftType::Varchar(None),
                Some(RedshiftType::Varchar(Some(bytes))) if text.len() <= bytes as usize => {
                    RedshiftType::Varchar(Some(bytes))
                }
                Some(_) => return None,
            };
            (ScalarValue::Utf8View(Some(text)), data_type)
        }
    };
    Some(Value { scalar, data_type: Some(data_type) })
}

fn compute(expr: &Expr, environment: &Environment) -> Result<Option<Quick>> {
    Ok(match expr {
        Expr::Nested(inner) => compute(inner, environment)?,
        Expr::Value(value) => literal(&value.value),
        Expr::Identifier(ident) => environment.value(&[ident.value.as_str()])?.and_then(|value| variable(&value)),
        Expr::CompoundIdentifier(parts) => {
            let names: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
            environment.value(&names)?.and_then(|value| variable(&value))
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => match compute(expr, environment)? {
            Some(Quick::Bool(value)) => Some(Quick::Bool(!value)),
            Some(Quick::Unknown) => Some(Quick::Unknown),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match compute(expr, environment)? {
            Some(Quick::Int(value)) => value.checked_neg().map(Quick::Int),
            Some(Quick::Big(value)) => value.checked_neg().map(Quick::Big),
            _ => None,
        },
        Expr::IsNull(inner) => is_null(inner, environment)?.map(Quick::Bool),
        Expr::IsNotNull(inner) => is_null(inner, environment)?.map(|null| Quick::Bool(!null)),
        Expr::Between { expr, negated, low, high } => {
            let value = compute(expr, environment)?;
            let (low, high) = (compute(low, environment)?, compute(high, environment)?);
            let (Some(value), Some(low), Some(high)) = (value, low, high) else { return Ok(None) };
            match (ordering(&low, &value), ordering(&value, &high)) {
                (Some(low), Some(high)) => Some(Quick::Bool((low.is_le() && high.is_le()) != *negated)),
                _ => None,
            }
        }
        Expr::BinaryOp { left, op, right } => binary(left, op, right, environment)?,
        _ => None,
    })
}

fn literal(value: &SqlValue) -> Option<Quick> {
    match value {
        SqlValue::Number(digits, _) => match digits.parse::<i32>() {
            Ok(value) => Some(Quick::Int(value)),
            Err(_) => digits.parse().ok().map(Quick::Big),
        },
        SqlValue::SingleQuotedString(text) if !text.contains('\\') => Some(Quick::Text(text.clone())),
        SqlValue::Boolean(value) => Some(Quick::Bool(*value)),
        _ => None,
    }
}

/// A variable; NULLs and other types are the engine's.
fn variable(value: &Value) -> Option<Quick> {
    match (&value.scalar, value.data_type) {
        (ScalarValue::Int32(Some(value)), Some(RedshiftType::Integer)) => Some(Quick::Int(*value)),
        (ScalarValue::Int64(Some(value)), Some(RedshiftType::BigInt)) => Some(Quick::Big(*value)),
        (ScalarValue::Boolean(Some(value)), Some(RedshiftType::Boolean)) => Some(Quick::Bool(*value)),
        (scalar, Some(RedshiftType::Varchar(_))) => scalar.try_as_str()?.map(|text| Quick::Text(text.to_owned())),
        _ => None,
    }
}

/// Whether a variable is NULL; other expressions are computed.
fn is_null(expr: &Expr, environment: &Environment) -> Result<Option<bool>> {
    let found = match expr {
        Expr::Identifier(ident) => environment.value(&[ident.value.as_str()])?,
        Expr::CompoundIdentifier(parts) => {
            environment.value(&parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>())?
        }
        _ => None,
    };
    Ok(match found {
        // SUPER's null is NULL, too, and that is the engine's to see.
        Some(value) if value.data_type == Some(RedshiftType::Super) => None,
        Some(value) => Some(value.is_null()),
        None => compute(expr, environment)?.map(|value| value == Quick::Unknown),
    })
}

fn binary(left: &Expr, op: &BinaryOperator, right: &Expr, environment: &Environment) -> Result<Option<Quick>> {
    if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
        let (left, right) = (truth(left, environment)?, truth(right, environment)?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        let decisive = *op == BinaryOperator::Or;
        return Ok(Some(match (left, right) {
            (Some(left), _) if left == decisive => Quick::Bool(decisive),
            (_, Some(right)) if right == decisive => Quick::Bool(decisive),
            (Some(_), Some(_)) => Quick::Bool(!decisive),
            _ => Quick::Unknown,
        }));
    }
    let (Some(left), Some(right)) = (compute(left, environment)?, compute(right, environment)?) else {
        return Ok(None);
    };
    let compare = |wanted: fn(Ordering) -> bool| ordering(&left, &right).map(|found| Quick::Bool(wanted(found)));
    Ok(match op {
        BinaryOperator::Plus => arithmetic(&left, &right, i32::checked_add, i64::checked_add),
        BinaryOperator::Minus => arithmetic(&left, &right, i32::checked_sub, i64::checked_sub),
        BinaryOperator::Multiply => arithmetic(&left, &right, i32::checked_mul, i64::checked_mul),
        BinaryOperator::Divide => arithmetic(&left, &right, i32::checked_div, i64::checked_div),
        BinaryOperator::Modulo => arithmetic(&left, &right, i32::checked_rem, i64::checked_rem),
        BinaryOperator::StringConcat => match (text(&left), text(&right)) {
            (Some(left), Some(right)) => Some(Quick::Text(left + &right)),
            _ => None,
        },
        BinaryOperator::Eq => compare(Ordering::is_eq),
        BinaryOperator::NotEq => compare(Ordering::is_ne),
        BinaryOperator::Lt => compare(Ordering::is_lt),
        BinaryOperator::LtEq => compare(Ordering::is_le),
        BinaryOperator::Gt => compare(Ordering::is_gt),
        BinaryOperator::GtEq => compare(Ordering::is_ge),
        _ => None,
    })
}

/// The truth of a condition: None when it is the engine's, an inner None for unknown.
#[allow(clippy::option_option)]
fn truth(expr: &Expr, environment: &Environment) -> Result<Option<Option<bool>>> {
    Ok(match compute(expr, environment)? {
        Some(Quick::Bool(value)) => Some(Some(value)),
        Some(Quick::Unknown) => Some(None),
        _ => None,
    })
}

fn arithmetic(
    left: &Quick,
    right: &Quick,
    narrow: fn(i32, i32) -> Option<i32>,
    wide: fn(i64, i64) -> Option<i64>,
) -> Option<Quick> {
    match (left, right) {
        (Quick::Int(left), Quick::Int(right)) => narrow(*left, *right).map(Quick::Int),
        _ => wide(integer(left)?, integer(right)?).map(Quick::Big),
    }
}

fn integer(value: &Quick) -> Option<i64> {
    match value {
        Quick::Int(value) => Some(i64::from(*value)),
        Quick::Big(value) => Some(*value),
        _ => None,
    }
}

/// What `||` sees.
fn text(value: &Quick) -> Option<String> {
    match value {
        Quick::Text(text) => Some(text.clone()),
        Quick::Int(_) | Quick::Big(_) => integer(value).map(|value| value.to_string()),
        _ => None,
    }
}

/// Integers by value, texts by bytes without the blanks at their end.
fn ordering(left: &Quick, right: &Quick) -> Option<Ordering> {
    match (left, right) {
        (Quick::Text(left), Quick::Text(right)) => {
            Some(left.trim_end_matches(' ').as_bytes().cmp(right.trim_end_matches(' ').as_bytes()))
        }
        (Quick::Bool(left), Quick::Bool(right)) => Some(left.cmp(right)),
        _ => Some(integer(left)?.cmp(&integer(right)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routine::scope::{Scope, Variable};

    fn environment() -> Environment {
        let scalar = |value: Value, data_type| Variable::Scalar { value, data_type, constant: false, not_null: false };
        let variables = vec![
            ("i".to_owned(), scalar(Value::integer(7), RedshiftType::Integer)),
            ("big".to_owned(), scalar(Value::integer(1 << 40), RedshiftType::BigInt)),
            ("t".to_owned(), scalar(Value::text("ab "), RedshiftType::Varchar(None))),
            ("n".to_owned(), scalar(Value::null(), RedshiftType::Integer)),
        ];
        Environment { scopes: vec![Scope { label: None, variables }], ..Environment::default() }
    }

    fn quick(sql: &str, target: Option<RedshiftType>) -> Option<String> {
        let expr = blueshift_sql::parse_expression(sql, blueshift_sql::ParserOptions::default()).unwrap();
        let value = value(&expr, &environment(), target).unwrap()?;
        Some(value.to_text().unwrap().unwrap_or_else(|| "NULL".to_owned()))
    }

    #[test]
    fn simple_expressions_have_values() {
        for (sql, expected) in [
            ("i + 1", "8"),
            ("(i * 2 - 4) / 3", "3"),
            ("-i % 4", "-3"),
            ("big + i", "1099511627783"),
            ("i >= 7 and not i > 8", "t"),
            ("i between 1 and 6", "f"),
            ("t = 'ab'", "t"),
            ("t || i || 'x'", "ab 7x"),
            ("n is null", "t"),
            ("i is not null or big = 2", "t"),
        ] {
            assert_eq!(quick(sql, None).as_deref(), Some(expected), "{sql}");
        }
        assert_eq!(quick("i + 1", Some(RedshiftType::BigInt)).as_deref(), Some("8"));
        assert_eq!(quick("'abc'", Some(RedshiftType::Varchar(Some(3)))).as_deref(), Some("abc"));
    }

    #[test]
    fn the_rest_is_left_to_the_engine() {
        for sql in ["i / 0", "2147483647 + i", "n + 1", "n = 1", "i + 1.5", "abs(i)", "i::bigint", "i || true", "t = 1"]
        {
            assert_eq!(quick(sql, None), None, "{sql}");
        }
        assert_eq!(quick("i", Some(RedshiftType::SmallInt)), None);
        assert_eq!(quick("'abcd'", Some(RedshiftType::Varchar(Some(3)))), None);
        assert_eq!(quick("big", Some(RedshiftType::Integer)), None);
    }
}
