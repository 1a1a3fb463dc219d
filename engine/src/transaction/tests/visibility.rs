//! What a transaction sees, and what others see of it.

use super::*;

#[tokio::test]
async fn a_transaction_reads_its_own_writes_and_others_see_them_after_commit() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut transaction = warehouse.begin();
    let id = transaction.create_table(definition("t")).unwrap();
    insert(&mut transaction, id, rows(0..10)).await;
    assert_eq!(ids(&mut transaction, "t").await, (0..10).collect::<Vec<_>>());
    assert!(!has_table(&mut warehouse.begin(), "t"));
    let mut early = warehouse.begin();
    early.snapshot().unwrap();
    transaction.commit().unwrap();
    assert_eq!(committed_ids(&warehouse, "t").await, (0..10).collect::<Vec<_>>());
    assert!(!has_table(&mut early, "t"), "a snapshot stays what it was");
    drop(warehouse);
    let reopened = open(folder.path());
    assert_eq!(committed_ids(&reopened, "t").await, (0..10).collect::<Vec<_>>());
    let batch = scan(provider(&mut reopened.begin(), "t"), Some(col("id").eq(lit(7_i64)))).await;
    assert_eq!(batch.column(1).as_string_view().value(0), "n7");
}

#[tokio::test]
async fn rollback_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    table_with(&warehouse, "t", 5).await;
    let files = files_below(&folder.path().join("data"));
    let mut transaction = warehouse.begin();
    let id = transaction.create_table(definition("u")).unwrap();
    insert(&mut transaction, id, rows(0..10)).await;
    transaction.create_schema("s").unwrap();
    assert!(files_below(&folder.path().join("data")) > files);
    transaction.rollback();
    assert_eq!(files_below(&folder.path().join("data")), files);
    assert!(!has_table(&mut warehouse.begin(), "u"));
    assert!(warehouse.latest().unwrap().schema("s").is_none());
}

#[tokio::test]
async fn tables_swap_names_as_dbt_does_it() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let old = table_with(&warehouse, "a", 3).await;
    let mut transaction = warehouse.begin();
    let new = transaction.create_table(definition("a__tmp")).unwrap();
    insert(&mut transaction, new, rows(100..105)).await;
    transaction.rename_relation(old, "a__backup").unwrap();
    transaction.rename_relation(new, "a").unwrap();
    assert_eq!(ids(&mut transaction, "a").await.len(), 5);
    assert_eq!(ids(&mut transaction, "a__backup").await.len(), 3);
    transaction.drop_relation(old).unwrap();
    assert_eq!(committed_ids(&warehouse, "a").await.len(), 3);
    transaction.commit().unwrap();
    let mut after = warehouse.begin();
    assert_eq!(ids(&mut after, "a").await, (100..105).collect::<Vec<_>>());
    assert!(!has_table(&mut after, "a__backup") && !has_table(&mut after, "a__tmp"));
    drop((warehouse, after));
    assert_eq!(committed_ids(&open(folder.path()), "a").await, (100..105).collect::<Vec<_>>());
}
