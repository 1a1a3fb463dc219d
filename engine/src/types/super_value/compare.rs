//! Equality and order of SUPER values (page query-super, "Dynamic typing" and "Order by").
//!
//! Booleans come before numbers, then strings, arrays, objects. Numbers compare by value, whatever
//! their dynamic type; strings without the blanks at their end; arrays element by element; objects
//! attribute by attribute, in the order of names.
//!
//! All of it follows from [`write_key`]: keys are bytes whose order is the order of the values, so
//! joins, groups and sorts work on keys as on any other binary column.

use std::cmp::Ordering;

use super::{Elements, Super};

const BOOLEAN: u8 = 0x10;
const NUMBER: u8 = 0x20;
const STRING: u8 = 0x30;
const ARRAY: u8 = 0x40;
const OBJECT: u8 = 0x50;
/// Inside of arrays and objects; a value that is null has no key.
const NULL: u8 = 0x60;

const END: u8 = 0;

/// Appends the key of a value. Null has one, too, which is greater than all others.
pub fn write_key(value: Super<'_>, out: &mut Vec<u8>) {
    match value {
        Super::Null => out.push(NULL),
        Super::Boolean(value) => out.extend_from_slice(&[BOOLEAN, u8::from(value)]),
        Super::Integer(value) => write_decimal(i128::from(value), 0, out),
        Super::Decimal(value, scale) => write_decimal(value, scale, out),
        Super::Float(value) => write_float(value, out),
        Super::String(value) => {
            out.push(STRING);
            write_text(value.trim_end_matches(' '), out);
        }
        Super::Array(elements) => {
            out.push(ARRAY);
            for element in elements.iter() {
                write_key(Super::of(element), out);
            }
            out.push(END);
        }
        Super::Object(elements) => write_object(elements, out),
    }
}

/// Names are compared as they are; one is marked so that an object with fewer attributes comes first.
fn write_object(elements: Elements<'_>, out: &mut Vec<u8>) {
    out.push(OBJECT);
    let mut attributes: Vec<(&str, &[u8])> = elements.attributes().collect();
    attributes.sort_by_key(|(name, _)| *name);
    for (name, value) in attributes {
        out.push(1);
        write_text(name, out);
        write_key(Super::of(value), out);
    }
    out.push(END);
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        out.push(byte);
        if byte == END {
            out.push(0xff);
        }
    }
    out.push(END);
}

/// A number as sign, exponent and digits: `0.d₁d₂d₃… · 10^exponent`, without zeros at either end.
fn write_decimal(value: i128, scale: u8, out: &mut Vec<u8>) {
    let digits = value.unsigned_abs().to_string();
    write_number(value < 0, &digits, digits.len() as i32 - i32::from(scale), out);
}

fn write_number(negative: bool, digits: &str, exponent: i32, out: &mut Vec<u8>) {
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let exponent = exponent - leading as i32;
    let digits = digits.trim_matches('0');
    out.push(NUMBER);
    if digits.is_empty() {
        return out.push(1);
    }
    out.push(if negative { 0 } else { 2 });
    let start = out.len();
    // Exponents are between -400 and 400.
    out.extend_from_slice(&((exponent + 0x4000) as u16).to_be_bytes());
    out.extend(digits.bytes().map(|digit| digit - b'0' + 1));
    out.push(END);
    if negative {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// A float counts as the shortest decimal that reads as it, so that 0.1 equals 0.1. NaN is the greatest number.
fn write_float(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(&[NUMBER, 4]);
    }
    if value.is_infinite() {
        // Beside the sign bytes of finite numbers.
        return out.extend_from_slice(if value > 0.0 { &[NUMBER, 3] } else { &[NUMBER, 0, 0] });
    }
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    write_number(value < 0.0, &digits, exponent + 1, out);
}

/// Whether two values are equal, null with null too.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left == right || key(left) == key(right)
}

/// The order of two values among all values.
pub fn order(left: &[u8], right: &[u8]) -> Ordering {
    key(left).cmp(&key(right))
}

/// The order of two values of one dynamic type; None where they cannot be compared.
pub fn compare(left: &[u8], right: &[u8]) -> Option<Ordering> {
    let class = |value: &[u8]| match Super::of(value) {
        Super::Null => None,
        value => Some(value.type_name()),
    };
    (class(left)? == class(right)?).then(|| order(left, right))
}

/// The key of a value.
pub fn key(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    write_key(Super::of(value), &mut out);
    out
}
