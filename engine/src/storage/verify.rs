//! Checks a whole warehouse: the catalog's invariants, and of every file that some state names its
//! existence, length, checksum, rows and positions. Nothing is changed.

use std::collections::HashSet;

use parquet::{arrow::arrow_reader::ParquetRecordBatchReaderBuilder, errors::ParquetError};

use super::{
    catalog_store::{CatalogStore, KnownFile},
    checksum::{self, Checksum},
    delete_file,
    metadata::{DeleteFile, FileId},
    segment_reader::ChunkFile,
    segment_store::SegmentStore,
};
use crate::error::{Error, Result, SqlState};

/// What was checked and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Invariants of the catalog that were checked.
    pub invariants: usize,
    /// Data files.
    pub data_files: usize,
    /// Delete files.
    pub delete_files: usize,
    /// Of these files, those of earlier states.
    pub historic_files: usize,
    /// Files of the lake that the data catalog's manifest lists.
    pub lake_files: usize,
    /// Of these, those that an earlier version wrote without a checksum: only their length is known.
    pub lake_files_without_checksum: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Rows, deleted ones included.
    pub rows: u64,
    /// Files that no state names: left by transactions that did not commit, or being written now.
    pub unknown_files: usize,
    /// What is wrong, a line each; empty: nothing.
    pub problems: Vec<String>,
}

/// Checks everything; `progress` is told the files checked and the files there are.
pub fn verify(
    store: &dyn CatalogStore,
    segments: &SegmentStore,
    mut progress: impl FnMut(usize, usize),
) -> Result<VerifyReport> {
    let (problems, invariants) = store.problems()?;
    let mut report = VerifyReport { invariants, problems, ..Default::default() };
    let files = store.known_files()?;
    for (index, file) in files.iter().enumerate() {
        progress(index, files.len());
        match file.deletes_from_rows {
            Some(_) => report.delete_files += 1,
            None => {
                report.data_files += 1;
                report.rows += file.row_count;
            }
        }
        report.historic_files += usize::from(file.ended.is_some());
        match check_file(segments, file) {
            Ok(()) => report.bytes += file.size_bytes,
            Err(error) => report.problems.push(describe(file, &error)),
        }
    }
    progress(files.len(), files.len());
    let known: HashSet<&str> = files.iter().map(|f| f.path.as_str()).collect();
    report.unknown_files = segments.files()?.iter().filter(|path| !known.contains(path.as_str())).count();
    Ok(report)
}

fn describe(file: &KnownFile, error: &Error) -> String {
    let age = if file.ended.is_some() { " (of an earlier state)" } else { "" };
    let why = match error.state() {
        SqlState::UNDEFINED_FILE => "is missing".to_owned(),
        _ => error.detail().unwrap_or(error.message()).trim_start_matches(&format!("{}: ", file.path)).to_owned(),
    };
    format!("{}{age}: {why}", file.path)
}

fn check_file(segments: &SegmentStore, file: &KnownFile) -> Result<()> {
    let opened = segments.open(&file.path, None)?;
    if let Some(whole) = &file.checksum {
        let expected = Checksum::new(whole.clone(), None);
        checksum::verify_whole(&file.path, opened.as_ref(), file.size_bytes, &expected)?;
    }
    match file.deletes_from_rows {
        Some(rows) => check_positions(segments, file, rows),
        None => check_rows(segments, file),
    }
}

fn check_rows(segments: &SegmentStore, file: &KnownFile) -> Result<()> {
    let chunks = ChunkFile::open(segments, &file.path, file.size_bytes, None)?;
    let failed = |e: ParquetError| chunks.error(e);
    let builder = ParquetRecordBatchReaderBuilder::try_new(chunks.clone()).map_err(failed)?;
    let rows = builder.metadata().file_metadata().num_rows();
    if u64::try_from(rows) != Ok(file.row_count) {
        return Err(Error::corrupted(&file.path, format!("{rows} rows where the catalog has {}", file.row_count)));
    }
    // What another program wrote has no checksum: then its pages must at least be readable.
    if file.checksum.is_none() {
        for batch in builder.build().map_err(failed)? {
            batch.map_err(|e| chunks.error(e))?;
        }
    }
    Ok(())
}

fn check_positions(segments: &SegmentStore, file: &KnownFile, rows: u64) -> Result<()> {
    let described = DeleteFile {
        id: FileId(0),
        path: file.path.clone(),
        row_count: file.row_count,
        size_bytes: file.size_bytes,
        footer_bytes: 0,
        checksum: None,
    };
    let vector = delete_file::read(segments, &described)?;
    match vector.positions().last() {
        Some(last) if *last >= rows => {
            Err(Error::corrupted(&file.path, format!("position {last} of a data file with {rows} rows")))
        }
        _ => Ok(()),
    }
}
