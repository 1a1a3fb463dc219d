//! Finds the files of a project.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// All files with one of the extensions below `root/folder`, relative to `root`, sorted; a folder
/// that does not exist has none. Hidden files and folders are passed over.
pub fn find(root: &Path, folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    const DEPTH_MAX: usize = 32;
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0usize)];
    while let Some((folder, depth)) = folders.pop() {
        let full = root.join(&folder);
        if !full.is_dir() {
            continue;
        }
        if depth > DEPTH_MAX {
            return Err(Error::parsing(format!("folders nest deeper than {DEPTH_MAX} levels")).at(folder, None));
        }
        for entry in std::fs::read_dir(&full).map_err(|error| Error::io(&folder, &error))? {
            let entry = entry.map_err(|error| Error::io(&folder, &error))?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(&name);
            if entry.path().is_dir() {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
pub fn read(root: &Path, path: &Path) -> Result<String> {
    std::fs::read_to_string(root.join(path)).map_err(|error| Error::io(path, &error))
}

/// The names of the folders of `path` below the first of `bases` that holds it.
pub fn folders_below(path: &Path, bases: &[PathBuf]) -> Vec<String> {
    let below = bases.iter().find_map(|base| path.strip_prefix(base).ok()).unwrap_or(path);
    let names = below.parent().into_iter().flat_map(Path::components);
    names.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
}

/// The file's name without its extension.
pub fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
