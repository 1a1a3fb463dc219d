//! The newest committed state of a catalog, noted beside it.
//!
//! SQLite reads its write-ahead log up to the first damaged frame and forgets what comes after it,
//! in silence. So the number of the newest state is kept in a file of its own, written after each
//! commit; a catalog that is older than this has lost commits. The note may be behind (it is not
//! synced, and processes may write it in any order), never ahead.

use std::{
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::FileSystem;
use crate::error::{Error, Result, SqlState};

/// Every note's name begins so; one that is being written has dots in it.
const NAMES_BEGIN: &str = "head";
/// It holds a number, not more.
const FILE_BYTES_MAX: u64 = 64;

/// The note.
#[derive(Debug)]
pub struct Head {
    file_system: Arc<dyn FileSystem>,
    folder: PathBuf,
    /// Name of the note's file in the folder.
    name: &'static str,
    /// Name of the catalog's file, for errors.
    catalog: &'static str,
    /// Makes the names of new files differ within the process.
    written: AtomicU64,
}

impl Head {
    /// The note `name` in the folder of locks about the file `catalog`.
    pub fn new(file_system: Arc<dyn FileSystem>, folder: PathBuf, name: &'static str, catalog: &'static str) -> Self {
        Head { file_system, folder, name, catalog, written: AtomicU64::new(0) }
    }

    /// The state that is noted; None when there is no note.
    pub fn read(&self) -> Result<Option<i64>> {
        let path = self.folder.join(self.name);
        let file = match self.file_system.open(&path) {
            Err(error) if error.state() == SqlState::UNDEFINED_FILE => return Ok(None),
            file => file?,
        };
        let length = file.len().min(FILE_BYTES_MAX) as usize;
        let failed = |e| Error::io(format!("could not read \"{}\"", path.display()), e);
        let text = String::from_utf8_lossy(&file.read_at(0, length).map_err(failed)?).into_owned();
        // An unreadable note is no note: a power failure may leave it empty.
        let (number, check) = text.trim_end().split_once(' ').unwrap_or_default();
        Ok(number.parse().ok().filter(|id| check_of(*id) == check))
    }

    /// Compares the note, read before the catalog was, with the catalog's newest state.
    ///
    /// Errors: XX001 when the catalog has lost commits.
    pub fn check(&self, noted: Option<i64>, latest: Option<i64>) -> Result<()> {
        match (noted, latest) {
            (Some(noted), Some(latest)) if noted > latest => {
                let why = format!("it ends with state {latest}, and state {noted} was committed");
                Err(Error::corrupted(self.catalog, why).with_hint(format!(
                    "If an older catalog was put back on purpose, remove \"{}\".",
                    self.folder.join(self.name).display()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Removes what killed processes were about to note, of whatever catalog. To be called while nobody else is here.
    pub fn sweep(&self) -> Result<()> {
        let is_begun = |name: &str| name.starts_with(NAMES_BEGIN) && name.contains('.');
        let left = self.file_system.list(&self.folder)?.into_iter().filter(|entry| is_begun(&entry.name));
        left.into_iter().try_for_each(|entry| self.file_system.remove(&self.folder.join(entry.name)))
    }

    /// Notes a state; that it cannot be noted harms nobody.
    pub fn write(&self, id: i64) {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join(format!("{}.{}.{number}", self.name, std::process::id()));
        let write = || -> Result<()> {
            let mut file = self.file_system.create(&new)?;
            let text = format!("{id} {}\n", check_of(id));
            file.write_all(text.as_bytes()).map_err(|e| Error::io("could not note the state", e))?;
            drop(file);
            self.file_system.rename(&new, &self.folder.join(self.name))
        };
        if write().is_err() {
            let _ = self.file_system.remove(&new);
        }
    }
}

/// Tells a note from a damaged one.
fn check_of(id: i64) -> String {
    blake3::hash(id.to_string().as_bytes()).to_hex()[..16].to_owned()
}
