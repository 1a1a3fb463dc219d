//! Reads segments synchronously, for rewriting them. Queries read through DataFusion instead.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, RecordBatch, new_null_array},
    compute::cast,
    datatypes::SchemaRef,
};
use bytes::{Buf, Bytes};
use datafusion::common::ScalarValue;
use parking_lot::Mutex;
use parquet::{
    arrow::{
        PARQUET_FIELD_ID_META_KEY,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection},
    },
    errors::{ParquetError, Result as ParquetResult},
    file::reader::{ChunkReader, Length},
};

use super::{
    checksum::Checksum,
    file_system::ReadableFile,
    metadata::{Column, Segment, SegmentMeta, TableSnapshot},
    segment_store::{SegmentStore, arrow_error, read_error},
};
use crate::error::{Error, Result};

/// Bytes read ahead when the Parquet library reads a stream.
const READ_AHEAD_BYTES: usize = 64 * 1024;

/// A managed file for the Parquet library, whose errors lose their source on the way through Arrow: so the file
/// remembers what went wrong with it.
#[derive(Debug, Clone)]
pub(super) struct ChunkFile {
    path: Arc<str>,
    file: Arc<dyn ReadableFile>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl ChunkFile {
    /// Opens a file that has `size_bytes`, and `checksum` if we wrote it.
    pub(super) fn open(
        store: &SegmentStore,
        path: &str,
        size_bytes: u64,
        checksum: Option<&Arc<Checksum>>,
    ) -> Result<Self> {
        let file = store.open(path, checksum.map(|c| (size_bytes, Arc::clone(c))))?;
        Ok(ChunkFile { path: path.into(), file, failure: Arc::default() })
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        self.file.read_at(offset, length).inspect_err(|e| *self.failure.lock() = Some(read_error(&self.path, e)))
    }

    /// What lies behind an error of the Parquet library: a failed read, or else damage.
    pub(super) fn error(&self, error: impl fmt::Display) -> Error {
        self.failure.lock().take().unwrap_or_else(|| Error::corrupted(&self.path, error))
    }
}

impl Length for ChunkFile {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for ChunkFile {
    type T = StreamReader;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(StreamReader { file: self.clone(), offset: start, buffer: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.read_at(start, length).map_err(|e| ParquetError::External(Box::new(e)))
    }
}

/// A file from some position on.
pub(super) struct StreamReader {
    file: ChunkFile,
    offset: u64,
    buffer: Bytes,
}

impl Read for StreamReader {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.buffer.is_empty() {
            let left = self.file.len().saturating_sub(self.offset);
            let length = left.min(READ_AHEAD_BYTES as u64) as usize;
            self.buffer = self.file.read_at(self.offset, length)?;
            self.offset += length as u64;
        }
        let n = self.buffer.len().min(buf.len());
        self.buffer.copy_to_slice(&mut buf[..n]);
        Ok(n)
    }
}

/// The rows of a segment as batches of the table's current schema.
pub(super) struct SegmentReader {
    file: ChunkFile,
    reader: ParquetRecordBatchReader,
    sources: Vec<Source>,
    schema: SchemaRef,
}

/// Where a column of the table comes from.
enum Source {
    /// From a column of the file.
    File(usize),
    /// The file is older than the column.
    Default(Option<ScalarValue>),
}

impl SegmentReader {
    /// Opens a segment; `selection` says which rows, None all of them.
    pub(super) fn open(
        store: &SegmentStore,
        table: &TableSnapshot,
        segment: &Segment,
        selection: Option<RowSelection>,
    ) -> Result<Self> {
        let SegmentMeta { path, size_bytes, checksum, .. } = &segment.file;
        let file = ChunkFile::open(store, path, *size_bytes, checksum.as_ref())?;
        let failed = |e: ParquetError| file.error(e);
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).map_err(failed)?;
        let rows = builder.metadata().file_metadata().num_rows();
        if u64::try_from(rows) != Ok(segment.file.row_count) {
            return Err(Error::corrupted(
                path,
                format!("{rows} rows where the catalog has {}", segment.file.row_count),
            ));
        }
        let file_schema = Arc::clone(builder.schema());
        let source = |column: &Column| {
            let id = column.id.to_string();
            let is_it = |f: &Arc<arrow::datatypes::Field>| f.metadata().get(PARQUET_FIELD_ID_META_KEY) == Some(&id);
            match file_schema.fields().iter().position(is_it) {
                Some(index) => Source::File(index),
                None => Source::Default(column.initial_default.clone()),
            }
        };
        let sources = table.columns.iter().map(source).collect();
        let builder = match selection {
            Some(selection) => builder.with_row_selection(selection),
            None => builder,
        };
        let reader = builder.with_batch_size(8192).build().map_err(failed)?;
        Ok(SegmentReader { file, reader, sources, schema: table.arrow_schema() })
    }

    fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let column = |(source, field): (&Source, &Arc<arrow::datatypes::Field>)| -> Result<ArrayRef> {
            match source {
                Source::File(index) => cast(batch.column(*index), field.data_type()).map_err(arrow_error),
                Source::Default(None) => Ok(new_null_array(field.data_type(), batch.num_rows())),
                Source::Default(Some(value)) => {
                    value.to_array_of_size(batch.num_rows()).map_err(|e| Error::internal(format!("default value: {e}")))
                }
            }
        };
        let columns = self.sources.iter().zip(self.schema.fields()).map(column).collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(arrow_error)
    }
}

impl Iterator for SegmentReader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let batch = batch.map_err(|e| self.file.error(e));
        Some(batch.and_then(|b| self.convert(&b)))
    }
}
