//! A procedure's body to tokens that know their bytes and lines.

use super::super::lexer::is_identifier_start;
use crate::ParseError;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare word, in lower case.
    Word(String),
    /// `"name"`, folded as Redshift folds it.
    Quoted(String),
    /// A string, with its text.
    Text(String),
    /// A number, `$1` or the like: passed on as it is.
    Other,
    /// An operator or punctuation.
    Symbol(&'static str),
    /// The end.
    End,
}

/// A token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line: usize,
}

/// Symbols that the grammar knows, longest first; any other character is [`Kind::Other`].
const SYMBOLS: &[&str] = &[
    ":=", "..", "<<", ">>", "::", "<=", ">=", "<>", "!=", "||", ";", ",", "(", ")", "[", "]", "=", "%", ".", "<", ">",
];

/// Splits `text`.
pub(super) fn scan(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut scanner = Scanner { text, at: 0, line: 1 };
    let mut tokens = Vec::new();
    loop {
        scanner.skip_blanks()?;
        let (start, line) = (scanner.at, scanner.line);
        let kind = scanner.token()?;
        scanner.line += text[start..scanner.at].matches('\n').count();
        let end = kind == Kind::End;
        tokens.push(Token { kind, start, end: scanner.at, line });
        if end {
            return Ok(tokens);
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, start: usize, message: &str) -> ParseError {
        ParseError::at(self.text, start, message)
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            let skipped = if blanks > 0 {
                blanks
            } else if rest.starts_with("--") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                match rest.find("*/") {
                    Some(end) => end + 2,
                    None => return Err(self.error(self.at, "unterminated /* comment")),
                }
            } else {
                return Ok(());
            };
            self.line += rest[..skipped].matches('\n').count();
            self.at += skipped;
        }
    }

    fn token(&mut self) -> Result<Kind, ParseError> {
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(Kind::End) };
        if first == '\'' {
            return self.string(start);
        }
        if first == '"' {
            return self.quoted_name(start);
        }
        if first == '$'
            && let Some(kind) = self.dollar_quoted(start)?
        {
            return Ok(kind);
        }
        if is_identifier_start(first) {
            let rest = self.rest();
            let end = rest.find(|c: char| !(is_identifier_start(c) || c.is_ascii_digit() || c == '$'));
            let end = end.unwrap_or(rest.len());
            let word = rest[..end].to_lowercase();
            self.at += end;
            return Ok(Kind::Word(word));
        }
        if first.is_ascii_digit() || first == '$' {
            self.number();
            return Ok(Kind::Other);
        }
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
            self.at += symbol.len();
            return Ok(Kind::Symbol(symbol));
        }
        self.at += first.len_utf8();
        Ok(Kind::Other)
    }

    /// Digits, with a fraction and an exponent; two points end a number (`1..10`).
    fn number(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            let next = bytes.get(self.at + 1);
            let point = *byte == b'.' && next != Some(&b'.');
            let exponent = matches!(byte, b'e' | b'E') && next.is_some_and(|b| b.is_ascii_digit() || *b == b'-');
            if !(byte.is_ascii_digit() || point || exponent) {
                return;
            }
            self.at += if exponent { 2 } else { 1 };
        }
    }

    fn string(&mut self, start: usize) -> Result<Kind, ParseError> {
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, escaped)| match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                })),
                '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                    chars.next();
                    value.push('\'');
                }
                '\'' => {
                    self.at += at + 1;
                    return Ok(Kind::Text(value));
                }
                other => value.push(other),
            }
        }
        Err(self.error(start, "unterminated quoted string"))
    }

    fn quoted_name(&mut self, start: usize) -> Result<Kind, ParseError> {
        match self.rest()[1..].find('"') {
            Some(length) => {
                let name = self.rest()[1..=length].to_lowercase();
                self.at += length + 2;
                Ok(Kind::Quoted(name))
            }
            None => Err(self.error(start, "unterminated quoted identifier")),
        }
    }

    /// `$tag$…$tag$`; None for `$1`.
    fn dollar_quoted(&mut self, start: usize) -> Result<Option<Kind>, ParseError> {
        let rest = self.rest();
        let Some(end) = rest[1..].find('$').map(|end| end + 2) else { return Ok(None) };
        let tag = &rest[..end];
        let name = &tag[1..end - 1];
        if name.starts_with(|c: char| c.is_ascii_digit()) || name.contains(|c: char| !c.is_alphanumeric() && c != '_') {
            return Ok(None);
        }
        match rest[end..].find(tag) {
            Some(length) => {
                let value = rest[end..end + length].to_owned();
                self.at += end + length + end;
                Ok(Some(Kind::Text(value)))
            }
            None => Err(self.error(start, "unterminated dollar-quoted string")),
        }
    }
}
