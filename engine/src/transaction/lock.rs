//! Table locks of one process: who waits for whom, and deadlocks.
//!
//! Locks only keep transactions from running into conflicts: they are taken before the snapshot,
//! so that whoever waited sees what the other committed. That the result is right is the business
//! of validation at commit, which also knows of other processes.
//!
//! Modes carry the names that Redshift shows ("Managing concurrent write operations", STV_LOCKS,
//! SVV_TRANSACTIONS). Reading never waits except for an explicit LOCK: everybody reads a snapshot.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    error::{Error, Result, SqlState},
    storage::metadata::RelationId,
};

/// What a transaction wants to do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// SELECT, UNLOAD.
    Read,
    /// INSERT, COPY: any number of transactions append together.
    Append,
    /// UPDATE, DELETE, MERGE, VACUUM.
    Write,
    /// ALTER, DROP, TRUNCATE.
    Define,
    /// LOCK.
    Exclusive,
}

impl LockMode {
    /// The name that Redshift shows.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::Read => "AccessShareLock",
            LockMode::Append => "RowExclusiveLock",
            LockMode::Write => "ShareRowExclusiveLock",
            LockMode::Define | LockMode::Exclusive => "AccessExclusiveLock",
        }
    }

    /// Whether two transactions cannot hold these modes at the same time.
    pub fn conflicts_with(self, other: LockMode) -> bool {
        use LockMode::{Append, Exclusive, Read};
        match (self.min(other), self.max(other)) {
            (_, Exclusive) => true,
            (Read, _) | (Append, Append) => false,
            _ => true,
        }
    }
}

/// A transaction, as the lock manager knows it.
pub type LockOwner = u64;

/// A lock that is held or waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockInfo {
    /// The table.
    pub table: RelationId,
    /// The mode.
    pub mode: LockMode,
    /// Held, or waited for.
    pub granted: bool,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The locks of one process.
#[derive(Debug, Default)]
pub struct LockManager {
    state: Mutex<State>,
    /// Told whenever a lock goes.
    released: Notify,
}

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<RelationId, Vec<Entry>>,
    arrivals: u64,
}

#[derive(Debug)]
struct Entry {
    owner: LockOwner,
    arrival: u64,
    lock: LockInfo,
}

impl State {
    /// Who keeps `entry` from being granted: holders, and those who asked earlier. Whoever holds
    /// a lock already does not queue behind those who wait for it.
    fn blockers(&self, entry: &Entry) -> BTreeSet<LockOwner> {
        let entries = self.tables.get(&entry.lock.table).map_or(&[][..], Vec::as_slice);
        let holds = entries.iter().any(|e| e.owner == entry.owner && e.lock.granted);
        let blocks = |e: &&Entry| {
            e.owner != entry.owner
                && e.lock.mode.conflicts_with(entry.lock.mode)
                && (e.lock.granted || (!holds && e.arrival < entry.arrival))
        };
        entries.iter().filter(blocks).map(|e| e.owner).collect()
    }

    fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.tables.values().flatten().filter(|e| !e.lock.granted)
    }

    /// Whether `owner` waits, through others, for itself.
    fn is_deadlocked(&self, owner: LockOwner) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![owner];
        while let Some(current) = open.pop() {
            for next in self.waiting().filter(|e| e.owner == current).flat_map(|e| self.blockers(e)) {
                if next == owner {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    fn remove(&mut self, table: RelationId, arrival: u64) {
        if let Some(entries) = self.tables.get_mut(&table) {
            entries.retain(|e| e.arrival != arrival);
            if entries.is_empty() {
                self.tables.remove(&table);
            }
        }
    }

    /// Grants the request if nobody is in its way.
    fn try_grant(&mut self, table: RelationId, arrival: u64) -> Result<bool> {
        let found = self.tables.get(&table).and_then(|entries| entries.iter().find(|e| e.arrival == arrival));
        let entry = found.ok_or_else(|| Error::internal("lock request is gone"))?;
        if !self.blockers(entry).is_empty() {
            if self.is_deadlocked(entry.owner) {
                return Err(Error::new(SqlState::DEADLOCK_DETECTED, "deadlock detected")
                    .with_detail("Transactions wait for each other's table locks.")
                    .with_hint("Lock tables in the same order in all transactions, and run this one again."));
            }
            return Ok(false);
        }
        for entry in self.tables.get_mut(&table).into_iter().flatten().filter(|e| e.arrival == arrival) {
            entry.lock.granted = true;
        }
        Ok(true)
    }
}

impl LockManager {
    /// Takes a lock; waits until it is free. It stays until [`LockManager::release`]. Says whether it waited.
    ///
    /// Errors: 40P01 when the owner would wait for itself.
    pub async fn acquire(self: &Arc<Self>, owner: LockOwner, table: RelationId, mode: LockMode) -> Result<bool> {
        let Some(mut request) = self.enter(owner, table, mode) else { return Ok(false) };
        let mut has_waited = false;
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            // From here on no release is missed.
            released.as_mut().enable();
            if self.state.lock().try_grant(table, request.arrival)? {
                request.granted = true;
                return Ok(has_waited);
            }
            has_waited = true;
            released.await;
        }
    }

    /// Takes a lock if it is free now.
    pub fn try_acquire(self: &Arc<Self>, owner: LockOwner, table: RelationId, mode: LockMode) -> bool {
        let Some(mut request) = self.enter(owner, table, mode) else { return true };
        request.granted = matches!(self.state.lock().try_grant(table, request.arrival), Ok(true));
        request.granted
    }

    /// A new request; None when the owner has such a lock already.
    fn enter(self: &Arc<Self>, owner: LockOwner, table: RelationId, mode: LockMode) -> Option<Request> {
        let mut state = self.state.lock();
        let entries = state.tables.entry(table).or_default();
        if entries.iter().any(|e| e.owner == owner && e.lock.granted && e.lock.mode >= mode) {
            return None;
        }
        state.arrivals += 1;
        let arrival = state.arrivals;
        let lock = LockInfo { table, mode, granted: false, since: Utc::now() };
        state.tables.entry(table).or_default().push(Entry { owner, arrival, lock });
        Some(Request { manager: Arc::clone(self), table, arrival, granted: false })
    }

    /// Gives all locks of a transaction back.
    pub fn release(&self, owner: LockOwner) {
        let mut state = self.state.lock();
        let before: usize = state.tables.values().map(Vec::len).sum();
        state.tables.retain(|_, entries| {
            entries.retain(|e| e.owner != owner);
            !entries.is_empty()
        });
        let after: usize = state.tables.values().map(Vec::len).sum();
        drop(state);
        if after < before {
            self.released.notify_waiters();
        }
    }

    /// Whether somebody holds or wants a table for himself alone (LOCK): only then reading can wait.
    pub fn has_exclusive(&self) -> bool {
        self.state.lock().tables.values().flatten().any(|e| e.lock.mode == LockMode::Exclusive)
    }

    /// All locks with their owners, held and waited for.
    pub fn locks(&self) -> Vec<(LockOwner, LockInfo)> {
        self.state.lock().tables.values().flatten().map(|e| (e.owner, e.lock.clone())).collect()
    }
}

/// A request that is taken back when its future is dropped before it is granted.
struct Request {
    manager: Arc<LockManager>,
    table: RelationId,
    arrival: u64,
    granted: bool,
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.granted {
            self.manager.state.lock().remove(self.table, self.arrival);
            self.manager.released.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: RelationId = RelationId(1);
    const U: RelationId = RelationId(2);

    #[test]
    fn modes_conflict_as_said() {
        use LockMode::{Append, Define, Exclusive, Read, Write};
        let all = [Read, Append, Write, Define, Exclusive];
        let together = [(Read, Read), (Read, Append), (Read, Write), (Read, Define), (Append, Append)];
        for a in all {
            for b in all {
                let expected = !together.contains(&(a, b)) && !together.contains(&(b, a));
                assert_eq!(a.conflicts_with(b), expected, "{a:?} {b:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_lock_is_waited_for_in_turn() {
        let manager = Arc::new(LockManager::default());
        manager.acquire(1, T, LockMode::Append).await.unwrap();
        assert!(manager.try_acquire(2, T, LockMode::Append));
        assert!(!manager.try_acquire(3, T, LockMode::Write));
        let waiting = tokio::spawn({
            let manager = Arc::clone(&manager);
            async move { manager.acquire(3, T, LockMode::Write).await }
        });
        while manager.locks().len() < 3 {
            tokio::task::yield_now().await;
        }
        assert!(!manager.try_acquire(4, T, LockMode::Append), "queues behind the one who waits");
        assert!(manager.try_acquire(1, T, LockMode::Append), "has it already");
        manager.release(1);
        manager.release(2);
        waiting.await.unwrap().unwrap();
        manager.release(3);
        assert!(manager.locks().is_empty());
    }

    #[tokio::test]
    async fn whoever_closes_a_circle_is_refused() {
        let manager = Arc::new(LockManager::default());
        manager.acquire(1, T, LockMode::Write).await.unwrap();
        manager.acquire(2, U, LockMode::Write).await.unwrap();
        let first = tokio::spawn({
            let manager = Arc::clone(&manager);
            async move { manager.acquire(1, U, LockMode::Write).await }
        });
        while manager.locks().len() < 3 {
            tokio::task::yield_now().await;
        }
        let error = manager.acquire(2, T, LockMode::Write).await.unwrap_err();
        assert_eq!(error.state(), SqlState::DEADLOCK_DETECTED);
        manager.release(2);
        first.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_leaves_the_queue() {
        let manager = Arc::new(LockManager::default());
        manager.acquire(1, T, LockMode::Exclusive).await.unwrap();
        {
            let request = manager.acquire(2, T, LockMode::Read);
            tokio::pin!(request);
            assert!(futures::poll!(request.as_mut()).is_pending());
            assert_eq!(manager.locks().len(), 2);
        }
        assert_eq!(manager.locks().len(), 1);
    }
}
