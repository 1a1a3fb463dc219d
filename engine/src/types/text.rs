//! Values as text, the way psql prints them against Redshift: booleans `t`/`f`, ISO dates,
//! timestamps with as many fraction digits as needed, decimals with their scale, floats with the
//! digits that are certain (15 and 6).

use std::fmt::Write;

use datafusion::arrow::{
    array::{Array, AsArray},
    datatypes::{
        DataType, Date32Type, Date64Type, Decimal128Type, DurationMicrosecondType, Float16Type, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
        IntervalUnit, IntervalYearMonthType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
    },
    util::display::array_value_to_string,
};

use super::{
    array_text,
    date_style::{Civil, DateForm, DateStyle},
    interval_text,
    super_value::{self, Super},
};
use crate::{
    error::{Error, Result},
    functions::{
        datetime::{
            literal,
            zone::{self, Zone},
        },
        hll,
    },
};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_DAY: i64 = SECONDS_PER_DAY * MICROS_PER_SECOND;
/// Digits of a DOUBLE PRECISION that are certain.
pub(super) const DOUBLE_DIGITS: i32 = 15;
/// Digits of a REAL that are certain.
pub(super) const REAL_DIGITS: i32 = 6;

/// How intervals are written (parameter `intervalstyle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntervalStyle {
    /// `1 year 2 mons`, `3 days 04:05:06`
    #[default]
    Postgres,
    /// `@ 1 year 2 mons`
    PostgresVerbose,
    /// `1-2`, `3 4:05:06`
    SqlStandard,
}

/// What of a session decides how values are read and written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextFormat {
    /// The zone in which a TIMESTAMPTZ is shown.
    pub zone: Zone,
    /// More (or fewer) digits of floats than the certain ones; at most 2.
    pub extra_float_digits: i32,
    /// How intervals are written.
    pub interval_style: IntervalStyle,
    /// How dates are written and read.
    pub date_style: DateStyle,
    /// When the statement began, in microseconds since 1970 UTC: what `now` and `today` mean. None where no
    /// statement runs.
    pub now: Option<i64>,
}

impl Default for TextFormat {
    fn default() -> Self {
        TextFormat {
            zone: Zone::Fixed(0),
            extra_float_digits: 0,
            interval_style: IntervalStyle::Postgres,
            date_style: DateStyle::default(),
            now: None,
        }
    }
}

/// Appends the text of value `row` of `array` to `out`, as a session with default settings shows it. NULL appends
/// nothing: the caller decides how it looks.
///
/// Errors: an Arrow type that is no Redshift type and has no text form.
pub fn format_value(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    TextFormat::default().write(array, row, out)
}

impl TextFormat {
    /// Appends the text of value `row` of `array` to `out`; nothing for NULL.
    ///
    /// Errors: an Arrow type that is no Redshift type and has no text form.
    pub fn write(&self, array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
        if array.is_null(row) {
            return Ok(());
        }
        match array.data_type() {
            DataType::Null => {}
            DataType::Boolean => out.push(if array.as_boolean().value(row) { 't' } else { 'f' }),
            DataType::Int8 => push(out, array.as_primitive::<Int8Type>().value(row)),
            DataType::Int16 => push(out, array.as_primitive::<Int16Type>().value(row)),
            DataType::Int32 => push(out, array.as_primitive::<Int32Type>().value(row)),
            DataType::Int64 => push(out, array.as_primitive::<Int64Type>().value(row)),
            DataType::UInt8 => push(out, array.as_primitive::<UInt8Type>().value(row)),
            DataType::UInt16 => push(out, array.as_primitive::<UInt16Type>().value(row)),
            DataType::UInt32 => push(out, array.as_primitive::<UInt32Type>().value(row)),
            DataType::UInt64 => push(out, array.as_primitive::<UInt64Type>().value(row)),
            DataType::Float16 => {
                let value = array.as_primitive::<Float16Type>().value(row).to_f32();
                push_float(out, f64::from(value), self.float_digits(REAL_DIGITS));
            }
            DataType::Float32 => {
                let value = array.as_primitive::<Float32Type>().value(row);
                push_float(out, f64::from(value), self.float_digits(REAL_DIGITS));
            }
            DataType::Float64 => {
                let value = array.as_primitive::<Float64Type>().value(row);
                push_float(out, value, self.float_digits(DOUBLE_DIGITS));
            }
            DataType::Decimal128(_, scale) => {
                push_decimal(out, array.as_primitive::<Decimal128Type>().value(row), *scale);
            }
            DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
            DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
            DataType::Binary => out.push_str(&hll::Sketch::text(array.as_binary::<i32>().value(row))),
            DataType::LargeBinary => super_value::text::write(Super::of(array.as_binary::<i64>().value(row)), out),
            DataType::BinaryView => push_hex(out, array.as_binary_view().value(row)),
            DataType::Date32 => self.push_date(out, i64::from(array.as_primitive::<Date32Type>().value(row))),
            DataType::Date64 => {
                self.push_date(out, array.as_primitive::<Date64Type>().value(row).div_euclid(86_400_000));
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                push_time(out, array.as_primitive::<Time64MicrosecondType>().value(row));
            }
            // A TIMETZ, kept and shown in UTC.
            DataType::Time64(TimeUnit::Nanosecond) => {
                push_time(out, array.as_primitive::<Time64NanosecondType>().value(row) / 1_000);
                out.push_str("+00");
            }
            DataType::Timestamp(unit, None) => self.push_timestamp(out, timestamp_micros(array, row, unit), None),
            // UTC is how it is kept; any other zone is the one to show it in.
            DataType::Timestamp(unit, Some(zone)) => {
                let zone = if zone.as_ref() == "UTC" { self.zone } else { zone::parse(zone)? };
                self.push_timestamp(out, timestamp_micros(array, row, unit), Some(zone));
            }
            DataType::Interval(unit) => {
                let (months, days, micros) = interval_parts(array, row, unit);
                self.push_interval(out, months.into(), days.into(), micros);
            }
            DataType::Duration(TimeUnit::Microsecond) => {
                let micros = array.as_primitive::<DurationMicrosecondType>().value(row);
                self.push_interval(out, 0, micros / MICROS_PER_DAY, micros % MICROS_PER_DAY);
            }
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let key = dictionary.normalized_keys()[row];
                self.write(dictionary.values().as_ref(), key, out)?;
            }
            DataType::List(_) => array_text::push_array(out, &array.as_list::<i32>().value(row))?,
            DataType::LargeList(_) => array_text::push_vector(out, &array.as_list::<i64>().value(row))?,
            _ => out.push_str(&array_value_to_string(array, row).map_err(Error::internal)?),
        }
        Ok(())
    }

    /// What `now`, `today`, `tomorrow` and `yesterday` mean, as local time; None for any other text, and where no
    /// statement runs.
    pub fn clock_word(&self, text: &str) -> Result<Option<i64>> {
        match self.now {
            Some(now) if literal::is_clock_word(text) => Ok(literal::special_timestamp(text, self.zone.local(now)?)),
            _ => Ok(None),
        }
    }

    fn float_digits(&self, certain: i32) -> usize {
        usize::try_from(certain + self.extra_float_digits).unwrap_or(1).max(1)
    }

    /// Days since 1970-01-01; years before 1 get ` BC`.
    fn push_date(&self, out: &mut String, days: i64) {
        let date = Civil::from_days(days);
        self.date_style.push_date(out, date);
        push_era(out, date.year);
    }

    /// A timestamp, or an instant as local time of a zone with what stands for the zone: in ISO form its offset.
    fn push_timestamp(&self, out: &mut String, micros: i64, zone: Option<Zone>) {
        let offset = zone.map_or(0, |zone| zone.offset_at(micros));
        let local = micros.saturating_add(i64::from(offset) * MICROS_PER_SECOND);
        let date = Civil::from_days(local.div_euclid(MICROS_PER_DAY));
        let time = |out: &mut String| push_time(out, local.rem_euclid(MICROS_PER_DAY));
        self.date_style.push_timestamp(out, date, time);
        match zone {
            None => {}
            Some(_) if self.date_style.form == DateForm::Iso => push_offset(out, offset),
            Some(zone) => {
                out.push(' ');
                out.push_str(&zone.abbreviation_at(micros));
            }
        }
        push_era(out, date.year);
    }

    fn push_interval(&self, out: &mut String, months: i64, days: i64, micros: i64) {
        match self.interval_style {
            IntervalStyle::Postgres => interval_text::postgres(out, months, days, micros),
            IntervalStyle::PostgresVerbose => interval_text::verbose(out, months, days, micros),
            IntervalStyle::SqlStandard => interval_text::sql_standard(out, months, days, micros),
        }
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

fn timestamp_micros(array: &dyn Array, row: usize, unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row) * MICROS_PER_SECOND,
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row) * 1_000,
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000),
    }
}

/// C's `%.{digits}g`, which is what Redshift's PostgreSQL prints with.
pub(super) fn push_float(out: &mut String, value: f64, digits: usize) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value == 0.0 {
        return out.push_str(if value.is_sign_negative() { "-0" } else { "0" });
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        out.push_str(trim_fraction(mantissa));
        let _ = write!(out, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    } else {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        out.push_str(trim_fraction(&format!("{value:.decimals$}")));
    }
}

fn trim_fraction(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A decimal with exactly `scale` fraction digits.
pub fn push_decimal(out: &mut String, value: i128, scale: i8) {
    if scale <= 0 {
        return push(out, value * 10_i128.pow(u32::from(scale.unsigned_abs())));
    }
    let scale = scale as usize;
    let digits = value.unsigned_abs().to_string();
    if value < 0 {
        out.push('-');
    }
    if digits.len() > scale {
        out.push_str(&digits[..digits.len() - scale]);
    } else {
        out.push('0');
    }
    out.push('.');
    for _ in digits.len()..scale {
        out.push('0');
    }
    out.push_str(&digits[digits.len().saturating_sub(scale)..]);
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

/// Years before 1 are marked.
fn push_era(out: &mut String, year: i64) {
    if year <= 0 {
        out.push_str(" BC");
    }
}

pub(super) fn push_time(out: &mut String, micros: i64) {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    if fraction != 0 {
        out.push_str(trim_fraction(&format!(".{fraction:06}")));
    }
}

/// Appends an offset from UTC as `+HH[:MM[:SS]]`.
fn push_offset(out: &mut String, seconds: i32) {
    out.push(if seconds < 0 { '-' } else { '+' });
    let seconds = seconds.unsigned_abs();
    let _ = write!(out, "{:02}", seconds / 3600);
    if !seconds.is_multiple_of(3600) {
        let _ = write!(out, ":{:02}", seconds / 60 % 60);
    }
    if !seconds.is_multiple_of(60) {
        let _ = write!(out, ":{:02}", seconds % 60);
    }
}

/// Months, days and microseconds of an interval.
fn interval_parts(array: &dyn Array, row: usize, unit: &IntervalUnit) -> (i32, i32, i64) {
    match unit {
        IntervalUnit::YearMonth => (array.as_primitive::<IntervalYearMonthType>().value(row), 0, 0),
        IntervalUnit::DayTime => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            (0, value.days, i64::from(value.milliseconds) * 1_000)
        }
        IntervalUnit::MonthDayNano => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            (value.months, value.days, value.nanoseconds / 1_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, TimestampMicrosecondArray,
    };

    use super::*;

    fn text(array: ArrayRef) -> String {
        let mut out = String::new();
        format_value(array.as_ref(), 0, &mut out).unwrap();
        out
    }

    #[test]
    fn floats_print_like_percent_g() {
        for (value, expected) in [
            (0.1 + 0.2, "0.3"),
            (1e15, "1e+15"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-2.5, "-2.5"),
            (22f64.sqrt(), "4.69041575982343"),
            (0.0, "0"),
        ] {
            assert_eq!(text(Arc::new(Float64Array::from(vec![value]))), expected);
        }
        assert_eq!(text(Arc::new(Float32Array::from(vec![0.99]))), "0.99");
    }

    #[test]
    fn decimals_keep_their_scale() {
        for (value, scale, expected) in
            [(99, 2, "0.99"), (-5, 3, "-0.005"), (12_345, 2, "123.45"), (7, 0, "7"), (0, 2, "0.00")]
        {
            let array = Decimal128Array::from(vec![value]).with_precision_and_scale(10, scale).unwrap();
            assert_eq!(text(Arc::new(array)), expected);
        }
    }

    #[test]
    fn dates_and_timestamps_are_iso() {
        assert_eq!(text(Arc::new(Date32Array::from(vec![0]))), "1970-01-01");
        assert_eq!(text(Arc::new(Date32Array::from(vec![-719_162]))), "0001-01-01");
        assert_eq!(text(Arc::new(Date32Array::from(vec![19_782]))), "2024-02-29");
        assert_eq!(text(Arc::new(TimestampMicrosecondArray::from(vec![-1]))), "1969-12-31 23:59:59.999999");
        assert_eq!(text(Arc::new(TimestampMicrosecondArray::from(vec![1_500_000]))), "1970-01-01 00:00:01.5");
        assert_eq!(text(Arc::new(BooleanArray::from(vec![false]))), "f");
    }
}
