//! The synchronous part of writing segments: sorts, encodes, rolls files, collects statistics.
//!
//! What it holds is reserved in the memory that everything shares. When that is short, a row group ends early: smaller
//! row groups instead of an error.

use std::sync::Arc;

use arrow::{
    array::{Array, RecordBatch, UInt32Array},
    compute::{SortColumn, SortOptions, concat, interleave_record_batch, lexsort_to_indices, sort_to_indices},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use parquet::{
    arrow::{ArrowWriter, PARQUET_FIELD_ID_META_KEY},
    basic::{Compression, ZstdLevel},
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};

use super::{
    encoding,
    fault::fault_point,
    interleaved::Interleaving,
    managed_file::ManagedFile,
    memory::batch_bytes,
    metadata::{Column, RowOrder, SegmentMeta, SortStyle, TableSnapshot},
    segment_buffer::{Buffer, MEMORY_BYTES_MIN, ROW_GROUP_ROWS},
    segment_store::{SegmentStore, arrow_error, parquet_error},
    slice::SliceCounts,
    statistics::{self, BOUND_BYTES_MAX, FloatBounds},
};
use crate::error::{Error, Result};

/// A row group ends at this size even with fewer rows; it is what a writer holds in memory.
const ROW_GROUP_BYTES_MAX: usize = 64 << 20;
/// A segment ends at about this many rows …
pub(super) const SEGMENT_ROWS: u64 = 2 * 1024 * 1024;
/// … or at about this many bytes.
pub(super) const SEGMENT_BYTES: u64 = 192 << 20;
/// Rows of a sorted run that are put together at once.
const SORTED_CHUNK_ROWS: usize = 16 * 1024;

/// Sorts, encodes, rolls files, collects statistics.
pub(super) struct SegmentEncoder {
    store: Arc<SegmentStore>,
    folder: String,
    columns: Vec<Column>,
    schema: SchemaRef,
    properties: WriterProperties,
    sort_columns: Vec<usize>,
    sort_style: SortStyle,
    /// The order of rows by the sort key.
    order: Option<RowOrder>,
    /// The number of the sorted run that is being written.
    run: u64,
    /// Rows come in the order of the sort key.
    is_presorted: bool,
    /// The distribution key's place.
    dist_key: Option<usize>,
    /// Positions of floating point columns, whose bounds we collect ourselves.
    float_columns: Vec<usize>,
    current: Option<OpenSegment>,
    done: Vec<SegmentMeta>,
    folder_is_new: bool,
    finished: bool,
    /// What the rows being encoded take of the memory that all share.
    memory: MemoryReservation,
}

struct OpenSegment {
    path: String,
    writer: ArrowWriter<ManagedFile>,
    rows: u64,
    /// Whether all its rows are of one sorted run.
    first_run: u64,
    floats: Vec<Option<FloatBounds>>,
    slices: Option<SliceCounts>,
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
            order: table.layout.sort_key.order(),
            sort_columns,
            sort_style: table.layout.sort_key.style,
            run: 0,
            is_presorted: false,
            dist_key: table.layout.dist_key.and_then(|id| table.columns.iter().position(|c| c.id == id)),
            float_columns,
            current: None,
            done: Vec::new(),
            folder_is_new: true,
            finished: false,
            memory: MemoryConsumer::new("segment encoder").register(store.memory_pool()),
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
        Buffer::new(!self.sort_columns.is_empty(), self.store.memory_pool())
    }

    /// Encodes some batches, sorted together when there is a sort key.
    pub(super) fn write(&mut self, batches: Vec<RecordBatch>) -> Result<()> {
        let bytes: usize = batches.iter().map(batch_bytes).sum();
        self.memory.resize(self.encoded_bytes() + bytes);
        let batches = batches.into_iter().map(|b| self.check(b)).collect::<Result<Vec<_>>>()?;
        if self.sort_columns.is_empty() {
            batches.iter().try_for_each(|b| self.write_rows(b))?;
        } else if !batches.is_empty() {
            self.write_sorted(&batches)?;
        }
        self.settle()
    }

    /// What the open row group takes.
    fn encoded_bytes(&self) -> usize {
        self.current.as_ref().map_or(0, |current| current.writer.memory_size())
    }

    /// Reserves what the open row group takes; ends it when memory is short.
    fn settle(&mut self) -> Result<()> {
        let bytes = self.encoded_bytes();
        let is_short = self.memory.try_resize(bytes).is_err() && bytes > MEMORY_BYTES_MIN;
        if let (true, Some(current)) = (is_short, &mut self.current) {
            current.writer.flush().map_err(|e| parquet_error(&current.path, e))?;
        }
        self.memory.resize(self.encoded_bytes());
        Ok(())
    }

    /// Writes some batches as one sorted run. Only the key is copied as a whole.
    fn write_sorted(&mut self, batches: &[RecordBatch]) -> Result<()> {
        self.run += 1;
        let order = sorted_order(batches, &self.sort_columns, self.sort_style)?;
        let starts: Vec<usize> = batches
            .iter()
            .scan(0, |next, batch| {
                let start = *next;
                *next += batch.num_rows();
                Some(start)
            })
            .collect();
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        for rows in order.values().chunks(SORTED_CHUNK_ROWS) {
            let place = |row: &u32| {
                let batch = starts.partition_point(|start| *start <= *row as usize) - 1;
                (batch, *row as usize - starts[batch])
            };
            let places: Vec<(usize, usize)> = rows.iter().map(place).collect();
            self.write_rows(&interleave_record_batch(&batches, &places).map_err(arrow_error)?)?;
        }
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
            if let (Some(index), Some(slices)) = (self.dist_key, &mut current.slices)
                && !slices.count(rows.column(index))
            {
                current.slices = None;
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
        let slices = self.dist_key.map(|index| SliceCounts::new(self.columns[index].id));
        Ok(OpenSegment { path, writer, rows: 0, first_run: self.run, floats, slices })
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
            checksum: Some(Arc::new(file.checksum())),
            sorted_by: self.order.clone().filter(|_| is_sorted),
            slices: current.slices.take().map(Arc::new),
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

/// The schema of a table's files: names for people, field ids for readers, everything nullable
/// because NOT NULL can be dropped later.
fn file_schema(table: &TableSnapshot) -> SchemaRef {
    let field = |column: &Column| {
        let id = (PARQUET_FIELD_ID_META_KEY.to_owned(), column.id.to_string());
        Field::new(&column.name, column.data_type.clone(), true).with_metadata([id].into())
    };
    Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()))
}

/// Positions of the sort key's columns.
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
    if !sort_columns.is_empty() && table.layout.sort_key.style != SortStyle::Interleaved {
        builder = builder.set_sorting_columns(Some(sort_columns.iter().map(sorting).collect()));
    }
    for column in &table.columns {
        builder = encoding::apply(builder, column);
        // Parquet's bounds leave out NaN, and readers would prune by them: better none.
        if matches!(column.data_type, DataType::Float32 | DataType::Float64) {
            let path = ColumnPath::new(vec![column.name.clone()]);
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    Ok(builder.build())
}

/// The rows of some batches, counted through, in the order of their sort key.
fn sorted_order(batches: &[RecordBatch], columns: &[usize], style: SortStyle) -> Result<UInt32Array> {
    let options = SortOptions { descending: false, nulls_first: false };
    let key = |&index: &usize| {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(index).as_ref()).collect();
        concat(&parts).map_err(arrow_error)
    };
    let keys = columns.iter().map(key).collect::<Result<Vec<_>>>()?;
    if style == SortStyle::Interleaved {
        let places = Interleaving::of(&keys)?.places(&keys)?;
        return sort_to_indices(&places, Some(options), None).map_err(arrow_error);
    }
    let keys: Vec<_> = keys.into_iter().map(|values| SortColumn { values, options: Some(options) }).collect();
    lexsort_to_indices(&keys, None).map_err(arrow_error)
}
