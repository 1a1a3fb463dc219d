//! A file system on top of the real one that fails at one chosen operation, and that can lose what
//! was never synced, as a power failure does.
//!
//! Every operation and every named point (`FileSystem::pass`) has a number. The operation with the
//! armed number fails in the armed way; after a crash every later one fails, too, and
//! [`FaultyFileSystem::lose_unsynced`] then takes from the disk what nobody had made durable:
//! bytes after the last sync of a file, entries of folders that were not synced, removals likewise.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use blueshift_engine::{
    error::{Error, Result},
    storage::{
        FileSystem, LocalFileSystem,
        file_system::{DirectoryEntry, FileLock, ReadableFile, WritableFile},
    },
};
use bytes::Bytes;

use crate::support::Random;

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An input or output error; nothing was done.
    InputOutput,
    /// The disk is full; half of a write was done.
    DiskFull,
    /// A write takes half of its bytes and says so.
    ShortWrite,
    /// A sync fails, and what it should have made durable is gone.
    LostSync,
    /// It was done, and an error says it was not.
    DoneAndFailed,
    /// The machine stops before the operation; what was not synced is lost.
    Crash,
    /// The machine stops in the middle: of what was not synced, some is there and some is rubbish.
    TornCrash,
    /// The process ends before the operation.
    Abort,
}

impl Fault {
    /// All that a test within one process can do.
    pub const ALL: [Fault; 7] = [
        Fault::InputOutput,
        Fault::DiskFull,
        Fault::ShortWrite,
        Fault::LostSync,
        Fault::DoneAndFailed,
        Fault::Crash,
        Fault::TornCrash,
    ];

    /// Whether the fault means something for an operation.
    pub fn applies_to(self, operation: &Operation) -> bool {
        let kind = operation.kind;
        match self {
            Fault::InputOutput | Fault::Crash | Fault::Abort => true,
            Fault::DiskFull => {
                matches!(kind, "create" | "append" | "write" | "sync" | "mkdir" | "sync folder" | "point")
            }
            Fault::ShortWrite => kind == "write",
            Fault::LostSync => matches!(kind, "sync" | "sync folder"),
            Fault::DoneAndFailed => {
                matches!(kind, "create" | "write" | "sync" | "sync folder" | "mkdir" | "remove" | "rename")
            }
            Fault::TornCrash => matches!(kind, "write" | "sync" | "sync folder" | "mkdir" | "create" | "point"),
        }
    }

    /// Whether the machine stops.
    pub fn is_crash(self) -> bool {
        matches!(self, Fault::Crash | Fault::TornCrash)
    }

    fn error(self) -> io::Error {
        match self {
            Fault::DiskFull => io::Error::new(io::ErrorKind::StorageFull, "no space left on device (injected)"),
            _ => io::Error::other("input/output error (injected)"),
        }
    }
}

/// One operation that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What was done: `create`, `write`, …, `point`.
    pub kind: &'static str,
    /// On which file, or the point's name.
    pub on: String,
}

#[derive(Debug, Default)]
struct State {
    operations: Vec<Operation>,
    armed: Option<(usize, Fault)>,
    /// One in so many operations fails.
    chaos: Option<(Random, usize)>,
    chaotic_faults: usize,
    hit: Option<Operation>,
    crashed: bool,
    /// Files written through this file system that may lose something.
    files: BTreeMap<PathBuf, Written>,
    /// Folders that were made and whose parents were not synced since.
    folders: Vec<PathBuf>,
    /// Removed files that could come back: where they were and where they are kept.
    removed: Vec<(PathBuf, PathBuf)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Written {
    length: u64,
    synced: u64,
    entry_synced: bool,
}

/// See the head of this file. Cheap to clone; clones are the same file system.
#[derive(Debug, Clone)]
pub struct FaultyFileSystem {
    inner: LocalFileSystem,
    state: Arc<Mutex<State>>,
    /// Where removed files wait until their removal is durable.
    graveyard: PathBuf,
}

impl FaultyFileSystem {
    /// Without a fault; `graveyard` is a folder for its own use on the same disk.
    pub fn new(graveyard: &Path) -> Self {
        FaultyFileSystem { inner: LocalFileSystem, state: Arc::default(), graveyard: graveyard.to_owned() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the operation after `skip` others fail.
    pub fn arm(&self, skip: usize, fault: Fault) {
        let mut state = self.state();
        state.armed = Some((state.operations.len() + skip, fault));
    }

    /// From here on nothing fails, unless the machine has stopped.
    pub fn disarm(&self) {
        self.state().armed = None;
    }

    /// From here on one operation in `one_in` fails, in any way that leaves the machine running.
    pub fn begin_chaos(&self, seed: u64, one_in: usize) {
        self.state().chaos = Some((Random::new(seed), one_in));
    }

    /// Ends it; how many operations failed.
    pub fn end_chaos(&self) -> usize {
        let mut state = self.state();
        state.chaos = None;
        state.chaotic_faults
    }

    /// The operation that failed.
    pub fn hit(&self) -> Option<Operation> {
        self.state().hit.clone()
    }

    /// The operations so far.
    pub fn operations(&self) -> Vec<Operation> {
        self.state().operations.clone()
    }

    /// Stops the machine.
    pub fn crash(&self) {
        self.state().crashed = true;
    }

    /// Counts an operation; Some when it has to fail.
    fn begin(&self, kind: &'static str, on: &Path) -> Option<Fault> {
        let mut state = self.state();
        if state.crashed {
            return Some(Fault::Crash);
        }
        let number = state.operations.len();
        let operation = Operation { kind, on: on.display().to_string() };
        if let Some((random, one_in)) = &mut state.chaos {
            let fault = Fault::ALL[random.below(Fault::ALL.len())];
            if random.one_in(*one_in) && fault.applies_to(&operation) && !fault.is_crash() {
                state.chaotic_faults += 1;
                return Some(fault);
            }
            // A long run must not collect what it has done.
            return None;
        }
        state.operations.push(operation.clone());
        let fault = state.armed.filter(|(armed, _)| *armed == number).map(|(_, fault)| fault)?;
        if fault == Fault::Abort {
            std::process::abort();
        }
        state.hit = Some(operation);
        state.crashed = fault.is_crash();
        Some(fault)
    }

    /// An operation that is all or nothing.
    fn whole<T>(&self, kind: &'static str, on: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.begin(kind, on) {
            None => work(),
            Some(fault) => {
                if fault == Fault::DoneAndFailed {
                    work()?;
                }
                Err(Error::io(format!("could not {kind} \"{}\"", on.display()), fault.error()))
            }
        }
    }

    /// Takes from the disk what is not durable; with `torn`, only some of it, by chance.
    pub fn lose_unsynced(&self, torn: Option<u64>) -> io::Result<()> {
        let mut state = self.state();
        let mut random = torn.map(Random::new);
        let is_lost = |random: &mut Option<Random>| random.as_mut().is_none_or(|random| random.one_in(2));
        for (path, written) in std::mem::take(&mut state.files) {
            if !path.exists() {
                continue;
            }
            if !written.entry_synced && is_lost(&mut random) {
                fs::remove_file(&path)?;
            } else if written.synced < written.length {
                lose_tail(&path, written, random.as_mut())?;
            }
        }
        for (path, kept) in std::mem::take(&mut state.removed) {
            if is_lost(&mut random) && !path.exists() && path.parent().is_some_and(Path::exists) {
                fs::rename(kept, path)?;
            }
        }
        for folder in std::mem::take(&mut state.folders) {
            if folder.exists() && is_lost(&mut random) {
                fs::remove_dir_all(folder)?;
            }
        }
        Ok(())
    }
}

/// Cuts a file to what was synced, or leaves some more of it that is partly rubbish.
fn lose_tail(path: &Path, written: Written, random: Option<&mut Random>) -> io::Result<()> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    let Some(random) = random else { return file.set_len(written.synced) };
    let unsynced = (written.length - written.synced) as usize;
    let kept = random.below(unsynced + 1);
    file.set_len(written.synced + kept as u64)?;
    let rubbish = random.below(kept + 1);
    let mut bytes = fs::read(path)?;
    let length = bytes.len();
    bytes[length - rubbish..].fill(0);
    fs::write(path, bytes)
}

struct FaultyWriter {
    file: Box<dyn WritableFile>,
    path: PathBuf,
    system: FaultyFileSystem,
}

impl FaultyWriter {
    fn count(&self, written: usize) {
        if let Some(file) = self.system.state().files.get_mut(&self.path) {
            file.length += written as u64;
        }
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.count(written);
        Ok(written)
    }
}

impl Write for FaultyWriter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let Some(fault) = self.system.begin("write", &self.path) else { return self.write_now(buf) };
        match fault {
            Fault::ShortWrite => self.write_now(&buf[..buf.len().div_ceil(2)]),
            Fault::DiskFull | Fault::TornCrash => {
                self.write_now(&buf[..buf.len() / 2])?;
                Err(fault.error())
            }
            Fault::DoneAndFailed => {
                self.write_now(buf)?;
                Err(fault.error())
            }
            _ => Err(fault.error()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WritableFile for FaultyWriter {
    fn sync(&mut self) -> io::Result<()> {
        let fault = self.system.begin("sync", &self.path);
        if matches!(fault, None | Some(Fault::DoneAndFailed)) {
            self.file.flush()?;
            if let Some(file) = self.system.state().files.get_mut(&self.path) {
                file.synced = file.length;
            }
        }
        if let Some(fault) = fault {
            if fault == Fault::LostSync {
                // The pages were dropped when they could not be written.
                let synced = self.system.state().files.get(&self.path).map_or(0, |file| file.synced);
                fs::OpenOptions::new().write(true).open(&self.path)?.set_len(synced)?;
            }
            return Err(fault.error());
        }
        Ok(())
    }
}

#[derive(Debug)]
struct FaultyReader {
    file: Arc<dyn ReadableFile>,
    path: PathBuf,
    system: FaultyFileSystem,
}

impl ReadableFile for FaultyReader {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        match self.system.begin("read", &self.path) {
            None => self.file.read_at(offset, length),
            Some(fault) => Err(fault.error()),
        }
    }
}

impl FaultyFileSystem {
    fn writer(&self, path: &Path, file: Box<dyn WritableFile>) -> Box<dyn WritableFile> {
        Box::new(FaultyWriter { file, path: path.to_owned(), system: self.clone() })
    }
}

impl FileSystem for FaultyFileSystem {
    fn create(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        let file = self.whole("create", path, || self.inner.create(path))?;
        self.state().files.insert(path.to_owned(), Written::default());
        Ok(self.writer(path, file))
    }

    fn append(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        let file = self.whole("append", path, || self.inner.append(path))?;
        let length = self.inner.len(path)?;
        let known = Written { length, synced: length, entry_synced: length > 0 };
        self.state().files.entry(path.to_owned()).or_insert(known);
        Ok(self.writer(path, file))
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadableFile>> {
        let file = self.whole("open", path, || self.inner.open(path))?;
        Ok(Arc::new(FaultyReader { file, path: path.to_owned(), system: self.clone() }))
    }

    fn len(&self, path: &Path) -> Result<u64> {
        self.whole("look at", path, || self.inner.len(path))
    }

    fn sync_directory(&self, path: &Path) -> Result<()> {
        self.whole("sync folder", path, || {
            // What is not there cannot be synced; tmpfs and others make the call itself cheap.
            self.inner.sync_directory(path)?;
            let mut state = self.state();
            let is_here = |other: &Path| other.parent() == Some(path);
            state.files.iter_mut().filter(|(file, _)| is_here(file)).for_each(|(_, w)| w.entry_synced = true);
            state.folders.retain(|folder| !is_here(folder));
            state.removed.retain(|(file, _)| !is_here(file));
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.whole("rename", from, || {
            self.inner.rename(from, to)?;
            let mut state = self.state();
            if let Some(written) = state.files.remove(from) {
                state.files.insert(to.to_owned(), Written { entry_synced: false, ..written });
            }
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.whole("remove", path, || {
            if !path.exists() {
                return Ok(());
            }
            let mut state = self.state();
            if state.files.remove(path).is_some() {
                return self.inner.remove(path);
            }
            self.inner.create_directories(&self.graveyard)?;
            let kept = self.graveyard.join(format!("{}-{}", std::process::id(), state.operations.len()));
            self.inner.rename(path, &kept)?;
            state.removed.push((path.to_owned(), kept));
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> Result<Vec<DirectoryEntry>> {
        // The order is that of the disk; a test's must be the same every time.
        let mut entries = self.whole("list", path, || self.inner.list(path))?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn create_directory(&self, path: &Path) -> Result<bool> {
        self.whole("mkdir", path, || {
            let is_new = self.inner.create_directory(path)?;
            if is_new {
                self.state().folders.push(path.to_owned());
            }
            Ok(is_new)
        })
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.inner.is_directory(path)
    }

    fn pass(&self, point: &'static str) -> Result<()> {
        self.whole("point", Path::new(point), || Ok(()))
    }

    fn try_lock_exclusive(&self, path: &Path) -> Result<Option<Box<dyn FileLock>>> {
        self.whole("lock", path, || self.inner.try_lock_exclusive(path))
    }

    fn lock_shared(&self, path: &Path) -> Result<Box<dyn FileLock>> {
        self.whole("lock", path, || self.inner.lock_shared(path))
    }
}
