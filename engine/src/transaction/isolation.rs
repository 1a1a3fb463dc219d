//! Isolation levels of a database, and what SERIALIZABLE adds to SNAPSHOT.
//!
//! Both levels validate writes against writes (`conflict`). SERIALIZABLE also looks at reads:
//! transactions and their dependencies, table by table, form a graph, and the transaction whose
//! commit would close a circle fails ("Isolation levels in Amazon Redshift").
//!
//! A depends on B (A → B: A comes before B in any serial order) when B wrote what A had read
//! before that write (read-write), or when B read what A had written (write-read). Appends of two
//! transactions do not depend on each other. Whoever deletes, changes or defines a table has read
//! it, so that dependencies between writers are among these two.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::snapshot::CatalogSnapshot;
use crate::{
    error::{Error, Result, SqlState},
    storage::{
        catalog_store::TransactionRecord,
        metadata::{RelationId, SnapshotId},
    },
};

/// Kind of the record that holds a database's level; the key is the database's name.
pub const ISOLATION_RECORD: &str = "isolation_level";

/// The isolation level of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IsolationLevel {
    /// Conflicting writes fail; write skew is possible.
    #[default]
    Snapshot,
    /// Transactions behave as if they ran one after the other.
    Serializable,
}

impl IsolationLevel {
    /// The level that a record says; SNAPSHOT when there is none.
    pub fn from_record(value: Option<&Value>) -> Self {
        match value.and_then(Value::as_str) {
            Some("serializable") => IsolationLevel::Serializable,
            _ => IsolationLevel::Snapshot,
        }
    }

    /// The value of the record.
    pub fn to_record(self) -> Value {
        Value::from(self.name().to_lowercase())
    }

    /// The level's name, as STV_DB_ISOLATION_LEVEL shows it (`Snapshot` and `Serializable`).
    pub fn name(self) -> &'static str {
        match self {
            IsolationLevel::Snapshot => "Snapshot",
            IsolationLevel::Serializable => "Serializable",
        }
    }
}

/// The isolation level of a database in some state of the catalog.
pub fn isolation_level(snapshot: &CatalogSnapshot, database: &str) -> IsolationLevel {
    IsolationLevel::from_record(snapshot.record(ISOLATION_RECORD, database).map(AsRef::as_ref))
}

/// The transactions on a circle that `candidate` would close, itself last; None when there is none.
pub(super) fn find_cycle(candidate: &TransactionRecord, history: &[TransactionRecord]) -> Option<Vec<i64>> {
    // Depth first from the candidate along dependencies, until one leads back.
    let mut came_from: HashMap<usize, Option<usize>> = HashMap::new();
    let mut open: Vec<usize> = Vec::new();
    for (index, other) in history.iter().enumerate() {
        if precedes(candidate, other) {
            came_from.insert(index, None);
            open.push(index);
        }
    }
    while let Some(current) = open.pop() {
        if precedes(&history[current], candidate) {
            let mut cycle = vec![candidate.xid];
            let mut step = Some(current);
            while let Some(index) = step {
                cycle.push(history[index].xid);
                step = came_from.get(&index).copied().flatten();
            }
            cycle.reverse();
            return Some(cycle);
        }
        for (index, other) in history.iter().enumerate() {
            if index != current && !came_from.contains_key(&index) && precedes(&history[current], other) {
                came_from.insert(index, Some(current));
                open.push(index);
            }
        }
    }
    None
}

/// Whether `a` has to come before `b` in every serial order.
fn precedes(a: &TransactionRecord, b: &TransactionRecord) -> bool {
    // A transaction without a commit yet commits after all others.
    let is_before = |commit: Option<SnapshotId>, base: SnapshotId| commit.is_some_and(|c| c <= base);
    let read_write = !b.writes.is_empty() && !is_before(b.commit, a.base) && meet(&a.reads, &b.writes);
    let write_read = !a.writes.is_empty() && is_before(a.commit, b.base) && meet(&a.writes, &b.reads);
    read_write || write_read
}

fn meet(a: &BTreeSet<RelationId>, b: &BTreeSet<RelationId>) -> bool {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().any(|id| many.contains(id))
}

/// Fails when `candidate` would close a circle of dependencies. Without a complete history nothing
/// is known, and that fails, too.
pub(super) fn check(candidate: &TransactionRecord, history: Option<&[TransactionRecord]>) -> Result<()> {
    let Some(history) = history else {
        return Err(Error::new(SqlState::SERIALIZATION_FAILURE, "1023")
            .with_detail("The transaction is older than what is known of others that ran beside it")
            .with_hint("Run the transaction again."));
    };
    let Some(cycle) = find_cycle(candidate, history) else { return Ok(()) };
    // The table by which the circle was noticed: one that the candidate read and another wrote.
    let others = || history.iter().filter(|h| cycle.contains(&h.xid));
    let table = candidate
        .reads
        .iter()
        .find(|id| others().any(|o| o.writes.contains(id) && o.commit.is_some_and(|c| c > candidate.base)))
        .or_else(|| candidate.reads.iter().chain(&candidate.writes).next());
    let table = table.map_or_else(String::new, ToString::to_string);
    let xids: Vec<String> = cycle.iter().map(ToString::to_string).collect();
    Err(Error::serialization_failure(format!(
        "{table}, transactions forming the cycle are: {} (pid:{})",
        xids.join(", "),
        candidate.pid
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(xid: i64, base: i64, commit: Option<i64>, reads: &[i64], writes: &[i64]) -> TransactionRecord {
        TransactionRecord {
            xid,
            pid: 7,
            base: SnapshotId(base),
            commit: commit.map(SnapshotId),
            reads: reads.iter().map(|id| RelationId(*id)).collect(),
            writes: writes.iter().map(|id| RelationId(*id)).collect(),
        }
    }

    #[test]
    fn write_skew_is_a_circle() {
        let first = transaction(1, 10, Some(11), &[100], &[200]);
        let second = transaction(2, 10, None, &[200], &[100]);
        assert_eq!(find_cycle(&second, std::slice::from_ref(&first)), Some(vec![1, 2]));
        let error = check(&second, Some(&[first])).unwrap_err();
        assert_eq!(error.message(), "1023");
        let detail =
            "Serializable isolation violation on table - 200, transactions forming the cycle are: 1, 2 (pid:7)";
        assert_eq!(error.detail(), Some(detail));
    }

    #[test]
    fn one_dependency_is_an_order() {
        // The first reads what the second writes, and nothing leads back.
        let first = transaction(1, 10, None, &[100], &[200]);
        let second = transaction(2, 10, Some(11), &[], &[100]);
        assert_eq!(find_cycle(&first, &[second]), None);
        // Appends to one table commute.
        let append = transaction(3, 10, Some(11), &[], &[100]);
        assert_eq!(find_cycle(&transaction(4, 10, None, &[], &[100]), &[append]), None);
        // Reading what was committed before is an order, too.
        let earlier = transaction(5, 5, Some(6), &[100], &[100]);
        assert_eq!(find_cycle(&transaction(6, 10, None, &[100], &[100]), &[earlier]), None);
    }

    #[test]
    fn a_reader_can_close_a_circle() {
        // 1 read table 100 before 2 wrote it; 3 saw what 2 wrote, and not what 1 wrote.
        let second = transaction(2, 10, Some(11), &[], &[100]);
        let reader = transaction(3, 11, None, &[100, 200], &[]);
        let first = transaction(1, 10, None, &[100], &[200]);
        assert_eq!(find_cycle(&first, std::slice::from_ref(&second)), None);
        assert!(find_cycle(&first, &[second.clone(), reader.clone()]).is_some(), "when the reader ended before");
        let committed = transaction(1, 10, Some(12), &[100], &[200]);
        assert!(find_cycle(&reader, &[second, committed]).is_some(), "when it ends after");
    }

    #[test]
    fn without_history_nothing_commits() {
        assert!(check(&transaction(1, 1, None, &[1], &[]), None).is_err());
        assert!(check(&transaction(1, 1, None, &[1], &[]), Some(&[])).is_ok());
    }
}
