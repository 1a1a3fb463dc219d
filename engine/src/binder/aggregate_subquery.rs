//! Correlated subqueries as values in what is aggregated or grouped by, as in `sum(case when exists (…) then 1 end)`:
//! DataFusion takes them apart in projections and filters only, so they are computed in a projection below.

use std::sync::Arc;

use datafusion::{
    common::{
        Column, Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Aggregate, Expr, LogicalPlan, Projection},
};

/// The plan with the correlated subqueries of an aggregate below it. Grouping sets stay as they are, and are refused.
pub fn below(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(plan) };
    let all = || aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
    let plain = aggregate.group_expr.len() + aggregate.aggr_expr.len() == aggregate.schema.fields().len()
        && !aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_)));
    if !plain || !has_correlated(all())? {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    let mut subqueries = vec![];
    let mut names = aggregate.schema.fields().iter().map(|field| field.name().clone());
    let mut lifted = |exprs: Vec<Expr>| -> Result<Vec<Expr>> {
        let mut done = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let lifted = lift(expr, &mut subqueries)?;
            let name = names.next().filter(|_| lifted.transformed);
            done.push(match name {
                Some(name) => lifted.data.unalias().alias(name),
                None => lifted.data,
            });
        }
        Ok(done)
    };
    let group = lifted(aggregate.group_expr)?;
    let aggregates = lifted(aggregate.aggr_expr)?;
    let columns = aggregate.input.schema().columns().into_iter().map(Expr::Column);
    let values = subqueries.into_iter().enumerate().map(|(index, subquery)| subquery.alias(name_of(index)));
    let input = Projection::try_new(columns.chain(values).collect(), aggregate.input)?;
    let input = Arc::new(LogicalPlan::Projection(input));
    Ok(LogicalPlan::Aggregate(Aggregate::try_new(input, group, aggregates)?))
}

fn name_of(index: usize) -> String {
    format!("\u{1}subquery {index}")
}

fn is_correlated(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty())
}

fn has_correlated<'e>(mut exprs: impl Iterator<Item = &'e Expr>) -> Result<bool> {
    exprs.try_fold(false, |found, expr| Ok(found || expr.exists(|expr| Ok(is_correlated(expr)))?))
}

/// Columns in the place of correlated subqueries, which are gathered.
fn lift(expr: Expr, subqueries: &mut Vec<Expr>) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| {
        if !is_correlated(&expr) {
            return Ok(Transformed::no(expr));
        }
        let known = subqueries.iter().position(|known| *known == expr);
        let index = known.unwrap_or(subqueries.len());
        if known.is_none() {
            subqueries.push(expr);
        }
        Ok(Transformed::yes(Expr::Column(Column::new_unqualified(name_of(index)))))
    })
}
