//! Stripes whose statistics show that a filter keeps none of their rows.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use super::adapt::file_column;
use super::{ColumnRange, OrcFooter};

/// Of `stripes`, those that may hold rows which `predicate` (over `table`) keeps.
///
/// When the predicate cannot be used, or its evaluation fails, all of them: the filter above the
/// scan decides.
pub(super) fn surviving_stripes(
    footer: &OrcFooter,
    table: &SchemaRef,
    predicate: &Arc<dyn PhysicalExpr>,
    stripes: Vec<usize>,
) -> Vec<usize> {
    if let Some(literal) = predicate.downcast_ref::<Literal>()
        && matches!(literal.value(), ScalarValue::Boolean(Some(false) | None))
    {
        return Vec::new();
    }
    let builder = PruningPredicateBuilder::new().with_file_schema(Arc::clone(table));
    let Ok(predicate) = builder.try_build(Arc::clone(predicate)) else { return stripes };
    if predicate.always_true() {
        return stripes;
    }
    let statistics = StripeStatistics { footer, table, stripes: &stripes };
    match predicate.prune(&statistics) {
        Ok(keep) if keep.len() == stripes.len() => {
            stripes.iter().zip(keep).filter(|(_, keep)| *keep).map(|(stripe, _)| *stripe).collect()
        }
        _ => stripes,
    }
}

struct StripeStatistics<'a> {
    footer: &'a OrcFooter,
    table: &'a SchemaRef,
    stripes: &'a [usize],
}

impl StripeStatistics<'_> {
    /// For each stripe a bound of the column in the table's type, NULL where it is not known.
    fn bounds(&self, column: &Column, bound: fn(&ColumnRange) -> Option<&ScalarValue>) -> Option<ArrayRef> {
        let index = self.table.index_of(&column.name).ok()?;
        let want = self.table.field(index).data_type();
        let null = ScalarValue::try_from(want).ok()?;
        let source = file_column(self.footer, self.table, index)?;
        let values = self.stripes.iter().map(|stripe| {
            let range = self.footer.stripes()[*stripe].columns.get(source);
            range.and_then(bound).and_then(|value| as_table_value(value, want)).unwrap_or_else(|| null.clone())
        });
        ScalarValue::iter_to_array(values).ok()
    }
}

impl PruningStatistics for StripeStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |range| range.min.as_ref())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |range| range.max.as_ref())
    }

    fn num_containers(&self) -> usize {
        self.stripes.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let index = self.table.index_of(&column.name).ok()?;
        let counts = self.stripes.iter().map(|stripe| {
            let stripe = &self.footer.stripes()[*stripe];
            match file_column(self.footer, self.table, index) {
                None => Some(stripe.rows), // a column that the file lacks is NULL throughout
                Some(source) => stripe.columns.get(source).and_then(|range| range.nulls),
            }
        });
        Some(Arc::new(counts.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let counts = self.stripes.iter().map(|stripe| Some(self.footer.stripes()[*stripe].rows));
        Some(Arc::new(counts.collect::<UInt64Array>()))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

/// A bound of the file's type as one of the table's, where the conversion keeps the order; a
/// number's text, say, sorts otherwise than the number.
pub(super) fn as_table_value(value: &ScalarValue, want: &DataType) -> Option<ScalarValue> {
    use DataType::*;
    let have = value.data_type();
    let whole = |t: &DataType| matches!(t, Int8 | Int16 | Int32 | Int64);
    let keeps_order = match (&have, want) {
        (have, want) if have == want => return Some(value.clone()),
        (Utf8, Utf8View | LargeUtf8) => true,
        (Decimal128(_, have), Decimal128(_, want)) => have <= want,
        (Float32, Float64) => true,
        (have, want) if whole(have) => whole(want) || matches!(want, Decimal128(..)),
        _ => false,
    };
    keeps_order.then(|| value.cast_to(want).ok()).flatten().filter(|value| !value.is_null())
}
