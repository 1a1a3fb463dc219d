//! Expiry, merging, copies.

use super::*;

fn sound(warehouse: &Arc<Warehouse>) {
    let report = warehouse.verify(|_, _| {}).unwrap();
    assert_eq!((report.problems, report.unknown_files), (vec![], 0));
}

#[tokio::test]
async fn old_states_expire_and_their_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 10).await;
    let mut early = warehouse.begin();
    early.snapshot().unwrap();
    let mut transaction = warehouse.begin();
    let name = transaction.snapshot().unwrap().table(id).unwrap().column("name").unwrap().id;
    transaction.drop_column(id, name).unwrap();
    transaction.commit().unwrap();
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, col("id").lt(lit(5_i64))).await;
    transaction.commit().unwrap();
    table_with(&warehouse, "gone", 3).await;
    let mut transaction = warehouse.begin();
    let Some(Relation::Table(gone)) = transaction.snapshot().unwrap().relation(PUBLIC, "gone") else { panic!() };
    transaction.drop_relation(gone.id).unwrap();
    let last = transaction.commit().unwrap();

    assert!(warehouse.expire(std::time::Duration::ZERO).unwrap().states > 0);
    assert_eq!(ids(&mut early, "t").await, (0..10).collect::<Vec<_>>(), "a state that somebody sees stays");
    drop(early);
    assert!(warehouse.expire(std::time::Duration::ZERO).unwrap().files > 0);
    assert_eq!(warehouse.expire(std::time::Duration::ZERO).unwrap(), Expired::default());
    assert_eq!(committed_ids(&warehouse, "t").await, (5..10).collect::<Vec<_>>());
    assert_eq!(files_below(&folder.path().join("data")), 1);
    sound(&warehouse);
    let mut back = warehouse.begin();
    assert_eq!(back.pin_at(SnapshotId(1)).unwrap_err().state(), SqlState::INVALID_PARAMETER_VALUE);
    back.pin_at(last).unwrap();
    // The dropped column's id is never given to another: its values are still in the files.
    let mut transaction = warehouse.begin();
    let again = ColumnDefinition::new("name", DataType::Utf8View, "character varying(20)");
    assert!(transaction.add_column(id, again).unwrap() > name);
    transaction.commit().unwrap();
    drop(warehouse);
    let reopened = open(folder.path());
    assert_eq!(committed_ids(&reopened, "t").await, (5..10).collect::<Vec<_>>());
    let batch = scan(provider(&mut reopened.begin(), "t"), None).await;
    assert_eq!(batch.column(1).null_count(), 5);
    sound(&reopened);
}

#[tokio::test]
async fn states_do_not_expire_while_another_process_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    table_with(&warehouse, "t", 10).await;
    let other = open(folder.path());
    assert_eq!(warehouse.expire(std::time::Duration::ZERO).unwrap(), Expired::default());
    drop(other);
    assert_ne!(warehouse.expire(std::time::Duration::ZERO).unwrap(), Expired::default());
}

#[tokio::test]
async fn many_small_segments_are_merged_and_no_block_is_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 0).await;
    let segments = |warehouse: &Arc<Warehouse>| warehouse.latest().unwrap().table(id).unwrap().segments.len();
    let mut block = warehouse.begin_for(TransactionOwner { is_block: true, ..TransactionOwner::default() });
    for number in 0..20 {
        let mut transaction = warehouse.begin();
        insert(&mut transaction, id, rows(number..number + 1)).await;
        transaction.commit().unwrap();
        warehouse.tidy();
        if number == 14 {
            block.snapshot().unwrap();
        }
    }
    assert_eq!(segments(&warehouse), 20, "a block that began before sees them");
    delete_where(&mut block, id, col("id").eq(lit(3_i64))).await;
    block.commit().unwrap();
    let mut transaction = warehouse.begin();
    insert(&mut transaction, id, rows(20..21)).await;
    transaction.commit().unwrap();
    warehouse.tidy();
    assert!(segments(&warehouse) < 16, "{}", segments(&warehouse));
    let expected: Vec<i64> = (0..21).filter(|i| *i != 3).collect();
    assert_eq!(committed_ids(&warehouse, "t").await, expected);
    sound(&warehouse);
}

#[tokio::test]
async fn a_copy_has_what_the_original_had() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(&folder.path().join("original"));
    let id = table_with(&warehouse, "t", 10).await;
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, col("id").lt(lit(2_i64))).await;
    transaction.commit().unwrap();
    let target = folder.path().join("copy");
    let copied = warehouse.copy_to(&target).unwrap();
    assert!(copied.files > 0);
    // What happens afterwards is not in the copy.
    table_with(&warehouse, "later", 1).await;
    let copy = open(&target);
    assert_eq!(committed_ids(&copy, "t").await, (2..10).collect::<Vec<_>>());
    assert!(!has_table(&mut copy.begin(), "later"));
    sound(&copy);
}
