//! A transaction: the overlay, changes of definitions, commit and rollback.
//!
//! Changes of data are in `data_change`.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

use super::{
    activity::{ReadSet, TransactionOwner},
    conflict,
    definition::{ColumnDefinition, CommentTarget, TableDefinition, ViewDefinition},
    interrupt::Interrupt,
    isolation::{self, ISOLATION_RECORD, IsolationLevel},
    lock::LockMode,
    snapshot::CatalogSnapshot,
    warehouse::Warehouse,
};
use crate::{
    config::COLUMNS_MAX,
    error::{Error, Result, SqlState},
    storage::{
        SegmentStore,
        catalog_store::{
            Action, Change, ChangeSet, CommitError, CommitView, Object, RecordChange, TransactionRecord, type_name,
        },
        metadata::{
            Column, ColumnId, Relation, RelationId, SchemaId, SchemaSnapshot, SnapshotId, TableId, TableLayout,
            TableSnapshot, ViewId, ViewSnapshot,
        },
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

    fn overlay(&mut self) -> Result<&mut CatalogSnapshot> {
        self.snapshot()?;
        self.current.as_mut().map(Arc::make_mut).ok_or_else(|| Error::internal("transaction without snapshot"))
    }

    // ---- schemas ----

    /// CREATE SCHEMA.
    pub fn create_schema(&mut self, name: &str) -> Result<SchemaId> {
        if self.snapshot()?.schema(name).is_some() {
            return Err(Error::duplicate_schema(name));
        }
        let id = SchemaId(self.warehouse.new_catalog_id()?);
        self.put_schema(SchemaSnapshot { id, name: name.to_owned(), comment: None })?;
        Ok(id)
    }

    /// DROP SCHEMA of a schema without relations.
    pub fn drop_schema(&mut self, id: SchemaId) -> Result<()> {
        let snapshot = self.snapshot()?;
        let schema = find_schema(&snapshot, id)?;
        if snapshot.relations(id).next().is_some() {
            let message = format!("cannot drop schema {} because other objects depend on it", schema.name);
            return Err(Error::new(SqlState::DEPENDENT_OBJECTS, message)
                .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        self.schemas.insert(id);
        self.overlay()?.remove_schema(id);
        Ok(())
    }

    /// DROP SCHEMA with all relations in it.
    pub fn drop_schema_with_relations(&mut self, id: SchemaId) -> Result<()> {
        let relations: Vec<RelationId> = self.snapshot()?.relations(id).map(Relation::id).collect();
        relations.into_iter().try_for_each(|relation| self.drop_relation(relation))?;
        self.drop_schema(id)
    }

    /// ALTER SCHEMA … RENAME TO.
    pub fn rename_schema(&mut self, id: SchemaId, name: &str) -> Result<()> {
        let snapshot = self.snapshot()?;
        let schema = find_schema(&snapshot, id)?;
        if snapshot.schema(name).is_some_and(|s| s.id != id) {
            return Err(Error::duplicate_schema(name));
        }
        self.put_schema(SchemaSnapshot { name: name.to_owned(), ..schema.as_ref().clone() })
    }

    fn put_schema(&mut self, schema: SchemaSnapshot) -> Result<()> {
        self.schemas.insert(schema.id);
        self.overlay()?.put_schema(Arc::new(schema));
        Ok(())
    }

    // ---- relations ----

    /// CREATE TABLE.
    pub fn create_table(&mut self, definition: TableDefinition) -> Result<TableId> {
        self.check_new_name(definition.schema_id, &definition.name)?;
        check_columns(&definition.columns)?;
        let id = RelationId(self.warehouse.new_catalog_id()?);
        let column = |(index, column): (usize, ColumnDefinition)| column.into_column(ColumnId(index as i64 + 1));
        let columns = definition.columns.into_iter().enumerate().map(column).collect();
        let table = TableSnapshot::new(id, definition.schema_id, definition.name, columns, definition.layout);
        self.put_table(table)?;
        Ok(id)
    }

    /// CREATE VIEW.
    pub fn create_view(&mut self, definition: ViewDefinition) -> Result<ViewId> {
        self.check_new_name(definition.schema_id, &definition.name)?;
        let id = RelationId(self.warehouse.new_catalog_id()?);
        self.put_view(ViewSnapshot {
            id,
            schema_id: definition.schema_id,
            name: definition.name,
            uuid: uuid::Uuid::new_v4().to_string(),
            sql: definition.sql,
            columns: definition.columns,
            late_binding: definition.late_binding,
            depends_on: definition.depends_on,
            properties: definition.properties,
            comment: None,
        })?;
        Ok(id)
    }

    /// CREATE OR REPLACE VIEW: another definition under the same id.
    pub fn replace_view(&mut self, id: ViewId, definition: ViewDefinition) -> Result<()> {
        let snapshot = self.snapshot()?;
        let old = snapshot.view(id).ok_or_else(|| Error::undefined_table(&definition.name))?;
        let ViewDefinition { schema_id, name, sql, columns, late_binding, depends_on, properties } = definition;
        let old = old.as_ref().clone();
        self.put_view(ViewSnapshot { schema_id, name, sql, columns, late_binding, depends_on, properties, ..old })
    }

    /// DROP TABLE, DROP VIEW. What depends on it is the caller's business.
    pub fn drop_relation(&mut self, id: RelationId) -> Result<()> {
        find_relation(self.snapshot()?.as_ref(), id)?;
        self.relations.insert(id);
        self.overlay()?.remove_relation(id);
        Ok(())
    }

    /// ALTER … RENAME TO.
    pub fn rename_relation(&mut self, id: RelationId, name: &str) -> Result<()> {
        let relation = find_relation(self.snapshot()?.as_ref(), id)?;
        self.move_relation(relation.schema_id(), name, relation)
    }

    /// ALTER TABLE … SET SCHEMA.
    pub fn set_relation_schema(&mut self, id: RelationId, schema: SchemaId) -> Result<()> {
        let relation = find_relation(self.snapshot()?.as_ref(), id)?;
        let name = relation.name().to_owned();
        self.move_relation(schema, &name, relation)
    }

    fn move_relation(&mut self, schema_id: SchemaId, name: &str, relation: Relation) -> Result<()> {
        self.check_new_name(schema_id, name)?;
        let name = name.to_owned();
        match relation {
            Relation::Table(table) => self.put_table(TableSnapshot { schema_id, name, ..table.as_ref().clone() }),
            Relation::View(view) => self.put_view(ViewSnapshot { schema_id, name, ..view.as_ref().clone() }),
        }
    }

    fn check_new_name(&mut self, schema: SchemaId, name: &str) -> Result<()> {
        let snapshot = self.snapshot()?;
        find_schema(&snapshot, schema)?;
        match snapshot.relation(schema, name) {
            Some(_) => Err(Error::duplicate_table(name)),
            None => Ok(()),
        }
    }

    pub(super) fn put_table(&mut self, mut table: TableSnapshot) -> Result<()> {
        table.version = OVERLAY_VERSION.fetch_add(1, Ordering::Relaxed);
        self.relations.insert(table.id);
        self.overlay()?.put_relation(Relation::Table(Arc::new(table)));
        Ok(())
    }

    fn put_view(&mut self, view: ViewSnapshot) -> Result<()> {
        self.relations.insert(view.id);
        self.overlay()?.put_relation(Relation::View(Arc::new(view)));
        Ok(())
    }

    // ---- columns and layout ----

    pub(super) fn table(&mut self, id: TableId) -> Result<Arc<TableSnapshot>> {
        match find_relation(self.snapshot()?.as_ref(), id)? {
            Relation::Table(table) => Ok(table),
            Relation::View(view) => Err(Error::wrong_object_type(&view.name, "table")),
        }
    }

    fn change_table(&mut self, id: TableId, change: impl FnOnce(&mut TableSnapshot) -> Result<()>) -> Result<()> {
        let mut table = self.table(id)?.as_ref().clone();
        change(&mut table)?;
        table.reset_arrow_schema();
        self.put_table(table)
    }

    fn change_column(
        &mut self,
        id: TableId,
        column: ColumnId,
        change: impl FnOnce(&mut Column) -> Result<()>,
    ) -> Result<()> {
        self.change_table(id, |table| change(find_column(table, column)?))
    }

    /// ALTER TABLE … ADD COLUMN.
    pub fn add_column(&mut self, id: TableId, definition: ColumnDefinition) -> Result<ColumnId> {
        type_name(&definition.data_type)?;
        let mut added = ColumnId(0);
        self.change_table(id, |table| {
            if table.column(&definition.name).is_some() {
                return Err(duplicate_column(&definition.name));
            }
            if !definition.nullable && definition.initial_default.is_none() && table.row_count() > 0 {
                return Err(Error::not_null_violation(&definition.name));
            }
            let column = definition.clone();
            added = ColumnId(table.next_column_id);
            table.next_column_id += 1;
            table.columns.push(column.into_column(added));
            check_column_count(table.columns.len())
        })?;
        Ok(added)
    }

    /// ALTER TABLE … DROP COLUMN.
    pub fn drop_column(&mut self, id: TableId, column: ColumnId) -> Result<()> {
        self.change_table(id, |table| {
            let name = find_column(table, column)?.name.clone();
            let layout = &table.layout;
            if layout.dist_key == Some(column) || layout.sort_key.columns.contains(&column) {
                let message = format!("cannot drop column {name}: it is part of the distribution or sort key");
                return Err(Error::new(SqlState::DEPENDENT_OBJECTS, message));
            }
            table.columns.retain(|c| c.id != column);
            table.layout.constraints.retain(|c| !c.columns.contains(&column));
            Ok(())
        })
    }

    /// ALTER TABLE … RENAME COLUMN.
    pub fn rename_column(&mut self, id: TableId, column: ColumnId, name: &str) -> Result<()> {
        self.change_table(id, |table| {
            if table.columns.iter().any(|c| c.name == name && c.id != column) {
                return Err(duplicate_column(name));
            }
            find_column(table, column)?.name = name.to_owned();
            Ok(())
        })
    }

    /// ALTER TABLE … ALTER COLUMN … TYPE: another size of the same type.
    pub fn alter_column_type(&mut self, id: TableId, column: ColumnId, redshift_type: &str) -> Result<()> {
        self.change_column(id, column, |c| {
            c.redshift_type = redshift_type.to_owned();
            Ok(())
        })
    }

    /// ALTER TABLE … ALTER COLUMN … ENCODE.
    pub fn alter_column_encoding(&mut self, id: TableId, column: ColumnId, encoding: Option<&str>) -> Result<()> {
        self.change_column(id, column, |c| {
            c.encoding = encoding.map(str::to_owned);
            Ok(())
        })
    }

    /// Changes distribution, sort key, constraints or properties of a table. Rows that are there
    /// keep their order.
    pub fn set_layout(&mut self, id: TableId, layout: TableLayout) -> Result<()> {
        self.change_table(id, |table| {
            table.layout = layout;
            Ok(())
        })
    }

    // ---- comments and records ----

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

    // ---- the end ----

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
    pub(super) fn commit_undisturbing(mut self) -> Result<bool> {
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

fn find_column(table: &mut TableSnapshot, id: ColumnId) -> Result<&mut Column> {
    table.columns.iter_mut().find(|c| c.id == id).ok_or_else(|| Error::undefined_column(id))
}

fn duplicate_column(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once"))
}

fn check_column_count(count: usize) -> Result<()> {
    if count > COLUMNS_MAX {
        let message = format!("tables can have at most {COLUMNS_MAX} columns");
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    }
    Ok(())
}

fn check_columns(columns: &[ColumnDefinition]) -> Result<()> {
    check_column_count(columns.len())?;
    let mut names = HashSet::new();
    for column in columns {
        if !names.insert(&column.name) {
            return Err(duplicate_column(&column.name));
        }
        type_name(&column.data_type)?;
    }
    Ok(())
}
