//! Values as text: the implicit conversion to VARCHAR that Redshift's string functions make.

use std::fmt::Write;

use arrow::{
    array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder},
    datatypes::DataType,
};

use super::{
    arguments::{Kind, convert},
    datetime::calendar::{self, MICROS_PER_DAY, MICROS_PER_SECOND},
    type_name,
};
use crate::{
    error::{Error, Result, SqlState},
    types::text::TextFormat,
};

/// The greatest length of VARCHAR in bytes.
pub const BYTES_MAX: usize = 65_535;

/// An array of any type that converts to text by itself, as text, written as the session wants it.
pub fn to_text(array: &ArrayRef, format: &TextFormat) -> Result<StringViewArray> {
    match Kind::of(array.data_type()) {
        Kind::Text | Kind::Null => Ok(convert(array, &DataType::Utf8View)?.as_string_view().clone()),
        Kind::Boolean => {
            let booleans = array.as_boolean();
            write_all(array, |row, out| {
                out.push_str(if booleans.value(row) { "true" } else { "false" });
                Ok(())
            })
        }
        Kind::Binary | Kind::Super | Kind::Sketch | Kind::Other => {
            let from = type_name(array.data_type());
            Err(Error::new(SqlState::CANNOT_COERCE, format!("cannot cast type {from} to character varying")))
        }
        _ => write_all(array, |row, out| format.write(array.as_ref(), row, out)),
    }
}

/// [`to_text`] with default settings, for what looks alike in all sessions.
pub fn as_text(array: &ArrayRef) -> Result<StringViewArray> {
    to_text(array, &TextFormat::default())
}

fn write_all(array: &ArrayRef, mut write: impl FnMut(usize, &mut String) -> Result<()>) -> Result<StringViewArray> {
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut scratch = String::new();
    for row in 0..array.len() {
        scratch.clear();
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        write(row, &mut scratch)?;
        builder.append_value(&scratch);
    }
    Ok(builder.finish())
}

/// Appends a float as C's `%.{digits}g` does. Always true, as all writers here.
pub fn write_float(out: &mut String, value: f64, digits: usize) -> bool {
    if value.is_nan() {
        out.push_str("NaN");
        return true;
    }
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
        return true;
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        out.push_str(trim_fraction(mantissa));
        let sign = if exponent < 0 { '-' } else { '+' };
        return write!(out, "e{sign}{:02}", exponent.unsigned_abs()).is_ok();
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    out.push_str(trim_fraction(&format!("{value:.decimals$}")));
    true
}

fn trim_fraction(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// Appends a date as `YYYY-MM-DD`, with ` BC` before year 1.
pub fn write_date(out: &mut String, days: i64) -> bool {
    let (year, month, day) = calendar::civil_from_days(days);
    let (shown, era) = if year <= 0 { (1 - year, " BC") } else { (year, "") };
    write!(out, "{shown:04}-{month:02}-{day:02}{era}").is_ok()
}

/// Appends a time of day as `HH:MM:SS[.ffffff]`, without trailing zeros in the fraction.
pub fn write_time(out: &mut String, micros: i64) -> bool {
    let seconds = micros / MICROS_PER_SECOND;
    let written = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).is_ok();
    let fraction = micros % MICROS_PER_SECOND;
    if fraction == 0 {
        return written;
    }
    out.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    written
}

/// Appends a timestamp as `YYYY-MM-DD HH:MM:SS[.ffffff]`.
pub fn write_timestamp(out: &mut String, micros: i64) -> bool {
    let (year, month, day) = calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY));
    let (shown, era) = if year <= 0 { (1 - year, " BC") } else { (year, "") };
    let date = write!(out, "{shown:04}-{month:02}-{day:02} ").is_ok();
    let time = write_time(out, micros.rem_euclid(MICROS_PER_DAY));
    out.push_str(era);
    date && time
}

/// Appends an offset from UTC as `+HH[:MM[:SS]]`.
pub fn write_offset(out: &mut String, seconds: i32) -> bool {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let mut written = write!(out, "{sign}{:02}", seconds / 3600).is_ok();
    if !seconds.is_multiple_of(3600) {
        written &= write!(out, ":{:02}", seconds / 60 % 60).is_ok();
    }
    if !seconds.is_multiple_of(60) {
        written &= write!(out, ":{:02}", seconds % 60).is_ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut String) -> bool) -> String {
        let mut out = String::new();
        assert!(write(&mut out));
        out
    }

    #[test]
    fn floats_have_15_digits_at_most() {
        let cases: &[(f64, &str)] = &[
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333333333333"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5, "-2.5"),
            (0.0, "0"),
            (f64::INFINITY, "Infinity"),
        ];
        for (value, expected) in cases {
            assert_eq!(written(|out| write_float(out, *value, 15)), *expected);
        }
    }

    #[test]
    fn timestamps_drop_trailing_zeros() {
        assert_eq!(written(|out| write_timestamp(out, 1_230_000)), "1970-01-01 00:00:01.23");
        assert_eq!(written(|out| write_timestamp(out, -1)), "1969-12-31 23:59:59.999999");
        assert_eq!(written(|out| write_offset(out, -28_800)), "-08");
        assert_eq!(written(|out| write_offset(out, 19_800)), "+05:30");
    }
}
