//! Stripes: rows in, one self-contained piece of the file out.
//!
//! A stripe does not know where in the file it will stand, so several threads can encode stripes
//! of one file and a single [`OrcWriter`](crate::OrcWriter) puts them behind each other.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use orc_rust::proto::{self, StripeFooter, column_encoding, stream};
use prost::Message;

use crate::column::{Column, EncodedColumn, RawStream, StreamIndex, direct_encoding};
use crate::compress::{Compressed, Compressor};
use crate::statistics::{Kind, Statistics};
use crate::{OrcError, Result, WriterOptions};

/// Rows between two looks at the stripe's size.
const ROWS_PER_PIECE: usize = 1024;

/// Encodes rows into stripes, one after another.
pub struct StripeEncoder {
    schema: SchemaRef,
    options: Arc<WriterOptions>,
    columns: Vec<Column>,
    compressor: Compressor,
    rows: usize,
}

/// A finished stripe, ready to be appended to a file of the same schema and options.
pub struct EncodedStripe {
    /// Index, data and footer, one after another.
    pub(crate) bytes: Vec<u8>,
    pub(crate) index_length: usize,
    pub(crate) data_length: usize,
    pub(crate) footer_length: usize,
    pub(crate) rows: usize,
    /// Of the root and the columns.
    pub(crate) statistics: Vec<Statistics>,
}

impl EncodedStripe {
    /// Rows in the stripe.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The stripe's size in the file.
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }
}

impl StripeEncoder {
    /// An encoder for batches of `schema`; an error if a column's type cannot be written.
    pub fn try_new(schema: SchemaRef, options: WriterOptions) -> Result<Self> {
        Self::with_shared(schema, Arc::new(options))
    }

    pub(crate) fn with_shared(schema: SchemaRef, options: Arc<WriterOptions>) -> Result<Self> {
        options.validate()?;
        crate::schema::types(&schema)?;
        let columns = schema.fields().iter().map(|field| Column::try_new(field, &options)).collect::<Result<_>>()?;
        let compressor = Compressor::try_new(options.compression, options.compression_block_bytes)?;
        Ok(StripeEncoder { schema, options, columns, compressor, rows: 0 })
    }

    /// Takes rows from the front of `batch` until the stripe is full and returns how many.
    ///
    /// After an error the stripe is unusable.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<usize> {
        check_schema(&self.schema, &batch.schema())?;
        let stride = self.options.row_index_stride;
        let mut taken = 0;
        while taken < batch.num_rows() && !self.is_full() {
            let group_row = self.rows % stride;
            if group_row == 0 {
                self.columns.iter_mut().for_each(Column::begin_group);
            }
            let piece = (batch.num_rows() - taken)
                .min(stride - group_row)
                .min(self.options.stripe_rows_max - self.rows)
                .min(ROWS_PER_PIECE);
            for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
                column.write(&array.slice(taken, piece), self.rows as u64)?;
            }
            taken += piece;
            self.rows += piece;
        }
        Ok(taken)
    }

    /// Whether the stripe has reached its limit of rows or bytes.
    pub fn is_full(&self) -> bool {
        self.rows >= self.options.stripe_rows_max || self.encoded_bytes() >= self.options.stripe_bytes_max
    }

    /// Rows taken since the stripe began.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes encoded since the stripe began, before compression.
    pub fn encoded_bytes(&self) -> usize {
        self.columns.iter().map(Column::encoded_bytes).sum()
    }

    /// Ends the stripe and begins the next; None when it has no rows.
    pub fn finish(&mut self) -> Result<Option<EncodedStripe>> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(None);
        }
        let stride = self.options.row_index_stride;
        let root = |rows: usize| Statistics { values: rows as u64, has_null: false, kind: Kind::None };
        let groups = (0..rows).step_by(stride).map(|start| root(stride.min(rows - start)));
        let mut layout = Layout::default();
        layout.push_index(0, &groups.collect::<Vec<_>>(), &[], &mut self.compressor)?;
        layout.footer.columns.push(direct_encoding(column_encoding::Kind::Direct));
        let mut statistics = vec![root(rows)];
        for (number, column) in self.columns.iter_mut().enumerate() {
            let encoded = column.finish(stride);
            statistics.push(encoded.statistics.clone());
            layout.push_column(number as u32 + 1, encoded, &mut self.compressor)?;
        }
        layout.finish(rows, statistics, &mut self.compressor).map(Some)
    }
}

/// A stripe's parts while its columns are put together.
#[derive(Default)]
struct Layout {
    index: Vec<u8>,
    data: Vec<u8>,
    index_streams: Vec<proto::Stream>,
    data_streams: Vec<proto::Stream>,
    footer: StripeFooter,
}

impl Layout {
    fn push_column(&mut self, number: u32, column: EncodedColumn, compressor: &mut Compressor) -> Result<()> {
        let mut indexes = Vec::with_capacity(column.streams.len());
        for RawStream { kind, bytes, index } in column.streams {
            let compressed = compressor.compress(bytes)?;
            self.data.extend_from_slice(&compressed.bytes);
            self.data_streams.push(stream_entry(kind, number, compressed.bytes.len()));
            indexes.push((index, compressed));
        }
        self.push_index(number, &column.groups, &indexes, compressor)?;
        self.footer.columns.push(column.encoding);
        Ok(())
    }

    /// Adds a column's row index: for each group its statistics and where its values begin.
    fn push_index(
        &mut self,
        number: u32,
        groups: &[Statistics],
        streams: &[(StreamIndex, Compressed)],
        compressor: &mut Compressor,
    ) -> Result<()> {
        let entry = groups
            .iter()
            .enumerate()
            .map(|(group, statistics)| proto::RowIndexEntry {
                positions: positions(group, streams),
                statistics: Some(statistics.to_proto()),
            })
            .collect();
        let compressed = compressor.compress(proto::RowIndex { entry }.encode_to_vec())?;
        self.index.extend_from_slice(&compressed.bytes);
        self.index_streams.push(stream_entry(stream::Kind::RowIndex, number, compressed.bytes.len()));
        Ok(())
    }

    fn finish(
        mut self,
        rows: usize,
        statistics: Vec<Statistics>,
        compressor: &mut Compressor,
    ) -> Result<EncodedStripe> {
        self.footer.streams = self.index_streams;
        self.footer.streams.append(&mut self.data_streams);
        self.footer.writer_timezone = Some("UTC".to_owned());
        let footer = compressor.compress(self.footer.encode_to_vec())?.bytes;
        let (index_length, data_length) = (self.index.len(), self.data.len());
        let mut bytes = self.index;
        bytes.extend_from_slice(&self.data);
        bytes.extend_from_slice(&footer);
        Ok(EncodedStripe { bytes, index_length, data_length, footer_length: footer.len(), rows, statistics })
    }
}

fn stream_entry(kind: stream::Kind, column: u32, length: usize) -> proto::Stream {
    proto::Stream { kind: Some(kind.into()), column: Some(column), length: Some(length as u64) }
}

fn positions(group: usize, streams: &[(StreamIndex, Compressed)]) -> Vec<u64> {
    let mut out = Vec::new();
    for (index, compressed) in streams {
        match index {
            StreamIndex::None => {}
            StreamIndex::Bytes(marks) => {
                if let Some(offset) = marks.get(group) {
                    compressed.push_position(*offset, &mut out);
                }
            }
            StreamIndex::Runs(marks) => {
                if let Some(offset) = marks.get(group) {
                    compressed.push_position(*offset, &mut out);
                    out.push(0);
                }
            }
            StreamIndex::Bits(marks) => {
                if let Some((offset, bits)) = marks.get(group) {
                    compressed.push_position(*offset, &mut out);
                    out.extend([0, u64::from(*bits)]);
                }
            }
        }
    }
    out
}

/// Types must agree; names and nullability are the file's own.
fn check_schema(expected: &Schema, actual: &Schema) -> Result<()> {
    if expected.fields().len() != actual.fields().len() {
        let (expected, actual) = (expected.fields().len(), actual.fields().len());
        return Err(OrcError::SchemaMismatch(format!("{actual} columns instead of {expected}")));
    }
    for (expected, actual) in expected.fields().iter().zip(actual.fields()) {
        if expected.data_type() != actual.data_type() {
            return Err(OrcError::SchemaMismatch(format!(
                "column \"{}\" is {} instead of {}",
                expected.name(),
                actual.data_type(),
                expected.data_type()
            )));
        }
    }
    Ok(())
}
