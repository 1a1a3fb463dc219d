//! Named limits of the parser. Beyond them a statement is refused with an error whose `limit` is set.

/// Longest statement in bytes (Redshift: 16 MB).
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deepest nesting of expressions, subqueries and types.
pub const NESTING_MAX: usize = 128;

/// Longest chain of operators on one level (`a OR b OR c …`); such a chain is a tree as deep as it is long.
pub const OPERATOR_CHAIN_MAX: usize = 1024;

/// Longest identifier in bytes; longer ones are cut, as Redshift does.
pub const IDENTIFIER_BYTES_MAX: usize = 127;
