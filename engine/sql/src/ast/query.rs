//! `EXPLAIN`. Queries themselves are `sqlparser`'s.

use super::Statement;

/// `EXPLAIN [VERBOSE] statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// `VERBOSE`.
    pub verbose: bool,
    /// The explained statement.
    pub statement: Box<Statement>,
}
