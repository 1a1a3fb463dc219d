//! What must always hold in the catalog, as queries that find the rows for which it does not.

use rusqlite::Transaction;

use super::{KnownFile, load, sqlite::sqlite_error};
use crate::{error::Result, storage::metadata::SnapshotId};

/// Each names the rows that break it.
const INVARIANTS: [(&str, &str); 14] = [
    (
        "two live schemas of one name",
        "SELECT schema_name FROM ducklake_schema WHERE end_snapshot IS NULL GROUP BY schema_name HAVING count(*) > 1",
    ),
    (
        "two live relations of one name",
        "SELECT schema_id || '.' || name FROM (
            SELECT schema_id, table_name AS name FROM ducklake_table WHERE end_snapshot IS NULL
            UNION ALL SELECT schema_id, view_name FROM ducklake_view WHERE end_snapshot IS NULL)
            GROUP BY schema_id, name HAVING count(*) > 1",
    ),
    (
        "a live relation in no live schema",
        "SELECT name FROM (
            SELECT schema_id, table_name AS name FROM ducklake_table WHERE end_snapshot IS NULL
            UNION ALL SELECT schema_id, view_name FROM ducklake_view WHERE end_snapshot IS NULL)
            WHERE schema_id NOT IN (SELECT schema_id FROM ducklake_schema WHERE end_snapshot IS NULL)",
    ),
    (
        "a table with two live rows",
        "SELECT table_id FROM ducklake_table WHERE end_snapshot IS NULL GROUP BY table_id HAVING count(*) > 1",
    ),
    (
        "a column with two live rows, or two of one name",
        "SELECT table_id || '.' || column_name FROM ducklake_column WHERE end_snapshot IS NULL
            GROUP BY table_id, column_name HAVING count(*) > 1
            UNION ALL SELECT table_id || '.' || column_id FROM ducklake_column WHERE end_snapshot IS NULL
            GROUP BY table_id, column_id HAVING count(*) > 1",
    ),
    (
        "a live column of no live table",
        "SELECT table_id || '.' || column_name FROM ducklake_column WHERE end_snapshot IS NULL
            AND table_id NOT IN (SELECT table_id FROM ducklake_table WHERE end_snapshot IS NULL)",
    ),
    (
        "a live table without columns",
        "SELECT table_name FROM ducklake_table WHERE end_snapshot IS NULL
            AND table_id NOT IN (SELECT table_id FROM ducklake_column WHERE end_snapshot IS NULL)",
    ),
    (
        "a live data file of no live table",
        "SELECT path FROM ducklake_data_file WHERE end_snapshot IS NULL
            AND table_id NOT IN (SELECT table_id FROM ducklake_table WHERE end_snapshot IS NULL)",
    ),
    (
        "a live delete file of no live data file",
        "SELECT d.path FROM ducklake_delete_file d WHERE d.end_snapshot IS NULL AND NOT EXISTS (
            SELECT 1 FROM ducklake_data_file f WHERE f.data_file_id = d.data_file_id AND f.end_snapshot IS NULL
            AND f.table_id = d.table_id)",
    ),
    (
        "a data file with two live delete files",
        "SELECT data_file_id FROM ducklake_delete_file WHERE end_snapshot IS NULL
            GROUP BY data_file_id HAVING count(*) > 1",
    ),
    (
        "a delete file with more rows than its data file",
        "SELECT d.path FROM ducklake_delete_file d JOIN ducklake_data_file f ON f.data_file_id = d.data_file_id
            WHERE d.delete_count > f.record_count",
    ),
    (
        "a path that two files have",
        "SELECT path FROM (SELECT table_id, path FROM ducklake_data_file
            UNION ALL SELECT table_id, path FROM ducklake_delete_file) GROUP BY table_id, path HAVING count(*) > 1",
    ),
    (
        "an id that is to be given out again",
        "SELECT 'catalog' FROM (SELECT next_catalog_id AS next FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1)
            WHERE next <= (SELECT coalesce(max(id), 0) FROM (SELECT max(table_id) AS id FROM ducklake_table
                UNION ALL SELECT max(view_id) FROM ducklake_view UNION ALL SELECT max(schema_id) FROM ducklake_schema))
            UNION ALL
            SELECT 'file' FROM (SELECT next_file_id AS next FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1)
            WHERE next <= (SELECT coalesce(max(id), -1) FROM (SELECT max(data_file_id) AS id FROM ducklake_data_file
                UNION ALL SELECT max(delete_file_id) FROM ducklake_delete_file))",
    ),
    (
        "a row that ends before it begins, or in a state that is not there",
        "SELECT 'table ' || table_id FROM ducklake_table WHERE end_snapshot <= begin_snapshot
            OR begin_snapshot > (SELECT max(snapshot_id) FROM ducklake_snapshot)
            UNION ALL SELECT path FROM ducklake_data_file WHERE end_snapshot <= begin_snapshot
            OR begin_snapshot > (SELECT max(snapshot_id) FROM ducklake_snapshot)
            UNION ALL SELECT path FROM ducklake_delete_file WHERE end_snapshot <= begin_snapshot
            OR begin_snapshot > (SELECT max(snapshot_id) FROM ducklake_snapshot)",
    ),
];

/// How many invariants are checked.
pub(super) const INVARIANT_COUNT: usize = INVARIANTS.len() + 1;

/// What is wrong in the catalog, a line each.
pub(super) fn problems(transaction: &Transaction<'_>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let run = |sql: &str| -> rusqlite::Result<Vec<String>> {
        let mut statement = transaction.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => other.as_str().map(str::to_owned).unwrap_or_default(),
            })
        })?;
        rows.collect()
    };
    for line in run("PRAGMA integrity_check").map_err(sqlite_error)? {
        if line != "ok" {
            found.push(format!("catalog.sqlite: {line}"));
        }
    }
    for (what, sql) in INVARIANTS {
        found.extend(run(sql).map_err(sqlite_error)?.into_iter().map(|row| format!("catalog.sqlite: {what}: {row}")));
    }
    Ok(found)
}

/// All files that any state names, with the rows that they must have.
pub(super) fn known_files(transaction: &Transaction<'_>) -> Result<Vec<KnownFile>> {
    let folders = load::table_folders(transaction)?;
    let sql = "SELECT f.table_id, f.path, f.record_count, f.file_size_bytes, r.checksum, f.end_snapshot, NULL
        FROM ducklake_data_file f LEFT JOIN rs_file r ON r.file_id = f.data_file_id
        UNION ALL SELECT d.table_id, d.path, d.delete_count, d.file_size_bytes, r.checksum, d.end_snapshot, f.record_count
        FROM ducklake_delete_file d LEFT JOIN rs_file r ON r.file_id = d.delete_file_id
        LEFT JOIN ducklake_data_file f ON f.data_file_id = d.data_file_id";
    let read = || -> rusqlite::Result<Vec<(i64, KnownFile)>> {
        let mut statement = transaction.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let file = KnownFile {
                path: row.get(1)?,
                row_count: row.get::<_, i64>(2)?.unsigned_abs(),
                size_bytes: row.get::<_, i64>(3)?.unsigned_abs(),
                checksum: row.get(4)?,
                ended: row.get::<_, Option<i64>>(5)?.map(SnapshotId),
                deletes_from_rows: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
            };
            Ok((row.get(0)?, file))
        })?;
        rows.collect()
    };
    let mut files = Vec::new();
    for (table, mut file) in read().map_err(sqlite_error)? {
        if let Some(folder) = folders.get(&table) {
            file.path.insert_str(0, folder);
            files.push(file);
        }
    }
    Ok(files)
}
