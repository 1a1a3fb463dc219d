//! Tests over whole statements: a corpus by command group, printed and parsed again, mutated, and made too deep.

mod corpus;
mod errors;
mod expressions;
mod limits;
mod mutation;
mod round_trip;
mod shapes;

use crate::{ParseError, ParserOptions, ScriptPart, Statement};

/// Parses one statement.
fn parse(text: &str) -> Result<Statement, ParseError> {
    crate::parse_statement(&ScriptPart::whole(text), ParserOptions::default()).map(|parsed| parsed.statement)
}

/// Parses one statement that is right.
fn parsed(text: &str) -> Statement {
    parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
