//! Commit and rollback.

use std::{collections::BTreeSet, sync::Arc};

use super::Transaction;
use crate::{
    error::Result,
    storage::{
        catalog_store::{Action, Change, ChangeSet, CommitError, CommitView, Object, RecordChange, TransactionRecord},
        metadata::SnapshotId,
    },
    transaction::{
        conflict,
        isolation::{self, ISOLATION_RECORD, IsolationLevel},
        snapshot::CatalogSnapshot,
    },
};

impl Transaction {
    fn change_set(&self, base: &CatalogSnapshot, current: &CatalogSnapshot) -> ChangeSet {
        let mut changes = ChangeSet { rewritten: self.rewritten.clone(), ..ChangeSet::default() };
        for id in &self.schemas {
            let (before, after) = (base.schema_by_id(*id).cloned(), current.schema_by_id(*id).cloned());
            changes.schemas.push(Change { before, after });
        }
        for id in &self.relations {
            let (before, after) = (base.table(*id).cloned(), current.table(*id).cloned());
            if before.is_some() || after.is_some() {
                changes.tables.push(Change { before, after });
            }
            let (before, after) = (base.view(*id).cloned(), current.view(*id).cloned());
            if before.is_some() || after.is_some() {
                changes.views.push(Change { before, after });
            }
        }
        for ((kind, key), value) in &self.records {
            // Put and removed again is no change.
            if base.record(kind, key) != value.as_ref() {
                changes.records.push(RecordChange { kind: kind.clone(), key: key.clone(), value: value.clone() });
            }
        }
        changes
    }

    /// Makes all changes visible to everybody, or none. Fails with a serialization failure when
    /// another transaction committed something that conflicts.
    pub fn commit(mut self) -> Result<SnapshotId> {
        self.commit_changes()
    }

    /// Commits unless a transaction block of this process sees an earlier state already: what
    /// upkeep rewrites must not make a later DELETE in the block fail. Gives whether it committed.
    pub(crate) fn commit_undisturbing(mut self) -> Result<bool> {
        let warehouse = Arc::clone(&self.warehouse);
        let running = warehouse.activity().lock();
        if running.iter().any(|(id, active)| *id != self.id && active.owner.is_block && active.base.is_some()) {
            drop(running);
            return Ok(false);
        }
        let committed = self.commit_changes();
        drop(running);
        committed.map(|_| true)
    }

    fn commit_changes(&mut self) -> Result<SnapshotId> {
        let (Some(base), Some(current)) = (self.base.clone(), self.current.clone()) else {
            return self.warehouse.store().latest();
        };
        let changes = self.change_set(&base, &current);
        let ours = changes.actions();
        let mut record = self.record(&base);
        if ours.is_empty() {
            self.commit_reads(&base, &record)?;
            return Ok(base.id());
        }
        for change in ours.iter().filter(|c| !matches!(c.action, Action::Comment | Action::Rewrite)) {
            if let Object::Relation(id) = change.object {
                record.writes.insert(id);
                // Whoever does more than append has seen what is there.
                if !matches!(change.action, Action::Append | Action::Create) {
                    record.reads.insert(id);
                }
            }
        }
        let validate = |view: &dyn CommitView| {
            conflict::validate(&ours, &changes, view, &base)?;
            self.check_isolation(&record, view)
        };
        match self.warehouse.store().commit(&record, &changes, &validate) {
            Ok(id) => {
                let appended = ours.iter().filter(|c| c.action == Action::Append).map(|c| &c.object);
                self.warehouse.committed(id, appended);
                // What was written and then deleted again within the transaction goes.
                for table in changes.tables.iter().filter_map(|t| t.after.as_ref()) {
                    for segment in &table.segments {
                        self.private_files.remove(&segment.file.path);
                        if let Some(deletes) = &segment.deletes {
                            self.private_files.remove(&deletes.path);
                        }
                    }
                }
                Ok(id)
            }
            Err(CommitError::NotCommitted(error)) => Err(error),
            Err(CommitError::Unknown(error)) => {
                self.keep_files = true;
                Err(error)
            }
        }
    }

    fn record(&self, base: &CatalogSnapshot) -> TransactionRecord {
        TransactionRecord {
            xid: self.owner.transaction_id,
            pid: self.owner.process_id,
            base: base.id(),
            commit: None,
            reads: self.reads.tables(),
            writes: BTreeSet::new(),
        }
    }

    /// What a transaction read that changed nothing matters to others when the database is
    /// SERIALIZABLE.
    fn commit_reads(&self, base: &CatalogSnapshot, record: &TransactionRecord) -> Result<()> {
        let level = isolation::isolation_level(base, &self.owner.database);
        if level == IsolationLevel::Snapshot || record.reads.is_empty() {
            return Ok(());
        }
        self.warehouse.store().commit_reads(record, &|view| self.check_isolation(record, view))
    }

    fn check_isolation(&self, record: &TransactionRecord, view: &dyn CommitView) -> Result<()> {
        let level = view.record(ISOLATION_RECORD, &self.owner.database)?;
        match IsolationLevel::from_record(level.as_ref()) {
            IsolationLevel::Snapshot => Ok(()),
            IsolationLevel::Serializable => isolation::check(record, view.history(record.base)?.as_deref()),
        }
    }

    /// Forgets all changes and removes the files written for them.
    pub fn rollback(self) {
        drop(self);
    }
}
