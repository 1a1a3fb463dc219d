//! Changes of the data catalog: every method runs inside the transaction of one
//! [`DataCatalog::update`](super::DataCatalog::update).

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    model::{CatalogColumn, CatalogTable, TableInput},
    now_us, read, sqlite_error,
};
use crate::{
    config::COLUMNS_MAX,
    error::{Error, Result, SqlState},
    storage::checksum::Checksum,
};

/// A file to add to the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path relative to the lake folder.
    pub path: String,
    /// Rows in it.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// A reject file, not data.
    pub is_reject: bool,
    /// What its bytes are.
    pub checksum: Arc<Checksum>,
}

/// A bookmark to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBookmark {
    /// The table its rows went to.
    pub table_id: Option<i64>,
    /// The object's key, relative to the source.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its last modification, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// The store's ETag.
    pub etag: Option<String>,
    /// Hash of its content.
    pub content_hash: Option<String>,
    /// The delivery that loaded it.
    pub delivery_id: i64,
    /// Rows loaded.
    pub rows: u64,
    /// Rows rejected.
    pub rejects: u64,
}

/// The open transaction of an update.
pub struct CatalogChange<'a> {
    connection: &'a Connection,
    now_us: i64,
}

fn wrap(error: rusqlite::Error) -> Error {
    sqlite_error("cannot change the data catalog", error)
}

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl<'a> CatalogChange<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        CatalogChange { connection, now_us: now_us() }
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize> {
        self.connection.prepare_cached(sql).map_err(wrap)?.execute(parameters).map_err(wrap)
    }

    fn id(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<i64>> {
        self.connection.query_row(sql, parameters, |row| row.get(0)).optional().map_err(wrap)
    }

    /// Id of the database, if there is one.
    pub fn database_id(&self, name: &str) -> Result<Option<i64>> {
        self.id("select database_id from databases where name = ?1", [name.to_ascii_lowercase()])
    }

    /// Id of the database; an error when there is none.
    pub fn require_database(&self, name: &str) -> Result<i64> {
        self.database_id(name)?.ok_or_else(|| Error::undefined_database(name))
    }

    /// Creates a database.
    pub fn create_database(&self, name: &str) -> Result<i64> {
        let sql = "insert into databases (name, created_us) values (?1, ?2)";
        self.execute(sql, params![name.to_ascii_lowercase(), self.now_us])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Drops a database with all its tables.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        let id = self.require_database(name)?;
        let tables = "select t.table_id from tables t where t.database_id = ?1";
        let mut statement = self.connection.prepare(tables).map_err(wrap)?;
        let ids: Vec<i64> = statement.query_map([id], |row| row.get(0)).and_then(Iterator::collect).map_err(wrap)?;
        for table_id in ids {
            self.drop_table(table_id)?;
        }
        self.execute("delete from databases where database_id = ?1", [id])?;
        Ok(())
    }

    /// Remembers where the database's job takes its raw objects from.
    pub fn set_source(&self, database_id: i64, source: &str) -> Result<()> {
        self.execute("update databases set source = ?2 where database_id = ?1", params![database_id, source])?;
        Ok(())
    }

    /// The number of the next delivery, counted up.
    pub fn next_delivery_id(&self, database_id: i64) -> Result<i64> {
        let sql = "update databases set last_delivery_id = last_delivery_id + 1 where database_id = ?1
                   returning last_delivery_id";
        self.connection.query_row(sql, [database_id], |row| row.get(0)).map_err(wrap)
    }

    /// The table as it is inside this transaction.
    pub fn table(&self, database: &str, name: &str) -> Result<Option<CatalogTable>> {
        read::table(self.connection, &database.to_ascii_lowercase(), &name.to_ascii_lowercase())
    }

    /// Id of the table; an error when there is none.
    pub fn require_table(&self, database: &str, name: &str) -> Result<i64> {
        Ok(self.table(database, name)?.ok_or_else(|| Error::undefined_table(name))?.id)
    }

    /// Creates a table with version 1 of its columns.
    pub fn create_table(&self, database_id: i64, input: &TableInput) -> Result<i64> {
        let name = input.name.to_ascii_lowercase();
        let existing = "select table_id from tables where database_id = ?1 and name = ?2";
        if self.id(existing, params![database_id, name])?.is_some() {
            return Err(Error::duplicate_table(name));
        }
        self.execute(
            "insert into tables (database_id, name, version, format, location, managed, created_us, updated_us)
             values (?1, ?2, 0, ?3, ?4, ?5, ?6, ?6)",
            params![database_id, name, input.format.name(), input.location, input.managed, self.now_us],
        )?;
        let id = self.connection.last_insert_rowid();
        for (key, value) in &input.parameters {
            self.set_parameter(id, key, value)?;
        }
        self.set_columns(id, &input.columns, &input.partition_keys)?;
        Ok(id)
    }

    /// Drops a table; its managed files leave the manifest and are swept later.
    pub fn drop_table(&self, table_id: i64) -> Result<()> {
        self.drop_files("table_id", table_id)?;
        self.execute("delete from tables where table_id = ?1", [table_id])?;
        Ok(())
    }

    /// Gives the table a new version of its columns.
    pub fn set_columns(&self, table_id: i64, columns: &[CatalogColumn], keys: &[CatalogColumn]) -> Result<i64> {
        check_columns(columns, keys)?;
        let sql = "update tables set version = version + 1, updated_us = ?2 where table_id = ?1 returning version";
        let version: i64 =
            self.connection.query_row(sql, params![table_id, self.now_us], |row| row.get(0)).map_err(wrap)?;
        self.execute("insert into table_versions values (?1, ?2, ?3)", params![table_id, version, self.now_us])?;
        let all = columns.iter().map(|c| (c, false)).chain(keys.iter().map(|c| (c, true)));
        for (ordinal, (column, is_key)) in all.enumerate() {
            self.execute(
                "insert into table_columns values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    table_id,
                    version,
                    int(ordinal as u64),
                    column.name,
                    column.hive_type.to_string(),
                    column.comment,
                    is_key,
                    column.all_null
                ],
            )?;
        }
        Ok(version)
    }

    /// Sets a table property.
    pub fn set_parameter(&self, table_id: i64, key: &str, value: &str) -> Result<()> {
        self.execute("insert or replace into table_parameters values (?1, ?2, ?3)", params![table_id, key, value])?;
        Ok(())
    }

    /// Moves a table.
    pub fn set_location(&self, table_id: i64, location: &str) -> Result<()> {
        let sql = "update tables set location = ?2, updated_us = ?3 where table_id = ?1";
        self.execute(sql, params![table_id, location, self.now_us])?;
        Ok(())
    }

    /// Flags or unflags the table's models as stale.
    pub fn set_needs_full_refresh(&self, table_id: i64, flag: bool) -> Result<()> {
        self.execute("update tables set needs_full_refresh = ?2 where table_id = ?1", params![table_id, flag])?;
        Ok(())
    }

    /// Id of the partition with these values; created when there is none.
    pub fn ensure_partition(&self, table_id: i64, values: &[String], location: &str) -> Result<i64> {
        let json = serde_json::to_string(values).map_err(Error::internal)?;
        let existing = "select partition_id from partitions where table_id = ?1 and partition_values = ?2";
        if let Some(id) = self.id(existing, params![table_id, json])? {
            return Ok(id);
        }
        self.execute(
            "insert into partitions (table_id, partition_values, location, created_us) values (?1, ?2, ?3, ?4)",
            params![table_id, json, location, self.now_us],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Drops the partition with these values; false when there is none.
    pub fn drop_partition(&self, table_id: i64, values: &[String]) -> Result<bool> {
        let json = serde_json::to_string(values).map_err(Error::internal)?;
        let existing = "select partition_id from partitions where table_id = ?1 and partition_values = ?2";
        let Some(id) = self.id(existing, params![table_id, json])? else { return Ok(false) };
        self.drop_files("partition_id", id)?;
        self.execute("delete from partitions where partition_id = ?1", [id])?;
        Ok(true)
    }

    /// Drops the partitions of a managed table that have no file any more.
    pub fn drop_empty_partitions(&self, table_id: i64) -> Result<()> {
        self.execute(
            "delete from partitions where table_id = ?1
             and not exists (select 1 from files f where f.partition_id = partitions.partition_id)",
            [table_id],
        )?;
        Ok(())
    }

    /// Adds a file to the manifest.
    pub fn add_file(
        &self,
        table_id: i64,
        partition_id: Option<i64>,
        object_id: Option<i64>,
        file: &NewFile,
    ) -> Result<()> {
        let kind = if file.is_reject { "reject" } else { "data" };
        self.execute(
            "insert into files (table_id, partition_id, object_id, kind, path, rows, bytes, checksum, blocks)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                table_id,
                partition_id,
                object_id,
                kind,
                file.path,
                int(file.rows),
                int(file.bytes),
                file.checksum.whole(),
                file.checksum.block_bytes()
            ],
        )?;
        Ok(())
    }

    /// Writes the bookmark of an object that was loaded; returns its id.
    pub fn add_bookmark(&self, database_id: i64, bookmark: &NewBookmark) -> Result<i64> {
        self.execute(
            "insert into objects (database_id, table_id, key, bytes, modified_ns, etag, content_hash, delivery_id,
                                  rows, rejects, loaded_us)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                database_id,
                bookmark.table_id,
                bookmark.key,
                int(bookmark.bytes),
                bookmark.modified_ns,
                bookmark.etag,
                bookmark.content_hash,
                bookmark.delivery_id,
                int(bookmark.rows),
                int(bookmark.rejects),
                self.now_us
            ],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Notes that an object was touched, but its content is what was loaded.
    pub fn touch_bookmark(&self, object_id: i64, modified_ns: i64, content_hash: Option<&str>) -> Result<()> {
        let sql = "update objects set modified_ns = ?2, content_hash = coalesce(?3, content_hash) where object_id = ?1";
        self.execute(sql, params![object_id, modified_ns, content_hash])?;
        Ok(())
    }

    /// Forgets an object and everything that came from it.
    pub fn drop_bookmark(&self, object_id: i64) -> Result<()> {
        self.drop_files("object_id", object_id)?;
        self.execute("delete from objects where object_id = ?1", [object_id])?;
        Ok(())
    }

    /// Forgets files that left the manifest before `dropped_before_us`: they were swept.
    pub fn forget_dropped(&self, dropped_before_us: i64) -> Result<()> {
        self.execute("delete from dropped_files where dropped_us <= ?1", [dropped_before_us])?;
        Ok(())
    }

    /// Takes files out of the manifest; `owner` is one of this module's column names.
    fn drop_files(&self, owner: &'static str, id: i64) -> Result<()> {
        let keep = format!("insert or replace into dropped_files select path, ?2 from files where {owner} = ?1");
        self.execute(&keep, params![id, self.now_us])?;
        self.execute(&format!("delete from files where {owner} = ?1"), [id])?;
        Ok(())
    }
}

fn check_columns(columns: &[CatalogColumn], keys: &[CatalogColumn]) -> Result<()> {
    if columns.len() + keys.len() > COLUMNS_MAX {
        let message = format!("a table can have at most {COLUMNS_MAX} columns");
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    }
    let mut seen = std::collections::HashSet::new();
    match columns.iter().chain(keys).find(|c| !seen.insert(c.name.as_str())) {
        Some(twice) => {
            Err(Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{}\" specified more than once", twice.name)))
        }
        None => Ok(()),
    }
}
