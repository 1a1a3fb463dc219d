//! The parser's only error: a message in PostgreSQL's wording and the place in the text it speaks of.

use std::fmt;

/// Why a text is not a statement. SQLSTATE 42601, or 54001 (statement too complex) when [`ParseError::limit`] is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The message, e.g. `syntax error at or near "x"`.
    pub message: String,
    /// Place in the whole text in characters, from 1; 0 when unknown.
    pub position: usize,
    /// Line of that place, from 1; 0 when unknown.
    pub line: usize,
    /// Column of that place in characters, from 1; 0 when unknown.
    pub column: usize,
    /// The text is not wrong but too deep or too long (see [`crate::limits`]).
    pub limit: bool,
}

impl ParseError {
    /// An error at byte `offset` of `text`.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ParseError {
            message: message.into(),
            position: before.chars().count() + 1,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            limit: false,
        }
    }

    /// The same error, marked as a limit of the parser and not a mistake in the text.
    pub(crate) fn into_limit(mut self) -> Self {
        self.limit = true;
        self
    }

    /// The error as seen from a script in which the statement starts at `part`.
    pub(crate) fn in_script(mut self, part: &crate::ScriptPart<'_>) -> Self {
        if self.position > 0 {
            self.position += part.char_offset;
            self.column += if self.line == 1 { part.column - 1 } else { 0 };
            self.line += part.line - 1;
        }
        self
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}
