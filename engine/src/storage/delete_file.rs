//! Positions of deleted rows: DuckLake's delete files, and what readers make of them.
//!
//! A delete file belongs to one segment and holds all positions deleted from it so far, in
//! ascending order; a later delete replaces it by a larger one.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Int64Type, Schema},
};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use parquet::{
    arrow::{
        ArrowWriter, PARQUET_FIELD_ID_META_KEY, ProjectionMask,
        arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection, RowSelector},
        arrow_writer::ArrowWriterOptions,
    },
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
    schema::types::ColumnPath,
};

use super::{
    checksum::Checksum,
    fault::fault_point,
    managed_file::ManagedFile,
    metadata::{DeleteFile, FileId, Segment},
    segment_reader::ChunkFile,
    segment_store::{SegmentStore, arrow_error, parquet_error},
};
use crate::error::{Error, Result};

/// DuckLake's field id of the column `file_path`.
const FILE_PATH_FIELD_ID: &str = "2147483646";
/// DuckLake's field id of the column `pos`.
const POSITION_FIELD_ID: &str = "2147483645";

/// Rows to delete: for each segment the positions in its file.
#[derive(Debug, Default)]
pub struct DeletedPositions {
    files: BTreeMap<FileId, Vec<u64>>,
    /// What they take of the memory that queries share.
    reservation: Option<MemoryReservation>,
}

impl DeletedPositions {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing, within the memory that queries share.
    pub fn within(pool: &Arc<dyn MemoryPool>) -> Self {
        let reservation = MemoryConsumer::new("positions of deleted rows").register(pool);
        DeletedPositions { files: BTreeMap::new(), reservation: Some(reservation) }
    }

    /// Adds a row.
    pub fn push(&mut self, file: FileId, position: u64) {
        self.files.entry(file).or_default().push(position);
    }

    /// Adds rows, as the columns `__file_id` and `__position` of a scan with row ids name them.
    pub fn extend_from_columns(&mut self, files: &ArrayRef, positions: &ArrayRef) -> Result<()> {
        let (Some(files), Some(positions)) =
            (files.as_primitive_opt::<Int64Type>(), positions.as_primitive_opt::<Int64Type>())
        else {
            return Err(Error::internal("row ids are no bigints"));
        };
        if let Some(reservation) = &mut self.reservation {
            // Twice: a vector that grows is copied.
            reservation.try_grow(files.len() * 2 * size_of::<u64>())?;
        }
        for (file, position) in files.iter().zip(positions.iter()) {
            let (Some(file), Some(position)) = (file, position.and_then(|p| u64::try_from(p).ok())) else {
                return Err(Error::internal("row id without file or position"));
            };
            self.push(FileId(file), position);
        }
        Ok(())
    }

    /// True when nothing is to be deleted.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The positions per file, ascending and without duplicates.
    pub fn into_sorted(self) -> BTreeMap<FileId, Vec<u64>> {
        let mut files = self.files;
        for positions in files.values_mut() {
            positions.sort_unstable();
            positions.dedup();
        }
        files
    }
}

/// The deleted positions of a segment, ascending and without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletionVector {
    positions: Vec<u64>,
}

impl DeletionVector {
    /// From ascending positions without duplicates.
    pub fn from_sorted(positions: Vec<u64>) -> Self {
        DeletionVector { positions }
    }

    /// The positions.
    pub fn positions(&self) -> &[u64] {
        &self.positions
    }

    /// How many rows are deleted.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// True when none is deleted.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// What it takes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.positions.len() * size_of::<u64>()
    }

    /// Both vectors' positions.
    pub fn union(&self, other: &[u64]) -> Self {
        let mut positions = Vec::with_capacity(self.len() + other.len());
        positions.extend_from_slice(&self.positions);
        positions.extend_from_slice(other);
        positions.sort_unstable();
        positions.dedup();
        DeletionVector { positions }
    }

    /// The rows of a file of `row_count` that are left.
    pub fn to_row_selection(&self, row_count: u64) -> RowSelection {
        let mut selectors: Vec<RowSelector> = Vec::new();
        let mut next = 0;
        for &position in &self.positions {
            if position > next {
                selectors.push(RowSelector::select((position - next) as usize));
            }
            selectors.push(RowSelector::skip(1));
            next = position + 1;
        }
        if next < row_count {
            selectors.push(RowSelector::select((row_count - next) as usize));
        }
        // Joins neighbours of the same kind.
        RowSelection::from(selectors)
    }
}

/// Writes a delete file for `segment` into `folder` and makes it durable.
pub fn write(
    store: &SegmentStore,
    folder: &str,
    segment: &Segment,
    id: FileId,
    vector: DeletionVector,
) -> Result<DeleteFile> {
    let path = store.new_path(folder, "-delete.parquet");
    let written = write_file(store, &path, segment, &vector);
    let (size_bytes, footer_bytes, checksum) = written.inspect_err(|_| store.remove_quietly([path.as_str()]))?;
    let row_count = vector.len() as u64;
    let result = DeleteFile { id, row_count, size_bytes, footer_bytes, checksum: Some(Arc::new(checksum)), path };
    store.cache_deletion_vector(&result.path, &Arc::new(vector));
    fault_point("deletes.written")?;
    Ok(result)
}

/// Gives the file's length, that of its footer, and its checksum.
fn write_file(
    store: &SegmentStore,
    path: &str,
    segment: &Segment,
    vector: &DeletionVector,
) -> Result<(u64, u64, Checksum)> {
    let field = |name: &str, data_type, id: &str| {
        Field::new(name, data_type, false).with_metadata([(PARQUET_FIELD_ID_META_KEY.into(), id.into())].into())
    };
    let schema = Arc::new(Schema::new(vec![
        field("file_path", DataType::Utf8, FILE_PATH_FIELD_ID),
        field("pos", DataType::Int64, POSITION_FIELD_ID),
    ]));
    let failed = |e| parquet_error(path, e);
    let level = ZstdLevel::try_new(1).map_err(failed)?;
    // Ascending positions: their differences are small.
    let position = ColumnPath::new(vec!["pos".to_owned()]);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_column_dictionary_enabled(position.clone(), false)
        .set_column_encoding(position, Encoding::DELTA_BINARY_PACKED)
        .set_created_by(concat!("blueshift ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let file = ManagedFile::create(store, path)?;
    let mut writer = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options).map_err(failed)?;
    for chunk in vector.positions.chunks(64 * 1024) {
        let paths = StringArray::from_iter_values(std::iter::repeat_n(segment.file.path.as_str(), chunk.len()));
        let positions = Int64Array::from_iter_values(chunk.iter().map(|p| *p as i64));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(paths), Arc::new(positions)]);
        writer.write(&batch.map_err(arrow_error)?).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    let file = writer.inner_mut();
    file.sync(path)?;
    Ok((file.length, file.footer_bytes(), file.checksum()))
}

/// Reads a delete file.
pub fn read(store: &SegmentStore, file: &DeleteFile) -> Result<DeletionVector> {
    let chunks = ChunkFile::open(store, &file.path, file.size_bytes, file.checksum.as_ref())?;
    let failed = |e: ParquetError| chunks.error(e);
    let builder = ParquetRecordBatchReaderBuilder::try_new(chunks.clone()).map_err(failed)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["pos"]);
    let mut positions = Vec::new();
    for batch in builder.with_projection(mask).build().map_err(failed)? {
        let batch = batch.map_err(|e| chunks.error(e))?;
        let column = batch.columns().first().and_then(|c| c.as_primitive_opt::<Int64Type>());
        let column = column.ok_or_else(|| Error::corrupted(&file.path, "no column pos"))?;
        for position in column.iter() {
            let position = position.and_then(|p| u64::try_from(p).ok());
            positions.push(position.ok_or_else(|| Error::corrupted(&file.path, "invalid position"))?);
        }
    }
    positions.sort_unstable();
    positions.dedup();
    if positions.len() as u64 != file.row_count {
        let why = format!("{} positions where the catalog has {}", positions.len(), file.row_count);
        return Err(Error::corrupted(&file.path, why));
    }
    Ok(DeletionVector { positions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_leave_out_exactly_the_deleted_rows() {
        for positions in [vec![], vec![0], vec![4], vec![0, 1, 4], vec![1, 3], vec![0, 1, 2, 3, 4]] {
            let selection = DeletionVector::from_sorted(positions.clone()).to_row_selection(5);
            let mut kept = Vec::new();
            let mut row = 0;
            for selector in selection.iter() {
                if !selector.skip {
                    kept.extend(row..row + selector.row_count as u64);
                }
                row += selector.row_count as u64;
            }
            assert_eq!(row, 5);
            assert_eq!(kept, (0..5).filter(|p| !positions.contains(p)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn positions_are_sorted_and_counted_once() {
        let mut deleted = DeletedPositions::new();
        for position in [3, 1, 3, 2] {
            deleted.push(FileId(7), position);
        }
        assert_eq!(deleted.into_sorted()[&FileId(7)], [1, 2, 3]);
        let union = DeletionVector::from_sorted(vec![1, 5]).union(&[0, 5, 9]);
        assert_eq!(union.positions(), [0, 1, 5, 9]);
    }
}
