//! Values built up: scalars directly, arrays and objects element by element.

use super::{
    SUPER_BYTES_MAX, TAG_ARRAY, TAG_DECIMAL, TAG_FALSE, TAG_FLOAT, TAG_INTEGER, TAG_NULL, TAG_OBJECT, TAG_STRING,
    TAG_TRUE,
};
use crate::error::{Error, Result, SqlState};

/// Appends null.
pub fn null(out: &mut Vec<u8>) {
    out.push(TAG_NULL);
}

/// Appends a boolean.
pub fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { TAG_TRUE } else { TAG_FALSE });
}

/// Appends an integer.
pub fn integer(out: &mut Vec<u8>, value: i64) {
    out.push(TAG_INTEGER);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a decimal. One without fraction digits is an integer, when it fits: Redshift does not tell them apart
/// (page limitations-super).
pub fn decimal(out: &mut Vec<u8>, value: i128, scale: u8) {
    if scale == 0
        && let Ok(value) = i64::try_from(value)
    {
        return integer(out, value);
    }
    out.push(TAG_DECIMAL);
    out.push(scale);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a floating-point number.
pub fn float(out: &mut Vec<u8>, value: f64) {
    out.push(TAG_FLOAT);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a string.
pub fn string(out: &mut Vec<u8>, value: &str) {
    out.push(TAG_STRING);
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value.as_bytes());
}

/// An array or object under construction. Elements are written to [`values`](Compound::values) one after
/// the other, each followed by [`end_element`](Compound::end_element).
#[derive(Debug, Default)]
pub struct Compound {
    ends: Vec<u8>,
    /// Where the next element goes.
    pub values: Vec<u8>,
}

impl Compound {
    /// Starts an attribute of an object: its name. The value goes to `values` next.
    pub fn name(&mut self, name: &str) {
        self.values.extend_from_slice(&(name.len() as u32).to_le_bytes());
        self.values.extend_from_slice(name.as_bytes());
    }

    /// Ends the element that was written to `values`.
    pub fn end_element(&mut self) {
        self.ends.extend_from_slice(&(self.values.len() as u32).to_le_bytes());
    }

    /// Adds an element that is there already.
    pub fn push(&mut self, value: &[u8]) {
        self.values.extend_from_slice(value);
        self.end_element();
    }

    /// Adds an attribute that is there already.
    pub fn push_attribute(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.push(value);
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.ends.len() / 4
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends the array.
    ///
    /// Errors: a value that is too long.
    pub fn finish_array(&self, out: &mut Vec<u8>) -> Result<()> {
        self.finish(TAG_ARRAY, out)
    }

    /// Appends the object.
    ///
    /// Errors: a value that is too long.
    pub fn finish_object(&self, out: &mut Vec<u8>) -> Result<()> {
        self.finish(TAG_OBJECT, out)
    }

    fn finish(&self, tag: u8, out: &mut Vec<u8>) -> Result<()> {
        let length = 4 + self.ends.len() + self.values.len();
        if length > SUPER_BYTES_MAX {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("the SUPER value exceeds the maximum size of {SUPER_BYTES_MAX} bytes"),
            ));
        }
        out.push(tag);
        out.extend_from_slice(&(length as u32).to_le_bytes());
        out.extend_from_slice(&(self.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.ends);
        out.extend_from_slice(&self.values);
        Ok(())
    }
}
