//! Checksums of managed files: BLAKE3 of the whole file, and of each block of it.
//!
//! A file is checked block by block when a block is first read in a process, so that a query pays
//! for what it reads and not for the file. Damage is an error that names the file; bytes that are
//! not what was written are never handed out.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;

use super::file_system::ReadableFile;
use crate::error::{Error, Result};

/// Bytes of a block.
const BLOCK_BYTES: u64 = 128 * 1024;
/// So many files are remembered by path before those that no table names any more are forgotten.
const FILES_MAX: usize = 65_536;

/// What a file must contain.
#[derive(Debug)]
pub struct Checksum {
    /// BLAKE3 of the whole file, in hexadecimal.
    whole: String,
    /// The beginnings of the blocks' BLAKE3; none for files of earlier versions.
    blocks: Vec<u64>,
    /// A bit for each block that was found to be right.
    verified: Vec<AtomicU64>,
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        self.whole == other.whole
    }
}

impl Eq for Checksum {}

impl Checksum {
    /// As the catalog has it: the text, and eight bytes for each block.
    pub fn new(whole: String, blocks: Option<&[u8]>) -> Self {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        let blocks: Vec<u64> = blocks.unwrap_or_default().chunks(8).map(word).collect();
        let verified = (0..blocks.len().div_ceil(64).max(1)).map(|_| AtomicU64::new(0)).collect();
        Checksum { whole, blocks, verified }
    }

    /// BLAKE3 of the whole file, in hexadecimal.
    pub fn whole(&self) -> &str {
        &self.whole
    }

    /// The blocks as the catalog keeps them.
    pub fn block_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|b| b.to_le_bytes()).collect()
    }

    fn is_verified(&self, block: usize) -> bool {
        self.verified[block / 64].load(Ordering::Relaxed) & (1 << (block % 64)) != 0
    }

    fn set_verified(&self, block: usize) {
        self.verified[block / 64].fetch_or(1 << (block % 64), Ordering::Relaxed);
    }
}

fn block_hash(hasher: &blake3::Hasher) -> u64 {
    let hash = hasher.finalize();
    hash.as_bytes()[..8].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Makes the checksum of a file while it is written.
#[derive(Debug, Default)]
pub(super) struct ChecksumWriter {
    whole: blake3::Hasher,
    block: blake3::Hasher,
    in_block: u64,
    blocks: Vec<u64>,
}

impl ChecksumWriter {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        while !bytes.is_empty() {
            let length = bytes.len().min((BLOCK_BYTES - self.in_block) as usize);
            let (now, later) = bytes.split_at(length);
            self.block.update(now);
            self.in_block += length as u64;
            if self.in_block == BLOCK_BYTES {
                self.end_block();
            }
            bytes = later;
        }
    }

    fn end_block(&mut self) {
        self.blocks.push(block_hash(&self.block));
        self.block.reset();
        self.in_block = 0;
    }

    pub(super) fn finish(&mut self) -> Checksum {
        if self.in_block > 0 {
            self.end_block();
        }
        let blocks: Vec<u8> = self.blocks.iter().flat_map(|b| b.to_le_bytes()).collect();
        Checksum::new(self.whole.finalize().to_hex().to_string(), Some(&blocks))
    }
}

/// Which checksums the files have that are being read, by path: DataFusion knows paths only.
#[derive(Debug, Default)]
pub struct ChecksumRegistry(Mutex<HashMap<String, Expected>>);

/// What a file's length and contents must be.
pub type Expected = (u64, Arc<Checksum>);

impl ChecksumRegistry {
    /// Notes what a file must contain.
    pub fn expect(&self, path: &str, size_bytes: u64, checksum: &Arc<Checksum>) {
        let mut files = self.0.lock();
        if files.contains_key(path) {
            return;
        }
        if files.len() >= FILES_MAX {
            files.retain(|_, (_, checksum)| Arc::strong_count(checksum) > 1);
        }
        files.insert(path.to_owned(), (size_bytes, Arc::clone(checksum)));
    }

    /// What a file must contain, if it is known.
    pub fn expected(&self, path: &str) -> Option<Expected> {
        self.0.lock().get(path).cloned()
    }
}

/// A file whose bytes are checked before they are handed out.
#[derive(Debug)]
struct VerifiedFile {
    path: String,
    file: Arc<dyn ReadableFile>,
    checksum: Arc<Checksum>,
}

/// `file` with its bytes checked.
///
/// Errors: XX001 when its length is wrong already.
pub fn verified(path: &str, file: Arc<dyn ReadableFile>, expected: Expected) -> Result<Arc<dyn ReadableFile>> {
    let (size_bytes, checksum) = expected;
    check_length(path, file.as_ref(), size_bytes)?;
    if checksum.blocks.is_empty() {
        // A file of an earlier version: checked as a whole, once.
        if !checksum.is_verified(0) {
            verify_whole(path, file.as_ref(), size_bytes, &checksum)?;
            checksum.set_verified(0);
        }
        return Ok(file);
    }
    if checksum.blocks.len() as u64 != size_bytes.div_ceil(BLOCK_BYTES) {
        return Err(Error::corrupted("catalog.sqlite", format!("block checksums of {path}")));
    }
    Ok(Arc::new(VerifiedFile { path: path.to_owned(), file, checksum }))
}

fn check_length(path: &str, file: &dyn ReadableFile, size_bytes: u64) -> Result<()> {
    match file.len() == size_bytes {
        true => Ok(()),
        false => Err(Error::corrupted(path, format!("{} bytes where {size_bytes} were written", file.len()))),
    }
}

/// Reads a whole file and compares it with its checksum.
///
/// Errors: XX001 when it differs.
pub fn verify_whole(path: &str, file: &dyn ReadableFile, size_bytes: u64, checksum: &Checksum) -> Result<()> {
    check_length(path, file, size_bytes)?;
    let mut hasher = blake3::Hasher::new();
    let mut offset = 0;
    while offset < size_bytes {
        let length = (size_bytes - offset).min(8 * BLOCK_BYTES);
        let failed = |e| Error::io(format!("could not read data file \"{path}\""), e);
        hasher.update(&file.read_at(offset, length as usize).map_err(failed)?);
        offset += length;
    }
    match hasher.finalize().to_hex().as_str() == checksum.whole {
        true => Ok(()),
        false => Err(Error::corrupted(path, "its checksum is not the one it was written with")),
    }
}

impl VerifiedFile {
    /// The blocks that a range lies in.
    fn blocks(&self, offset: u64, length: usize) -> std::ops::Range<usize> {
        let end = (offset + length as u64).min(self.file.len());
        (offset / BLOCK_BYTES) as usize..end.div_ceil(BLOCK_BYTES) as usize
    }

    fn check(&self, block: usize, bytes: &[u8]) -> io::Result<()> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(bytes);
        if block_hash(&hasher) != self.checksum.blocks[block] {
            let at = block as u64 * BLOCK_BYTES;
            let why = format!("bytes {at} to {} are not those that were written", at + bytes.len() as u64);
            return Err(io::Error::other(Error::corrupted(&self.path, why)));
        }
        self.checksum.set_verified(block);
        Ok(())
    }
}

impl ReadableFile for VerifiedFile {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "range lies beyond the end of the file"));
        }
        let blocks = self.blocks(offset, length);
        if blocks.clone().all(|b| self.checksum.is_verified(b)) {
            return self.file.read_at(offset, length);
        }
        let start = blocks.start as u64 * BLOCK_BYTES;
        let end = (blocks.end as u64 * BLOCK_BYTES).min(self.len());
        let bytes = self.file.read_at(start, (end - start) as usize)?;
        for block in blocks.clone() {
            if !self.checksum.is_verified(block) {
                let from = (block - blocks.start) * BLOCK_BYTES as usize;
                let to = (from + BLOCK_BYTES as usize).min(bytes.len());
                self.check(block, &bytes[from..to])?;
            }
        }
        let from = (offset - start) as usize;
        Ok(bytes.slice(from..from + length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Memory(Vec<u8>);

    impl ReadableFile for Memory {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
            Ok(Bytes::copy_from_slice(&self.0[offset as usize..offset as usize + length]))
        }
    }

    fn contents() -> Vec<u8> {
        (0..3 * BLOCK_BYTES + 77).map(|i| (i * 31 % 251) as u8).collect()
    }

    fn checksum(bytes: &[u8]) -> Checksum {
        let mut writer = ChecksumWriter::default();
        // In pieces that do not meet the blocks' ends.
        bytes.chunks(100_003).for_each(|piece| writer.update(piece));
        writer.finish()
    }

    fn open(bytes: Vec<u8>, checksum: Checksum) -> Result<Arc<dyn ReadableFile>> {
        let size = contents().len() as u64;
        verified("f", Arc::new(Memory(bytes)), (size, Arc::new(checksum)))
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = contents();
        let stored = checksum(&bytes);
        let again = Checksum::new(stored.whole().to_owned(), Some(&stored.block_bytes()));
        let file = open(bytes.clone(), again).unwrap();
        for (offset, length) in [(0, 1), (BLOCK_BYTES - 1, 2), (7, 300_000), (bytes.len() as u64 - 3, 3), (5, 0)] {
            let range = offset as usize..offset as usize + length;
            assert_eq!(file.read_at(offset, length).unwrap(), bytes[range]);
        }
        assert!(file.read_at(bytes.len() as u64, 1).is_err());
        verify_whole("f", &Memory(bytes.clone()), bytes.len() as u64, &stored).unwrap();
    }

    #[test]
    fn a_flipped_bit_is_found_where_it_is_and_nowhere_else() {
        for at in [0, BLOCK_BYTES as usize, 2 * BLOCK_BYTES as usize - 1, contents().len() - 1] {
            let mut bytes = contents();
            bytes[at] ^= 4;
            let file = open(bytes.clone(), checksum(&contents())).unwrap();
            let error = file.read_at(at as u64, 1).unwrap_err();
            let error = Error::io("x", error);
            assert_eq!(error.state(), crate::error::SqlState::DATA_CORRUPTED);
            assert!(error.detail().unwrap().starts_with("f: "));
            let elsewhere = if at < BLOCK_BYTES as usize { BLOCK_BYTES } else { 0 };
            assert!(file.read_at(elsewhere, 1).is_ok());
            let whole = checksum(&contents());
            assert!(open(bytes, Checksum::new(whole.whole().to_owned(), None)).is_err(), "without blocks");
        }
        assert!(open(contents()[1..].to_vec(), checksum(&contents())).is_err(), "shorter");
    }
}
