//! How a table's text files are laid out, from the properties in the data catalog.

use std::collections::BTreeMap;

use crate::error::{Error, Result, SqlState};

/// Hive's field delimiter when a table names none.
const DEFAULT_DELIMITER: u8 = 1;

/// The kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Fields between delimiters; a quote character protects them, if there is one.
    Delimited {
        /// Ends a field.
        delimiter: u8,
        /// Encloses a field; None: every character is data.
        quote: Option<u8>,
    },
    /// One JSON object a line; keys match columns in any case.
    Json,
}

/// How text files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    /// The kind of text.
    pub format: TextFormat,
    /// Lines skipped at the start of each file.
    pub skip_lines: u64,
    /// The text that is NULL.
    pub null_text: String,
}

impl TextOptions {
    /// Reads the properties of a table of delimited text.
    pub fn delimited(properties: &BTreeMap<String, String>) -> Result<TextOptions> {
        let property = |name: &str| properties.get(name).map(String::as_str);
        let serde = property("serde").unwrap_or_default().to_ascii_lowercase();
        let csv_serde = serde.contains("opencsvserde");
        if !serde.is_empty() && !csv_serde && !serde.contains("lazysimpleserde") {
            return Err(Error::not_supported(format!("the serde {}", property("serde").unwrap_or_default())));
        }
        if let Some(escape) = property("escape.delim") {
            return Err(Error::not_supported(format!("the escape character {escape:?} in an external table")));
        }
        if property("line.delim").is_some_and(|end| !matches!(end, "\n" | "\\n" | "\r\n" | "\\r\\n")) {
            return Err(Error::not_supported("a line delimiter other than \\n in an external table"));
        }
        let delimiter = property("field.delim").or(property("separatorChar")).map(character).transpose()?;
        let default = if csv_serde { b',' } else { DEFAULT_DELIMITER };
        let quote = property("quoteChar").or(property("quote")).map(character).transpose()?;
        Ok(TextOptions {
            format: TextFormat::Delimited {
                delimiter: delimiter.unwrap_or(default),
                quote: quote.or(csv_serde.then_some(b'"')),
            },
            skip_lines: skip_lines(properties)?,
            null_text: property("serialization.null.format").unwrap_or("\\N").to_owned(),
        })
    }

    /// Reads the properties of a table of JSON lines.
    pub fn json(properties: &BTreeMap<String, String>) -> Result<TextOptions> {
        Ok(TextOptions { format: TextFormat::Json, skip_lines: skip_lines(properties)?, null_text: String::new() })
    }
}

fn skip_lines(properties: &BTreeMap<String, String>) -> Result<u64> {
    let Some(text) = properties.get("skip.header.line.count") else { return Ok(0) };
    text.trim().parse().map_err(|_| {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("skip.header.line.count \"{text}\" is no number"))
    })
}

/// One character, plain or escaped: `,`, `\t`, `\001`.
fn character(text: &str) -> Result<u8> {
    let invalid = || Error::not_supported(format!("the delimiter {text:?} in an external table"));
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        b"\\\\" => Ok(b'\\'),
        b"\\\"" => Ok(b'"'),
        [b'\\', digits @ ..] if digits.len() == 3 => u8::from_str_radix(&text[1..], 8).map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(properties: &[(&str, &str)]) -> Result<TextOptions> {
        TextOptions::delimited(&properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn properties_become_options() {
        let plain = options(&[]).unwrap();
        assert_eq!(plain.format, TextFormat::Delimited { delimiter: 1, quote: None });
        let tabs = options(&[("field.delim", "\\t"), ("skip.header.line.count", "1")]).unwrap();
        assert_eq!((tabs.format, tabs.skip_lines), (TextFormat::Delimited { delimiter: b'\t', quote: None }, 1));
        let csv = options(&[("serde", "org.apache.hadoop.hive.serde2.OpenCSVSerde")]).unwrap();
        assert_eq!(csv.format, TextFormat::Delimited { delimiter: b',', quote: Some(b'"') });
        assert_eq!(
            options(&[("field.delim", "\\174")]).unwrap().format,
            TextFormat::Delimited { delimiter: b'|', quote: None }
        );
        assert!(options(&[("field.delim", "||")]).is_err());
        assert!(options(&[("serde", "org.example.RegexSerDe")]).is_err());
        assert!(options(&[("skip.header.line.count", "one")]).is_err());
    }
}
