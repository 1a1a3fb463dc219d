//! Window functions within the memory limit: partition after partition instead of everything at once.
//!
//! DataFusion's `WindowAggExec`, which runs functions whose frame reaches the end of the partition
//! (`SUM(x) OVER (PARTITION BY y)`), keeps all of its input, copies it once more, and asks nobody for the memory. Its
//! input is sorted by partition, so what is complete can go: memory is needed for the largest partition, it is reserved,
//! and a partition that does not fit is an error (53200) instead of a process that grows.

use std::{collections::VecDeque, fmt, ops::Range, sync::Arc};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, UInt32Array},
        compute::{concat, concat_batches, take_record_batch},
        datatypes::SchemaRef,
    },
    common::{
        Statistics,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
        utils::evaluate_partition_ranges,
    },
    config::ConfigOptions,
    error::{DataFusionError, Result},
    execution::{
        SendableRecordBatchStream, TaskContext,
        memory_pool::{MemoryConsumer, MemoryReservation},
    },
    physical_expr::{PhysicalExpr, PhysicalSortExpr, window::WindowExpr},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        ChildStats, DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
        ReplaceChildrenOptions, StatisticsArgs, execution_plan::ChildrenPropertiesMode, metrics::MetricsSet,
        stream::RecordBatchStreamAdapter, windows::WindowAggExec,
    },
};
use futures::{TryStreamExt, stream};

use crate::storage::memory::batch_bytes;

/// Rows to collect before complete partitions are looked for.
const ROWS: usize = 32 * 1024;
/// So much is taken without asking: the sort below may hold all there is, and gives it back only when it is read.
const BYTES_MIN: usize = 24 << 20;

/// The rule.
#[derive(Debug, Default)]
pub struct PartitionedWindows;

impl PhysicalOptimizerRule for PartitionedWindows {
    fn name(&self) -> &str {
        "partitioned_windows"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match plan.downcast_ref::<WindowAggExec>() {
            Some(_) => Ok(Transformed::yes(Arc::new(PartitionedWindowExec { window: plan }) as Arc<dyn ExecutionPlan>)),
            None => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A `WindowAggExec` that is executed in another way; everything else is asked of it.
#[derive(Debug)]
struct PartitionedWindowExec {
    window: Arc<dyn ExecutionPlan>,
}

impl PartitionedWindowExec {
    fn inner(&self) -> Result<&WindowAggExec> {
        self.window
            .downcast_ref::<WindowAggExec>()
            .ok_or_else(|| DataFusionError::Internal("a window step has become something else".to_owned()))
    }
}

impl DisplayAs for PartitionedWindowExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Partitioned")?;
        match self.inner() {
            Ok(inner) => inner.fmt_as(format, f),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl ExecutionPlan for PartitionedWindowExec {
    fn name(&self) -> &'static str {
        "PartitionedWindowExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.window.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.window.children()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.window.apply_expressions(f)
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.window.maintains_input_order()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.window.input_distribution_requirements()
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let window = Arc::clone(&self.window).replace_children(children, options)?;
        Ok(Arc::new(PartitionedWindowExec { window }))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let inner = self.inner()?;
        let memory = MemoryConsumer::new(format!("window functions[{partition}]")).register(context.memory_pool());
        let state = WindowStream {
            keys: inner.partition_by_sort_keys()?,
            functions: inner.window_expr().to_vec(),
            input: Some(inner.input().execute(partition, Arc::clone(&context))?),
            schema: self.schema(),
            batch_rows: context.session_config().batch_size().max(1),
            pending: vec![],
            rows: 0,
            rows_wanted: ROWS,
            memory,
            output: VecDeque::new(),
        };
        let batches = stream::try_unfold(state, |mut state| async move {
            let batch = state.next().await?;
            Ok(batch.map(|batch| (batch, state)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.window.metrics()
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        self.window.child_stats_requests(partition)
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        self.window.statistics_from_inputs(inputs, args)
    }
}

/// One partition of the plan.
struct WindowStream {
    keys: Vec<PhysicalSortExpr>,
    functions: Vec<Arc<dyn WindowExpr>>,
    /// None when all of it was read.
    input: Option<SendableRecordBatchStream>,
    schema: SchemaRef,
    batch_rows: usize,
    /// Rows of partitions that may not be complete.
    pending: Vec<RecordBatch>,
    rows: usize,
    rows_wanted: usize,
    memory: MemoryReservation,
    output: VecDeque<RecordBatch>,
}

impl WindowStream {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.output.pop_front() {
                return Ok(Some(batch));
            }
            let Some(input) = &mut self.input else { return Ok(None) };
            match input.try_next().await? {
                Some(batch) => {
                    self.reserve(self.memory.size() + batch_bytes(&batch))?;
                    self.rows += batch.num_rows();
                    self.pending.push(batch);
                    if self.rows >= self.rows_wanted {
                        self.compute(false)?;
                    }
                }
                None => {
                    // Whatever the input still holds is not needed any more.
                    self.input = None;
                    self.compute(true)?;
                }
            }
        }
    }

    fn reserve(&self, bytes: usize) -> Result<()> {
        match bytes <= BYTES_MIN {
            true => self.memory.resize(bytes),
            false => self.memory.try_resize(bytes)?,
        }
        Ok(())
    }

    /// Computes the partitions that are complete: all but the last, or all.
    fn compute(&mut self, is_end: bool) -> Result<()> {
        let Some(first) = self.pending.first() else { return Ok(()) };
        let schema = first.schema();
        let size = self.memory.size();
        // Both are there for a moment.
        self.reserve(2 * size)?;
        let all = concat_batches(&schema, &self.pending)?;
        self.pending.clear();
        self.memory.resize(size);
        let keys = self.keys.iter().map(|key| key.evaluate_to_sort_column(&all)).collect::<Result<Vec<_>>>()?;
        let mut partitions = evaluate_partition_ranges(all.num_rows(), &keys)?;
        let rest = match is_end {
            true => all.num_rows()..all.num_rows(),
            false => partitions.pop().unwrap_or(0..all.num_rows()),
        };
        if !partitions.is_empty() {
            self.compute_partitions(&all, &partitions)?;
        }
        self.rows = rest.len();
        self.rows_wanted = ROWS.max(2 * self.rows);
        if self.rows == 0 {
            self.memory.free();
        } else if rest.start == 0 {
            self.pending.push(all);
        } else {
            // A copy, so that what is done can go.
            let indices = UInt32Array::from_iter_values(rest.start as u32..rest.end as u32);
            let rest = take_record_batch(&all, &indices)?;
            self.memory.resize(batch_bytes(&rest));
            self.pending.push(rest);
        }
        Ok(())
    }

    fn compute_partitions(&mut self, all: &RecordBatch, partitions: &[Range<usize>]) -> Result<()> {
        let mut results: Vec<Vec<ArrayRef>> = vec![Vec::with_capacity(partitions.len()); self.functions.len()];
        for partition in partitions {
            let rows = all.slice(partition.start, partition.len());
            for (function, results) in self.functions.iter().zip(&mut results) {
                results.push(function.evaluate(&rows)?);
            }
        }
        let end = partitions.last().map_or(0, |last| last.end);
        let mut columns = all.slice(0, end).columns().to_vec();
        for results in &results {
            let parts: Vec<&dyn datafusion::arrow::array::Array> = results.iter().map(AsRef::as_ref).collect();
            columns.push(concat(&parts)?);
        }
        let done = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let starts = (0..end).step_by(self.batch_rows);
        self.output.extend(starts.map(|start| done.slice(start, self.batch_rows.min(end - start))));
        Ok(())
    }
}
