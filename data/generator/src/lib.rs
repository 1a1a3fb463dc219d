//! Chinook-shaped raw CSV at any scale, deterministic by seed, as clean or as dirty as you like.
//!
//! The files look like what a scrape of a music shop leaves in a bucket: `OUT/<Table>/<Table>.csv`
//! with Chinook's columns. The same [`Options`] give the same bytes on every machine: all random
//! numbers come from our own generator, arithmetic is on integers, no clock is read. Rows are
//! streamed; only what later tables refer to (a byte per track, an entry per employee) is kept.

mod calendar;
mod customers;
mod dirt;
mod invoices;
mod music;
mod people;
mod places;
mod rng;
mod row;
mod sampling;
mod staff;
mod table_writer;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

pub use dirt::Dirt;

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// 1 is about the size of the real Chinook. Customers, invoices and lines grow with it, the
    /// catalog of tracks and the staff with its square root. May be a fraction.
    pub scale: f64,
    /// Another seed gives another warehouse.
    pub seed: u64,
    /// The share of rows with a defect, 0 to 1, in Track and InvoiceLine. People type addresses, so it is four times
    /// as high in Customer and twice in Invoice; a quarter of it in lists of names, none in the smallest tables.
    pub dirty_rate: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { scale: 1.0, seed: 42, dirty_rate: 0.0 }
    }
}

/// Result with the generator's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why nothing was generated.
#[derive(Debug)]
pub enum Error {
    /// An option out of its range.
    InvalidOption(String),
    /// A file could not be written.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    fn io(path: &Path, source: io::Error) -> Self {
        Error::Io { path: path.to_owned(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidOption(message) => f.write_str(message),
            Error::Io { path, source } => write!(f, "cannot write \"{}\": {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::InvalidOption(_) => None,
            Error::Io { source, .. } => Some(source),
        }
    }
}

/// What was generated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// One entry per table, in the order of writing.
    pub tables: Vec<TableSummary>,
}

impl Summary {
    /// The entry of a table.
    pub fn table(&self, name: &str) -> Option<&TableSummary> {
        self.tables.iter().find(|table| table.table == name)
    }
}

/// What was generated in one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSummary {
    /// Name of the table.
    pub table: &'static str,
    /// Entities: rows that a clean run would have.
    pub rows: u64,
    /// Data lines in the files, with duplicates, redeliveries and broken lines.
    pub rows_written: u64,
    /// Size of the files.
    pub bytes: u64,
    /// How many rows got each kind of defect; kinds that did not occur are left out.
    pub dirt: Vec<(Dirt, u64)>,
}

impl TableSummary {
    /// How many rows got this defect.
    pub fn dirt_of(&self, kind: Dirt) -> u64 {
        self.dirt.iter().find(|(k, _)| *k == kind).map_or(0, |(_, count)| *count)
    }

    /// How many rows got any defect.
    pub fn dirty_rows(&self) -> u64 {
        self.dirt.iter().map(|(_, count)| count).sum()
    }

    fn count(&mut self, kind: Dirt) {
        match self.dirt.binary_search_by_key(&kind, |(k, _)| *k) {
            Ok(at) => self.dirt[at].1 += 1,
            Err(at) => self.dirt.insert(at, (kind, 1)),
        }
    }
}

/// How many rows each table has, derived from the scale. Chinook's own numbers at scale 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    artists: u64,
    albums: u64,
    tracks: u64,
    playlist_tracks: u64,
    employees: u64,
    customers: u64,
    invoices: u64,
    lines: u64,
}

impl Counts {
    fn of(scale: f64) -> Self {
        let linear = |base: f64| ((base * scale).round() as u64).max(1);
        let root = |base: f64| ((base * scale.sqrt()).round() as u64).max(1);
        let invoices = linear(412.0);
        let albums = root(347.0);
        Counts {
            artists: root(275.0).min(albums),
            albums,
            tracks: root(3_503.0).max(20),
            playlist_tracks: root(8_715.0),
            // A general manager, a sales manager and an agent at least.
            employees: root(8.0).max(3),
            customers: linear(59.0),
            invoices,
            lines: linear(2_240.0).max(invoices),
        }
    }
}

/// Scales beyond this would not fit the keys into Redshift's INTEGER.
const SCALE_MAX: f64 = 100_000.0;

/// Generates all tables into `out_dir`, created when missing. Files of an earlier run are replaced.
///
/// `progress` hears the table and the number of its rows so far, every few thousand rows and at its end.
pub fn generate(options: &Options, out_dir: &Path, mut progress: impl FnMut(&'static str, u64)) -> Result<Summary> {
    if !(options.scale > 0.0 && options.scale <= SCALE_MAX) {
        return Err(Error::InvalidOption(format!(
            "scale must be above 0 and at most {SCALE_MAX}, not {}",
            options.scale
        )));
    }
    if !(0.0..=1.0).contains(&options.dirty_rate) {
        return Err(Error::InvalidOption(format!("dirty rate must be from 0 to 1, not {}", options.dirty_rate)));
    }
    let counts = Counts::of(options.scale);
    let mut run = Run { options, counts, out_dir, progress: &mut progress, summary: Summary::default() };
    let catalog = music::generate(&mut run)?;
    let staff = staff::generate(&mut run)?;
    customers::generate(&mut run, &staff)?;
    invoices::generate(&mut run, &catalog)?;
    Ok(run.summary)
}

/// What the parts of a run share.
pub(crate) struct Run<'a> {
    options: &'a Options,
    counts: Counts,
    out_dir: &'a Path,
    progress: &'a mut dyn FnMut(&'static str, u64),
    summary: Summary,
}

impl Run<'_> {
    /// Writes one table: `fill` gets the writer.
    fn table<T>(
        &mut self,
        spec: &table_writer::TableSpec,
        fill: impl FnOnce(&mut table_writer::TableWriter) -> Result<T>,
    ) -> Result<T> {
        let mut writer = table_writer::TableWriter::create(spec, self.options, self.out_dir, &mut *self.progress)?;
        let result = fill(&mut writer)?;
        self.summary.tables.push(writer.finish()?);
        Ok(result)
    }

    fn rng(&self, label: &str, index: u64) -> rng::Rng {
        rng::Rng::stream(self.options.seed, label, index)
    }
}
