//! A recursive query without an end is stopped (page r_WITH_clause, "Recursive common table expressions": it is an
//! error there, too). How many steps Redshift takes is not documented; here it is more than it could take in an hour.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use datafusion::{
    common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    config::ConfigOptions,
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::PhysicalExpr,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
        recursive_query::RecursiveQueryExec,
    },
};

use crate::error::{Error, SqlState};

/// Steps of one recursive query.
const STEPS_MAX: u32 = 1_000_000;

/// The rule.
#[derive(Debug, Default)]
pub struct BoundedRecursion;

impl PhysicalOptimizerRule for BoundedRecursion {
    fn name(&self) -> &str {
        "bounded_recursion"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let Some(query) = plan.downcast_ref::<RecursiveQueryExec>() else { return Ok(Transformed::no(plan)) };
            let step = CountedExec { input: Arc::clone(query.recursive_term()), steps: Arc::default() };
            let children = vec![Arc::clone(query.static_term()), Arc::new(step) as Arc<dyn ExecutionPlan>];
            Ok(Transformed::yes(
                Arc::clone(&plan)
                    .replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))?,
            ))
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The recursive part of a query; it is executed once for each step.
#[derive(Debug)]
struct CountedExec {
    input: Arc<dyn ExecutionPlan>,
    /// The steps so far. The plan is made anew for each step, and this goes along.
    steps: Arc<AtomicU32>,
}

impl DisplayAs for CountedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountedExec")
    }
}

impl ExecutionPlan for CountedExec {
    fn name(&self) -> &str {
        "CountedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(CountedExec { input, steps: Arc::clone(&self.steps) }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.steps.fetch_add(1, Ordering::Relaxed) >= STEPS_MAX {
            return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "Exceeded recursive CTE max rows limit.")
                .with_detail(format!("A recursive query has at most {STEPS_MAX} steps."))
                .with_hint("Give the recursive part a condition that ends it.")
                .into());
        }
        self.input.execute(partition, context)
    }
}
