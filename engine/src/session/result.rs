//! What statements give back.

use std::fmt;

use datafusion::arrow::{datatypes::DataType, record_batch::RecordBatch};

use crate::error::Error;

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// The name as clients see it; names may repeat.
    pub name: String,
    /// The type as Redshift names it, e.g. `character varying(20)`.
    pub type_name: String,
    /// The Arrow type of the values.
    pub data_type: DataType,
}

/// The result of one statement.
#[derive(Debug, Clone)]
pub enum StatementResult {
    /// Rows, and the command tag (`SELECT 3`).
    Rows {
        /// The columns.
        columns: Vec<ResultColumn>,
        /// The rows; none or more batches.
        batches: Vec<RecordBatch>,
        /// Command tag.
        tag: String,
    },
    /// No rows, only the command tag (`INSERT 0 3`).
    Done {
        /// Command tag.
        tag: String,
    },
}

impl StatementResult {
    /// A statement without rows.
    pub fn done(tag: impl Into<String>) -> Self {
        StatementResult::Done { tag: tag.into() }
    }

    /// The command tag.
    pub fn tag(&self) -> &str {
        match self {
            StatementResult::Rows { tag, .. } | StatementResult::Done { tag } => tag,
        }
    }

    /// The columns; none for a statement without rows.
    pub fn columns(&self) -> &[ResultColumn] {
        match self {
            StatementResult::Rows { columns, .. } => columns,
            StatementResult::Done { .. } => &[],
        }
    }

    /// The words of the command tag, and the number of rows returned or changed.
    pub fn command_and_rows(&self) -> (String, u64) {
        let words: Vec<&str> =
            self.tag().split(' ').filter(|word| !word.starts_with(|c: char| c.is_ascii_digit())).collect();
        let counted = self.tag().rsplit(' ').next().and_then(|count| count.parse().ok());
        (words.join(" "), counted.unwrap_or(self.row_count() as u64))
    }

    /// The number of rows.
    pub fn row_count(&self) -> usize {
        match self {
            StatementResult::Rows { batches, .. } => batches.iter().map(RecordBatch::num_rows).sum(),
            StatementResult::Done { .. } => 0,
        }
    }
}

/// The error of a script, and which statement raised it.
#[derive(Debug, Clone)]
pub struct StatementError {
    /// The error.
    pub error: Error,
    /// The number of the statement, from 1.
    pub statement: usize,
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}: {}", self.statement, self.error)
    }
}

impl std::error::Error for StatementError {}

/// A message beside the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE`, `INFO` or `WARNING`.
    pub severity: &'static str,
    /// The text.
    pub message: String,
}

impl Notice {
    /// An INFO, as Redshift sends when there was nothing to do.
    pub fn info(message: impl Into<String>) -> Self {
        Notice { severity: "INFO", message: message.into() }
    }

    /// A WARNING.
    pub fn warning(message: impl Into<String>) -> Self {
        Notice { severity: "WARNING", message: message.into() }
    }
}
