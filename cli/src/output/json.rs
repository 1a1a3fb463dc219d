//! JSON: an array of objects, or one object a line. Numbers stay exact: they are written digit by
//! digit as the engine spells them, never through a double.

use std::io::{self, Write};

use arrow::{
    array::{Array, AsArray},
    datatypes::DataType,
};

use super::{ResultSet, read_value};

/// Writes one array, an object a line.
pub(super) fn write_array(out: &mut dyn Write, set: &ResultSet) -> io::Result<()> {
    let last = set.row_count();
    write_objects(out, set, "[", |number| if number == last { "\n]\n" } else { ",\n " })?;
    if last == 0 { out.write_all(b"[]\n") } else { Ok(()) }
}

/// Writes one object a line.
pub(super) fn write_lines(out: &mut dyn Write, set: &ResultSet) -> io::Result<()> {
    write_objects(out, set, "", |_| "\n")
}

/// `after` tells what follows an object, counted from 1.
fn write_objects(
    out: &mut dyn Write,
    set: &ResultSet,
    before: &str,
    after: impl Fn(usize) -> &'static str,
) -> io::Result<()> {
    let mut keys = Vec::with_capacity(set.columns.len());
    for column in &set.columns {
        keys.push(serde_json::to_string(&column.name)?);
    }
    let mut text = String::new();
    for (number, (batch, row)) in set.rows().enumerate() {
        out.write_all(if number == 0 { before.as_bytes() } else { b"" })?;
        for (index, array) in batch.columns().iter().enumerate() {
            write!(out, "{}{}:", if index == 0 { "{" } else { "," }, keys[index])?;
            let is_super = set.columns[index].type_name == "super";
            write_value(out, array, row, is_super, &mut text)?;
        }
        write!(out, "}}{}", after(number + 1))?;
    }
    Ok(())
}

fn write_value(
    out: &mut dyn Write,
    array: &dyn Array,
    row: usize,
    is_super: bool,
    text: &mut String,
) -> io::Result<()> {
    if array.is_null(row) {
        return out.write_all(b"null");
    }
    read_value(array, row, "", text)?;
    match array.data_type() {
        DataType::Boolean => write!(out, "{}", array.as_boolean().value(row)),
        // A SUPER value is JSON already; NaN and Infinity are no JSON and go as strings.
        kind if (kind.is_numeric() && !text.ends_with(['N', 'y'])) || is_super => out.write_all(text.as_bytes()),
        _ => Ok(serde_json::to_writer(out, text.as_str())?),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int32Array;

    use super::super::{
        Format,
        tests::{printed, sample, set},
    };

    #[test]
    fn arrays_are_valid_json() {
        let text = printed(Format::Json, "", None, &[sample()]);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value[0]["name"], "São \"João\", live");
        assert_eq!(value[0]["sold"], true);
        assert_eq!(value[1]["share"], "NaN");
        assert_eq!(value[2]["name"], "a\nb");
        assert!(value[2]["id"].is_null());
        assert!(text.contains("\"price\":-12.34,"), "{text}");
        let empty = set(vec![("n", "integer", Arc::new(Int32Array::from(Vec::<i32>::new())))]);
        assert_eq!(printed(Format::Json, "", None, &[empty]), "[]\n");
    }

    #[test]
    fn lines_are_objects() {
        let text = printed(Format::Ndjson, "", None, &[sample()]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1], r#"{"id":20,"name":null,"price":null,"share":"NaN","sold":false}"#);
    }
}
