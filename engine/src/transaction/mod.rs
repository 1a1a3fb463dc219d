//! Transactions: snapshots, the private overlay of changes, commit and conflicts.
//!
//! A [`Warehouse`] is one opened folder. A [`Transaction`] pins the latest committed state at its
//! first use and keeps its changes to itself: the overlay is a snapshot of its own, so a
//! transaction reads its own writes, renames and drops as if they were committed. Commit makes
//! the difference between the two snapshots durable in one step, after checking that nobody
//! committed something in between that it conflicts with.
//!
//! This layer knows nothing of file formats: segments come from writers as descriptions.

mod activity;
mod change;
mod conflict;
mod copy;
mod data_change;
mod definition;
mod interrupt;
mod isolation;
mod lock;
mod presence;
mod snapshot;
mod table_statistics;
mod temporary;
mod upkeep;
mod warehouse;

#[cfg(test)]
mod tests;

pub use activity::{ReadSet, TransactionInfo, TransactionOwner};
pub use change::Transaction;
pub use copy::{Copied, copy_file};
pub use definition::{ColumnDefinition, CommentTarget, TableDefinition, ViewDefinition};
pub use interrupt::Interrupt;
pub use isolation::{ISOLATION_RECORD, IsolationLevel, isolation_level};
pub use lock::{LockInfo, LockManager, LockMode};
pub use snapshot::CatalogSnapshot;
pub use table_statistics::TableStatistics;
pub use temporary::TEMPORARY_SCHEMA_PREFIX;
pub use upkeep::Expired;
pub use warehouse::Warehouse;

pub use crate::storage::metadata::{
    Column, ColumnId, ConstraintKind, DistStyle, FileId, Relation, RelationId, SchemaId, SchemaSnapshot, SegmentMeta,
    SnapshotId, SortKey, SortStyle, TableConstraint, TableId, TableLayout, TableSnapshot, ViewColumn, ViewId,
    ViewSnapshot,
};
