//! JSON functions on strings (page json-functions). Those of SUPER values are elsewhere.

/// IS_VALID_JSON and IS_VALID_JSON_ARRAY
pub mod is_valid_json;
/// JSON_ARRAY_LENGTH
pub mod json_array_length;
/// JSON_EXTRACT_ARRAY_ELEMENT_TEXT
pub mod json_extract_array_element_text;
/// JSON_EXTRACT_PATH_TEXT
pub mod json_extract_path_text;
/// A reader of JSON that leaves values as they are written.
pub mod scanner;

use super::definition::ScalarFunction;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &is_valid_json::IS_VALID_JSON,
    &is_valid_json::IS_VALID_JSON_ARRAY,
    &json_array_length::JSON_ARRAY_LENGTH,
    &json_extract_array_element_text::JSON_EXTRACT_ARRAY_ELEMENT_TEXT,
    &json_extract_path_text::JSON_EXTRACT_PATH_TEXT,
];
