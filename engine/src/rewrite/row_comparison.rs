//! Rows of values: `(a, b) = (c, d)`, `(a, b) <> (c, d)` and `(a, b) IN ((1, 2), (3, 4))` compare value
//! by value.

use blueshift_sql::ast::sql::{BinaryOperator, Expr, UnaryOperator};

use super::template;
use crate::error::{Error, Result, SqlState};

/// Rewrites `expr` when it compares rows.
///
/// Errors: 42601 for rows of different lengths, 0A000 for comparisons of order.
pub fn rewrite(expr: &mut Expr) -> Result<()> {
    match expr {
        Expr::BinaryOp { left, op, right } if is_row(left) || is_row(right) => {
            let negated = match op {
                BinaryOperator::Eq => false,
                BinaryOperator::NotEq => true,
                BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
                    return Err(Error::not_supported(format!("{op} of rows of values")));
                }
                _ => return Ok(()),
            };
            let (left, right) = (values(left)?, values(right)?);
            *expr = equal(left, right, negated)?;
            Ok(())
        }
        Expr::InList { expr: value, list, negated } if is_row(value) => {
            let (negated, list) = (*negated, std::mem::take(list));
            let value = values(value)?;
            let mut alternatives = vec![];
            for mut row in list {
                alternatives.push(equal(value.clone(), values(&mut row)?, false)?);
            }
            let any = alternatives.into_iter().reduce(|left, right| template::binary(left, BinaryOperator::Or, right));
            let Some(any) = any else { return Err(Error::syntax("IN needs a list of values")) };
            *expr = match negated {
                true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(template::nested(any)) },
                false => Expr::Nested(Box::new(any)),
            };
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_row(expr: &Expr) -> bool {
    matches!(expr, Expr::Tuple(values) if values.len() > 1)
}

fn values(expr: &mut Expr) -> Result<Vec<Expr>> {
    match expr {
        Expr::Tuple(values) => Ok(std::mem::take(values)),
        Expr::Subquery(_) => Err(Error::not_supported("a row of values compared with a subquery")),
        _ => Err(Error::syntax("a row of values can be compared with another row only")),
    }
}

fn equal(left: Vec<Expr>, right: Vec<Expr>, negated: bool) -> Result<Expr> {
    if left.len() != right.len() {
        return Err(Error::new(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions"));
    }
    let (operator, connective) = match negated {
        true => (BinaryOperator::NotEq, BinaryOperator::Or),
        false => (BinaryOperator::Eq, BinaryOperator::And),
    };
    let pairs = left.into_iter().zip(right).map(|(left, right)| template::binary(left, operator.clone(), right));
    pairs
        .reduce(|left, right| template::binary(left, connective.clone(), right))
        .map(|all| Expr::Nested(Box::new(all)))
        .ok_or_else(|| Error::syntax("a row of values has at least one value"))
}
