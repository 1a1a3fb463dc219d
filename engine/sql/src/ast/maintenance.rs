//! `ANALYZE`, `VACUUM`, `CANCEL`.

use super::{Ident, ObjectName};

/// `ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS|ALL COLUMNS]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Analyze {
    /// `VERBOSE`.
    pub verbose: bool,
    /// The table; `None` is the whole database.
    pub table: Option<ObjectName>,
    /// Its columns.
    pub columns: Vec<Ident>,
    /// `PREDICATE COLUMNS` is `Some(true)`, `ALL COLUMNS` is `Some(false)`.
    pub predicate_columns: Option<bool>,
}

/// `ANALYZE COMPRESSION [table [(columns)]] [COMPROWS n]`.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalyzeCompression {
    /// The table; `None` is all.
    pub table: Option<ObjectName>,
    /// Its columns.
    pub columns: Vec<Ident>,
    /// `COMPROWS`.
    pub comp_rows: Option<u64>,
}

/// `VACUUM [mode] [table] [TO n PERCENT] [BOOST]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Vacuum {
    /// What to do.
    pub mode: VacuumMode,
    /// The table; `None` is all.
    pub table: Option<ObjectName>,
    /// `TO n PERCENT`.
    pub threshold_percent: Option<u64>,
    /// `BOOST`.
    pub boost: bool,
}

/// What `VACUUM` does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VacuumMode {
    /// `FULL`, the default.
    #[default]
    Full,
    /// `SORT ONLY`.
    SortOnly,
    /// `DELETE ONLY`.
    DeleteOnly,
    /// `REINDEX`.
    Reindex,
    /// `RECLUSTER`.
    Recluster,
}

/// `CANCEL process ['message']`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Process id.
    pub process: i64,
    /// Message for the other session.
    pub message: Option<String>,
}
