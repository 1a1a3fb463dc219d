//! Pieces of an object that are converted in parallel, and the first pass over them.
//!
//! Where a record begins cannot be told from the middle of a CSV file for certain, because a
//! line break may be inside quotes. So boundaries are guessed, and then proved: the scan of a
//! chunk ends where its last record ends, and if that is not where the next chunk was taken to
//! begin, the next chunk is scanned again from the right place. The result is always that of
//! one sequential scan. The first pass also counts the records, so that every row knows its
//! number, and infers the types from all values.

use std::io::Read;

use memchr::memchr_iter;

use super::{
    Work,
    header::Header,
    infer::ColumnProfile,
    scanner::{Scanned, Scanner},
};
use crate::{
    error::{Error, Result},
    lake::source::ObjectInfo,
};

/// Bytes in which a boundary is looked for.
const BOUNDARY_WINDOW_BYTES: u64 = 4 << 20;
/// Line ends that are tried as a boundary, and records that must follow one.
const BOUNDARY_CANDIDATES_MAX: usize = 64;
const BOUNDARY_RECORDS: usize = 4;
/// A chunk is at most this long, so that its ORC part is not much larger than 64 MB.
const CHUNK_BYTES_MAX: u64 = 512 << 20;
/// Progress is told, and cancellation looked for, every so many bytes.
pub(super) const REPORT_BYTES: u64 = 1 << 20;

/// A piece of an object after the first pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where its first record begins.
    pub start: u64,
    /// Where the record after its last begins.
    pub end: u64,
    /// Records before it in the object, rejected ones included.
    pub rows_before: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Physical lines in it.
    pub lines: u64,
    /// Records in it, rejected ones included.
    pub records: u64,
    /// Rejected records in it.
    pub rejects: u64,
    /// What was seen in each column.
    pub profiles: Vec<ColumnProfile>,
}

/// Where the chunks of an object may begin; the first is the start of its data.
pub fn guess_starts(work: &Work<'_>, object: &ObjectInfo, header: &Header) -> Result<Vec<u64>> {
    let length = object.bytes.saturating_sub(header.data_offset);
    let split = work.options.split_bytes_min.max(1);
    let step = (length / (work.options.threads as u64 * 2).max(1)).clamp(split, CHUNK_BYTES_MAX.max(split));
    let mut starts = vec![header.data_offset];
    let mut nominal = header.data_offset.saturating_add(step);
    while nominal.saturating_add(step / 2) < object.bytes {
        if let Some(start) = guess_boundary(work, object, nominal, header.columns.len())?
            && starts.last().is_some_and(|last| start > *last)
        {
            starts.push(start);
        }
        nominal = nominal.saturating_add(step);
    }
    Ok(starts)
}

/// Looks for the first line end after `nominal` that well-formed records follow.
fn guess_boundary(work: &Work<'_>, object: &ObjectInfo, nominal: u64, columns: usize) -> Result<Option<u64>> {
    let mut window = Vec::new();
    let reader = work.source.read_from(object, nominal)?;
    reader
        .take(BOUNDARY_WINDOW_BYTES)
        .read_to_end(&mut window)
        .map_err(|e| Error::io(work.source.cannot_read(&object.key), e))?;
    let candidates = memchr_iter(b'\n', &window).map(|at| at + 1).take(BOUNDARY_CANDIDATES_MAX);
    let mut first = None;
    for candidate in candidates {
        first.get_or_insert(candidate);
        if looks_like_records(&window[candidate..], columns) {
            return Ok(Some(nominal + candidate as u64));
        }
    }
    Ok(first.map(|candidate| nominal + candidate as u64))
}

fn looks_like_records(text: &[u8], columns: usize) -> bool {
    let mut scanner = Scanner::new(text, b',', 0, 1);
    (0..BOUNDARY_RECORDS).all(|_| match scanner.next_record() {
        Ok(Scanned::Record) => scanner.field_count() == columns,
        Ok(Scanned::End) => true,
        _ => false,
    })
}

/// The first pass over the records that begin in `start..end`.
pub fn scan_chunk(
    work: &Work<'_>,
    object: &ObjectInfo,
    table: &str,
    columns: usize,
    start: u64,
    end: u64,
) -> Result<Chunk> {
    let mut scanner = Scanner::new(work.source.read_from(object, start)?, b',', start, 1);
    let mut profiles = vec![ColumnProfile::default(); columns];
    let (mut records, mut rejects, mut reported) = (0, 0, start);
    while scanner.position() < end {
        match scanner.next_record().map_err(|e| Error::io(work.source.cannot_read(&object.key), e))? {
            Scanned::Record if scanner.field_count() == columns => {
                for (index, profile) in profiles.iter_mut().enumerate() {
                    profile.observe(scanner.field(index));
                }
            }
            Scanned::Record | Scanned::Bad(_) => rejects += 1,
            Scanned::End => break,
        }
        records += 1;
        if scanner.position() - reported >= REPORT_BYTES {
            work.advance(table, (scanner.position() - reported) / 2)?;
            reported = scanner.position();
        }
    }
    work.advance(table, (scanner.position() - reported) / 2)?;
    let end = scanner.position();
    let lines = scanner.next_line() - 1;
    Ok(Chunk { start, end, rows_before: 0, line: 0, lines, records, rejects, profiles })
}

/// Proves the chunks of an object against each other, scans again what was guessed wrong, and
/// numbers rows and lines.
pub fn prove(work: &Work<'_>, object: &ObjectInfo, table: &str, header: &Header, chunks: &mut [Chunk]) -> Result<()> {
    let starts: Vec<u64> = chunks.iter().map(|c| c.start).collect();
    let (mut expected, mut rows, mut line) = (header.data_offset, 0, header.data_line);
    for (index, chunk) in chunks.iter_mut().enumerate() {
        if chunk.start != expected {
            let end = starts.get(index + 1).copied().unwrap_or(u64::MAX);
            *chunk = scan_chunk(work, object, table, header.columns.len(), expected, end)?;
        }
        (chunk.rows_before, chunk.line) = (rows, line);
        expected = chunk.end;
        rows += chunk.records;
        line += chunk.lines;
    }
    Ok(())
}
