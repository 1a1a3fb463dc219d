//! Text files to record batches, on a thread that may block.

use std::{collections::HashMap, io::Read};

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, SchemaRef},
};

use super::options::{TextFormat, TextOptions};
use crate::{
    error::{Error, Result, SqlState},
    glue::job::scanner::{Scanned, Scanner},
};

/// A batch ends when it holds this much text.
const BATCH_TEXT_BYTES_MAX: usize = 16 << 20;

/// What to make of a file.
#[derive(Debug, Clone)]
pub(super) struct TextScan {
    pub(super) options: TextOptions,
    /// The columns to produce.
    pub(super) wanted: SchemaRef,
    /// For each, its place among the fields of a line.
    pub(super) places: Vec<usize>,
    pub(super) batch_rows: usize,
    /// Name of the file, for errors.
    pub(super) path: String,
}

/// Text of one batch, column by column.
struct Columns {
    builders: Vec<StringBuilder>,
    rows: usize,
    text_bytes: usize,
    first_line: u64,
}

impl TextScan {
    /// Reads the file and gives its batches to `send` until that returns false.
    pub(super) fn read(&self, source: impl Read, mut send: impl FnMut(Result<RecordBatch>) -> bool) {
        if let Err(error) = self.read_batches(source, &mut send) {
            send(Err(error));
        }
    }

    fn read_batches(&self, source: impl Read, send: &mut impl FnMut(Result<RecordBatch>) -> bool) -> Result<()> {
        let io = |e| Error::io(format!("cannot read {}", self.path), e);
        let (delimiter, quote) = match self.options.format {
            TextFormat::Delimited { delimiter, quote } => (delimiter, quote),
            // A line of JSON is taken as a whole; its fields are of no interest.
            TextFormat::Json => (0, None),
        };
        let mut scanner = Scanner::new(source, delimiter, 0, 1).with_quote(quote);
        scanner.skip_byte_order_mark().map_err(io)?;
        scanner.skip_lines(self.options.skip_lines).map_err(io)?;
        let mut columns = self.columns();
        loop {
            match scanner.next_record().map_err(io)? {
                Scanned::End => break,
                Scanned::Bad(why) => return Err(self.bad_line(scanner.line(), why.reason())),
                Scanned::Record => {
                    if columns.rows == 0 {
                        columns.first_line = scanner.line();
                    }
                    match self.options.format {
                        TextFormat::Delimited { .. } => self.take_fields(&scanner, &mut columns)?,
                        TextFormat::Json => self.take_json(&scanner, &mut columns)?,
                    }
                }
            }
            if columns.rows >= self.batch_rows || columns.text_bytes >= BATCH_TEXT_BYTES_MAX {
                let full = std::mem::replace(&mut columns, self.columns());
                if !send(Ok(self.finish(full)?)) {
                    return Ok(());
                }
            }
        }
        if columns.rows > 0 {
            send(Ok(self.finish(columns)?));
        }
        Ok(())
    }

    fn columns(&self) -> Columns {
        Columns {
            builders: self.places.iter().map(|_| StringBuilder::new()).collect(),
            rows: 0,
            text_bytes: 0,
            first_line: 0,
        }
    }

    /// Missing fields are NULL, additional ones are ignored, as in Hive.
    fn take_fields<R: Read>(&self, scanner: &Scanner<R>, columns: &mut Columns) -> Result<()> {
        for (index, builder) in columns.builders.iter_mut().enumerate() {
            let place = self.places[index];
            if place >= scanner.field_count() {
                builder.append_null();
                continue;
            }
            let field = scanner.field(place);
            // Only text can be empty.
            let is_text = *self.wanted.field(index).data_type() == DataType::Utf8View;
            if field == self.options.null_text.as_bytes() || (field.is_empty() && !is_text) {
                builder.append_null();
                continue;
            }
            let text = std::str::from_utf8(field).map_err(|_| self.bad_line(scanner.line(), "invalid UTF-8"))?;
            builder.append_value(text);
            columns.text_bytes += text.len();
        }
        columns.rows += 1;
        Ok(())
    }

    fn take_json<R: Read>(&self, scanner: &Scanner<R>, columns: &mut Columns) -> Result<()> {
        let bad = |why: &str| self.bad_line(scanner.line(), why);
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(scanner.raw()).map_err(|e| bad(&format!("it is no JSON object: {e}")))?;
        let values: HashMap<String, serde_json::Value> =
            object.into_iter().map(|(key, value)| (key.to_lowercase(), value)).collect();
        for (index, builder) in columns.builders.iter_mut().enumerate() {
            let field = self.wanted.field(index);
            match values.get(field.name().as_str()) {
                None | Some(serde_json::Value::Null) => builder.append_null(),
                Some(serde_json::Value::String(text)) => builder.append_value(text),
                Some(other) => builder.append_value(other.to_string()),
            }
        }
        columns.text_bytes += scanner.raw().len();
        columns.rows += 1;
        Ok(())
    }

    fn finish(&self, mut columns: Columns) -> Result<RecordBatch> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.builders.len());
        for (field, builder) in self.wanted.fields().iter().zip(&mut columns.builders) {
            let text = builder.finish();
            let options = CastOptions { safe: false, ..CastOptions::default() };
            let array = cast_with_options(&text, field.data_type(), &options).map_err(|e| {
                Error::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("Spectrum Scan Error: {e}")).with_detail(
                    format!("column \"{}\" of {}, at or after line {}", field.name(), self.path, columns.first_line),
                )
            })?;
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(columns.rows));
        RecordBatch::try_new_with_options(self.wanted.clone(), arrays, &options).map_err(Error::internal)
    }

    fn bad_line(&self, line: u64, why: &str) -> Error {
        Error::new(SqlState::BAD_FILE_FORMAT, format!("Spectrum Scan Error: {why}"))
            .with_detail(format!("line {line} of {}", self.path))
    }
}
