//! Columns of an outer query in a subquery have the type that the column has now.
//!
//! A reference to an outer column carries a copy of its field, made when the subquery was planned. The
//! semantics rule changes types after that (19 is an INTEGER, and planned as BIGINT), and a stale copy
//! would make a join compare columns of two types. So subqueries are looked at when their query's
//! inputs are done: references first, then the subquery.

use std::sync::Arc;

use datafusion::{
    common::{
        DFSchema, Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Expr, LogicalPlan, Subquery},
};

use super::correlated_subquery;

/// The plan with its subqueries analyzed by `analyze`, against `schema`, that of its inputs.
pub fn with_subqueries(
    plan: LogicalPlan,
    schema: &DFSchema,
    analyze: &dyn Fn(LogicalPlan) -> Result<LogicalPlan>,
) -> Result<LogicalPlan> {
    let plan = correlated_subquery::not_in(plan)?.map_expressions(|expr| {
        expr.transform_up(|expr| {
            let renewed = |subquery: Subquery| renewed(subquery, schema, analyze);
            Ok(Transformed::yes(match expr {
                Expr::Exists(mut exists) => {
                    exists.subquery = renewed(exists.subquery)?;
                    correlated_subquery::exists(exists)?
                }
                Expr::InSubquery(mut is_in) => {
                    is_in.subquery = renewed(is_in.subquery)?;
                    correlated_subquery::is_in(is_in)?
                }
                Expr::ScalarSubquery(subquery) => correlated_subquery::scalar(renewed(subquery)?)?,
                Expr::SetComparison(mut comparison) => {
                    comparison.subquery = renewed(comparison.subquery)?;
                    Expr::SetComparison(comparison)
                }
                other => return Ok(Transformed::no(other)),
            }))
        })
    })?;
    Ok(plan.data)
}

fn renewed(
    mut subquery: Subquery,
    schema: &DFSchema,
    analyze: &dyn Fn(LogicalPlan) -> Result<LogicalPlan>,
) -> Result<Subquery> {
    let current = |expr: Expr| {
        expr.transform_up(|expr| match expr {
            Expr::OuterReferenceColumn(field, column) => Ok(match schema.qualified_field_from_column(&column) {
                Ok((_, now)) if *now != field => Transformed::yes(Expr::OuterReferenceColumn(Arc::clone(now), column)),
                _ => Transformed::no(Expr::OuterReferenceColumn(field, column)),
            }),
            other => Ok(Transformed::no(other)),
        })
    };
    let plan = Arc::unwrap_or_clone(subquery.subquery);
    let plan = plan.transform_down_with_subqueries(|node| node.map_expressions(current))?.data;
    subquery.subquery = Arc::new(analyze(plan)?);
    if !subquery.outer_ref_columns.is_empty() {
        correlated_subquery::check_totals(&subquery.subquery, true)?;
    }
    let references = std::mem::take(&mut subquery.outer_ref_columns);
    subquery.outer_ref_columns =
        references.into_iter().map(|expr| current(expr).map(|current| current.data)).collect::<Result<_>>()?;
    Ok(subquery)
}
