//! Tests of the job through its public interface, on folders of CSV.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use arrow::{array::RecordBatch, util::display::array_value_to_string};
use orc_rust::{ArrowReaderBuilder, schema::TimestampPrecision};
use proptest::prelude::*;

use super::*;
use crate::{
    config::Config,
    glue::{crawler, data_catalog::TableContents},
    lake::Location,
    storage::file_system::LocalFileSystem,
};

/// A warehouse and a source folder.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) catalog: DataCatalog,
    lake: LakeFolder,
    stores: ObjectStores,
    options: JobOptions,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = dir.path().join("warehouse");
        let lake = LakeFolder::open(Arc::new(LocalFileSystem), warehouse.join("lake")).unwrap();
        let catalog = DataCatalog::open(&warehouse.join("glue.sqlite")).unwrap();
        let stores = ObjectStores::new(&Config::new(&warehouse));
        fs::create_dir(dir.path().join("raw")).unwrap();
        Bench { dir, catalog, lake, stores, options: JobOptions { threads: 3, ..JobOptions::default() } }
    }

    pub(crate) fn raw(&self) -> PathBuf {
        self.dir.path().join("raw")
    }

    pub(crate) fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.raw().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Changes an object in a way that its modification time shows.
    fn change(&self, key: &str, content: impl AsRef<[u8]>) {
        self.put(key, content);
        let file = fs::File::options().append(true).open(self.raw().join(key)).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(7)).unwrap();
    }

    fn run_from(&self, source: &Path) -> Result<JobReport> {
        let context =
            JobContext { catalog: &self.catalog, lake: &self.lake, stores: &self.stores, database: "chinook" };
        run(&Location::Local(source.to_path_buf()), &context, &self.options, &NoProgress)
    }

    pub(crate) fn run(&self) -> Result<JobReport> {
        self.run_from(&self.raw())
    }

    pub(crate) fn contents(&self, table: &str) -> Arc<TableContents> {
        self.catalog.contents("chinook", table).unwrap().unwrap()
    }

    /// `name type` of the columns that come from raw data.
    fn types(&self, table: &str) -> Vec<String> {
        let raw = crawler::raw_columns(&self.contents(table).table);
        raw.iter().map(|c| format!("{} {}", c.name, c.hive_type)).collect()
    }

    fn batches(&self, table: &str) -> Vec<RecordBatch> {
        let contents = self.contents(table);
        let read = |path: &str| {
            let file = fs::File::open(self.lake.path(path)).unwrap();
            let builder = ArrowReaderBuilder::try_new(file).unwrap();
            builder.with_timestamp_precision(TimestampPrecision::Microsecond).build().map(Result::unwrap).collect()
        };
        contents.files.iter().flat_map(|f| -> Vec<RecordBatch> { read(&f.path) }).collect()
    }

    /// All rows as text, the named columns joined by `|`, NULL as `-`, sorted by object and row.
    fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        let mut rows = Vec::new();
        for batch in self.batches(table) {
            let text = |name: &str, row| match batch.column_by_name(name) {
                Some(column) if column.is_valid(row) => array_value_to_string(column, row).unwrap(),
                _ => "-".to_owned(),
            };
            for row in 0..batch.num_rows() {
                let number: u64 = text("_source_row", row).parse().unwrap();
                let line = columns.iter().map(|c| text(c, row)).collect::<Vec<_>>().join("|");
                rows.push((text("_source_object", row), number, line));
            }
        }
        rows.sort();
        rows.into_iter().map(|r| r.2).collect()
    }

    /// Lines of all reject files, without their headers.
    fn rejects(&self, report: &JobReport) -> Vec<String> {
        let read = |path: &String| fs::read_to_string(self.lake.path(path)).unwrap();
        let mut lines: Vec<String> = report
            .reject_files
            .iter()
            .flat_map(|p| read(p).lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        lines.sort();
        lines
    }
}

#[test]
fn types_rows_and_where_they_come_from() {
    let bench = Bench::new();
    bench.put(
        "Invoice/2021.csv",
        "InvoiceId,InvoiceDate,BillingPostalCode,Total,Note\r\n\
         1,2021-01-01 00:00:00,70174,1.98,\r\n2,2021-01-02 00:00:00,0171,13.86,\"\"\r\n",
    );
    bench.put("Genre.csv", "\u{feff}GenreId,Name\n1,Rock\n2,\"Drum, \"\"Bass\"\"\"");
    let report = bench.run().unwrap();
    assert_eq!((report.delivery_id, report.rows(), report.rejects()), (Some(1), 4, 0));
    assert_eq!(
        bench.types("invoice"),
        ["invoiceid int", "invoicedate timestamp", "billingpostalcode string", "total decimal(10,2)", "note string"]
    );
    let table = &bench.contents("invoice").table;
    assert_eq!(table.columns[5..].iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), SOURCE_COLUMNS);
    assert_eq!(table.partition_keys[0].name, "delivery_id");
    assert_eq!(
        bench.rows("invoice", &["invoiceid", "billingpostalcode", "total", "note", "_source_object", "_source_row"]),
        ["1|70174|1.98|-|Invoice/2021.csv|1", "2|0171|13.86|-|Invoice/2021.csv|2"]
    );
    assert_eq!(bench.rows("genre", &["genreid", "name"]), ["1|Rock", "2|Drum, \"Bass\""]);
    assert_eq!(bench.contents("invoice").partitions[0].location, "chinook/invoice/delivery_id=1");
    let again = bench.run().unwrap();
    assert_eq!((again.delivery_id, again.tables[1].objects_skipped), (None, 1));
    assert_eq!(bench.catalog.database("chinook").unwrap().unwrap().last_delivery_id, 1);
    assert_eq!(crawler::run(&bench.catalog, &bench.lake, "chinook").unwrap().changed, []);
}

#[test]
fn deliveries_append_replace_and_vanish() {
    let bench = Bench::new();
    bench.put("T/a.csv", "id\n1\n");
    bench.put("T/b.csv", "id\n2\n");
    bench.run().unwrap();
    bench.put("T/c.csv", "id\n3\n");
    let report = bench.run().unwrap();
    assert_eq!((report.tables[0].objects_new, report.tables[0].objects_skipped, report.rows()), (1, 2, 1));
    assert!(!bench.contents("t").table.needs_full_refresh);
    bench.change("T/a.csv", "id\n10\n11\n");
    let report = bench.run().unwrap();
    assert_eq!((report.tables[0].objects_replaced, report.delivery_id), (1, Some(3)));
    assert!(report.tables[0].needs_full_refresh && bench.contents("t").table.needs_full_refresh);
    assert_eq!(bench.rows("t", &["id"]), ["10", "11", "2", "3"]);
    bench.catalog.set_needs_full_refresh("chinook", "t", false).unwrap();
    fs::remove_file(bench.raw().join("T/b.csv")).unwrap();
    let report = bench.run().unwrap();
    assert_eq!((report.tables[0].objects_vanished, report.delivery_id), (1, Some(4)));
    assert!(bench.contents("t").table.needs_full_refresh);
    assert_eq!(bench.rows("t", &["id"]), ["10", "11", "3"]);
    assert_eq!(bench.run().unwrap().delivery_id, None);
}

#[test]
fn a_touched_object_is_not_loaded_again() {
    let bench = Bench::new();
    bench.put("T/a.csv", "id\n1\n");
    bench.run().unwrap();
    bench.change("T/a.csv", "id\n1\n");
    assert_eq!(bench.run().unwrap().delivery_id, None);
    assert_eq!(bench.run().unwrap().delivery_id, None);
}

#[test]
fn a_full_refresh_or_another_source_loads_everything_anew() {
    let mut bench = Bench::new();
    bench.put("T/a.csv", "id,when\n1,soon\n");
    bench.run().unwrap();
    bench.change("T/a.csv", "id,when\n1,2021-01-01\n");
    bench.run().unwrap();
    assert_eq!(bench.types("t"), ["id int", "when string"]);
    bench.options.full_refresh = true;
    let report = bench.run().unwrap();
    assert_eq!((report.rows(), report.tables[0].new_version), (1, Some(2)));
    assert_eq!(bench.types("t"), ["id int", "when date"]);
    bench.options.full_refresh = false;
    let other = bench.dir.path().join("other");
    fs::create_dir_all(other.join("T")).unwrap();
    fs::write(other.join("T/z.csv"), "id,when\n7,2022-01-01\n").unwrap();
    let report = bench.run_from(&other).unwrap();
    assert_eq!(report.notices.len(), 1);
    assert_eq!(bench.rows("t", &["id"]), ["7"]);
    assert!(bench.contents("t").table.needs_full_refresh);
}

#[test]
fn later_objects_widen_the_schema_without_rewriting() {
    let bench = Bench::new();
    bench.put("T/a.csv", "Id,Price,Empty\n1,0.99,\n");
    bench.run().unwrap();
    let old = bench.contents("t").files[0].clone();
    assert_eq!(bench.types("t"), ["id int", "price decimal(10,2)", "empty string"]);
    bench.put("T/b.csv", "price,id,New,empty\n\"1,99\",3000000000,x,2021-01-01\n");
    let report = bench.run().unwrap();
    assert_eq!(report.tables[0].new_version, Some(2));
    assert_eq!(bench.types("t"), ["id bigint", "price string", "empty date", "new string"]);
    assert_eq!(bench.contents("t").files[0], old);
    assert_eq!(bench.catalog.versions(&bench.contents("t").table).unwrap().len(), 2);
    assert_eq!(bench.rows("t", &["id", "price", "new"]), ["1|0.99|-", "3000000000|1,99|x"]);
    // A dirty value in the same object, far behind clean ones, makes the column text as it was written.
    let many: String = (0..5_000).map(|i| format!("{i},5\n")).collect();
    bench.put("U.csv", format!("id,price\n{many}5000,abc\n"));
    bench.run().unwrap();
    assert_eq!(bench.types("u"), ["id int", "price string"]);
    assert_eq!(bench.rows("u", &["price"])[4_999..], ["5", "abc"]);
}

#[test]
fn malformed_records_are_rejected_with_their_place_and_reason() {
    let bench = Bench::new();
    let mut text = b"id,name\n1,ok\n2\n3,\"open,\n4,ok\n5,a\"b,c\n".to_vec();
    text.extend_from_slice(b"6,\xff\xfe\n\n7,\"two\nlines\"\n8,x,y\n9,\"last");
    bench.put("T/dirty.csv", text);
    let report = bench.run().unwrap();
    assert_eq!((report.rows(), report.rejects()), (3, 6));
    assert_eq!(bench.rows("t", &["id", "_source_row"]), ["1|1", "4|4", "7|7"]);
    assert_eq!(
        bench.rejects(&report),
        [
            "T/dirty.csv,11,3 fields instead of 2,\"8,x,y\"",
            "T/dirty.csv,12,bad quoting: a quote is not closed,\"9,\"\"last\"",
            "T/dirty.csv,3,1 fields instead of 2,2",
            "T/dirty.csv,4,bad quoting: text after a closing quote,\"3,\"\"open,\"",
            "T/dirty.csv,6,3 fields instead of 2,\"5,a\"\"b,c\"",
            "T/dirty.csv,7,invalid UTF-8,\"6,\u{fffd}\u{fffd}\"",
        ]
    );
}

#[test]
fn objects_without_rows() {
    let bench = Bench::new();
    bench.put("T/header.csv", "Id,Name\n");
    bench.put("U/empty.csv", "");
    let report = bench.run().unwrap();
    assert_eq!((report.rows(), report.objects_loaded()), (0, 2));
    assert_eq!(bench.types("t"), ["id string", "name string"]);
    assert!(bench.catalog.table("chinook", "u").unwrap().is_none());
    assert!(report.notices[0].contains("U/empty.csv"));
    bench.put("T/rows.csv", "Id,Name\n1,x\n");
    bench.run().unwrap();
    assert_eq!(bench.types("t"), ["id int", "name string"]);
    assert_eq!(bench.run().unwrap().delivery_id, None);
}

#[test]
fn bad_input_is_a_clear_error_and_changes_nothing() {
    let bench = Bench::new();
    assert_eq!(bench.run_from(Path::new("/nowhere/at/all")).unwrap_err().state(), SqlState::UNDEFINED_FILE);
    assert_eq!(bench.run().unwrap_err().state(), SqlState::UNDEFINED_FILE);
    bench.put("readme.txt", "hello");
    assert!(bench.run().unwrap_err().message().contains("no CSV"));
    bench.put("T/a.csv", "id,name\n1,x\n");
    bench.run().unwrap();
    let before = bench.contents("t");
    for (content, state) in [
        (&b"\x1f\x8b\x08\x00garbage"[..], SqlState::BAD_FILE_FORMAT),
        (b"\x00\x01\x02\x03", SqlState::BAD_FILE_FORMAT),
        (b"5,y\n6,z\n", SqlState::BAD_FILE_FORMAT),
        (b"id,id\n", SqlState::BAD_FILE_FORMAT),
    ] {
        bench.put("T/b.csv", content);
        bench.put("A/good.csv", "id\n1\n");
        let error = bench.run().unwrap_err();
        assert_eq!(error.state(), state);
        assert!(error.message().contains("T/b.csv"), "{error}");
        assert_eq!(bench.contents("t"), before);
        assert!(bench.catalog.table("chinook", "a").unwrap().is_none());
        assert_eq!(fs::read_dir(bench.lake.path("chinook")).unwrap().count(), 1);
    }
}

#[test]
fn a_cancelled_run_leaves_nothing() {
    let mut bench = Bench::new();
    bench.put("T/a.csv", "id\n1\n");
    bench.options.cancel.store(true, Ordering::Relaxed);
    assert_eq!(bench.run().unwrap_err().state(), SqlState::QUERY_CANCELED);
    assert!(bench.catalog.databases().unwrap().is_empty());
    bench.options.cancel = Arc::default();
    assert_eq!(bench.run().unwrap().rows(), 1);
    assert_eq!(bench.contents("t").files.len(), 1);
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let bench = Bench::new();
    bench.put("T/a.csv", "id\n1\n");
    let orphan = bench.lake.path("chinook/t/delivery_id=1/part-00000-0000-00-dead.orc");
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, "half a file").unwrap();
    assert_eq!(bench.run().unwrap().rows(), 1);
    assert!(!orphan.exists());
    assert_eq!(bench.rows("t", &["id"]), ["1"]);
}

#[test]
fn a_line_of_100_mb_is_rejected() {
    let mut bench = Bench::new();
    bench.options.split_bytes_min = 8 << 20;
    let mut text = b"id,name\n1,x\n".to_vec();
    text.resize(text.len() + (40 << 20), b'z');
    text.extend_from_slice(b"\n2,y\n");
    bench.put("T/a.csv", text);
    let report = bench.run().unwrap();
    assert_eq!((report.rows(), report.rejects()), (2, 1));
    assert_eq!(bench.rows("t", &["id", "_source_row"]), ["1|1", "2|3"]);
    assert!(bench.rejects(&report)[0].starts_with("T/a.csv,3,record longer than 16 MB,zzz"));
}

/// A value as a CSV writer may put it, and what must be read back.
fn field() -> impl Strategy<Value = (String, Option<String>)> {
    let plain = prop_oneof![Just(String::new()), "[a-z0-9 .-]{0,8}", "-?[0-9]{1,12}", "[0-9]{1,3}\\.[0-9]{1,3}"];
    let wild = prop_oneof![Just("\"".to_owned()), "[\"',;\n\r üß€a-c]{0,12}"];
    let quote = |v: &str| format!("\"{}\"", v.replace('"', "\"\""));
    prop_oneof![
        3 => plain.prop_map(|v| (v.clone(), v)),
        1 => wild.prop_map(move |v| (quote(&v), v)),
    ]
    .prop_map(|(text, value)| (text, (!value.is_empty()).then_some(value)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random CSV, converted whole and in tiny chunks, reads back as it was written.
    #[test]
    fn csv_to_orc_and_back(
        rows in prop::collection::vec(prop::collection::vec(field(), 3), 0..60),
        split in 16u64..200,
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("A,B,C{end}");
        for row in &rows {
            text.push_str(&row.iter().map(|f| f.0.as_str()).collect::<Vec<_>>().join(","));
            text.push_str(end);
        }
        // A text column stays as it was written; the word makes each column one.
        text.push_str(&format!("word,word,word{end}"));
        let wanted: Vec<String> = rows
            .iter()
            .map(|row| row.iter().map(|f| f.1.clone().unwrap_or("-".into())).collect::<Vec<_>>().join("|"))
            .chain(["word|word|word".to_owned()])
            .collect();
        for split_bytes_min in [u64::MAX, split] {
            let mut bench = Bench::new();
            bench.options.split_bytes_min = split_bytes_min;
            bench.put("T.csv", &text);
            let report = bench.run().unwrap();
            prop_assert_eq!(report.rejects(), 0);
            prop_assert_eq!(bench.rows("t", &["a", "b", "c"]), wanted.clone());
            let numbers: Vec<String> = (1..=wanted.len()).map(|n| n.to_string()).collect();
            prop_assert_eq!(bench.rows("t", &["_source_row"]), numbers);
        }
    }

    /// Any bytes after a header: every record is a row or a reject, however the object is split.
    #[test]
    fn nothing_disappears(noise in "[\",\n\r\u{e9}x1]{0,300}", split in 8u64..64) {
        let text = format!("a,b\n{noise}");
        let mut seen = Vec::new();
        for split_bytes_min in [u64::MAX, split] {
            let mut bench = Bench::new();
            bench.options.split_bytes_min = split_bytes_min;
            bench.put("T.csv", &text);
            let report = bench.run().unwrap();
            seen.push((bench.rows("t", &["a", "b", "_source_row"]), bench.rejects(&report)));
        }
        prop_assert_eq!(&seen[0], &seen[1]);
    }
}
