//! Result sets on stdout: one file per format, all of them over the same [`ResultSet`].
//!
//! Values are spelled by the engine (`types::text`), as psql spells them against Redshift; a format
//! only decides what stands around them.

mod csv;
mod expanded;
mod json;
mod layout;
mod table;

use std::io::{self, Write};

use arrow::{array::Array, record_batch::RecordBatch};
use blueshift_engine::{session::ResultColumn, types::text::format_value};
use clap::ValueEnum;

/// How result sets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Aligned columns, as psql shows them
    #[default]
    Table,
    /// Comma-separated values with a header line (RFC 4180)
    Csv,
    /// Tab-separated values with a header line; tab, newline and backslash as \t, \n, \\
    Tsv,
    /// An array of objects
    Json,
    /// One object a line
    Ndjson,
    /// One line per value, as psql's \x
    Expanded,
}

/// The rows that one statement returned.
pub struct ResultSet {
    /// Names and types.
    pub columns: Vec<ResultColumn>,
    /// The rows; may be empty.
    pub batches: Vec<RecordBatch>,
}

impl ResultSet {
    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Every row: its batch and its place in it.
    fn rows(&self) -> impl Iterator<Item = (&RecordBatch, usize)> {
        self.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)))
    }
}

/// Replaces `text` by a value's text, `null` standing for NULL.
fn read_value(array: &dyn Array, row: usize, null: &str, text: &mut String) -> io::Result<()> {
    text.clear();
    if array.is_null(row) {
        text.push_str(null);
        return Ok(());
    }
    format_value(array, row, text).map_err(io::Error::other)
}

/// Writes result sets one after another.
pub struct Printer {
    /// The format.
    pub format: Format,
    /// What stands for NULL in all formats but JSON.
    pub null: String,
    /// Tables are made to fit this many columns of a terminal; None: as wide as they are.
    pub width: Option<usize>,
    printed: usize,
}

impl Printer {
    /// A printer that has not printed yet.
    pub fn new(format: Format, null: String, width: Option<usize>) -> Self {
        Printer { format, null, width, printed: 0 }
    }

    /// Writes one result set, and before it what separates it from the last one.
    pub fn print(&mut self, out: &mut dyn Write, set: &ResultSet) -> io::Result<()> {
        self.separate(out)?;
        match self.format {
            Format::Table => table::write(out, set, &self.null, self.width),
            Format::Csv => csv::write_csv(out, set, &self.null),
            Format::Tsv => csv::write_tsv(out, set, &self.null),
            Format::Json => json::write_array(out, set),
            Format::Ndjson => json::write_lines(out, set),
            Format::Expanded => expanded::write(out, set, &self.null, self.width),
        }
    }

    /// Writes the columns that a statement would return, one `name,type` a line.
    pub fn describe(&mut self, out: &mut dyn Write, columns: &[ResultColumn]) -> io::Result<()> {
        self.separate(out)?;
        for column in columns {
            csv::write_field(out, &column.name)?;
            writeln!(out, ",{}", column.type_name)?;
        }
        Ok(())
    }

    fn separate(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let first = self.printed == 0;
        self.printed += 1;
        if first || matches!(self.format, Format::Json | Format::Ndjson) { Ok(()) } else { writeln!(out) }
    }
}

/// The width of the terminal on stdout; None when stdout is none.
pub fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, StringViewArray},
        datatypes::{Field, Schema},
    };

    use super::*;

    /// A result set made of named columns.
    pub(crate) fn set(columns: Vec<(&str, &str, ArrayRef)>) -> ResultSet {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let described = columns
            .iter()
            .map(|(name, type_name, array)| ResultColumn {
                name: (*name).to_owned(),
                type_name: (*type_name).to_owned(),
                data_type: array.data_type().clone(),
            })
            .collect();
        let arrays = columns.into_iter().map(|(_, _, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        ResultSet { columns: described, batches: vec![batch] }
    }

    /// Integers, texts with everything that needs care, decimals, floats, booleans; NULLs in each.
    pub(crate) fn sample() -> ResultSet {
        let price = Decimal128Array::from(vec![Some(99), None, Some(-1_234)]).with_precision_and_scale(10, 2).unwrap();
        set(vec![
            ("id", "integer", Arc::new(Int32Array::from(vec![Some(1), Some(20), None]))),
            (
                "name",
                "character varying(40)",
                Arc::new(StringViewArray::from(vec![Some("São \"João\", live"), None, Some("a\nb")])),
            ),
            ("price", "numeric(10,2)", Arc::new(price)),
            ("share", "double precision", Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN), None]))),
            ("sold", "boolean", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ])
    }

    /// What a format makes of result sets.
    pub(crate) fn printed(format: Format, null: &str, width: Option<usize>, sets: &[ResultSet]) -> String {
        let mut printer = Printer::new(format, null.to_owned(), width);
        let mut out = Vec::new();
        for set in sets {
            printer.print(&mut out, set).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn described_columns_are_name_and_type() {
        let mut out = Vec::new();
        let set = set(vec![
            ("n", "numeric(17,9)", Arc::new(Int32Array::from(vec![1]))),
            ("a,b", "character varying(20)", Arc::new(Int32Array::from(vec![1]))),
        ]);
        Printer::new(Format::Csv, String::new(), None).describe(&mut out, &set.columns).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "n,numeric(17,9)\n\"a,b\",character varying(20)\n");
    }
}
