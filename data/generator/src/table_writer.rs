//! Writes one table's objects: header, rows, dirt; streaming, and complete or not there.
//!
//! Rows go to a hidden temporary file that is renamed when the table is complete, so a pipeline
//! that watches the folder never reads half an object.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    Error, Options, Result, TableSummary,
    dirt::{self, Defects, Dirt},
    rng::Rng,
    row::Row,
};

/// Name, header and defects of a table.
pub(crate) struct TableSpec {
    pub(crate) name: &'static str,
    pub(crate) header: &'static str,
    pub(crate) defects: Defects,
}

/// The file of an object while it is written.
struct ObjectFile {
    path: PathBuf,
    temporary: PathBuf,
    out: BufWriter<File>,
}

/// Rows held back for a later place in the file are at most this many rows late.
const DELAY_ROWS: u64 = 60;
/// Size of the write buffer of an object.
const BUFFER_BYTES: usize = 256 * 1024;
/// The progress callback hears of a table every so many rows.
const PROGRESS_ROWS: u64 = 16 * 1024;

/// The stream of a table's dirt; entities use the low indices of theirs.
const DIRT_STREAM: u64 = u64::MAX;

/// Writer of one table.
pub(crate) struct TableWriter<'a> {
    spec: &'a TableSpec,
    folder: PathBuf,
    main: ObjectFile,
    redelivery: Option<ObjectFile>,
    rng: Rng,
    rate: f64,
    line: Vec<u8>,
    spoilt: Row,
    /// Lines to be written later, each with the number of rows at which it is due.
    delayed: VecDeque<(u64, Vec<u8>)>,
    summary: TableSummary,
    progress: &'a mut dyn FnMut(&'static str, u64),
}

impl<'a> TableWriter<'a> {
    /// Opens the table's object in `out_dir` and writes its header.
    pub(crate) fn create(
        spec: &'a TableSpec,
        options: &Options,
        out_dir: &Path,
        progress: &'a mut dyn FnMut(&'static str, u64),
    ) -> Result<Self> {
        let folder = out_dir.join(spec.name);
        fs::create_dir_all(&folder).map_err(|source| Error::io(&folder, source))?;
        let mut main = ObjectFile::create(folder.join(format!("{}.csv", spec.name)))?;
        main.write(spec.header.as_bytes())?;
        main.write(b"\n")?;
        let mut summary = TableSummary { table: spec.name, ..TableSummary::default() };
        summary.bytes = spec.header.len() as u64 + 1;
        Ok(TableWriter {
            spec,
            folder,
            main,
            redelivery: None,
            rng: Rng::stream(options.seed, spec.name, DIRT_STREAM),
            rate: options.dirty_rate * f64::from(spec.defects.share_percent) / 100.0,
            line: Vec::new(),
            spoilt: Row::default(),
            delayed: VecDeque::new(),
            summary,
            progress,
        })
    }

    /// Writes a row, now and then a dirty one.
    pub(crate) fn write(&mut self, row: &Row) -> Result<()> {
        self.summary.rows += 1;
        if self.rng.chance(self.rate) {
            self.write_dirty(row)?;
        } else {
            self.write_row(row)?;
        }
        while self.delayed.front().is_some_and(|(due, _)| *due <= self.summary.rows) {
            self.write_delayed()?;
        }
        if self.summary.rows.is_multiple_of(PROGRESS_ROWS) {
            (self.progress)(self.spec.name, self.summary.rows);
        }
        Ok(())
    }

    /// Ends the table: held back rows, flush, rename. The redelivery is completed last, so it is the newer object.
    pub(crate) fn finish(mut self) -> Result<TableSummary> {
        while !self.delayed.is_empty() {
            self.write_delayed()?;
        }
        let redelivery_path = self.redelivery_path();
        self.main.finish()?;
        match self.redelivery {
            Some(redelivery) => redelivery.finish()?,
            None => remove_if_there(&redelivery_path)?,
        }
        (self.progress)(self.spec.name, self.summary.rows);
        Ok(self.summary)
    }

    fn write_dirty(&mut self, row: &Row) -> Result<()> {
        let weights = self.spec.defects.weights;
        let wanted = weights[self.rng.weighted(weights.iter().map(|(_, weight)| *weight))].0;
        let mut spoilt = std::mem::take(&mut self.spoilt);
        spoilt.clone_from(row);
        let kind =
            if self.spec.defects.spoil(wanted, &mut spoilt, &mut self.rng) { wanted } else { Dirt::ExactDuplicate };
        self.summary.count(kind);
        match kind {
            Dirt::ExactDuplicate => {
                self.write_row(row)?;
                if self.rng.percent(50) { self.write_row(row)? } else { self.delay(row) }
            }
            Dirt::Redelivered => {
                self.write_row(&spoilt)?;
                if self.rng.percent(50) { self.write_redelivery(row)? } else { self.delay(row) }
            }
            Dirt::MissingPrimaryKey => {
                self.write_row(&spoilt)?;
                self.write_row(row)?;
            }
            Dirt::MalformedRow => {
                self.line.clear();
                dirt::write_malformed(row, &mut self.rng, &mut self.line);
                self.write_line()?;
                self.write_row(row)?;
            }
            _ => self.write_row(&spoilt)?,
        }
        self.spoilt = spoilt;
        Ok(())
    }

    fn write_row(&mut self, row: &Row) -> Result<()> {
        self.line.clear();
        row.write_csv(&mut self.line);
        self.write_line()
    }

    fn write_line(&mut self) -> Result<()> {
        self.count_line();
        self.main.write(&self.line)
    }

    fn count_line(&mut self) {
        self.summary.rows_written += 1;
        self.summary.bytes += self.line.len() as u64;
    }

    fn delay(&mut self, row: &Row) {
        let mut line = Vec::new();
        row.write_csv(&mut line);
        self.delayed.push_back((self.summary.rows + self.rng.between(2, DELAY_ROWS), line));
    }

    fn write_delayed(&mut self) -> Result<()> {
        match self.delayed.pop_front() {
            Some((_, line)) => {
                self.line = line;
                self.write_line()
            }
            None => Ok(()),
        }
    }

    fn redelivery_path(&self) -> PathBuf {
        self.folder.join(format!("{}_redelivery.csv", self.spec.name))
    }

    fn write_redelivery(&mut self, row: &Row) -> Result<()> {
        if self.redelivery.is_none() {
            let mut object = ObjectFile::create(self.redelivery_path())?;
            object.write(self.spec.header.as_bytes())?;
            object.write(b"\n")?;
            self.summary.bytes += self.spec.header.len() as u64 + 1;
            self.redelivery = Some(object);
        }
        self.line.clear();
        row.write_csv(&mut self.line);
        self.count_line();
        match &mut self.redelivery {
            Some(object) => object.write(&self.line),
            None => Ok(()),
        }
    }
}

impl ObjectFile {
    fn create(path: PathBuf) -> Result<Self> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let temporary = path.with_file_name(format!(".{name}.tmp"));
        let file = File::create(&temporary).map_err(|source| Error::io(&temporary, source))?;
        Ok(ObjectFile { path, temporary, out: BufWriter::with_capacity(BUFFER_BYTES, file) })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|source| Error::io(&self.path, source))
    }

    fn finish(mut self) -> Result<()> {
        self.out.flush().map_err(|source| Error::io(&self.path, source))?;
        fs::rename(&self.temporary, &self.path).map_err(|source| Error::io(&self.path, source))
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, source)),
        _ => Ok(()),
    }
}
