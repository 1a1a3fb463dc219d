//! The commands, one file each, and how they fail.

pub mod backup;
pub mod certs;
pub mod check;
pub mod generate;
pub mod pipeline;
pub mod serve;
pub mod sql;
pub mod verify;

use std::io;

use blueshift_engine::{error::Error, session::StatementError};

/// Why a command did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The command line makes no sense: exit code 2.
    Usage(String),
    /// Something went wrong outside of a statement.
    Error(Error),
    /// A statement failed.
    Statement(StatementError),
    /// Whoever reads stdout went away; there is nobody to tell.
    OutputClosed,
    /// Something failed and was reported already.
    Reported,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Error(Error::io("cannot write the result", error)),
        }
    }
}
