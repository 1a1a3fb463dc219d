//! The only place where files of a warehouse are opened, written, renamed or removed.
//!
//! Everything above speaks to the [`FileSystem`] trait, so that a test can put a faulty one in
//! between: every operation that can fail on a real disk is one method here. SQLite is the one
//! exception; it does its own file access.

use std::{
    fmt::Debug,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;

use crate::error::{Error, Result};

/// A file being written.
pub trait WritableFile: Write + Send {
    /// Makes what was written durable (fsync).
    fn sync(&mut self) -> io::Result<()>;
}

/// A file open for reads at any position; immutable as far as its readers are concerned.
pub trait ReadableFile: Debug + Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> u64;

    /// True for an empty file.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads exactly `length` bytes from `offset`.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes>;
}

/// A held lock on a file; released when dropped.
pub trait FileLock: Debug + Send + Sync {}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Its name, without the folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_directory: bool,
}

/// Every file operation on managed data.
pub trait FileSystem: Debug + Send + Sync + 'static {
    /// Creates a new file; fails when it is there already.
    fn create(&self, path: &Path) -> Result<Box<dyn WritableFile>>;
    /// Opens a file for writing at its end; creates it when missing.
    fn append(&self, path: &Path) -> Result<Box<dyn WritableFile>>;
    /// Opens a file for reading at any position.
    fn open(&self, path: &Path) -> Result<Arc<dyn ReadableFile>>;
    /// The length of a file in bytes.
    fn len(&self, path: &Path) -> Result<u64>;
    /// Makes created, renamed and removed entries of a folder durable.
    fn sync_directory(&self, path: &Path) -> Result<()>;
    /// Renames a file, over an existing one if need be.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// Removes a file; one that is not there is no error.
    fn remove(&self, path: &Path) -> Result<()>;
    /// Removes a folder with everything in it; one that is not there is no error. Not for managed
    /// files: what is removed so was never committed.
    fn remove_tree(&self, path: &Path) -> Result<()> {
        match std::fs::remove_dir_all(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("remove folder", path, e)),
            _ => Ok(()),
        }
    }
    /// What lies in a folder; nothing when the folder is not there.
    fn list(&self, path: &Path) -> Result<Vec<DirectoryEntry>>;
    /// Creates a folder in one that exists; false when it was there. It is not durable before its
    /// parent is synced.
    fn create_directory(&self, path: &Path) -> Result<bool>;
    /// Whether a folder is there.
    fn is_directory(&self, path: &Path) -> bool;

    /// Creates a folder with its parents, durably; returns false when it was there, of which
    /// nobody knows whether it is durable.
    fn create_directories(&self, path: &Path) -> Result<bool> {
        if self.is_directory(path) {
            return Ok(false);
        }
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.create_directories(parent)?;
        }
        self.create_directory(path)?;
        self.sync_directory(parent.unwrap_or(Path::new(".")))?;
        Ok(true)
    }

    /// Passes a named point between operations, such as those of a commit, which SQLite does by
    /// itself. Nothing happens; tests put faults here.
    fn pass(&self, _point: &'static str) -> Result<()> {
        Ok(())
    }

    /// Locks a file (created when missing) for this holder alone; None when others hold it.
    fn try_lock_exclusive(&self, path: &Path) -> Result<Option<Box<dyn FileLock>>>;
    /// Locks a file (created when missing) together with other sharers; waits for an exclusive holder.
    fn lock_shared(&self, path: &Path) -> Result<Box<dyn FileLock>>;
}

/// The file system of this machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct LocalFileSystem;

#[derive(Debug)]
struct LocalFile {
    file: File,
    length: u64,
}

struct LocalWriter(File);

#[derive(Debug)]
struct LocalLock {
    /// Keeps the lock: closing the file releases it.
    _file: File,
}

impl FileLock for LocalLock {}

impl Write for LocalWriter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WritableFile for LocalWriter {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

impl ReadableFile for LocalFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        // A length that comes from a damaged file must not become a huge allocation.
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "range lies beyond the end of the file"));
        }
        let mut buffer = vec![0; length];
        read_exact_at(&self.file, &mut buffer, offset)?;
        Ok(buffer.into())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_read(file, buffer, offset)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[n..];
        offset += n as u64;
    }
    Ok(())
}

fn failed(action: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("could not {action} \"{}\"", path.display()), error)
}

impl FileSystem for LocalFileSystem {
    fn create(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        Ok(Box::new(LocalWriter(file.map_err(|e| failed("create file", path, e))?)))
    }

    fn append(&self, path: &Path) -> Result<Box<dyn WritableFile>> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        Ok(Box::new(LocalWriter(file.map_err(|e| failed("open file", path, e))?)))
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn ReadableFile>> {
        let open = || {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok(LocalFile { file, length })
        };
        Ok(Arc::new(open().map_err(|e| failed("open file", path, e))?))
    }

    fn len(&self, path: &Path) -> Result<u64> {
        Ok(std::fs::metadata(path).map_err(|e| failed("look at file", path, e))?.len())
    }

    fn sync_directory(&self, path: &Path) -> Result<()> {
        // Windows has no such operation; there the file's own flush covers its entry.
        if cfg!(unix) {
            File::open(path).and_then(|d| d.sync_all()).map_err(|e| failed("sync folder", path, e))?;
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to).map_err(|e| failed("rename file", from, e))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed("remove file", path, e)),
            _ => Ok(()),
        }
    }

    fn list(&self, path: &Path) -> Result<Vec<DirectoryEntry>> {
        let entries = match std::fs::read_dir(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|e| failed("list folder", path, e))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| failed("list folder", path, e))?;
            let is_directory = entry.file_type().map_err(|e| failed("list folder", path, e))?.is_dir();
            // Names that are no UTF-8 are none of ours.
            if let Ok(name) = entry.file_name().into_string() {
                found.push(DirectoryEntry { name, is_directory });
            }
        }
        Ok(found)
    }

    fn create_directory(&self, path: &Path) -> Result<bool> {
        match std::fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
            Err(e) => Err(failed("create folder", path, e)),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn try_lock_exclusive(&self, path: &Path) -> Result<Option<Box<dyn FileLock>>> {
        let file = open_lock_file(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(LocalLock { _file: file }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(failed("lock file", path, e)),
        }
    }

    fn lock_shared(&self, path: &Path) -> Result<Box<dyn FileLock>> {
        let file = open_lock_file(path)?;
        file.lock_shared().map_err(|e| failed("lock file", path, e))?;
        Ok(Box::new(LocalLock { _file: file }))
    }
}

fn open_lock_file(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| failed("open lock file", path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_at_positions_and_refuses_ranges_beyond_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut file = LocalFileSystem.create(&path).unwrap();
        file.write_all(b"hello world").unwrap();
        file.sync().unwrap();
        let file = LocalFileSystem.open(&path).unwrap();
        assert_eq!(&file.read_at(6, 5).unwrap()[..], b"world");
        assert!(file.read_at(6, 6).is_err());
        assert!(file.read_at(u64::MAX, 6).is_err());
        assert!(LocalFileSystem.create(&path).is_err(), "create never overwrites");
    }

    #[test]
    fn an_exclusive_lock_waits_for_sharers_to_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let shared = LocalFileSystem.lock_shared(&path).unwrap();
        assert!(LocalFileSystem.try_lock_exclusive(&path).unwrap().is_none());
        drop(shared);
        assert!(LocalFileSystem.try_lock_exclusive(&path).unwrap().is_some());
    }

    #[test]
    fn missing_folders_and_files_are_no_error_where_said() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(LocalFileSystem.list(&dir.path().join("none")).unwrap(), vec![]);
        LocalFileSystem.remove(&dir.path().join("none")).unwrap();
        assert!(LocalFileSystem.create_directories(&dir.path().join("a/b/c")).unwrap());
        assert!(!LocalFileSystem.create_directories(&dir.path().join("a/b/c")).unwrap());
    }
}
