//! Queries of the data catalog.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    model::{
        Bookmark, CatalogColumn, CatalogDatabase, CatalogTable, ManifestFile, Partition, TableContents, TableFormat,
        TableVersion,
    },
    sqlite_error,
};
use crate::{
    error::{Error, Result},
    glue::hive_type::HiveType,
    storage::checksum::Checksum,
};

fn wrap(error: rusqlite::Error) -> Error {
    sqlite_error("cannot read the data catalog", error)
}

/// Runs a query and maps its rows.
fn rows<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql).map_err(wrap)?;
    let found = statement.query_map(parameters, map).map_err(wrap)?;
    found.collect::<rusqlite::Result<Vec<T>>>().map_err(wrap)
}

pub(super) fn revision(connection: &Connection) -> Result<i64> {
    connection.query_row("select value from meta where key = 'revision'", [], |row| row.get(0)).map_err(wrap)
}

pub(super) fn databases(connection: &Connection) -> Result<Vec<CatalogDatabase>> {
    let sql = "select database_id, name, description, location, source, last_delivery_id from databases order by name";
    rows(connection, sql, [], |row| {
        Ok(CatalogDatabase {
            id: row.get(0)?,
            name: row.get(1)?,
            description: row.get(2)?,
            location: row.get(3)?,
            source: row.get(4)?,
            last_delivery_id: row.get(5)?,
        })
    })
}

pub(super) fn table_names(connection: &Connection, database: &str) -> Result<Vec<String>> {
    let sql = "select t.name from tables t join databases d using (database_id) where d.name = ?1 order by t.name";
    rows(connection, sql, [database], |row| row.get(0))
}

pub(super) fn contents(connection: &Connection, database: &str, name: &str) -> Result<Option<TableContents>> {
    let Some(table) = table(connection, database, name)? else { return Ok(None) };
    let partitions = partitions(connection, table.id)?;
    let files = files(connection, table.id)?;
    Ok(Some(TableContents { table, partitions, files }))
}

pub(super) fn table(connection: &Connection, database: &str, name: &str) -> Result<Option<CatalogTable>> {
    let sql = "select t.table_id, t.version, t.format, t.location, t.managed, t.needs_full_refresh
               from tables t join databases d using (database_id) where d.name = ?1 and t.name = ?2";
    let head = connection
        .query_row(sql, [database, name], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .optional()
        .map_err(wrap)?;
    let Some((id, version, format, location, managed, needs_full_refresh)) = head else { return Ok(None) };
    let (partition_keys, columns) = columns(connection, id, version)?.into_iter().partition::<Vec<_>, _>(|c| c.1);
    let parameters = rows(connection, "select key, value from table_parameters where table_id = ?1", [id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    Ok(Some(CatalogTable {
        id,
        database: database.to_owned(),
        name: name.to_owned(),
        version,
        columns: columns.into_iter().map(|c| c.0).collect(),
        partition_keys: partition_keys.into_iter().map(|c| c.0).collect(),
        format: TableFormat::parse(&format)?,
        location,
        managed,
        parameters: BTreeMap::from_iter(parameters),
        needs_full_refresh,
    }))
}

/// The columns of a version, each with whether it is a partition key.
fn columns(connection: &Connection, table_id: i64, version: i64) -> Result<Vec<(CatalogColumn, bool)>> {
    let sql = "select name, type, comment, all_null, is_partition_key from table_columns
               where table_id = ?1 and version = ?2 order by ordinal";
    let raw = rows(connection, sql, [table_id, version], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    raw.into_iter()
        .map(|(name, hive_type, comment, all_null, is_key)| {
            Ok((CatalogColumn { name, hive_type: HiveType::parse(&hive_type)?, comment, all_null }, is_key))
        })
        .collect()
}

fn partitions(connection: &Connection, table_id: i64) -> Result<Vec<Partition>> {
    let sql =
        "select partition_id, partition_values, location from partitions where table_id = ?1 order by partition_id";
    let raw = rows(connection, sql, [table_id], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
    raw.into_iter()
        .map(|(id, values, location)| {
            let values = serde_json::from_str(&values)
                .map_err(|e| Error::corrupted("glue.sqlite", format!("values of partition {id}: {e}")))?;
            Ok(Partition { id, values, location })
        })
        .collect()
}

const FILES: &str = "select f.file_id, f.partition_id, f.path, f.rows, f.bytes, o.key, f.checksum, f.blocks
    from files f left join objects o using (object_id)";

fn file(row: &Row<'_>) -> rusqlite::Result<ManifestFile> {
    let (whole, blocks): (Option<String>, Option<Vec<u8>>) = (row.get(6)?, row.get(7)?);
    Ok(ManifestFile {
        id: row.get(0)?,
        partition_id: row.get(1)?,
        path: row.get(2)?,
        rows: row.get::<_, i64>(3)?.unsigned_abs(),
        bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        source_object: row.get(5)?,
        checksum: whole.map(|whole| Arc::new(Checksum::new(whole, blocks.as_deref()))),
    })
}

fn files(connection: &Connection, table_id: i64) -> Result<Vec<ManifestFile>> {
    rows(connection, &format!("{FILES} where f.table_id = ?1 and f.kind = 'data' order by f.file_id"), [table_id], file)
}

pub(super) fn manifest(connection: &Connection) -> Result<Vec<ManifestFile>> {
    rows(connection, &format!("{FILES} order by f.file_id"), [], file)
}

/// What SQLite finds wrong with its file.
pub(super) fn integrity(connection: &Connection) -> Result<Vec<String>> {
    let lines: Vec<String> = rows(connection, "pragma integrity_check", [], |row| row.get(0))?;
    Ok(lines.into_iter().filter(|line| line != "ok").map(|line| format!("glue.sqlite: {line}")).collect())
}

pub(super) fn versions(connection: &Connection, table_id: i64) -> Result<Vec<TableVersion>> {
    let sql = "select version, created_us from table_versions where table_id = ?1 order by version";
    let raw = rows(connection, sql, [table_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    raw.into_iter()
        .map(|(version, created_us)| {
            let columns = columns(connection, table_id, version)?.into_iter().map(|c| c.0).collect();
            Ok(TableVersion { version, created_us, columns })
        })
        .collect()
}

pub(super) fn bookmarks(connection: &Connection, database: &str) -> Result<Vec<Bookmark>> {
    let sql = "select o.object_id, t.name, o.key, o.bytes, o.modified_ns, o.etag, o.content_hash, o.delivery_id,
                      o.rows, o.rejects
               from objects o join databases d on d.database_id = o.database_id
               left join tables t on t.table_id = o.table_id
               where d.name = ?1 order by o.key";
    rows(connection, sql, [database], |row| {
        Ok(Bookmark {
            id: row.get(0)?,
            table: row.get(1)?,
            key: row.get(2)?,
            bytes: row.get::<_, i64>(3)?.unsigned_abs(),
            modified_ns: row.get(4)?,
            etag: row.get(5)?,
            content_hash: row.get(6)?,
            delivery_id: row.get(7)?,
            rows: row.get::<_, i64>(8)?.unsigned_abs(),
            rejects: row.get::<_, i64>(9)?.unsigned_abs(),
        })
    })
}

pub(super) fn live_paths(connection: &Connection, dropped_after_us: i64) -> Result<HashSet<String>> {
    let sql = "select path from files union select path from dropped_files where dropped_us > ?1";
    Ok(rows(connection, sql, params![dropped_after_us], |row| row.get(0))?.into_iter().collect())
}

pub(super) fn has_dropped_files(connection: &Connection, dropped_before_us: i64) -> Result<bool> {
    let sql = "select exists (select 1 from dropped_files where dropped_us <= ?1)";
    connection.query_row(sql, [dropped_before_us], |row| row.get(0)).map_err(wrap)
}
