//! Where a warehouse lives and how much it may use. Every limit of the engine is named here.

use std::{path::PathBuf, time::Duration};

/// Settings of an [`Engine`](crate::Engine), fixed for its lifetime.
#[derive(Debug, Clone)]
pub struct Config {
    /// The warehouse folder; created when missing.
    pub warehouse: PathBuf,
    /// Where `s3://bucket/key` is found on disk (`DIR/bucket/key`); None: real S3.
    pub s3_root: Option<PathBuf>,
    /// Worker threads; also the number of partitions of a query.
    pub threads: usize,
    /// Memory for queries and jobs, in bytes; beyond it operators spill.
    pub memory_limit_bytes: usize,
    /// Spill files may take this much disk, in bytes.
    pub spill_limit_bytes: u64,
    /// A segment of at most this size that loses rows is rewritten; a larger one gets a delete file, which costs
    /// file operations and makes scans a little dearer, but no more than the rows that go.
    pub rewrite_below_bytes: u64,
    /// Queries that run at a time; more wait in a queue.
    pub query_slots: u32,
    /// Slices that system views and EXPLAIN tell of; a divisor of 192.
    pub slices: usize,
    /// How long earlier states are kept after they were replaced.
    pub retention: Duration,
    /// Name of the database that sessions connect to.
    pub database: String,
    /// Name of the user that sessions run as.
    pub user: String,
}

impl Config {
    /// Defaults for a warehouse in `warehouse`: all cores, 60% of what is usual on a laptop.
    pub fn new(warehouse: impl Into<PathBuf>) -> Self {
        Config {
            warehouse: warehouse.into(),
            s3_root: None,
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            memory_limit_bytes: 4 << 30,
            spill_limit_bytes: 100 << 30,
            rewrite_below_bytes: 1 << 20,
            query_slots: 15,
            slices: 2,
            retention: RETENTION,
            database: "dev".to_owned(),
            user: "awsuser".to_owned(),
        }
    }
}

/// States are kept as long as Redshift keeps its automated snapshots.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// Statement text may be this long (Redshift: 16 MB).
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Identifiers are cut to this many bytes, as Redshift does.
pub const IDENTIFIER_BYTES_MAX: usize = 127;
/// Columns of a table (Redshift: 1,600).
pub const COLUMNS_MAX: usize = 1_600;
