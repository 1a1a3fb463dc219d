//! A session: settings, the current transaction, statements in, results out.
//!
//! Outside a transaction block each statement is a transaction of its own: it is committed when it
//! succeeds and leaves no trace when it fails. Inside a block an error makes everything but
//! ROLLBACK fail until the block ends. A panic in a statement becomes an error of that statement.

/// What AUTO REFRESH YES does.
pub(crate) mod auto_refresh;
/// Stopping a running statement from outside.
mod cancel;
/// Result columns before a statement runs.
mod describe;
/// Planning and running queries.
mod execution;
/// Several statements in one transaction without BEGIN.
mod implicit;
/// Values that system views and functions tell about a session.
mod info;
/// Prepared statements, cursors, settings of a transaction, procedures on the way.
mod local;
/// Statements that are run again.
mod repetition;
/// Functions of the leader node.
mod leader_node;
/// Session parameters: SET, RESET, SHOW.
pub mod parameter;
/// How values look to a session.
mod presentation;
/// What statements did beside giving rows.
pub mod event_log;
/// What values parameters take.
mod parameter_kind;
/// PG_CANCEL_BACKEND and PG_TERMINATE_BACKEND.
mod process_function;
/// A bounded memory of what sessions did.
pub mod query_log;
/// The queue before queries start.
pub(crate) mod queue;
/// The sessions that are alive.
pub mod registry;
/// What statements give back.
mod result;
/// Rows that wait to be taken.
mod spool;
/// Rows that are handed over while the query runs.
mod stream;
/// Reading earlier states.
mod time_travel;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use blueshift_sql::{
    ParsedStatement, ParserOptions,
    ast::{Statement, TransactionModes},
};
use chrono::{DateTime, Utc};
use datafusion::execution::SessionState;
use futures::FutureExt;

pub use cancel::{CancelHandle, terminated};
pub use event_log::{EventKind, LoggedEvent, TableName, TableSize};
pub(crate) use execution::{result_column, result_columns};
pub use info::SessionInfo;
pub(crate) use local::{CallState, Cursor, LocalState, Prepared};
pub(crate) use process_function::process_functions;
pub use query_log::{ConnectionEvent, ConnectionEventKind, FinishedQuery};
pub use registry::{ClientInfo, RunningQuery, SessionActivity, SessionEntry, SessionRegistry};
pub use result::{Notice, ResultColumn, StatementError, StatementResult};
pub(crate) use spool::Spool;
pub use stream::{RowEvent, RowSink};

use crate::{
    binder::BindContext,
    engine::Shared,
    error::{Error, Result, SqlState},
    functions::{math::random::SharedSequence, settings::SessionSettings},
    rewrite::{Constants, SuperOptions},
    security, statement,
    transaction::{CatalogSnapshot, Interrupt, ReadSet, Transaction, TransactionOwner},
};

pub use crate::transaction::TEMPORARY_SCHEMA_PREFIX;

/// Where a session stands between statements.
enum TransactionState {
    /// No transaction block.
    Idle,
    /// In a transaction; `block` tells whether the user opened it with BEGIN, `read_only` whether
    /// it may change anything.
    Active { transaction: Box<Transaction>, started: DateTime<Utc>, block: bool, read_only: bool },
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
    /// Statements outside of blocks go on in one transaction; see `implicit`.
    implicit: bool,
    /// Where the rows of the running query go; None: into its result.
    pub(crate) sink: Option<RowSink>,
    pub(crate) local: LocalState,
    entry: Arc<SessionEntry>,
    /// The text of the running statement, while names of attributes of SUPER values are looked up in it.
    statement_text: String,
    /// When the running statement began.
    statement_start: DateTime<Utc>,
    /// The query engine's state with this session's parameters.
    state: Arc<SessionState>,
    /// What RANDOM goes through since SET SEED.
    pub(crate) random: Option<SharedSequence>,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, user: &str, database: &str, client: ClientInfo) -> Self {
        let entry = shared.registry.register(user, database, client);
        let info = Arc::new(SessionInfo {
            process_id: entry.process_id,
            user: user.to_owned(),
            session_user: user.to_owned(),
            owner: shared.config.user.clone(),
            database: database.to_owned(),
        });
        let state = Arc::new(shared.state.clone());
        Session {
            state,
            statement_start: Utc::now(),
            shared,
            parameters: parameter::Parameters::default(),
            info,
            transaction: TransactionState::Idle,
            temporary_schema: None,
            notices: vec![],
            implicit: false,
            sink: None,
            local: LocalState::default(),
            entry,
            statement_text: String::new(),
            random: None,
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

    /// How the session reads identifiers.
    pub(crate) fn parser_options(&self) -> ParserOptions {
        ParserOptions {
            case_sensitive_identifiers: self.parameters.is_on("enable_case_sensitive_identifier"),
            case_sensitive_attributes: self.parameters.is_on("enable_case_sensitive_super_attribute"),
        }
    }

    /// Runs one statement.
    pub async fn run_statement(&mut self, parsed: &ParsedStatement) -> Result<StatementResult> {
        let running = self.shared.registry.begin_query(&self.entry, &parsed.text);
        let outcome = self.run_unlogged(parsed).await;
        self.log(running, &outcome);
        outcome
    }

    async fn run_unlogged(&mut self, parsed: &ParsedStatement) -> Result<StatementResult> {
        let cancel = self.cancel_handle();
        cancel.reset();
        if cancel.is_terminated() {
            return Err(terminated());
        }
        self.note_text(&parsed.text);
        self.begin_statement();
        match &parsed.statement {
            Statement::Begin(begin) => return self.begin_block(&begin.modes),
            Statement::Commit => return self.end_block(true),
            Statement::Rollback => return self.end_block(false),
            _ => self.check_not_failed()?,
        }
        let goes_on = !matches!(self.transaction, TransactionState::Idle);
        let mut repetition = repetition::Repetition::new(&parsed.statement, goes_on);
        let (notices, streamed) = (self.notices.len(), self.sink.is_some());
        loop {
            match self.attempt(parsed, &cancel).await {
                // What was handed over cannot be taken back.
                Err(error) if repetition.is_worthwhile(&error) && (!streamed || self.sink.is_some()) => {
                    self.notices.truncate(notices);
                    repetition.pause().await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Runs a statement once, in the block's transaction or in one of its own.
    async fn attempt(&mut self, parsed: &ParsedStatement, cancel: &CancelHandle) -> Result<StatementResult> {
        self.ensure_transaction();
        let timeout = self.parameters.statement_timeout();
        let (stop, deadline) = (cancel.clone(), timeout.map(|timeout| Instant::now() + timeout));
        self.transaction()?.set_interrupt(Interrupt::new(move || match deadline {
            Some(deadline) if Instant::now() >= deadline => Err(timeout_error()),
            _ => stop.check(),
        }));
        let running = AssertUnwindSafe(statement::execute_boxed(self, parsed)).catch_unwind();
        let outcome = tokio::select! {
            biased;
            error = cancel.cancelled() => Err(error),
            error = timed_out(timeout) => Err(error),
            outcome = running => outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))),
        };
        if let Some((info, parameters)) = self.local.abandoned_call() {
            self.info = info;
            self.parameters = parameters;
        }
        self.finish_statement(outcome)
    }

    /// Errors: 25P02 in a block that failed.
    pub(crate) fn check_not_failed(&self) -> Result<()> {
        match self.transaction {
            TransactionState::Failed => Err(Error::new(
                SqlState::IN_FAILED_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            )),
            _ => Ok(()),
        }
    }

    /// Remembers a statement that has ended.
    fn log(&self, running: RunningQuery, outcome: &Result<StatementResult>) {
        let first_word = || running.text.split_whitespace().next().unwrap_or("").to_uppercase();
        let (command, rows) = match outcome {
            Ok(result) => result.command_and_rows(),
            Err(_) => (first_word(), 0),
        };
        let label = self.parameters.get("query_group").filter(|group| *group != "unset").unwrap_or("default");
        let activity = self.entry.activity();
        self.shared.registry.finish_query(
            &self.entry,
            FinishedQuery {
                query_id: running.query_id,
                process_id: self.info.process_id,
                transaction_id: activity.transaction_id,
                user: self.info.user.clone(),
                database: self.info.database.clone(),
                label: label.to_owned(),
                application_name: activity.client.application_name,
                text: running.text,
                command,
                started: running.started,
                ended: Utc::now(),
                rows,
                error: outcome.as_ref().err().map(|error| (error.state().0, error.message().to_owned())),
            },
        );
    }

    /// Remembers the text of the statement if names are looked up in it.
    pub(super) fn note_text(&mut self, text: &str) {
        self.statement_text.clear();
        if self.parameters.is_on("enable_case_sensitive_super_attribute") {
            self.statement_text.push_str(text);
        }
    }

    fn finish_statement(&mut self, outcome: Result<StatementResult>) -> Result<StatementResult> {
        let block = match &self.transaction {
            TransactionState::Active { block, .. } => *block,
            // The statement ended the transaction itself (TRUNCATE).
            _ => return outcome,
        };
        match outcome {
            Ok(result) if block || self.implicit => Ok(result),
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

    pub(crate) fn ensure_transaction(&mut self) {
        if matches!(self.transaction, TransactionState::Idle) {
            self.start(false, None);
        }
    }

    /// A transaction that may change things unless it is `read_only`; None: as the session says.
    fn start(&mut self, block: bool, read_only: Option<bool>) {
        let owner = TransactionOwner {
            transaction_id: self.shared.registry.next_transaction_id(),
            process_id: self.info.process_id,
            user: self.info.user.clone(),
            database: self.info.database.clone(),
            is_block: block || self.implicit,
        };
        let started = Utc::now();
        self.entry.begin_transaction(owner.transaction_id, block.then_some(started));
        self.local.begin(&self.parameters, block || self.implicit);
        let transaction = Box::new(self.shared.warehouse.begin_for(owner));
        let read_only = read_only.unwrap_or_else(|| self.parameters.is_on("transaction_read_only"));
        self.transaction = TransactionState::Active { transaction, started, block, read_only };
    }

    /// All isolation levels stand for the database's ("BEGIN" of the guide).
    fn begin_block(&mut self, modes: &TransactionModes) -> Result<StatementResult> {
        match self.transaction {
            TransactionState::Idle => self.start(true, modes.read_only),
            TransactionState::Active { block: false, .. } => self.become_block(modes.read_only),
            TransactionState::Active { .. } | TransactionState::Failed => {
                self.notice(Notice::warning("there is already a transaction in progress"));
            }
        }
        Ok(StatementResult::done("BEGIN"))
    }

    fn end_block(&mut self, commit: bool) -> Result<StatementResult> {
        if matches!(self.transaction, TransactionState::Active { block: false, .. }) {
            self.notice(Notice::warning("there is no transaction in progress"));
        }
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
        self.entry.end_transaction();
        match std::mem::replace(&mut self.transaction, TransactionState::Idle) {
            TransactionState::Active { transaction, .. } => {
                let is_due = transaction.changed_snapshot().is_some_and(|left| auto_refresh::is_due(left));
                let committed = transaction.commit();
                self.local.end(committed.is_ok(), &mut self.parameters);
                self.end_local_user();
                committed?;
                self.shared.warehouse.tidy();
                auto_refresh::after_transaction(&self.shared, is_due);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn rollback(&mut self) {
        self.entry.end_transaction();
        if let TransactionState::Active { transaction, .. } =
            std::mem::replace(&mut self.transaction, TransactionState::Idle)
        {
            transaction.rollback();
            self.local.end(false, &mut self.parameters);
            self.end_local_user();
            auto_refresh::after_transaction(&self.shared, false);
        }
    }

    /// SET LOCAL SESSION AUTHORIZATION ends with the transaction.
    fn end_local_user(&mut self) {
        if let Some(user) = self.local.take_user_before() {
            self.set_user(|info| info.user = user);
        }
    }

    /// Forgets what was done so far and goes on in a new transaction (ROLLBACK in a procedure).
    pub(crate) fn rollback_and_continue(&mut self) {
        self.rollback();
        self.start(false, None);
    }

    /// The block has failed and waits for its end.
    pub(crate) fn fail_block(&mut self) {
        self.rollback();
        self.transaction = TransactionState::Failed;
    }

    /// Whose privileges count from here on (SET SESSION AUTHORIZATION, SECURITY DEFINER).
    pub(crate) fn set_user(&mut self, change: impl FnOnce(&mut SessionInfo)) {
        change(Arc::make_mut(&mut self.info));
    }

    /// Who this session is, to be put back later.
    pub(crate) fn shared_info(&self) -> &Arc<SessionInfo> {
        &self.info
    }

    /// Commits what was done so far and goes on in a new transaction (TRUNCATE commits, as documented).
    pub(crate) fn commit_and_continue(&mut self) -> Result<()> {
        self.commit()
    }

    /// Commits what was done so far; the statement goes on in another transaction.
    pub(crate) fn next_transaction(&mut self) -> Result<()> {
        self.commit()?;
        self.ensure_transaction();
        Ok(())
    }

    /// The transaction of the running statement.
    pub(crate) fn transaction(&mut self) -> Result<&mut Transaction> {
        match &mut self.transaction {
            TransactionState::Active { transaction, .. } => Ok(transaction),
            _ => Err(Error::internal("no transaction is open")),
        }
    }

    /// Whether the running transaction may only read.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.transaction, TransactionState::Active { read_only: true, .. })
    }

    /// SET TRANSACTION READ ONLY or READ WRITE: from here to the transaction's end.
    pub(crate) fn set_read_only(&mut self, wanted: bool) {
        if let TransactionState::Active { read_only, .. } = &mut self.transaction {
            *read_only = wanted;
        }
    }

    /// Whether no transaction is open.
    fn is_idle(&self) -> bool {
        matches!(self.transaction, TransactionState::Idle)
    }

    /// Whether the session is inside BEGIN … COMMIT.
    pub fn in_transaction_block(&self) -> bool {
        matches!(self.transaction, TransactionState::Active { block: true, .. } | TransactionState::Failed)
    }

    // ---- what statements see ----

    /// Takes the time, and gives the query engine the parameters that hold now.
    pub(super) fn begin_statement(&mut self) {
        self.statement_start = Utc::now();
        self.refresh_settings();
    }

    /// Gives the query engine the parameters that hold now.
    fn refresh_settings(&mut self) {
        let start = self.statement_start.timestamp_micros();
        let settings =
            SessionSettings::new(self.parameters.changed().clone(), Some(start)).with_random(self.random.clone());
        let mut state = self.shared.state.clone();
        state.config_mut().options_mut().extensions.insert(settings);
        // Functions run with the options that stand here, not with those of the state.
        let options = Arc::clone(state.config_options());
        state.execution_props_mut().config_options = Some(options);
        self.state = Arc::new(state);
    }

    /// The query engine's state for the running statement.
    pub(crate) fn state(&self) -> &Arc<SessionState> {
        &self.state
    }

    /// The session's parameters as functions see them.
    pub(crate) fn settings(&self) -> SessionSettings {
        SessionSettings::of(self.state.config_options())
    }

    /// What names and words mean to a statement that starts now.
    pub(crate) fn bind_context(&mut self) -> Result<BindContext> {
        let transaction = self.transaction()?;
        let (snapshot, reads) = (transaction.snapshot()?, Arc::clone(transaction.reads()));
        Ok(self.bind_context_on(snapshot, reads))
    }

    /// The same in a given state of the catalog.
    pub(crate) fn bind_context_on(&self, snapshot: Arc<CatalogSnapshot>, reads: Arc<ReadSet>) -> BindContext {
        let now = self.statement_start;
        let transaction_start = match &self.transaction {
            TransactionState::Active { started, .. } => *started,
            _ => now,
        };
        let search_path = self.parameters.search_path(&self.info.user);
        let schema = search_path.iter().find(|schema| snapshot.schema(schema).is_some()).cloned();
        BindContext {
            reads,
            warehouse: Arc::clone(&self.shared.warehouse),
            data_catalog: Arc::clone(&self.shared.data_catalog),
            stores: Arc::clone(&self.shared.stores),
            database: self.info.database.clone(),
            temporary_schema: self.temporary_schema.clone(),
            registry: Arc::clone(&self.shared.registry),
            relations: Arc::default(),
            parameters: self.parameters.clone(),
            constants: Constants {
                transaction_start,
                statement_start: now,
                user: self.info.user.clone(),
                user_id: security::principal::user(&snapshot, &self.info.owner, &self.info.user)
                    .map_or(0, |user| user.id),
                database: self.info.database.clone(),
                schema,
                process_id: self.info.process_id,
                super_options: self.super_options(),
                zone: self.settings().zone(),
                forbid_composite_intervals: self.parameters.is_on("interval_forbid_composite_literals"),
            },
            strict: self.parameters.is_on("blueshift_strict"),
            pseudo_columns: self.parameters.is_on("spectrum_enable_pseudo_columns"),
            session: Arc::clone(&self.info),
            search_path,
            snapshot,
        }
    }

    /// What the parameters say about SUPER values.
    pub(crate) fn super_options(&self) -> SuperOptions {
        let on = |name: &str| self.parameters.is_on(name);
        let parse_options = ["json_parse_dedup_attributes", "json_parse_truncate_strings", "parse_super_null_on_error"];
        SuperOptions {
            navigate_null_on_error: on("navigate_super_null_on_error"),
            cast_null_on_error: on("cast_super_null_on_error"),
            array_null_match: on("default_array_search_null_handling"),
            parse_options: parse_options.into_iter().filter(|name| on(name)).collect::<Vec<_>>().join(" "),
            statement_text: on("enable_case_sensitive_super_attribute").then(|| self.statement_text.clone()),
        }
    }

    /// Looks something up in the catalog as the session sees it now.
    pub(crate) fn lookup<T>(&mut self, look: impl FnOnce(&BindContext) -> Result<T>) -> Result<T> {
        self.check_not_failed()?;
        let idle = self.is_idle();
        self.ensure_transaction();
        self.begin_statement();
        let found = self.bind_context().and_then(|context| look(&context));
        if idle {
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
        self.entry.cancel.clone()
    }

    /// What the registry of sessions knows about this one.
    pub fn entry(&self) -> &Arc<SessionEntry> {
        &self.entry
    }

    /// Sets a session parameter, as SET does.
    ///
    /// Errors: 42704 for one that is not known, 22023 for a value that is none.
    pub fn set_parameter(&mut self, name: &str, value: &str) -> Result<()> {
        self.parameters.set(name, Some(value.to_owned()))?;
        self.parameter_changed(name);
        Ok(())
    }

    /// The value of a session parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }

    /// What others see of a parameter follows it.
    pub(crate) fn parameter_changed(&mut self, name: &str) {
        self.refresh_settings();
        if name == "application_name" {
            let value = self.parameters.get(name).unwrap_or_default().to_owned();
            self.entry.update_client(|client| client.application_name = value);
        }
    }

    /// Whether the session is inside a block that failed.
    pub fn in_failed_transaction(&self) -> bool {
        matches!(self.transaction, TransactionState::Failed)
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Notices since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}

/// Completes with the statement's error when its time is over; never without a limit.
async fn timed_out(limit: Option<Duration>) -> Error {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
    timeout_error()
}

fn timeout_error() -> Error {
    Error::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    Error::internal("an internal error stopped the statement").with_detail(text)
}

impl Drop for Session {
    fn drop(&mut self) {
        self.rollback();
        self.shared.registry.remove(self.info.process_id);
        let Some(name) = self.temporary_schema.take() else { return };
        let mut transaction = self.shared.warehouse.begin();
        let dropped = transaction.snapshot().and_then(|snapshot| match snapshot.schema(&name) {
            Some(schema) => transaction.drop_schema_with_relations(schema.id),
            None => Ok(()),
        });
        // When this fails the schema is swept when the warehouse is opened next by one alone.
        if dropped.is_ok() {
            let _ = transaction.commit();
        }
    }
}

#[cfg(test)]
mod tests;
