//! A streaming CSV scanner (RFC 4180) in bounded memory.
//!
//! It hands out one record at a time as ranges of its buffer, without a copy per field, and
//! never fails on bad data: a record that is no CSV is returned as [`Scanned::Bad`], and scanning
//! goes on. When quoting is broken, only the physical line on which the record began is given
//! up, and the scan resumes on the next line, so that one stray quote cannot swallow the rest of
//! an object. Records end with LF or CRLF; blank lines are skipped.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter};

/// A record longer than this is rejected instead of being buffered.
pub const RECORD_BYTES_MAX: usize = 16 << 20;
/// Bytes asked of the source at once.
const READ_BYTES: usize = 1 << 20;
/// Raw bytes kept of a rejected record.
pub const REJECT_RAW_BYTES_MAX: usize = 1 << 10;

/// Why a record is no CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BadRecord {
    /// Text after a closing quote.
    TextAfterQuote,
    /// A quote that is never closed.
    UnclosedQuote,
    /// Longer than [`RECORD_BYTES_MAX`].
    TooLong,
    /// Bytes that are not UTF-8.
    NotUtf8,
}

impl BadRecord {
    /// The reason as the reject file states it.
    pub fn reason(self) -> &'static str {
        match self {
            BadRecord::TextAfterQuote => "bad quoting: text after a closing quote",
            BadRecord::UnclosedQuote => "bad quoting: a quote is not closed",
            BadRecord::TooLong => "record longer than 16 MB",
            BadRecord::NotUtf8 => "invalid UTF-8",
        }
    }
}

/// What a step of the scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// A record; its fields are in [`Scanner::field`].
    Record,
    /// A record that is no CSV; its beginning is in [`Scanner::raw`].
    Bad(BadRecord),
    /// The source is at its end.
    End,
}

/// A field: a range of the buffer, or of the scratch space when quotes had to be undoubled.
#[derive(Debug, Clone, Copy)]
struct Field {
    start: u32,
    end: u32,
    unescaped: bool,
}

/// How scanning a record in the buffer ended.
enum Step {
    Complete { end: usize, next: usize },
    NeedMore { in_quotes: bool },
    Bad(BadRecord),
}

/// Scans the records of a source.
pub struct Scanner<R> {
    source: R,
    delimiter: u8,
    quote: Option<u8>,
    buffer: Vec<u8>,
    /// The unread part of the buffer is `begin..filled`.
    begin: usize,
    filled: usize,
    at_end: bool,
    /// Everything up to here in the buffer is known to be UTF-8.
    utf8_until: usize,
    /// Offset in the object of `buffer[0]`.
    base: u64,
    /// Physical line, from 1, on which the next record begins.
    next_line: u64,
    record: (usize, usize),
    line: u64,
    offset: u64,
    fields: Vec<Field>,
    scratch: Vec<u8>,
    /// The current record has a quoted field.
    saw_quote: bool,
}

impl<R: Read> Scanner<R> {
    /// A scanner of `source`, whose first byte is byte `offset` of the object, on line `line`.
    pub fn new(source: R, delimiter: u8, offset: u64, line: u64) -> Self {
        Scanner {
            source,
            delimiter,
            quote: Some(b'"'),
            buffer: Vec::new(),
            begin: 0,
            filled: 0,
            at_end: false,
            utf8_until: 0,
            base: offset,
            next_line: line,
            record: (0, 0),
            line,
            offset,
            fields: Vec::new(),
            scratch: Vec::new(),
            saw_quote: false,
        }
    }

    /// The same scanner with another quote, or with none: then every character is data.
    #[must_use]
    pub fn with_quote(mut self, quote: Option<u8>) -> Self {
        self.quote = quote;
        self
    }

    /// Skips physical lines, however long they are.
    pub fn skip_lines(&mut self, count: u64) -> io::Result<()> {
        let mut left = count;
        while left > 0 {
            if let Some(length) = memchr(b'\n', &self.buffer[self.begin..self.filled]) {
                self.begin += length + 1;
                self.next_line += 1;
                left -= 1;
                continue;
            }
            self.begin = self.filled;
            if self.at_end {
                return Ok(());
            }
            self.fill()?;
        }
        Ok(())
    }

    /// Offset in the object at which the next record begins (or a blank line before it).
    pub fn position(&self) -> u64 {
        self.base + self.begin as u64
    }

    /// Offset in the object at which the current record begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Line on which the current record begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Line on which the next record begins.
    pub fn next_line(&self) -> u64 {
        self.next_line
    }

    /// Fields of the current record.
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// A field's value, without its quotes.
    #[inline]
    pub fn field(&self, index: usize) -> &[u8] {
        let field = self.fields[index];
        let (start, end) = (field.start as usize, field.end as usize);
        if field.unescaped {
            &self.scratch[start..end]
        } else {
            &self.buffer[self.record.0 + start..self.record.0 + end]
        }
    }

    /// The current record as it stands in the source (its beginning, when it was too long).
    pub fn raw(&self) -> &[u8] {
        &self.buffer[self.record.0..self.record.1]
    }

    /// Skips a byte order mark at the start of the object.
    pub fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        while self.filled - self.begin < 3 && !self.at_end {
            self.fill()?;
        }
        if self.buffer[self.begin..self.filled].starts_with(b"\xef\xbb\xbf") {
            self.begin += 3;
        }
        Ok(())
    }

    /// The first bytes of what is left, to look at without scanning.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.filled - self.begin < count && !self.at_end {
            self.fill()?;
        }
        Ok(&self.buffer[self.begin..self.filled.min(self.begin + count)])
    }

    /// Scans the next record.
    pub fn next_record(&mut self) -> io::Result<Scanned> {
        self.skip_blank_lines()?;
        self.line = self.next_line;
        self.offset = self.position();
        loop {
            if self.begin == self.filled && self.at_end {
                return Ok(Scanned::End);
            }
            match self.scan() {
                Step::Complete { end, next } => return Ok(self.complete(end, next)),
                Step::Bad(why) => return self.give_up_line(why),
                Step::NeedMore { in_quotes } => {
                    if self.filled - self.begin >= RECORD_BYTES_MAX {
                        let why = if in_quotes { BadRecord::UnclosedQuote } else { BadRecord::TooLong };
                        return self.give_up_line(why);
                    }
                    self.fill()?;
                }
            }
        }
    }

    fn skip_blank_lines(&mut self) -> io::Result<()> {
        loop {
            match self.buffer[self.begin..self.filled] {
                [b'\n', ..] => self.begin += 1,
                [b'\r', b'\n', ..] => self.begin += 2,
                [] | [b'\r'] if !self.at_end => {
                    self.fill()?;
                    continue;
                }
                [b'\r'] => self.begin += 1,
                _ => return Ok(()),
            }
            self.next_line += 1;
        }
    }

    /// Tries to scan one record from `begin`.
    fn scan(&mut self) -> Step {
        self.fields.clear();
        self.scratch.clear();
        let data = &self.buffer[self.begin..self.filled];
        let (delimiter, quote) = (self.delimiter, self.quote);
        let delimiters = [EVERY_BYTE * u64::from(delimiter), EVERY_BYTE * u64::from(b'\n')];
        self.saw_quote = false;
        let mut at = 0;
        loop {
            if quote.is_some() && data.get(at).copied() == quote {
                let quote = quote.unwrap_or_default();
                self.saw_quote = true;
                match quoted_field(data, at, self.at_end, (delimiter, quote), &mut self.scratch) {
                    Ok((field, end)) => {
                        self.fields.push(field);
                        at = end;
                    }
                    Err(step) => return step,
                }
            } else {
                let start = at;
                at = find_end(data, at, delimiters);
                if at == data.len() && !self.at_end {
                    return Step::NeedMore { in_quotes: false };
                }
                let ends_line = data.get(at) != Some(&delimiter);
                let end = if ends_line && at > start && data[at - 1] == b'\r' { at - 1 } else { at };
                self.fields.push(Field { start: start as u32, end: end as u32, unescaped: false });
            }
            match data.get(at) {
                Some(&byte) if byte == delimiter => at += 1,
                Some(b'\r') => return Step::Complete { end: at, next: at + 2 },
                Some(_) => {
                    let end = if at > 0 && data[at - 1] == b'\r' { at - 1 } else { at };
                    return Step::Complete { end, next: at + 1 };
                }
                None => return Step::Complete { end: at, next: at },
            }
        }
    }

    fn complete(&mut self, end: usize, next: usize) -> Scanned {
        let start = self.begin;
        self.record = (start, start + end);
        self.begin = (start + next).min(self.filled);
        let raw = &self.buffer[start..start + end];
        // Only a quoted field can hold a line break.
        self.next_line += 1;
        if self.saw_quote {
            self.next_line += memchr_iter(b'\n', raw).count() as u64;
        }
        if self.begin > self.utf8_until && std::str::from_utf8(raw).is_err() {
            return Scanned::Bad(BadRecord::NotUtf8);
        }
        Scanned::Record
    }

    /// Gives up the physical line on which the record began; the scan goes on after it.
    fn give_up_line(&mut self, why: BadRecord) -> io::Result<Scanned> {
        self.fields.clear();
        while !self.at_end
            && self.filled - self.begin < RECORD_BYTES_MAX
            && memchr(b'\n', &self.buffer[self.begin..self.filled]).is_none()
        {
            self.fill()?;
        }
        let start = self.begin;
        if let Some(length) = memchr(b'\n', &self.buffer[start..self.filled]) {
            self.record = (start, start + length.min(REJECT_RAW_BYTES_MAX));
            self.begin = start + length + 1;
            self.next_line += 1;
            return Ok(Scanned::Bad(why));
        }
        // The line is longer than the buffer: keep its beginning, skip the rest.
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.buffer[start..self.filled.min(start + REJECT_RAW_BYTES_MAX)]);
        let why = if self.filled - start >= RECORD_BYTES_MAX { BadRecord::TooLong } else { why };
        loop {
            self.base += self.filled as u64;
            (self.begin, self.filled, self.utf8_until) = (0, 0, 0);
            if self.at_end {
                break;
            }
            self.fill()?;
            if let Some(length) = memchr(b'\n', &self.buffer[..self.filled]) {
                self.begin = length + 1;
                break;
            }
        }
        self.next_line += 1;
        self.keep_raw_of_long_line();
        Ok(Scanned::Bad(why))
    }

    /// Puts the beginning of a skipped line where [`Scanner::raw`] finds it: past the data.
    fn keep_raw_of_long_line(&mut self) {
        let start = self.filled;
        let needed = start + self.scratch.len();
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        self.buffer[start..needed].copy_from_slice(&self.scratch);
        self.record = (start, needed);
    }

    /// Reads more of the source; moves the unread part to the front first.
    fn fill(&mut self) -> io::Result<()> {
        if self.begin > 0 {
            self.buffer.copy_within(self.begin..self.filled, 0);
            self.base += self.begin as u64;
            self.filled -= self.begin;
            self.utf8_until = self.utf8_until.saturating_sub(self.begin);
            self.begin = 0;
        }
        let wanted = (self.filled * 2).max(READ_BYTES).min(self.filled + 4 * READ_BYTES);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        match self.source.read(&mut self.buffer[self.filled..wanted]) {
            Ok(0) => self.at_end = true,
            Ok(count) => self.filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
        self.check_utf8();
        Ok(())
    }

    /// Checks the new bytes at once, which is much cheaper than record by record.
    fn check_utf8(&mut self) {
        self.utf8_until = match std::str::from_utf8(&self.buffer[self.utf8_until..self.filled]) {
            Ok(_) => self.filled,
            Err(e) => self.utf8_until + e.valid_up_to(),
        };
    }
}

/// A one in every byte of a word.
const EVERY_BYTE: u64 = 0x0101_0101_0101_0101;

/// Where the unquoted field that begins at `at` ends: at a delimiter, a line end, or the end of
/// the data. Looks at eight bytes at a time, because fields are short: see "Determine if a word
/// has a zero byte" in the literature on bit tricks; the lowest bit found is always right.
#[inline]
fn find_end(data: &[u8], mut at: usize, delimiters: [u64; 2]) -> usize {
    let zero_bytes = |word: u64| word.wrapping_sub(EVERY_BYTE) & !word & (EVERY_BYTE << 7);
    while let Some(Ok(bytes)) = data.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(bytes);
        let found = zero_bytes(word ^ delimiters[0]) | zero_bytes(word ^ delimiters[1]);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let [first, second] = delimiters.map(|word| word as u8);
    let rest = data.get(at..).unwrap_or_default();
    rest.iter().position(|byte| *byte == first || *byte == second).map_or(data.len(), |length| at + length)
}

/// Scans the quoted field that begins at `at`; returns it and where the byte after it stands.
fn quoted_field(
    data: &[u8],
    at: usize,
    at_end: bool,
    (delimiter, quote): (u8, u8),
    scratch: &mut Vec<u8>,
) -> Result<(Field, usize), Step> {
    let start = at + 1;
    let (scratch_start, mut copied, mut from) = (scratch.len(), start, start);
    loop {
        let Some(length) = memchr(quote, &data[from..]) else {
            return Err(if at_end { Step::Bad(BadRecord::UnclosedQuote) } else { Step::NeedMore { in_quotes: true } });
        };
        let close = from + length;
        match data.get(close + 1) {
            None if !at_end => return Err(Step::NeedMore { in_quotes: true }),
            Some(&next) if next == quote => {
                scratch.extend_from_slice(&data[copied..=close]);
                copied = close + 2;
                from = close + 2;
                continue;
            }
            Some(b'\r') if data.get(close + 2).is_none() && !at_end => {
                return Err(Step::NeedMore { in_quotes: false });
            }
            Some(b'\r') if matches!(data.get(close + 2), None | Some(b'\n')) => {}
            Some(&next) if next != delimiter && next != b'\n' => return Err(Step::Bad(BadRecord::TextAfterQuote)),
            _ => {}
        }
        let field = if copied == start {
            Field { start: start as u32, end: close as u32, unescaped: false }
        } else {
            scratch.extend_from_slice(&data[copied..close]);
            Field { start: scratch_start as u32, end: scratch.len() as u32, unescaped: true }
        };
        return Ok((field, close + 1));
    }
}

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
