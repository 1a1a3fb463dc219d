//! What becomes of a segment that loses rows: a delete file beside it, or a new segment without
//! the deleted rows.
//!
//! A delete file costs in proportion to the deleted rows and makes every later scan a little
//! dearer; a rewrite costs in proportion to the segment and leaves it clean.

use std::sync::Arc;

use super::{
    delete_file::{self, DeletionVector},
    metadata::{DeleteFile, FileId, Segment, SegmentMeta, TableSnapshot},
    segment_encoder::SegmentEncoder,
    segment_reader::SegmentReader,
    segment_store::SegmentStore,
};
use crate::error::Result;

/// More deleted rows than this share, in percent, are worth a rewrite.
const DELETED_PERCENT_MAX: u64 = 30;

/// The segment's deletions together with `positions` (ascending, without duplicates).
pub fn deletions_with(store: &SegmentStore, segment: &Segment, positions: &[u64]) -> Result<DeletionVector> {
    match &segment.deletes {
        Some(file) => Ok(store.deletion_vector(file)?.union(positions)),
        None => Ok(DeletionVector::from_sorted(positions.to_vec())),
    }
}

/// Whether the segment should be rewritten rather than get a delete file.
pub fn is_worthwhile(store: &SegmentStore, segment: &Segment, deletions: &DeletionVector) -> bool {
    let share_is_large = deletions.len() as u64 * 100 > segment.file.row_count * DELETED_PERCENT_MAX;
    share_is_large || segment.file.size_bytes <= store.rewrite_below_bytes()
}

/// Writes a delete file for a segment of `table`. The folder is still to be synced.
pub fn write_deletes(
    store: &SegmentStore,
    table: &TableSnapshot,
    segment: &Segment,
    id: FileId,
    deletions: DeletionVector,
) -> Result<DeleteFile> {
    delete_file::write(store, &table.path, segment, id, deletions)
}

/// Writes the rows that are left of some segments to new ones; an error of `check` stops it.
pub fn rewrite(
    store: &Arc<SegmentStore>,
    table: &TableSnapshot,
    segments: &[(Arc<Segment>, DeletionVector)],
    check: &dyn Fn() -> Result<()>,
) -> Result<Vec<SegmentMeta>> {
    let mut encoder = SegmentEncoder::new(Arc::clone(store), table)?;
    for (segment, deletions) in segments {
        let selection = deletions.to_row_selection(segment.file.row_count);
        let mut batches = encoder.buffer();
        for batch in SegmentReader::open(store, table, segment, Some(selection))? {
            check()?;
            batches.push(batch?);
            if batches.is_full() {
                encoder.write(batches.take())?;
            }
        }
        encoder.write(batches.take())?;
    }
    encoder.finish()
}
