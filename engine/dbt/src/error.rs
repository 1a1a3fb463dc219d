//! The error of this crate: what went wrong, in which file, on which line.
//!
//! Names follow dbt's own classes (parsing, compilation, dependency, selection, database), because
//! users look such messages up. Whatever dbt knows and this runner does not is [`ErrorKind::Unsupported`],
//! never a silent difference.

use std::{error::Error as StdError, fmt, path::PathBuf};

use crate::adapter::AdapterError;

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What class of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A project, YAML or seed file that says something impossible.
    Parsing,
    /// Jinja that cannot be rendered, a macro that raised, a contract that is broken.
    Compilation,
    /// A `ref` or `source` that leads nowhere, or a cycle.
    Dependency,
    /// A `--select` or `--exclude` that cannot be understood.
    Selection,
    /// A file that cannot be read or written.
    Io,
    /// Something that dbt supports and this runner does not.
    Unsupported,
    /// The database refused a statement.
    Database,
}

/// Where in the project an error was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, relative to the project's folder where possible.
    pub path: PathBuf,
    /// The line, from 1; `None` when only the file is known.
    pub line: Option<usize>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

/// One error: class, message, place and, for a database error, what the database said.
#[derive(Debug, Clone)]
pub struct Error {
    /// The class.
    pub kind: ErrorKind,
    /// The message, without the place.
    pub message: String,
    /// The file and line, when known.
    pub location: Option<Location>,
    /// The database's own error, for [`ErrorKind::Database`].
    pub database: Option<Box<AdapterError>>,
    /// What the operating system said, for [`ErrorKind::Io`].
    pub io: Option<std::io::ErrorKind>,
}

impl Error {
    /// An error of the given class without a place.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), location: None, database: None, io: None }
    }

    /// A file that says something impossible.
    pub fn parsing(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parsing, message)
    }

    /// Jinja that cannot be rendered, or a macro that raised.
    pub fn compilation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Compilation, message)
    }

    /// A reference that leads nowhere, or a cycle.
    pub fn dependency(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Dependency, message)
    }

    /// A selector that cannot be understood.
    pub fn selection(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Selection, message)
    }

    /// Something dbt has and this runner has not; `feature` names it.
    pub fn unsupported(feature: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{feature} is not supported by the native dbt runner"))
    }

    /// A file that cannot be read or written.
    pub fn io(path: impl Into<PathBuf>, error: &std::io::Error) -> Self {
        Error { io: Some(error.kind()), ..Self::new(ErrorKind::Io, error.to_string()) }.at(path, None)
    }

    /// Adds the place, unless a more precise one is known already.
    pub fn at(mut self, path: impl Into<PathBuf>, line: Option<usize>) -> Self {
        if self.location.is_none() {
            self.location = Some(Location { path: path.into(), line });
        }
        self
    }
}

impl From<AdapterError> for Error {
    fn from(error: AdapterError) -> Self {
        Error { database: Some(Box::new(error.clone())), ..Self::new(ErrorKind::Database, error.to_string()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.kind {
            ErrorKind::Parsing => "Parsing Error",
            ErrorKind::Compilation => "Compilation Error",
            ErrorKind::Dependency => "Dependency Error",
            ErrorKind::Selection => "Selection Error",
            ErrorKind::Io => "File Error",
            ErrorKind::Unsupported => "Not Supported",
            ErrorKind::Database => "Database Error",
        };
        match &self.location {
            Some(location) => write!(f, "{class} in {location}: {}", self.message),
            None => write!(f, "{class}: {}", self.message),
        }
    }
}

impl StdError for Error {}
