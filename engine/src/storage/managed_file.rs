//! A managed file that is being written: counts, hashes, and remembers its last bytes.

use std::io::{self, Write};

use super::{
    checksum::Checksum, checksummed_file::ChecksummedFile, file_system::WritableFile, segment_store::SegmentStore,
};
use crate::error::{Error, Result};

/// A new file below the data folder.
pub(super) struct ManagedFile {
    file: ChecksummedFile,
    pub(super) length: u64,
    tail: [u8; 8],
}

impl ManagedFile {
    pub(super) fn create(store: &SegmentStore, path: &str) -> Result<Self> {
        let file = ChecksummedFile::new(store.file_system().create(&store.resolve(path))?);
        Ok(ManagedFile { file, length: 0, tail: [0; 8] })
    }

    /// The checksum of the complete file; to be asked once.
    pub(super) fn checksum(&mut self) -> Checksum {
        self.file.checksum()
    }

    pub(super) fn sync(&mut self, path: &str) -> Result<()> {
        let synced = self.file.flush().and_then(|()| self.file.sync());
        synced.map_err(|e| Error::io(format!("could not sync data file \"{path}\""), e))
    }

    /// A Parquet file ends with the length of its metadata and a magic word, four bytes each.
    pub(super) fn footer_bytes(&self) -> u64 {
        let [a, b, c, d, ..] = self.tail;
        u64::from(u32::from_le_bytes([a, b, c, d]))
    }
}

impl Write for ManagedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        let written = &buf[..n];
        self.length += n as u64;
        if n >= 8 {
            self.tail.copy_from_slice(&written[n - 8..]);
        } else {
            self.tail.copy_within(n.., 0);
            self.tail[8 - n..].copy_from_slice(written);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
