//! The form of values on the wire: types by OID, and the text and binary form of each.

/// The binary form.
mod binary;
/// NUMERIC in binary.
mod numeric;
/// The text form.
mod text;
/// Types by OID.
mod wire_type;

pub use numeric::{MAX_DIGITS as NUMERIC_MAX_DIGITS, decode as decode_numeric};
pub use text::TextStyle;
pub use wire_type::{WireType, oid};

use bytes::{BufMut, BytesMut};
use datafusion::arrow::array::Array;

use crate::error::{Error, Result};

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL's binary dates begin.
pub const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
pub const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// Text or binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As psql shows it.
    Text,
    /// Network byte order.
    Binary,
}

/// Appends value `row` of `array` with its length, as a DataRow has it.
///
/// Errors: a value without binary form.
pub fn write_value(
    out: &mut BytesMut,
    array: &dyn Array,
    row: usize,
    wire_type: &WireType,
    format: Format,
    style: &mut TextStyle,
) -> Result<()> {
    if array.is_null(row) {
        out.put_i32(-1);
        return Ok(());
    }
    let start = out.len();
    out.put_i32(0);
    match format {
        Format::Text => style.write(out, array, row)?,
        Format::Binary => binary::write(out, array, row, wire_type, style)?,
    }
    let length = i32::try_from(out.len() - start - 4).map_err(|_| Error::internal("a value is too long"))?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
