//! The header line of a CSV object: column names, and whether this is CSV at all.

use std::collections::HashSet;

use super::{
    SOURCE_COLUMNS,
    scanner::{Scanned, Scanner},
};
use crate::{
    config::{COLUMNS_MAX, IDENTIFIER_BYTES_MAX},
    error::{Error, Result, SqlState},
    glue::DELIVERY_KEY,
    lake::source::{ObjectInfo, Source},
};

/// Bytes looked at to tell text from binary data.
const PROBE_BYTES: usize = 8 << 10;
/// How well-known binary formats begin.
const MAGIC_NUMBERS: [(&[u8], &str); 8] = [
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

/// What the header of an object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Column names, in lower case, in the order of the object.
    pub columns: Vec<String>,
    /// Where the data begins.
    pub data_offset: u64,
    /// Line on which the data begins.
    pub data_line: u64,
}

/// Reads the header of an object; None when the object is empty.
pub fn read_header(source: &Source, object: &ObjectInfo) -> Result<Option<Header>> {
    let io = |e| Error::io(source.cannot_read(&object.key), e);
    let refuse = |why: &str| refuse(source, object, why);
    let mut scanner = Scanner::new(source.read_from(object, 0)?, b',', 0, 1);
    let probe = scanner.peek(PROBE_BYTES).map_err(io)?;
    if let Some((_, what)) = MAGIC_NUMBERS.iter().find(|(magic, _)| probe.starts_with(magic)) {
        // "ORC" could also begin a column name: only a file that is not text is refused.
        if *what != "ORC" || probe.contains(&0) {
            return Err(refuse(&format!("it is {what}, not CSV in UTF-8")));
        }
    }
    if probe.contains(&0) {
        return Err(refuse("it is binary data, not CSV"));
    }
    scanner.skip_byte_order_mark().map_err(io)?;
    match scanner.next_record().map_err(io)? {
        Scanned::End => Ok(None),
        Scanned::Bad(why) => Err(refuse(&format!("its header line is no CSV: {}", why.reason()))),
        Scanned::Record => {
            let fields = (0..scanner.field_count()).map(|i| String::from_utf8_lossy(scanner.field(i)).into_owned());
            let columns = fields.map(|name| name.trim().to_lowercase()).collect::<Vec<_>>();
            check_names(&columns).map_err(|why| refuse(&why))?;
            Ok(Some(Header { columns, data_offset: scanner.position(), data_line: scanner.next_line() }))
        }
    }
}

fn refuse(source: &Source, object: &ObjectInfo, why: &str) -> Error {
    Error::new(SqlState::BAD_FILE_FORMAT, format!("cannot load the object \"{}\": {why}", object.key))
        .with_detail(format!("The object is in {}. Nothing of this run was loaded.", source.location()))
        .with_hint("Repair or remove the object and run again.")
}

fn check_names(columns: &[String]) -> Result<(), String> {
    if columns.len() + SOURCE_COLUMNS.len() + 1 > COLUMNS_MAX {
        return Err(format!("its header names {} columns, more than a table can have", columns.len()));
    }
    let mut seen = HashSet::new();
    for (index, name) in columns.iter().enumerate() {
        let number = index + 1;
        if name.is_empty() {
            return Err(format!("column {number} of its header has no name"));
        }
        if name.len() > IDENTIFIER_BYTES_MAX {
            return Err(format!("the name of column {number} is longer than {IDENTIFIER_BYTES_MAX} bytes"));
        }
        if name.chars().any(char::is_control) {
            return Err(format!("the name of column {number} contains a control character"));
        }
        if !seen.insert(name.as_str()) {
            return Err(format!("its header names column \"{name}\" twice"));
        }
        if name == DELIVERY_KEY || SOURCE_COLUMNS.contains(&name.as_str()) {
            return Err(format!("its header names the column \"{name}\", which the job itself adds"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        lake::{Location, ObjectStores},
    };

    fn header(content: &[u8]) -> Result<Option<Header>> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("t.csv"), content).unwrap();
        let stores = ObjectStores::new(&Config::new(dir.path().join("w")));
        let source = Source::open(&Location::Local(dir.path().to_path_buf()), &stores).unwrap();
        read_header(&source, &source.list().unwrap()[0])
    }

    #[test]
    fn names_are_lowered_and_positions_known() {
        let found = header(b"\xef\xbb\xbfInvoiceId, \"Total\"\r\n1,2\r\n").unwrap().unwrap();
        assert_eq!(found.columns, ["invoiceid", "\"total\""]);
        let found = header(b"\xef\xbb\xbfInvoiceId,\"Total\"\r\n1,2\r\n").unwrap().unwrap();
        assert_eq!(found, Header { columns: vec!["invoiceid".into(), "total".into()], data_offset: 22, data_line: 2 });
        assert_eq!(header(b"").unwrap(), None);
        assert_eq!(header(b"\n\n").unwrap(), None);
        assert_eq!(header(b"\n\nOrcId\n1\n").unwrap().unwrap().data_line, 4);
        assert_eq!(header(b"id").unwrap().unwrap().data_offset, 2);
    }

    #[test]
    fn what_is_no_csv_is_refused_by_name() {
        let cases: [(&[u8], &str); 8] = [
            (b"\x1f\x8b\x08\x00abc", "gzip"),
            (b"a,b\x00c\n", "binary"),
            (b"a,,c\n", "column 2"),
            (b"id,Id\n", "twice"),
            (b"id,delivery_id\n", "adds"),
            (b"id,_source_row\n", "adds"),
            (b"\"id,name\n", "header line"),
            (b"na\xffme\n", "UTF-8"),
        ];
        for (content, wanted) in cases {
            let error = header(content).unwrap_err();
            assert_eq!(error.state(), SqlState::BAD_FILE_FORMAT);
            assert!(error.message().contains("t.csv") && error.message().contains(wanted), "{error}");
        }
    }
}
