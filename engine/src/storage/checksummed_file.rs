//! A file that is being written, whose checksum is made on the way.

use std::{
    fmt,
    io::{self, Write},
};

use super::{
    checksum::{Checksum, ChecksumWriter},
    file_system::WritableFile,
};

/// A [`WritableFile`] that hashes what is written to it.
pub struct ChecksummedFile {
    file: Box<dyn WritableFile>,
    checksum: ChecksumWriter,
}

impl ChecksummedFile {
    /// Around a file that is empty yet.
    pub fn new(file: Box<dyn WritableFile>) -> Self {
        ChecksummedFile { file, checksum: ChecksumWriter::default() }
    }

    /// The checksum of the complete file; to be asked once.
    pub fn checksum(&mut self) -> Checksum {
        self.checksum.finish()
    }
}

impl fmt::Debug for ChecksummedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChecksummedFile")
    }
}

impl Write for ChecksummedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buf)?;
        self.checksum.update(&buf[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WritableFile for ChecksummedFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}
