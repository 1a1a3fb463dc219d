//! Forgetting old states: rows that no remaining state shows, and the files that only they name.

use rusqlite::{Transaction, params};

use super::{load, sqlite::sqlite_error};
use crate::{error::Result, storage::metadata::SnapshotId};

/// Tables whose rows go when they ended in or before the oldest remaining state. Ended columns of
/// live tables stay: their ids must never be given to other columns.
const ENDED: [&str; 9] = [
    "ducklake_table",
    "ducklake_view",
    "ducklake_schema",
    "ducklake_tag",
    "ducklake_column_tag",
    "rs_table",
    "rs_column",
    "rs_view",
    "rs_record",
];

/// Forgets the states before `keep`; gives the paths of files that are not named any more.
pub(super) fn expire(transaction: &Transaction<'_>, keep: SnapshotId) -> Result<Vec<String>> {
    let folders = load::table_folders(transaction)?;
    let run = || -> rusqlite::Result<Vec<(i64, String)>> {
        let mut files = Vec::new();
        for (table, id) in [("ducklake_data_file", "data_file_id"), ("ducklake_delete_file", "delete_file_id")] {
            let sql = format!("SELECT table_id, path FROM {table} WHERE end_snapshot <= ?1");
            let mut statement = transaction.prepare(&sql)?;
            let rows = statement.query_map([keep.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            files.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
            let ended = format!("SELECT {id} FROM {table} WHERE end_snapshot <= ?1");
            transaction.execute(&format!("DELETE FROM rs_file WHERE file_id IN ({ended})"), [keep.0])?;
            if table == "ducklake_data_file" {
                let sql = format!("DELETE FROM ducklake_file_column_stats WHERE data_file_id IN ({ended})");
                transaction.execute(&sql, [keep.0])?;
            }
            transaction.execute(&format!("DELETE FROM {table} WHERE end_snapshot <= ?1"), [keep.0])?;
        }
        for table in ENDED {
            transaction.execute(&format!("DELETE FROM {table} WHERE end_snapshot <= ?1"), [keep.0])?;
        }
        for table in
            ["ducklake_column", "ducklake_schema_versions", "ducklake_table_stats", "ducklake_table_column_stats"]
        {
            let sql = format!("DELETE FROM {table} WHERE table_id NOT IN (SELECT table_id FROM ducklake_table)");
            transaction.execute(&sql, [])?;
        }
        transaction.execute("DELETE FROM ducklake_snapshot WHERE snapshot_id < ?1", [keep.0])?;
        transaction.execute("DELETE FROM ducklake_snapshot_changes WHERE snapshot_id < ?1", params![keep.0])?;
        transaction.execute("DELETE FROM rs_change WHERE snapshot_id < ?1", [keep.0])?;
        Ok(files)
    };
    let files = run().map_err(sqlite_error)?;
    Ok(files.into_iter().filter_map(|(table, path)| Some(format!("{}{path}", folders.get(&table)?))).collect())
}
