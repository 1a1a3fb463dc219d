//! Formatting functions (page r_Data_type_formatting): values as text by a pattern, and back.

/// Patterns of dates and times.
pub mod datetime_pattern;
/// Patterns of numbers.
pub mod number_pattern;
/// Dates and times from text by a pattern.
pub mod parse;
/// TEXT_TO_INT_ALT and TEXT_TO_NUMERIC_ALT
pub mod text_to_number_alt;
/// TO_CHAR
pub mod to_char;
/// TO_DATE and TO_TIMESTAMP
pub mod to_date;
/// TO_NUMBER
pub mod to_number;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &text_to_number_alt::TEXT_TO_INT_ALT,
    &text_to_number_alt::TEXT_TO_NUMERIC_ALT,
    &to_char::TO_CHAR,
    &to_date::TO_DATE,
    &to_date::TO_TIMESTAMP,
    &to_number::TO_NUMBER,
];
