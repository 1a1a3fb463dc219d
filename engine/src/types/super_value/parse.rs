//! JSON text (RFC 8259) to values, for JSON_PARSE.
//!
//! A number without fraction and exponent is an integer, one with a fraction a decimal of as many
//! digits, as long as they fit; any other is floating-point.

use super::{DEPTH_MAX, STRING_BYTES_MAX, SUPER_BYTES_MAX, builder};
use crate::error::{Error, Result, SqlState};

/// After as many levels of nesting the stack is looked after.
const LEVELS_PER_STACK: usize = 100;

/// How JSON is read; the session's `json_parse_…` parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// `json_parse_dedup_attributes`: of attributes of one name the last is kept; else they are an error.
    pub dedup_attributes: bool,
    /// `json_parse_truncate_strings`: strings that are too long are cut; else they are an error.
    pub truncate_strings: bool,
}

/// Appends the value that `text` spells.
///
/// Errors: 22P02 for what is no JSON, and for what a SUPER value cannot hold.
pub fn parse(text: &str, options: ParseOptions, out: &mut Vec<u8>) -> Result<()> {
    let mut parser = Parser { bytes: text.as_bytes(), text, at: 0, depth: 0, options };
    parser.skip_blanks();
    parser.value(out)?;
    parser.skip_blanks();
    if parser.at < parser.bytes.len() {
        return Err(parser.error("unexpected text after the value"));
    }
    if out.len() > SUPER_BYTES_MAX {
        return Err(too_long());
    }
    Ok(())
}

fn too_long() -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("the SUPER value exceeds the maximum size of {SUPER_BYTES_MAX} bytes"),
    )
}

struct Parser<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    depth: usize,
    options: ParseOptions,
}

impl<'t> Parser<'t> {
    fn error(&self, what: &str) -> Error {
        let error = Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "JSON parsing error");
        error.with_detail(format!("{what} at byte {} of the input", self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(self.error(&format!("expected '{}'", char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, out: &mut Vec<u8>) -> Result<()> {
        match self.peek() {
            Some(b'{') => self.nested(out, Parser::object),
            Some(b'[') => self.nested(out, Parser::array),
            Some(b'"') => {
                let text = self.string()?;
                builder::string(out, self.limited(&text)?);
                Ok(())
            }
            Some(b't') => self.word("true").map(|()| builder::boolean(out, true)),
            Some(b'f') => self.word("false").map(|()| builder::boolean(out, false)),
            Some(b'n') => self.word("null").map(|()| builder::null(out)),
            Some(b'-' | b'0'..=b'9') => self.number(out),
            Some(_) => Err(self.error("unexpected character")),
            None => Err(self.error("unexpected end")),
        }
    }

    fn nested(&mut self, out: &mut Vec<u8>, read: fn(&mut Self, &mut Vec<u8>) -> Result<()>) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("the SUPER value is nested deeper than {DEPTH_MAX} levels"),
            ));
        }
        // A level needs up to two kilobytes of stack.
        let result = if self.depth.is_multiple_of(LEVELS_PER_STACK) {
            blueshift_sql::limits::on_deep_stack(|| read(self, out))
        } else {
            read(self, out)
        };
        self.depth -= 1;
        result
    }

    fn array(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.at += 1;
        let mut array = builder::Compound::default();
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return array.finish_array(out);
        }
        loop {
            self.skip_blanks();
            self.value(&mut array.values)?;
            array.end_element();
            self.skip_blanks();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b']')?;
            return array.finish_array(out);
        }
    }

    fn object(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.at += 1;
        let mut object = Attributes::default();
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return builder::Compound::default().finish_object(out);
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("expected an attribute name"));
            }
            let name = self.string()?.into_owned();
            if name.len() > STRING_BYTES_MAX {
                return Err(self.error("attribute name too long"));
            }
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            let mut value = Vec::new();
            self.value(&mut value)?;
            object.push(name, value);
            self.skip_blanks();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b'}')?;
            return object.finish(self.options.dedup_attributes, out);
        }
    }

    /// A string longer than what SUPER holds is cut or refused.
    fn limited<'s>(&self, text: &'s str) -> Result<&'s str> {
        if text.len() <= STRING_BYTES_MAX {
            return Ok(text);
        }
        if self.options.truncate_strings {
            return Ok(&text[..text.floor_char_boundary(STRING_BYTES_MAX)]);
        }
        Err(Error::new(
            SqlState::STRING_TRUNCATION,
            format!("a string in the JSON value exceeds the maximum size of {STRING_BYTES_MAX} bytes"),
        )
        .with_hint("Set json_parse_truncate_strings to cut such strings."))
    }

    fn word(&mut self, word: &str) -> Result<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("unexpected word"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.bytes[self.at - whole] == b'0' {
            return Err(self.error("a number with a leading zero"));
        }
        let mut scale = 0;
        if self.peek() == Some(b'.') {
            self.at += 1;
            scale = self.digits()?;
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if !exponent && whole + scale <= 38 {
            let digits: String = text.chars().filter(|c| *c != '.').collect();
            if let (Ok(value), Ok(scale)) = (digits.parse::<i128>(), u8::try_from(scale)) {
                builder::decimal(out, value, scale);
                return Ok(());
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => builder::float(out, value),
            _ => return Err(self.error("a number out of range")),
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<usize> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(self.at - start) }
    }

    fn string(&mut self) -> Result<std::borrow::Cow<'t, str>> {
        self.at += 1;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(text.into());
                }
                b'\\' => return self.escaped_string(start).map(Into::into),
                0..=31 => return Err(self.error("a control character in a string")),
                _ => self.at += 1,
            }
        }
        Err(self.error("unterminated string"))
    }

    fn escaped_string(&mut self, start: usize) -> Result<String> {
        let mut out = self.text[start..self.at].to_owned();
        let mut copied = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    out.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => {
                    out.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    out.push(self.escape()?);
                    copied = self.at;
                }
                0..=31 => return Err(self.error("a control character in a string")),
                _ => self.at += 1,
            }
        }
        Err(self.error("unterminated string"))
    }

    fn escape(&mut self) -> Result<char> {
        let Some(byte) = self.peek() else { return Err(self.error("unterminated string")) };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high).ok_or_else(|| self.error("half of a surrogate pair"));
                }
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(self.error("half of a surrogate pair"));
                }
                self.at += 2;
                let low = self.hex()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(self.error("half of a surrogate pair"));
                }
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).ok_or_else(|| self.error("invalid escape"));
            }
            _ => return Err(self.error("invalid escape")),
        })
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.ok_or_else(|| self.error("invalid escape"))?;
        self.at += 4;
        Ok(value)
    }
}

/// Attributes of an object under construction, watched for doubles.
#[derive(Default)]
pub struct Attributes {
    attributes: Vec<(String, Vec<u8>)>,
    seen: std::collections::HashMap<String, usize>,
    doubled: Option<String>,
}

impl Attributes {
    /// Adds an attribute; a later one of the same name replaces it.
    pub fn push(&mut self, name: String, value: Vec<u8>) {
        match self.seen.get(&name) {
            Some(place) => {
                self.attributes[*place].1 = value;
                self.doubled = Some(name);
            }
            None => {
                self.seen.insert(name.clone(), self.attributes.len());
                self.attributes.push((name, value));
            }
        }
    }

    /// Appends the object.
    ///
    /// Errors: 22P02 for doubles, unless they are allowed.
    pub fn finish(self, doubles_allowed: bool, out: &mut Vec<u8>) -> Result<()> {
        if let (Some(name), false) = (&self.doubled, doubles_allowed) {
            let error = Error::new(
                SqlState::INVALID_TEXT_REPRESENTATION,
                format!("JSON parsing error: duplicate attribute name \"{name}\""),
            );
            return Err(error.with_hint("Set json_parse_dedup_attributes to keep the last of them."));
        }
        let mut object = builder::Compound::default();
        for (name, value) in &self.attributes {
            object.push_attribute(name, value);
        }
        object.finish_object(out)
    }
}
