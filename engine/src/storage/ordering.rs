//! The order in which a scan returns rows, where it can be proved: then the planner needs no sort.
//!
//! Every file must have been written as one sorted run by the whole of the table's present sort key. Of several files
//! that one partition reads one after the other, each must begin, by the first column of the key, after the end of the
//! one before, and have no NULL there, which would come last. Bounds in the catalog are exact or absent.

use std::{cmp::Ordering, sync::Arc};

use arrow::compute::SortOptions;
use datafusion::{
    datasource::{listing::PartitionedFile, physical_plan::FileGroup},
    physical_expr::{LexOrdering, PhysicalSortExpr, expressions::Column},
};

use super::metadata::{RowOrder, Segment, TableSnapshot};

/// The segments in an order in which their rows, one after the other, follow the sort key; None when there is none.
pub(super) fn in_order(table: &TableSnapshot, segments: &[Arc<Segment>]) -> Option<Vec<Arc<Segment>>> {
    let order = table.layout.sort_key.order();
    // Interleaved keys order by no column.
    let Some(RowOrder::Columns(columns)) = &order else { return None };
    let first = *columns.first()?;
    if !segments.iter().all(|segment| segment.file.sorted_by == order) {
        return None;
    }
    let mut found = segments.to_vec();
    if found.len() == 1 {
        return Some(found);
    }
    let bounds = |segment: &Segment| {
        let column = segment.file.column(first).filter(|column| column.null_count == 0)?;
        Some((column.min.clone()?, column.max.clone()?))
    };
    if !found.iter().all(|segment| bounds(segment).is_some()) {
        return None;
    }
    let least = |segment: &Segment| bounds(segment).map(|(min, _)| min);
    found.sort_by(|a, b| least(a).partial_cmp(&least(b)).unwrap_or(Ordering::Equal));
    let follows = |pair: &[Arc<Segment>]| match (bounds(&pair[0]), bounds(&pair[1])) {
        (Some((_, end)), Some((begin, _))) => end.partial_cmp(&begin) == Some(Ordering::Less),
        _ => false,
    };
    found.windows(2).all(follows).then_some(found)
}

/// Files that are in order, dealt to at most `n` groups: each is in order, and ranges of keys go to all of them.
pub(super) fn dealt(files: Vec<PartitionedFile>, n: usize) -> Vec<FileGroup> {
    let mut groups: Vec<Vec<PartitionedFile>> = vec![vec![]; n.clamp(1, files.len().max(1))];
    let count = groups.len();
    files.into_iter().enumerate().for_each(|(index, file)| groups[index % count].push(file));
    groups.into_iter().map(FileGroup::new).collect()
}

/// The sort key as an order of the table's columns.
pub(super) fn of(table: &TableSnapshot) -> Option<LexOrdering> {
    let options = SortOptions { descending: false, nulls_first: false };
    let column = |id| {
        let index = table.columns.iter().position(|column| column.id == id)?;
        let column = Column::new(&table.columns[index].name, index);
        Some(PhysicalSortExpr::new(Arc::new(column), options))
    };
    LexOrdering::new(table.layout.sort_key.columns.iter().map_while(|id| column(*id)))
}
