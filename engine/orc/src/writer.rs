//! The file: header, stripes, statistics of stripes, footer, postscript.

use std::io::Write;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use orc_rust::proto;
use prost::Message;

use crate::compress::Compressor;
use crate::statistics::Statistics;
use crate::{EncodedStripe, OrcError, Result, StripeEncoder, WriterOptions};

const MAGIC: &str = "ORC";
/// Java's code for a writer that is not on its list.
const WRITER_UNKNOWN: u32 = i32::MAX as u32;
/// The first number for writers other than Java's: no known defects to work around.
const WRITER_VERSION: u32 = 6;

/// Writes an ORC file of record batches.
///
/// The file is complete only after [`finish`](Self::finish); dropping the writer leaves a file
/// that readers reject.
pub struct OrcWriter<W: Write> {
    out: W,
    options: Arc<WriterOptions>,
    types: Vec<proto::Type>,
    encoder: StripeEncoder,
    offset: u64,
    rows: u64,
    stripes: Vec<proto::StripeInformation>,
    stripe_statistics: Vec<proto::StripeStatistics>,
    statistics: Option<Vec<Statistics>>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSummary {
    /// Rows of the file.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Stripes of the file.
    pub stripes: usize,
}

impl<W: Write> OrcWriter<W> {
    /// Begins a file for batches of `schema`; an error if a column's type cannot be written.
    ///
    /// `out` sees a few large writes a stripe and needs no buffer of its own.
    pub fn try_new(mut out: W, schema: SchemaRef, options: WriterOptions) -> Result<Self> {
        let options = Arc::new(options);
        let encoder = StripeEncoder::with_shared(Arc::clone(&schema), Arc::clone(&options))?;
        let types = crate::schema::types(&schema)?;
        out.write_all(MAGIC.as_bytes()).map_err(OrcError::Io)?;
        Ok(OrcWriter {
            out,
            options,
            types,
            encoder,
            offset: MAGIC.len() as u64,
            rows: 0,
            stripes: Vec::new(),
            stripe_statistics: Vec::new(),
            statistics: None,
        })
    }

    /// Writes the rows of a batch; stripes go out as they fill up.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            let rest = batch.slice(taken, batch.num_rows() - taken);
            taken += self.encoder.write(&rest).map_err(|error| error.shifted(self.rows))?;
            if self.encoder.is_full() {
                self.end_stripe()?;
            }
        }
        Ok(())
    }

    /// Ends the current stripe, if it has rows.
    pub fn end_stripe(&mut self) -> Result<()> {
        match self.encoder.finish()? {
            Some(stripe) => self.put_stripe(&stripe),
            None => Ok(()),
        }
    }

    /// Appends a stripe that a [`StripeEncoder`] of the same schema and options made.
    pub fn append_stripe(&mut self, stripe: &EncodedStripe) -> Result<()> {
        if stripe.statistics.len() != self.types.len() {
            return Err(OrcError::SchemaMismatch("the stripe has another number of columns".to_owned()));
        }
        self.end_stripe()?;
        self.put_stripe(stripe)
    }

    fn put_stripe(&mut self, stripe: &EncodedStripe) -> Result<()> {
        self.out.write_all(&stripe.bytes).map_err(OrcError::Io)?;
        self.stripes.push(proto::StripeInformation {
            offset: Some(self.offset),
            index_length: Some(stripe.index_length as u64),
            data_length: Some(stripe.data_length as u64),
            footer_length: Some(stripe.footer_length as u64),
            number_of_rows: Some(stripe.rows as u64),
            ..Default::default()
        });
        let col_stats = stripe.statistics.iter().map(Statistics::to_proto).collect();
        self.stripe_statistics.push(proto::StripeStatistics { col_stats });
        match &mut self.statistics {
            None => self.statistics = Some(stripe.statistics.clone()),
            Some(all) => all.iter_mut().zip(&stripe.statistics).for_each(|(all, stripe)| all.merge(stripe)),
        }
        self.offset += stripe.bytes.len() as u64;
        self.rows += stripe.rows as u64;
        Ok(())
    }

    /// Rows written so far, the current stripe's included.
    pub fn rows(&self) -> u64 {
        self.rows + self.encoder.rows() as u64
    }

    /// Bytes of the finished stripes and the header.
    pub fn bytes_written(&self) -> u64 {
        self.offset
    }

    /// Ends the file and says what is in it.
    pub fn finish(self) -> Result<FileSummary> {
        self.finish_into().map(|(summary, _)| summary)
    }

    /// Ends the file and gives the output back, say to sync it.
    pub fn finish_into(mut self) -> Result<(FileSummary, W)> {
        self.end_stripe()?;
        let mut compressor = Compressor::try_new(self.options.compression, self.options.compression_block_bytes)?;
        let stripe_stats = std::mem::take(&mut self.stripe_statistics);
        let metadata = compressor.compress(proto::Metadata { stripe_stats }.encode_to_vec())?.bytes;
        let footer = compressor.compress(self.footer().encode_to_vec())?.bytes;
        let postscript = self.postscript(metadata.len(), footer.len()).encode_to_vec();
        let mut tail = metadata;
        tail.extend_from_slice(&footer);
        tail.extend_from_slice(&postscript);
        tail.push(postscript.len() as u8); // some 40 bytes: no field is of variable length
        self.out.write_all(&tail).map_err(OrcError::Io)?;
        self.out.flush().map_err(OrcError::Io)?;
        let bytes = self.offset + tail.len() as u64;
        Ok((FileSummary { rows: self.rows, bytes, stripes: self.stripes.len() }, self.out))
    }

    fn footer(&mut self) -> proto::Footer {
        let empty = Statistics::new(crate::statistics::Kind::None).to_proto();
        let statistics = match &self.statistics {
            Some(all) => all.iter().map(Statistics::to_proto).collect(),
            None => vec![empty; self.types.len()],
        };
        let user = self.options.metadata.iter().map(|(name, value)| proto::UserMetadataItem {
            name: Some(name.clone()),
            value: Some(value.clone().into_bytes()),
        });
        proto::Footer {
            header_length: Some(MAGIC.len() as u64),
            content_length: Some(self.offset),
            stripes: self.stripes.clone(),
            types: std::mem::take(&mut self.types),
            metadata: user.collect(),
            number_of_rows: Some(self.rows),
            statistics,
            row_index_stride: Some(self.options.row_index_stride as u32),
            writer: Some(WRITER_UNKNOWN),
            encryption: None,
            calendar: Some(proto::CalendarKind::ProlepticGregorian.into()),
            software_version: Some(concat!("blueshift ", env!("CARGO_PKG_VERSION")).to_owned()),
        }
    }

    fn postscript(&self, metadata_length: usize, footer_length: usize) -> proto::PostScript {
        proto::PostScript {
            footer_length: Some(footer_length as u64),
            compression: Some(self.options.compression.kind().into()),
            compression_block_size: Some(self.options.compression_block_bytes as u64),
            version: vec![0, 12],
            metadata_length: Some(metadata_length as u64),
            writer_version: Some(WRITER_VERSION),
            stripe_statistics_length: None,
            magic: Some(MAGIC.to_owned()),
        }
    }
}
