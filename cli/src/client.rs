//! The engine as the commands use it: one warehouse, one session, statements run to their end on a
//! runtime of our own.

use arrow::record_batch::RecordBatch;
use blueshift_engine::{
    Config, Engine,
    error::{Error, Result, SqlState},
    session::{Notice, ResultColumn, Session, StatementError, StatementResult},
};
use blueshift_sql::ScriptPart;
use std::time::Duration;

use tokio::runtime::Runtime;

/// Longer waits at the end are explained.
const SILENT: Duration = Duration::from_secs(1);

/// A session on an opened warehouse.
pub struct Client {
    runtime: Runtime,
    engine: Engine,
    session: Session,
}

impl Client {
    /// Opens the warehouse and connects to it.
    pub fn open(config: Config) -> Result<Self> {
        let runtime = runtime(config.threads)?;
        // Opening starts tasks: it has to happen inside the runtime.
        let engine = {
            let _entered = runtime.enter();
            Engine::open(config)?
        };
        let session = engine.session();
        Ok(Client { runtime, engine, session })
    }

    /// A second session on the same warehouse, for questions that must not disturb the user's transaction.
    pub fn side_session(&self) -> Session {
        self.engine.session()
    }

    /// Runs one statement.
    pub fn run(&mut self, part: &ScriptPart<'_>) -> Result<StatementResult> {
        let parsed = self.session.parse(part)?;
        self.runtime.block_on(self.session.run_statement(&parsed))
    }

    /// From now on, Ctrl-C cancels the running statement and leaves the session usable.
    ///
    /// Signals are waited for on a thread of their own: the workers may all be busy with the very
    /// statement that is to be cancelled.
    pub fn cancel_on_interrupt(&self) -> Result<()> {
        let cancel = self.session.cancel_handle();
        let no_thread = |error| Error::new(SqlState::IO_ERROR, format!("cannot wait for Ctrl-C: {error}"));
        let waiting = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(no_thread)?;
        let wait = move || {
            waiting.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    cancel.cancel()
                }
            })
        };
        std::thread::Builder::new().name("interrupt".to_owned()).spawn(wait).map_err(no_thread)?;
        Ok(())
    }

    /// Runs one statement of our own and returns its rows.
    pub fn query(&mut self, sql: &str) -> Result<(Vec<ResultColumn>, Vec<RecordBatch>)> {
        rows(self.run(&ScriptPart::whole(sql))?)
    }

    /// The same on another session.
    pub fn query_on(&self, session: &mut Session, sql: &str) -> Result<(Vec<ResultColumn>, Vec<RecordBatch>)> {
        let parsed = session.parse(&ScriptPart::whole(sql))?;
        rows(self.runtime.block_on(session.run_statement(&parsed))?)
    }

    /// The columns that a statement would return.
    pub fn describe(&mut self, part: &ScriptPart<'_>) -> Result<Vec<ResultColumn>> {
        let described = self.runtime.block_on(self.session.describe(part.text));
        described.map_err(|StatementError { error, .. }| error)
    }

    /// What the session had to say beside results.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.session.take_notices()
    }

    /// Gives materialized views with AUTO REFRESH YES the time that they need, before the process ends; says so when it
    /// takes long.
    pub fn settle(&self, quiet: bool) {
        self.runtime.block_on(async {
            let settled = self.engine.settle();
            tokio::pin!(settled);
            if tokio::time::timeout(SILENT, settled.as_mut()).await.is_err() {
                if !quiet {
                    eprintln!("Refreshing materialized views (AUTO REFRESH YES) ...");
                }
                settled.await;
            }
        });
    }

    /// Whether BEGIN is waiting for its COMMIT.
    pub fn in_transaction_block(&self) -> bool {
        self.session.in_transaction_block()
    }

    /// The connected database.
    pub fn database(&self) -> &str {
        &self.session.info().database
    }
}

fn rows(result: StatementResult) -> Result<(Vec<ResultColumn>, Vec<RecordBatch>)> {
    match result {
        StatementResult::Rows { columns, batches, .. } => Ok((columns, batches)),
        StatementResult::Done { tag } => Err(Error::internal(format!("{tag} returned no rows"))),
    }
}

/// Stack of a worker thread. Planning deep queries takes several megabytes; what is not touched costs
/// nothing.
const STACK_BYTES: usize = 64 << 20;

/// A runtime with this many worker threads.
pub fn runtime(threads: usize) -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| Error::new(SqlState::IO_ERROR, format!("cannot start threads: {error}")))
}
