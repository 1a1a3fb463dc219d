//! A digest of the catalog's live rows, so that damage to the catalog is noticed.
//!
//! SQLite notices damage to its structure, not to the values in it: a flipped bit in a file's path
//! or bounds would give wrong rows. So every commit keeps a sum of hashes over all live rows, by
//! adding what it began and subtracting what it ended, and opening a warehouse computes it anew.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, types::ValueRef};

use super::{ChangeSet, sqlite::sqlite_error};
use crate::{
    error::{Error, Result},
    storage::metadata::SnapshotId,
};

/// The key of the digest; its value is `SNAPSHOT:HEX`.
const DIGEST_KEY: &str = "digest";
/// The one column that is not part of a live row.
const END_COLUMN: &str = "end_snapshot";

/// What the rows of a table belong to, which says how those of one commit are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// All rows: there are few, and they are changed in place.
    Everything,
    /// A relation, by this column.
    Relation(&'static str),
    /// Records.
    Records,
}

/// The live rows: a query whose rows have `begin_snapshot` and `end_snapshot` by the alias `v`.
const SOURCES: [(&str, &str, Owner); 13] = [
    ("schema", "SELECT v.* FROM ducklake_schema v", Owner::Everything),
    ("table", "SELECT v.* FROM ducklake_table v", Owner::Relation("table_id")),
    ("column", "SELECT v.* FROM ducklake_column v", Owner::Relation("table_id")),
    ("column_tag", "SELECT v.* FROM ducklake_column_tag v", Owner::Relation("table_id")),
    ("tag", "SELECT v.* FROM ducklake_tag v", Owner::Relation("object_id")),
    ("view", "SELECT v.* FROM ducklake_view v", Owner::Relation("view_id")),
    ("rs_table", "SELECT v.* FROM rs_table v", Owner::Relation("table_id")),
    ("rs_column", "SELECT v.* FROM rs_column v", Owner::Relation("table_id")),
    ("rs_view", "SELECT v.* FROM rs_view v", Owner::Relation("view_id")),
    ("rs_record", "SELECT v.* FROM rs_record v", Owner::Records),
    (
        "data_file",
        "SELECT v.*, r.checksum, r.blocks, r.sorted_by, r.slices FROM ducklake_data_file v
            LEFT JOIN rs_file r ON r.file_id = v.data_file_id",
        Owner::Relation("table_id"),
    ),
    (
        "statistics",
        "SELECT s.* FROM ducklake_data_file v JOIN ducklake_file_column_stats s ON s.data_file_id = v.data_file_id",
        Owner::Relation("table_id"),
    ),
    (
        "delete_file",
        "SELECT v.*, r.checksum, r.blocks FROM ducklake_delete_file v
            LEFT JOIN rs_file r ON r.file_id = v.delete_file_id",
        Owner::Relation("table_id"),
    ),
];

/// The digest of all live rows.
fn of_everything(transaction: &Transaction<'_>) -> Result<u64> {
    let live = |(name, sql, _): &(&str, &str, Owner)| {
        sum(transaction, name, &format!("{sql} WHERE v.end_snapshot IS NULL"), [])
    };
    SOURCES.iter().try_fold(0_u64, |total, source| Ok(total.wrapping_add(live(source)?)))
}

fn sum<P: rusqlite::Params>(transaction: &Transaction<'_>, name: &str, sql: &str, params: P) -> Result<u64> {
    let run = || -> rusqlite::Result<u64> {
        let mut statement = transaction.prepare_cached(sql)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query(params)?;
        let mut total = 0_u64;
        while let Some(row) = rows.next()? {
            total = total.wrapping_add(hash(name, &columns, row)?);
        }
        Ok(total)
    };
    run().map_err(sqlite_error)
}

fn hash(name: &str, columns: &[String], row: &Row<'_>) -> rusqlite::Result<u64> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(0, name.as_bytes());
    for (index, column) in columns.iter().enumerate() {
        if column == END_COLUMN {
            continue;
        }
        match row.get_ref(index)? {
            ValueRef::Null => add(1, &[]),
            ValueRef::Integer(value) => add(2, &value.to_le_bytes()),
            ValueRef::Real(value) => add(3, &value.to_le_bytes()),
            ValueRef::Text(text) => add(4, text),
            ValueRef::Blob(bytes) => add(5, bytes),
        }
    }
    let hash = hasher.finalize();
    Ok(hash.as_bytes()[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn stored(transaction: &Transaction<'_>) -> Result<Option<(SnapshotId, u64)>> {
    let sql = "SELECT value FROM rs_metadata WHERE key = ?1";
    let text: Option<String> =
        transaction.query_row(sql, [DIGEST_KEY], |row| row.get(0)).optional().map_err(sqlite_error)?;
    let Some(text) = text else { return Ok(None) };
    let parse = |text: &str| {
        let (snapshot, digest) = text.split_once(':')?;
        Some((SnapshotId(snapshot.parse().ok()?), u64::from_str_radix(digest, 16).ok()?))
    };
    parse(&text).map(Some).ok_or_else(|| damaged("its digest cannot be read"))
}

fn store(transaction: &Transaction<'_>, snapshot: SnapshotId, digest: u64) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO rs_metadata VALUES (?1, ?2)";
    transaction.execute(sql, [DIGEST_KEY, &format!("{snapshot}:{digest:016x}")]).map_err(sqlite_error)?;
    Ok(())
}

fn damaged(why: &str) -> Error {
    Error::corrupted("catalog.sqlite", why)
        .with_hint("Restore the warehouse from a snapshot; `blueshift verify` tells what else is damaged.")
}

/// Compares the live rows with the digest. Nothing is known of states that another program made.
///
/// Errors: XX001.
pub(super) fn check(transaction: &Transaction<'_>, latest: SnapshotId) -> Result<()> {
    match stored(transaction)? {
        Some((snapshot, _)) if snapshot > latest => Err(damaged("it has lost commits")),
        Some((snapshot, digest)) if snapshot == latest && of_everything(transaction)? != digest => {
            Err(damaged("its contents are not those that were committed"))
        }
        _ => Ok(()),
    }
}

/// The digest in the making of one commit.
pub(super) struct Update {
    /// The digest before, without the rows that are summed up as a whole; None: it is not known.
    before: Option<u64>,
}

/// To be called before a commit's changes; `latest` is the state before it.
pub(super) fn begin(transaction: &Transaction<'_>, latest: SnapshotId) -> Result<Update> {
    let before = match stored(transaction)? {
        Some((snapshot, digest)) if snapshot == latest => Some(digest.wrapping_sub(of_schemas(transaction)?)),
        _ => None,
    };
    Ok(Update { before })
}

fn of_schemas(transaction: &Transaction<'_>) -> Result<u64> {
    let (name, sql, _) = SOURCES[0];
    sum(transaction, name, &format!("{sql} WHERE v.end_snapshot IS NULL"), [])
}

impl Update {
    /// To be called after the changes, which made the state `snapshot`.
    pub(super) fn finish(self, transaction: &Transaction<'_>, snapshot: SnapshotId, changes: &ChangeSet) -> Result<()> {
        let Some(before) = self.before else {
            return store(transaction, snapshot, of_everything(transaction)?);
        };
        let mut digest = before.wrapping_add(of_schemas(transaction)?);
        let relations = serde_json::to_string(&touched(changes)).map_err(Error::internal)?;
        for (name, sql, owner) in SOURCES {
            let scope = match owner {
                Owner::Everything => continue,
                Owner::Records if changes.records.is_empty() => continue,
                Owner::Records => "?2 = ?2".to_owned(),
                Owner::Relation(column) => format!("v.{column} IN (SELECT value FROM json_each(?2))"),
            };
            let begun = format!("{sql} WHERE {scope} AND v.begin_snapshot = ?1 AND v.end_snapshot IS NULL");
            let ended = format!("{sql} WHERE {scope} AND v.end_snapshot = ?1 AND v.begin_snapshot < ?1");
            digest = digest.wrapping_add(sum(transaction, name, &begun, rusqlite::params![snapshot.0, relations])?);
            digest = digest.wrapping_sub(sum(transaction, name, &ended, rusqlite::params![snapshot.0, relations])?);
        }
        store(transaction, snapshot, digest)
    }
}

/// Ids of everything that a commit touches; comments of schemas go by the schema's id.
fn touched(changes: &ChangeSet) -> BTreeSet<i64> {
    let tables = changes.tables.iter().filter_map(|c| c.after.as_ref().or(c.before.as_ref())).map(|t| t.id.0);
    let views = changes.views.iter().filter_map(|c| c.after.as_ref().or(c.before.as_ref())).map(|v| v.id.0);
    let schemas = changes.schemas.iter().filter_map(|c| c.after.as_ref().or(c.before.as_ref())).map(|s| s.id.0);
    tables.chain(views).chain(schemas).collect()
}
