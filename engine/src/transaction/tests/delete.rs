//! Deleted rows: delete files, positions, interrupts.

use super::*;

#[tokio::test]
async fn deletes_of_a_large_table_write_delete_files_and_keep_the_segment() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    // Several row groups, and more than a small segment: values that do not compress.
    let count = 300_000;
    let mut transaction = warehouse.begin();
    let wide = ColumnDefinition::new("noise", DataType::Float64, "double precision");
    let id = ColumnDefinition::new("id", DataType::Int64, "bigint");
    let id = transaction.create_table(TableDefinition::new(PUBLIC, "t", vec![id, wide])).unwrap();
    let noise = (0..count).map(|i| (i as f64 * 1.618_033_988_7).sin());
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from_iter_values(0..count)), Arc::new(Float64Array::from_iter_values(noise))];
    insert(&mut transaction, id, columns).await;
    transaction.commit().unwrap();
    let before = warehouse.latest().unwrap().table(id).unwrap().segments[0].file.path.clone();

    let mut expected: Vec<i64> = (0..count).collect();
    // Scattered, then a range across the border of two row groups, then single rows in between.
    type Case = (Expr, fn(i64) -> bool);
    let deletes: [Case; 4] = [
        ((col("id") % lit(97_i64)).eq(lit(13_i64)), |i| i % 97 == 13),
        (col("id").between(lit(131_000_i64), lit(131_200_i64)), |i| (131_000..=131_200).contains(&i)),
        (col("id").gt(lit(299_990_i64)), |i| i > 299_990),
        (col("id").eq(lit(0_i64)).or(col("noise").gt(lit(0.9999))), |i| {
            i == 0 || (i as f64 * 1.618_033_988_7).sin() > 0.9999
        }),
    ];
    for (filter, is_deleted) in deletes {
        let mut transaction = warehouse.begin();
        let deleted = delete_where(&mut transaction, id, filter.clone()).await;
        let left = expected.len();
        expected.retain(|i| !is_deleted(*i));
        assert_eq!(deleted as usize, left - expected.len());
        assert_eq!(ids(&mut transaction, "t").await, expected, "read your own deletes");
        transaction.commit().unwrap();
        assert_eq!(committed_ids(&warehouse, "t").await, expected);
        assert_eq!(delete_where(&mut warehouse.begin(), id, filter).await, 0);
    }
    let table = Arc::clone(warehouse.latest().unwrap().table(id).unwrap());
    assert_eq!(table.segments.len(), 1);
    assert_eq!(table.segments[0].file.path, before);
    assert!(table.segments[0].deletes.is_some());
    assert_eq!(table.row_count(), expected.len() as u64);
    drop((warehouse, table));
    let warehouse = open(folder.path());
    assert_eq!(committed_ids(&warehouse, "t").await, expected);

    // With filters pushed into the Parquet reader the answers are the same.
    let context = session();
    context.state_ref().write().config_mut().options_mut().execution.parquet.pushdown_filters = true;
    let filter = col("id").between(lit(130_000_i64), lit(132_000_i64)).and(col("noise").gt(lit(0.0)));
    let plain = scan(provider(&mut warehouse.begin(), "t"), Some(filter.clone())).await;
    let pushed = scan_in(&context, provider(&mut warehouse.begin(), "t"), Some(filter)).await;
    assert!(plain.num_rows() > 500);
    let sorted = |b: &RecordBatch| {
        let mut ids = b.column(0).as_primitive::<Int64Type>().values().to_vec();
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(&plain), sorted(&pushed));

    // Beyond the threshold the file is rewritten, and with its last row it goes.
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, col("id").gt(lit(1_000_i64))).await;
    transaction.commit().unwrap();
    expected.retain(|i| *i <= 1_000);
    let table = Arc::clone(warehouse.latest().unwrap().table(id).unwrap());
    assert_ne!(table.segments[0].file.path, before);
    assert!(table.segments[0].deletes.is_none());
    assert_eq!(committed_ids(&warehouse, "t").await, expected);
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, lit(true)).await;
    transaction.commit().unwrap();
    assert!(warehouse.latest().unwrap().table(id).unwrap().segments.is_empty());
    assert_eq!(committed_ids(&warehouse, "t").await, [] as [i64; 0]);
}

#[tokio::test]
async fn row_ids_are_true_positions_whatever_is_pruned_filtered_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 0).await;
    // Two segments of several row groups, each row's position known from its id.
    let per_segment = 270_000;
    for segment in 0..2_i64 {
        let mut transaction = warehouse.begin();
        insert(&mut transaction, id, rows(segment * per_segment..(segment + 1) * per_segment)).await;
        transaction.commit().unwrap();
    }
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, (col("id") % lit(11_i64)).eq(lit(0_i64))).await;
    transaction.commit().unwrap();
    let table = Arc::clone(warehouse.latest().unwrap().table(id).unwrap());
    let filters = [
        lit(true),
        col("id").gt(lit(260_000_i64)).and(col("id").lt(lit(280_000_i64))),
        col("id").eq(lit(400_001_i64)),
        col("name").eq(lit("n131073")),
        (col("id") % lit(1_000_i64)).eq(lit(7_i64)).and(col("id").gt_eq(lit(140_000_i64))),
    ];
    for pushdown in [false, true] {
        for filter in filters.clone() {
            let context = session();
            context.state_ref().write().config_mut().options_mut().execution.parquet.pushdown_filters = pushdown;
            let provider = ManagedTable::with_row_ids(Arc::clone(warehouse.segments()), Arc::clone(&table));
            let batch = scan_in(&context, provider, Some(filter.clone())).await;
            assert!(batch.num_rows() > 0, "{filter}");
            let column = |name| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            let (id, file, position) = (column("id"), column(FILE_ID_COLUMN), column(POSITION_COLUMN));
            for row in 0..batch.num_rows() {
                let id = id.value(row);
                assert_ne!(id % 11, 0);
                assert_eq!(position.value(row), id % per_segment, "{filter}");
                assert_eq!(file.value(row), table.segments[(id / per_segment) as usize].id.0);
            }
        }
    }
}

#[tokio::test]
async fn an_interrupt_stops_a_delete() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 10).await;
    let mut transaction = warehouse.begin();
    transaction.set_interrupt(Interrupt::new(|| Err(crate::Error::new(SqlState::QUERY_CANCELED, "stop"))));
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let mut positions = DeletedPositions::new();
    positions.push(table.segments[0].id, 1);
    assert_eq!(transaction.delete_rows(id, positions).unwrap_err().state(), SqlState::QUERY_CANCELED);
}
