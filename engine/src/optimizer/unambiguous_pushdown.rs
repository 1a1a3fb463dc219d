//! Keeps filters of physical plans where they are when names could send them to the wrong column.
//!
//! DataFusion 55 finds the columns of a filter by name while it moves the filter down a physical plan,
//! filters that are made while a join or a top-k runs included. In a schema with two columns of one
//! name — every join of tables that share one — it takes the first: `x1.d - x2.d` becomes
//! `x1.d - x1.d`, and a join's filter removes the wrong rows. So the two rules run only over parts of a
//! plan where no column that a filter could ask for stands twice in a schema below. Filters of the
//! query itself have been pushed down by the logical rules before, where columns are qualified.

use std::{collections::HashSet, sync::Arc};

use datafusion::{
    common::Result,
    config::ConfigOptions,
    physical_expr::{PhysicalExpr, utils::collect_columns},
    physical_optimizer::{PhysicalOptimizerRule, optimizer::PhysicalOptimizer},
    physical_plan::{
        ExecutionPlan, aggregates::AggregateExec, filter::FilterExec, joins::HashJoinExec, projection::ProjectionExec,
        replace_children_if_necessary, sorts::sort::SortExec,
    },
};

/// DataFusion's physical rules, with the guard around those that push filters down.
pub fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let guarded = |rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>| match rule.name().starts_with("FilterPushdown") {
        true => Arc::new(UnambiguousPushdown { rule }) as Arc<dyn PhysicalOptimizerRule + Send + Sync>,
        false => rule,
    };
    PhysicalOptimizer::new().rules.into_iter().map(guarded).collect()
}

#[derive(Debug)]
struct UnambiguousPushdown {
    rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>,
}

impl PhysicalOptimizerRule for UnambiguousPushdown {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn schema_check(&self) -> bool {
        self.rule.schema_check()
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if repeated_names(&plan, false).is_some() {
            return self.rule.optimize(plan, config);
        }
        // Not over the whole: then over what lies below, where fewer tables meet.
        let children = plan.children();
        if children.is_empty() {
            return Ok(plan);
        }
        let children =
            children.into_iter().map(|child| self.optimize(Arc::clone(child), config)).collect::<Result<_>>()?;
        replace_children_if_necessary(plan, children)
    }
}

/// The names that stand twice in a schema of the plan; None when a filter could ask for one of them
/// further down. `filtered`: a filter may come from above.
fn repeated_names(plan: &Arc<dyn ExecutionPlan>, filtered: bool) -> Option<HashSet<String>> {
    let own = filter_columns(plan);
    let mut repeated = HashSet::new();
    for child in plan.children() {
        repeated.extend(repeated_names(child, filtered || own.is_some())?);
    }
    let mut asked = own.unwrap_or_default();
    if filtered {
        asked.extend(renamed_columns(plan));
    }
    if asked.iter().any(|name| repeated.contains(name)) {
        return None;
    }
    let schema = plan.schema();
    let mut seen = HashSet::new();
    repeated.extend(schema.fields().iter().map(|field| field.name()).filter(|name| !seen.insert(*name)).cloned());
    Some(repeated)
}

/// The columns of the filters that an operator sends down; None for one that sends none.
fn filter_columns(plan: &Arc<dyn ExecutionPlan>) -> Option<Vec<String>> {
    let plan = plan.as_ref();
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        return Some(names([filter.predicate()]));
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return Some(names(join.on().iter().flat_map(|(left, right)| [left, right])));
    }
    if let Some(sort) = plan.downcast_ref::<SortExec>() {
        return Some(names(sort.expr().iter().map(|sorted| &sorted.expr)));
    }
    let aggregate = plan.downcast_ref::<AggregateExec>()?;
    let arguments: Vec<_> = aggregate.aggr_expr().iter().flat_map(|function| function.expressions()).collect();
    Some(names(&arguments))
}

/// The columns below that an operator's own columns stand for.
fn renamed_columns(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        return names(projection.expr().iter().map(|projected| &projected.expr));
    }
    match plan.downcast_ref::<AggregateExec>() {
        Some(aggregate) => names(aggregate.group_expr().expr().iter().map(|(expr, _)| expr)),
        None => vec![],
    }
}

fn names<'e>(exprs: impl IntoIterator<Item = &'e Arc<dyn PhysicalExpr>>) -> Vec<String> {
    exprs.into_iter().flat_map(collect_columns).map(|column| column.name().to_owned()).collect()
}
