//! A consistent copy of a warehouse's managed tables while it is in use.
//!
//! The copy's catalog decides what is copied: SQLite copies it in one transaction, and the files
//! that it names are immutable and stay as long as a transaction of this process sees the state.
//! Every file is checked against its checksum while it is read.

use std::{collections::HashSet, path::Path, sync::Arc};

use super::warehouse::Warehouse;
use crate::{
    error::{Error, Result},
    storage::{
        FileSystem,
        catalog_store::{CatalogStore, SqliteCatalogStore},
        checksum::Checksum,
        file_system::ReadableFile,
    },
};

/// Bytes copied at once.
const CHUNK_BYTES: u64 = 1 << 20;

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files, without the catalogs.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Warehouse {
    /// Copies catalog and managed files to the new folder `target`. The folder is complete and
    /// durable when this returns.
    pub fn copy_to(self: &Arc<Self>, target: &Path) -> Result<Copied> {
        // Keeps the state, and so its files, from expiring meanwhile.
        let mut transaction = self.begin();
        transaction.snapshot()?;
        let file_system = self.segments().file_system();
        let data = target.join("data");
        file_system.create_directories(&data)?;
        let catalog = target.join("catalog.sqlite");
        self.store().copy_to(&catalog)?;
        let copy = SqliteCatalogStore::open(&catalog, &data, Arc::clone(file_system))?;
        let mut copied = Copied::default();
        let mut folders = HashSet::new();
        for known in copy.known_files()? {
            let checksum = known.checksum.map(|whole| (known.size_bytes, Arc::new(Checksum::new(whole, None))));
            let from = self.segments().open(&known.path, checksum)?;
            let to = data.join(&known.path);
            let folder = to.parent().ok_or_else(|| Error::internal("a file without a folder"))?.to_owned();
            if folders.insert(folder.clone()) {
                file_system.create_directories(&folder)?;
            }
            copy_file(file_system.as_ref(), from.as_ref(), &to)?;
            copied.files += 1;
            copied.bytes += known.size_bytes;
        }
        folders.iter().try_for_each(|folder| file_system.sync_directory(folder))?;
        drop(copy);
        file_system.sync_directory(target)?;
        Ok(copied)
    }
}

/// Writes the bytes of an open file to a new, durable one.
pub fn copy_file(file_system: &dyn FileSystem, from: &dyn ReadableFile, to: &Path) -> Result<()> {
    let failed = |e| Error::io(format!("could not copy to \"{}\"", to.display()), e);
    let mut file = file_system.create(to)?;
    let mut offset = 0;
    while offset < from.len() {
        let length = (from.len() - offset).min(CHUNK_BYTES);
        file.write_all(&from.read_at(offset, length as usize).map_err(failed)?).map_err(failed)?;
        offset += length;
    }
    file.flush().and_then(|()| file.sync()).map_err(failed)
}
