//! The threads on which queries compute.
//!
//! They are not those on which sessions and connections wait: however long an operator computes in one
//! piece, whoever waits for it can be told to stop at once. A statement that was cancelled drops its
//! stream, which aborts its tasks here; they end where they next let go of their thread
//! (`optimizer::yielding`), and what they still compute until then is seen by nobody.

use std::{fmt, sync::Arc};

use datafusion::{
    common::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{ExecutionPlan, execute_stream, stream::RecordBatchReceiverStream},
};
use futures::{StreamExt, future::BoxFuture};
use tokio::runtime::Runtime;

use crate::error::{Error, Result, SqlState};

/// Stack of a thread: deep expressions are evaluated recursively. What is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;
/// So many batches may wait for the one who asked for them.
const WAITING_MAX: usize = 2;

/// What DataFusion calls the side of a join that must fit the memory.
const HASH_TABLE: &str = "HashJoinInput";

/// Makes another plan for the same rows, which needs less memory.
pub type Frugal = Box<dyn FnOnce() -> BoxFuture<'static, Result<Arc<dyn ExecutionPlan>, DataFusionError>> + Send>;

/// A pool of threads.
pub struct Compute {
    /// Taken out when it is dropped.
    runtime: Option<Runtime>,
}

impl fmt::Debug for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compute")
    }
}

impl Compute {
    /// A pool of so many threads.
    ///
    /// Errors: 58030 when the system gives no threads.
    pub fn new(threads: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("compute")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| Error::new(SqlState::IO_ERROR, format!("cannot start threads: {error}")))?;
        Ok(Compute { runtime: Some(runtime) })
    }

    /// Starts a plan on the pool. Dropping the stream stops it. When a hash table does not fit the memory, and no
    /// row was given yet, the rows come from the plan that `frugal` makes.
    pub fn run(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        mut frugal: Option<Frugal>,
    ) -> Result<SendableRecordBatchStream> {
        let Some(runtime) = &self.runtime else { return Err(Error::internal("the engine is closed")) };
        let mut builder = RecordBatchReceiverStream::builder(plan.schema(), WAITING_MAX);
        let sender = builder.tx();
        let forward = async move {
            // Operators start tasks of their own, so they are started here.
            let mut stream = execute_stream(plan, Arc::clone(&context))?;
            while let Some(batch) = stream.next().await {
                let failed = match batch {
                    Ok(batch) => {
                        frugal = None;
                        match sender.send(Ok(batch)).await {
                            Ok(()) => continue,
                            Err(_) => break,
                        }
                    }
                    Err(error) => error,
                };
                match frugal.take() {
                    Some(frugal) if is_hash_table(&failed) => {
                        // First the memory of what failed.
                        drop(stream);
                        // What cannot be done in the other way keeps its error.
                        let Ok(plan) = frugal().await else { return Err(failed) };
                        stream = execute_stream(plan, Arc::clone(&context))?;
                    }
                    _ => return Err(failed),
                }
            }
            Ok(())
        };
        builder.spawn_on(forward, runtime.handle());
        Ok(builder.build())
    }
}

/// Whether a hash table did not fit the memory.
fn is_hash_table(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(text) if text.contains(HASH_TABLE))
}

impl Drop for Compute {
    fn drop(&mut self) {
        // Waiting for its threads is forbidden where an engine may be dropped: within another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
