//! The transactions that run in this process: who they are, which state they see, what they read.
//!
//! The oldest state that somebody sees bounds what upkeep may remove, and SVV_TRANSACTIONS and
//! STV_LOCKS are made from this.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use parking_lot::{Mutex, MutexGuard};

use super::{lock::LockInfo, snapshot::CatalogSnapshot};
use crate::{
    error::Result,
    storage::metadata::{RelationId, SnapshotId},
};

/// The tables that a transaction has read, filled while its statements are bound.
#[derive(Debug, Default)]
pub struct ReadSet(Mutex<BTreeSet<RelationId>>);

impl ReadSet {
    /// Notes that a table is read.
    pub fn record(&self, table: RelationId) {
        self.0.lock().insert(table);
    }

    /// The tables.
    pub fn tables(&self) -> BTreeSet<RelationId> {
        self.0.lock().clone()
    }
}

/// On whose behalf a transaction runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransactionOwner {
    /// Transaction id, unique in the process.
    pub transaction_id: i64,
    /// Process id of the session.
    pub process_id: i32,
    /// Its user.
    pub user: String,
    /// Its database.
    pub database: String,
    /// Whether it may run more statements: a block, not a single statement.
    pub is_block: bool,
}

/// A transaction that runs now.
#[derive(Debug, Clone)]
pub struct TransactionInfo {
    /// Whose it is.
    pub owner: TransactionOwner,
    /// When it began.
    pub started: DateTime<Utc>,
    /// The state that it sees; None before its first statement.
    pub snapshot: Option<SnapshotId>,
    /// Its locks, held and waited for; tables that it has read count as locked for reading.
    pub locks: Vec<LockInfo>,
}

/// The running transactions of a process.
#[derive(Debug, Default)]
pub(super) struct Activity {
    running: Mutex<Running>,
}

/// Holding it keeps transactions from beginning to see a state.
pub(super) type Running = BTreeMap<u64, Active>;

#[derive(Debug)]
pub(super) struct Active {
    pub(super) owner: TransactionOwner,
    pub(super) started: DateTime<Utc>,
    pub(super) base: Option<SnapshotId>,
    pub(super) reads: Arc<ReadSet>,
}

impl Activity {
    pub(super) fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock()
    }

    /// Lets a transaction see what `latest` gives, and notes which state that is.
    pub(super) fn pin(
        &self,
        id: u64,
        latest: impl FnOnce() -> Result<Arc<CatalogSnapshot>>,
    ) -> Result<Arc<CatalogSnapshot>> {
        let mut running = self.running.lock();
        let snapshot = latest()?;
        if let Some(active) = running.get_mut(&id) {
            active.base = Some(snapshot.id());
        }
        Ok(snapshot)
    }
}
