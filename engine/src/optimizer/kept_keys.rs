//! Keeps keys of joins that are made of several tables.
//!
//! DataFusion 55's `EliminateCrossJoin` takes inner joins apart and joins them anew by keys. A key like
//! `c.k = a.v + b.k` that belongs to no pair of inputs any more (`a` joined with `c` first) is lost: wrong
//! rows. So such keys become conditions of their joins before, which the rule keeps.

use std::{collections::HashSet, sync::Arc};

use datafusion::{
    common::{JoinType, NullEquality, Result, tree_node::Transformed},
    logical_expr::{Expr, Join, LogicalPlan, utils::conjunction},
    optimizer::{OptimizerConfig, OptimizerRule, eliminate_cross_join::EliminateCrossJoin},
};

/// DataFusion's rule with that guard.
#[derive(Debug, Default)]
pub struct KeptKeys {
    rule: EliminateCrossJoin,
}

/// Puts the guard into a list of rules.
pub fn keep_keys(rules: &mut [Arc<dyn OptimizerRule + Send + Sync>]) {
    for rule in rules.iter_mut().filter(|rule| rule.name() == EliminateCrossJoin.name()) {
        *rule = Arc::new(KeptKeys::default());
    }
}

impl OptimizerRule for KeptKeys {
    fn name(&self) -> &str {
        self.rule.name()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let plan = plan.transform_down_with_subqueries(|plan| Ok(with_conditions(plan)))?;
        let changed = plan.transformed;
        let mut rewritten = self.rule.rewrite(plan.data, config)?;
        rewritten.transformed |= changed;
        Ok(rewritten)
    }
}

fn with_conditions(plan: LogicalPlan) -> Transformed<LogicalPlan> {
    match plan {
        LogicalPlan::Join(join)
            if join.join_type == JoinType::Inner
                && join.null_equality == NullEquality::NullEqualsNothing
                && join.on.iter().any(is_of_several) =>
        {
            let (several, on) = join.on.into_iter().partition::<Vec<_>, _>(is_of_several);
            let conditions = join.filter.into_iter().chain(several.into_iter().map(|(left, right)| left.eq(right)));
            Transformed::yes(LogicalPlan::Join(Join { on, filter: conjunction(conditions), ..join }))
        }
        plan => Transformed::no(plan),
    }
}

/// Whether a side of a key is not of exactly one table, as far as names tell.
fn is_of_several((left, right): &(Expr, Expr)) -> bool {
    [left, right].into_iter().any(|side| {
        let columns = side.column_refs();
        let tables: HashSet<_> = columns.iter().map(|column| &column.relation).collect();
        tables.len() != 1 || (columns.len() > 1 && tables.contains(&None))
    })
}
