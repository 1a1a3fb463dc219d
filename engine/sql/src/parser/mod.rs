//! Tokens to [`Statement`].

use crate::ast::{Expr, Query, Statement};
use crate::{ParseError, ScriptPart};

/// How to read identifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParserOptions {
    /// `enable_case_sensitive_identifier`: quoted identifiers keep their case.
    pub case_sensitive_identifiers: bool,
}

/// A statement with its place in the text it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedStatement {
    /// The tree.
    pub statement: Statement,
    /// The statement's text, without its semicolon.
    pub text: String,
    /// Byte offset of the text in the script.
    pub offset: usize,
    /// Number of `$n` parameters (the highest n).
    pub parameters: usize,
}

/// Parses all statements of a script; fails when any of them does not parse.
pub fn parse_script(text: &str) -> Result<Vec<ParsedStatement>, ParseError> {
    crate::split(text).iter().map(|part| parse_statement(part, ParserOptions::default())).collect()
}

/// Parses one statement of a script. Positions in errors count from the start of the script.
pub fn parse_statement(part: &ScriptPart<'_>, options: ParserOptions) -> Result<ParsedStatement, ParseError> {
    let _ = options;
    Err(ParseError::at(part.text, 0, "the parser is not landed yet").in_script(part))
}

/// Parses one query, e.g. a stored view definition.
pub fn parse_query(text: &str, options: ParserOptions) -> Result<Box<Query>, ParseError> {
    let _ = options;
    Err(ParseError::at(text, 0, "the parser is not landed yet"))
}

/// Parses one expression, e.g. a stored column default.
pub fn parse_expression(text: &str, options: ParserOptions) -> Result<Expr, ParseError> {
    let _ = options;
    Err(ParseError::at(text, 0, "the parser is not landed yet"))
}
