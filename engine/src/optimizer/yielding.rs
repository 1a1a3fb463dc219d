//! Makes operators let go of their thread every few milliseconds, so that a cancelled statement ends.
//!
//! DataFusion makes leaves and exchanges yield by number of batches (`EnsureCooperative`, 128 of them), which
//! can take seconds when each is dear; and a join can return batches for hours from inputs that it read long
//! ago. A task that never lets go is never aborted, and its thread is lost to all other statements. So
//! whatever can give many batches in a row is wrapped in an operator that looks at the clock.
//!
//! The same operator slows down those who fill an exchange whose readers are behind, see [`EnginePool`].

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use datafusion::{
    arrow::{datatypes::SchemaRef, record_batch::RecordBatch},
    common::{
        Statistics,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    config::ConfigOptions,
    error::Result,
    execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext, memory_pool::MemoryPool},
    physical_expr::PhysicalExpr,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
        execution_plan::SchedulingType,
        repartition::RepartitionExec,
        statistics::{ChildStats, StatisticsArgs},
    },
};
use futures::{Stream, StreamExt};
use tokio::time::Sleep;

use crate::{
    error::Error,
    storage::memory::{self, EnginePool, Pace},
};

/// A task keeps its thread for so long, and for the batch that is under work then.
const SLICE: Duration = Duration::from_millis(10);

/// One who fills an exchange that is behind waits so long before the next batch.
const PAUSE: Duration = Duration::from_millis(20);

/// After so many pauses in which an exchange stayed full, one who fills it fails.
const PAUSES_MAX: u32 = 250;

/// Operators that give at most a batch for each of their input's: what is below them yields.
const PASSING: [&str; 6] =
    ["ProjectionExec", "FilterExec", "CooperativeExec", "GlobalLimitExec", "LocalLimitExec", "UnionExec"];

/// The rule; the last one, as nothing looks through its operators.
#[derive(Debug, Default)]
pub struct Yielding;

impl PhysicalOptimizerRule for Yielding {
    fn name(&self) -> &str {
        "yielding"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            if PASSING.contains(&plan.name()) || plan.downcast_ref::<YieldingExec>().is_some() {
                return Ok(Transformed::no(plan));
            }
            let plan = match plan.downcast_ref::<RepartitionExec>() {
                Some(_) => {
                    let inputs = plan.children().into_iter().map(YieldingExec::paced).collect();
                    plan.replace_children(inputs, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))?
                }
                None => plan,
            };
            Ok(Transformed::yes(Arc::new(YieldingExec::new(plan, false)) as Arc<dyn ExecutionPlan>))
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// An operator that gives its input's batches, and lets go of its thread when its slice is over.
#[derive(Debug)]
struct YieldingExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    /// Its batches go into an exchange.
    paced: bool,
}

impl YieldingExec {
    fn new(input: Arc<dyn ExecutionPlan>, paced: bool) -> Self {
        let properties = PlanProperties::clone(input.properties()).with_scheduling_type(SchedulingType::Cooperative);
        YieldingExec { input, properties: properties.into(), paced }
    }

    /// The input of an exchange.
    fn paced(input: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        let input = input.downcast_ref::<YieldingExec>().map_or(input, |yielding| &yielding.input);
        Arc::new(YieldingExec::new(Arc::clone(input), true))
    }
}

impl DisplayAs for YieldingExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YieldingExec")
    }
}

impl ExecutionPlan for YieldingExec {
    fn name(&self) -> &str {
        "YieldingExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
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
        Ok(Arc::new(YieldingExec::new(input, self.paced)))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let pool = self.paced.then(|| Arc::clone(context.memory_pool()));
        Ok(Box::pin(YieldingStream {
            input: self.input.execute(partition, context)?,
            began: None,
            pool,
            pause: None,
            pauses: 0,
        }))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition)]
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        inputs.first().cloned().ok_or_else(|| Error::internal("an operator without statistics").into())
    }
}

struct YieldingStream {
    input: SendableRecordBatchStream,
    /// When the task got its thread, as far as it is known here.
    began: Option<Instant>,
    /// Of one that goes into an exchange.
    pool: Option<Arc<dyn MemoryPool>>,
    /// Until the next batch.
    pause: Option<Pin<Box<Sleep>>>,
    /// Pauses since the last one.
    pauses: u32,
}

impl YieldingStream {
    /// Ready when the next batch may come.
    fn poll_pace(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(pool) = self.pool.as_ref().and_then(|pool| pool.downcast_ref::<EnginePool>()) else {
            return Poll::Ready(Ok(()));
        };
        loop {
            let has_paused = match &mut self.pause {
                Some(pause) => {
                    ready!(pause.as_mut().poll(context));
                    self.pause = None;
                    true
                }
                None => false,
            };
            match pool.pace() {
                Pace::Full => {}
                Pace::Slow if has_paused => {}
                Pace::Stop if self.pauses >= PAUSES_MAX => return Poll::Ready(Err(pool.stopped())),
                _ => {
                    self.pauses += 1;
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                    continue;
                }
            }
            self.pauses = 0;
            return Poll::Ready(Ok(()));
        }
    }
}

impl Stream for YieldingStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.began.get_or_insert_with(Instant::now).elapsed() >= SLICE {
            self.began = None;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.poll_pace(context) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
            Poll::Pending => {
                self.began = None;
                return Poll::Pending;
            }
        }
        let polled = self.input.poll_next_unpin(context);
        if polled.is_pending() {
            self.began = None;
        }
        match &self.pool {
            Some(_) => polled.map_ok(memory::compact),
            None => polled,
        }
    }
}

impl RecordBatchStream for YieldingStream {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{Config, Engine};

    /// One thread to compute on: only a query that yields lets the next statement run. Joins without end,
    /// and dear expressions over them.
    #[test]
    fn a_cancelled_query_gives_its_thread_back() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let _entered = runtime.enter();
        let mut config = Config::new(folder.path());
        config.threads = 1;
        let mut session = Engine::open(config).unwrap().session();
        let numbers = "create table n as select 1 as a union all select 2";
        let double = "insert into n select x.a from n x, n y";
        runtime.block_on(session.run(&format!("{numbers}; {double}; {double}; {double}"))).unwrap();
        let endless = [
            "select count(*) from n x, n y, n z, n w",
            "select max(len(repeat(x.a::varchar, 50) || y.a) + z.a) from n x, n y, n z, n w",
            "select count(*) from (select x.a, row_number() over (order by y.a) as r from n x, n y, n z) as s where r % 2 = 0",
            "with recursive r(i) as (select 1::bigint union all select i + 1 from r) select max(i) from r",
        ];
        for sql in endless {
            let cancel = session.cancel_handle();
            let cancelling = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(300));
                cancel.cancel();
            });
            let error = runtime.block_on(session.run(sql)).unwrap_err();
            assert_eq!(error.error.state().0, "57014", "{sql}");
            cancelling.join().unwrap();
            let next = runtime.block_on(async {
                tokio::time::timeout(Duration::from_secs(20), session.run("select count(*) from n")).await
            });
            assert_eq!(next.expect("the thread is free again").unwrap()[0].row_count(), 1);
        }
    }
}
