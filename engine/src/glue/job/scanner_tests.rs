//! Tests of the CSV scanner.

use std::io::Read;

use super::*;

/// A source that gives few bytes at a time, so that every record crosses a refill.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[derive(Debug, PartialEq)]
enum Got {
    Row(u64, Vec<String>),
    Bad(u64, BadRecord, String),
}

fn scan_by(text: &[u8], step: usize) -> Vec<Got> {
    let mut scanner = Scanner::new(Trickle(text, step), b',', 0, 1);
    let mut all = Vec::new();
    loop {
        let line = |s: &Scanner<_>| s.line();
        match scanner.next_record().unwrap() {
            Scanned::End => return all,
            Scanned::Record => {
                let fields = (0..scanner.field_count()).map(|i| String::from_utf8(scanner.field(i).to_vec()).unwrap());
                all.push(Got::Row(line(&scanner), fields.collect()));
            }
            Scanned::Bad(why) => {
                let raw = String::from_utf8_lossy(scanner.raw()).into_owned();
                all.push(Got::Bad(line(&scanner), why, raw));
            }
        }
    }
}

fn scan(text: &[u8]) -> Vec<Got> {
    let all = scan_by(text, usize::MAX);
    for step in [1, 2, 3, 7] {
        assert_eq!(scan_by(text, step), all, "step {step} of {:?}", String::from_utf8_lossy(text));
    }
    all
}

fn row(line: u64, fields: &[&str]) -> Got {
    Got::Row(line, fields.iter().map(|f| (*f).to_owned()).collect())
}

#[test]
fn records_quotes_and_line_ends() {
    assert_eq!(scan(b""), []);
    assert_eq!(scan(b"\n\r\n\n"), []);
    assert_eq!(scan(b"a,b\n1,2"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
    assert_eq!(scan(b"a,b\r\n1,\r\n"), [row(1, &["a", "b"]), row(2, &["1", ""])]);
    assert_eq!(scan(b"\"a,\"\"b\",c\n"), [row(1, &["a,\"b", "c"])]);
    assert_eq!(scan(b"\"\",\"\"\"\"\n"), [row(1, &["", "\""])]);
    assert_eq!(scan(b"\"a\"\r\n\"b\""), [row(1, &["a"]), row(2, &["b"])]);
    assert_eq!(scan(b"\"two\nlines\",x\ny,z\n"), [row(1, &["two\nlines", "x"]), row(3, &["y", "z"])]);
    assert_eq!(scan(b"5\" pipe,x\n"), [row(1, &["5\" pipe", "x"])]);
    assert_eq!(scan(b",\n,"), [row(1, &["", ""]), row(2, &["", ""])]);
    assert_eq!(scan(b"a\rb,c\n"), [row(1, &["a\rb", "c"])]);
    assert_eq!(scan("ü,€\n".as_bytes()), [row(1, &["ü", "€"])]);
}

#[test]
fn broken_quoting_costs_one_line() {
    assert_eq!(
        scan(b"1,\"abc\n2,\"def\"\n3,x\n"),
        [Got::Bad(1, BadRecord::TextAfterQuote, "1,\"abc".into()), row(2, &["2", "def"]), row(3, &["3", "x"])]
    );
    assert_eq!(
        scan(b"1,\"a\"b,c\n2,y\n"),
        [Got::Bad(1, BadRecord::TextAfterQuote, "1,\"a\"b,c".into()), row(2, &["2", "y"])]
    );
    assert_eq!(
        scan(b"1,\"open\n2,y\n"),
        [Got::Bad(1, BadRecord::UnclosedQuote, "1,\"open".into()), row(2, &["2", "y"])]
    );
    assert_eq!(scan(b"1,\"open"), [Got::Bad(1, BadRecord::UnclosedQuote, "1,\"open".into())]);
}

#[test]
fn invalid_utf8_costs_one_record() {
    assert_eq!(
        scan(b"a,b\n\xff\xfe,1\nc,d\n"),
        [row(1, &["a", "b"]), Got::Bad(2, BadRecord::NotUtf8, "\u{fffd}\u{fffd},1".into()), row(3, &["c", "d"])]
    );
}

#[test]
fn a_line_beyond_the_limit_is_skipped_in_bounded_memory() {
    let mut text = b"a,b\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 3 * RECORD_BYTES_MAX));
    text.extend_from_slice(b"\n1,2\n");
    let mut scanner = Scanner::new(text.as_slice(), b',', 0, 1);
    assert_eq!(scanner.next_record().unwrap(), Scanned::Record);
    assert_eq!(scanner.next_record().unwrap(), Scanned::Bad(BadRecord::TooLong));
    assert_eq!(scanner.raw().len(), REJECT_RAW_BYTES_MAX);
    assert!(scanner.raw().iter().all(|b| *b == b'x'));
    assert_eq!(scanner.next_record().unwrap(), Scanned::Record);
    assert_eq!((scanner.field(0), scanner.line()), (&b"1"[..], 3));
    assert_eq!(scanner.offset(), text.len() as u64 - 4);
    assert!(scanner.buffer.len() < 2 * RECORD_BYTES_MAX);
    assert_eq!(scanner.next_record().unwrap(), Scanned::End);
}

#[test]
fn byte_order_mark_is_skipped() {
    let mut scanner = Scanner::new(&b"\xef\xbb\xbfid\n1\n"[..], b',', 0, 1);
    scanner.skip_byte_order_mark().unwrap();
    assert_eq!(scanner.next_record().unwrap(), Scanned::Record);
    assert_eq!(scanner.field(0), b"id");
    assert_eq!(scanner.next_record().unwrap(), Scanned::Record);
    assert_eq!(scanner.offset(), 6);
}
