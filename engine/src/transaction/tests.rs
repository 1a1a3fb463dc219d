//! Tests of the storage layer through its public surface, on real folders.

use std::{path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray},
    compute::concat_batches,
    datatypes::{DataType, Int64Type},
    util::display::array_value_to_string,
};
use datafusion::{
    datasource::TableProvider,
    execution::context::SessionContext,
    prelude::{Expr, SessionConfig, col, lit},
    scalar::ScalarValue,
};

use super::*;
use crate::{
    config::Config,
    error::SqlState,
    storage::{
        DeletedPositions, ManagedTable, SegmentWriter,
        managed_table::{FILE_ID_COLUMN, POSITION_COLUMN},
    },
};

const PUBLIC: SchemaId = SchemaId(0);

fn open(folder: &Path) -> Arc<Warehouse> {
    Warehouse::open(&Config::new(folder)).unwrap()
}

fn definition(name: &str) -> TableDefinition {
    let id = ColumnDefinition { nullable: false, ..ColumnDefinition::new("id", DataType::Int64, "bigint") };
    let name_column = ColumnDefinition::new("name", DataType::Utf8View, "character varying(20)");
    TableDefinition::new(PUBLIC, name, vec![id, name_column])
}

fn rows(ids: std::ops::Range<i64>) -> Vec<ArrayRef> {
    let names = StringViewArray::from_iter_values(ids.clone().map(|i| format!("n{i}")));
    vec![Arc::new(Int64Array::from_iter_values(ids)), Arc::new(names)]
}

/// Writes columns in batches of 1,000 rows.
async fn insert(transaction: &mut Transaction, id: TableId, columns: Vec<ArrayRef>) {
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let mut writer = SegmentWriter::new(transaction.segments(), &table).unwrap();
    let batch = RecordBatch::try_new(table.arrow_schema(), columns).unwrap();
    let mut offset = 0;
    while offset < batch.num_rows() {
        let length = 1_000.min(batch.num_rows() - offset);
        writer.push(batch.slice(offset, length)).await.unwrap();
        offset += length;
    }
    transaction.append(id, writer.finish().await.unwrap()).unwrap();
}

fn session() -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3))
}

async fn scan(provider: ManagedTable, filter: Option<Expr>) -> RecordBatch {
    scan_in(&session(), provider, filter).await
}

async fn scan_in(context: &SessionContext, provider: ManagedTable, filter: Option<Expr>) -> RecordBatch {
    let schema = provider.schema();
    let frame = context.read_table(Arc::new(provider)).unwrap();
    let frame = filter.into_iter().fold(frame, |f, e| f.filter(e).unwrap());
    let batches = frame.collect().await.unwrap();
    let schema = batches.first().map_or(schema, |b| b.schema());
    concat_batches(&schema, &batches).unwrap()
}

fn provider(transaction: &mut Transaction, name: &str) -> ManagedTable {
    let Some(Relation::Table(table)) = transaction.snapshot().unwrap().relation(PUBLIC, name) else {
        panic!("no table {name}")
    };
    ManagedTable::new(Arc::clone(transaction.segments()), table)
}

/// The first column's values, sorted.
async fn ids(transaction: &mut Transaction, name: &str) -> Vec<i64> {
    let batch = scan(provider(transaction, name), None).await;
    let mut ids = batch.column(0).as_primitive::<Int64Type>().values().to_vec();
    ids.sort_unstable();
    ids
}

async fn committed_ids(warehouse: &Arc<Warehouse>, name: &str) -> Vec<i64> {
    ids(&mut warehouse.begin(), name).await
}

fn has_table(transaction: &mut Transaction, name: &str) -> bool {
    transaction.snapshot().unwrap().relation(PUBLIC, name).is_some()
}

/// A committed table with the ids 0..count.
async fn table_with(warehouse: &Arc<Warehouse>, name: &str, count: i64) -> TableId {
    let mut transaction = warehouse.begin();
    let id = transaction.create_table(definition(name)).unwrap();
    if count > 0 {
        insert(&mut transaction, id, rows(0..count)).await;
    }
    transaction.commit().unwrap();
    id
}

/// Deletes the rows that `filter` picks, as DELETE does: a scan with row ids, then a position delete.
async fn delete_where(transaction: &mut Transaction, id: TableId, filter: Expr) -> u64 {
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let batch = scan(ManagedTable::with_row_ids(Arc::clone(transaction.segments()), table), Some(filter)).await;
    let mut positions = DeletedPositions::new();
    let column = |name| batch.column_by_name(name).unwrap();
    positions.extend_from_columns(column(FILE_ID_COLUMN), column(POSITION_COLUMN)).unwrap();
    transaction.delete_rows(id, positions).unwrap()
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.map(|e| e.unwrap()).map(|e| if e.file_type().unwrap().is_dir() { files_below(&e.path()) } else { 1 }).sum()
}

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

#[tokio::test]
async fn orphans_are_swept_when_nobody_else_has_the_warehouse_open() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let id = table_with(&first, "t", 5).await;
    let table = Arc::clone(first.latest().unwrap().table(id).unwrap());
    let orphan = first.segments().resolve(&first.segments().new_path(&table.path, ".parquet"));
    std::fs::write(&orphan, b"left by a crash").unwrap();
    let second = open(folder.path());
    assert!(orphan.exists(), "it may be a file that the first handle is writing");
    drop((first, second));
    let third = open(folder.path());
    assert!(!orphan.exists());
    assert_eq!(committed_ids(&third, "t").await.len(), 5);
    // Files of the past stay: earlier states can still be read.
    let mut transaction = third.begin();
    transaction.drop_relation(id).unwrap();
    transaction.commit().unwrap();
    drop(third);
    open(folder.path());
    assert_eq!(files_below(&folder.path().join("data")), 1);
}

#[tokio::test]
async fn everything_about_a_table_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = open(folder.path());
    let mut transaction = warehouse.begin();
    let schema = transaction.create_schema("silver").unwrap();
    let types = [
        (DataType::Boolean, "boolean"),
        (DataType::Int16, "smallint"),
        (DataType::Int32, "integer"),
        (DataType::Decimal128(18, 4), "numeric(18,4)"),
        (DataType::Float32, "real"),
        (DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), "timestamp without time zone"),
        (DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())), "timestamp with time zone"),
        (DataType::Time64(arrow::datatypes::TimeUnit::Microsecond), "time without time zone"),
        (DataType::BinaryView, "binary varying(16)"),
    ];
    let mut columns: Vec<ColumnDefinition> =
        types.iter().enumerate().map(|(i, (t, n))| ColumnDefinition::new(format!("c{i}"), t.clone(), *n)).collect();
    columns[2].identity = Some((1, 5));
    columns[2].encoding = Some("az64".to_owned());
    columns[3].default = Some("0.5 * 2".to_owned());
    let mut wanted = TableDefinition::new(schema, "t", columns);
    wanted.layout.dist_style = DistStyle::Key;
    wanted.layout.dist_key = wanted.column_id("c1");
    wanted.layout.properties = serde_json::json!({"materialized": true});
    let id = transaction.create_table(wanted).unwrap();
    transaction.comment(&CommentTarget::Relation(id), Some("it's \"t\"")).unwrap();
    transaction.comment(&CommentTarget::Column(id, ColumnId(1)), Some("first")).unwrap();
    transaction.comment(&CommentTarget::Schema(schema), Some("clean")).unwrap();
    let view = ViewDefinition {
        schema_id: schema,
        name: "v".to_owned(),
        sql: "select c0 from silver.t".to_owned(),
        columns: vec![ViewColumn { name: "c0".into(), data_type: DataType::Boolean, redshift_type: "boolean".into() }],
        late_binding: false,
        depends_on: vec![id],
        properties: serde_json::Value::Null,
    };
    let view = transaction.create_view(view).unwrap();
    transaction.put_record("external_schema", "bronze", serde_json::json!({"database": "chinook"})).unwrap();
    transaction.put_record("user", "gone", serde_json::json!(1)).unwrap();
    transaction.commit().unwrap();
    let mut transaction = warehouse.begin();
    transaction.remove_record("user", "gone").unwrap();
    transaction.set_relation_schema(id, PUBLIC).unwrap();
    transaction.rename_schema(schema, "gold").unwrap();
    transaction.commit().unwrap();

    let live = warehouse.latest().unwrap();
    drop(warehouse);
    let reopened = open(folder.path()).latest().unwrap();
    for snapshot in [live, reopened] {
        let Some(Relation::Table(table)) = snapshot.relation(PUBLIC, "t") else { panic!("no table") };
        for (column, (data_type, name)) in table.columns.iter().zip(&types) {
            assert_eq!((&column.data_type, column.redshift_type.as_str()), (data_type, *name));
        }
        assert_eq!(table.columns[2].identity, Some((1, 5)));
        assert_eq!(table.columns[2].encoding.as_deref(), Some("az64"));
        assert_eq!(table.columns[3].default.as_deref(), Some("0.5 * 2"));
        assert_eq!(table.layout.dist_key, Some(ColumnId(2)));
        assert_eq!(table.layout.properties["materialized"], true);
        assert_eq!(table.path, format!("{schema}/{id}/"));
        assert_eq!(table.comment.as_deref(), Some("it's \"t\""));
        assert_eq!(table.columns[0].comment.as_deref(), Some("first"));
        let gold = snapshot.schema("gold").unwrap();
        assert_eq!(gold.comment.as_deref(), Some("clean"));
        assert_eq!(snapshot.view(view).unwrap().columns[0].data_type, DataType::Boolean);
        assert_eq!(snapshot.dependents(id).len(), 1);
        assert_eq!(snapshot.record("external_schema", "bronze").unwrap()["database"], "chinook");
        assert!(snapshot.record("user", "gone").is_none());
        assert!(snapshot.relation(gold.id, "t").is_none());
        assert!(snapshot.relation(gold.id, "v").is_some());
    }
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
