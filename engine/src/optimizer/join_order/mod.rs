//! The order in which inner joins run, from what is known of the tables.
//!
//! DataFusion joins tables as they are written. Here the inner joins that lie together (with the semi and
//! anti joins among them) are taken apart into relations and conditions, an order is searched that handles
//! few rows, and the plan is built anew when that order is expected to be clearly better. Outer joins,
//! aggregations and everything else are relations as a whole.
//!
//! The answers stay: inner joins may run in any order, each condition is applied once all its columns are
//! there, equal keys follow from equal keys, and a projection on top restores the columns' order. Where the
//! rows of a table are not known, or columns could be confused, the written order stays.

/// The joins put together in the order found.
mod build;
/// Relations and what connects them.
mod cluster;
/// What the search works on: sizes and connections.
mod graph;
/// Joins taken apart.
mod parts;
/// The search for an order.
mod search;
#[cfg(test)]
mod tests;

use datafusion::{
    common::{
        Result,
        tree_node::{Transformed, TreeNodeRecursion, TreeNodeRewriter},
    },
    logical_expr::LogicalPlan,
    optimizer::{OptimizerConfig, OptimizerRule, push_down_filter::PushDownFilter},
};
use std::sync::Arc;

use cluster::Cluster;

/// An order must be cheaper than the written one by this factor.
const WORTHWHILE: f64 = 0.9;

/// The rule.
#[derive(Debug, Default)]
pub struct JoinOrder;

/// Puts the rule in its place: after filters went down to their tables, before columns are left out.
pub fn insert(rules: &mut Vec<Arc<dyn OptimizerRule + Send + Sync>>) {
    let filters = rules.iter().position(|rule| rule.name() == PushDownFilter::default().name());
    rules.insert(filters.map_or(rules.len(), |index| index + 1), Arc::new(JoinOrder));
}

impl OptimizerRule for JoinOrder {
    fn name(&self) -> &str {
        "join_order"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !has_two_joins(&plan)? {
            return Ok(Transformed::no(plan));
        }
        plan.rewrite_with_subqueries(&mut Reorder)
    }
}

/// With one join there is nothing to choose: which side is kept is decided in the physical plan.
fn has_two_joins(plan: &LogicalPlan) -> Result<bool> {
    let mut joins = 0;
    plan.apply_with_subqueries(|node| {
        joins += usize::from(matches!(node, LogicalPlan::Join(_)));
        Ok(if joins > 1 { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(joins > 1)
}

struct Reorder;

impl TreeNodeRewriter for Reorder {
    type Node = LogicalPlan;

    fn f_down(&mut self, plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let Some(mut cluster) = Cluster::of(&plan) else { return Ok(Transformed::no(plan)) };
        // Bottom up: what lies within a relation first.
        let mut changed = false;
        for relation in &mut cluster.relations {
            let inner = Arc::unwrap_or_clone(Arc::clone(&relation.plan)).rewrite_with_subqueries(self)?;
            changed |= inner.transformed;
            relation.plan = Arc::new(inner.data);
        }
        let (wanted, worthwhile) = match cluster.graph() {
            Some(graph) => {
                let written = graph.cost(&cluster.written);
                match search::best(&graph) {
                    Some((tree, cost)) if cost < written * WORTHWHILE => (tree, true),
                    _ => (cluster.written.clone(), false),
                }
            }
            None => (cluster.written.clone(), false),
        };
        if !worthwhile && !changed {
            return Ok(Transformed::new(plan, false, TreeNodeRecursion::Jump));
        }
        match build::plan(&cluster, &wanted, plan.schema()) {
            Ok(built) => Ok(Transformed::new(built, true, TreeNodeRecursion::Jump)),
            // Names that cannot stand beside each other: as it was.
            Err(_) => Ok(Transformed::new(plan, false, TreeNodeRecursion::Jump)),
        }
    }
}
