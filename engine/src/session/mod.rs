//! A session: settings, the current transaction, statements in, results out.
//!
//! Outside a transaction block each statement is a transaction of its own: it is committed when it
//! succeeds and leaves no trace when it fails. Inside a block an error makes everything but
//! ROLLBACK fail until the block ends. A panic in a statement becomes an error of that statement.

/// Stopping a running statement from outside.
mod cancel;
/// Planning and running queries.
mod execution;
/// Values that system views and functions tell about a session.
mod info;
/// Session parameters: SET, RESET, SHOW.
pub mod parameter;
/// What statements give back.
mod result;

use std::{panic::AssertUnwindSafe, sync::Arc};

use blueshift_sql::{
    ParsedStatement, ParserOptions,
    ast::{Query, Statement},
};
use chrono::{DateTime, Utc};
use futures::FutureExt;

pub use cancel::CancelHandle;
pub(crate) use execution::{result_column, result_columns};
pub use info::SessionInfo;
pub use result::{Notice, ResultColumn, StatementError, StatementResult};

use crate::{
    binder::BindContext,
    engine::Shared,
    error::{Error, Result, SqlState},
    rewrite::Constants,
    statement,
    transaction::Transaction,
};

/// Where a session stands between statements.
enum TransactionState {
    /// No transaction block.
    Idle,
    /// In a transaction; `block` tells whether the user opened it with BEGIN.
    Active { transaction: Box<Transaction>, started: DateTime<Utc>, block: bool },
    /// In a block that failed and waits for its end.
    Failed,
}

/// A session on a warehouse. Dropping it rolls back and removes its temporary tables.
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) parameters: parameter::Parameters,
    info: Arc<SessionInfo>,
    transaction: TransactionState,
    temporary_schema: Option<String>,
    notices: Vec<Notice>,
    cancel: CancelHandle,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let info = Arc::new(SessionInfo {
            process_id: shared.next_process_id(),
            user: shared.config.user.clone(),
            database: shared.config.database.clone(),
        });
        Session {
            shared,
            parameters: parameter::Parameters::default(),
            info,
            transaction: TransactionState::Idle,
            temporary_schema: None,
            notices: vec![],
            cancel: CancelHandle::default(),
        }
    }

    /// Runs the statements of a script one after the other, and stops at the first that fails.
    /// A statement is parsed when its turn comes, as psql does.
    pub async fn run(&mut self, script: &str) -> std::result::Result<Vec<StatementResult>, StatementError> {
        let mut results = vec![];
        for (index, part) in blueshift_sql::split(script).iter().enumerate() {
            let failed = |error| StatementError { error, statement: index + 1 };
            let parsed = self.parse(part).map_err(failed)?;
            results.push(self.run_statement(&parsed).await.map_err(failed)?);
        }
        Ok(results)
    }

    /// Parses one part of a script by the session's settings.
    pub fn parse(&self, part: &blueshift_sql::ScriptPart<'_>) -> Result<ParsedStatement> {
        blueshift_sql::parse_statement(part, self.parser_options()).map_err(|error| {
            let state = if error.limit { SqlState::PROGRAM_LIMIT_EXCEEDED } else { SqlState::SYNTAX_ERROR };
            Error::new(state, error.message.clone()).with_position(error.position)
        })
    }

    fn parser_options(&self) -> ParserOptions {
        ParserOptions { case_sensitive_identifiers: self.parameters.is_on("enable_case_sensitive_identifier") }
    }

    /// Runs one statement.
    pub async fn run_statement(&mut self, parsed: &ParsedStatement) -> Result<StatementResult> {
        self.cancel.reset();
        match &parsed.statement {
            Statement::Begin(_) => return self.begin_block(),
            Statement::Commit => return self.end_block(true),
            Statement::Rollback => return self.end_block(false),
            _ if matches!(self.transaction, TransactionState::Failed) => {
                return Err(Error::new(
                    SqlState::IN_FAILED_TRANSACTION,
                    "current transaction is aborted, commands ignored until end of transaction block",
                ));
            }
            _ => {}
        }
        self.ensure_transaction();
        let cancel = self.cancel.clone();
        let running = AssertUnwindSafe(statement::execute(self, parsed)).catch_unwind();
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
            outcome = running => outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))),
        };
        self.finish_statement(outcome)
    }

    fn finish_statement(&mut self, outcome: Result<StatementResult>) -> Result<StatementResult> {
        let block = match &self.transaction {
            TransactionState::Active { block, .. } => *block,
            // The statement ended the transaction itself (TRUNCATE).
            _ => return outcome,
        };
        match outcome {
            Ok(result) if block => Ok(result),
            Ok(result) => self.commit().map(|()| result),
            Err(error) => {
                self.rollback();
                if block {
                    self.transaction = TransactionState::Failed;
                }
                Err(error)
            }
        }
    }

    // ---- transactions ----

    fn ensure_transaction(&mut self) {
        if matches!(self.transaction, TransactionState::Idle) {
            self.start(false);
        }
    }

    fn start(&mut self, block: bool) {
        let transaction = Box::new(self.shared.warehouse.begin());
        self.transaction = TransactionState::Active { transaction, started: Utc::now(), block };
    }

    fn begin_block(&mut self) -> Result<StatementResult> {
        match self.transaction {
            TransactionState::Idle => self.start(true),
            TransactionState::Active { .. } | TransactionState::Failed => {
                self.notice(Notice::warning("there is already a transaction in progress"));
            }
        }
        Ok(StatementResult::done("BEGIN"))
    }

    fn end_block(&mut self, commit: bool) -> Result<StatementResult> {
        match &self.transaction {
            TransactionState::Active { .. } if commit => self.commit()?,
            TransactionState::Active { .. } => self.rollback(),
            TransactionState::Failed => {
                self.transaction = TransactionState::Idle;
                return Ok(StatementResult::done("ROLLBACK"));
            }
            TransactionState::Idle => self.notice(Notice::warning("there is no transaction in progress")),
        }
        Ok(StatementResult::done(if commit { "COMMIT" } else { "ROLLBACK" }))
    }

    fn commit(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.transaction, TransactionState::Idle) {
            TransactionState::Active { transaction, .. } => transaction.commit().map(|_| ()),
            _ => Ok(()),
        }
    }

    fn rollback(&mut self) {
        if let TransactionState::Active { transaction, .. } =
            std::mem::replace(&mut self.transaction, TransactionState::Idle)
        {
            transaction.rollback();
        }
    }

    /// Commits what was done so far and goes on in a new transaction (TRUNCATE commits, as documented).
    pub(crate) fn commit_and_continue(&mut self) -> Result<()> {
        self.commit()
    }

    /// The transaction of the running statement.
    pub(crate) fn transaction(&mut self) -> Result<&mut Transaction> {
        match &mut self.transaction {
            TransactionState::Active { transaction, .. } => Ok(transaction),
            _ => Err(Error::internal("no transaction is open")),
        }
    }

    /// Whether the session is inside BEGIN … COMMIT.
    pub fn in_transaction_block(&self) -> bool {
        matches!(self.transaction, TransactionState::Active { block: true, .. } | TransactionState::Failed)
    }

    // ---- what statements see ----

    /// What names and words mean to a statement that starts now.
    pub(crate) fn bind_context(&mut self) -> Result<BindContext> {
        let now = Utc::now();
        let transaction_start = match &self.transaction {
            TransactionState::Active { started, .. } => *started,
            _ => now,
        };
        let snapshot = self.transaction()?.snapshot()?;
        let search_path = self.parameters.search_path(&self.info.user);
        let schema = search_path.iter().find(|schema| snapshot.schema(schema).is_some()).cloned();
        Ok(BindContext {
            data_catalog: Arc::clone(&self.shared.data_catalog),
            stores: Arc::clone(&self.shared.stores),
            database: self.info.database.clone(),
            temporary_schema: self.temporary_schema.clone(),
            constants: Constants {
                transaction_start,
                statement_start: now,
                user: self.info.user.clone(),
                database: self.info.database.clone(),
                schema,
                process_id: self.info.process_id,
            },
            session: Arc::clone(&self.info),
            search_path,
            snapshot,
        })
    }

    /// Looks something up in the catalog as the session sees it now.
    pub(crate) fn lookup<T>(&mut self, look: impl FnOnce(&BindContext) -> Result<T>) -> Result<T> {
        if matches!(self.transaction, TransactionState::Failed) {
            return Err(Error::new(SqlState::IN_FAILED_TRANSACTION, "current transaction is aborted"));
        }
        self.ensure_transaction();
        let found = self.bind_context().and_then(|context| look(&context));
        if !self.in_transaction_block() {
            self.rollback();
        }
        found
    }

    /// The schema of this session's temporary tables, made when it is first needed.
    pub(crate) fn ensure_temporary_schema(&mut self) -> Result<String> {
        if let Some(schema) = &self.temporary_schema {
            return Ok(schema.clone());
        }
        let name = format!("{TEMPORARY_SCHEMA_PREFIX}{}", uuid::Uuid::now_v7().simple());
        self.transaction()?.create_schema(&name)?;
        self.temporary_schema = Some(name.clone());
        Ok(name)
    }

    /// Who and where this session is.
    pub fn info(&self) -> &SessionInfo {
        &self.info
    }

    /// A handle that stops the running statement from another thread.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Notices since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The result columns of the last statement of `script`; the statements before it are run.
    /// Empty for a statement without a result.
    pub async fn describe(&mut self, script: &str) -> std::result::Result<Vec<ResultColumn>, StatementError> {
        let parts = blueshift_sql::split(script);
        let Some((last, before)) = parts.split_last() else { return Ok(vec![]) };
        for (index, part) in before.iter().enumerate() {
            let failed = |error| StatementError { error, statement: index + 1 };
            let parsed = self.parse(part).map_err(failed)?;
            self.run_statement(&parsed).await.map_err(failed)?;
        }
        let failed = |error| StatementError { error, statement: parts.len() };
        let parsed = self.parse(last).map_err(failed)?;
        match &parsed.statement {
            Statement::Query(query) => self.describe_query(query).map_err(failed),
            Statement::Show(_) | Statement::Explain(_) => {
                let result = self.run_statement(&parsed).await.map_err(failed)?;
                Ok(result.columns().to_vec())
            }
            _ => Ok(vec![]),
        }
    }

    fn describe_query(&mut self, query: &Query) -> Result<Vec<ResultColumn>> {
        self.ensure_transaction();
        let columns = self.plan_query(query).map(|plan| execution::result_columns(&plan));
        if !self.in_transaction_block() {
            self.rollback();
        }
        columns
    }
}

/// Names of schemas for temporary tables start so; they are never shown.
pub const TEMPORARY_SCHEMA_PREFIX: &str = "pg_temp_";

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    Error::internal("an internal error stopped the statement").with_detail(text)
}

impl Drop for Session {
    fn drop(&mut self) {
        self.rollback();
        let Some(name) = self.temporary_schema.take() else { return };
        let mut transaction = self.shared.warehouse.begin();
        let dropped = transaction.snapshot().and_then(|snapshot| match snapshot.schema(&name) {
            Some(schema) => transaction.drop_schema(schema.id),
            None => Ok(()),
        });
        // When this fails the schema is swept at the next start.
        if dropped.is_ok() {
            let _ = transaction.commit();
        }
    }
}

#[cfg(test)]
mod tests;
