//! What of a table is worth rewriting: small segments, deleted rows, rows out of order.
//!
//! This decides only; whoever rewrites the chosen segments gives the same rows in fewer, sorted,
//! clean ones ("VACUUM", "Managing the volume of merged rows" of the guide).

use std::cmp::Ordering;

use super::{
    metadata::{FileId, Segment, SegmentMeta, SortStyle, TableSnapshot},
    segment_encoder::{SEGMENT_BYTES, SEGMENT_ROWS},
};

/// A segment below this share of a full one is small.
const SMALL_SHARE: u64 = 4;
/// So many segments of about one size are merged into one.
pub const MERGE_COUNT: usize = 16;
/// Sizes belong together when they differ by less than this factor.
const SIZE_FACTOR: u64 = 8;
/// The smallest size that is told apart.
const SIZE_UNIT: u64 = 32 * 1024;

/// Which segments to rewrite, and whether into one sorted whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The segments.
    pub segments: Vec<FileId>,
    /// Whether their rows are to be sorted as a whole.
    pub sort: bool,
}

/// What VACUUM is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VacuumOptions {
    /// Sort rows that are out of order.
    pub sort: bool,
    /// Sort again whatever the order is (REINDEX).
    pub always_sort: bool,
    /// Sort only what is out of order, not the whole (RECLUSTER).
    pub only_unsorted: bool,
    /// Reclaim the space of deleted rows, and merge small segments.
    pub reclaim: bool,
    /// The share of rows, in percent, that is to be sorted, and that is not to be deleted.
    pub threshold: u64,
}

/// The segments that VACUUM rewrites; None when there is nothing to do.
pub fn plan_vacuum(table: &TableSnapshot, options: &VacuumOptions) -> Option<Rewrite> {
    if options.threshold == 0 {
        return None;
    }
    let all = || table.segments.iter().map(|s| s.id).collect::<Vec<_>>();
    if options.sort && has_sort_key(table) && !table.segments.is_empty() {
        let unsorted = unsorted_segments(table);
        let sorted_percent = 100 - unsorted_percent(table, &unsorted);
        if options.always_sort || (!unsorted.is_empty() && sorted_percent < options.threshold) {
            let segments = if options.only_unsorted { unsorted } else { all() };
            return Some(Rewrite { segments, sort: true });
        }
    }
    if !options.reclaim {
        return None;
    }
    let mut segments = with_deleted_rows(table, options.threshold);
    let small: Vec<FileId> =
        table.segments.iter().filter(|s| is_small(&s.file) && !segments.contains(&s.id)).map(|s| s.id).collect();
    // One small segment alone is as good as its rewrite.
    if small.len() + segments.len() > 1 {
        segments.extend(small);
    }
    (!segments.is_empty()).then_some(Rewrite { segments, sort: has_sort_key(table) })
}

/// The segments that are merged without being asked: many of about one size. So every row is
/// rewritten a few times only, however many small inserts there are.
pub fn plan_merge(table: &TableSnapshot) -> Option<Rewrite> {
    if table.segments.len() < MERGE_COUNT {
        return None;
    }
    let mut classes: std::collections::BTreeMap<u32, Vec<&Segment>> = std::collections::BTreeMap::new();
    for segment in table.segments.iter().filter(|s| is_small(&s.file)) {
        let class = (segment.file.size_bytes / SIZE_UNIT).checked_ilog(SIZE_FACTOR).map_or(0, |class| class + 1);
        classes.entry(class).or_default().push(segment);
    }
    let (_, segments) = classes.into_iter().find(|(_, segments)| segments.len() >= MERGE_COUNT)?;
    Some(Rewrite { segments: segments.iter().map(|s| s.id).collect(), sort: false })
}

fn is_small(file: &SegmentMeta) -> bool {
    file.row_count < SEGMENT_ROWS / SMALL_SHARE && file.size_bytes < SEGMENT_BYTES / SMALL_SHARE
}

fn has_sort_key(table: &TableSnapshot) -> bool {
    !table.layout.sort_key.columns.is_empty()
}

/// The segments to rewrite so that at least `threshold` percent of the rows are not deleted ones.
fn with_deleted_rows(table: &TableSnapshot, threshold: u64) -> Vec<FileId> {
    let deleted = |s: &Segment| s.file.row_count - s.live_rows();
    let mut rows: u64 = table.segments.iter().map(|s| s.file.row_count).sum();
    let mut gone: u64 = table.segments.iter().map(|s| deleted(s)).sum();
    let mut candidates: Vec<&Segment> = table.segments.iter().map(AsRef::as_ref).filter(|s| deleted(s) > 0).collect();
    candidates.sort_by_key(|s| std::cmp::Reverse(deleted(s) * 1_000 / s.file.row_count.max(1)));
    let mut chosen = Vec::new();
    for segment in candidates {
        if (rows - gone) * 100 >= rows * threshold {
            break;
        }
        rows -= deleted(segment);
        gone -= deleted(segment);
        chosen.push(segment.id);
    }
    chosen
}

/// The segments whose rows are not in the order of the sort key, or that overlap an earlier one.
pub fn unsorted_segments(table: &TableSnapshot) -> Vec<FileId> {
    let Some(first) = table.layout.sort_key.columns.first() else { return Vec::new() };
    if table.layout.sort_key.style == SortStyle::Interleaved {
        return not_interleaved(table);
    }
    let bounds = |s: &Segment| {
        let column = s.file.column(*first)?;
        Some((column.min.clone()?, column.max.clone()?))
    };
    let mut segments: Vec<&Segment> = table.segments.iter().map(AsRef::as_ref).collect();
    segments.sort_by(|a, b| match (bounds(a), bounds(b)) {
        (Some(a), Some(b)) => a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    let mut unsorted = Vec::new();
    let mut end = None;
    for segment in &segments {
        let found = bounds(segment);
        let follows = match (&found, &end) {
            (Some((min, _)), Some(end)) => min >= end,
            (Some(_), None) => true,
            // A segment without bounds is in order when it is alone.
            (None, _) => segments.len() == 1,
        };
        if segment.file.sorted_by == table.layout.sort_key.order() && follows {
            end = found.map(|(_, max)| max).or(end);
        } else {
            unsorted.push(segment.id);
        }
    }
    unsorted
}

/// The same for interleaved keys. Bounds of segments that were sorted together overlap; what was added later is
/// known by its size.
fn not_interleaved(table: &TableSnapshot) -> Vec<FileId> {
    let largest = table.segments.iter().max_by_key(|segment| segment.file.row_count).map(|segment| segment.id);
    let is_sorted = |segment: &Segment| {
        let is_alone = Some(segment.id) == largest || !is_small(&segment.file);
        is_alone && segment.file.sorted_by == table.layout.sort_key.order()
    };
    table.segments.iter().filter(|segment| !is_sorted(segment)).map(|segment| segment.id).collect()
}

fn unsorted_percent(table: &TableSnapshot, unsorted: &[FileId]) -> u64 {
    let rows: u64 = table.row_count();
    let out: u64 = table.segments.iter().filter(|s| unsorted.contains(&s.id)).map(|s| s.live_rows()).sum();
    (out * 100).div_ceil(rows.max(1))
}

/// The share of rows that are out of order, in percent (SVV_TABLE_INFO.unsorted); None without a
/// sort key or without rows.
pub fn unsorted_share(table: &TableSnapshot) -> Option<f64> {
    let rows = table.row_count();
    if !has_sort_key(table) || rows == 0 {
        return None;
    }
    let unsorted = unsorted_segments(table);
    let out: u64 = table.segments.iter().filter(|s| unsorted.contains(&s.id)).map(|s| s.live_rows()).sum();
    Some(out as f64 * 100.0 / rows as f64)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::common::ScalarValue;

    use super::{super::metadata::*, *};

    fn segment(id: i64, rows: u64, deleted: u64, bounds: (i32, i32), sorted: bool) -> Arc<Segment> {
        let column = ColumnStatistics {
            column_id: ColumnId(1),
            size_bytes: 1,
            null_count: 0,
            min: Some(ScalarValue::Int32(Some(bounds.0))),
            max: Some(ScalarValue::Int32(Some(bounds.1))),
            contains_nan: None,
        };
        let file = SegmentMeta {
            path: format!("{id}"),
            row_count: rows,
            size_bytes: rows * 100,
            footer_bytes: 1,
            checksum: None,
            sorted_by: sorted.then(|| RowOrder::Columns(vec![ColumnId(1)])),
            slices: None,
            columns: vec![column],
        };
        let deletes = DeleteFile {
            id: FileId(1000 + id),
            path: String::new(),
            row_count: deleted,
            size_bytes: 1,
            footer_bytes: 1,
            checksum: None,
        };
        Arc::new(Segment { id: FileId(id), file, deletes: (deleted > 0).then_some(deletes) })
    }

    fn table(segments: Vec<Arc<Segment>>) -> TableSnapshot {
        let layout = TableLayout {
            sort_key: SortKey { style: SortStyle::Compound, columns: vec![ColumnId(1)] },
            ..TableLayout::default()
        };
        let mut table = TableSnapshot::new(RelationId(1), SchemaId(0), "t".to_owned(), vec![], layout);
        table.segments = segments;
        table
    }

    const FULL: VacuumOptions =
        VacuumOptions { sort: true, always_sort: false, only_unsorted: false, reclaim: true, threshold: 95 };
    const BIG: u64 = 1_000_000;

    fn chosen(table: &TableSnapshot, options: VacuumOptions) -> Vec<i64> {
        plan_vacuum(table, &options).map_or(vec![], |r| r.segments.iter().map(|s| s.0).collect())
    }

    #[test]
    fn a_table_in_order_is_left_alone() {
        let sound = table(vec![segment(1, BIG, 0, (0, 9), true), segment(2, BIG, 0, (9, 20), true)]);
        assert_eq!(plan_vacuum(&sound, &FULL), None);
        assert_eq!(unsorted_share(&sound), Some(0.0));
        let again = VacuumOptions { always_sort: true, ..FULL };
        assert_eq!(chosen(&sound, again), [1, 2]);
    }

    #[test]
    fn rows_out_of_order_are_sorted_below_the_threshold() {
        let overlapping = table(vec![segment(1, BIG, 0, (0, 9), true), segment(2, BIG / 4, 0, (3, 5), true)]);
        assert_eq!(unsorted_share(&overlapping), Some(20.0));
        assert_eq!(chosen(&overlapping, FULL), [1, 2]);
        assert_eq!(chosen(&overlapping, VacuumOptions { threshold: 75, ..FULL }), [] as [i64; 0]);
        assert_eq!(chosen(&overlapping, VacuumOptions { only_unsorted: true, ..FULL }), [2]);
        assert_eq!(chosen(&overlapping, VacuumOptions { sort: false, ..FULL }), [] as [i64; 0]);
        let unordered = table(vec![segment(1, BIG, 0, (0, 9), false)]);
        assert_eq!(chosen(&unordered, FULL), [1]);
    }

    #[test]
    fn deleted_rows_are_reclaimed_as_far_as_asked() {
        let some = table(vec![segment(1, BIG, BIG / 10, (0, 9), true), segment(2, BIG, BIG / 100, (9, 20), true)]);
        assert_eq!(chosen(&some, FULL), [1], "5.5 percent are deleted");
        assert_eq!(chosen(&some, VacuumOptions { threshold: 100, ..FULL }), [1, 2]);
        assert_eq!(chosen(&some, VacuumOptions { threshold: 80, ..FULL }), [] as [i64; 0]);
        assert_eq!(chosen(&some, VacuumOptions { threshold: 0, ..FULL }), [] as [i64; 0]);
        assert_eq!(chosen(&some, VacuumOptions { reclaim: false, ..FULL }), [] as [i64; 0]);
    }

    #[test]
    fn small_segments_of_one_size_are_merged_when_there_are_many() {
        let small = |count: i64| (0..count).map(|id| segment(id, 10, 0, (id as i32, id as i32), true)).collect();
        assert_eq!(plan_merge(&table(small(15))), None);
        assert_eq!(plan_merge(&table(small(16))).unwrap().segments.len(), 16);
        let mut mixed: Vec<_> = small(15);
        mixed.push(segment(99, BIG / 4, 0, (0, 1), true));
        assert_eq!(plan_merge(&table(mixed)), None, "the large one belongs to others");
        assert_eq!(chosen(&table(small(2)), FULL).len(), 2, "VACUUM does not wait for many");
    }
}
