//! EXPLAIN in Redshift's form (pages r_EXPLAIN, c-the-query-plan, c_data_redistribution): the plan as a
//! cluster would run it, with the distribution of each table and of each join.
//!
//! The steps are those of the optimized logical plan. What moves between nodes is derived from the
//! tables' distribution styles and keys; rows are estimated from their statistics.

/// Logical plan → steps.
mod build;
/// Where rows lie in a cluster.
pub(crate) mod distribution;
/// Rows and widths of steps.
mod estimate;
/// How two inputs of a join meet.
mod join;
/// A step of the plan, and its text.
mod node;
/// Expressions as plans show them.
mod text;

pub(crate) use build::bare_column;
use datafusion::logical_expr::LogicalPlan;

use crate::error::Result;

/// What a plan is made for.
#[derive(Debug, Clone, Copy)]
pub struct Cluster {
    /// Compute nodes.
    pub nodes: usize,
}

/// The lines of an optimized plan.
///
/// Errors: 0A000 for a plan with a step that has no form in Redshift.
pub fn lines(plan: &LogicalPlan, cluster: Cluster) -> Result<Vec<String>> {
    build::Builder::new(cluster).lines(plan)
}

#[cfg(test)]
mod tests;
