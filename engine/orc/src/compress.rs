//! ORC's compression framing: blocks of bounded size, each behind a three-byte header that holds
//! its length and whether it is "original", that is stored because compression did not help.

use std::io::Write;

use crate::{Compression, OrcError, Result};

/// Compresses byte strings into sequences of blocks.
pub(crate) struct Compressor {
    codec: Codec,
    block_bytes: usize,
    scratch: Vec<u8>,
}

enum Codec {
    None,
    Zlib(u32),
    Snappy(Box<snap::raw::Encoder>),
    Lz4,
    Zstd(zstd::bulk::Compressor<'static>),
}

/// A compressed byte string that knows where its blocks begin.
pub(crate) struct Compressed {
    pub(crate) bytes: Vec<u8>,
    /// Offset of each block in `bytes`; empty when the file is not compressed.
    blocks: Vec<usize>,
    block_bytes: usize,
}

impl Compressor {
    pub(crate) fn try_new(compression: Compression, block_bytes: usize) -> Result<Self> {
        let codec = match compression {
            Compression::None => Codec::None,
            Compression::Zlib(level) => Codec::Zlib(level),
            Compression::Snappy => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Lz4 => Codec::Lz4,
            Compression::Zstd(level) => Codec::Zstd(zstd::bulk::Compressor::new(level).map_err(OrcError::Compression)?),
        };
        Ok(Compressor { codec, block_bytes, scratch: Vec::new() })
    }

    /// Compresses `raw`; takes it as it is when the file has no codec.
    pub(crate) fn compress(&mut self, raw: Vec<u8>) -> Result<Compressed> {
        if matches!(self.codec, Codec::None) {
            return Ok(Compressed { bytes: raw, blocks: Vec::new(), block_bytes: 0 });
        }
        let mut bytes = Vec::with_capacity(raw.len() / 2 + 16);
        let mut blocks = Vec::with_capacity(raw.len() / self.block_bytes + 1);
        for block in raw.chunks(self.block_bytes) {
            blocks.push(bytes.len());
            self.compress_block(block)?;
            let original = self.scratch.len() >= block.len();
            let payload = if original { block } else { &self.scratch };
            let header = (payload.len() as u32) << 1 | u32::from(original);
            bytes.extend_from_slice(&header.to_le_bytes()[..3]);
            bytes.extend_from_slice(payload);
        }
        Ok(Compressed { bytes, blocks, block_bytes: self.block_bytes })
    }

    /// Leaves the compressed form of `block` in `scratch`.
    fn compress_block(&mut self, block: &[u8]) -> Result<()> {
        let scratch = &mut self.scratch;
        match &mut self.codec {
            Codec::None => {
                scratch.clear();
                scratch.extend_from_slice(block);
            }
            Codec::Zlib(level) => {
                scratch.clear();
                let mut encoder = flate2::write::DeflateEncoder::new(scratch, flate2::Compression::new(*level));
                encoder.write_all(block).map_err(OrcError::Compression)?;
                encoder.finish().map_err(OrcError::Compression)?;
            }
            Codec::Snappy(encoder) => {
                scratch.resize(snap::raw::max_compress_len(block.len()), 0);
                let len =
                    encoder.compress(block, scratch).map_err(|e| OrcError::Compression(std::io::Error::other(e)))?;
                scratch.truncate(len);
            }
            Codec::Lz4 => {
                scratch.resize(lz4_flex::block::get_maximum_output_size(block.len()), 0);
                let len = lz4_flex::block::compress_into(block, scratch)
                    .map_err(|e| OrcError::Compression(std::io::Error::other(e)))?;
                scratch.truncate(len);
            }
            Codec::Zstd(compressor) => {
                scratch.clear();
                scratch.reserve(zstd::zstd_safe::compress_bound(block.len()));
                compressor.compress_to_buffer(block, scratch).map_err(OrcError::Compression)?;
            }
        }
        Ok(())
    }
}

impl Compressed {
    /// Appends the row-index position of byte `offset` of the uncompressed stream.
    ///
    /// Row groups after a stream's last value begin at its end. Java's reader may not have
    /// fetched anything there and refuses to seek to it, so such a position is that of the last
    /// byte or block instead; nothing is read from it.
    pub(crate) fn push_position(&self, offset: usize, positions: &mut Vec<u64>) {
        if self.block_bytes == 0 {
            positions.push(offset.min(self.bytes.len().saturating_sub(1)) as u64);
            return;
        }
        let block = (offset / self.block_bytes).min(self.blocks.len().saturating_sub(1));
        let start = self.blocks.get(block).copied().unwrap_or(0);
        positions.extend([start as u64, (offset - block * self.block_bytes) as u64]);
    }
}
