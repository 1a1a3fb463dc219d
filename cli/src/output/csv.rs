//! CSV after RFC 4180 (lines end in LF, as psql's do) and tab-separated values.

use std::io::{self, Write};

use super::{ResultSet, read_value};

/// Writes a header line and a line per row. A line that would be empty is written `""`, because an
/// empty line separates result sets.
pub(super) fn write_csv(out: &mut dyn Write, set: &ResultSet, null: &str) -> io::Result<()> {
    write_lines(out, set, null, b",", write_field, b"\"\"")
}

/// Writes a header line and a line per row, with the escapes of COPY's text format.
pub(super) fn write_tsv(out: &mut dyn Write, set: &ResultSet, null: &str) -> io::Result<()> {
    write_lines(out, set, null, b"\t", write_escaped, b"")
}

fn write_lines(
    out: &mut dyn Write,
    set: &ResultSet,
    null: &str,
    separator: &[u8],
    write_value: fn(&mut dyn Write, &str) -> io::Result<()>,
    empty_line: &[u8],
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut text = String::new();
    for (index, column) in set.columns.iter().enumerate() {
        if index > 0 {
            line.extend_from_slice(separator);
        }
        write_value(&mut line, &column.name)?;
    }
    end_line(out, &mut line, empty_line)?;
    for (batch, row) in set.rows() {
        for (index, array) in batch.columns().iter().enumerate() {
            if index > 0 {
                line.extend_from_slice(separator);
            }
            read_value(array, row, null, &mut text)?;
            write_value(&mut line, &text)?;
        }
        end_line(out, &mut line, empty_line)?;
    }
    Ok(())
}

fn end_line(out: &mut dyn Write, line: &mut Vec<u8>, empty_line: &[u8]) -> io::Result<()> {
    if line.is_empty() {
        line.extend_from_slice(empty_line);
    }
    line.push(b'\n');
    out.write_all(line)?;
    line.clear();
    Ok(())
}

/// Writes a CSV field, quoted if it holds a comma, a quote or a line break.
pub(super) fn write_field(out: &mut dyn Write, field: &str) -> io::Result<()> {
    if field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        write!(out, "\"{}\"", field.replace('"', "\"\""))
    } else {
        out.write_all(field.as_bytes())
    }
}

fn write_escaped(out: &mut dyn Write, field: &str) -> io::Result<()> {
    for byte in field.bytes() {
        match byte {
            b'\t' => out.write_all(b"\\t")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\\' => out.write_all(b"\\\\")?,
            other => out.write_all(&[other])?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringViewArray;

    use super::super::{
        Format,
        tests::{printed, sample, set},
    };

    #[test]
    fn csv_quotes_what_it_must() {
        let expected = "id,name,price,share,sold\n\
                        1,\"São \"\"João\"\", live\",0.99,0.5,t\n\
                        20,NULL,NULL,NaN,f\n\
                        NULL,\"a\nb\",-12.34,NULL,NULL\n";
        assert_eq!(printed(Format::Csv, "NULL", None, &[sample()]), expected);
    }

    #[test]
    fn tsv_escapes() {
        let tricky = set(vec![("t", "text", Arc::new(StringViewArray::from(vec!["a\tb\\c\nd"])))]);
        assert_eq!(printed(Format::Tsv, "", None, &[tricky]), "t\na\\tb\\\\c\\nd\n");
    }

    #[test]
    fn result_sets_are_apart_and_no_row_is_an_empty_line() {
        let one = || set(vec![("t", "text", Arc::new(StringViewArray::from(vec![Some(""), None, Some("x")])))]);
        assert_eq!(printed(Format::Csv, "", None, &[one(), one()]), "t\n\"\"\n\"\"\nx\n\nt\n\"\"\n\"\"\nx\n");
    }
}
