//! Column statistics of segments: taken from what the Parquet writer knows, kept as text in the
//! catalog (DuckLake's forms, which DuckDB prunes by), given to DataFusion's planner.
//!
//! A bound is exact or it is absent. Long strings have none, and so have values whose text form
//! would be ambiguous; a column without bounds is never pruned.

use std::cmp::Ordering;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float32Type, Float64Type, Schema, TimeUnit},
};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use datafusion::common::{ColumnStatistics as PlanColumnStatistics, ScalarValue, Statistics, stats::Precision};
use parquet::{
    arrow::arrow_reader::statistics::StatisticsConverter,
    file::metadata::{ParquetMetaData, RowGroupMetaData},
};

use super::metadata::{Column, ColumnStatistics, Segment, TableSnapshot};

/// Bounds of strings and binaries longer than this are left out.
pub const BOUND_BYTES_MAX: usize = 128;

/// What the Parquet writer does not tell about floating point columns: it ignores NaN, which
/// sorts above every number in Redshift. So their bounds are collected here.
#[derive(Debug, Clone, Default)]
pub struct FloatBounds {
    bounds: Option<(f64, f64)>,
    nulls: u64,
    has_nan: bool,
}

impl FloatBounds {
    /// Takes a column's values into account.
    pub fn update(&mut self, batch: &RecordBatch, index: usize) {
        let array = batch.column(index);
        self.nulls += array.null_count() as u64;
        match array.data_type() {
            DataType::Float64 => self.values(array.as_primitive::<Float64Type>().iter().flatten()),
            DataType::Float32 => self.values(array.as_primitive::<Float32Type>().iter().flatten().map(f64::from)),
            _ => {}
        }
    }

    fn values(&mut self, values: impl Iterator<Item = f64>) {
        for value in values {
            if value.is_nan() {
                self.has_nan = true;
                continue;
            }
            let (min, max) = self.bounds.get_or_insert((value, value));
            *min = min.min(value);
            *max = max.max(value);
        }
    }

    fn into_statistics(self, column: &Column, size_bytes: u64) -> ColumnStatistics {
        let scalar = |value: f64| match column.data_type {
            DataType::Float32 => ScalarValue::Float32(Some(value as f32)),
            _ => ScalarValue::Float64(Some(value)),
        };
        // Zero has two signs that compare equal: the bounds span both. No bounds with NaN.
        let bounds = self
            .bounds
            .filter(|_| !self.has_nan)
            .map(|(min, max)| (if min == 0.0 { -0.0 } else { min }, if max == 0.0 { 0.0 } else { max }));
        ColumnStatistics {
            column_id: column.id,
            size_bytes,
            null_count: self.nulls,
            min: bounds.map(|b| scalar(b.0)),
            max: bounds.map(|b| scalar(b.1)),
            contains_nan: Some(self.has_nan),
        }
    }
}

/// Statistics of a file that was just written, from its footer. `floats` has the bounds of
/// floating point columns by their position.
pub fn from_footer(
    metadata: &ParquetMetaData,
    file_schema: &Schema,
    columns: &[Column],
    mut floats: Vec<Option<FloatBounds>>,
) -> Vec<ColumnStatistics> {
    let groups = metadata.row_groups();
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let size_bytes = groups.iter().map(|g| g.column(index).compressed_size().max(0) as u64).sum();
            match floats.get_mut(index).and_then(Option::take) {
                Some(bounds) => bounds.into_statistics(column, size_bytes),
                None => column_from_footer(metadata, groups, file_schema, column, size_bytes),
            }
        })
        .collect()
}

fn column_from_footer(
    metadata: &ParquetMetaData,
    groups: &[RowGroupMetaData],
    file_schema: &Schema,
    column: &Column,
    size_bytes: u64,
) -> ColumnStatistics {
    let parquet_schema = metadata.file_metadata().schema_descr();
    let mut statistics =
        ColumnStatistics { column_id: column.id, size_bytes, null_count: 0, min: None, max: None, contains_nan: None };
    let Ok(converter) = StatisticsConverter::try_new(&column.name, file_schema, parquet_schema) else {
        return statistics;
    };
    if let Ok(nulls) = converter.row_group_null_counts(groups) {
        statistics.null_count = nulls.iter().flatten().sum();
    }
    let rows: u64 = groups.iter().map(|g| g.num_rows().max(0) as u64).sum();
    if statistics.null_count == rows {
        return statistics;
    }
    let bound = |array: Option<arrow::array::ArrayRef>, exact: Option<arrow::array::BooleanArray>, wanted| {
        let (array, exact) = (array?, exact?);
        let mut best: Option<ScalarValue> = None;
        for (row, group) in groups.iter().enumerate() {
            if !array.is_valid(row) {
                // A row group of NULLs has no bounds; any other without them makes all unknown.
                let all_null = converter.row_group_null_counts([group]).ok()?.value(0) == group.num_rows() as u64;
                if all_null { continue } else { return None }
            }
            if !(exact.is_valid(row) && exact.value(row)) {
                return None;
            }
            let value = ScalarValue::try_from_array(&array, row).ok()?;
            if best.as_ref().is_none_or(|b| value.partial_cmp(b) == Some(wanted)) {
                best = Some(value);
            }
        }
        best.filter(is_storable)
    };
    statistics.min = bound(
        converter.row_group_mins(groups).ok(),
        converter.row_group_is_min_value_exact(groups).ok(),
        Ordering::Less,
    );
    statistics.max = bound(
        converter.row_group_maxes(groups).ok(),
        converter.row_group_is_max_value_exact(groups).ok(),
        Ordering::Greater,
    );
    statistics
}

/// Whether a bound survives being written as text and read back.
fn is_storable(value: &ScalarValue) -> bool {
    to_text(value).is_some()
}

/// A bound in DuckLake's text form; None when it has none that is safe.
pub fn to_text(value: &ScalarValue) -> Option<String> {
    use ScalarValue as S;
    match value {
        S::Boolean(Some(v)) => Some(u8::from(*v).to_string()),
        S::Int16(Some(v)) => Some(v.to_string()),
        S::Int32(Some(v)) => Some(v.to_string()),
        S::Int64(Some(v)) => Some(v.to_string()),
        S::Float32(Some(v)) if v.is_finite() => Some(format!("{v:?}")),
        S::Float64(Some(v)) if v.is_finite() => Some(format!("{v:?}")),
        S::Decimal128(Some(v), _, scale) => decimal_text(*v, *scale),
        S::Date32(Some(days)) => date_text(*days),
        S::Time64Microsecond(Some(us)) => time_text(*us),
        S::TimestampMicrosecond(Some(us), zone) => {
            let suffix = if zone.is_some() { "+00" } else { "" };
            Some(format!("{}{suffix}", timestamp_text(*us)?))
        }
        S::Utf8(Some(v)) | S::Utf8View(Some(v)) | S::LargeUtf8(Some(v)) => {
            (v.len() <= BOUND_BYTES_MAX && !v.contains('\0')).then(|| v.clone())
        }
        // Binary and LargeBinary are HLLSKETCH and SUPER: the order of their bytes means nothing.
        S::BinaryView(Some(v)) => (v.len() <= BOUND_BYTES_MAX).then(|| v.iter().map(|b| format!("{b:02X}")).collect()),
        _ => None,
    }
}

/// A bound back from its text form; None when it cannot be read, which only costs pruning.
pub fn from_text(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    match data_type {
        DataType::Utf8View => Some(ScalarValue::Utf8View(Some(text.to_owned()))),
        DataType::Binary | DataType::LargeBinary => None,
        DataType::BinaryView => Some(ScalarValue::BinaryView(Some(from_hex(text)?))),
        DataType::Boolean => Some(ScalarValue::Boolean(Some(matches!(text, "1" | "true")))),
        DataType::Int32 => Some(ScalarValue::Int32(Some(text.parse().ok()?))),
        DataType::Int64 => Some(ScalarValue::Int64(Some(text.parse().ok()?))),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let naive = text.strip_suffix("+00").unwrap_or(text);
            let value = NaiveDateTime::parse_from_str(naive, "%Y-%m-%d %H:%M:%S%.f").ok()?;
            Some(ScalarValue::TimestampMicrosecond(Some(value.and_utc().timestamp_micros()), zone.clone()))
        }
        _ => {
            let array = cast(&ScalarValue::Utf8(Some(text.to_owned())).to_array().ok()?, data_type).ok()?;
            ScalarValue::try_from_array(&array, 0).ok().filter(|v| !v.is_null())
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn decimal_text(value: i128, scale: i8) -> Option<String> {
    let scale = usize::try_from(scale).ok()?;
    if scale == 0 {
        return Some(value.to_string());
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    Some(format!("{sign}{whole}.{fraction}"))
}

/// Years outside these have other text forms in other programs.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

fn date_text(days: i32) -> Option<String> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(719_163)?)?;
    YEARS.contains(&date.year()).then(|| date.format("%Y-%m-%d").to_string())
}

fn timestamp_text(us: i64) -> Option<String> {
    let value = chrono::DateTime::from_timestamp_micros(us)?.naive_utc();
    YEARS.contains(&value.year()).then(|| value.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

fn time_text(us: i64) -> Option<String> {
    let seconds = u32::try_from(us.div_euclid(1_000_000)).ok()?;
    let nanos = u32::try_from(us.rem_euclid(1_000_000)).ok()? * 1_000;
    let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)?;
    Some(time.format("%H:%M:%S%.6f").to_string())
}

/// Statistics of one segment for the planner, over all columns of the table.
pub fn of_segment(table: &TableSnapshot, segment: &Segment) -> Statistics {
    let exact = segment.deletes.is_none();
    let rows = segment.live_rows() as usize;
    let column = |column: &Column| match segment.file.column(column.id) {
        Some(found) => PlanColumnStatistics {
            null_count: precision(Some(found.null_count as usize), exact),
            min_value: precision(found.min.clone(), exact),
            max_value: precision(found.max.clone(), exact),
            ..PlanColumnStatistics::new_unknown()
        },
        None => of_missing_column(column.initial_default.as_ref(), rows),
    };
    Statistics {
        num_rows: Precision::Exact(rows),
        total_byte_size: Precision::Absent,
        column_statistics: table.columns.iter().map(column).collect(),
    }
}

/// A column that was added after the file was written has the same value in all its rows.
fn of_missing_column(default: Option<&ScalarValue>, rows: usize) -> PlanColumnStatistics {
    let bound = default.map_or(Precision::Absent, |v| Precision::Exact(v.clone()));
    PlanColumnStatistics {
        null_count: Precision::Exact(if default.is_some() { 0 } else { rows }),
        min_value: bound.clone(),
        max_value: bound,
        ..PlanColumnStatistics::new_unknown()
    }
}

fn precision<T: std::fmt::Debug + Clone + PartialEq + Eq + PartialOrd>(value: Option<T>, exact: bool) -> Precision<T> {
    match value {
        Some(value) if exact => Precision::Exact(value),
        Some(value) => Precision::Inexact(value),
        None => Precision::Absent,
    }
}

/// Bounds of a column over all segments given, None when one has none (and is not all NULL).
pub fn merge_bounds<'a>(
    columns: impl IntoIterator<Item = (&'a ColumnStatistics, u64)>,
) -> (Option<ScalarValue>, Option<ScalarValue>) {
    let (mut min, mut max): (Option<ScalarValue>, Option<ScalarValue>) = (None, None);
    for (column, rows) in columns {
        if column.null_count == rows {
            continue;
        }
        let (Some(low), Some(high)) = (&column.min, &column.max) else { return (None, None) };
        if min.as_ref().is_none_or(|m| low < m) {
            min = Some(low.clone());
        }
        if max.as_ref().is_none_or(|m| high > m) {
            max = Some(high.clone());
        }
    }
    (min, max)
}

#[cfg(test)]
mod tests {
    use super::{super::metadata::ColumnId, *};

    #[test]
    fn text_forms_are_those_of_ducklake_and_come_back() {
        let utc = Some("UTC".into());
        let cases = [
            (ScalarValue::Boolean(Some(true)), "1"),
            (ScalarValue::Int16(Some(-5)), "-5"),
            (ScalarValue::Int64(Some(i64::MIN)), "-9223372036854775808"),
            (ScalarValue::Decimal128(Some(-5), 10, 2), "-0.05"),
            (ScalarValue::Decimal128(Some(149850), 10, 2), "1498.50"),
            (ScalarValue::Decimal128(Some(7), 5, 0), "7"),
            (ScalarValue::Float64(Some(0.0)), "0.0"),
            (ScalarValue::Float32(Some(142.71428)), "142.71428"),
            (ScalarValue::Date32(Some(-1)), "1969-12-31"),
            (ScalarValue::Time64Microsecond(Some(36_672_000_000)), "10:11:12.000000"),
            (ScalarValue::TimestampMicrosecond(Some(-1), None), "1969-12-31 23:59:59.999999"),
            (ScalarValue::TimestampMicrosecond(Some(0), utc), "1970-01-01 00:00:00.000000+00"),
            (ScalarValue::Utf8View(Some("x'y".into())), "x'y"),
            (ScalarValue::BinaryView(Some(vec![0x61, 0xff])), "61FF"),
        ];
        for (value, text) in cases {
            assert_eq!(to_text(&value).as_deref(), Some(text));
            assert_eq!(from_text(text, &value.data_type()), Some(value), "{text}");
        }
    }

    #[test]
    fn what_has_no_safe_text_form_has_no_bound() {
        assert_eq!(to_text(&ScalarValue::Utf8View(Some("x".repeat(BOUND_BYTES_MAX + 1)))), None);
        assert_eq!(to_text(&ScalarValue::Float64(Some(f64::NAN))), None);
        assert_eq!(to_text(&ScalarValue::Float64(Some(f64::INFINITY))), None);
        assert_eq!(to_text(&ScalarValue::Date32(Some(i32::MAX))), None);
        assert_eq!(to_text(&ScalarValue::Int32(None)), None);
    }

    #[test]
    fn one_segment_without_bounds_makes_the_bounds_of_all_unknown() {
        let with = |min: Option<i32>, nulls| ColumnStatistics {
            column_id: ColumnId(1),
            size_bytes: 0,
            null_count: nulls,
            min: min.map(|v| ScalarValue::Int32(Some(v))),
            max: min.map(|v| ScalarValue::Int32(Some(v))),
            contains_nan: None,
        };
        let (a, b, all_null, unknown) = (with(Some(3), 0), with(Some(9), 1), with(None, 5), with(None, 0));
        let bounds = merge_bounds([(&a, 5), (&b, 5), (&all_null, 5)]);
        assert_eq!(bounds, (Some(ScalarValue::Int32(Some(3))), Some(ScalarValue::Int32(Some(9)))));
        assert_eq!(merge_bounds([(&a, 5), (&unknown, 5)]), (None, None));
    }
}
