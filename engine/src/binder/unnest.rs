//! Unnest in place of FROM items that iterate over SUPER values.
//!
//! `rewrite::unnest` made lateral subqueries of them, so that the planner resolved their names. Here each such
//! subquery, joined to what comes before it, becomes lists beside the columns of what comes before it, and an Unnest
//! of the lists.
//!
//! One that is the first item of a subquery iterates over a value of the query around. DataFusion cannot take such
//! a subquery apart, so it is given a relation to start from: the distinct values of the query around, and the
//! condition that the value is that of the outer row.

use std::sync::Arc;

use datafusion::{
    common::{
        Column, DFSchema, JoinType, Result as DataFusionResult, ScalarValue, TableReference, UnnestOptions,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Aggregate, Expr, Join, LogicalPlan, LogicalPlanBuilder, Subquery, SubqueryAlias},
};

use crate::{
    error::{Error, Result},
    functions::super_type::{
        operator::{call, is_call},
        unnest as lists,
    },
};

/// A FROM item that iterates.
struct Iteration {
    alias: TableReference,
    /// What it iterates over, in terms of the plan before it.
    value: Expr,
    unpivots: bool,
    value_name: String,
    place_name: Option<String>,
}

/// Replaces all items that iterate.
///
/// Errors: 0A000 where it is not supported.
pub fn place_unnests(plan: LogicalPlan) -> Result<LogicalPlan> {
    if !has_marks(&plan)? {
        return Ok(plan);
    }
    Ok(plan.transform_up(place)?.data)
}

fn has_marks(plan: &LogicalPlan) -> DataFusionResult<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|plan| {
        if iteration_of(plan).is_some() {
            found = true;
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn place(plan: LogicalPlan) -> DataFusionResult<Transformed<LogicalPlan>> {
    let plan = place_in_subqueries(plan)?;
    match plan {
        LogicalPlan::Join(join) => match iteration_of(&join.right) {
            Some(iteration) => Ok(Transformed::yes(joined(join, iteration)?)),
            None => Ok(Transformed::no(LogicalPlan::Join(join))),
        },
        // Over a constant: there is nothing before it.
        LogicalPlan::SubqueryAlias(alias) => {
            let constant = !matches!(*alias.input, LogicalPlan::Subquery(_));
            let plan = LogicalPlan::SubqueryAlias(alias);
            match iteration_of(&plan) {
                Some(iteration) if constant => {
                    let one_row = LogicalPlanBuilder::empty(true).build()?;
                    let unnested = unnest(Arc::new(one_row), iteration, JoinType::Inner)?;
                    Ok(Transformed::yes(unnested))
                }
                _ => Ok(Transformed::no(plan)),
            }
        }
        other => Ok(Transformed::no(other)),
    }
}

/// The item that a plan stands for, if it does.
fn iteration_of(plan: &LogicalPlan) -> Option<Iteration> {
    let LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, .. }) = plan else { return None };
    let input = match &**input {
        LogicalPlan::Subquery(Subquery { subquery, .. }) => subquery,
        other => other,
    };
    let LogicalPlan::Projection(projection) = input else { return None };
    let (value, places) = projection.expr.split_first()?;
    let Expr::Alias(value) = value else { return None };
    let Expr::ScalarFunction(mark) = &*value.expr else { return None };
    let unpivots = is_call(&value.expr, &lists::UNPIVOT_MARK);
    if !unpivots && !is_call(&value.expr, &lists::UNNEST_MARK) {
        return None;
    }
    let place_name = places.first().and_then(|place| match place {
        Expr::Alias(place) => Some(place.name.clone()),
        _ => None,
    });
    Some(Iteration {
        alias: alias.clone(),
        value: mark.args.first()?.clone(),
        unpivots,
        value_name: value.name.clone(),
        place_name,
    })
}

fn joined(join: Join, mut iteration: Iteration) -> DataFusionResult<LogicalPlan> {
    let is_true = |expr: &Expr| matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _));
    let condition = join.filter.filter(|filter| !is_true(filter));
    match join.join_type {
        JoinType::Inner => {}
        JoinType::Left if condition.is_none() && join.on.is_empty() => {}
        JoinType::Left => {
            return Err(Error::not_supported("a condition other than TRUE in a left join with a SUPER value").into());
        }
        _ => return Err(Error::not_supported("a right or full join with a SUPER value").into()),
    }
    iteration.value = of_this_level(iteration.value, join.left.schema())?;
    let plan = unnest(join.left, iteration, join.join_type)?;
    let conditions = join.on.into_iter().map(|(left, right)| left.eq(right)).chain(condition);
    match conditions.reduce(Expr::and) {
        Some(condition) => LogicalPlanBuilder::from(plan).filter(condition)?.build(),
        None => Ok(plan),
    }
}

/// References to the plan before the item are columns now; those to queries further out stay.
fn of_this_level(expr: Expr, schema: &DFSchema) -> DataFusionResult<Expr> {
    let replaced = expr.transform_up(|expr| match expr {
        Expr::OuterReferenceColumn(_, column) if schema.has_column(&column) => {
            Ok(Transformed::yes(Expr::Column(column)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(replaced.data)
}

/// The columns of `input` and those of the item.
fn unnest(input: Arc<LogicalPlan>, iteration: Iteration, join_type: JoinType) -> DataFusionResult<LogicalPlan> {
    let (values, places) =
        if iteration.unpivots { (&lists::VALUES, &lists::NAMES) } else { (&lists::ELEMENTS, &lists::INDICES) };
    let kept: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let mut added = vec![(format!("\u{1}{} value", iteration.alias), values, iteration.value_name)];
    if let Some(name) = iteration.place_name {
        added.push((format!("\u{1}{} place", iteration.alias), places, name));
    }
    let lists = added.iter().map(|(name, function, _)| call(function, vec![iteration.value.clone()]).alias(name));
    let with_lists: Vec<Expr> = kept.iter().cloned().chain(lists).collect();
    let columns = added.iter().map(|(name, ..)| Column::new_unqualified(name)).collect();
    let options = UnnestOptions::new().with_preserve_nulls(join_type == JoinType::Left);
    let shown = added.iter().map(|(name, _, shown)| {
        Expr::Column(Column::new_unqualified(name)).alias_qualified(Some(iteration.alias.clone()), shown)
    });
    let shown: Vec<Expr> = kept.into_iter().chain(shown).collect();
    LogicalPlanBuilder::from(input)
        .project(with_lists)?
        .unnest_columns_with_options(columns, options)?
        .project(shown)?
        .build()
}

// ---- subqueries ----

/// Gives subqueries in the node's expressions a relation to iterate over.
fn place_in_subqueries(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let inputs: Vec<Arc<LogicalPlan>> = plan.inputs().into_iter().map(|input| Arc::new(input.clone())).collect();
    let rewritten = plan.map_subqueries(|subquery| match subquery {
        LogicalPlan::Subquery(subquery) => {
            let inner = Arc::unwrap_or_clone(subquery.subquery);
            let inner = inner.transform_up(place)?.data;
            let inner = inner.transform_up(|plan| start_from_outer(plan, &inputs))?.data;
            let outer_ref_columns = inner.all_out_ref_exprs();
            Ok(Transformed::yes(LogicalPlan::Subquery(Subquery {
                subquery: Arc::new(inner),
                outer_ref_columns,
                spans: subquery.spans,
            })))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(rewritten.data)
}

/// An item that has nothing before it starts from the distinct values of the outer rows.
fn start_from_outer(plan: LogicalPlan, outer: &[Arc<LogicalPlan>]) -> DataFusionResult<Transformed<LogicalPlan>> {
    let Some(mut iteration) = iteration_of(&plan) else { return Ok(Transformed::no(plan)) };
    let refused = || Error::not_supported("unnesting a SUPER value of a query that is not directly around");
    let [outer] = outer else { return Err(refused().into()) };
    let value = of_this_level(iteration.value.clone(), outer.schema())?;
    if value.contains_outer() {
        return Err(refused().into());
    }
    const KEY: &str = "\u{1}outer value";
    let bytes = |value: Expr| call(&lists::BYTES, vec![value]);
    let distinct = Aggregate::try_new(Arc::clone(outer), vec![bytes(value).alias(KEY)], vec![])?;
    let key = Expr::Column(Column::new_unqualified(KEY));
    let condition = key.clone().eq(bytes(iteration.value));
    iteration.value = call(&lists::OF_BYTES, vec![key]);
    let plan = unnest(Arc::new(LogicalPlan::Aggregate(distinct)), iteration, JoinType::Inner)?;
    let plan = LogicalPlanBuilder::from(plan).filter(condition)?;
    Ok(Transformed::yes(plan.build()?))
}
