//! Rows of a portal or cursor, which are taken in portions: some in memory, the others in a file that goes with
//! them. As on Redshift, the whole result is made before the first portion is sent.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufReader, BufWriter, Write},
    sync::{Arc, Mutex, PoisonError},
};

use datafusion::{
    arrow::{
        ipc::{reader::StreamReader, writer::StreamWriter},
        record_batch::RecordBatch,
    },
    execution::{DiskManager, SpillFile},
};

use crate::error::{Error, Result};

/// So many bytes of a result stay in memory.
const MEMORY_BYTES_MAX: usize = 16 << 20;

/// Writes batches to the file.
type FileWriter = StreamWriter<BufWriter<Box<dyn Write + Send>>>;

/// Rows that are still to come.
pub struct Spool {
    memory: VecDeque<RecordBatch>,
    bytes: usize,
    disk: Option<Arc<DiskManager>>,
    /// The file is removed when this is dropped.
    file: Option<Arc<dyn SpillFile>>,
    /// Never locked: it only makes sharing a session between threads safe.
    writer: Mutex<Option<FileWriter>>,
    reader: Option<StreamReader<BufReader<File>>>,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Spool({} batches in memory)", self.memory.len())
    }
}

impl From<Vec<RecordBatch>> for Spool {
    fn from(batches: Vec<RecordBatch>) -> Self {
        Spool { memory: batches.into(), bytes: 0, disk: None, file: None, writer: Mutex::new(None), reader: None }
    }
}

impl Spool {
    /// An empty one, with a place for files.
    pub fn new(disk: Arc<DiskManager>) -> Self {
        Spool { disk: Some(disk), ..Spool::from(vec![]) }
    }

    /// Adds rows.
    ///
    /// Errors: those of the file.
    pub fn put(&mut self, batch: RecordBatch) -> Result<()> {
        let Some(disk) = &self.disk else {
            self.memory.push_back(batch);
            return Ok(());
        };
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            self.bytes += batch.get_array_memory_size();
            if self.bytes <= MEMORY_BYTES_MAX {
                self.memory.push_back(batch);
                return Ok(());
            }
            let file = disk.create_tmp_file("a cursor")?;
            let output: Box<dyn Write + Send> = Box::new(file.open_writer()?);
            let output = BufWriter::new(output);
            *writer = Some(StreamWriter::try_new(output, &batch.schema()).map_err(Error::internal)?);
            self.file = Some(file);
        }
        match writer {
            Some(writer) => writer.write(&batch).map_err(Error::internal),
            None => Ok(()),
        }
    }

    /// The next rows; None at the end.
    ///
    /// Errors: those of the file.
    pub fn next(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self.memory.pop_front() {
            return Ok(Some(batch));
        }
        if let Some(mut writer) = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            writer.finish().map_err(Error::internal)?;
            writer.get_mut().flush().map_err(Error::internal)?;
            if let Some(path) = self.file.as_ref().and_then(|file| file.path()) {
                let input = BufReader::new(File::open(path).map_err(Error::internal)?);
                self.reader = Some(StreamReader::try_new(input, None).map_err(Error::internal)?);
            }
        }
        match &mut self.reader {
            Some(reader) => reader.next().transpose().map_err(Error::internal),
            None => Ok(None),
        }
    }
}
