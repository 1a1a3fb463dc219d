//! The Glue job: raw CSV objects to ORC, each object exactly once.
//!
//! A run compares the source with the bookmarks, converts what is new or changed with several
//! workers in bounded memory, and then commits files, bookmarks, schema and partitions in one
//! transaction of the data catalog. Files are synced before; files that no manifest lists are
//! never read and are swept by the next run. So a killed run leaves nothing, and running again
//! ends in the same tables as one clean run.
//!
//! How text becomes values: an empty field, quoted or not, is NULL. A column gets a type other
//! than `string` only if every value, written back, says the same; see [`infer`] and [`value`].
//! `true`/`false` make a boolean only if a column holds nothing else. Numbers of one object share
//! a scale, so `5` among prices is stored as `5.00`; if a later object makes the column text, it
//! reads as `5.00`, because old files are not written again.
//!
//! A database mirrors one source: an object that is changed or gone takes its rows with it, and
//! another source replaces everything. Tables that lost rows are flagged, because models built
//! from them incrementally are stale.

pub mod batch;
pub mod chunk;
mod commit;
pub mod convert;
pub mod header;
pub mod infer;
pub mod plan;
pub mod pool;
pub mod report;
mod run;
pub mod scanner;
pub mod value;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use report::{JobReport, NoProgress, Progress, TableReport};
pub use run::run;

use super::{DELIVERY_KEY, data_catalog::DataCatalog};
use crate::{
    error::{Error, Result, SqlState},
    lake::{LakeFolder, ObjectStores, source::Source},
};

/// Columns that the job adds after those of the raw data: where each row comes from.
pub const SOURCE_COLUMNS: [&str; 3] = ["_source_object", "_source_row", "_delivered_at"];

/// Memory of a worker unless the caller says otherwise.
const MEMORY_PER_WORKER_BYTES: usize = 100 << 20;
/// Objects are split into chunks of at least this many bytes.
const SPLIT_BYTES_MIN: u64 = 32 << 20;

/// What a run works with.
#[derive(Clone, Copy)]
pub struct JobContext<'a> {
    /// The data catalog.
    pub catalog: &'a DataCatalog,
    /// The warehouse's lake folder.
    pub lake: &'a LakeFolder,
    /// Object stores for the source.
    pub stores: &'a ObjectStores,
    /// The data catalog's database whose tables are loaded; created when missing.
    pub database: &'a str,
}

/// How a run is done.
#[derive(Debug, Clone)]
pub struct JobOptions {
    /// Worker threads.
    pub threads: usize,
    /// Memory that a worker may use.
    pub memory_per_worker_bytes: usize,
    /// Objects are split into chunks of at least this many bytes.
    pub split_bytes_min: u64,
    /// Forget all bookmarks and pinned types, and load everything again.
    pub full_refresh: bool,
    /// Set from outside to stop the run; it then leaves everything as it was.
    pub cancel: Arc<AtomicBool>,
}

impl Default for JobOptions {
    fn default() -> Self {
        JobOptions {
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            memory_per_worker_bytes: MEMORY_PER_WORKER_BYTES,
            split_bytes_min: SPLIT_BYTES_MIN,
            full_refresh: false,
            cancel: Arc::default(),
        }
    }
}

/// What the workers of a run share.
pub struct Work<'a> {
    pub(super) source: &'a Source,
    pub(super) lake: &'a LakeFolder,
    pub(super) options: &'a JobOptions,
    pub(super) progress: &'a dyn Progress,
    pub(super) database: &'a str,
    pub(super) delivery_id: i64,
    /// Makes the names of this run's files unique.
    pub(super) run_id: String,
}

impl Work<'_> {
    /// Tells the progress; an error when the run was cancelled.
    pub(super) fn advance(&self, table: &str, bytes: u64) -> Result<()> {
        self.progress.advance(table, bytes);
        if self.options.cancel.load(Ordering::Relaxed) {
            return Err(Error::new(SqlState::QUERY_CANCELED, "the Glue job was cancelled"));
        }
        Ok(())
    }

    fn delivery_folder(&self) -> String {
        format!("{DELIVERY_KEY}={}", self.delivery_id)
    }

    /// The folder of this delivery's files of a table, relative to the lake folder.
    pub(super) fn table_folder(&self, table: &str) -> String {
        format!("{}/{}", table_location(self.database, table), self.delivery_folder())
    }
}

/// The location of a table that the job writes, relative to the lake folder.
pub fn table_location(database: &str, table: &str) -> String {
    format!("{}/{table}", database.to_ascii_lowercase())
}

#[cfg(test)]
pub(crate) mod tests;
