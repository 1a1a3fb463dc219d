//! Transaction control. `COMMIT` and `ROLLBACK` have nothing to carry.

use super::ObjectName;

/// `BEGIN | START TRANSACTION [modes]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begin {
    /// Modes.
    pub modes: TransactionModes,
}

/// `ISOLATION LEVEL …`, `READ WRITE`, `READ ONLY`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionModes {
    /// `ISOLATION LEVEL`. All levels behave as the database's.
    pub isolation: Option<TransactionIsolation>,
    /// `READ ONLY` is `Some(true)`, `READ WRITE` is `Some(false)`.
    pub read_only: Option<bool>,
}

/// `ISOLATION LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // SQL's own names
pub enum TransactionIsolation {
    Serializable,
    RepeatableRead,
    ReadCommitted,
    ReadUncommitted,
    Snapshot,
}

/// `LOCK [TABLE] tables`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// The tables.
    pub tables: Vec<ObjectName>,
    /// Always exclusive in Redshift; the words of `IN … MODE` when written.
    pub mode: Option<String>,
}
