//! `= ANY (SELECT …)`, `= SOME (SELECT …)` and `<> ALL (SELECT …)`, the only quantified comparisons
//! of Redshift (page r_comparison_condition): they are IN and NOT IN.

use std::ops::ControlFlow;

use blueshift_sql::ast::sql::{BinaryOperator, Expr, Value, VisitMut, VisitorMut};

use crate::error::{Error, Result, SqlState};

/// Redshift has no other quantified comparisons.
fn refused(operator: &BinaryOperator, quantifier: &str) -> Error {
    Error::new(SqlState("42809"), format!("operator {operator} {quantifier} is not supported"))
        .with_hint("Compare with the MIN or MAX of the subquery.")
}

/// Rewrites every quantified comparison, also in subqueries.
///
/// Errors: 42809 for other comparisons than these, and for a right side that is no subquery.
pub fn rewrite_all(node: &mut impl VisitMut) -> Result<()> {
    match node.visit(&mut Rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Rewriter;

impl VisitorMut for Rewriter {
    type Break = Error;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match rewrite(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

/// Rewrites `expr` when it is a quantified comparison.
fn rewrite(expr: &mut Expr) -> Result<()> {
    let (left, right, negated) = match &mut *expr {
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => (left, right, false),
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => (left, right, true),
        Expr::AnyOp { compare_op, .. } => return Err(refused(compare_op, "ANY")),
        Expr::AllOp { compare_op, .. } => return Err(refused(compare_op, "ALL")),
        _ => return Ok(()),
    };
    if matches!(**left, Expr::Tuple(_)) {
        return Err(Error::not_supported("ANY, SOME and ALL with a row of values"));
    }
    let placeholder = || Expr::value(Value::Null);
    let Expr::Subquery(subquery) = std::mem::replace(&mut **right, placeholder()) else {
        return Err(Error::not_supported("ANY, SOME and ALL over anything but a subquery"));
    };
    let left = std::mem::replace(&mut **left, placeholder());
    *expr = Expr::InSubquery { expr: Box::new(left), subquery, negated };
    Ok(())
}
