//! CSV as seeds use it: RFC 4180, a header line, shorter rows filled up with nulls.

use std::path::Path;

use crate::{Error, Result};

/// A seed's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    /// The header.
    pub columns: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// Parses a file's text.
pub fn read_csv(text: &str, delimiter: char, path: &Path) -> Result<CsvTable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = records(text, delimiter, path)?.into_iter();
    let Some((_, header)) = records.next() else {
        return Err(Error::parsing("the seed is empty: it needs a header line").at(path, None));
    };
    let columns = unique_names(header);
    let mut rows = Vec::new();
    for (line, mut record) in records {
        if record.len() > columns.len() {
            let message = format!("the row has {} values, the header has {} columns", record.len(), columns.len());
            return Err(Error::parsing(message).at(path, Some(line)));
        }
        record.resize(columns.len(), String::new());
        rows.push(record);
    }
    Ok(CsvTable { columns, rows })
}

/// Unnamed columns get letters, repeated names a number, as in agate.
fn unique_names(header: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, name) in header.into_iter().enumerate() {
        let base = if name.is_empty() { char::from(b'a' + (index % 26) as u8).to_string() } else { name };
        let mut unique = base.clone();
        let mut number = 2;
        while names.contains(&unique) {
            unique = format!("{base}_{number}");
            number += 1;
        }
        names.push(unique);
    }
    names
}

/// The records with the line each begins on; empty lines are passed over.
fn records(text: &str, delimiter: char, path: &Path) -> Result<Vec<(usize, Vec<String>)>> {
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut field = String::new();
    let (mut line, mut start, mut quoted, mut was_quoted) = (1, 1, false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\n' {
            line += 1;
        }
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => field.push(c),
            '"' if field.is_empty() && !was_quoted => (quoted, was_quoted) = (true, true),
            c if c == delimiter => {
                record.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => {
                if !record.is_empty() || !field.is_empty() || was_quoted {
                    record.push(std::mem::take(&mut field));
                    records.push((start, std::mem::take(&mut record)));
                }
                (start, was_quoted) = (line, false);
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err(Error::parsing("a quoted value is not closed").at(path, Some(start)));
    }
    if !record.is_empty() || !field.is_empty() || was_quoted {
        record.push(field);
        records.push((start, record));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_short_rows() {
        let table = read_csv("\u{feff}a,b\r\n\"x, \"\"y\"\"\n2\",1\r\n\nz\n", ',', Path::new("s.csv")).unwrap();
        assert_eq!(table.columns, ["a", "b"]);
        assert_eq!(table.rows, [["x, \"y\"\n2", "1"], ["z", ""]]);
        let error = read_csv("a\n1,2\n", ',', Path::new("s.csv")).unwrap_err();
        assert_eq!(error.location.unwrap().line, Some(2));
    }
}
