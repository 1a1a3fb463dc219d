//! Statistics in ORC files, as typed values, as far as their writer can be trusted with them.
//!
//! Wrong statistics lose rows, so the rule is: what a writer is known to have written wrongly in
//! some version is not used from it.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use orc_rust::proto::{self, r#type::Kind};

/// What is known of a column's values over some rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnRange {
    /// NULLs.
    pub nulls: Option<u64>,
    /// No value is smaller.
    pub min: Option<ScalarValue>,
    /// No value is larger.
    pub max: Option<ScalarValue>,
    /// Whether `min` and `max` occur in the data.
    pub exact: bool,
}

/// How far a file's statistics are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Our writer.
    Ours,
    /// Java's after its known defects (ORC-517 and before) were fixed.
    SoundJava,
    /// Another one: counts, integers and dates.
    Plain,
    /// Java's before HIVE-8732: nothing.
    None,
}

impl Trust {
    pub(super) fn of(footer: &proto::Footer, postscript: &proto::PostScript) -> Self {
        match (footer.writer.unwrap_or(0), postscript.writer_version.unwrap_or(0)) {
            (0, 0) => Trust::None,
            (0, 7..) => Trust::SoundJava,
            (0, _) => Trust::Plain,
            _ if footer.software_version().starts_with("blueshift ") => Trust::Ours,
            _ => Trust::Plain,
        }
    }
}

/// The range that `stats` gives for a column of that type over `rows` rows.
pub(super) fn column_range(
    stats: &proto::ColumnStatistics,
    orc_type: &proto::Type,
    data_type: &DataType,
    rows: u64,
    trust: Trust,
) -> ColumnRange {
    if trust == Trust::None {
        return ColumnRange::default();
    }
    let nulls = stats.number_of_values.and_then(|values| rows.checked_sub(values));
    let bounds = match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => integers(stats, data_type),
        DataType::Date32 => stats.date_statistics.as_ref().map(|s| {
            (s.minimum.map(|v| ScalarValue::Date32(Some(v))), s.maximum.map(|v| ScalarValue::Date32(Some(v))), true)
        }),
        DataType::Utf8 if trust != Trust::Plain && orc_type.kind() != Kind::Char => texts(stats),
        DataType::Decimal128(precision, scale) if trust != Trust::Plain => decimals(stats, *precision, *scale),
        // C++ leaves NaN out of its bounds and Java lets it swallow them; ours are absent then.
        DataType::Float32 | DataType::Float64 if trust == Trust::Ours => floats(stats, data_type),
        DataType::Boolean if trust == Trust::Ours => booleans(stats),
        DataType::Timestamp(TimeUnit::Microsecond, zone) if trust == Trust::Ours => {
            timestamps(stats).map(|(min, max, exact)| {
                let scalar = |v| ScalarValue::TimestampMicrosecond(Some(v), zone.clone());
                (Some(scalar(min)), Some(scalar(max)), exact)
            })
        }
        _ => None,
    };
    let (min, max, exact) = bounds.unwrap_or((None, None, false));
    if let (Some(low), Some(high)) = (&min, &max)
        && low.partial_cmp(high).is_none_or(|order| order.is_gt())
    {
        return ColumnRange { nulls, ..Default::default() };
    }
    let exact = exact && trust == Trust::Ours && min.is_some() && max.is_some();
    ColumnRange { nulls, min, max, exact }
}

type Bounds = (Option<ScalarValue>, Option<ScalarValue>, bool);

fn integers(stats: &proto::ColumnStatistics, data_type: &DataType) -> Option<Bounds> {
    let ints = stats.int_statistics.as_ref()?;
    let scalar = |value: i64| {
        Some(match data_type {
            DataType::Int8 => ScalarValue::Int8(Some(value.try_into().ok()?)),
            DataType::Int16 => ScalarValue::Int16(Some(value.try_into().ok()?)),
            DataType::Int32 => ScalarValue::Int32(Some(value.try_into().ok()?)),
            _ => ScalarValue::Int64(Some(value)),
        })
    };
    Some((ints.minimum.and_then(scalar), ints.maximum.and_then(scalar), true))
}

fn floats(stats: &proto::ColumnStatistics, data_type: &DataType) -> Option<Bounds> {
    let doubles = stats.double_statistics.as_ref()?;
    let scalar = |value: f64| match data_type {
        DataType::Float32 => ScalarValue::Float32(Some(value as f32)),
        _ => ScalarValue::Float64(Some(value)),
    };
    // DataFusion orders -0.0 before 0.0, writers do not: take the wider one.
    let min = doubles.minimum.filter(|v| !v.is_nan()).map(|v| if v == 0.0 { -0.0 } else { v });
    let max = doubles.maximum.filter(|v| !v.is_nan()).map(|v| if v == 0.0 { 0.0 } else { v });
    let exact = min != Some(0.0) && max != Some(0.0);
    Some((min.map(scalar), max.map(scalar), exact))
}

fn texts(stats: &proto::ColumnStatistics) -> Option<Bounds> {
    let texts = stats.string_statistics.as_ref()?;
    let scalar = |text: &String| ScalarValue::Utf8(Some(text.clone()));
    let min = texts.minimum.as_ref().or(texts.lower_bound.as_ref()).map(scalar);
    let max = texts.maximum.as_ref().or(texts.upper_bound.as_ref()).map(scalar);
    Some((min, max, texts.minimum.is_some() && texts.maximum.is_some()))
}

fn booleans(stats: &proto::ColumnStatistics) -> Option<Bounds> {
    let trues = *stats.bucket_statistics.as_ref()?.count.first()?;
    let values = stats.number_of_values.filter(|values| *values > 0)?;
    let scalar = |value: bool| Some(ScalarValue::Boolean(Some(value)));
    Some((scalar(trues >= values), scalar(trues > 0), true))
}

fn decimals(stats: &proto::ColumnStatistics, precision: u8, scale: i8) -> Option<Bounds> {
    let decimals = stats.decimal_statistics.as_ref()?;
    let bound = |text: &Option<String>, up: bool| match text {
        None => Some((None, true)),
        Some(text) => parse_decimal(text, scale, up)
            .map(|(value, exact)| (Some(ScalarValue::Decimal128(Some(value), precision, scale)), exact)),
    };
    let (min, exact_min) = bound(&decimals.minimum, false)?;
    let (max, exact_max) = bound(&decimals.maximum, true)?;
    Some((min, max, exact_min && exact_max))
}

/// A decimal's text as an unscaled value; digits beyond the scale round down or up.
fn parse_decimal(text: &str, scale: i8, up: bool) -> Option<(i128, bool)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = usize::try_from(scale).ok()?;
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kept, cut) = fraction.split_at(fraction.len().min(scale));
    let exact = cut.bytes().all(|byte| byte == b'0');
    let magnitude: i128 = format!("{whole}{kept:0<scale$}").parse().ok()?;
    let value = if negative { -magnitude } else { magnitude };
    let outward = match (exact, negative, up) {
        (false, false, true) => 1,
        (false, true, false) => -1,
        _ => 0,
    };
    Some((value.checked_add(outward)?, exact))
}

/// Smallest and largest time in microseconds, rounded outward.
fn timestamps(stats: &proto::ColumnStatistics) -> Option<(i64, i64, bool)> {
    let times = stats.timestamp_statistics.as_ref()?;
    let low_nanos = i64::from(times.minimum_nanos.unwrap_or(1)) - 1;
    let high_nanos = i64::from(times.maximum_nanos.unwrap_or(1_000_000)) - 1;
    if !(0..1_000_000).contains(&low_nanos) || !(0..1_000_000).contains(&high_nanos) {
        return None;
    }
    let min = times.minimum_utc?.checked_mul(1000)?.checked_add(low_nanos / 1000)?;
    let max = times.maximum_utc?.checked_mul(1000)?.checked_add((high_nanos + 999) / 1000)?;
    Some((min, max, low_nanos % 1000 == 0 && high_nanos % 1000 == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_round_outward() {
        for (text, scale, up, expected) in [
            ("-100.00", 2, false, Some((-10000, true))),
            ("9", 2, true, Some((900, true))),
            ("1.239", 2, true, Some((124, false))),
            ("1.239", 2, false, Some((123, false))),
            ("-1.239", 2, false, Some((-124, false))),
            ("-1.239", 2, true, Some((-123, false))),
            ("1E+3", 2, true, None),
            ("", 2, true, None),
        ] {
            assert_eq!(parse_decimal(text, scale, up), expected, "{text}");
        }
    }
}
