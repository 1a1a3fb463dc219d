//! The text form of values. What the session's settings change about it (time zone, digits of floats,
//! blanks of CHAR) was done when the result was made.

use bytes::{BufMut, BytesMut};
use datafusion::arrow::{
    array::{Array, AsArray},
    datatypes::DataType,
};

use crate::{error::Result, types::text::format_value};

/// How values are written for a client. Keeps a buffer, so that a value costs no allocation.
#[derive(Debug, Default)]
pub struct TextStyle {
    /// The version of Amazon's protocol; None for a client of PostgreSQL. Redshift's binary form of
    /// INTERVAL, and from version 2 on of NUMERIC, is not PostgreSQL's; from version 2 on the text of a
    /// VARBYTE is its bytes (the driver takes them as UTF-8, and fails where they are not).
    pub protocol: Option<u8>,
    scratch: String,
}

impl TextStyle {
    /// The style of a client that speaks that version of Amazon's protocol.
    pub fn new(protocol: Option<u8>) -> Self {
        TextStyle { protocol, scratch: String::new() }
    }

    /// Appends the text of a value that is not NULL.
    pub fn write(&mut self, out: &mut BytesMut, array: &dyn Array, row: usize) -> Result<()> {
        match array.data_type() {
            // No detour for the most frequent kind.
            DataType::Utf8View => out.put_slice(array.as_string_view().value(row).as_bytes()),
            // Hexadecimal for everybody else.
            DataType::BinaryView if self.protocol >= Some(2) => out.put_slice(array.as_binary_view().value(row)),
            _ => {
                self.scratch.clear();
                format_value(array, row, &mut self.scratch)?;
                out.put_slice(self.scratch.as_bytes());
            }
        }
        Ok(())
    }
}
