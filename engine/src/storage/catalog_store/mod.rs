//! The catalog's tables and how they are read and written.
//!
//! A [`CatalogStore`] keeps committed states only. It hands out what is live, what has changed
//! since an earlier state, and takes one set of changes at a time, whole or not at all. The
//! decision whether a set of changes may still be committed is the caller's: it gets to see what
//! others committed since its base while the store holds the write lock.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    ops::Range,
    sync::Arc,
};

use serde_json::Value;

use super::metadata::{
    ColumnId, Relation, RelationId, SchemaId, SchemaSnapshot, SnapshotId, TableSnapshot, ViewSnapshot,
};
use crate::error::Result;

mod check;
mod commit;
mod digest;
mod expire;
mod history;
mod load;
mod schema;
mod sqlite;
mod type_name;

pub use sqlite::SqliteCatalogStore;
pub use type_name::{arrow_type, type_name};

/// Reads and writes the catalog.
pub trait CatalogStore: Debug + Send + Sync {
    /// The id of the latest committed state; cheap, asked before every transaction.
    fn latest(&self) -> Result<SnapshotId>;

    /// Everything that is live in the latest state.
    fn load(&self) -> Result<CatalogRows>;

    /// What has changed since `since`; `previous` gives the tables as they were then.
    fn load_since(
        &self,
        since: SnapshotId,
        previous: &dyn Fn(RelationId) -> Option<Arc<TableSnapshot>>,
    ) -> Result<CatalogRows>;

    /// Sets ids aside for this process: schemas and relations, files.
    fn reserve_ids(&self, catalog_ids: i64, file_ids: i64) -> Result<(Range<i64>, Range<i64>)>;

    /// Sets `count` numbers of the counter `name` aside for this process; counters begin at 1.
    fn reserve_numbers(&self, name: &str, count: i64) -> Result<Range<i64>>;

    /// Commits `changes` that were made on top of `record.base`. `validate` sees what others have
    /// committed since and may refuse.
    fn commit(
        &self,
        record: &TransactionRecord,
        changes: &ChangeSet,
        validate: &dyn Fn(&dyn CommitView) -> Result<()>,
    ) -> std::result::Result<SnapshotId, CommitError>;

    /// Notes what a transaction read that changed nothing, after `validate`.
    fn commit_reads(&self, record: &TransactionRecord, validate: &dyn Fn(&dyn CommitView) -> Result<()>) -> Result<()>;

    /// What is wrong in the catalog, a line each, and how many things were checked.
    fn problems(&self) -> Result<(Vec<String>, usize)>;

    /// All files that any state names, live or historic.
    fn known_files(&self) -> Result<Vec<KnownFile>>;

    /// Forgets the states before `keep` with everything that only they name. Gives the paths of the
    /// files that no state names any more; they are the caller's to remove.
    fn expire(&self, keep: SnapshotId) -> Result<Vec<String>>;

    /// The newest state that was the latest at `time` (in the form of `ducklake_snapshot`); None:
    /// there was none, or it has expired.
    fn state_at(&self, time: chrono::DateTime<chrono::Utc>) -> Result<Option<SnapshotId>>;

    /// The oldest state that is still there.
    fn oldest(&self) -> Result<SnapshotId>;

    /// Everything that was live in a state.
    fn load_at(&self, state: SnapshotId) -> Result<CatalogRows>;

    /// Writes a consistent copy of the catalog to a new file.
    fn copy_to(&self, path: &std::path::Path) -> Result<()>;

    /// Paths (below the data folder) of all files that any state names, live or historic.
    fn referenced_files(&self) -> Result<HashSet<String>>;
}

/// What a transaction did, as far as others depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRecord {
    /// Transaction id.
    pub xid: i64,
    /// Process id of its session.
    pub pid: i32,
    /// The state that it saw.
    pub base: SnapshotId,
    /// The state that it made; None: it changed nothing, or has not committed yet.
    pub commit: Option<SnapshotId>,
    /// Tables that it read.
    pub reads: BTreeSet<RelationId>,
    /// Tables that it changed.
    pub writes: BTreeSet<RelationId>,
}

/// A file that some state names, as the catalog describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Path below the data folder.
    pub path: String,
    /// Rows, or deleted positions.
    pub row_count: u64,
    /// Its length.
    pub size_bytes: u64,
    /// BLAKE3 of the whole file, in hexadecimal; None when another program wrote it.
    pub checksum: Option<String>,
    /// The state in which it is not live any more; None: it is live.
    pub ended: Option<SnapshotId>,
    /// For a delete file: the rows of the data file.
    pub deletes_from_rows: Option<u64>,
}

/// What a commit sees of others while it holds the catalog's write lock.
pub trait CommitView {
    /// What others have committed since a state.
    fn committed_since(&self, base: SnapshotId) -> Result<Vec<CommittedChange>>;

    /// Whether the segments that `change` deletes from are what they were in its base.
    fn segments_are_untouched(&self, change: &Change<TableSnapshot>) -> Result<bool>;

    /// The value of a record now.
    fn record(&self, kind: &str, key: &str) -> Result<Option<Value>>;

    /// Transactions that one with this base may depend on, or that may depend on it; None when
    /// they are not known any more.
    fn history(&self, base: SnapshotId) -> Result<Option<Vec<TransactionRecord>>>;
}

/// Why a commit failed.
#[derive(Debug)]
pub enum CommitError {
    /// Nothing was committed.
    NotCommitted(crate::Error),
    /// The final step failed: whether it took effect is known only after reopening.
    Unknown(crate::Error),
}

impl From<crate::Error> for CommitError {
    fn from(error: crate::Error) -> Self {
        CommitError::NotCommitted(error)
    }
}

/// A state of the catalog or a part of it, as rows.
#[derive(Debug, Default)]
pub struct CatalogRows {
    /// The state.
    pub snapshot_id: Option<SnapshotId>,
    /// True when this is everything; false when only what changed.
    pub complete: bool,
    /// All live schemas, if schemas changed (always when `complete`).
    pub schemas: Option<Vec<SchemaSnapshot>>,
    /// Live relations.
    pub relations: Vec<Relation>,
    /// Relations that are gone.
    pub dropped: Vec<RelationId>,
    /// All live records, if records changed (always when `complete`).
    pub records: Option<Vec<(String, String, Value)>>,
}

/// What happened to an object in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// It came to be.
    Create,
    /// Rows were added.
    Append,
    /// Rows were deleted.
    Delete,
    /// Its definition, name or schema changed.
    Alter,
    /// It is gone.
    Drop,
    /// Only its comment changed.
    Comment,
    /// Its rows are the same, in other segments.
    Rewrite,
}

impl Action {
    const ALL: [Action; 7] =
        [Action::Create, Action::Append, Action::Delete, Action::Alter, Action::Drop, Action::Comment, Action::Rewrite];

    fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Append => "append",
            Action::Delete => "delete",
            Action::Alter => "alter",
            Action::Drop => "drop",
            Action::Comment => "comment",
            Action::Rewrite => "rewrite",
        }
    }

    fn parse(text: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|a| a.as_str() == text)
    }
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Object {
    /// A schema.
    Schema(SchemaId),
    /// A table or view.
    Relation(RelationId),
    /// A record: kind and key.
    Record(String, String),
    /// Anything: another program committed something we cannot look into.
    Anything,
}

/// One thing that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedChange {
    /// What it is about.
    pub object: Object,
    /// What happened.
    pub action: Action,
}

/// An object before and after; None: not there.
#[derive(Debug, Clone)]
pub struct Change<T> {
    /// As it was in the base.
    pub before: Option<Arc<T>>,
    /// As it shall be.
    pub after: Option<Arc<T>>,
}

/// A record to be put, or with no value removed.
#[derive(Debug, Clone)]
pub struct RecordChange {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Its new value.
    pub value: Option<Arc<Value>>,
}

/// Everything that one commit changes.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// Schemas.
    pub schemas: Vec<Change<SchemaSnapshot>>,
    /// Tables.
    pub tables: Vec<Change<TableSnapshot>>,
    /// Views.
    pub views: Vec<Change<ViewSnapshot>>,
    /// Records.
    pub records: Vec<RecordChange>,
    /// Tables whose rows stay the same though their segments change.
    pub rewritten: BTreeSet<RelationId>,
}

impl ChangeSet {
    /// True when there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.actions().is_empty()
    }

    /// What the commit does, object by object.
    pub fn actions(&self) -> Vec<CommittedChange> {
        let mut found = Vec::new();
        let mut add = |object: Object, actions: Vec<Action>| {
            found.extend(actions.into_iter().map(|action| CommittedChange { object: object.clone(), action }));
        };
        for change in &self.schemas {
            if let Some(schema) = change.after.as_ref().or(change.before.as_ref()) {
                add(Object::Schema(schema.id), change.actions(schema_actions));
            }
        }
        for change in &self.tables {
            if let Some(table) = change.after.as_ref().or(change.before.as_ref()) {
                if self.rewritten.contains(&table.id) {
                    add(Object::Relation(table.id), vec![Action::Rewrite]);
                    continue;
                }
                let mut actions = change.actions(table_actions);
                if change.before.is_none() && !table.segments.is_empty() {
                    actions.push(Action::Append);
                }
                add(Object::Relation(table.id), actions);
            }
        }
        for change in &self.views {
            if let Some(view) = change.after.as_ref().or(change.before.as_ref()) {
                add(Object::Relation(view.id), change.actions(view_actions));
            }
        }
        for record in &self.records {
            add(Object::Record(record.kind.clone(), record.key.clone()), vec![Action::Alter]);
        }
        found
    }
}

impl<T> Change<T> {
    fn actions(&self, differences: impl Fn(&T, &T) -> Vec<Action>) -> Vec<Action> {
        match (&self.before, &self.after) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![Action::Create],
            (Some(_), None) => vec![Action::Drop],
            (Some(before), Some(after)) => differences(before, after),
        }
    }
}

fn schema_actions(before: &SchemaSnapshot, after: &SchemaSnapshot) -> Vec<Action> {
    if before.name != after.name {
        vec![Action::Alter]
    } else if before != after {
        vec![Action::Comment]
    } else {
        Vec::new()
    }
}

fn table_actions(before: &TableSnapshot, after: &TableSnapshot) -> Vec<Action> {
    let mut actions = Vec::new();
    let files: HashSet<_> = before.segments.iter().map(|s| s.id).collect();
    if after.segments.iter().any(|s| !files.contains(&s.id)) {
        actions.push(Action::Append);
    }
    let kept: std::collections::HashMap<_, _> = after.segments.iter().map(|s| (s.id, s)).collect();
    let touched = |s: &Arc<super::metadata::Segment>| kept.get(&s.id).is_none_or(|k| k.deletes != s.deletes);
    if before.segments.iter().any(touched) {
        actions.push(Action::Delete);
    }
    if is_altered(before, after) {
        actions.push(Action::Alter);
    } else if before.comment != after.comment || column_comments(before) != column_comments(after) {
        actions.push(Action::Comment);
    }
    actions
}

fn column_comments(table: &TableSnapshot) -> Vec<(ColumnId, Option<&str>)> {
    table.columns.iter().map(|c| (c.id, c.comment.as_deref())).collect()
}

fn is_altered(before: &TableSnapshot, after: &TableSnapshot) -> bool {
    let same_column = |(a, b): (&super::metadata::Column, &super::metadata::Column)| {
        super::metadata::Column { comment: None, ..a.clone() } == super::metadata::Column { comment: None, ..b.clone() }
    };
    before.name != after.name
        || before.schema_id != after.schema_id
        || before.layout != after.layout
        || before.columns.len() != after.columns.len()
        || !before.columns.iter().zip(&after.columns).all(same_column)
}

fn view_actions(before: &ViewSnapshot, after: &ViewSnapshot) -> Vec<Action> {
    let without_comment = |v: &ViewSnapshot| ViewSnapshot { comment: None, ..v.clone() };
    if without_comment(before) != without_comment(after) {
        vec![Action::Alter]
    } else if before.comment != after.comment {
        vec![Action::Comment]
    } else {
        Vec::new()
    }
}
