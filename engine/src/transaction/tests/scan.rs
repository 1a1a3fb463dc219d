//! What scans find: columns by id, order, pruning, statistics.

use super::*;

#[tokio::test]
async fn columns_are_found_by_id_after_rename_drop_and_add() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 3).await;
    let mut transaction = warehouse.begin();
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let name = table.column("name").unwrap().id;
    transaction.rename_column(id, name, "label").unwrap();
    // Another column under the old name: its values must not come from the old one.
    transaction.add_column(id, ColumnDefinition::new("name", DataType::Utf8View, "character varying(5)")).unwrap();
    let city = ColumnDefinition {
        initial_default: Some(ScalarValue::Utf8View(Some("Delhi".into()))),
        ..ColumnDefinition::new("city", DataType::Utf8View, "character varying(9)")
    };
    transaction.add_column(id, city).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![3])),
        Arc::new(StringViewArray::from(vec!["n3"])),
        Arc::new(StringViewArray::from(vec!["new"])),
        Arc::new(StringViewArray::from(vec!["Rome"])),
    ];
    insert(&mut transaction, id, columns).await;
    transaction.commit().unwrap();
    drop(warehouse);
    let warehouse = open(folder.path());
    let show = |batch: &RecordBatch| {
        let cell = |row: usize| move |c: &ArrayRef| array_value_to_string(c, row).unwrap();
        let mut lines: Vec<String> =
            (0..batch.num_rows()).map(|r| batch.columns().iter().map(cell(r)).collect::<Vec<_>>().join("|")).collect();
        lines.sort();
        lines
    };
    let batch = scan(provider(&mut warehouse.begin(), "t"), None).await;
    assert_eq!(show(&batch), ["0|n0||Delhi", "1|n1||Delhi", "2|n2||Delhi", "3|n3|new|Rome"]);
    for (filter, expected) in [
        (col("name").is_null(), 3),
        (col("name").eq(lit("new")), 1),
        (col("name").eq(lit("n1")), 0),
        (col("label").eq(lit("n1")), 1),
        (col("city").eq(lit("Delhi")), 3),
        (col("city").not_eq(lit("Delhi")), 1),
    ] {
        let batch = scan(provider(&mut warehouse.begin(), "t"), Some(filter.clone())).await;
        assert_eq!(batch.num_rows(), expected, "{filter}");
    }
    // A rewrite brings old segments to the new columns.
    let mut transaction = warehouse.begin();
    assert_eq!(delete_where(&mut transaction, id, col("id").eq(lit(1_i64))).await, 1);
    transaction.drop_column(id, name).unwrap();
    transaction.commit().unwrap();
    let batch = scan(provider(&mut warehouse.begin(), "t"), None).await;
    assert_eq!(show(&batch), ["0||Delhi", "2||Delhi", "3|new|Rome"]);
}

#[tokio::test]
async fn sorted_tables_store_sorted_row_groups_and_prune_segments() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut transaction = warehouse.begin();
    let mut wanted = definition("t");
    let key = wanted.column_id("id").unwrap();
    wanted.layout.sort_key = SortKey { style: SortStyle::Compound, columns: vec![key] };
    let id = transaction.create_table(wanted).unwrap();
    for start in [5_000, 0] {
        let ids: Vec<i64> = (start..start + 5_000).rev().collect();
        let names = StringViewArray::from_iter_values(ids.iter().map(|i| format!("n{i}")));
        insert(&mut transaction, id, vec![Arc::new(Int64Array::from(ids)), Arc::new(names)]).await;
    }
    transaction.commit().unwrap();
    let table = Arc::clone(warehouse.latest().unwrap().table(id).unwrap());
    assert_eq!(table.segments.len(), 2);
    let bounds = table.segments[0].file.column(key).unwrap();
    assert_eq!(bounds.min, Some(ScalarValue::Int64(Some(5_000))));
    assert_eq!(bounds.max, Some(ScalarValue::Int64(Some(9_999))));
    let first = TableSnapshot { segments: vec![Arc::clone(&table.segments[1])], ..table.as_ref().clone() };
    let batch = scan(ManagedTable::new(Arc::clone(warehouse.segments()), Arc::new(first)), None).await;
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values().to_vec(), (0..5_000).collect::<Vec<_>>());

    // One of two segments is left out by the catalog alone: its file may even be gone.
    std::fs::remove_file(warehouse.segments().resolve(&table.segments[0].file.path)).unwrap();
    let batch = scan(provider(&mut warehouse.begin(), "t"), Some(col("id").lt(lit(100_i64)))).await;
    assert_eq!(batch.num_rows(), 100);
}

#[tokio::test]
async fn counts_and_bounds_come_from_the_catalog_only_when_they_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 1_000).await;
    let provider = |transaction: &mut Transaction| Arc::new(provider(transaction, "t"));
    let statistics = provider(&mut warehouse.begin()).statistics().unwrap();
    use datafusion::common::stats::Precision;
    assert_eq!(statistics.num_rows, Precision::Exact(1_000));
    assert_eq!(statistics.column_statistics[0].max_value, Precision::Exact(ScalarValue::Int64(Some(999))));
    let mut transaction = warehouse.begin();
    delete_where(&mut transaction, id, col("id").eq(lit(999_i64))).await;
    transaction.commit().unwrap();
    let context = session();
    context.register_table("t", provider(&mut warehouse.begin())).unwrap();
    let frame = context.table("t").await.unwrap();
    let functions = vec![
        datafusion::functions_aggregate::expr_fn::count(lit(1)).alias("n"),
        datafusion::functions_aggregate::expr_fn::max(col("id")).alias("m"),
    ];
    let batches = frame.aggregate(vec![], functions).unwrap().collect().await.unwrap();
    assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().value(0), 999);
    assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().value(0), 998);
}

#[tokio::test]
async fn nan_and_nulls_are_found_whatever_the_statistics_say() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut transaction = warehouse.begin();
    let columns = vec![
        ColumnDefinition::new("x", DataType::Float64, "double precision"),
        ColumnDefinition::new("d", DataType::Date32, "date"),
    ];
    let id = transaction.create_table(TableDefinition::new(PUBLIC, "t", columns)).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![Some(1.0), Some(f64::NAN), None, Some(-0.0)])),
        Arc::new(Date32Array::from(vec![Some(i32::MIN), Some(0), None, Some(10_000_000)])),
    ];
    insert(&mut transaction, id, columns).await;
    transaction.commit().unwrap();
    drop(warehouse);
    let warehouse = open(folder.path());
    for (filter, expected) in [
        (col("x").gt(lit(100.0)), 1),
        (col("x").eq(lit(0.0)), 1),
        (col("x").is_null(), 1),
        (col("d").lt(lit(ScalarValue::Date32(Some(-1)))), 1),
        (col("d").gt(lit(ScalarValue::Date32(Some(9_999_999)))), 1),
    ] {
        let batch = scan(provider(&mut warehouse.begin(), "t"), Some(filter.clone())).await;
        assert_eq!(batch.num_rows(), expected, "{filter}");
    }
}

#[tokio::test]
async fn null_in_a_not_null_column_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let id = table_with(&warehouse, "t", 0).await;
    let table = Arc::clone(warehouse.latest().unwrap().table(id).unwrap());
    let schema = Arc::new(arrow::datatypes::Schema::new(
        table.arrow_schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<_>>(),
    ));
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from(vec![Some(1), None])), Arc::new(StringViewArray::from(vec!["a", "b"]))];
    let mut writer = SegmentWriter::new(warehouse.segments(), &table).unwrap();
    writer.push(RecordBatch::try_new(schema, columns).unwrap()).await.unwrap();
    let error = writer.finish().await.unwrap_err();
    assert_eq!(error.state(), SqlState::NOT_NULL_VIOLATION);
    assert_eq!(files_below(&folder.path().join("data")), 0, "a failed writer leaves no file");
}
