//! A transaction: the overlay and its records. Changes of definitions and the end are beside it, changes of data in
//! `data_change`.

mod column;
mod end;
mod relation;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, atomic::AtomicU64},
};

use serde_json::Value;

use super::{
    activity::{ReadSet, TransactionOwner},
    definition::CommentTarget,
    interrupt::Interrupt,
    lock::LockMode,
    snapshot::CatalogSnapshot,
    warehouse::Warehouse,
};
use crate::{
    error::{Error, Result},
    storage::{
        SegmentStore,
        metadata::{Relation, RelationId, SchemaId, SchemaSnapshot, SnapshotId, TableId, TableSnapshot, ViewSnapshot},
    },
};

/// Versions of uncommitted tables: never the same as a committed one's, which is a snapshot id.
static OVERLAY_VERSION: AtomicU64 = AtomicU64::new(1 << 63);

/// A transaction. Dropped without commit, it is rolled back.
#[derive(Debug)]
pub struct Transaction {
    warehouse: Arc<Warehouse>,
    /// Names it within the process.
    id: u64,
    owner: TransactionOwner,
    reads: Arc<ReadSet>,
    pub(super) interrupt: Interrupt,
    base: Option<Arc<CatalogSnapshot>>,
    current: Option<Arc<CatalogSnapshot>>,
    schemas: BTreeSet<SchemaId>,
    relations: BTreeSet<RelationId>,
    records: BTreeMap<(String, String), Option<Arc<Value>>>,
    /// Tables of which only segments were rewritten.
    pub(super) rewritten: BTreeSet<TableId>,
    /// Files written for this transaction, committed or not.
    pub(super) private_files: HashSet<String>,
    /// After a commit of unknown outcome its files must stay.
    keep_files: bool,
}

impl Transaction {
    pub(super) fn new(warehouse: Arc<Warehouse>, id: u64, owner: TransactionOwner, reads: Arc<ReadSet>) -> Self {
        Transaction {
            warehouse,
            id,
            owner,
            reads,
            interrupt: Interrupt::default(),
            base: None,
            current: None,
            schemas: BTreeSet::new(),
            relations: BTreeSet::new(),
            records: BTreeMap::new(),
            rewritten: BTreeSet::new(),
            private_files: HashSet::new(),
            keep_files: false,
        }
    }

    /// The warehouse.
    pub fn warehouse(&self) -> &Arc<Warehouse> {
        &self.warehouse
    }

    /// The data files, for readers and writers of tables.
    pub fn segments(&self) -> &Arc<SegmentStore> {
        self.warehouse.segments()
    }

    /// The state that statements see: the one pinned at the first use, with this transaction's
    /// changes.
    pub fn snapshot(&mut self) -> Result<Arc<CatalogSnapshot>> {
        if let Some(current) = &self.current {
            return Ok(Arc::clone(current));
        }
        let latest = self.warehouse.pin(self.id)?;
        self.base = Some(Arc::clone(&latest));
        self.current = Some(Arc::clone(&latest));
        Ok(latest)
    }

    /// Sees an earlier state, which cannot be changed.
    ///
    /// Errors: 22023 for a state that is not there.
    pub fn pin_at(&mut self, state: SnapshotId) -> Result<()> {
        let snapshot = self.warehouse.pin_at(self.id, state)?;
        self.base = Some(Arc::clone(&snapshot));
        self.current = Some(snapshot);
        Ok(())
    }

    /// What stops the work of the running statement.
    pub fn set_interrupt(&mut self, interrupt: Interrupt) {
        self.interrupt = interrupt;
    }

    /// Whether it sees a state already.
    pub fn is_pinned(&self) -> bool {
        self.current.is_some()
    }

    /// The tables that it reads; whoever binds its statements fills this.
    pub fn reads(&self) -> &Arc<ReadSet> {
        &self.reads
    }

    /// Locks a table until the transaction ends; waits for others of this process. Says whether it waited.
    ///
    /// Errors: 40P01.
    pub async fn lock(&self, table: TableId, mode: LockMode) -> Result<bool> {
        self.warehouse.locks().acquire(self.id, table, mode).await
    }

    /// Locks a table if nobody of this process is in the way.
    pub fn try_lock(&self, table: TableId, mode: LockMode) -> bool {
        self.warehouse.locks().try_acquire(self.id, table, mode)
    }

    /// True when there is something to commit.
    pub fn has_changes(&self) -> bool {
        !(self.schemas.is_empty() && self.relations.is_empty() && self.records.is_empty())
    }

    /// What the transaction would leave, if it has changed anything.
    pub(crate) fn changed_snapshot(&self) -> Option<&Arc<CatalogSnapshot>> {
        self.current.as_ref().filter(|_| self.has_changes())
    }

    fn overlay(&mut self) -> Result<&mut CatalogSnapshot> {
        self.snapshot()?;
        self.current.as_mut().map(Arc::make_mut).ok_or_else(|| Error::internal("transaction without snapshot"))
    }

    /// COMMENT ON; None removes the comment.
    pub fn comment(&mut self, target: &CommentTarget, text: Option<&str>) -> Result<()> {
        let text = text.filter(|t| !t.is_empty()).map(str::to_owned);
        match target {
            CommentTarget::Schema(id) => {
                let schema = find_schema(self.snapshot()?.as_ref(), *id)?.as_ref().clone();
                self.put_schema(SchemaSnapshot { comment: text, ..schema })
            }
            CommentTarget::Column(table, column) => self.change_column(*table, *column, |c| {
                c.comment = text;
                Ok(())
            }),
            CommentTarget::Relation(id) => match find_relation(self.snapshot()?.as_ref(), *id)? {
                Relation::Table(table) => self.put_table(TableSnapshot { comment: text, ..table.as_ref().clone() }),
                Relation::View(view) => self.put_view(ViewSnapshot { comment: text, ..view.as_ref().clone() }),
            },
        }
    }

    /// An id for what is kept as a record but shown with an id (functions); from the sequence of relations.
    pub fn new_object_id(&self) -> Result<i64> {
        self.warehouse.new_catalog_id()
    }

    /// Puts a record: anything versioned and transactional that has no table of its own, e.g.
    /// external schemas, users, grants.
    pub fn put_record(&mut self, kind: &str, key: &str, value: Value) -> Result<()> {
        self.set_record(kind, key, Some(Arc::new(value)))
    }

    /// Removes a record; one that is not there is no error.
    pub fn remove_record(&mut self, kind: &str, key: &str) -> Result<()> {
        if self.snapshot()?.record(kind, key).is_none() {
            return Ok(());
        }
        self.set_record(kind, key, None)
    }

    fn set_record(&mut self, kind: &str, key: &str, value: Option<Arc<Value>>) -> Result<()> {
        self.overlay()?.put_record(kind, key, value.clone());
        self.records.insert((kind.to_owned(), key.to_owned()), value);
        Ok(())
    }

    /// The records of a kind, by key.
    pub fn records(&mut self, kind: &str) -> Result<Vec<(String, Arc<Value>)>> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.records(kind).map(|(key, value)| (key.to_owned(), Arc::clone(value))).collect())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.warehouse.end(self.id);
        if !self.keep_files {
            self.warehouse.segments().remove_quietly(self.private_files.iter().map(String::as_str));
        }
    }
}

fn find_schema(snapshot: &CatalogSnapshot, id: SchemaId) -> Result<Arc<SchemaSnapshot>> {
    snapshot.schema_by_id(id).cloned().ok_or_else(|| Error::undefined_schema(id))
}

fn find_relation(snapshot: &CatalogSnapshot, id: RelationId) -> Result<Relation> {
    snapshot.relation_by_id(id).ok_or_else(|| Error::undefined_table(id))
}
