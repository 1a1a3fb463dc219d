//! The Glue Data Catalog of a warehouse: `WAREHOUSE/glue.sqlite`.
//!
//! It is a service of its own, as on AWS: databases, tables with the versions of their columns,
//! partitions, the manifest of files behind each table, and the job's bookmarks. Readers get
//! immutable values that are cached until the catalog's revision changes. Every change goes
//! through [`DataCatalog::update`]: one SQLite transaction, all of it or nothing, also between
//! processes.

mod change;
mod digest;
mod model;
mod read;
mod schema;

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

pub use change::{CatalogChange, NewBookmark, NewFile};
pub use model::{
    Bookmark, CatalogColumn, CatalogDatabase, CatalogTable, ManifestFile, Partition, TableContents, TableFormat,
    TableInput, TableVersion,
};

use crate::{
    error::{Error, Result, SqlState},
    storage::head::Head,
};

/// How long a writer waits for another process's transaction.
const BUSY_SECONDS_MAX: u64 = 30;

/// The opened data catalog; shared between threads.
pub struct DataCatalog {
    connection: Mutex<Connection>,
    cache: Mutex<Cache>,
    /// Where the newest revision is noted.
    head: Option<Head>,
}

/// Contents of tables, valid for one revision of the catalog.
#[derive(Default)]
struct Cache {
    revision: i64,
    contents: HashMap<(String, String), Option<Arc<TableContents>>>,
}

impl DataCatalog {
    /// Opens the catalog file, creating it when it is missing.
    pub fn open(path: &Path) -> Result<DataCatalog> {
        DataCatalog::open_with(path, None)
    }

    /// The same, with a note of the newest revision: a catalog that lost commits is damaged.
    pub fn open_with(path: &Path, head: Option<Head>) -> Result<DataCatalog> {
        let noted = head.as_ref().map(Head::read).transpose()?.flatten();
        let what = || format!("cannot open the data catalog {}", path.display());
        let mut connection = Connection::open(path).map_err(|e| sqlite_error(what(), e))?;
        connection.busy_timeout(Duration::from_secs(BUSY_SECONDS_MAX)).map_err(|e| sqlite_error(what(), e))?;
        connection
            .execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;")
            .map_err(|e| sqlite_error(what(), e))?;
        schema::create(&mut connection)?;
        if let Some(head) = &head {
            head.check(noted, Some(read::revision(&connection)?))?;
        }
        Ok(DataCatalog { connection: Mutex::new(connection), cache: Mutex::new(Cache::default()), head })
    }

    /// All databases, by name.
    pub fn databases(&self) -> Result<Vec<CatalogDatabase>> {
        read::databases(&self.connection.lock())
    }

    /// The database of that name.
    pub fn database(&self, name: &str) -> Result<Option<CatalogDatabase>> {
        Ok(self.databases()?.into_iter().find(|d| d.name.eq_ignore_ascii_case(name)))
    }

    /// The tables of a database, by name.
    pub fn tables(&self, database: &str) -> Result<Vec<Arc<CatalogTable>>> {
        let names = read::table_names(&self.connection.lock(), &database.to_ascii_lowercase())?;
        let contents = names.iter().map(|name| self.contents(database, name));
        Ok(contents.collect::<Result<Vec<_>>>()?.into_iter().flatten().map(|c| Arc::new(c.table.clone())).collect())
    }

    /// The table of that name.
    pub fn table(&self, database: &str, name: &str) -> Result<Option<Arc<CatalogTable>>> {
        Ok(self.contents(database, name)?.map(|c| Arc::new(c.table.clone())))
    }

    /// The table with its partitions and files, all of one moment: what a scan needs.
    pub fn contents(&self, database: &str, name: &str) -> Result<Option<Arc<TableContents>>> {
        let key = (database.to_ascii_lowercase(), name.to_ascii_lowercase());
        let mut connection = self.connection.lock();
        let wrap = |e| sqlite_error("cannot read the data catalog", e);
        let transaction = connection.transaction().map_err(wrap)?;
        let revision = read::revision(&transaction)?;
        let mut cache = self.cache.lock();
        if cache.revision != revision {
            *cache = Cache { revision, ..Cache::default() };
        }
        if let Some(known) = cache.contents.get(&key) {
            return Ok(known.clone());
        }
        let contents = read::contents(&transaction, &key.0, &key.1)?.map(Arc::new);
        cache.contents.insert(key, contents.clone());
        Ok(contents)
    }

    /// The partitions of a table, in the order of their values.
    pub fn partitions(&self, database: &str, name: &str) -> Result<Vec<Partition>> {
        Ok(self.contents(database, name)?.map(|c| c.partitions.clone()).unwrap_or_default())
    }

    /// Every version of a table's columns, oldest first.
    pub fn versions(&self, table: &CatalogTable) -> Result<Vec<TableVersion>> {
        read::versions(&self.connection.lock(), table.id)
    }

    /// The bookmarks of a database's job, by key.
    pub fn bookmarks(&self, database: &str) -> Result<Vec<Bookmark>> {
        read::bookmarks(&self.connection.lock(), &database.to_ascii_lowercase())
    }

    /// Paths of all files that must stay on disk: those of the manifest, and those that left it
    /// after `dropped_after_us`, because a query may still read them.
    pub fn live_paths(&self, dropped_after_us: i64) -> Result<std::collections::HashSet<String>> {
        read::live_paths(&self.connection.lock(), dropped_after_us)
    }

    /// Whether files left the manifest before `dropped_before_us` and are not forgotten yet.
    pub fn has_dropped_files(&self, dropped_before_us: i64) -> Result<bool> {
        read::has_dropped_files(&self.connection.lock(), dropped_before_us)
    }

    /// Writes a consistent copy to a new file.
    pub fn copy_to(&self, path: &std::path::Path) -> Result<()> {
        let copied = self.connection.lock().execute("vacuum into ?1", [path.to_string_lossy()]);
        copied.map(|_| ()).map_err(|e| sqlite_error("cannot copy the data catalog", e))
    }

    /// What is wrong with the catalog's own file, a line each.
    pub fn problems(&self) -> Result<Vec<String>> {
        let connection = self.connection.lock();
        let mut found: Vec<String> = read::integrity(&connection)?;
        if let Err(error) = digest::check(&connection) {
            found.push(error.detail().unwrap_or(error.message()).to_owned());
        }
        Ok(found)
    }

    /// All files that the manifest lists, rejects included.
    pub fn manifest(&self) -> Result<Vec<ManifestFile>> {
        read::manifest(&self.connection.lock())
    }

    /// Runs `change` in one transaction: everything it did is committed, or nothing of it.
    pub fn update<T>(&self, change: impl FnOnce(&CatalogChange<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection.lock();
        let wrap = |e| sqlite_error("cannot change the data catalog", e);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
        digest::check(&transaction)?;
        let result = change(&CatalogChange::new(&transaction))?;
        transaction.execute("update meta set value = value + 1 where key = 'revision'", []).map_err(wrap)?;
        digest::store(&transaction)?;
        let revision = read::revision(&transaction)?;
        transaction.commit().map_err(wrap)?;
        if let Some(head) = &self.head {
            head.write(revision);
        }
        Ok(result)
    }

    /// Creates a database; with `if_not_exists`, does nothing when there is one.
    pub fn create_database(&self, name: &str, if_not_exists: bool) -> Result<()> {
        self.update(|change| match change.database_id(name)? {
            Some(_) if if_not_exists => Ok(()),
            Some(_) => Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("database \"{name}\" already exists"))),
            None => change.create_database(name).map(|_| ()),
        })
    }

    /// Drops a database with all its tables; the files of external tables stay where they are.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.update(|change| change.drop_database(name))
    }

    /// Creates a table.
    pub fn create_table(&self, database: &str, input: &TableInput) -> Result<i64> {
        self.update(|change| change.create_table(change.require_database(database)?, input))
    }

    /// Drops a table with its partitions, manifest and bookmarks.
    pub fn drop_table(&self, database: &str, name: &str) -> Result<()> {
        self.update(|change| change.drop_table(change.require_table(database, name)?))
    }

    /// Says that models built from the table were rebuilt (or, with true, are stale).
    pub fn set_needs_full_refresh(&self, database: &str, name: &str, flag: bool) -> Result<()> {
        self.update(|change| change.set_needs_full_refresh(change.require_table(database, name)?, flag))
    }
}

impl std::fmt::Debug for DataCatalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataCatalog")
    }
}

/// An error of SQLite as ours.
pub(super) fn sqlite_error(what: impl std::fmt::Display, error: rusqlite::Error) -> Error {
    use rusqlite::{Error as Failure, ErrorCode as Code};
    // Our statements are constants: what does not fit them is not what we wrote.
    let is_foreign = matches!(
        error,
        Failure::SqlInputError { .. }
            | Failure::InvalidColumnType(..)
            | Failure::FromSqlConversionFailure(..)
            | Failure::IntegralValueOutOfRange(..)
            | Failure::Utf8Error(..)
    );
    let state = match error.sqlite_error_code() {
        _ if is_foreign => SqlState::DATA_CORRUPTED,
        Some(Code::DiskFull) => SqlState::DISK_FULL,
        Some(Code::NotADatabase | Code::DatabaseCorrupt) => SqlState::DATA_CORRUPTED,
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => SqlState::SERIALIZATION_FAILURE,
        Some(Code::PermissionDenied | Code::ReadOnly) => SqlState::INSUFFICIENT_PRIVILEGE,
        Some(Code::CannotOpen | Code::SystemIoFailure) => SqlState::IO_ERROR,
        Some(Code::OutOfMemory) => SqlState::OUT_OF_MEMORY,
        _ => SqlState::INTERNAL_ERROR,
    };
    let failure = Error::new(state, format!("{what}: {error}"));
    match state == SqlState::DATA_CORRUPTED {
        true => failure.with_detail(format!("glue.sqlite: {error}")).with_source(error),
        false => failure.with_source(error),
    }
}

/// Now, in microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

#[cfg(test)]
mod tests;
