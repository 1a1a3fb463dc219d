//! Several statements in one transaction without BEGIN: the statements of one Query message, and those
//! that a client runs before it sends Sync. Either all of them are committed or none, as in PostgreSQL.
//!
//! `BEGIN` among them makes a block of what came before it, too; `COMMIT` commits it.

use super::{Session, TransactionState};
use crate::error::{Error, Result, SqlState};

impl Session {
    /// Statements from here on share a transaction.
    pub fn begin_implicit(&mut self) {
        self.implicit = true;
    }

    /// Commits what the statements since [`begin_implicit`](Session::begin_implicit) did. A block that
    /// one of them began stays open.
    ///
    /// Errors: those of the commit; nothing of the statements is left then.
    pub fn end_implicit(&mut self) -> Result<()> {
        self.implicit = false;
        if matches!(self.transaction, TransactionState::Active { block: false, .. }) {
            return self.commit();
        }
        Ok(())
    }

    /// An error outside of a running statement, such as one of syntax: it ends what came before it.
    pub fn fail(&mut self) {
        self.implicit = false;
        match self.transaction {
            TransactionState::Active { block: true, .. } => self.fail_block(),
            TransactionState::Active { .. } => self.rollback(),
            TransactionState::Idle | TransactionState::Failed => {}
        }
    }

    /// For commands that cannot share a transaction.
    ///
    /// Errors: 25001 within a block, and among the statements of one Query message.
    pub(crate) fn check_alone(&self, command: &str) -> Result<()> {
        let place = match (self.in_transaction_block(), self.implicit) {
            (true, _) => "a transaction block",
            (false, true) => "a multiple commands statement",
            (false, false) => return Ok(()),
        };
        Err(Error::new(SqlState::ACTIVE_TRANSACTION, format!("{command} cannot run inside {place}")))
    }

    /// BEGIN after other statements of the same message.
    pub(super) fn become_block(&mut self, modes: Option<bool>) {
        self.local.become_block(&self.parameters);
        if let TransactionState::Active { block, read_only, started, .. } = &mut self.transaction {
            *block = true;
            *read_only = modes.unwrap_or(*read_only);
            self.entry.begin_transaction(self.entry.activity().transaction_id, Some(*started));
        }
    }
}
