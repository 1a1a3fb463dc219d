//! Values as JSON text, as Redshift prints SUPER: no blanks, decimals with their scale.

use std::fmt::Write;

use super::{Elements, Super};
use crate::types::text::push_decimal;

/// Appends the JSON text of a value.
pub fn write(value: Super<'_>, out: &mut String) {
    match value {
        Super::Null => out.push_str("null"),
        Super::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
        Super::Integer(value) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{value}");
        }
        Super::Decimal(value, scale) => push_decimal(out, value, scale as i8),
        Super::Float(value) => write_float(value, out),
        Super::String(value) => write_string(value, out),
        Super::Array(elements) => write_array(elements, out),
        Super::Object(elements) => write_object(elements, out),
    }
}

/// The JSON text of a value.
pub fn to_json(bytes: &[u8]) -> String {
    let mut out = String::new();
    write(Super::of(bytes), &mut out);
    out
}

fn write_array(elements: Elements<'_>, out: &mut String) {
    out.push('[');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(Super::of(element), out);
    }
    out.push(']');
}

fn write_object(elements: Elements<'_>, out: &mut String) {
    out.push('{');
    for (index, (name, value)) in elements.attributes().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write(Super::of(value), out);
    }
    out.push('}');
}

/// The shortest digits that read as the same number, always with an exponent (`2.22e+0`): so a reader tells floats
/// from decimals, as the page r_is_float shows.
pub fn write_float(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        let written = format!("{value:e}");
        let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let sign = if exponent.starts_with('-') { "" } else { "+" };
        // Writing to a String cannot fail.
        let _ = write!(out, "{digits}e{sign}{exponent}");
    }
}

/// A string in quotes, escaped as JSON demands and no further.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..=31 => "",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        start = at + 1;
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}
