//! Splits a script into statements as psql does: at semicolons outside of quotes, comments and dollar quotes.

use crate::lexer::{Scanner, is_identifier_start};

/// One statement's text within a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptPart<'a> {
    /// The statement without its semicolon and without blanks and comments around it.
    pub text: &'a str,
    /// Byte offset in the script.
    pub offset: usize,
    /// Character offset in the script.
    pub char_offset: usize,
    /// Line in the script, from 1.
    pub line: usize,
    /// Column of the statement's first character in that line, from 1.
    pub column: usize,
}

impl<'a> ScriptPart<'a> {
    /// A text that is one whole statement.
    pub fn whole(text: &'a str) -> Self {
        ScriptPart { text, offset: 0, char_offset: 0, line: 1, column: 1 }
    }
}

/// Splits a script. Empty statements are left out. An unterminated quote or comment runs to the end of the script:
/// parsing that part reports it.
pub fn split(script: &str) -> Vec<ScriptPart<'_>> {
    let mut splitter = Splitter { script, scanner: Scanner::new(script), parts: Vec::new(), place: Place::start() };
    while !splitter.scanner.at_end() {
        splitter.statement();
    }
    splitter.parts
}

struct Splitter<'a> {
    script: &'a str,
    scanner: Scanner<'a>,
    parts: Vec<ScriptPart<'a>>,
    place: Place,
}

/// A place in the script in bytes, characters, line and column.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    chars: usize,
    line: usize,
    column: usize,
}

impl Place {
    fn start() -> Self {
        Place { offset: 0, chars: 0, line: 1, column: 1 }
    }

    fn advance(&mut self, script: &str, offset: usize) {
        for c in script[self.offset..offset].chars() {
            self.chars += 1;
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
    }
}

impl Splitter<'_> {
    /// Reads up to and over the next semicolon.
    fn statement(&mut self) {
        let mut start = None;
        let mut end = 0;
        loop {
            let before_blanks = self.scanner.offset();
            if self.scanner.skip_blanks().is_err() {
                // An unterminated comment belongs to the statement, which then reports it.
                start = start.or(Some(before_blanks));
                self.scanner.finish();
                end = self.scanner.offset();
            }
            if self.scanner.at_end() {
                break;
            }
            let at = self.scanner.offset();
            if self.scanner.peek() == Some(';') {
                self.scanner.bump();
                break;
            }
            start = start.or(Some(at));
            self.lexeme(at);
            end = self.scanner.offset();
        }
        let Some(start) = start else { return };
        self.place.advance(self.script, start);
        self.parts.push(ScriptPart {
            text: &self.script[start..end],
            offset: start,
            char_offset: self.place.chars,
            line: self.place.line,
            column: self.place.column,
        });
    }

    /// Moves over one quote, word or character.
    fn lexeme(&mut self, start: usize) {
        let done = match self.scanner.peek() {
            Some('\'') => self.scanner.string_literal(start).is_ok(),
            Some('"') => self.scanner.skip_quoted_identifier(),
            Some('$') if self.scanner.dollar_tag().is_some() => self.scanner.dollar_quoted(start).is_ok(),
            Some(c) if is_identifier_start(c) => {
                self.scanner.word();
                true
            }
            _ => {
                self.scanner.bump();
                true
            }
        };
        if !done {
            self.scanner.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        split(script).into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn splits_like_psql() {
        for (script, expected) in [
            ("", vec![]),
            (" ;; -- nothing\n;", vec![]),
            ("select 1; select 2", vec!["select 1", "select 2"]),
            ("select ';', \";\" /* ; /* ; */ ; */ -- ;\n; b", vec!["select ';', \";\"", "b"]),
            (r"select 'it\';s'; b", vec![r"select 'it\';s'", "b"]),
            ("do $$ a; b $$; c", vec!["do $$ a; b $$", "c"]),
            ("do $x$ a; $$ b; $x$; c", vec!["do $x$ a; $$ b; $x$", "c"]),
            ("select a$b; c$d; e", vec!["select a$b", "c$d", "e"]),
            ("a; 'open; b", vec!["a", "'open; b"]),
            ("a; b /* open; c", vec!["a", "b /* open; c"]),
            ("select $1; b", vec!["select $1", "b"]),
        ] {
            assert_eq!(texts(script), expected, "{script}");
        }
    }

    #[test]
    fn places() {
        let parts = split("ä;\n  bö;c");
        let places: Vec<_> = parts.iter().map(|p| (p.text, p.offset, p.char_offset, p.line, p.column)).collect();
        assert_eq!(places, [("ä", 0, 0, 1, 1), ("bö", 6, 5, 2, 3), ("c", 10, 8, 2, 6)]);
    }
}
