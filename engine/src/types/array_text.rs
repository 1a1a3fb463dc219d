//! Arrays of the system catalog as text: `{a,b}` as PostgreSQL prints them, vectors as `1 2`.

use datafusion::arrow::array::{Array, ArrayRef};

use super::text::format_value;
use crate::error::Result;

/// Appends `{a,"b c",NULL}`.
pub fn push_array(out: &mut String, elements: &ArrayRef) -> Result<()> {
    out.push('{');
    let mut element = String::new();
    for row in 0..elements.len() {
        if row > 0 {
            out.push(',');
        }
        if elements.is_null(row) {
            out.push_str("NULL");
            continue;
        }
        element.clear();
        format_value(elements.as_ref(), row, &mut element)?;
        push_element(out, &element);
    }
    out.push('}');
    Ok(())
}

fn push_element(out: &mut String, text: &str) {
    let special = |c: char| matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_whitespace();
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(special) {
        return out.push_str(text);
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// Appends `1 2 3`.
pub fn push_vector(out: &mut String, elements: &ArrayRef) -> Result<()> {
    for row in 0..elements.len() {
        if row > 0 {
            out.push(' ');
        }
        format_value(elements.as_ref(), row, out)?;
    }
    Ok(())
}
