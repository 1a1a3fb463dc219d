//! Bytes of a file that were fetched beforehand, as orc-rust's reader; and the checks that it
//! does not make on compressed blocks.

use std::io::{self, Cursor, Error as IoError};

use bytes::Bytes;
use orc_rust::proto::CompressionKind;
use orc_rust::reader::ChunkReader;

/// The largest compression block that a file may announce; Java's writer has the same limit.
pub(super) const BLOCK_BYTES_MAX: u64 = 1 << 23;

/// Pieces of a file; asking for anything else is an error.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pub(super) file_len: u64,
    /// Offset in the file, and what stands there.
    pub(super) parts: Vec<(u64, Bytes)>,
    /// What to hand out for the stripe's footer, whatever length is asked for.
    pub(super) stripe_footer: Option<(u64, Bytes)>,
}

impl ChunkReader for Chunks {
    type T = Cursor<Bytes>;

    fn len(&self) -> u64 {
        self.file_len
    }

    fn get_read(&self, _offset: u64) -> io::Result<Self::T> {
        Err(IoError::other("reading without a length is not offered"))
    }

    fn get_bytes(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        if let Some((at, footer)) = &self.stripe_footer
            && *at == offset
        {
            return Ok(footer.clone());
        }
        if length == 0 {
            return Ok(Bytes::new());
        }
        let end = offset.checked_add(length).ok_or_else(|| IoError::other("range beyond the file"))?;
        self.parts
            .iter()
            .find(|(start, bytes)| *start <= offset && end <= start + bytes.len() as u64)
            .map(|(start, bytes)| bytes.slice((offset - start) as usize..(end - start) as usize))
            .ok_or_else(|| IoError::other("range was not fetched"))
    }
}

/// Walks the headers of a compressed stream's blocks: lengths must add up, and snappy and
/// original blocks must not announce more than a block may hold. None: all is well.
pub(super) fn block_defect(stream: &[u8], kind: CompressionKind, block_bytes: u64) -> Option<&'static str> {
    if kind == CompressionKind::None {
        return None;
    }
    let mut rest = stream;
    while !rest.is_empty() {
        let Some((header, body)) = rest.split_first_chunk::<3>() else {
            return Some("a compression block header is cut off");
        };
        let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let (original, length) = (header & 1 == 1, (header >> 1) as usize);
        let Some((block, next)) = body.split_at_checked(length) else {
            return Some("a compression block is longer than its stream");
        };
        if original && length as u64 > block_bytes {
            return Some("a compression block is too large");
        }
        if !original && kind == CompressionKind::Snappy && snappy_length(block).is_none_or(|n| n > block_bytes) {
            return Some("a snappy block is too large");
        }
        rest = next;
    }
    None
}

/// The uncompressed length that a snappy block begins with.
fn snappy_length(block: &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for (index, byte) in block.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The uncompressed bytes as blocks marked "original", so that they read the same with any codec.
pub(super) fn as_original_blocks(bytes: &[u8], kind: CompressionKind, block_bytes: u64) -> Bytes {
    if kind == CompressionKind::None {
        return Bytes::copy_from_slice(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 16);
    for block in bytes.chunks((block_bytes as usize).clamp(1, (BLOCK_BYTES_MAX - 1) as usize)) {
        out.extend_from_slice(&(((block.len() as u32) << 1) | 1).to_le_bytes()[..3]);
        out.extend_from_slice(block);
    }
    out.into()
}
