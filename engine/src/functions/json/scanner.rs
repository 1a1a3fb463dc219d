//! A reader of JSON that builds nothing: it checks text and finds members and elements in it, as they
//! are written (`1.10` stays `1.10`). Nesting has a limit, so that no text overflows the stack.

use crate::error::{Error, Result, SqlState};

/// How deep values may be nested.
const DEPTH_MAX: usize = 128;

/// Text is not JSON.
#[derive(Debug)]
pub struct Invalid;

type Scan<T> = std::result::Result<T, Invalid>;

/// `JSON parsing error`
pub fn parsing_error(text: &str) -> Error {
    let shown: String = text.chars().take(100).collect();
    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "JSON parsing error")
        .with_detail(format!("invalid json: {shown}"))
}

/// A position in text.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Scan<()> {
        if self.byte() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(Invalid)
        }
    }

    /// Reads a value and gives it as it is written.
    fn value(&mut self, depth: usize) -> Scan<&'a str> {
        self.blanks();
        let start = self.at;
        match self.byte().ok_or(Invalid)? {
            b'{' => self.object(depth, |_, _| {})?,
            b'[' => self.array(depth, |_| {})?,
            b'"' => self.string().map(drop)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        }
        Ok(&self.text[start..self.at])
    }

    fn word(&mut self) -> Scan<()> {
        let rest = &self.text[self.at..];
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)).ok_or(Invalid)?;
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Scan<()> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.byte() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(Invalid);
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(Invalid);
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(Invalid);
            }
        }
        Ok(())
    }

    /// Reads a string and gives what is between its quotes.
    fn string(&mut self) -> Scan<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.byte().ok_or(Invalid)? {
                b'"' => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at - 1]);
                }
                b'\\' => {
                    self.at += 1;
                    match self.byte().ok_or(Invalid)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at + 1..self.at + 5).ok_or(Invalid)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return Err(Invalid);
                            }
                            self.at += 5;
                        }
                        _ => return Err(Invalid),
                    }
                }
                0..0x20 => return Err(Invalid),
                _ => self.at += 1,
            }
        }
    }

    fn object(&mut self, depth: usize, mut visit: impl FnMut(&'a str, &'a str)) -> Scan<()> {
        if depth == 0 {
            return Err(Invalid);
        }
        self.expect(b'{')?;
        self.blanks();
        if self.byte() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            self.expect(b':')?;
            let value = self.value(depth - 1)?;
            visit(key, value);
            self.blanks();
            if self.byte() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize, mut visit: impl FnMut(&'a str)) -> Scan<()> {
        if depth == 0 {
            return Err(Invalid);
        }
        self.expect(b'[')?;
        self.blanks();
        if self.byte() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let value = self.value(depth - 1)?;
            visit(value);
            self.blanks();
            if self.byte() == Some(b']') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }
}

/// The value that a whole text is, without the blanks around it.
pub fn whole(text: &str) -> Scan<&str> {
    let mut scanner = Scanner { text, at: 0 };
    let value = scanner.value(DEPTH_MAX)?;
    scanner.blanks();
    if scanner.at == text.len() { Ok(value) } else { Err(Invalid) }
}

/// A member of an object, as it is written; the last of several. None if there is none or the value
/// is no object.
pub fn member<'a>(value: &'a str, name: &str) -> Scan<Option<&'a str>> {
    if !value.starts_with('{') {
        return Ok(None);
    }
    let mut found = None;
    Scanner { text: value, at: 0 }.object(DEPTH_MAX, |key, member| {
        if unescape(key) == name {
            found = Some(member);
        }
    })?;
    Ok(found)
}

/// The elements of an array, as they are written. None if the value is no array.
pub fn elements(value: &str) -> Scan<Option<Vec<&str>>> {
    if !value.starts_with('[') {
        return Ok(None);
    }
    let mut elements = Vec::new();
    Scanner { text: value, at: 0 }.array(DEPTH_MAX, |element| elements.push(element))?;
    Ok(Some(elements))
}

/// A value as text: a string without its quotes and escapes, NULL for null, else as it is written.
pub fn to_text(value: &str) -> Option<String> {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => Some(unescape(inside)),
        None if value == "null" => None,
        None => Some(value.to_string()),
    }
}

/// Resolves the escapes of a string that was read.
fn unescape(inside: &str) -> String {
    if !inside.contains('\\') {
        return inside.to_string();
    }
    let mut units: Vec<u16> = Vec::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        let mut buffer = [0; 2];
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut buffer));
            continue;
        }
        units.push(match characters.next() {
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).unwrap_or(0xfffd)
            }
            Some(other) => other as u16,
            None => 0xfffd,
        });
    }
    String::from_utf16_lossy(&units)
}

/// What a function does with text that is no JSON: NULL or an error.
pub fn or_null<T>(result: Scan<Option<T>>, text: &str, null_if_invalid: bool) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(value),
        Err(Invalid) if null_if_invalid => Ok(None),
        Err(Invalid) => Err(parsing_error(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json() {
        for text in ["{}", " [1, 2.5e3 , -0] ", "\"a\\u00e9\"", "null", "{\"a\": {\"b\": [true, false]}}", "0"] {
            assert!(whole(text).is_ok(), "{text}");
        }
        for text in
            ["", "a", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "\"\\x\"", "\"\n\"", "[1] 2", "{\"a\":1,}", "nul"]
        {
            assert!(whole(text).is_err(), "{text}");
        }
        assert!(whole(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn values_stay_as_written() {
        assert_eq!(member("{\"a\": 1.10, \"b\":\"x\"}", "a").unwrap(), Some("1.10"));
        assert_eq!(member("{\"a\":1,\"a\":2}", "a").unwrap(), Some("2"));
        assert_eq!(member("[1]", "a").unwrap(), None);
        assert_eq!(elements("[1, [2, 3]]").unwrap(), Some(vec!["1", "[2, 3]"]));
        assert_eq!(to_text("\"a\\n\\u00e9\\ud83d\\ude00\"").unwrap(), "a\né😀");
        assert_eq!(to_text("null"), None);
    }
}
