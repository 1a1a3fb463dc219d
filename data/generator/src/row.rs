//! One reusable CSV row: all fields in one buffer, so that writing a row allocates nothing.

use std::fmt::{self, Display, Write};

/// The fields of a row.
#[derive(Default, Clone)]
pub(crate) struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    /// Forgets all fields, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Appends a field.
    pub(crate) fn push(&mut self, value: impl Display) {
        let _ = write!(self.text, "{value}"); // writing to a String cannot fail
        self.end();
    }

    /// Appends a field that `write` writes.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Number of fields.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a field.
    pub(crate) fn field(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }

    /// Replaces a field.
    pub(crate) fn set(&mut self, index: usize, value: &str) {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        let end = self.ends[index];
        self.text.replace_range(start..end, value);
        for later in &mut self.ends[index..] {
            *later = *later - (end - start) + value.len();
        }
    }

    /// Drops the last field.
    pub(crate) fn pop(&mut self) {
        self.ends.pop();
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Appends the row as a CSV line. Fields are quoted only where CSV demands it, as in Chinook's files.
    pub(crate) fn write_csv(&self, out: &mut Vec<u8>) {
        for index in 0..self.len() {
            if index > 0 {
                out.push(b',');
            }
            write_field(out, self.field(index));
        }
        out.push(b'\n');
    }
}

/// Appends one CSV field, quoted if need be.
pub(crate) fn write_field(out: &mut Vec<u8>, field: &str) {
    if !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(field.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in field.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// An amount in cents, written as dollars: `5.94`.
pub(crate) struct Cents(pub(crate) u64);

impl Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_can_be_replaced_and_quoted() {
        let mut row = Row::default();
        row.push(7);
        row.push("Rua Nova, 3");
        row.push(Cents(105));
        row.push("say \"oh\"");
        row.set(1, "São \"João\", 4");
        row.set(0, "12345");
        let mut out = Vec::new();
        row.write_csv(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "12345,\"São \"\"João\"\", 4\",1.05,\"say \"\"oh\"\"\"\n");
        row.pop();
        assert_eq!((row.len(), row.field(2)), (3, "1.05"));
    }
}
