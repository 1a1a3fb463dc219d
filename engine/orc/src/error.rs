//! What can go wrong while writing ORC.

use arrow::datatypes::DataType;

/// Result with an [`OrcError`].
pub type Result<T, E = OrcError> = std::result::Result<T, E>;

/// Why a file could not be written.
#[derive(Debug)]
pub enum OrcError {
    /// The column's Arrow type has no ORC counterpart here.
    UnsupportedType {
        /// Name of the column.
        column: String,
        /// Its Arrow type.
        data_type: DataType,
    },
    /// Options that make no sense.
    InvalidOption(String),
    /// A batch whose schema is not the writer's.
    SchemaMismatch(String),
    /// A value that ORC cannot hold.
    InvalidValue {
        /// Name of the column.
        column: String,
        /// Row of the file, from 1.
        row: u64,
        /// What is wrong with the value.
        reason: String,
    },
    /// A codec failed.
    Compression(std::io::Error),
    /// The output could not be written.
    Io(std::io::Error),
}

impl OrcError {
    /// The same error with its row counted `rows` further.
    #[must_use]
    pub(crate) fn shifted(self, rows: u64) -> Self {
        match self {
            OrcError::InvalidValue { column, row, reason } => {
                OrcError::InvalidValue { column, row: row + rows, reason }
            }
            other => other,
        }
    }
}

impl std::fmt::Display for OrcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OrcError::UnsupportedType { column, data_type } => {
                write!(f, "column \"{column}\": type {data_type} cannot be written as ORC")
            }
            OrcError::InvalidOption(what) => write!(f, "invalid ORC writer option: {what}"),
            OrcError::SchemaMismatch(what) => write!(f, "batch does not have the file's schema: {what}"),
            OrcError::InvalidValue { column, row, reason } => {
                write!(f, "column \"{column}\", row {row}: {reason}")
            }
            OrcError::Compression(source) => write!(f, "compression failed: {source}"),
            OrcError::Io(source) => write!(f, "writing failed: {source}"),
        }
    }
}

impl std::error::Error for OrcError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OrcError::Compression(source) | OrcError::Io(source) => Some(source),
            _ => None,
        }
    }
}
