//! Rows of a result, sent: descriptions, rows, and where a portal stopped.

use bytes::{BufMut, BytesMut};
use datafusion::arrow::record_batch::RecordBatch;

use super::{
    message::{MessageWriter, protocol_violation},
    value::{Format, TextStyle, WireType, write_value},
};
use crate::{
    error::Result,
    session::{ResultColumn, Spool, StatementResult},
};

/// How the rows of a result are written.
#[derive(Debug)]
pub struct RowFormat {
    types: Vec<WireType>,
    formats: Vec<Format>,
}

impl RowFormat {
    /// For columns, in the formats that were asked for.
    ///
    /// Errors: 08P01 when the formats do not fit.
    pub fn new(columns: &[ResultColumn], requested: &[u16]) -> Result<Self> {
        let formats = formats(requested, columns.len())?;
        Ok(RowFormat { types: columns.iter().map(|column| WireType::of_name(&column.type_name)).collect(), formats })
    }

    /// Adds a row to what will be sent.
    ///
    /// Errors: a value that has no form on the wire.
    pub fn put(
        &self,
        writer: &mut MessageWriter,
        batch: &RecordBatch,
        row: usize,
        style: &mut TextStyle,
    ) -> Result<()> {
        writer.put_with(b'D', |out| {
            out.put_u16(batch.num_columns() as u16);
            for ((array, wire_type), format) in batch.columns().iter().zip(&self.types).zip(&self.formats) {
                write_value(out, array.as_ref(), row, wire_type, *format, style)?;
            }
            Ok(())
        })
    }
}

/// The rows of a statement and how far they were sent.
#[derive(Debug)]
pub struct Rows {
    rest: Spool,
    format: RowFormat,
    tag: String,
    batch: Option<RecordBatch>,
    row: usize,
}

/// What a statement gave: rows to send, or only a tag.
pub fn into_rows(result: StatementResult, requested: &[u16]) -> Result<(Option<Rows>, String)> {
    match result {
        StatementResult::Done { tag } => Ok((None, tag)),
        StatementResult::Rows { columns, batches, tag } => {
            let rows = Rows::new(batches.into(), RowFormat::new(&columns, requested)?, tag.clone());
            Ok((Some(rows), tag))
        }
    }
}

impl Rows {
    /// Rows of which none was sent.
    pub fn new(rest: Spool, format: RowFormat, tag: String) -> Self {
        Rows { rest, format, tag, batch: None, row: 0 }
    }

    /// The command tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether all rows were taken.
    ///
    /// Errors: the rows cannot be read.
    pub fn at_end(&mut self) -> Result<bool> {
        while self.batch.as_ref().is_none_or(|batch| self.row >= batch.num_rows()) {
            // Rows that were sent need no memory any more.
            self.batch = self.rest.next()?;
            self.row = 0;
            if self.batch.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds the next row to what will be sent; false when there is none.
    ///
    /// Errors: a value that has no form on the wire.
    pub fn send_next(&mut self, writer: &mut MessageWriter, style: &mut TextStyle) -> Result<bool> {
        if self.at_end()? {
            return Ok(false);
        }
        if let Some(batch) = &self.batch {
            self.format.put(writer, batch, self.row, style)?;
            self.row += 1;
        }
        Ok(true)
    }
}

/// The format of each column: none given means text, one is for all.
///
/// Errors: 08P01 for any other number than that of the columns.
fn formats(requested: &[u16], columns: usize) -> Result<Vec<Format>> {
    let format = |code: &u16| if *code == 1 { Format::Binary } else { Format::Text };
    match requested {
        [] => Ok(vec![Format::Text; columns]),
        [one] => Ok(vec![format(one); columns]),
        all if all.len() == columns => Ok(all.iter().map(format).collect()),
        all => Err(protocol_violation(format!(
            "bind message has {} result formats but query has {columns} columns",
            all.len()
        ))),
    }
}

/// Adds a RowDescription. `requested` are the formats of a portal; none for a statement. From version 1
/// of Amazon's protocol on each column tells, too, where it comes from and what can be done with it.
///
/// Errors: 08P01 when the formats do not fit.
pub fn put_description(
    writer: &mut MessageWriter,
    columns: &[ResultColumn],
    requested: &[u16],
    protocol: u8,
) -> Result<()> {
    let formats = formats(requested, columns.len())?;
    writer.put_with(b'T', |out| {
        out.put_u16(columns.len() as u16);
        for (column, format) in columns.iter().zip(formats) {
            let WireType { oid, length, modifier } = WireType::of_name(&column.type_name);
            put_text(out, &column.name);
            // No table and no column of it: results are expressions.
            out.put_i32(0);
            out.put_i16(0);
            out.put_u32(oid);
            out.put_i16(length);
            out.put_i32(modifier);
            out.put_i16(i16::from(format == Format::Binary));
            if protocol >= 1 {
                // Schema and table, column, database.
                put_text(out, "");
                put_text(out, "");
                put_text(out, &column.name);
                put_text(out, "");
                out.put_i16(NULLABLE | SEARCHABLE);
            }
        }
        Ok(())
    })
}

/// Flags of a column in Amazon's protocol.
const NULLABLE: i16 = 1;
const SEARCHABLE: i16 = 1 << 12;

fn put_text(out: &mut BytesMut, text: &str) {
    // A name ends at its first zero byte.
    out.put_slice(text.split('\0').next().unwrap_or_default().as_bytes());
    out.put_u8(0);
}
