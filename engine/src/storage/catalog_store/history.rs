//! What commits see of others: their changes, and the history of what transactions read and wrote.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;

use super::{Action, Change, CommitView, CommittedChange, Object, TransactionRecord, load, sqlite::sqlite_error};
use crate::{
    error::{Error, Result},
    storage::metadata::{RelationId, SchemaId, SnapshotId, TableSnapshot},
};

/// So many transactions are remembered; one that is older than all of them cannot be serialised.
const HISTORY_ROWS_MAX: i64 = 20_000;
/// Old ones are removed when so many more are there.
const HISTORY_ROWS_SLACK: i64 = 1_000;
/// The key of the newest state that the history does not reach back to.
const HORIZON_KEY: &str = "transaction_horizon";

/// The catalog as a commit sees it.
pub(super) struct View<'a>(pub(super) &'a Transaction<'a>);

impl CommitView for View<'_> {
    fn committed_since(&self, base: SnapshotId) -> Result<Vec<CommittedChange>> {
        committed_since(self.0, base)
    }

    fn segments_are_untouched(&self, change: &Change<TableSnapshot>) -> Result<bool> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return Ok(false) };
        let sql = "SELECT d.delete_file_id FROM ducklake_data_file f LEFT JOIN ducklake_delete_file d
            ON d.data_file_id = f.data_file_id AND d.end_snapshot IS NULL
            WHERE f.data_file_id = ?1 AND f.end_snapshot IS NULL";
        let kept: std::collections::HashMap<_, _> = after.segments.iter().map(|s| (s.id, s)).collect();
        for segment in &before.segments {
            if kept.get(&segment.id).is_some_and(|k| k.deletes == segment.deletes) {
                continue;
            }
            let mut statement = self.0.prepare_cached(sql).map_err(sqlite_error)?;
            let now: Option<Option<i64>> =
                statement.query_row([segment.id.0], |row| row.get(0)).optional().map_err(sqlite_error)?;
            if now != Some(segment.deletes.as_ref().map(|d| d.id.0)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn record(&self, kind: &str, key: &str) -> Result<Option<Value>> {
        let sql = "SELECT value FROM rs_record WHERE end_snapshot IS NULL AND kind = ?1 AND key = ?2";
        let text: Option<String> =
            self.0.query_row(sql, [kind, key], |row| row.get(0)).optional().map_err(sqlite_error)?;
        text.map(|t| serde_json::from_str(&t).map_err(|e| Error::corrupted("catalog.sqlite", e))).transpose()
    }

    fn history(&self, base: SnapshotId) -> Result<Option<Vec<TransactionRecord>>> {
        let mut oldest = base;
        loop {
            if horizon(self.0)?.is_some_and(|horizon| oldest < horizon) {
                return Ok(None);
            }
            // Whoever can be reached by dependencies ended after the oldest state that somebody
            // on the way saw.
            let found = read_since(self.0, oldest)?;
            let reaches = found.iter().map(|r| r.base).min().unwrap_or(oldest).min(oldest);
            if reaches == oldest {
                return Ok(Some(found));
            }
            oldest = reaches;
        }
    }
}

fn horizon(transaction: &Transaction<'_>) -> Result<Option<SnapshotId>> {
    let sql = "SELECT CAST(value AS INTEGER) FROM rs_metadata WHERE key = ?1";
    let found = transaction.query_row(sql, [HORIZON_KEY], |row| row.get(0)).optional().map_err(sqlite_error)?;
    Ok(found.map(SnapshotId))
}

fn read_since(transaction: &Transaction<'_>, since: SnapshotId) -> Result<Vec<TransactionRecord>> {
    let sql = "SELECT xid, pid, base, snapshot_id, reads, writes FROM rs_transaction
        WHERE coalesce(snapshot_id, base) >= ?1 AND (snapshot_id IS NULL OR snapshot_id > ?1)";
    let mut statement = transaction.prepare_cached(sql).map_err(sqlite_error)?;
    let rows = statement.query_map([since.0], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i32>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, Option<i64>>(3)?,
            row.get::<_, String>(4)?,
            row.get::<_, String>(5)?,
        ))
    });
    let mut found = Vec::new();
    for row in rows.map_err(sqlite_error)? {
        let (xid, pid, base, commit, reads, writes) = row.map_err(sqlite_error)?;
        found.push(TransactionRecord {
            xid,
            pid,
            base: SnapshotId(base),
            commit: commit.map(SnapshotId),
            reads: parse(&reads)?,
            writes: parse(&writes)?,
        });
    }
    Ok(found)
}

fn parse(text: &str) -> Result<BTreeSet<RelationId>> {
    serde_json::from_str(text).map_err(|e| Error::corrupted("catalog.sqlite", e))
}

fn to_text(tables: &BTreeSet<RelationId>) -> Result<String> {
    serde_json::to_string(tables).map_err(|e| Error::internal(format!("catalog: {e}")))
}

/// Notes what a transaction read and wrote.
pub(super) fn write(transaction: &Transaction<'_>, record: &TransactionRecord) -> Result<()> {
    let sql = "INSERT INTO rs_transaction(snapshot_id, base, xid, pid, reads, writes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (reads, writes) = (to_text(&record.reads)?, to_text(&record.writes)?);
    let mut statement = transaction.prepare_cached(sql).map_err(sqlite_error)?;
    let commit = record.commit.map(|c| c.0);
    statement.execute(params![commit, record.base.0, record.xid, record.pid, reads, writes]).map_err(sqlite_error)?;
    let sequence = transaction.last_insert_rowid();
    if sequence % HISTORY_ROWS_SLACK == 0 && sequence > HISTORY_ROWS_MAX {
        forget(transaction, sequence - HISTORY_ROWS_MAX)?;
    }
    Ok(())
}

/// Forgets transactions up to `sequence`; what is older than they were is unknown from then on.
pub(super) fn forget(transaction: &Transaction<'_>, sequence: i64) -> Result<()> {
    let run = || {
        let sql = "INSERT OR REPLACE INTO rs_metadata SELECT ?1, max(newest) FROM (
                SELECT max(coalesce(snapshot_id, base)) AS newest FROM rs_transaction WHERE sequence <= ?2
                UNION ALL SELECT CAST(value AS INTEGER) FROM rs_metadata WHERE key = ?1)
            HAVING max(newest) IS NOT NULL";
        transaction.execute(sql, params![HORIZON_KEY, sequence])?;
        transaction.execute("DELETE FROM rs_transaction WHERE sequence <= ?1", [sequence])
    };
    run().map_err(sqlite_error)?;
    Ok(())
}

fn committed_since(transaction: &Transaction<'_>, base: SnapshotId) -> Result<Vec<CommittedChange>> {
    let mut found = Vec::new();
    if load::has_foreign_commits(transaction, base).map_err(sqlite_error)? {
        found.push(CommittedChange { object: Object::Anything, action: Action::Alter });
    }
    let mut read = || {
        let sql = "SELECT DISTINCT object, object_id, kind, key, action FROM rs_change WHERE snapshot_id > ?1";
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query([base.0])?;
        while let Some(row) = rows.next()? {
            let (object, id): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let object = match (object.as_str(), id) {
                ("schema", Some(id)) => Object::Schema(SchemaId(id)),
                ("relation", Some(id)) => Object::Relation(RelationId(id)),
                ("record", _) => Object::Record(row.get(2)?, row.get(3)?),
                _ => Object::Anything,
            };
            let action = Action::parse(&row.get::<_, String>(4)?).unwrap_or(Action::Alter);
            found.push(CommittedChange { object, action });
        }
        Ok(())
    };
    read().map_err(sqlite_error)?;
    Ok(found)
}
