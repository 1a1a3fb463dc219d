//! One opened warehouse folder: the latest committed state, ids for new objects, the sweep.

use std::{
    collections::HashSet,
    fmt,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use parking_lot::Mutex;

use super::{
    activity::{Active, Activity, ReadSet, TransactionInfo, TransactionOwner},
    change::Transaction,
    lock::{LockInfo, LockManager, LockMode},
    presence::Presence,
    snapshot::CatalogSnapshot,
    temporary,
    upkeep::Queue,
};
use crate::{
    config::Config,
    error::{Error, Result, SqlState},
    storage::{
        FileSystem, LocalFileSystem, SegmentStore,
        catalog_store::{CatalogStore, Object, SqliteCatalogStore},
        fault::fault_point,
        file_system::FileLock,
        head::Head,
        memory,
        metadata::{FileId, SnapshotId},
        verify::{self, VerifyReport},
    },
};

/// Ids for schemas and relations that a process sets aside at a time.
const CATALOG_IDS: i64 = 32;
/// Ids for files that a process sets aside at a time.
const FILE_IDS: i64 = 512;

/// An opened warehouse folder. Any number of processes may have the same one open.
pub struct Warehouse {
    store: Arc<dyn CatalogStore>,
    segments: Arc<SegmentStore>,
    latest: Mutex<Arc<CatalogSnapshot>>,
    ids: Mutex<ReservedIds>,
    locks: Arc<LockManager>,
    activity: Activity,
    /// Names transactions within the process.
    transactions: AtomicU64,
    head: Head,
    presence: Presence,
    upkeep: Mutex<Queue>,
    /// One VACUUM runs at a time.
    vacuum: AtomicBool,
    retention: Duration,
    slices: usize,
    /// Held as long as the warehouse is open: others don't sweep meanwhile.
    _lock: Box<dyn FileLock>,
}

struct ReservedIds {
    catalog: Range<i64>,
    file: Range<i64>,
}

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warehouse").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Opens the warehouse folder of `config`; makes it when missing. Removes files that no
    /// commit names, when nobody else has the warehouse open.
    pub fn open(config: &Config) -> Result<Arc<Warehouse>> {
        Warehouse::open_with(config, Arc::new(LocalFileSystem))
    }

    /// The same on another file system, for tests with faults.
    pub fn open_with(config: &Config, file_system: Arc<dyn FileSystem>) -> Result<Arc<Warehouse>> {
        let current = || std::env::current_dir().map_err(|e| Error::io("could not find the current folder", e));
        let folder = if config.warehouse.is_absolute() { PathBuf::new() } else { current()? };
        let folder = folder.join(&config.warehouse);
        let (data, locks) = (folder.join("data"), folder.join("locks"));
        file_system.create_directories(&data)?;
        file_system.create_directories(&locks)?;
        // An earlier opening may have failed before it made its folders durable.
        file_system.sync_directory(&folder)?;

        let lock_file = locks.join("open.lock");
        let alone = file_system.try_lock_exclusive(&lock_file)?;
        let store = SqliteCatalogStore::open(&folder.join("catalog.sqlite"), &data, Arc::clone(&file_system))?;
        let store: Arc<dyn CatalogStore> = Arc::new(store);
        let pool = memory::pool(config.memory_limit_bytes);
        let segments = SegmentStore::new(data, Arc::clone(&file_system), config.rewrite_below_bytes, pool)?;
        let head = Head::new(Arc::clone(&file_system), locks.clone(), "head", "catalog.sqlite");
        let presence = Presence::new(Arc::clone(&file_system), locks)?;
        // A damaged catalog must not decide which files are swept.
        let newest = head.read()?;
        let rows = store.load()?;
        head.check(newest, rows.snapshot_id.map(|id| id.0))?;
        if alone.is_some() {
            sweep(&segments, &store.referenced_files()?)?;
            head.sweep()?;
            // Spill files of a process that was killed.
            file_system.remove_tree(&folder.join("tmp"))?;
        }
        // Sessions of the temporary tables that are there now are dead when nobody else is here.
        let mut dead = Vec::new();
        if alone.is_some() {
            dead = temporary::schemas(&CatalogSnapshot::from_rows(rows));
        }
        // Another process may sweep between these two lines: nothing of ours is there yet.
        drop(alone);
        let lock = file_system.lock_shared(&lock_file)?;
        // DataFusion would make it, but fails when another process is faster.
        file_system.create_directories(&folder.join("tmp"))?;

        let latest = Mutex::new(Arc::new(CatalogSnapshot::from_rows(store.load()?)));
        let ids = Mutex::new(ReservedIds { catalog: 0..0, file: 0..0 });
        let warehouse = Arc::new(Warehouse {
            store,
            segments,
            latest,
            ids,
            locks: Arc::default(),
            activity: Activity::default(),
            transactions: AtomicU64::new(1),
            head,
            presence,
            upkeep: Mutex::default(),
            vacuum: AtomicBool::new(false),
            retention: config.retention,
            slices: config.slices.max(1),
            _lock: lock,
        });
        temporary::sweep(&warehouse, dead)?;
        Ok(warehouse)
    }

    /// A new transaction. It sees the state that is the latest when it is first used.
    pub fn begin(self: &Arc<Self>) -> Transaction {
        self.begin_for(TransactionOwner::default())
    }

    /// The same on behalf of a session.
    pub fn begin_for(self: &Arc<Self>, owner: TransactionOwner) -> Transaction {
        let id = self.transactions.fetch_add(1, Ordering::Relaxed);
        let reads = Arc::new(ReadSet::default());
        let active = Active { owner: owner.clone(), started: Utc::now(), base: None, reads: Arc::clone(&reads) };
        self.activity.lock().insert(id, active);
        Transaction::new(Arc::clone(self), id, owner, reads)
    }

    /// The table locks of this process.
    pub fn locks(&self) -> &Arc<LockManager> {
        &self.locks
    }

    /// The transactions that run in this process, with their locks.
    pub fn running_transactions(&self) -> Vec<TransactionInfo> {
        let locks = self.locks.locks();
        let running = self.activity.lock();
        let info = |(id, active): (&u64, &Active)| {
            let read = |table| LockInfo { table, mode: LockMode::Read, granted: true, since: active.started };
            let held = locks.iter().filter(|(owner, _)| owner == id).map(|(_, lock)| lock.clone());
            TransactionInfo {
                owner: active.owner.clone(),
                started: active.started,
                snapshot: active.base,
                locks: active.reads.tables().into_iter().map(read).chain(held).collect(),
            }
        };
        running.iter().map(info).collect()
    }

    /// Notes that a state was committed.
    pub(super) fn committed<'a>(&self, id: SnapshotId, appended: impl Iterator<Item = &'a Object>) {
        self.head.write(id.0);
        let mut queue = self.upkeep.lock();
        queue.commits += 1;
        queue.appended.extend(appended.filter_map(|object| match object {
            Object::Relation(id) => Some(*id),
            _ => None,
        }));
    }

    pub(super) fn upkeep_queue(&self) -> &Mutex<Queue> {
        &self.upkeep
    }

    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Whether no other process has the warehouse open.
    pub fn is_alone(&self) -> Result<bool> {
        self.presence.is_alone()
    }

    /// The newest state that was the latest at some time.
    ///
    /// Errors: 22023 when there was none, or it has expired.
    pub fn state_at(&self, time: DateTime<Utc>) -> Result<SnapshotId> {
        self.store.state_at(time)?.ok_or_else(|| {
            let message = format!("the warehouse has no state of {}", time.format("%Y-%m-%d %H:%M:%S"));
            Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
                .with_hint("Earlier states expire, by default a day after they were replaced (--retention).")
        })
    }

    pub(super) fn pin_at(&self, id: u64, state: SnapshotId) -> Result<Arc<CatalogSnapshot>> {
        self.activity.pin(id, || Ok(Arc::new(CatalogSnapshot::from_rows(self.store.load_at(state)?))))
    }

    /// How long earlier states are kept.
    pub fn retention(&self) -> Duration {
        self.retention
    }

    /// Slices that rows are told to lie on.
    pub fn slices(&self) -> usize {
        self.slices
    }

    /// Begins VACUUM; None while another one runs. It ends when the guard is dropped.
    pub fn begin_vacuum(self: &Arc<Self>) -> Option<VacuumGuard> {
        let was_running = self.vacuum.swap(true, Ordering::SeqCst);
        (!was_running).then(|| VacuumGuard(Arc::clone(self)))
    }

    /// Checks catalog and files; see [`verify`].
    pub fn verify(&self, progress: impl FnMut(usize, usize)) -> Result<VerifyReport> {
        verify::verify(self.store.as_ref(), &self.segments, progress)
    }

    pub(super) fn pin(&self, id: u64) -> Result<Arc<CatalogSnapshot>> {
        self.activity.pin(id, || self.latest())
    }

    /// A transaction has ended.
    pub(super) fn end(&self, id: u64) {
        self.activity.lock().remove(&id);
        self.locks.release(id);
    }

    /// Sets `count` numbers of a counter aside, for this process alone: they are given out once,
    /// also when the transaction that uses them is rolled back. Counters begin at 1.
    pub fn reserve_numbers(&self, counter: &str, count: i64) -> Result<Range<i64>> {
        self.store.reserve_numbers(counter, count)
    }

    /// The data files, for readers and writers of tables.
    pub fn segments(&self) -> &Arc<SegmentStore> {
        &self.segments
    }

    /// The latest committed state, also of other processes.
    pub fn latest(&self) -> Result<Arc<CatalogSnapshot>> {
        let id = self.store.latest()?;
        let mut latest = self.latest.lock();
        if latest.id() < id {
            let base = Arc::clone(&latest);
            let rows = self.store.load_since(base.id(), &|id| base.table(id).cloned())?;
            *latest = Arc::new(if rows.complete { CatalogSnapshot::from_rows(rows) } else { base.with_rows(rows) });
        }
        Ok(Arc::clone(&latest))
    }

    pub(super) fn store(&self) -> &Arc<dyn CatalogStore> {
        &self.store
    }

    pub(super) fn new_catalog_id(&self) -> Result<i64> {
        let mut ids = self.ids.lock();
        if ids.catalog.is_empty() {
            ids.catalog = self.store.reserve_ids(CATALOG_IDS, 0)?.0;
        }
        ids.catalog.next().ok_or_else(|| Error::internal("no catalog id"))
    }

    pub(super) fn new_file_id(&self) -> Result<FileId> {
        let mut ids = self.ids.lock();
        if ids.file.is_empty() {
            ids.file = self.store.reserve_ids(0, FILE_IDS)?.1;
        }
        ids.file.next().map(FileId).ok_or_else(|| Error::internal("no file id"))
    }
}

/// VACUUM runs as long as this is there.
#[derive(Debug)]
pub struct VacuumGuard(Arc<Warehouse>);

impl Drop for VacuumGuard {
    fn drop(&mut self) {
        self.0.vacuum.store(false, Ordering::SeqCst);
    }
}

/// Removes the files below `data/` that no state names: left by transactions that did not commit.
fn sweep(segments: &SegmentStore, referenced: &HashSet<String>) -> Result<()> {
    for path in segments.files()?.into_iter().filter(|path| !referenced.contains(path)) {
        fault_point("sweep.file")?;
        segments.file_system().remove(&segments.resolve(&path))?;
    }
    Ok(())
}
