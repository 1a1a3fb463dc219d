//! The threads on which queries compute.
//!
//! They are not those on which sessions and connections wait: however long an operator computes in one
//! piece, whoever waits for it can be told to stop at once. A statement that was cancelled drops its
//! stream, which aborts its tasks here; they end where they next let go of their thread
//! (`optimizer::yielding`), and what they still compute until then is seen by nobody.

use std::{fmt, sync::Arc};

use datafusion::{
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{ExecutionPlan, execute_stream, stream::RecordBatchReceiverStream},
};
use futures::StreamExt;
use tokio::runtime::Runtime;

use crate::error::{Error, Result, SqlState};

/// Stack of a thread: deep expressions are evaluated recursively. What is not touched costs nothing.
const STACK_BYTES: usize = 64 << 20;
/// So many batches may wait for the one who asked for them.
const WAITING_MAX: usize = 2;

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

    /// Starts a plan on the pool. Dropping the stream stops it.
    pub fn run(&self, plan: Arc<dyn ExecutionPlan>, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(runtime) = &self.runtime else { return Err(Error::internal("the engine is closed")) };
        let mut builder = RecordBatchReceiverStream::builder(plan.schema(), WAITING_MAX);
        let sender = builder.tx();
        let forward = async move {
            // Operators start tasks of their own, so they are started here.
            let mut stream = execute_stream(plan, context)?;
            while let Some(batch) = stream.next().await {
                let is_last = batch.is_err();
                if sender.send(batch).await.is_err() || is_last {
                    break;
                }
            }
            Ok(())
        };
        builder.spawn_on(forward, runtime.handle());
        Ok(builder.build())
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        // Waiting for its threads is forbidden where an engine may be dropped: within another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
