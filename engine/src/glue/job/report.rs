//! What a run of the job did, and how it tells about its progress.

/// What a run did with one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableReport {
    /// The table.
    pub table: String,
    /// Objects loaded for the first time.
    pub objects_new: usize,
    /// Objects that were loaded before, unchanged.
    pub objects_skipped: usize,
    /// Objects whose old version was replaced.
    pub objects_replaced: usize,
    /// Objects that are gone from the source, and with them their rows.
    pub objects_vanished: usize,
    /// Rows written.
    pub rows: u64,
    /// Records rejected.
    pub rejects: u64,
    /// Bytes of CSV read (once; both passes count as one).
    pub csv_bytes: u64,
    /// Bytes of ORC written.
    pub orc_bytes: u64,
    /// ORC files written.
    pub files: usize,
    /// Seconds that workers spent on the table; several work at once.
    pub worker_seconds: f64,
    /// The table was unknown to the data catalog before.
    pub is_new: bool,
    /// Its columns changed: the new version of its schema.
    pub new_version: Option<i64>,
    /// Models built from it are stale, because loaded rows were replaced or lost.
    pub needs_full_refresh: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobReport {
    /// The delivery that was committed; None when there was nothing to do.
    pub delivery_id: Option<i64>,
    /// Where the raw objects came from.
    pub source: String,
    /// The tables, by name.
    pub tables: Vec<TableReport>,
    /// Reject files written, relative to the lake folder.
    pub reject_files: Vec<String>,
    /// Keys of objects that are no CSV or of no table.
    pub objects_ignored: Vec<String>,
    /// What else the user should know.
    pub notices: Vec<String>,
    /// Seconds from start to commit.
    pub seconds: f64,
}

impl JobReport {
    /// Rows written to all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|t| t.rows).sum()
    }

    /// Records rejected from all tables.
    pub fn rejects(&self) -> u64 {
        self.tables.iter().map(|t| t.rejects).sum()
    }

    /// Bytes of CSV read.
    pub fn csv_bytes(&self) -> u64 {
        self.tables.iter().map(|t| t.csv_bytes).sum()
    }

    /// Bytes of ORC written.
    pub fn orc_bytes(&self) -> u64 {
        self.tables.iter().map(|t| t.orc_bytes).sum()
    }

    /// Objects loaded, for the first time or again.
    pub fn objects_loaded(&self) -> usize {
        self.tables.iter().map(|t| t.objects_new + t.objects_replaced).sum()
    }
}

/// Hears about a run's progress, from several threads at once.
pub trait Progress: Sync {
    /// The run is going to convert this many bytes from this many objects.
    fn start(&self, _bytes_total: u64, _objects: usize) {}
    /// So many more bytes of a table are done.
    fn advance(&self, _table: &str, _bytes: u64) {}
    /// All bytes are done.
    fn finish(&self) {}
}

/// Progress that nobody watches.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {}
