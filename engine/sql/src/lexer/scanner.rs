//! Walks over characters: blanks, comments, words, numbers. Shared by the lexer and the script splitter.

use super::{is_identifier_part, is_identifier_start};
use crate::ParseError;

/// A place in a text.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) offset: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, offset: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn at_end(&self) -> bool {
        self.offset >= self.text.len()
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn peek_nth(&self, n: usize) -> Option<char> {
        self.rest().chars().nth(n)
    }

    /// Moves over one character and returns it.
    pub(crate) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.offset += c.len_utf8();
        Some(c)
    }

    /// Moves `bytes` on; they must end at a character's end.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.offset += bytes;
    }

    /// Moves to the end of the text.
    pub(crate) fn finish(&mut self) {
        self.offset = self.text.len();
    }

    /// Skips blanks and comments. `/* */` comments nest.
    pub(crate) fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches(is_blank).len();
            self.offset += blanks;
            let rest = self.rest();
            if rest.starts_with("--") {
                self.offset += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.block_comment()?;
            } else if self.at_end() || blanks == 0 {
                return Ok(());
            }
        }
    }

    fn block_comment(&mut self) -> Result<(), ParseError> {
        let start = self.offset;
        let bytes = self.text.as_bytes();
        let mut depth = 0usize;
        while self.offset < bytes.len() {
            match &bytes[self.offset..] {
                [b'/', b'*', ..] => {
                    depth += 1;
                    self.offset += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.offset += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => self.offset += 1,
            }
        }
        Err(ParseError::at(self.text, start, "unterminated /* comment"))
    }

    /// An unquoted word; the scanner must be at its start.
    pub(crate) fn word(&mut self) -> &'a str {
        self.take_while(is_identifier_part)
    }

    /// `$1`; the scanner must be at the dollar sign.
    pub(crate) fn parameter(&mut self) -> &'a str {
        let start = self.offset;
        self.offset += 1;
        self.take_while(|c| c.is_ascii_digit());
        &self.text[start..self.offset]
    }

    /// A number: digits, a point, digits, an exponent.
    pub(crate) fn number(&mut self) -> &'a str {
        let start = self.offset;
        self.take_while(|c| c.is_ascii_digit());
        if self.rest().starts_with('.') && !self.rest().starts_with("..") {
            self.offset += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let mut ahead = self.clone();
        if matches!(ahead.peek(), Some('e' | 'E')) {
            ahead.offset += 1;
            if matches!(ahead.peek(), Some('+' | '-')) {
                ahead.offset += 1;
            }
            if !ahead.take_while(|c| c.is_ascii_digit()).is_empty() {
                self.offset = ahead.offset;
            }
        }
        &self.text[start..self.offset]
    }

    /// The opening `$tag$` at the scanner's place, when there is one.
    pub(crate) fn dollar_tag(&self) -> Option<&'a str> {
        let rest = self.rest();
        let inner = rest.strip_prefix('$')?;
        let end = inner.find(|c: char| c == '$' || !is_identifier_part(c))?;
        let tag = &inner[..end];
        let well_formed = tag.is_empty() || tag.starts_with(is_identifier_start);
        (inner[end..].starts_with('$') && well_formed).then(|| &rest[..end + 2])
    }

    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.offset += length;
        &rest[..length]
    }

    /// `syntax error at or near "…"` for the text between two offsets.
    pub(crate) fn error_near(&self, start: usize, end: usize) -> ParseError {
        let near = self.text.get(start..end).unwrap_or("");
        ParseError::at(self.text, start, format!("syntax error at or near \"{near}\""))
    }
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}' || c == '\u{feff}' || c == '\u{a0}'
}
