//! When a function that evaluates only the arguments it needs is turned into CASE.
//!
//! CASE names the first argument more than once, so that nested calls would grow exponentially. Where the other
//! arguments cannot fail, it makes no difference that they are evaluated, and the call stays; what still grows
//! too large is refused.

use arrow::datatypes::DataType;
use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    logical_expr::Expr,
};

use crate::error::{Error, Result, SqlState};

/// First arguments with fewer nodes are named again and again.
const SMALL_NODES: usize = 16;
/// The largest expression that CASE is made of.
const NODES_MAX: usize = 20_000;

/// Whether a call stays as it is: a large first argument, and others whose evaluation cannot fail.
pub(super) fn is_kept(arguments: &[Expr], types: &[DataType], result: &DataType) -> bool {
    let Some((first, others)) = arguments.split_first() else { return true };
    let is_harmless = |(expr, data_type): (&Expr, &DataType)| match expr {
        Expr::Literal(..) => true,
        Expr::Column(_) => data_type == result,
        _ => false,
    };
    nodes(first) >= SMALL_NODES && others.iter().zip(&types[1..]).all(is_harmless)
}

/// Errors: 54000 for an expression that has become too large.
pub(super) fn check(expr: Expr) -> Result<Expr> {
    if nodes(&expr) <= NODES_MAX {
        return Ok(expr);
    }
    Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "the expression is too complex")
        .with_hint("Calls of COALESCE, NVL, NVL2 and DECODE within their first arguments: use CASE, or a subquery."))
}

/// The number of nodes, counted up to just above the limit.
fn nodes(expr: &Expr) -> usize {
    let mut count = 0;
    // Counting does not fail.
    let _ = expr.apply(|_| {
        count += 1;
        Ok(if count > NODES_MAX { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    count
}
