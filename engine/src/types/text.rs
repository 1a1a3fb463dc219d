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

use super::super_value::{self, Super};
use crate::{
    error::{Error, Result},
    functions::hll,
};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Appends the text of value `row` of `array` to `out`. NULL appends nothing: the caller decides how it looks.
///
/// Errors: an Arrow type that is no Redshift type and has no text form.
pub fn format_value(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
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
        DataType::Float16 => push_float(out, f64::from(array.as_primitive::<Float16Type>().value(row).to_f32()), 6),
        DataType::Float32 => push_float(out, f64::from(array.as_primitive::<Float32Type>().value(row)), 6),
        DataType::Float64 => push_float(out, array.as_primitive::<Float64Type>().value(row), 15),
        DataType::Decimal128(_, scale) => push_decimal(out, array.as_primitive::<Decimal128Type>().value(row), *scale),
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Binary => out.push_str(&hll::Sketch::text(array.as_binary::<i32>().value(row))),
        DataType::LargeBinary => super_value::text::write(Super::of(array.as_binary::<i64>().value(row)), out),
        DataType::BinaryView => push_hex(out, array.as_binary_view().value(row)),
        DataType::Date32 => push_date(out, i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => push_date(out, array.as_primitive::<Date64Type>().value(row).div_euclid(86_400_000)),
        DataType::Time64(TimeUnit::Microsecond) => {
            push_time(out, array.as_primitive::<Time64MicrosecondType>().value(row))
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            push_time(out, array.as_primitive::<Time64NanosecondType>().value(row) / 1_000)
        }
        DataType::Timestamp(unit, zone) => {
            push_timestamp(out, timestamp_micros(array, row, unit));
            if zone.is_some() {
                out.push_str("+00");
            }
        }
        DataType::Interval(unit) => push_interval(out, array, row, unit),
        DataType::Duration(TimeUnit::Microsecond) => {
            push_interval_parts(out, 0, 0, array.as_primitive::<DurationMicrosecondType>().value(row));
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys()[row];
            format_value(dictionary.values().as_ref(), key, out)?;
        }
        _ => out.push_str(&array_value_to_string(array, row).map_err(Error::internal)?),
    }
    Ok(())
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
fn push_float(out: &mut String, value: f64, digits: usize) {
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

/// Days since 1970-01-01 as `YYYY-MM-DD`; years before 1 get ` BC`.
fn push_date(out: &mut String, days: i64) {
    let (year, month, day) = civil_from_days(days);
    if year > 0 {
        let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    } else {
        let _ = write!(out, "{:04}-{month:02}-{day:02} BC", 1 - year);
    }
}

fn push_time(out: &mut String, micros: i64) {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    if fraction != 0 {
        out.push_str(trim_fraction(&format!(".{fraction:06}")));
    }
}

fn push_timestamp(out: &mut String, micros: i64) {
    let micros_per_day = SECONDS_PER_DAY * MICROS_PER_SECOND;
    let days = micros.div_euclid(micros_per_day);
    let (year, month, day) = civil_from_days(days);
    let _ = write!(out, "{:04}-{month:02}-{day:02} ", if year > 0 { year } else { 1 - year });
    push_time(out, micros.rem_euclid(micros_per_day));
    if year <= 0 {
        out.push_str(" BC");
    }
}

fn push_interval(out: &mut String, array: &dyn Array, row: usize, unit: &IntervalUnit) {
    match unit {
        IntervalUnit::YearMonth => {
            push_interval_parts(out, array.as_primitive::<IntervalYearMonthType>().value(row), 0, 0);
        }
        IntervalUnit::DayTime => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            push_interval_parts(out, 0, value.days, i64::from(value.milliseconds) * 1_000);
        }
        IntervalUnit::MonthDayNano => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            push_interval_parts(out, value.months, value.days, value.nanoseconds / 1_000);
        }
    }
}

fn push_interval_parts(out: &mut String, months: i32, days: i32, micros: i64) {
    let start = out.len();
    let mut unit = |value: i32, name: &str| {
        if value != 0 {
            let _ = write!(out, "{value} {name}{} ", if value.abs() == 1 { "" } else { "s" });
        }
    };
    unit(months / 12, "year");
    unit(months % 12, "mon");
    unit(days, "day");
    if micros != 0 || out.len() == start {
        if micros < 0 {
            out.push('-');
        }
        push_time(out, micros.abs());
    } else {
        out.pop();
    }
}

/// Days since 1970-01-01 to year, month, day of the proleptic Gregorian calendar.
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    // Count from 0000-03-01, so that the leap day is the last day of a year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
