//! Tests of the data catalog through its public interface.

use std::collections::BTreeMap;

use super::*;
use crate::{
    glue::hive_type::HiveType,
    storage::{LocalFileSystem, checksum::Checksum},
};

fn input(name: &str) -> TableInput {
    TableInput {
        name: name.to_owned(),
        columns: vec![CatalogColumn::new("id", HiveType::Int), CatalogColumn::new("name", HiveType::String)],
        partition_keys: vec![CatalogColumn::new("delivery_id", HiveType::BigInt)],
        format: TableFormat::Orc,
        location: format!("chinook/{name}"),
        managed: true,
        parameters: BTreeMap::from([("classification".to_owned(), "orc".to_owned())]),
    }
}

fn file(path: &str) -> NewFile {
    let checksum = Arc::new(Checksum::new("0".repeat(64), Some(&[7; 8])));
    NewFile { path: path.to_owned(), rows: 3, bytes: 100, is_reject: false, checksum }
}

fn bookmark(table_id: i64, key: &str) -> NewBookmark {
    NewBookmark {
        table_id: Some(table_id),
        key: key.to_owned(),
        bytes: 10,
        modified_ns: 1,
        etag: None,
        content_hash: Some("h".to_owned()),
        delivery_id: 1,
        rows: 3,
        rejects: 0,
    }
}

#[test]
fn tables_versions_partitions_and_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("glue.sqlite");
    let catalog = DataCatalog::open(&path).unwrap();
    catalog.create_database("Chinook", false).unwrap();
    catalog.create_database("chinook", true).unwrap();
    assert_eq!(catalog.create_database("chinook", false).unwrap_err().state(), SqlState::DUPLICATE_OBJECT);
    let id = catalog.create_table("chinook", &input("Invoice")).unwrap();
    assert_eq!(catalog.create_table("chinook", &input("invoice")).unwrap_err().state(), SqlState::DUPLICATE_TABLE);
    catalog
        .update(|change| {
            let database = change.require_database("chinook")?;
            assert_eq!(change.next_delivery_id(database)?, 1);
            let partition = change.ensure_partition(id, &["1".to_owned()], "chinook/invoice/delivery_id=1")?;
            assert_eq!(change.ensure_partition(id, &["1".to_owned()], "x")?, partition);
            let object = change.add_bookmark(database, &bookmark(id, "Invoice/a.csv"))?;
            change.add_file(id, Some(partition), Some(object), &file("chinook/invoice/delivery_id=1/a.orc"))?;
            let columns = [CatalogColumn::new("id", HiveType::BigInt)];
            change.set_columns(id, &columns, &[CatalogColumn::new("delivery_id", HiveType::BigInt)])
        })
        .unwrap();
    // A second opening, as another process would do, sees the same.
    let other = DataCatalog::open(&path).unwrap();
    let contents = other.contents("chinook", "INVOICE").unwrap().unwrap();
    assert_eq!(contents.table.version, 2);
    assert_eq!(contents.table.columns[0].hive_type, HiveType::BigInt);
    assert_eq!(contents.partitions[0].values, ["1"]);
    assert_eq!(contents.files[0].source_object.as_deref(), Some("Invoice/a.csv"));
    assert_eq!(other.versions(&contents.table).unwrap()[0].columns.len(), 3);
    assert_eq!(other.database("chinook").unwrap().unwrap().last_delivery_id, 1);
}

#[test]
fn a_failed_update_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = DataCatalog::open(&dir.path().join("glue.sqlite")).unwrap();
    catalog.create_database("c", false).unwrap();
    let failed = catalog.update(|change| {
        change.create_table(change.require_database("c")?, &input("t"))?;
        Err::<(), _>(Error::internal("stop"))
    });
    assert!(failed.is_err());
    assert!(catalog.tables("c").unwrap().is_empty());
}

#[test]
fn dropped_files_are_kept_for_running_queries() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = DataCatalog::open(&dir.path().join("glue.sqlite")).unwrap();
    catalog.create_database("c", false).unwrap();
    let id = catalog.create_table("c", &input("t")).unwrap();
    let object = catalog
        .update(|change| {
            let object = change.add_bookmark(change.require_database("c")?, &bookmark(id, "t.csv"))?;
            change.add_file(id, None, Some(object), &file("c/t/a.orc"))?;
            Ok(object)
        })
        .unwrap();
    assert_eq!(catalog.contents("c", "t").unwrap().unwrap().files.len(), 1);
    catalog.update(|change| change.drop_bookmark(object)).unwrap();
    assert!(catalog.contents("c", "t").unwrap().unwrap().files.is_empty());
    assert!(catalog.bookmarks("c").unwrap().is_empty());
    assert!(catalog.live_paths(0).unwrap().contains("c/t/a.orc"));
    assert!(catalog.live_paths(now_us() + 1).unwrap().is_empty());
}

#[test]
fn two_connections_count_deliveries_without_gaps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("glue.sqlite");
    DataCatalog::open(&path).unwrap().create_database("c", false).unwrap();
    let workers = [DataCatalog::open(&path).unwrap(), DataCatalog::open(&path).unwrap()];
    std::thread::scope(|scope| {
        for catalog in &workers {
            scope.spawn(move || {
                for _ in 0..20 {
                    catalog.update(|c| c.next_delivery_id(c.require_database("c")?)).unwrap();
                }
            });
        }
    });
    assert_eq!(workers[0].database("c").unwrap().unwrap().last_delivery_id, 40);
}

#[test]
fn a_file_that_is_no_catalog_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("glue.sqlite");
    std::fs::write(&path, "this is no database, but long enough to be looked at as one".repeat(20)).unwrap();
    assert_eq!(DataCatalog::open(&path).unwrap_err().state(), SqlState::DATA_CORRUPTED);
}

#[test]
fn a_changed_row_is_found_at_opening_and_before_the_next_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("glue.sqlite");
    let catalog = DataCatalog::open(&path).unwrap();
    catalog.create_database("c", false).unwrap();
    assert!(catalog.problems().unwrap().is_empty());
    Connection::open(&path).unwrap().execute("update databases set last_delivery_id = 1", []).unwrap();
    assert_eq!(catalog.problems().unwrap().len(), 1);
    assert_eq!(catalog.create_database("d", false).unwrap_err().state(), SqlState::DATA_CORRUPTED);
    assert_eq!(DataCatalog::open(&path).unwrap_err().state(), SqlState::DATA_CORRUPTED);
}

#[test]
fn lost_commits_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("glue.sqlite"), dir.path().join("copy.sqlite"));
    let head = || Some(Head::new(Arc::new(LocalFileSystem), dir.path().to_owned(), "head-glue", "glue.sqlite"));
    let catalog = DataCatalog::open_with(&path, head()).unwrap();
    catalog.create_database("c", false).unwrap();
    catalog.copy_to(&copy).unwrap();
    catalog.create_database("d", false).unwrap();
    drop(catalog);
    DataCatalog::open_with(&path, head()).unwrap();
    assert_eq!(DataCatalog::open_with(&copy, head()).unwrap_err().state(), SqlState::DATA_CORRUPTED);
}

#[test]
fn a_catalog_of_the_first_layout_is_brought_to_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("glue.sqlite");
    DataCatalog::open(&path).unwrap().create_database("c", false).unwrap();
    let old = "alter table files drop column checksum; alter table files drop column blocks;
        update meta set value = 1 where key = 'layout'; delete from meta where key = 'digest'";
    Connection::open(&path).unwrap().execute_batch(old).unwrap();
    let catalog = DataCatalog::open(&path).unwrap();
    assert!(catalog.problems().unwrap().is_empty());
    assert!(catalog.database("c").unwrap().is_some());
}
