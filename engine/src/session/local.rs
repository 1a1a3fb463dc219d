//! What a session keeps beside its transaction: prepared statements, open cursors, settings that
//! end with the transaction, and where it stands in procedures.

use std::{collections::BTreeMap, sync::Arc};

use blueshift_sql::ast::Statement;
use datafusion::{arrow::record_batch::RecordBatch, logical_expr::LogicalPlan};

use super::{ResultColumn, SessionInfo, Spool, parameter::Parameters};
use crate::{error::Result, types::RedshiftType};

/// A prepared statement (PREPARE).
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// Types of its parameters; fewer than it has when they were not declared.
    pub(crate) types: Vec<RedshiftType>,
    /// The statement, with `$1` in it.
    pub(crate) statement: Statement,
    /// Its text.
    pub(crate) text: String,
    /// How many parameters it has.
    pub(crate) parameters: usize,
}

/// An open cursor: a plan bound when it was declared, whose rows are made at the first FETCH.
pub(crate) struct Cursor {
    /// What it runs.
    pub(crate) plan: LogicalPlan,
    /// Its columns.
    pub(crate) columns: Vec<ResultColumn>,
    /// Its rows that were not fetched, once there was a FETCH.
    pub(crate) rows: Option<Spool>,
    /// What comes before `rows`.
    pub(crate) rest: Option<RecordBatch>,
    /// The row on which it stands; none before the first row and behind the last.
    pub(crate) current: Option<RecordBatch>,
}

impl Cursor {
    /// At the most `limit` of the rows that are left, and the cursor stands on the last of them; None at the end.
    pub(crate) fn advance(&mut self, limit: usize) -> Result<Option<RecordBatch>> {
        let batch = loop {
            match self.rest.take() {
                Some(batch) if batch.num_rows() > 0 => break batch,
                _ => match self.rows.as_mut().map(Spool::next).transpose()?.flatten() {
                    Some(next) => self.rest = Some(next),
                    None => {
                        self.current = None;
                        return Ok(None);
                    }
                },
            }
        };
        let count = batch.num_rows().min(limit);
        if count < batch.num_rows() {
            self.rest = Some(batch.slice(count, batch.num_rows() - count));
        }
        self.current = count.checked_sub(1).map(|last| batch.slice(last, 1));
        Ok(Some(batch.slice(0, count)))
    }
}

/// How deep procedures call each other, and what they may do with the transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallState {
    /// Calls on the way; 0 outside of procedures.
    pub(crate) depth: usize,
    /// COMMIT, ROLLBACK and TRUNCATE are refused: the caller holds a transaction block.
    pub(crate) atomic: bool,
    /// Numbers cursors that have no name.
    pub(crate) portals: usize,
    /// The number of the innermost call, for the logs.
    pub(crate) query_id: Option<i64>,
    /// The text of the innermost call, for the logs.
    pub(crate) text: Option<Arc<str>>,
    /// Whether the calls are of procedures that are NONATOMIC.
    pub(crate) nonatomic: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct LocalState {
    pub(crate) prepared: BTreeMap<String, Prepared>,
    pub(crate) cursors: BTreeMap<String, Cursor>,
    pub(crate) calls: CallState,
    /// User and settings before the outermost call, put back when it ends in whatever way.
    before_call: Option<(Arc<SessionInfo>, Parameters)>,
    /// The settings when the transaction block began.
    before_block: Option<Parameters>,
    /// Former values of what SET LOCAL has set.
    local: Vec<(String, Option<String>)>,
    /// The user before SET LOCAL SESSION AUTHORIZATION.
    user_before: Option<String>,
}

impl LocalState {
    /// A transaction begins.
    pub(super) fn begin(&mut self, parameters: &Parameters, block: bool) {
        self.before_block = block.then(|| parameters.clone());
        self.local.clear();
    }

    /// The transaction becomes a block.
    pub(super) fn become_block(&mut self, parameters: &Parameters) {
        self.before_block.get_or_insert_with(|| parameters.clone());
    }

    /// A transaction ends: cursors are closed, SET LOCAL loses its effect, and after a rollback
    /// every SET of the block does.
    pub(super) fn end(&mut self, committed: bool, parameters: &mut Parameters) {
        self.cursors.clear();
        let local = std::mem::take(&mut self.local);
        match self.before_block.take() {
            Some(before) if !committed => *parameters = before,
            _ => local.into_iter().rev().for_each(|(name, value)| parameters.put_back(&name, value)),
        }
    }

    /// Remembers the user before SET LOCAL SESSION AUTHORIZATION.
    pub(crate) fn before_local_user(&mut self, user: String) {
        self.user_before.get_or_insert(user);
    }

    /// The user to go back to when the transaction ends.
    pub(super) fn take_user_before(&mut self) -> Option<String> {
        self.user_before.take()
    }

    /// Remembers the value that a parameter had before SET LOCAL.
    pub(crate) fn before_set_local(&mut self, name: &str, value: Option<String>) {
        self.local.push((name.to_owned(), value));
    }

    /// A procedure is entered from outside of procedures.
    pub(crate) fn enter_calls(&mut self, info: &Arc<SessionInfo>, parameters: &Parameters) {
        if self.before_call.is_none() {
            self.before_call = Some((Arc::clone(info), parameters.clone()));
        }
    }

    /// The outermost call has ended as it should: what procedures have SET stays.
    pub(crate) fn leave_calls(&mut self) {
        self.before_call = None;
        self.calls = CallState::default();
    }

    /// What to put back when a call was cut short (cancelled, panicked, failed).
    pub(super) fn abandoned_call(&mut self) -> Option<(Arc<SessionInfo>, Parameters)> {
        self.calls = CallState::default();
        self.before_call.take()
    }
}
