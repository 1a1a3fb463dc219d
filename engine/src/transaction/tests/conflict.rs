//! What may be committed after what, in one process and in several.

use super::*;

#[tokio::test]
async fn appends_go_together_and_deletes_of_one_table_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    // The second handle stands for another process.
    let second = open(folder.path());
    let id = table_with(&first, "t", 10).await;
    let (mut a, mut b, mut c, mut d) = (first.begin(), second.begin(), second.begin(), first.begin());
    for transaction in [&mut a, &mut b, &mut c, &mut d] {
        transaction.snapshot().unwrap();
    }
    insert(&mut a, id, rows(10..20)).await;
    insert(&mut b, id, rows(20..30)).await;
    assert_eq!(delete_where(&mut c, id, col("id").lt(lit(5_i64))).await, 5);
    assert_eq!(delete_where(&mut d, id, col("id").eq(lit(9_i64))).await, 1);
    a.commit().unwrap();
    b.commit().unwrap();
    c.commit().unwrap();
    let error = d.commit().unwrap_err();
    assert_eq!(error.state(), SqlState::SERIALIZATION_FAILURE);
    assert_eq!(error.detail(), Some("Serializable isolation violation on table - t"));
    let expected: Vec<i64> = (5..30).collect();
    assert_eq!(committed_ids(&first, "t").await, expected);
    assert_eq!(committed_ids(&second, "t").await, expected);
}

#[tokio::test]
async fn a_change_of_a_table_conflicts_with_all_that_others_did_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 10).await;
    let mut dropper = warehouse.begin();
    dropper.drop_relation(id).unwrap();
    let mut renamer = warehouse.begin();
    renamer.rename_relation(id, "u").unwrap();
    let mut truncater = warehouse.begin();
    assert_eq!(truncater.truncate(id).unwrap(), 10);
    let mut appender = warehouse.begin();
    insert(&mut appender, id, rows(10..11)).await;
    appender.commit().unwrap();
    assert_eq!(dropper.commit().unwrap_err().state(), SqlState::SERIALIZATION_FAILURE);
    assert_eq!(renamer.commit().unwrap_err().state(), SqlState::SERIALIZATION_FAILURE);
    truncater.commit().unwrap();
    assert_eq!(committed_ids(&warehouse, "t").await, [10], "what was appended meanwhile stays");
}

#[tokio::test]
async fn one_name_is_given_once_also_across_processes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    let (mut a, mut b) = (first.begin(), second.begin());
    let x = a.create_table(definition("t")).unwrap();
    let y = b.create_table(definition("t")).unwrap();
    assert_ne!(x, y);
    a.create_schema("s").unwrap();
    a.commit().unwrap();
    assert_eq!(b.commit().unwrap_err().state(), SqlState::DUPLICATE_TABLE);
    let mut c = second.begin();
    assert_eq!(c.create_schema("s").unwrap_err().state(), SqlState::DUPLICATE_SCHEMA);
    assert_eq!(c.create_table(definition("t")).unwrap_err().state(), SqlState::DUPLICATE_TABLE);
}

#[tokio::test]
async fn a_schema_cannot_go_while_another_transaction_fills_it() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut setup = warehouse.begin();
    let schema = setup.create_schema("s").unwrap();
    setup.commit().unwrap();
    let (mut filler, mut dropper) = (warehouse.begin(), warehouse.begin());
    dropper.drop_schema(schema).unwrap();
    filler.create_table(TableDefinition { schema_id: schema, ..definition("t") }).unwrap();
    let mut late = warehouse.begin();
    late.create_table(TableDefinition { schema_id: schema, ..definition("u") }).unwrap();
    filler.commit().unwrap();
    assert_eq!(dropper.commit().unwrap_err().state(), SqlState::SERIALIZATION_FAILURE);
    late.commit().unwrap();
    let mut full = warehouse.begin();
    assert_eq!(full.drop_schema(schema).unwrap_err().state(), SqlState::DEPENDENT_OBJECTS);
}

#[test]
fn many_writers_in_two_handles_lose_nothing() {
    const WRITERS: i64 = 8;
    const COMMITS: i64 = 15;
    let folder = tempfile::tempdir().unwrap();
    let handles = [open(folder.path()), open(folder.path())];
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let id = runtime().block_on(table_with(&handles[0], "t", 0));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let warehouse = &handles[(writer % 2) as usize];
            scope.spawn(move || {
                runtime().block_on(async {
                    for commit in 0..COMMITS {
                        let first = (writer * COMMITS + commit) * 10;
                        let mut transaction = warehouse.begin();
                        let own = format!("own_{writer}");
                        if let Some(old) = transaction.snapshot().unwrap().relation(PUBLIC, &own) {
                            transaction.drop_relation(old.id()).unwrap();
                        }
                        let new = transaction.create_table(definition(&own)).unwrap();
                        insert(&mut transaction, new, rows(first..first + 10)).await;
                        insert(&mut transaction, id, rows(first..first + 10)).await;
                        transaction.commit().unwrap();
                    }
                });
            });
        }
    });
    let total = WRITERS * COMMITS;
    for warehouse in &handles {
        let all = runtime().block_on(committed_ids(warehouse, "t"));
        assert_eq!(all, (0..total * 10).collect::<Vec<_>>());
        for writer in 0..WRITERS {
            let last = ((writer + 1) * COMMITS - 1) * 10;
            let own = runtime().block_on(committed_ids(warehouse, &format!("own_{writer}")));
            assert_eq!(own, (last..last + 10).collect::<Vec<_>>());
        }
        // One commit made the table.
        assert_eq!(warehouse.latest().unwrap().id(), SnapshotId(total + 1));
    }
    let incremental = handles[0].latest().unwrap();
    drop(handles);
    let reloaded = open(folder.path()).latest().unwrap();
    let files = |s: &CatalogSnapshot| s.table(id).unwrap().segments.clone();
    assert_eq!(files(&incremental), files(&reloaded), "what was kept up to date is what is there");
}

#[tokio::test]
async fn a_commit_of_another_program_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 5).await;
    let mut transaction = warehouse.begin();
    transaction.truncate(id).unwrap();
    let foreign = rusqlite::Connection::open(folder.path().join("catalog.sqlite")).unwrap();
    foreign
        .execute("INSERT INTO ducklake_snapshot SELECT max(snapshot_id) + 1, '', 9, 99, 999 FROM ducklake_snapshot", [])
        .unwrap();
    foreign.execute("UPDATE ducklake_table SET table_name = 'u'", []).unwrap();
    assert_eq!(transaction.commit().unwrap_err().state(), SqlState::SERIALIZATION_FAILURE);
    assert_eq!(committed_ids(&warehouse, "u").await.len(), 5);
    foreign.execute("INSERT INTO ducklake_inlined_data_tables VALUES (1, 'x', 1)", []).unwrap();
    drop(warehouse);
    let error = Warehouse::open(&Config::new(folder.path())).unwrap_err();
    assert_eq!(error.state(), SqlState::FEATURE_NOT_SUPPORTED);
}
