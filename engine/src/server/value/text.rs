//! The text form of values, by the settings of the session: time zone and digits of floats.

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Float32Type, Float64Type, TimeUnit, TimestampMicrosecondType},
};

use super::WireType;
use crate::{error::Result, types::text::format_value};

/// How values are written for a session. Keeps a buffer, so that a value costs no allocation.
#[derive(Debug)]
pub struct TextStyle {
    /// The session's time zone; None for UTC.
    pub zone: Option<Tz>,
    /// `extra_float_digits`.
    pub extra_float_digits: i32,
    /// The version of Amazon's protocol; None for a client of PostgreSQL. Redshift's binary form of
    /// INTERVAL, and from version 2 on of NUMERIC, is not PostgreSQL's.
    pub protocol: Option<u8>,
    scratch: String,
}

impl TextStyle {
    /// The style of a session with these settings.
    pub fn new(time_zone: &str, extra_float_digits: &str, protocol: Option<u8>) -> Self {
        let zone = if time_zone.eq_ignore_ascii_case("utc") { None } else { time_zone.parse().ok() };
        let extra_float_digits = extra_float_digits.parse().unwrap_or(0);
        TextStyle { zone, extra_float_digits, protocol, scratch: String::new() }
    }

    /// Appends the text of a value that is not NULL.
    pub fn write(&mut self, out: &mut BytesMut, array: &dyn Array, row: usize, _wire_type: &WireType) -> Result<()> {
        match array.data_type() {
            // No detour for the most frequent kind.
            DataType::Utf8View => out.put_slice(array.as_string_view().value(row).as_bytes()),
            _ => {
                self.scratch.clear();
                let mut text = std::mem::take(&mut self.scratch);
                let written = self.format(array, row, &mut text);
                out.put_slice(text.as_bytes());
                self.scratch = text;
                written?;
            }
        }
        Ok(())
    }

    fn format(&self, array: &dyn Array, row: usize, text: &mut String) -> Result<()> {
        match array.data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) if self.zone.is_some() => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                match self.zone.zip(DateTime::from_timestamp_micros(micros)) {
                    Some((zone, at)) => zoned(text, zone, at),
                    None => format_value(array, row, text)?,
                }
            }
            DataType::Float64 if self.extra_float_digits > 0 => {
                exact(text, array.as_primitive::<Float64Type>().value(row), |value| value.to_string());
            }
            DataType::Float32 if self.extra_float_digits > 0 => {
                exact(text, array.as_primitive::<Float32Type>().value(row), |value| value.to_string());
            }
            _ => format_value(array, row, text)?,
        }
        Ok(())
    }
}

/// A time in a zone, with the zone's offset then.
fn zoned(text: &mut String, zone: Tz, at: DateTime<chrono::Utc>) {
    use std::fmt::Write;
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let local = at.with_timezone(&offset).naive_local();
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", local.format("%Y-%m-%d %H:%M:%S%.6f"));
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    let seconds = offset.local_minus_utc();
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    let _ = write!(text, "{sign}{:02}", seconds / 3_600);
    if seconds % 3_600 != 0 {
        let _ = write!(text, ":{:02}", seconds / 60 % 60);
    }
}

/// The shortest digits that give the value back: what drivers want that set `extra_float_digits`.
fn exact<F: Copy + Into<f64>>(text: &mut String, value: F, shortest: impl Fn(F) -> String) {
    let wide: f64 = value.into();
    if wide.is_nan() {
        text.push_str("NaN");
    } else if wide.is_infinite() {
        text.push_str(if wide > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        text.push_str(&shortest(value));
    }
}
