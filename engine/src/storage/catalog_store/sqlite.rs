//! The catalog in one SQLite file.
//!
//! WAL with `synchronous=FULL`: a commit is durable when it returns, readers never wait for the
//! writer. Two connections, one that writes and one that reads, so that a long load does not hold
//! up a commit. Other processes may have the same file open; SQLite's write lock orders commits.

use std::{
    collections::HashSet,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    CatalogRows, CatalogStore, ChangeSet, CommitError, CommitView, KnownFile, TransactionRecord, check, commit, digest,
    expire, history, load,
    schema::{
        DUCKLAKE_TABLES, DUCKLAKE_VERSION, SIDE_TABLES, UPGRADE_FROM_1, UPGRADE_FROM_2, UPGRADE_FROM_3, UPGRADE_FROM_4,
    },
};
use crate::{
    error::{Error, Result, SqlState},
    storage::{
        FileSystem,
        fault::fault_point,
        metadata::{RelationId, SnapshotId, TableSnapshot},
    },
};

/// How long a commit waits for another process's commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);
/// The version of our `rs_*` tables.
const SIDE_TABLES_VERSION: &str = "5";
/// What leads from each version to the next.
const UPGRADES: [&str; 4] = [UPGRADE_FROM_1, UPGRADE_FROM_2, UPGRADE_FROM_3, UPGRADE_FROM_4];
/// The schema that every warehouse has.
const DEFAULT_SCHEMA: &str = "public";

/// A [`CatalogStore`] in a SQLite file.
pub struct SqliteCatalogStore {
    path: PathBuf,
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    /// For its named points: SQLite opens its files itself.
    file_system: Arc<dyn FileSystem>,
}

impl fmt::Debug for SqliteCatalogStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteCatalogStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteCatalogStore {
    /// Opens the catalog `path`, made anew when missing, of the data folder `data`.
    pub fn open(path: &Path, data: &Path, file_system: Arc<dyn FileSystem>) -> Result<Self> {
        file_system.pass("catalog.open")?;
        let mut writer = connect(path)?;
        initialise(&mut writer, data)?;
        let reader = connect(path)?;
        let (writer, reader) = (Mutex::new(writer), Mutex::new(reader));
        Ok(SqliteCatalogStore { path: path.to_owned(), writer, reader, file_system })
    }

    /// A point at which tests let the process die or the operation fail.
    fn pass(&self, point: &'static str) -> Result<()> {
        fault_point(point)?;
        self.file_system.pass(point)
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(|e: rusqlite::Error| sqlite_error(e).with_hint(format!("The catalog is {}.", path.display())))
}

fn initialise(connection: &mut Connection, data: &Path) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite_error)?;
    let exists = transaction
        .query_row("SELECT 1 FROM sqlite_master WHERE name = 'ducklake_metadata'", [], |_| Ok(()))
        .optional()
        .map_err(sqlite_error)?
        .is_some();
    let data_path = format!("{}/", data.display());
    if exists {
        check_version(&transaction)?;
        // A warehouse that was moved keeps working; other readers find the folder by this path.
        let sql = "UPDATE ducklake_metadata SET value = ?1 WHERE key = 'data_path' AND scope IS NULL AND value <> ?1";
        transaction.execute(sql, [&data_path]).map_err(sqlite_error)?;
    } else {
        create(&transaction, &data_path).map_err(sqlite_error)?;
    }
    transaction.commit().map_err(sqlite_error)
}

fn create(transaction: &Transaction<'_>, data_path: &str) -> rusqlite::Result<()> {
    transaction.execute_batch(DUCKLAKE_TABLES)?;
    transaction.execute_batch(SIDE_TABLES)?;
    let created_by = concat!("blueshift ", env!("CARGO_PKG_VERSION"));
    for (key, value) in [
        ("version", DUCKLAKE_VERSION),
        ("created_by", created_by),
        ("data_path", data_path),
        ("encrypted", "false"),
        ("data_inlining_row_limit", "0"),
    ] {
        transaction.execute("INSERT INTO ducklake_metadata VALUES (?1, ?2, NULL, NULL)", [key, value])?;
    }
    transaction.execute("INSERT INTO rs_metadata VALUES ('version', ?1)", [SIDE_TABLES_VERSION])?;
    transaction.execute("INSERT INTO ducklake_snapshot VALUES (0, ?1, 0, 1, 0)", [commit::now()])?;
    transaction.execute(
        "INSERT INTO ducklake_schema VALUES (0, ?1, 0, NULL, ?2, '0/', 1)",
        params![uuid::Uuid::new_v4().to_string(), DEFAULT_SCHEMA],
    )?;
    let changes = format!("created_schema:\"{DEFAULT_SCHEMA}\"");
    transaction.execute("INSERT INTO ducklake_snapshot_changes VALUES (0, ?1, NULL, NULL, NULL)", [changes])?;
    transaction.execute("INSERT INTO rs_change VALUES (0, 'schema', 0, NULL, NULL, 'create')", [])?;
    Ok(())
}

fn check_version(transaction: &Transaction<'_>) -> Result<()> {
    let read = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, String>(0)).optional();
    let layout = read("SELECT value FROM ducklake_metadata WHERE key = 'version'").map_err(sqlite_error)?;
    if layout.as_deref() != Some(DUCKLAKE_VERSION) {
        let found = layout.unwrap_or_default();
        return Err(Error::not_supported(format!("a warehouse in the DuckLake layout {found}"))
            .with_hint(format!("This version reads and writes the layout {DUCKLAKE_VERSION}.")));
    }
    let ours = "SELECT value FROM rs_metadata WHERE key = 'version'";
    match read(ours) {
        Ok(Some(version)) if version == SIDE_TABLES_VERSION => Ok(()),
        Ok(Some(version)) if ["1", "2", "3", "4"].contains(&version.as_str()) => {
            let done: usize = version.parse().unwrap_or(UPGRADES.len() + 1);
            upgrade(transaction, &UPGRADES[done - 1..])
        }
        Ok(version) => Err(Error::not_supported(format!("warehouse version {}", version.unwrap_or_default()))),
        Err(_) => Err(Error::not_supported("a DuckLake catalog that blueshift did not make")),
    }
}

fn upgrade(transaction: &Transaction<'_>, steps: &[&str]) -> Result<()> {
    let run = || {
        steps.iter().try_for_each(|step| transaction.execute_batch(step))?;
        transaction.execute("UPDATE rs_metadata SET value = ?1 WHERE key = 'version'", [SIDE_TABLES_VERSION])
    };
    run().map(|_| ()).map_err(sqlite_error)
}

impl CatalogStore for SqliteCatalogStore {
    fn latest(&self) -> Result<SnapshotId> {
        let connection = self.reader.lock();
        load::latest(&connection).map_err(sqlite_error)
    }

    fn load(&self) -> Result<CatalogRows> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        digest::check(&transaction, load::latest(&transaction).map_err(sqlite_error)?)?;
        load::load(&transaction, None, &|_| None)
    }

    fn load_since(
        &self,
        since: SnapshotId,
        previous: &dyn Fn(RelationId) -> Option<Arc<TableSnapshot>>,
    ) -> Result<CatalogRows> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        load::load(&transaction, Some(since), previous)
    }

    fn reserve_ids(&self, catalog_ids: i64, file_ids: i64) -> Result<(Range<i64>, Range<i64>)> {
        self.pass("ids.begun")?;
        let mut connection = self.writer.lock();
        // The counters are those of the latest snapshot, where DuckLake keeps them: whoever
        // commits next copies them, so an id set aside here is never given out again.
        let mut reserve = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "SELECT snapshot_id, next_catalog_id, next_file_id FROM ducklake_snapshot
                ORDER BY snapshot_id DESC LIMIT 1";
            let (snapshot, catalog, file): (i64, i64, i64) =
                transaction.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            transaction.execute(
                "UPDATE ducklake_snapshot SET next_catalog_id = ?2, next_file_id = ?3 WHERE snapshot_id = ?1",
                [snapshot, catalog + catalog_ids, file + file_ids],
            )?;
            transaction.commit()?;
            Ok((catalog..catalog + catalog_ids, file..file + file_ids))
        };
        let ids = reserve().map_err(sqlite_error)?;
        self.pass("ids.done")?;
        Ok(ids)
    }

    fn reserve_numbers(&self, name: &str, count: i64) -> Result<Range<i64>> {
        let mut connection = self.writer.lock();
        let mut reserve = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "INSERT INTO rs_counter VALUES (?1, 1 + ?2) ON CONFLICT (name) DO UPDATE SET next = next + ?2
                RETURNING next";
            let next: i64 = transaction.query_row(sql, params![name, count], |row| row.get(0))?;
            transaction.commit()?;
            Ok(next - count..next)
        };
        reserve().map_err(sqlite_error)
    }

    fn commit(
        &self,
        record: &TransactionRecord,
        changes: &ChangeSet,
        validate: &dyn Fn(&dyn CommitView) -> Result<()>,
    ) -> std::result::Result<SnapshotId, CommitError> {
        let mut connection = self.writer.lock();
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(sqlite_error)?;
        self.pass("commit.begun")?;
        let id = commit::write(&transaction, record, changes, validate)?;
        self.pass("commit.written")?;
        transaction.commit().map_err(|e| CommitError::Unknown(sqlite_error(e)))?;
        self.pass("commit.done").map_err(CommitError::Unknown)?;
        Ok(id)
    }

    fn commit_reads(&self, record: &TransactionRecord, validate: &dyn Fn(&dyn CommitView) -> Result<()>) -> Result<()> {
        let mut connection = self.writer.lock();
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(sqlite_error)?;
        validate(&history::View(&transaction))?;
        history::write(&transaction, record)?;
        self.pass("commit.reads_written")?;
        transaction.commit().map_err(sqlite_error)
    }

    fn problems(&self) -> Result<(Vec<String>, usize)> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        let mut problems = check::problems(&transaction)?;
        if let Err(error) = digest::check(&transaction, load::latest(&transaction).map_err(sqlite_error)?) {
            problems.push(error.detail().unwrap_or(error.message()).to_owned());
        }
        Ok((problems, check::INVARIANT_COUNT))
    }

    fn known_files(&self) -> Result<Vec<KnownFile>> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        check::known_files(&transaction)
    }

    fn expire(&self, keep: SnapshotId) -> Result<Vec<String>> {
        let mut connection = self.writer.lock();
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(sqlite_error)?;
        let files = expire::expire(&transaction, keep)?;
        transaction.commit().map_err(sqlite_error)?;
        Ok(files)
    }

    fn state_at(&self, time: DateTime<Utc>) -> Result<Option<SnapshotId>> {
        let connection = self.reader.lock();
        let sql = "SELECT max(snapshot_id) FROM ducklake_snapshot WHERE snapshot_time <= ?1";
        let found = connection.query_row(sql, [commit::time_text(time)], |row| row.get::<_, Option<i64>>(0));
        Ok(found.map_err(sqlite_error)?.map(SnapshotId))
    }

    fn oldest(&self) -> Result<SnapshotId> {
        load::oldest(&self.reader.lock()).map_err(sqlite_error)
    }

    fn load_at(&self, state: SnapshotId) -> Result<CatalogRows> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        load::load_at(&transaction, state)
    }

    fn copy_to(&self, path: &Path) -> Result<()> {
        let connection = self.reader.lock();
        connection.execute("VACUUM INTO ?1", [path.to_string_lossy()]).map_err(sqlite_error)?;
        Ok(())
    }

    fn referenced_files(&self) -> Result<HashSet<String>> {
        let mut connection = self.reader.lock();
        let transaction = connection.transaction().map_err(sqlite_error)?;
        load::referenced_files(&transaction)
    }
}

/// An error of SQLite as the engine's.
pub(super) fn sqlite_error(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let state = match error.sqlite_error_code() {
        // Our statements are constants: what does not fit them is not the layout that we wrote.
        _ if matches!(error, rusqlite::Error::SqlInputError { .. }) => SqlState::DATA_CORRUPTED,
        Some(Code::DiskFull) => SqlState::DISK_FULL,
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => SqlState::DATA_CORRUPTED,
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => SqlState::SERIALIZATION_FAILURE,
        Some(Code::OutOfMemory) => SqlState::OUT_OF_MEMORY,
        Some(Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied) => SqlState::IO_ERROR,
        _ => SqlState::INTERNAL_ERROR,
    };
    Error::new(state, format!("catalog: {error}")).with_source(error)
}
