//! Whether other processes have the warehouse open.
//!
//! Each process holds a lock on a file of its own in the folder of locks. A file that nobody holds
//! was left by a process that was killed.

use std::{path::PathBuf, sync::Arc};

use crate::{
    error::Result,
    storage::{FileSystem, file_system::FileLock},
};

/// Names of the files start so.
const PREFIX: &str = "process-";

/// This process among those that have the warehouse open.
#[derive(Debug)]
pub(super) struct Presence {
    file_system: Arc<dyn FileSystem>,
    folder: PathBuf,
    name: String,
    lock: Option<Box<dyn FileLock>>,
}

impl Presence {
    /// Shows that this process has the warehouse open.
    pub(super) fn new(file_system: Arc<dyn FileSystem>, folder: PathBuf) -> Result<Self> {
        let name = format!("{PREFIX}{}", uuid::Uuid::now_v7().simple());
        let lock = file_system.try_lock_exclusive(&folder.join(&name))?;
        Ok(Presence { file_system, folder, name, lock })
    }

    /// Whether nobody else has it open.
    pub(super) fn is_alone(&self) -> Result<bool> {
        for entry in self.file_system.list(&self.folder)? {
            if !entry.name.starts_with(PREFIX) || entry.name == self.name {
                continue;
            }
            let path = self.folder.join(&entry.name);
            match self.file_system.try_lock_exclusive(&path)? {
                None => return Ok(false),
                Some(_dead) => self.file_system.remove(&path)?,
            }
        }
        Ok(true)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        drop(self.lock.take());
        let _ = self.file_system.remove(&self.folder.join(&self.name));
    }
}
