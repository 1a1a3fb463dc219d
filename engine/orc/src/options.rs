//! What a caller can choose about a file.

use orc_rust::proto::CompressionKind;

use crate::{OrcError, Result};

/// Codec of a file's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Streams as they are.
    None,
    /// Raw deflate at a level from 0 to 9.
    Zlib(u32),
    /// Snappy blocks.
    Snappy,
    /// LZ4 blocks.
    Lz4,
    /// Zstandard frames at a level from 1 to 22.
    Zstd(i32),
}

impl Compression {
    pub(crate) fn kind(self) -> CompressionKind {
        match self {
            Compression::None => CompressionKind::None,
            Compression::Zlib(_) => CompressionKind::Zlib,
            Compression::Snappy => CompressionKind::Snappy,
            Compression::Lz4 => CompressionKind::Lz4,
            Compression::Zstd(_) => CompressionKind::Zstd,
        }
    }
}

/// Settings of an [`OrcWriter`](crate::OrcWriter).
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Codec of streams, footers and indexes.
    pub compression: Compression,
    /// Streams are compressed in blocks of this many bytes, 1 KiB to 8 MiB.
    pub compression_block_bytes: usize,
    /// A stripe ends when it holds this many rows.
    pub stripe_rows_max: usize,
    /// A stripe ends when its streams, encoded but not yet compressed, reach this many bytes;
    /// also what an encoder holds in memory, give or take dictionaries.
    pub stripe_bytes_max: usize,
    /// Rows of a row group, the unit of the row index.
    pub row_index_stride: usize,
    /// A string column of a stripe is dictionary encoded as long as it has at most this many
    /// distinct values per value; 0 turns dictionaries off.
    pub dictionary_ratio_max: f64,
    /// Key-value pairs for the footer.
    pub metadata: Vec<(String, String)>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        WriterOptions {
            compression: Compression::Zstd(1),
            compression_block_bytes: 256 * 1024,
            stripe_rows_max: 1_000_000,
            stripe_bytes_max: 16 * 1024 * 1024,
            row_index_stride: 10_000,
            dictionary_ratio_max: 0.5,
            metadata: Vec::new(),
        }
    }
}

impl WriterOptions {
    pub(crate) fn validate(&self) -> Result<()> {
        let invalid = |what: &str| Err(OrcError::InvalidOption(what.to_owned()));
        match self.compression {
            Compression::Zlib(level) if level > 9 => return invalid("zlib level above 9"),
            Compression::Zstd(level) if !(1..=22).contains(&level) => return invalid("zstd level not in 1 to 22"),
            _ => {}
        }
        if !(1024..1 << 23).contains(&self.compression_block_bytes) {
            return invalid("compression_block_bytes not in 1 KiB to 8 MiB");
        }
        if self.stripe_rows_max == 0 || self.stripe_bytes_max == 0 || self.row_index_stride == 0 {
            return invalid("stripe_rows_max, stripe_bytes_max and row_index_stride must be above 0");
        }
        if u32::try_from(self.row_index_stride).is_err() || u32::try_from(self.stripe_rows_max).is_err() {
            return invalid("stripe_rows_max and row_index_stride must be below 2^32");
        }
        Ok(())
    }
}
