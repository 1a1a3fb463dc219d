//! Keeps filters above aggregates that give a row without any input.
//!
//! DataFusion 55 pushes a predicate below an aggregate when all its columns are grouping columns.
//! A predicate without columns (a constant, often one that came down through a projection of
//! literals) always passes that test, also for an aggregate without GROUP BY: that one then sees
//! no rows and answers one row all the same, where the filter would have removed it. With
//! grouping sets the pushed predicate misses the NULLs that the sets put in.

use std::sync::Arc;

use datafusion::{
    common::{Result, tree_node::Transformed},
    logical_expr::{Aggregate, Expr, LogicalPlan},
    optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule, push_down_filter::PushDownFilter},
};

/// DataFusion's rule with that guard.
#[derive(Debug, Default)]
pub struct GuardedPushDownFilter {
    rule: PushDownFilter,
}

/// Puts the guard into a list of rules.
pub fn guard(rules: &mut [Arc<dyn OptimizerRule + Send + Sync>]) {
    for rule in rules.iter_mut().filter(|rule| rule.name() == PushDownFilter::default().name()) {
        *rule = Arc::new(GuardedPushDownFilter::default());
    }
}

impl OptimizerRule for GuardedPushDownFilter {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.rule.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if filters_unsafe_aggregate(&plan) { Ok(Transformed::no(plan)) } else { self.rule.rewrite(plan, config) }
    }
}

/// Filters, one or more, right above an aggregate that may give a row without input.
fn filters_unsafe_aggregate(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Filter(filter) = plan else { return false };
    match filter.input.as_ref() {
        LogicalPlan::Aggregate(aggregate) => gives_row_without_input(aggregate),
        below => filters_unsafe_aggregate(below),
    }
}

fn gives_row_without_input(aggregate: &Aggregate) -> bool {
    aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)))
}
