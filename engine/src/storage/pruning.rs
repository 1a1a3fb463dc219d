//! Which segments a filter can match, from the catalog's bounds alone: before any file is opened.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, UInt64Array},
    datatypes::SchemaRef,
};
use datafusion::catalog::Session;
use datafusion::{
    common::{Column, DFSchema, ScalarValue, pruning::PruningStatistics},
    logical_expr::{Expr, utils::conjunction},
    physical_optimizer::pruning::PruningPredicateBuilder,
};

use super::metadata::{ColumnStatistics, Segment, TableSnapshot};

/// The segments that may hold rows for all of `filters`. A filter that cannot be used for
/// pruning keeps everything.
pub(super) fn prune(state: &dyn Session, table: &TableSnapshot, filters: &[Expr]) -> Vec<Arc<Segment>> {
    let schema = table.arrow_schema();
    let usable = filters.iter().filter(|f| uses_only(f, table)).cloned();
    let kept = conjunction(usable).and_then(|filter| {
        let df_schema = DFSchema::try_from(Arc::clone(&schema)).ok()?;
        let expr = state.create_physical_expr(strip_qualifiers(filter), &df_schema).ok()?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&schema)).build(expr)?;
        predicate.prune(&SegmentStatistics { table, schema }).ok()
    });
    match kept {
        Some(kept) => table.segments.iter().zip(kept).filter(|(_, keep)| *keep).map(|(s, _)| Arc::clone(s)).collect(),
        None => table.segments.clone(),
    }
}

fn uses_only(filter: &Expr, table: &TableSnapshot) -> bool {
    !filter.is_volatile() && filter.column_refs().iter().all(|c| table.column(&c.name).is_some())
}

/// Filters reach a provider with its columns qualified by the alias in the query.
fn strip_qualifiers(filter: Expr) -> Expr {
    use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
    let original = filter.clone();
    filter
        .transform(|node| match node {
            Expr::Column(column) if column.relation.is_some() => {
                Ok(Transformed::yes(Expr::Column(Column::new_unqualified(column.name))))
            }
            other => Ok(Transformed::no(other)),
        })
        .data()
        .unwrap_or(original)
}

struct SegmentStatistics<'a> {
    table: &'a TableSnapshot,
    schema: SchemaRef,
}

impl SegmentStatistics<'_> {
    /// One value per segment; None when no segment has one.
    fn bounds(&self, column: &Column, bound: impl Fn(&ColumnStatistics) -> Option<&ScalarValue>) -> Option<ArrayRef> {
        let definition = self.table.column(&column.name)?;
        let data_type = self.schema.field_with_name(&column.name).ok()?.data_type();
        let null = ScalarValue::try_new_null(data_type).ok()?;
        let value = |segment: &Arc<Segment>| {
            let value = match segment.file.column(definition.id) {
                Some(found) => bound(found),
                None => definition.initial_default.as_ref(),
            };
            value.filter(|v| v.data_type() == *data_type).unwrap_or(&null).clone()
        };
        ScalarValue::iter_to_array(self.table.segments.iter().map(value)).ok()
    }
}

impl PruningStatistics for SegmentStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |c| c.min.as_ref())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |c| c.max.as_ref())
    }

    fn num_containers(&self) -> usize {
        self.table.segments.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let definition = self.table.column(&column.name)?;
        // Counts of the whole file, deleted rows included, as in `row_counts`.
        let nulls = |segment: &Arc<Segment>| match segment.file.column(definition.id) {
            Some(found) => found.null_count,
            None if definition.initial_default.is_some() => 0,
            None => segment.file.row_count,
        };
        Some(Arc::new(UInt64Array::from_iter_values(self.table.segments.iter().map(nulls))))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.table.segments.iter().map(|s| s.file.row_count))))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
