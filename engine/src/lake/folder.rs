//! The warehouse's lake folder as its writer sees it: part files, syncing, sweeping.
//!
//! Paths are relative to the folder, with `/` as separator; the data catalog keeps them so, and
//! a warehouse can be moved. A file belongs to the lake only when the manifest lists it: what a
//! killed run left behind is found by [`LakeFolder::sweep`].

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    error::{Error, Result, SqlState},
    storage::{
        checksum::{self, Expected},
        file_system::{FileLock, FileSystem, ReadableFile, WritableFile},
    },
};

/// Name of the lock that keeps a second job away from the folder.
const LOCK_FILE: &str = ".job.lock";
/// Start of the names of part files; nothing else is ever swept.
pub const PART_PREFIX: &str = "part-";
/// Folder of the reject files.
pub const REJECTS: &str = "rejects";

/// The lake folder of a warehouse.
#[derive(Debug)]
pub struct LakeFolder {
    file_system: Arc<dyn FileSystem>,
    root: PathBuf,
    /// Folders with new entries that are not durable yet.
    unsynced: Mutex<BTreeSet<PathBuf>>,
}

impl LakeFolder {
    /// The folder `root`, created when it is missing.
    pub fn open(file_system: Arc<dyn FileSystem>, root: impl Into<PathBuf>) -> Result<LakeFolder> {
        let root = root.into();
        let root = std::path::absolute(&root).map_err(|e| Error::io("cannot resolve the lake folder", e))?;
        file_system.create_directories(&root)?;
        Ok(LakeFolder { file_system, root, unsynced: Mutex::default() })
    }

    /// The file system underneath.
    pub fn file_system(&self) -> &Arc<dyn FileSystem> {
        &self.file_system
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of a file or folder of the lake.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Takes the lock that only one job at a time can hold.
    pub fn lock(&self) -> Result<Box<dyn FileLock>> {
        self.file_system.try_lock_exclusive(&self.root.join(LOCK_FILE))?.ok_or_else(|| {
            Error::new(SqlState::SERIALIZATION_FAILURE, "another run of the Glue job is using this warehouse")
                .with_hint("Wait for it to end, or use another --warehouse.")
        })
    }

    /// Creates a file; its folder is made durable by [`LakeFolder::sync_folders`].
    pub fn create(&self, relative: &str) -> Result<Box<dyn WritableFile>> {
        let path = self.path(relative);
        let folder = path.parent().unwrap_or(&self.root).to_path_buf();
        // Under the lock, so that no other thread takes a folder for created too early.
        let mut unsynced = self.unsynced.lock();
        if !unsynced.contains(&folder) {
            self.file_system.create_directories(&folder)?;
            unsynced.insert(folder);
        }
        drop(unsynced);
        self.file_system.create(&path)
    }

    /// Opens a file whose bytes are checked while they are read, when it is known what they must be.
    pub fn open_file(&self, relative: &str, expected: Option<Expected>) -> Result<Arc<dyn ReadableFile>> {
        let file = self.file_system.open(&self.path(relative))?;
        match expected {
            Some(expected) => checksum::verified(relative, file, expected),
            None => Ok(file),
        }
    }

    /// Makes the entries of all files created since the last call durable.
    pub fn sync_folders(&self) -> Result<()> {
        let folders = std::mem::take(&mut *self.unsynced.lock());
        folders.iter().try_for_each(|folder| self.file_system.sync_directory(folder))
    }

    /// Removes part files of a database that are not in `live`; returns how many.
    pub fn sweep(&self, database: &str, live: &HashSet<String>) -> Result<usize> {
        let mut removed = 0;
        for base in [database, REJECTS] {
            for table in self.folders(base)? {
                for delivery in self.folders(&table)? {
                    removed += self.sweep_folder(&delivery, live)?;
                }
            }
        }
        self.unsynced.lock().clear();
        Ok(removed)
    }

    fn sweep_folder(&self, folder: &str, live: &HashSet<String>) -> Result<usize> {
        let mut removed = 0;
        for entry in self.file_system.list(&self.path(folder))? {
            let relative = format!("{folder}/{}", entry.name);
            if !entry.is_directory && entry.name.starts_with(PART_PREFIX) && !live.contains(&relative) {
                self.file_system.remove(&self.path(&relative))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn folders(&self, relative: &str) -> Result<Vec<String>> {
        let entries = self.file_system.list(&self.path(relative))?;
        Ok(entries.into_iter().filter(|e| e.is_directory).map(|e| format!("{relative}/{}", e.name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::file_system::LocalFileSystem;

    #[test]
    fn sweeps_only_part_files_that_nobody_lists() {
        let dir = tempfile::tempdir().unwrap();
        let lake = LakeFolder::open(Arc::new(LocalFileSystem), dir.path().join("lake")).unwrap();
        for name in ["part-1.orc", "part-2.orc", "mine.orc"] {
            lake.create(&format!("db/t/delivery_id=1/{name}")).unwrap();
        }
        lake.create("rejects/t/delivery_id=1/part-9.csv").unwrap();
        lake.sync_folders().unwrap();
        let live = HashSet::from(["db/t/delivery_id=1/part-2.orc".to_owned()]);
        assert_eq!(lake.sweep("db", &live).unwrap(), 2);
        assert!(lake.path("db/t/delivery_id=1/part-2.orc").exists());
        assert!(lake.path("db/t/delivery_id=1/mine.orc").exists());
        assert!(!lake.path("db/t/delivery_id=1/part-1.orc").exists());
        assert_eq!(lake.sweep("db", &live).unwrap(), 0);
    }

    #[test]
    fn one_job_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lake = LakeFolder::open(Arc::new(LocalFileSystem), dir.path()).unwrap();
        let held = lake.lock().unwrap();
        assert_eq!(lake.lock().map(|_| ()).unwrap_err().state(), SqlState::SERIALIZATION_FAILURE);
        drop(held);
        assert!(lake.lock().is_ok());
    }
}
