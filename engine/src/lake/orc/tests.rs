//! Queries over ORC files: ours, other writers', damaged ones.

use std::fmt;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::util::pretty::pretty_format_batches;
use async_trait::async_trait;
use blueshift_orc::{Compression, OrcWriter, WriterOptions};
use bytes::Bytes;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::memory::InMemory;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};

use super::{FooterCache, OrcScan, orc_scan, read_footer};
use crate::Error;
use crate::error::SqlState;

const PYARROW: &[u8] = include_bytes!("../../../../tests/data/orc/pyarrow.orc");
const SPARK: &[u8] = include_bytes!("../../../../tests/data/orc/spark.orc");

/// A table of ORC files in memory, as the lake's external tables will be.
struct Table {
    store: Arc<dyn ObjectStore>,
    files: Vec<PartitionedFile>,
    schema: TableSchema,
    footers: Arc<FooterCache>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Table")
    }
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let scan = OrcScan {
            url: url(),
            files: self.files.clone(),
            table: self.schema.clone(),
            projection: projection.cloned(),
            limit,
            target_partitions: state.config().target_partitions(),
        };
        orc_scan(scan, &self.store, &self.footers).await
    }
}

fn url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("memory://test").unwrap()
}

/// A context with a table `t` of these files, each with a value for the partition column `part`.
async fn context(files: Vec<(Bytes, i64)>, columns: Vec<Field>) -> SessionContext {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let mut listed = Vec::new();
    for (number, (bytes, part)) in files.into_iter().enumerate() {
        let meta = put(&store, &format!("part={part}/{number}.orc"), bytes).await;
        let mut file = PartitionedFile::from(meta);
        file.partition_values = vec![ScalarValue::Int64(Some(part))];
        listed.push(file);
    }
    let part = Arc::new(Field::new("part", DataType::Int64, false));
    let schema = TableSchema::builder(Arc::new(Schema::new(columns))).with_table_partition_cols(vec![part]).build();
    let config = SessionConfig::new().with_target_partitions(3);
    let context = SessionContext::new_with_config(config);
    context.register_object_store(url().as_ref(), Arc::clone(&store));
    let table = Table { store, files: listed, schema, footers: Arc::default() };
    context.register_table("t", Arc::new(table)).unwrap();
    context
}

async fn put(store: &Arc<dyn ObjectStore>, path: &str, bytes: Bytes) -> ObjectMeta {
    let path = Path::from(path);
    store.put(&path, bytes.into()).await.unwrap();
    store.head(&path).await.unwrap()
}

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn orc(columns: Vec<(&str, ArrayRef)>, options: WriterOptions) -> Bytes {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = OrcWriter::try_new(&mut file, batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    file.into()
}

/// The result as lines of `a|b|c`, NULL as `-`.
#[expect(clippy::disallowed_methods, reason = "the query is the test's own")]
async fn query(context: &SessionContext, sql: &str) -> Vec<String> {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cell = |cell: &str| if cell.trim().is_empty() { "-".to_owned() } else { cell.trim().to_owned() };
    rows.map(|row| row.trim_matches('|').split('|').map(cell).collect::<Vec<_>>().join("|")).collect()
}

/// Runs the query and returns its rows' number and the scan's counters: stripes pruned and read.
#[expect(clippy::disallowed_methods, reason = "the query is the test's own")]
async fn counters(context: &SessionContext, sql: &str) -> (usize, usize, usize) {
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let batches = collect(Arc::clone(&plan), context.task_ctx()).await.unwrap();
    let mut totals = (batches.iter().map(RecordBatch::num_rows).sum(), 0, 0);
    let mut plans = vec![plan];
    while let Some(plan) = plans.pop() {
        if let Some(metrics) = plan.metrics() {
            totals.1 += metrics.sum_by_name("stripes_pruned").map_or(0, |value| value.as_usize());
            totals.2 += metrics.sum_by_name("stripes_read").map_or(0, |value| value.as_usize());
        }
        plans.extend(plan.children().into_iter().cloned());
    }
    totals
}

/// 10,000 rows in ten stripes: a key, its price, its name, its time.
fn ten_stripes() -> Bytes {
    let ids = Int64Array::from_iter_values(0..10_000);
    let prices = Decimal128Array::from_iter_values((0..10_000).map(|i| i - 5_000)).with_precision_and_scale(10, 2);
    let names = StringViewArray::from_iter((0..10_000).map(|i| (i % 10 != 0).then(|| format!("n{i:05}"))));
    let times = TimestampMicrosecondArray::from_iter_values((0..10_000).map(|i| i * 1_000_000 + 250));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(ids)),
        ("price", Arc::new(prices.unwrap())),
        ("name", Arc::new(names)),
        ("at", Arc::new(times)),
    ];
    orc(columns, WriterOptions { stripe_rows_max: 1000, ..Default::default() })
}

fn ten_stripes_columns() -> Vec<Field> {
    vec![
        field("id", DataType::Int64),
        field("price", DataType::Decimal128(10, 2)),
        field("name", DataType::Utf8View),
        field("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
    ]
}

#[tokio::test]
async fn projections_of_every_kind() {
    let context = context(vec![(ten_stripes(), 7)], ten_stripes_columns()).await;
    assert_eq!(query(&context, "select count(*) from t").await, ["10000"]);
    assert_eq!(query(&context, "select part, name, id from t where id = 4321").await, ["7|n04321|4321"]);
    assert_eq!(query(&context, "select id + 1 as x, price * 2, part from t where id = 5001").await, ["5002|0.02|7"]);
    assert_eq!(
        query(&context, "select sum(id), min(price), max(name), count(name) from t").await,
        ["49995000|-50.00|n09999|9000"]
    );
    assert_eq!(query(&context, "select count(*), sum(part) from t where part = 7").await, ["10000|70000"]);
    assert_eq!(query(&context, "select count(*) from t where part = 8").await, ["0"]);
    assert_eq!(query(&context, "select id from t limit 3").await.len(), 3);
    assert_eq!(query(&context, "select at from t order by at desc limit 1").await, ["1970-01-01T02:46:39.000250"]);
}

#[tokio::test]
async fn pruning_skips_stripes_and_loses_no_row() {
    let context = context(vec![(ten_stripes(), 7)], ten_stripes_columns()).await;
    for (filter, rows, read) in [
        ("id = 4321", 1, 1),
        ("id between 1995 and 2004", 10, 2),
        ("id < 0", 0, 0),
        ("price < -45.00", 500, 1),
        ("price > 40.00", 999, 1),
        ("price = -0.01", 1, 1),
        ("name = 'n04321'", 1, 1),
        ("name > 'n08999'", 900, 1),
        ("name is null", 1000, 10),
        ("at > timestamp '1970-01-01 02:45:00.0001'", 100, 1),
        ("at < timestamp '1970-01-01 00:00:01.000251'", 2, 1),
        ("part = 7 and id = 1", 1, 1),
        ("part = 8", 0, 0),
        ("id in (5, 9999)", 2, 2),
        ("id % 5000 = 1", 2, 10),
    ] {
        let found = counters(&context, &format!("select id from t where {filter}")).await;
        assert_eq!(found, (rows, 10 - read, read), "{filter}");
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the query is the test's own")]
async fn files_are_split_between_stripes_and_rows_are_counted_exactly() {
    let random = |i: u64| (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let ids: ArrayRef =
        Arc::new(Int64Array::from_iter_values((0..400_000).map(|i| (random(i) ^ (random(i) >> 29)) as i64)));
    let file = orc(vec![("id", ids)], WriterOptions { stripe_rows_max: 40_000, ..Default::default() });
    let context = context(vec![(file, 1)], vec![field("id", DataType::Int64)]).await;
    let plan = context.sql("select id from t").await.unwrap().create_physical_plan().await.unwrap();
    assert_eq!(plan.properties().partitioning.partition_count(), 3, "{}", displayable(plan.as_ref()).indent(true));
    let counted = context.sql("select count(*), min(id) is not null from t").await.unwrap();
    let counted = counted.create_physical_plan().await.unwrap();
    assert!(!displayable(counted.as_ref()).indent(true).to_string().contains("DataSourceExec: file_groups"));
    let (rows, _, stripes) = counters(&context, "select id from t").await;
    assert_eq!((rows, stripes), (400_000, 10));
}

#[tokio::test]
async fn files_of_different_schemas_make_one_table() {
    let old: Vec<(&str, ArrayRef)> = vec![
        ("Id", Arc::new(Int32Array::from(vec![1, 2]))),
        ("amount", Arc::new(Int64Array::from(vec![Some(5), None]))),
        ("code", Arc::new(Int32Array::from(vec![171, 12]))),
        ("day", Arc::new(Date32Array::from(vec![Some(20_179), None]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![1_743_465_600_000_000, 1_743_465_600_500_000]))),
        ("price", Arc::new(Decimal128Array::from(vec![99, 100]).with_precision_and_scale(5, 2).unwrap())),
    ];
    let new: Vec<(&str, ArrayRef)> = vec![
        ("note", Arc::new(StringArray::from(vec!["x"]))),
        ("amount", Arc::new(Decimal128Array::from(vec![1250]).with_precision_and_scale(12, 2).unwrap())),
        ("id", Arc::new(Int64Array::from(vec![1 << 40]))),
        ("code", Arc::new(StringArray::from(vec!["0171"]))),
    ];
    let columns = vec![
        field("id", DataType::Int64),
        field("amount", DataType::Decimal128(12, 2)),
        field("code", DataType::Utf8View),
        field("note", DataType::Utf8View),
        field("day", DataType::Utf8View),
        field("at", DataType::Utf8View),
        field("price", DataType::Utf8View),
    ];
    let files = vec![(orc(old, WriterOptions::default()), 1), (orc(new, WriterOptions::default()), 2)];
    let context = context(files, columns).await;
    assert_eq!(
        query(&context, "select part, id, amount, code, note, day, at, price from t order by id").await,
        [
            "1|1|5.00|171|-|2025-04-01|2025-04-01 00:00:00|0.99",
            "1|2|-|12|-|-|2025-04-01 00:00:00.500|1.00",
            "2|1099511627776|12.50|0171|x|-|-|-",
        ]
    );
    // Pruning goes by the table's types: numbers that became text are not compared as numbers.
    assert_eq!(query(&context, "select id from t where code > '1' order by id").await, ["1", "2"]);
    assert_eq!(query(&context, "select id from t where amount >= 5 order by id").await, ["1", "1099511627776"]);
    assert_eq!(query(&context, "select count(*) from t where note is null").await, ["2"]);
    assert_eq!(query(&context, "select id from t where note = 'x'").await, ["1099511627776"]);
}

#[tokio::test]
async fn types_that_do_not_fit_are_errors() {
    let text: Vec<(&str, ArrayRef)> = vec![("c", Arc::new(StringArray::from(vec!["1"])))];
    let context_text = context(vec![(orc(text, WriterOptions::default()), 1)], vec![field("c", DataType::Int64)]).await;
    assert_eq!(failure(&context_text, "select c from t").await.state(), SqlState::FEATURE_NOT_SUPPORTED);
    let wide: Vec<(&str, ArrayRef)> = vec![("c", Arc::new(Int64Array::from(vec![1 << 40])))];
    let context_wide = context(vec![(orc(wide, WriterOptions::default()), 1)], vec![field("c", DataType::Int32)]).await;
    assert_eq!(failure(&context_wide, "select c from t").await.state(), SqlState::NUMERIC_OUT_OF_RANGE);
}

#[expect(clippy::disallowed_methods, reason = "the query is the test's own")]
async fn failure(context: &SessionContext, sql: &str) -> Error {
    let error = match context.sql(sql).await {
        Ok(frame) => frame.collect().await.expect_err("must fail"),
        Err(error) => error,
    };
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = source {
        if let Some(ours) = error.downcast_ref::<Error>() {
            return ours.clone();
        }
        source = error.source();
    }
    panic!("not an error of ours: {error}")
}

#[tokio::test]
async fn a_file_of_pyarrow() {
    let columns = vec![
        field("id", DataType::Int64),
        field("price", DataType::Decimal128(10, 2)),
        field("name", DataType::Utf8View),
        field("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        field("day", DataType::Date32),
        field("ok", DataType::Boolean),
    ];
    let context = context(vec![(Bytes::from_static(PYARROW), 1)], columns).await;
    assert_eq!(
        query(&context, "select id, price, name, at, day, ok from t").await,
        [
            "1|0.99|a|2025-04-01T00:00:00.123456|2025-04-01|true",
            "2|-|b|1970-01-01T00:00:00|1969-12-31|-",
            "3|-12.50|-|-|-|false",
            "-|7.00|ü|1970-01-01T00:00:01|1600-01-01|true",
        ]
    );
    assert_eq!(query(&context, "select id from t where price < -10").await, ["3"]);
}

#[tokio::test]
async fn a_file_of_spark_written_in_new_york() {
    let columns = vec![
        field("id", DataType::Int32),
        field("price", DataType::Decimal128(10, 2)),
        field("name", DataType::Utf8View),
        field("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        field("day", DataType::Date32),
    ];
    let context = context(vec![(Bytes::from_static(SPARK), 1)], columns).await;
    assert_eq!(
        query(&context, "select id, price, name, at from t").await,
        ["1|0.99|a|2025-07-01T12:30:00.500", "2|-100.00|b|1969-06-01T00:00:00", "3|-|-|-",]
    );
    // Spark wrote 1500-01-01 in the Julian calendar, which the decoder would read days off.
    assert_eq!(failure(&context, "select day from t").await.state(), SqlState::FEATURE_NOT_SUPPORTED);
    assert_eq!(query(&context, "select id from t where price <= -100").await, ["2"]);
}

/// Truncated and altered files: an error that says so, or the data, but never a panic.
#[tokio::test]
async fn damaged_files_are_errors() {
    let flaws = |compression: Compression| {
        let options =
            WriterOptions { compression, compression_block_bytes: 4096, stripe_rows_max: 500, ..Default::default() };
        let names = StringArray::from_iter_values((0..1000).map(|i| format!("name {}", i % 300)));
        let ids = Int64Array::from_iter_values((0..1000).map(|i| i * i));
        orc(vec![("id", Arc::new(ids) as ArrayRef), ("name", Arc::new(names))], options)
    };
    let columns = || vec![field("id", DataType::Int64), field("name", DataType::Utf8View)];
    for compression in [Compression::None, Compression::Zstd(1), Compression::Snappy, Compression::Lz4] {
        let good = flaws(compression);
        for cut in [0, 3, 20, good.len() / 2, good.len() - 40, good.len() - 1] {
            let context = context(vec![(good.slice(..cut), 1)], columns()).await;
            let error = failure(&context, "select id, name from t").await;
            assert_eq!(error.state(), SqlState::DATA_CORRUPTED, "{compression:?} cut at {cut}: {error}");
        }
        let mut noticed = 0;
        for at in (3..good.len()).step_by(good.len() / 120) {
            let mut bytes = good.to_vec();
            bytes[at] ^= 0x5b;
            noticed += usize::from(survives(bytes.into(), columns()).await);
        }
        // Nothing tells altered text from text, and row indexes are not read; but zstd blocks
        // carry checksums.
        let least = if compression == Compression::Zstd(1) { 30 } else { 1 };
        assert!(noticed >= least, "{compression:?}: {noticed} of 120 noticed");
    }
}

/// Reads a damaged file; true if it was noticed, with an error of the right kind.
#[expect(clippy::disallowed_methods, reason = "the query is the test's own")]
async fn survives(bytes: Bytes, columns: Vec<Field>) -> bool {
    let context = context(vec![(bytes, 1)], columns).await;
    let frame = context.sql("select id, name from t").await.unwrap();
    if frame.clone().collect().await.is_ok() {
        return false;
    }
    let error = failure(&context, "select id, name from t").await;
    let expected = [SqlState::DATA_CORRUPTED, SqlState::FEATURE_NOT_SUPPORTED, SqlState::NUMERIC_OUT_OF_RANGE];
    assert!(expected.contains(&error.state()), "{error:?}");
    true
}

#[tokio::test]
async fn footers_say_schema_rows_and_statistics_and_are_cached() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let meta = put(&store, "a.orc", ten_stripes()).await;
    let footers = FooterCache::default();
    let footer = footers.footer(&url(), &store, &meta).await.unwrap();
    assert_eq!(
        (footer.rows(), footer.stripes().len(), footer.schema().field(2).data_type()),
        (10_000, 10, &DataType::Utf8)
    );
    let price = &footer.columns()[1];
    assert_eq!((price.nulls, price.exact), (Some(0), true));
    assert_eq!(price.min, Some(ScalarValue::Decimal128(Some(-5000), 10, 2)));
    assert_eq!(footer.stripes()[9].columns[2].nulls, Some(100));
    assert!(Arc::ptr_eq(&footer, &footers.footer(&url(), &store, &meta).await.unwrap()));
    let changed = put(
        &store,
        "a.orc",
        orc(vec![("c", Arc::new(Int8Array::from(vec![1])) as ArrayRef)], WriterOptions::default()),
    )
    .await;
    assert_eq!(footers.footer(&url(), &store, &changed).await.unwrap().rows(), 1);
    store.delete(&changed.location).await.unwrap();
    assert_eq!(read_footer(&store, &changed).await.unwrap_err().state(), SqlState::UNDEFINED_FILE);
}
