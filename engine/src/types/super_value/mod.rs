//! Values of SUPER (page r_SUPER_type): null, booleans, numbers, strings, arrays and objects.
//!
//! A SUPER value is a run of bytes in an encoding of our own, held in Arrow's LargeBinary: no other
//! Redshift type uses that Arrow type, so a plan never confuses SUPER with VARBYTE or VARCHAR, also
//! where field metadata is lost. Every part of a value is a value itself, and arrays and objects
//! know the places of their parts, so `a.b[3]` costs a few jumps and a copy, and no parsing.
//!
//! | tag | value | what follows the tag |
//! |---|---|---|
//! | 0, 1, 2 | null, false, true | nothing |
//! | 3 | integer | 8 bytes |
//! | 4 | decimal | scale in 1 byte, unscaled value in 16 |
//! | 5 | floating point | 8 bytes |
//! | 6 | string | length in 4 bytes, UTF-8 |
//! | 7 | array | length of the rest in 4 bytes, count in 4, ends of the elements in 4 each, the elements |
//! | 8 | object | the same, an element being the length of its name in 4 bytes, the name, the value |
//!
//! Numbers are little-endian. Integers, decimals and floats stay apart, decimals keep their scale,
//! and attributes their order. What is equal need not have equal bytes (`1` and `1.0`, strings with
//! blanks at their end): [`compare`] has the rules, and keys whose bytes are equal when the values are.

/// Values built up.
pub mod builder;
/// Equality, order, and keys.
pub mod compare;
/// SUPER to and from columns of other types.
pub mod convert;
/// Arithmetic by dynamic types.
pub mod number;
/// JSON text to values.
pub mod parse;
/// Values as JSON text.
pub mod text;

use std::borrow::Cow;

/// Longest SUPER value, in bytes (page limitations-super).
pub const SUPER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest string in a SUPER value, in bytes.
pub const STRING_BYTES_MAX: usize = 65_535;
/// How deep arrays and objects may be nested.
pub const DEPTH_MAX: usize = 1_000;

const TAG_NULL: u8 = 0;
const TAG_FALSE: u8 = 1;
const TAG_TRUE: u8 = 2;
const TAG_INTEGER: u8 = 3;
const TAG_DECIMAL: u8 = 4;
const TAG_FLOAT: u8 = 5;
const TAG_STRING: u8 = 6;
const TAG_ARRAY: u8 = 7;
const TAG_OBJECT: u8 = 8;

/// A value, seen. Damaged bytes read as null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Super<'a> {
    /// JSON's null, which is not SQL's.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number of at most 64 bits.
    Integer(i64),
    /// Unscaled value and scale.
    Decimal(i128, u8),
    /// A floating-point number.
    Float(f64),
    /// A string.
    String(&'a str),
    /// An array.
    Array(Elements<'a>),
    /// An object.
    Object(Elements<'a>),
}

/// The elements of an array or the attributes of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elements<'a> {
    ends: &'a [u8],
    values: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
}

impl<'a> Super<'a> {
    /// The value that `bytes` start with.
    pub fn of(bytes: &'a [u8]) -> Super<'a> {
        Super::read(bytes).unwrap_or(Super::Null)
    }

    fn read(bytes: &'a [u8]) -> Option<Super<'a>> {
        let (tag, rest) = bytes.split_first()?;
        Some(match *tag {
            TAG_FALSE => Super::Boolean(false),
            TAG_TRUE => Super::Boolean(true),
            TAG_INTEGER => Super::Integer(i64::from_le_bytes(rest.get(..8)?.try_into().ok()?)),
            TAG_DECIMAL => {
                let (scale, digits) = rest.split_first()?;
                Super::Decimal(i128::from_le_bytes(digits.get(..16)?.try_into().ok()?), *scale)
            }
            TAG_FLOAT => Super::Float(f64::from_le_bytes(rest.get(..8)?.try_into().ok()?)),
            TAG_STRING => {
                let length = u32_at(rest, 0)?;
                Super::String(std::str::from_utf8(rest.get(4..4 + length)?).ok()?)
            }
            TAG_ARRAY => Super::Array(Elements::read(rest)?),
            TAG_OBJECT => Super::Object(Elements::read(rest)?),
            _ => Super::Null,
        })
    }

    /// What JSON_TYPEOF says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Super::Null => "null",
            Super::Boolean(_) => "boolean",
            Super::Integer(_) | Super::Decimal(..) | Super::Float(_) => "number",
            Super::String(_) => "string",
            Super::Array(_) => "array",
            Super::Object(_) => "object",
        }
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Super::Integer(_) | Super::Decimal(..) | Super::Float(_))
    }
}

impl<'a> Elements<'a> {
    fn read(rest: &'a [u8]) -> Option<Self> {
        let length = u32_at(rest, 0)?;
        let body = rest.get(4..4 + length)?;
        let count = u32_at(body, 0)?;
        let ends = body.get(4..4 + count.checked_mul(4)?)?;
        Some(Elements { ends, values: &body[4 + count * 4..] })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len() / 4
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn slot(&self, index: usize) -> Option<&'a [u8]> {
        let end = u32_at(self.ends, index.checked_mul(4)?)?;
        let start = if index == 0 { 0 } else { u32_at(self.ends, (index - 1) * 4)? };
        self.values.get(start..end)
    }

    /// The bytes of an array's element.
    pub fn element(&self, index: usize) -> Option<&'a [u8]> {
        self.slot(index)
    }

    /// The bytes of all elements of an array.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = &'a [u8]> + ExactSizeIterator {
        (0..self.len()).map(move |index| self.slot(index).unwrap_or(&[]))
    }

    /// Name and bytes of an object's attribute.
    pub fn attribute(&self, index: usize) -> Option<(&'a str, &'a [u8])> {
        let slot = self.slot(index)?;
        let length = u32_at(slot, 0)?;
        Some((std::str::from_utf8(slot.get(4..4 + length)?).ok()?, &slot[4 + length..]))
    }

    /// All attributes of an object.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        (0..self.len()).filter_map(move |index| self.attribute(index))
    }

    /// The bytes of the attribute of a name; the last one if there are several.
    pub fn find(&self, name: &str) -> Option<&'a [u8]> {
        (0..self.len()).rev().find_map(|index| {
            let slot = self.slot(index)?;
            let length = u32_at(slot, 0)?;
            (length == name.len() && slot.get(4..4 + length)? == name.as_bytes()).then(|| &slot[4 + length..])
        })
    }
}

/// A string cut to what a SUPER value can hold, at a character's boundary.
pub fn truncated(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(&text[..text.floor_char_boundary(STRING_BYTES_MAX)])
}

#[cfg(test)]
mod tests;
