//! The lake's part of `blueshift verify`: the data catalog's own file, and of every file that the manifest lists its
//! existence, length and checksum. Nothing is changed.

use super::data_catalog::{DataCatalog, ManifestFile};
use crate::{
    error::{Error, Result, SqlState},
    lake::LakeFolder,
    storage::{checksum, verify::VerifyReport},
};

/// Adds what is found to `report`; `progress` is told the files checked and the files there are.
pub fn verify(
    catalog: &DataCatalog,
    lake: &LakeFolder,
    report: &mut VerifyReport,
    mut progress: impl FnMut(usize, usize),
) -> Result<()> {
    report.invariants += 2;
    report.problems.extend(catalog.problems()?);
    let files = catalog.manifest()?;
    for (index, file) in files.iter().enumerate() {
        progress(index, files.len());
        report.lake_files += 1;
        report.lake_files_without_checksum += usize::from(file.checksum.is_none());
        match check(lake, file) {
            Ok(()) => report.bytes += file.bytes,
            Err(error) => report.problems.push(describe(file, &error)),
        }
    }
    progress(files.len(), files.len());
    Ok(())
}

fn check(lake: &LakeFolder, file: &ManifestFile) -> Result<()> {
    let opened = lake.file_system().open(&lake.path(&file.path))?;
    match &file.checksum {
        Some(checksum) => checksum::verify_whole(&file.path, opened.as_ref(), file.bytes, checksum),
        None if opened.len() == file.bytes => Ok(()),
        None => Err(Error::corrupted(&file.path, format!("{} bytes where {} were written", opened.len(), file.bytes))),
    }
}

fn describe(file: &ManifestFile, error: &Error) -> String {
    let why = match error.state() {
        SqlState::UNDEFINED_FILE => "is missing".to_owned(),
        _ => error.detail().unwrap_or(error.message()).trim_start_matches(&format!("{}: ", file.path)).to_owned(),
    };
    format!("lake/{}: {why}", file.path)
}
