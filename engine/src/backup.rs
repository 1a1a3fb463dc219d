//! `blueshift snapshot` and `restore`: a consistent copy of a whole warehouse while it is in use,
//! and a warehouse made of one.
//!
//! A copy is itself a warehouse. It is made beside its place and renamed, so that a folder of that
//! name is always complete.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Engine,
    error::{Error, Result, SqlState},
    glue::data_catalog::{DataCatalog, ManifestFile},
    storage::{FileSystem, LocalFileSystem},
    transaction::{Copied, copy_file},
};

/// What a copy consists of besides the folder of managed files.
const CATALOGS: [&str; 2] = ["catalog.sqlite", "glue.sqlite"];

impl Engine {
    /// Copies the whole warehouse to the folder `target`, which must not exist: managed tables, the
    /// data catalog and the lake. Transactions may go on meanwhile; the copy has the managed tables
    /// of one moment, and the lake of a moment just after it.
    pub fn copy_to(&self, target: &Path) -> Result<Copied> {
        let file_system: Arc<dyn FileSystem> = Arc::clone(self.lake().file_system());
        let target = std::path::absolute(target).map_err(|e| Error::io("cannot resolve the folder", e))?;
        if target.exists() {
            return Err(already_there(&target));
        }
        let partial = target.with_extension(format!("partial-{}", std::process::id()));
        let copied = self.copy_into(&file_system, &partial);
        match copied {
            Ok(copied) => {
                file_system.rename(&partial, &target)?;
                if let Some(parent) = target.parent() {
                    file_system.sync_directory(parent)?;
                }
                Ok(copied)
            }
            Err(error) => {
                let _ = std::fs::remove_dir_all(&partial);
                Err(error)
            }
        }
    }

    fn copy_into(&self, file_system: &Arc<dyn FileSystem>, folder: &Path) -> Result<Copied> {
        let mut copied = self.shared.warehouse.copy_to(folder)?;
        self.data_catalog().copy_to(&folder.join("glue.sqlite"))?;
        let copied_manifest = DataCatalog::open(&folder.join("glue.sqlite"))?.manifest()?;
        let manifest: HashMap<PathBuf, &ManifestFile> =
            copied_manifest.iter().map(|file| (PathBuf::from(&file.path), file)).collect();
        let lake = folder.join("lake");
        file_system.create_directories(&lake)?;
        let from = self.lake().root().to_owned();
        for relative in files_below(file_system.as_ref(), &from)? {
            let opened = match manifest.get(&relative) {
                // Damage must not be copied in silence.
                Some(known) => self.lake().open_file(&known.path, known.expected()),
                None => file_system.open(&from.join(&relative)),
            };
            match opened {
                // What left the manifest while we copied may be swept.
                Err(error) if error.state() == SqlState::UNDEFINED_FILE => continue,
                file => add(file_system.as_ref(), file?.as_ref(), &lake.join(&relative), &mut copied)?,
            }
        }
        sync_folders(file_system.as_ref(), folder)?;
        Ok(copied)
    }

    /// Makes the warehouse `target`, which must not exist or be an empty folder, of the copy
    /// `source`. The copy stays as it is.
    pub fn restore(source: &Path, target: &Path) -> Result<Copied> {
        let file_system = LocalFileSystem;
        if !source.join(CATALOGS[0]).is_file() {
            let message = format!("\"{}\" is no copy of a warehouse", source.display());
            return Err(Error::new(SqlState::UNDEFINED_FILE, message));
        }
        if target.exists() && !file_system.list(target)?.is_empty() {
            return Err(already_there(target));
        }
        let target = std::path::absolute(target).map_err(|e| Error::io("cannot resolve the folder", e))?;
        let mut copied = Copied::default();
        file_system.create_directories(&target)?;
        let mut files = files_below(&file_system, source)?;
        // The catalog comes last: without it there is no warehouse.
        files.sort_by_key(|file| CATALOGS.iter().any(|catalog| file == Path::new(catalog)));
        for relative in files.iter().filter(|file| !file.starts_with("locks") && !file.starts_with("tmp")) {
            let file = file_system.open(&source.join(relative))?;
            add(&file_system, file.as_ref(), &target.join(relative), &mut copied)?;
        }
        sync_folders(&file_system, &target)?;
        Ok(copied)
    }
}

fn already_there(folder: &Path) -> Error {
    Error::new(SqlState::DUPLICATE_OBJECT, format!("\"{}\" exists already", folder.display()))
        .with_hint("Name a folder that does not exist; nothing is ever overwritten.")
}

fn add(
    file_system: &dyn FileSystem,
    from: &dyn crate::storage::file_system::ReadableFile,
    to: &Path,
    copied: &mut Copied,
) -> Result<()> {
    if let Some(folder) = to.parent() {
        file_system.create_directories(folder)?;
    }
    copy_file(file_system, from, to)?;
    copied.files += 1;
    copied.bytes += from.len();
    Ok(())
}

/// The files below a folder, relative to it; locks are none.
fn files_below(file_system: &dyn FileSystem, folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(relative) = open.pop() {
        for entry in file_system.list(&folder.join(&relative))? {
            let path = relative.join(&entry.name);
            match entry.is_directory {
                true => open.push(path),
                false if entry.name.ends_with(".lock") => {}
                false => found.push(path),
            }
        }
    }
    Ok(found)
}

fn sync_folders(file_system: &dyn FileSystem, root: &Path) -> Result<()> {
    let parents = files_below(file_system, root)?.into_iter().filter_map(|file| file.parent().map(|p| root.join(p)));
    let folders: HashSet<PathBuf> = parents.chain([root.to_owned()]).collect();
    folders.iter().try_for_each(|folder| file_system.sync_directory(folder))
}
