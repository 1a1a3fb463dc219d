//! Makes joins yield to the scheduler, so that a statement can be cancelled while it multiplies rows.
//!
//! DataFusion makes leaves and exchanges yield (`EnsureCooperative`). A join can return batches for
//! hours from inputs that it read long ago: without a yield of its own, the task that polls it never
//! sees that it was cancelled, and its thread is lost to all other statements.

use std::sync::Arc;

use datafusion::{
    common::tree_node::{Transformed, TransformedResult, TreeNode},
    config::ConfigOptions,
    error::Result,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{ExecutionPlan, coop::CooperativeExec, execution_plan::SchedulingType},
};

/// The rule.
#[derive(Debug, Default)]
pub struct YieldingJoins;

impl PhysicalOptimizerRule for YieldingJoins {
    fn name(&self) -> &str {
        "yielding_joins"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let is_join = plan.name().ends_with("JoinExec");
            if is_join && plan.properties().scheduling_type == SchedulingType::NonCooperative {
                return Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as Arc<dyn ExecutionPlan>));
            }
            Ok(Transformed::no(plan))
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Config, Engine};

    /// One worker, a join of 10^13 rows: only a join that yields lets the next statement run.
    #[test]
    fn a_cancelled_join_gives_its_thread_back() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let _entered = runtime.enter();
        let mut config = Config::new(folder.path());
        config.threads = 2;
        let mut session = Engine::open(config).unwrap().session();
        let numbers = "create table n as select 1 as a union all select 2";
        let double = "insert into n select x.a from n x, n y";
        runtime.block_on(session.run(&format!("{numbers}; {double}; {double}; {double}"))).unwrap();
        let cancel = session.cancel_handle();
        let cancelling = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            cancel.cancel();
        });
        let error = runtime.block_on(session.run("select count(*) from n x, n y, n z, n w")).unwrap_err();
        assert_eq!(error.error.state().0, "57014");
        cancelling.join().unwrap();
        let next = runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(20), session.run("select count(*) from n")).await
        });
        assert_eq!(next.expect("the thread is free again").unwrap()[0].row_count(), 1);
    }
}
