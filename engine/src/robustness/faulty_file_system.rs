//! A file system whose n-th operation fails, and one that loses its power at it: what was not
//! synced by then is gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use crate::{
    error::{Error, Result},
    storage::{
        FileSystem, LocalFileSystem,
        file_system::{DirectoryEntry, FileLock, ReadableFile, WritableFile},
    },
};

/// What goes wrong at the n-th operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with an input or output error.
    Io,
    /// It fails because the disk is full.
    NoSpace,
    /// A write takes half of the bytes, and says so.
    ShortWrite,
    /// A write takes half of the bytes and then fails.
    HalfWrite,
    /// A sync fails.
    FailedSync,
    /// The power goes: what was not synced is lost.
    PowerLoss,
    /// The power goes: of the last write half is there.
    TornWrite,
}

/// All faults.
pub const FAULTS: [Fault; 7] = [
    Fault::Io,
    Fault::NoSpace,
    Fault::ShortWrite,
    Fault::HalfWrite,
    Fault::FailedSync,
    Fault::PowerLoss,
    Fault::TornWrite,
];

/// What an operation does, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Write,
    Sync,
    Other,
}

/// A file system of this machine with one fault.
#[derive(Debug, Clone)]
pub struct FaultyFileSystem(Arc<State>);

#[derive(Debug)]
struct State {
    fault: Fault,
    /// The operation at which it happens.
    at: u64,
    operations: AtomicU64,
    happened: AtomicBool,
    /// After a power loss nothing works.
    dead: AtomicBool,
    disk: Mutex<Disk>,
}

/// What is durable so far.
#[derive(Debug, Default)]
struct Disk {
    /// For each file that was made: bytes written, and of these synced.
    files: BTreeMap<PathBuf, (u64, u64)>,
    /// Files whose folder was not synced since they came.
    unsynced_entries: BTreeSet<PathBuf>,
    /// The file that was written last.
    last_written: Option<PathBuf>,
}

impl FaultyFileSystem {
    /// One with `fault` at operation `at`, counted from 1.
    pub fn new(fault: Fault, at: u64) -> Self {
        FaultyFileSystem(Arc::new(State {
            fault,
            at,
            operations: AtomicU64::new(0),
            happened: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            disk: Mutex::default(),
        }))
    }

    /// Whether the fault has happened.
    pub fn has_happened(&self) -> bool {
        self.0.happened.load(Ordering::SeqCst)
    }

    /// Whether the power is gone.
    pub fn is_dead(&self) -> bool {
        self.0.dead.load(Ordering::SeqCst)
    }

    /// Takes from the disk what a power loss takes.
    pub fn lose_what_was_not_synced(&self) {
        let disk = self.0.disk.lock();
        for (path, (written, synced)) in &disk.files {
            let torn = self.0.fault == Fault::TornWrite && disk.last_written.as_ref() == Some(path);
            if disk.unsynced_entries.contains(path) && !torn {
                let _ = std::fs::remove_file(path);
            } else if let Ok(file) = std::fs::OpenOptions::new().write(true).open(path) {
                file.set_len(if torn { synced + (written - synced) / 2 } else { *synced }).unwrap();
            }
        }
    }
}

impl State {
    /// Counts an operation. Some: it is the one at which the fault happens.
    fn begin(&self, operation: Operation) -> io::Result<Option<Fault>> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(io::Error::other("the power is gone"));
        }
        let number = self.operations.fetch_add(1, Ordering::SeqCst) + 1;
        let concerns = match self.fault {
            Fault::ShortWrite | Fault::HalfWrite => operation == Operation::Write,
            Fault::FailedSync => operation == Operation::Sync,
            _ => true,
        };
        if number < self.at || !concerns || self.happened.swap(true, Ordering::SeqCst) {
            return Ok(None);
        }
        match self.fault {
            Fault::Io | Fault::FailedSync => Err(io::Error::other("injected input or output error")),
            Fault::NoSpace => Err(io::Error::from(io::ErrorKind::StorageFull)),
            Fault::PowerLoss | Fault::TornWrite if operation != Operation::Write => {
                self.dead.store(true, Ordering::SeqCst);
                Err(io::Error::other("the power is gone"))
            }
            fault => Ok(Some(fault)),
        }
    }

    fn other(&self, what: &str, path: &Path) -> Result<()> {
        self.begin(Operation::Other).map_err(|e| Error::io(format!("could not {what} \"{}\"", path.display()), e))?;
        Ok(())
    }
}

struct FaultyWriter {
    state: Arc<State>,
    path: PathBuf,
    file: Box<dyn WritableFile>,
}

impl FaultyWriter {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        let mut disk = self.state.disk.lock();
        disk.files.entry(self.path.clone()).or_default().0 += bytes.len() as u64;
        disk.last_written = Some(self.path.clone());
        Ok(bytes.len())
    }
}

impl Write for FaultyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len().div_ceil(2)];
        match self.state.begin(Operation::Write)? {
            None => self.pass(bytes),
            Some(Fault::ShortWrite) => self.pass(half),
            Some(Fault::HalfWrite) => {
                self.pass(half)?;
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            Some(_) => {
                self.pass(bytes)?;
                self.state.dead.store(true, Ordering::SeqCst);
                Err(io::Error::other("the power is gone"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WritableFile for FaultyWriter {
    fn sync(&mut self) -> io::Result<()> {
        self.state.begin(Operation::Sync)?;
        self.file.flush()?;
        if let Some((written, synced)) = self.state.disk.lock().files.get_mut(&self.path) {
            *synced = *written;
        }
        Ok(())
    }
}

impl FileSystem for FaultyFileSystem {
    fn create(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        self.0.other("create", path)?;
        let file = LocalFileSystem.create(path)?;
        let mut disk = self.0.disk.lock();
        disk.files.insert(path.to_owned(), (0, 0));
        disk.unsynced_entries.insert(path.to_owned());
        Ok(Box::new(FaultyWriter { state: Arc::clone(&self.0), path: path.to_owned(), file }))
    }

    fn append(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        self.0.other("open", path)?;
        let file = LocalFileSystem.append(path)?;
        Ok(Box::new(FaultyWriter { state: Arc::clone(&self.0), path: path.to_owned(), file }))
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadableFile>> {
        self.0.other("open", path)?;
        LocalFileSystem.open(path)
    }

    fn len(&self, path: &Path) -> Result<u64> {
        self.0.other("look at", path)?;
        LocalFileSystem.len(path)
    }

    fn sync_directory(&self, path: &Path) -> Result<()> {
        let synced = self.0.begin(Operation::Sync);
        synced.map_err(|e| Error::io(format!("could not sync \"{}\"", path.display()), e))?;
        self.0.disk.lock().unsynced_entries.retain(|file| file.parent() != Some(path));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.0.other("rename", from)?;
        LocalFileSystem.rename(from, to)?;
        let mut disk = self.0.disk.lock();
        if let Some(file) = disk.files.remove(from) {
            disk.files.insert(to.to_owned(), file);
        }
        disk.unsynced_entries.remove(from);
        disk.unsynced_entries.insert(to.to_owned());
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.0.other("remove", path)?;
        LocalFileSystem.remove(path)?;
        let mut disk = self.0.disk.lock();
        disk.files.remove(path);
        disk.unsynced_entries.remove(path);
        Ok(())
    }

    fn list(&self, path: &Path) -> Result<Vec<DirectoryEntry>> {
        self.0.other("list", path)?;
        LocalFileSystem.list(path)
    }

    fn create_directories(&self, path: &Path) -> Result<bool> {
        self.0.other("create folder", path)?;
        LocalFileSystem.create_directories(path)
    }

    fn try_lock_exclusive(&self, path: &Path) -> Result<Option<Box<dyn FileLock>>> {
        LocalFileSystem.try_lock_exclusive(path)
    }

    fn lock_shared(&self, path: &Path) -> Result<Box<dyn FileLock>> {
        LocalFileSystem.lock_shared(path)
    }
}
