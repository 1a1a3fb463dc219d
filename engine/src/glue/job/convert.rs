//! The second pass: the records of a chunk into ORC parts and a reject file.

use std::{
    io::{BufWriter, Write},
    sync::Arc,
};

use blueshift_orc::{OrcError, OrcWriter, WriterOptions};

use super::{
    Work,
    batch::BatchBuilder,
    chunk::{Chunk, REPORT_BYTES},
    scanner::{REJECT_RAW_BYTES_MAX, Scanned, Scanner},
};
use crate::{
    error::{Error, Result, SqlState},
    glue::{data_catalog::NewFile, hive_type::HiveType},
    lake::{
        folder::{PART_PREFIX, REJECTS},
        source::ObjectInfo,
    },
    storage::{checksummed_file::ChecksummedFile, file_system::WritableFile},
};

/// A part ends when this many bytes are written.
const PART_BYTES_MAX: u64 = 64 << 20;
/// A stripe takes at most this much memory, and at most this share of a worker's.
const STRIPE_BYTES_MAX: usize = 16 << 20;
const STRIPE_MEMORY_SHARE: usize = 6;

/// An object with everything that its conversion needs.
#[derive(Debug)]
pub struct ObjectPlan<'a> {
    /// The object.
    pub object: &'a ObjectInfo,
    /// Its place among the objects of this run.
    pub number: usize,
    /// The table it goes to.
    pub table: &'a str,
    /// Its columns.
    pub columns: &'a [String],
    /// Their types, wide enough for every value; None where neither the object nor the data
    /// catalog has a value yet. Such a column is not written, so its type stays free.
    pub types: Vec<Option<HiveType>>,
}

/// Converts a chunk; returns the files written, data parts first.
pub fn convert_chunk(
    work: &Work<'_>,
    plan: &ObjectPlan<'_>,
    chunk: &Chunk,
    chunk_number: usize,
) -> Result<Vec<NewFile>> {
    if chunk.records == 0 {
        return Ok(Vec::new());
    }
    let reader = work.source.read_from(plan.object, chunk.start)?;
    let mut scanner = Scanner::new(reader, b',', chunk.start, chunk.line);
    let modified_us = plan.object.modified_us();
    let mut batch = BatchBuilder::try_new(plan.columns, &plan.types, &plan.object.key, modified_us)?;
    let mut parts = PartWriter::new(work, plan, chunk_number);
    let mut rejects = RejectWriter::new(work, plan, chunk_number);
    let (mut row, mut reported) = (chunk.rows_before, chunk.start);
    while scanner.position() < chunk.end {
        let found = scanner.next_record().map_err(|e| Error::io(work.source.cannot_read(&plan.object.key), e))?;
        row += 1;
        match found {
            Scanned::Record if scanner.field_count() == plan.columns.len() => {
                batch.append(row, |index| scanner.field(index)).map_err(|_| changed(work, plan.object))?;
                if batch.is_full() {
                    parts.write(&mut batch)?;
                }
            }
            Scanned::Record => {
                let reason = format!("{} fields instead of {}", scanner.field_count(), plan.columns.len());
                rejects.write(scanner.line(), &reason, scanner.raw())?;
            }
            Scanned::Bad(why) => rejects.write(scanner.line(), why.reason(), scanner.raw())?,
            Scanned::End => break,
        }
        if scanner.position() - reported >= REPORT_BYTES {
            work.advance(plan.table, (scanner.position() - reported).div_ceil(2))?;
            reported = scanner.position();
        }
    }
    work.advance(plan.table, (scanner.position() - reported).div_ceil(2))?;
    parts.write(&mut batch)?;
    let mut files = parts.finish()?;
    let rejected = rejects.finish()?;
    let kept: u64 = files.iter().map(|f| f.rows).sum();
    let lost = rejected.as_ref().map_or(0, |f| f.rows);
    if kept + lost != chunk.records || lost != chunk.rejects || scanner.position() != chunk.end {
        return Err(changed(work, plan.object));
    }
    files.extend(rejected);
    Ok(files)
}

/// The two passes saw different bytes.
pub(super) fn changed(work: &Work<'_>, object: &ObjectInfo) -> Error {
    Error::new(SqlState::IO_ERROR, format!("the object \"{}\" changed while it was read", object.key))
        .with_detail(format!("The object is in {}. Nothing of this run was loaded.", work.source.location()))
        .with_hint("Run again when its writer is done.")
}

/// Writes ORC parts, a new one when the last is large enough.
struct PartWriter<'a> {
    work: &'a Work<'a>,
    plan: &'a ObjectPlan<'a>,
    chunk: usize,
    open: Option<(String, OrcWriter<ChecksummedFile>)>,
    done: Vec<NewFile>,
}

impl<'a> PartWriter<'a> {
    fn new(work: &'a Work<'a>, plan: &'a ObjectPlan<'a>, chunk: usize) -> Self {
        PartWriter { work, plan, chunk, open: None, done: Vec::new() }
    }

    fn write(&mut self, builder: &mut BatchBuilder) -> Result<()> {
        let batch = builder.finish()?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.open.as_ref().is_some_and(|(_, writer)| writer.bytes_written() >= PART_BYTES_MAX) {
            self.end_part()?;
        }
        let (path, writer) = match &mut self.open {
            Some(open) => open,
            None => {
                let (work, plan) = (self.work, self.plan);
                let folder = work.table_folder(plan.table);
                let path = format!("{folder}/{}", part_name(work, plan, self.chunk, self.done.len(), "orc"));
                let memory = work.options.memory_per_worker_bytes / STRIPE_MEMORY_SHARE;
                let options = WriterOptions {
                    stripe_bytes_max: STRIPE_BYTES_MAX.min(memory.max(1 << 20)),
                    metadata: vec![("blueshift.source".to_owned(), plan.object.key.clone())],
                    ..WriterOptions::default()
                };
                let file = ChecksummedFile::new(work.lake.create(&path)?);
                let writer = OrcWriter::try_new(file, builder.schema(), options).map_err(|e| orc_error(&path, e))?;
                self.open.insert((path, writer))
            }
        };
        writer.write(&batch).map_err(|e| orc_error(path, e))
    }

    fn end_part(&mut self) -> Result<()> {
        if let Some((path, writer)) = self.open.take() {
            let (summary, mut file) = writer.finish_into().map_err(|e| orc_error(&path, e))?;
            file.sync().map_err(|e| Error::io(format!("cannot write {path}"), e))?;
            let checksum = Arc::new(file.checksum());
            self.done.push(NewFile { path, rows: summary.rows, bytes: summary.bytes, is_reject: false, checksum });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<NewFile>> {
        self.end_part()?;
        Ok(self.done)
    }
}

fn part_name(work: &Work<'_>, plan: &ObjectPlan<'_>, chunk: usize, part: usize, extension: &str) -> String {
    format!("{PART_PREFIX}{:05}-{chunk:04}-{part:02}-{}.{extension}", plan.number, work.run_id)
}

fn orc_error(path: &str, error: OrcError) -> Error {
    match error {
        OrcError::Io(source) => Error::io(format!("cannot write {path}"), source),
        other => Error::internal(format!("cannot write {path}: {other}")),
    }
}

/// Writes rejected records with their place and reason; the file exists only if there are any.
struct RejectWriter<'a> {
    work: &'a Work<'a>,
    plan: &'a ObjectPlan<'a>,
    path: String,
    open: Option<BufWriter<ChecksummedFile>>,
    rows: u64,
    bytes: u64,
    line: String,
}

impl<'a> RejectWriter<'a> {
    fn new(work: &'a Work<'a>, plan: &'a ObjectPlan<'a>, chunk: usize) -> Self {
        let name = part_name(work, plan, chunk, 0, "csv");
        let path = format!("{REJECTS}/{}/{}/{name}", plan.table, work.delivery_folder());
        RejectWriter { work, plan, path, open: None, rows: 0, bytes: 0, line: String::new() }
    }

    fn write(&mut self, line: u64, reason: &str, raw: &[u8]) -> Result<()> {
        let (work, path) = (self.work, &self.path);
        let output = match &mut self.open {
            Some(open) => open,
            None => {
                let mut file = BufWriter::new(ChecksummedFile::new(work.lake.create(path)?));
                let header = b"object,line,reason,raw\n";
                file.write_all(header).map_err(|e| Error::io(format!("cannot write {path}"), e))?;
                self.bytes = header.len() as u64;
                self.open.insert(file)
            }
        };
        self.line.clear();
        let raw = String::from_utf8_lossy(&raw[..raw.len().min(REJECT_RAW_BYTES_MAX)]);
        for (value, end) in [
            (self.plan.object.key.as_str(), ','),
            (line.to_string().as_str(), ','),
            (reason, ','),
            (raw.trim_end_matches('\r'), '\n'),
        ] {
            push_quoted(&mut self.line, value);
            self.line.push(end);
        }
        output.write_all(self.line.as_bytes()).map_err(|e| Error::io(format!("cannot write {path}"), e))?;
        self.rows += 1;
        self.bytes += self.line.len() as u64;
        Ok(())
    }

    fn finish(self) -> Result<Option<NewFile>> {
        let Some(output) = self.open else { return Ok(None) };
        let wrap = |e: std::io::Error| Error::io(format!("cannot write {}", self.path), e);
        let mut file = output.into_inner().map_err(|e| wrap(e.into_error()))?;
        file.sync().map_err(wrap)?;
        let checksum = Arc::new(file.checksum());
        Ok(Some(NewFile { path: self.path, rows: self.rows, bytes: self.bytes, is_reject: true, checksum }))
    }
}

/// Appends a CSV field, in quotes where RFC 4180 wants them.
fn push_quoted(line: &mut String, value: &str) {
    if value.contains(['"', ',', '\n', '\r']) {
        line.push('"');
        line.push_str(&value.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(value);
    }
}
