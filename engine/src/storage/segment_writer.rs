//! Record batches to Parquet segments: sorted by the table's sort key, rolled at a size, durable
//! before their descriptions are handed out.
//!
//! A buffer of batches is encoded on the blocking pool while the producer fills the next one.
//! With a sort key each buffer is sorted as a whole and starts a new row group, so that the rows
//! of every row group are in order; zone maps do the rest.

use std::{
    io::{self, Write},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use parquet::{
    arrow::{ArrowWriter, PARQUET_FIELD_ID_META_KEY},
    basic::{Compression, ZstdLevel},
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use tokio::task::JoinHandle;

use super::{
    checksum::ChecksumWriter,
    fault::fault_point,
    file_system::WritableFile,
    metadata::{Column, ColumnId, SegmentMeta, SortStyle, TableSnapshot},
    segment_store::{SegmentStore, parquet_error},
    statistics::{self, BOUND_BYTES_MAX, FloatBounds},
};
use crate::error::{Error, Result};

/// Rows of a row group.
pub const ROW_GROUP_ROWS: usize = 128 * 1024;
/// A row group ends at this size even with fewer rows; it is what a writer holds in memory.
const ROW_GROUP_BYTES_MAX: usize = 64 << 20;
/// A segment ends at about this many rows …
pub(super) const SEGMENT_ROWS: u64 = 2 * 1024 * 1024;
/// … or at about this many bytes.
pub(super) const SEGMENT_BYTES: u64 = 192 << 20;
/// Rows handed to the encoder at once when the table has no sort key.
const CHUNK_ROWS: usize = 64 * 1024;
/// The same in bytes.
const CHUNK_BYTES: usize = 8 << 20;
/// Rows sorted at once.
const SORT_ROWS: usize = 8 * ROW_GROUP_ROWS;
/// The same in bytes.
const SORT_BYTES: usize = 48 << 20;

/// Writes rows of one table to new segments. Dropped before [`SegmentWriter::finish`], it removes
/// what it wrote.
pub struct SegmentWriter {
    /// None while the encoder is at work on the blocking pool, and after a failure.
    encoder: Option<SegmentEncoder>,
    running: Option<JoinHandle<Result<SegmentEncoder>>>,
    buffer: Buffer,
}

impl SegmentWriter {
    /// A writer for `table`, whose Arrow schema the batches must have.
    pub fn new(store: &Arc<SegmentStore>, table: &TableSnapshot) -> Result<Self> {
        let encoder = SegmentEncoder::new(Arc::clone(store), table)?;
        Ok(SegmentWriter { buffer: encoder.buffer(), encoder: Some(encoder), running: None })
    }

    /// A writer of rows that come in the order of the table's sort key already.
    pub fn presorted(store: &Arc<SegmentStore>, table: &TableSnapshot) -> Result<Self> {
        let encoder = SegmentEncoder::new(Arc::clone(store), table)?.presorted();
        Ok(SegmentWriter { buffer: encoder.buffer(), encoder: Some(encoder), running: None })
    }

    /// Takes a batch; waits when the encoder is behind.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.buffer.push(batch);
        if self.buffer.is_full() {
            let batches = self.buffer.take();
            let mut encoder = self.encoder().await?;
            self.running = Some(tokio::task::spawn_blocking(move || {
                encoder.write(batches)?;
                Ok(encoder)
            }));
        }
        Ok(())
    }

    /// Writes what is left and makes all segments durable; no rows, no segments.
    pub async fn finish(mut self) -> Result<Vec<SegmentMeta>> {
        let batches = self.buffer.take();
        let mut encoder = self.encoder().await?;
        let finish = move || {
            encoder.write(batches)?;
            encoder.finish()
        };
        tokio::task::spawn_blocking(finish).await.map_err(encoder_died)?
    }

    async fn encoder(&mut self) -> Result<SegmentEncoder> {
        match self.running.take() {
            Some(running) => running.await.map_err(encoder_died)?,
            None => self.encoder.take().ok_or_else(|| Error::internal("segment writer used after a failure")),
        }
    }
}

fn encoder_died(error: tokio::task::JoinError) -> Error {
    Error::internal(format!("segment encoder: {error}"))
}

/// Batches on their way to the encoder.
pub(super) struct Buffer {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    rows_max: usize,
    bytes_max: usize,
}

impl Buffer {
    fn new(sorts: bool) -> Self {
        let (rows_max, bytes_max) = if sorts { (SORT_ROWS, SORT_BYTES) } else { (CHUNK_ROWS, CHUNK_BYTES) };
        Buffer { batches: Vec::new(), rows: 0, bytes: 0, rows_max, bytes_max }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.bytes += batch_bytes(&batch);
        self.batches.push(batch);
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= self.rows_max || self.bytes >= self.bytes_max
    }

    pub(super) fn take(&mut self) -> Vec<RecordBatch> {
        (self.rows, self.bytes) = (0, 0);
        std::mem::take(&mut self.batches)
    }
}

/// The size of a batch's own values; views may point into buffers that many batches share.
fn batch_bytes(batch: &RecordBatch) -> usize {
    let size = |array: &ArrayRef| match array.data_type() {
        DataType::Utf8View => array.as_string_view().total_buffer_bytes_used() + 16 * array.len(),
        DataType::BinaryView => array.as_binary_view().total_buffer_bytes_used() + 16 * array.len(),
        other => match other.primitive_width() {
            Some(width) => width * array.len(),
            None => array.get_array_memory_size(),
        },
    };
    batch.columns().iter().map(size).sum()
}

/// The synchronous part: sorts, encodes, rolls files, collects statistics.
pub(super) struct SegmentEncoder {
    store: Arc<SegmentStore>,
    folder: String,
    columns: Vec<Column>,
    schema: SchemaRef,
    properties: WriterProperties,
    sort_columns: Vec<usize>,
    /// The sort key, when there is one.
    sort_key: Vec<ColumnId>,
    /// The number of the sorted run that is being written.
    run: u64,
    /// Rows come in the order of the sort key.
    is_presorted: bool,
    /// Positions of floating point columns, whose bounds we collect ourselves.
    float_columns: Vec<usize>,
    current: Option<OpenSegment>,
    done: Vec<SegmentMeta>,
    folder_is_new: bool,
    finished: bool,
}

struct OpenSegment {
    path: String,
    writer: ArrowWriter<ManagedFile>,
    rows: u64,
    /// Whether all its rows are of one sorted run.
    first_run: u64,
    floats: Vec<Option<FloatBounds>>,
}

impl SegmentEncoder {
    pub(super) fn new(store: Arc<SegmentStore>, table: &TableSnapshot) -> Result<Self> {
        let sort_columns = sort_columns(table);
        let is_float = |c: &Column| matches!(c.data_type, DataType::Float32 | DataType::Float64);
        let float_columns = (0..table.columns.len()).filter(|i| is_float(&table.columns[*i])).collect();
        Ok(SegmentEncoder {
            folder: table.path.clone(),
            columns: table.columns.clone(),
            schema: file_schema(table),
            properties: properties(table, &sort_columns)?,
            sort_key: sort_columns.iter().map(|i| table.columns[*i].id).collect(),
            sort_columns,
            run: 0,
            is_presorted: false,
            float_columns,
            current: None,
            done: Vec::new(),
            folder_is_new: true,
            finished: false,
            store,
        })
    }

    /// For rows that come in the order of the sort key.
    pub(super) fn presorted(mut self) -> Self {
        self.sort_columns.clear();
        self.is_presorted = true;
        self
    }

    /// A buffer that fills up to what should be encoded at once.
    pub(super) fn buffer(&self) -> Buffer {
        Buffer::new(!self.sort_columns.is_empty())
    }

    /// Encodes some batches, sorted together when there is a sort key.
    pub(super) fn write(&mut self, batches: Vec<RecordBatch>) -> Result<()> {
        let batches = batches.into_iter().map(|b| self.check(b)).collect::<Result<Vec<_>>>()?;
        if self.sort_columns.is_empty() {
            return batches.iter().try_for_each(|b| self.write_rows(b));
        }
        if batches.is_empty() {
            return Ok(());
        }
        self.run += 1;
        let all = concat_batches(&self.schema, &batches).map_err(arrow_error)?;
        drop(batches);
        self.write_rows(&sort(&all, &self.sort_columns)?)?;
        // The next sorted run starts a row group of its own.
        if let Some(current) = &mut self.current {
            current.writer.flush().map_err(|e| parquet_error(&current.path, e))?;
        }
        Ok(())
    }

    /// Checks types and NOT NULL, and gives the batch the file's schema.
    fn check(&self, batch: RecordBatch) -> Result<RecordBatch> {
        if batch.num_columns() != self.columns.len() {
            let message = format!("{} columns written to a table of {}", batch.num_columns(), self.columns.len());
            return Err(Error::internal(message));
        }
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            if *array.data_type() != column.data_type {
                let (got, wanted) = (array.data_type(), &column.data_type);
                return Err(Error::internal(format!("column \"{}\" written as {got}, is {wanted}", column.name)));
            }
            if !column.nullable && array.null_count() > 0 {
                return Err(Error::not_null_violation(&column.name));
            }
        }
        RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec()).map_err(arrow_error)
    }

    fn write_rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut offset = 0;
        while offset < batch.num_rows() {
            let current = match &mut self.current {
                Some(current) => current,
                None => {
                    let opened = self.open()?;
                    self.current.insert(opened)
                }
            };
            let length = (batch.num_rows() - offset).min((SEGMENT_ROWS - current.rows) as usize).min(ROW_GROUP_ROWS);
            let rows = batch.slice(offset, length);
            current.writer.write(&rows).map_err(|e| parquet_error(&current.path, e))?;
            for &index in &self.float_columns {
                if let Some(bounds) = &mut current.floats[index] {
                    bounds.update(&rows, index);
                }
            }
            current.rows += length as u64;
            offset += length;
            let bytes = (current.writer.bytes_written() + current.writer.in_progress_size()) as u64;
            if current.rows >= SEGMENT_ROWS || bytes >= SEGMENT_BYTES {
                self.close()?;
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<OpenSegment> {
        if self.folder_is_new {
            self.store.ensure_folder(&self.folder)?;
            self.folder_is_new = false;
        }
        let path = self.store.new_path(&self.folder, ".parquet");
        let file = ManagedFile::create(&self.store, &path)?;
        let writer = ArrowWriter::try_new(file, Arc::clone(&self.schema), Some(self.properties.clone()));
        let writer = writer.map_err(|e| parquet_error(&path, e));
        let writer = writer.inspect_err(|_| self.store.remove_quietly([path.as_str()]))?;
        let mut floats = vec![None; self.columns.len()];
        for &index in &self.float_columns {
            floats[index] = Some(FloatBounds::default());
        }
        Ok(OpenSegment { path, writer, rows: 0, first_run: self.run, floats })
    }

    fn close(&mut self) -> Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let result = self.close_segment(&mut current);
        if result.is_err() {
            self.store.remove_quietly([current.path.as_str()]);
        }
        self.done.push(result?);
        Ok(())
    }

    fn close_segment(&self, current: &mut OpenSegment) -> Result<SegmentMeta> {
        let failed = |e| parquet_error(&current.path, e);
        let metadata = current.writer.finish().map_err(failed)?;
        fault_point("segment.written")?;
        let file = current.writer.inner_mut();
        file.sync(&current.path)?;
        fault_point("segment.synced")?;
        let floats = std::mem::take(&mut current.floats);
        let is_sorted = self.is_presorted || (!self.sort_columns.is_empty() && current.first_run == self.run);
        Ok(SegmentMeta {
            path: current.path.clone(),
            row_count: current.rows,
            size_bytes: file.length,
            footer_bytes: file.footer_bytes(),
            checksum: Some(Arc::new(file.checksum.finish())),
            sorted_by: if is_sorted { self.sort_key.clone() } else { Vec::new() },
            columns: statistics::from_footer(&metadata, &self.schema, &self.columns, floats),
        })
    }

    /// Ends the last segment and makes the folder's entries durable.
    pub(super) fn finish(mut self) -> Result<Vec<SegmentMeta>> {
        self.close()?;
        if !self.done.is_empty() {
            self.store.sync_folder(&self.folder)?;
        }
        self.finished = true;
        Ok(std::mem::take(&mut self.done))
    }
}

impl Drop for SegmentEncoder {
    fn drop(&mut self) {
        if !self.finished {
            let current = self.current.take().map(|c| c.path);
            let done = std::mem::take(&mut self.done).into_iter().map(|s| s.path);
            let paths: Vec<String> = done.chain(current).collect();
            self.store.remove_quietly(paths.iter().map(String::as_str));
        }
    }
}

/// A managed file being written: counts, hashes, and remembers its last bytes.
pub(super) struct ManagedFile {
    file: Box<dyn WritableFile>,
    pub(super) checksum: ChecksumWriter,
    pub(super) length: u64,
    tail: [u8; 8],
}

impl ManagedFile {
    pub(super) fn create(store: &SegmentStore, path: &str) -> Result<Self> {
        let file = store.file_system().create(&store.resolve(path))?;
        Ok(ManagedFile { file, checksum: ChecksumWriter::default(), length: 0, tail: [0; 8] })
    }

    pub(super) fn sync(&mut self, path: &str) -> Result<()> {
        let synced = self.file.flush().and_then(|()| self.file.sync());
        synced.map_err(|e| Error::io(format!("could not sync data file \"{path}\""), e))
    }

    /// A Parquet file ends with the length of its metadata and a magic word, four bytes each.
    pub(super) fn footer_bytes(&self) -> u64 {
        let [a, b, c, d, ..] = self.tail;
        u64::from(u32::from_le_bytes([a, b, c, d]))
    }
}

impl Write for ManagedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        let written = &buf[..n];
        self.checksum.update(written);
        self.length += n as u64;
        if n >= 8 {
            self.tail.copy_from_slice(&written[n - 8..]);
        } else {
            self.tail.copy_within(n.., 0);
            self.tail[8 - n..].copy_from_slice(written);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The schema of a table's files: names for people, field ids for readers, everything nullable
/// because NOT NULL can be dropped later.
fn file_schema(table: &TableSnapshot) -> SchemaRef {
    let field = |column: &Column| {
        let id = (PARQUET_FIELD_ID_META_KEY.to_owned(), column.id.to_string());
        Field::new(&column.name, column.data_type.clone(), true).with_metadata([id].into())
    };
    Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()))
}

/// Positions of the sort key's columns. Interleaved and automatic keys sort as compound ones:
/// that is an order they allow.
fn sort_columns(table: &TableSnapshot) -> Vec<usize> {
    let key = &table.layout.sort_key;
    if key.style == SortStyle::Auto && key.columns.is_empty() {
        return Vec::new();
    }
    let position = |id| table.columns.iter().position(|c| c.id == id);
    key.columns.iter().filter_map(|id| position(*id)).collect()
}

fn properties(table: &TableSnapshot, sort_columns: &[usize]) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(1).map_err(|e| parquet_error("", e))?;
    let sorting = |&index: &usize| SortingColumn { column_idx: index as i32, descending: false, nulls_first: false };
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(concat!("blueshift ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES_MAX))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(BOUND_BYTES_MAX));
    if !sort_columns.is_empty() {
        builder = builder.set_sorting_columns(Some(sort_columns.iter().map(sorting).collect()));
    }
    for column in &table.columns {
        // Parquet's bounds leave out NaN, and readers would prune by them: better none.
        if matches!(column.data_type, DataType::Float32 | DataType::Float64) {
            let path = ColumnPath::new(vec![column.name.clone()]);
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    Ok(builder.build())
}

fn sort(batch: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
    let options = Some(SortOptions { descending: false, nulls_first: false });
    let keys: Vec<SortColumn> =
        columns.iter().map(|&i| SortColumn { values: Arc::clone(batch.column(i)), options }).collect();
    let indices = lexsort_to_indices(&keys, None).map_err(arrow_error)?;
    take_record_batch(batch, &indices).map_err(arrow_error)
}

pub(super) fn arrow_error(error: arrow::error::ArrowError) -> Error {
    Error::internal(format!("segment: {error}"))
}
