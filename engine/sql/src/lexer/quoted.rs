//! Quoted texts: string literals, quoted identifiers, dollar quotes.

use super::Scanner;
use crate::ParseError;

impl<'a> Scanner<'a> {
    /// A string literal, with what follows it on later lines; the scanner must be at its first quote. `start` is
    /// where the token starts (before an `E`), for the error.
    pub(crate) fn string_literal(&mut self, start: usize) -> Result<String, ParseError> {
        let mut bytes = Vec::new();
        loop {
            self.quoted_bytes(start, &mut bytes)?;
            let mut ahead = self.clone();
            ahead.skip_blanks()?;
            let continues = ahead.peek() == Some('\'') && self.text[self.offset..ahead.offset].contains('\n');
            if !continues {
                break;
            }
            self.offset = ahead.offset;
        }
        // Octal escapes can spell any byte.
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn quoted_bytes(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), ParseError> {
        let bytes = self.text.as_bytes();
        self.offset += 1;
        while let Some(&byte) = bytes.get(self.offset) {
            self.offset += 1;
            match byte {
                b'\'' if bytes.get(self.offset) == Some(&b'\'') => {
                    out.push(b'\'');
                    self.offset += 1;
                }
                b'\'' => return Ok(()),
                b'\\' => self.backslash(out),
                0 => return Err(ParseError::at(self.text, self.offset - 1, "invalid byte sequence: 0x00")),
                _ => out.push(byte),
            }
        }
        Err(self.unterminated(start, "quoted string"))
    }

    /// What follows a backslash, as in PostgreSQL 8: control letters, up to three octal digits, or itself.
    fn backslash(&mut self, out: &mut Vec<u8>) {
        let bytes = self.text.as_bytes();
        let Some(&byte) = bytes.get(self.offset) else { return };
        self.offset += 1;
        match byte {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(&digit @ b'0'..=b'7') = bytes.get(self.offset) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.offset += 1;
                }
                if let Ok(value @ 1..) = u8::try_from(value & 0xff) {
                    out.push(value);
                }
            }
            _ => out.push(byte),
        }
    }

    /// A quoted identifier; the scanner must be at its first quote.
    pub(crate) fn quoted_identifier(&mut self, start: usize) -> Result<String, ParseError> {
        self.offset += 1;
        let mut name = String::new();
        loop {
            name.push_str(self.take_while(|c| c != '"'));
            if self.bump().is_none() {
                return Err(self.unterminated(start, "quoted identifier"));
            }
            if self.peek() != Some('"') {
                break;
            }
            self.offset += 1;
            name.push('"');
        }
        if name.is_empty() {
            let message = "zero-length delimited identifier at or near \"\"\"\"";
            return Err(ParseError::at(self.text, start, message));
        }
        // `sqlparser` would print these as other names.
        if name.contains("\"\"") || name.contains("\\\"") {
            let message = "names with two quotes in a row, or with a backslash before a quote, are not supported";
            return Err(ParseError::at(self.text, start, message));
        }
        Ok(name)
    }

    /// Moves over a quoted identifier, even an empty one; `false` when it does not end.
    pub(crate) fn skip_quoted_identifier(&mut self) -> bool {
        self.offset += 1;
        self.take_while(|c| c != '"');
        self.bump().is_some()
    }

    /// The body of a dollar quote, or `None` when the scanner is not at one.
    pub(crate) fn dollar_quoted(&mut self, start: usize) -> Result<Option<&'a str>, ParseError> {
        let Some(tag) = self.dollar_tag() else { return Ok(None) };
        let body = &self.rest()[tag.len()..];
        let Some(length) = body.find(tag) else { return Err(self.unterminated(start, "dollar-quoted string")) };
        self.offset += tag.len() * 2 + length;
        Ok(Some(&body[..length]))
    }

    fn unterminated(&self, start: usize, what: &str) -> ParseError {
        let near: String = self.text[start..].chars().take(NEAR_CHARS_MAX).collect();
        ParseError::at(self.text, start, format!("unterminated {what} at or near \"{near}\""))
    }
}

/// How much of an unterminated quote an error repeats.
const NEAR_CHARS_MAX: usize = 100;
