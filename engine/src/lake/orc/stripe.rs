//! One stripe: its footer and the wanted columns' streams are fetched in few requests, checked,
//! and handed to orc-rust, whose panics end here.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use bytes::Bytes;
use object_store::{ObjectMeta, ObjectStore};
use orc_rust::array_decoder::NaiveStripeDecoder;
use orc_rust::projection::ProjectionMask;
use orc_rust::proto::{self, stream::Kind};
use orc_rust::stripe::Stripe;
use prost::Message;

use super::adapt::Adapter;
use super::chunk::{Chunks, as_original_blocks, block_defect};
use super::footer::{decoded_type, fetch, store_error, unpack_stripe_footer};
use super::{OrcFooter, StripeInfo};
use crate::{Error, Result};

/// Stripes up to this size are fetched whole: one request is cheaper than two.
const WHOLE_STRIPE_BYTES: u64 = 1 << 20;
/// Streams closer together than this are fetched as one range.
const RANGE_GAP_BYTES: u64 = 64 * 1024;

/// What is needed to read stripes of one file.
pub(super) struct FileReader {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) meta: ObjectMeta,
    pub(super) footer: Arc<OrcFooter>,
    pub(super) adapter: Adapter,
    pub(super) batch_rows: usize,
}

/// A stripe's bytes, ready to be decoded.
pub(super) struct FetchedStripe {
    chunks: Chunks,
    info: StripeInfo,
    index: usize,
    /// The writer's time zone unless it is UTC.
    zone: Option<String>,
    /// Bytes that were fetched.
    pub(super) bytes: u64,
}

impl FileReader {
    fn damaged(&self, why: impl std::fmt::Display) -> Error {
        Error::corrupted(&self.meta.location, why)
    }

    /// Runs foreign code on bytes from the file.
    fn contain<T>(&self, work: impl FnOnce() -> Result<T, String>) -> Result<T> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(why)) => Err(self.damaged(why)),
            Err(_) => Err(self.damaged("a stripe cannot be decoded")),
        }
    }

    /// Fetches what the wanted columns need of stripe `index`.
    pub(super) async fn fetch(&self, index: usize) -> Result<FetchedStripe> {
        let info = self.footer.stripes()[index].clone();
        let metadata = &self.footer.metadata.stripe_metadatas()[index];
        let mut chunks = Chunks { file_len: self.footer.file_len, ..Default::default() };
        let mut fetched = FetchedStripe { chunks: Chunks::default(), index, zone: None, bytes: 0, info };
        if self.adapter.decode().is_empty() {
            return Ok(fetched);
        }
        let footer_range = metadata.footer_offset()..metadata.footer_offset() + metadata.footer_length();
        let whole = fetched.info.length <= WHOLE_STRIPE_BYTES;
        let first =
            if whole { fetched.info.offset..fetched.info.offset + fetched.info.length } else { footer_range.clone() };
        let bytes = fetch(&self.store, &self.meta, first.clone()).await?;
        let section = bytes.slice((footer_range.start - first.start) as usize..);
        chunks.parts.push((first.start, bytes));
        let mut stripe_footer = self.contain(|| unpack_stripe_footer(&self.footer, section))?;
        let streams = self.wanted_streams(&mut stripe_footer, &fetched.info, footer_range.start)?;
        fetched.zone = self.zone(&stripe_footer)?;
        if !whole {
            self.fetch_streams(&streams, &mut chunks.parts).await?;
        }
        self.check_blocks(&streams, &chunks)?;
        fetched.bytes = chunks.parts.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let footer_bytes =
            as_original_blocks(&stripe_footer.encode_to_vec(), self.footer.compression, self.footer.block_bytes);
        chunks.stripe_footer = Some((footer_range.start, footer_bytes));
        fetched.chunks = chunks;
        Ok(fetched)
    }

    /// Ranges of the streams to decode, ascending. Checks the stripe's footer, and hides from the
    /// decoder the streams that it would fetch and not use.
    fn wanted_streams(
        &self,
        footer: &mut proto::StripeFooter,
        info: &StripeInfo,
        data_end: u64,
    ) -> Result<Vec<Range<u64>>> {
        if footer.columns.len() != self.footer.type_count {
            return Err(self.damaged("a stripe's footer has the wrong number of columns"));
        }
        if footer.columns.iter().any(|column| u64::from(column.dictionary_size()) > info.rows) {
            return Err(self.damaged("a dictionary is larger than its stripe"));
        }
        let wanted = self.wanted_types();
        let mut streams = Vec::new();
        let mut offset = info.offset;
        for stream in &mut footer.streams {
            let end = offset.checked_add(stream.length()).filter(|end| *end <= data_end);
            let end = end.ok_or_else(|| self.damaged("a stream is longer than its stripe"))?;
            let index = matches!(stream.kind(), Kind::RowIndex | Kind::BloomFilter | Kind::BloomFilterUtf8);
            if !index && wanted.contains(&(stream.column() as usize)) {
                streams.push(offset..end);
            } else {
                stream.column = Some(u32::MAX);
            }
            offset = end;
        }
        Ok(streams)
    }

    /// Numbers of the wanted columns' types, nested ones included.
    fn wanted_types(&self) -> std::collections::HashSet<usize> {
        let children = self.footer.metadata.root_data_type().children();
        self.adapter.decode().iter().flat_map(|column| children[*column].data_type().all_indices()).collect()
    }

    /// The writer's time zone unless it is UTC; one that nobody knows is an error.
    fn zone(&self, footer: &proto::StripeFooter) -> Result<Option<String>> {
        let Some(zone) = &footer.writer_timezone else { return Ok(None) };
        if zone.parse::<chrono_tz::Tz>().is_err() {
            return Err(Error::not_supported(format!("ORC writer's time zone \"{zone}\""))
                .with_detail(self.meta.location.to_string()));
        }
        let utc = matches!(zone.as_str(), "UTC" | "GMT" | "Etc/UTC" | "Etc/GMT" | "Z" | "Zulu" | "UCT");
        Ok((!utc).then(|| zone.clone()))
    }

    async fn fetch_streams(&self, streams: &[Range<u64>], parts: &mut Vec<(u64, Bytes)>) -> Result<()> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for stream in streams.iter().filter(|stream| !stream.is_empty()) {
            match ranges.last_mut() {
                Some(last) if stream.start <= last.end + RANGE_GAP_BYTES => last.end = stream.end,
                _ => ranges.push(stream.clone()),
            }
        }
        let found = self.store.get_ranges(&self.meta.location, &ranges).await;
        let found = found.map_err(|error| store_error(&self.meta, error))?;
        for (range, bytes) in ranges.into_iter().zip(found) {
            if bytes.len() as u64 != range.end - range.start {
                return Err(self.damaged("it is shorter than it was when it was listed"));
            }
            parts.push((range.start, bytes));
        }
        Ok(())
    }

    fn check_blocks(&self, streams: &[Range<u64>], chunks: &Chunks) -> Result<()> {
        use orc_rust::reader::ChunkReader;
        for stream in streams {
            let bytes =
                chunks.get_bytes(stream.start, stream.end - stream.start).map_err(|error| self.damaged(error))?;
            if let Some(defect) = block_defect(&bytes, self.footer.compression, self.footer.block_bytes) {
                return Err(self.damaged(defect));
            }
        }
        Ok(())
    }

    /// Begins to decode a stripe.
    pub(super) fn decode(self: Arc<Self>, stripe: FetchedStripe) -> Result<StripeBatches> {
        let rows_left = stripe.info.rows as usize;
        let FetchedStripe { mut chunks, index, zone, .. } = stripe;
        if self.adapter.decode().is_empty() {
            return Ok(StripeBatches { reader: self, decoder: None, rows_left, zone });
        }
        let decoder = self.contain(|| {
            let root = self.footer.metadata.root_data_type();
            let numbers = self.adapter.decode().iter().map(|column| self.footer.type_numbers[*column]);
            let projected = root.project(&ProjectionMask::roots(root, numbers));
            let info = &self.footer.metadata.stripe_metadatas()[index];
            let stripe = Stripe::new(&mut chunks, &self.footer.metadata, &projected, info);
            let stripe = stripe.map_err(|error| error.to_string())?;
            NaiveStripeDecoder::new(stripe, self.decoded_schema(), self.batch_rows).map_err(|error| error.to_string())
        })?;
        Ok(StripeBatches { decoder: Some(decoder), rows_left, zone, reader: self })
    }

    fn decoded_schema(&self) -> SchemaRef {
        let fields = self.adapter.decode().iter().map(|column| {
            let field = self.footer.schema().field(*column);
            Field::new(field.name(), decoded_type(field.data_type(), self.footer.ours), true)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// The batches of a stripe, in the table's types.
pub(super) struct StripeBatches {
    reader: Arc<FileReader>,
    /// None when no column is wanted: then only rows are counted.
    decoder: Option<NaiveStripeDecoder>,
    rows_left: usize,
    zone: Option<String>,
}

impl StripeBatches {
    fn next_batch(&mut self) -> Result<RecordBatch> {
        let wanted = self.rows_left.min(self.reader.batch_rows);
        let batch = match &mut self.decoder {
            None => self.reader.adapter.adapt(&[], wanted, None)?,
            Some(decoder) => {
                let batch = self.reader.contain(|| match decoder.next() {
                    Some(batch) => batch.map_err(|error| error.to_string()),
                    None => Err("a stripe has fewer rows than it says".to_owned()),
                })?;
                if batch.num_rows() != wanted || batch.num_columns() != self.reader.adapter.decode().len() {
                    return Err(self.reader.damaged("a stripe has fewer rows than it says"));
                }
                self.reader.adapter.adapt(batch.columns(), wanted, self.zone.as_deref())?
            }
        };
        self.rows_left -= wanted;
        Ok(batch)
    }
}

impl Iterator for StripeBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rows_left == 0 {
            return None;
        }
        let batch = self.next_batch();
        if batch.is_err() {
            self.rows_left = 0;
        }
        Some(batch)
    }
}
