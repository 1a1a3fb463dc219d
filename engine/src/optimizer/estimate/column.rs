//! How a column is filled: numbers of different values, bounds and NULLs.

use datafusion::{
    common::{ColumnStatistics, DFSchema, ScalarValue},
    logical_expr::{Cast, Expr},
};

use super::Estimate;

/// Microseconds of a day: all points in time are compared in days.
const DAY_MICROSECONDS: f64 = 86_400_000_000.0;

/// What is expected of a column's values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnEstimate {
    /// Different values, if something tells.
    pub distinct: Option<f64>,
    /// Bounds, for what can be seen as a number.
    pub range: Option<(f64, f64)>,
    /// The share of NULLs.
    pub nulls: f64,
}

impl ColumnEstimate {
    /// From what is kept of a table of `rows` rows.
    pub fn of_statistics(known: &ColumnStatistics, rows: f64) -> Self {
        let bound = |value: Option<&ScalarValue>| value.and_then(as_number);
        let range = bound(known.min_value.get_value()).zip(bound(known.max_value.get_value()));
        let whole = known.min_value.get_value().is_some_and(is_whole);
        let by_range = range.filter(|_| whole).map(|(low, high)| (high - low + 1.0).min(rows));
        // Without ANALYZE: whole numbers are at most as many as their bounds allow.
        let distinct = known.distinct_count.get_value().map(|count| *count as f64).or(by_range);
        let nulls = known.null_count.get_value().map_or(0.0, |nulls| *nulls as f64 / rows.max(1.0));
        ColumnEstimate { distinct: distinct.map(|distinct| distinct.max(1.0)), range, nulls: nulls.min(1.0) }
    }

    /// Of a column with one value.
    pub fn constant(value: Option<f64>) -> Self {
        ColumnEstimate { distinct: Some(1.0), range: value.map(|value| (value, value)), nulls: 0.0 }
    }

    /// When only some of the rows are left: of n values with k rows each, so many are still there.
    pub fn thin_out(&mut self, before: f64, after: f64) {
        let Some(distinct) = self.distinct else { return };
        if after >= before || distinct <= 1.0 {
            return;
        }
        let rows_each = (before / distinct).max(1.0);
        let left = distinct * (1.0 - (1.0 - after / before).powf(rows_each));
        self.distinct = Some(left.min(after).max(1.0));
    }

    /// With the values of another column beside.
    pub fn unite(&mut self, other: &ColumnEstimate) {
        self.distinct = self.distinct.zip(other.distinct).map(|(a, b)| a.max(b));
        self.range = self.range.zip(other.range).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1)));
        self.nulls = (self.nulls + other.nulls) / 2.0;
    }
}

/// How an expression is filled: a column as the column is, anything else of one column has at most as
/// many different values.
pub fn of_expr(expr: &Expr, schema: &DFSchema, input: &Estimate) -> ColumnEstimate {
    match expr {
        Expr::Column(column) => {
            let found = schema.maybe_index_of_column(column).and_then(|index| input.columns.get(index));
            found.cloned().unwrap_or_default()
        }
        Expr::Alias(alias) => of_expr(&alias.expr, schema, input),
        Expr::Literal(value, _) => ColumnEstimate::constant(as_number(value)),
        Expr::Cast(Cast { expr, field }) => {
            let inner = of_expr(expr, schema, input);
            let stays = field.data_type().is_numeric() || field.data_type().is_temporal();
            ColumnEstimate { range: inner.range.filter(|_| stays), ..inner }
        }
        _ => {
            let columns = expr.column_refs();
            let mut columns = columns.into_iter();
            match (columns.next(), columns.next()) {
                (Some(only), None) if !expr.is_volatile() => {
                    let inner = of_expr(&Expr::Column(only.clone()), schema, input);
                    ColumnEstimate { range: None, nulls: inner.nulls, distinct: inner.distinct }
                }
                _ => ColumnEstimate::default(),
            }
        }
    }
}

/// A value as a number, points in time in days; None for what has no order of numbers.
pub fn as_number(value: &ScalarValue) -> Option<f64> {
    use ScalarValue as S;
    match value {
        S::Int8(Some(v)) => Some(f64::from(*v)),
        S::Int16(Some(v)) => Some(f64::from(*v)),
        S::Int32(Some(v)) => Some(f64::from(*v)),
        S::Int64(Some(v)) => Some(*v as f64),
        S::UInt64(Some(v)) => Some(*v as f64),
        S::Float32(Some(v)) => Some(f64::from(*v)).filter(|v| v.is_finite()),
        S::Float64(Some(v)) => Some(*v).filter(|v| v.is_finite()),
        S::Decimal128(Some(v), _, scale) => Some(*v as f64 / 10f64.powi(i32::from(*scale))),
        S::Boolean(Some(v)) => Some(f64::from(u8::from(*v))),
        S::Date32(Some(days)) => Some(f64::from(*days)),
        S::TimestampMicrosecond(Some(us), _) => Some(*us as f64 / DAY_MICROSECONDS),
        _ => None,
    }
}

/// Whether values of this type are whole numbers, so that bounds tell how many there can be.
fn is_whole(value: &ScalarValue) -> bool {
    use ScalarValue as S;
    match value {
        S::Decimal128(_, _, scale) => *scale == 0,
        _ => matches!(value, S::Int8(_) | S::Int16(_) | S::Int32(_) | S::Int64(_) | S::Boolean(_) | S::Date32(_)),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::stats::Precision;

    use super::*;

    #[test]
    fn bounds_of_whole_numbers_limit_their_number() {
        let known = |min: ScalarValue, max: ScalarValue| ColumnStatistics {
            min_value: Precision::Exact(min),
            max_value: Precision::Exact(max),
            null_count: Precision::Exact(10),
            ..ColumnStatistics::new_unknown()
        };
        let years = known(ScalarValue::Int32(Some(1900)), ScalarValue::Int32(Some(2100)));
        let years = ColumnEstimate::of_statistics(&years, 73_000.0);
        assert_eq!((years.distinct, years.range), (Some(201.0), Some((1900.0, 2100.0))));
        let prices = known(ScalarValue::Float64(Some(0.5)), ScalarValue::Float64(Some(9.5)));
        assert_eq!(ColumnEstimate::of_statistics(&prices, 100.0).distinct, None);
        assert_eq!(ColumnEstimate::of_statistics(&prices, 100.0).nulls, 0.1);
    }

    #[test]
    fn values_with_many_rows_survive() {
        let with = |distinct: f64| ColumnEstimate { distinct: Some(distinct), ..ColumnEstimate::default() };
        let mut few = with(10.0);
        few.thin_out(1_000_000.0, 10_000.0);
        assert!(few.distinct > Some(9.9));
        let mut unique = with(1_000.0);
        unique.thin_out(1_000.0, 100.0);
        assert!((unique.distinct.unwrap_or_default() - 100.0).abs() < 1.0);
    }
}
