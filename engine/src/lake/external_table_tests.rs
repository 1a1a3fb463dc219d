//! Tests of external tables, read through DataFusion.

use std::{collections::BTreeMap, fs, path::Path};

use arrow::{
    array::{Int32Array, RecordBatch, StringArray},
    util::pretty::pretty_format_batches,
};
use datafusion::{
    functions_aggregate::expr_fn::count,
    prelude::{DataFrame, SessionContext, col, ident, lit},
};

use super::*;
use crate::{
    config::Config,
    glue::{data_catalog::TableInput, job::tests::Bench},
};

fn stores(bench: &Bench) -> Arc<ObjectStores> {
    Arc::new(ObjectStores::new(&Config::new(bench.dir.path().join("warehouse"))))
}

fn table(bench: &Bench, name: &str) -> ExternalTable {
    ExternalTable::new(bench.contents(name), stores(bench)).unwrap()
}

fn frame(table: ExternalTable) -> DataFrame {
    SessionContext::new().read_table(Arc::new(table)).unwrap()
}

/// Rows as text, cells joined by `|`, sorted.
async fn rows(frame: DataFrame) -> Vec<String> {
    let batches = frame.collect().await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let cells = |line: &str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("|");
    let mut rows: Vec<String> = text.lines().skip(3).filter(|l| l.starts_with('|')).map(cells).collect();
    rows.sort();
    rows
}

/// Declares an external table over a folder of the lake.
fn declare(
    bench: &Bench,
    format: TableFormat,
    columns: &[(&str, &str)],
    properties: &[(&str, &str)],
) -> std::path::PathBuf {
    let folder = bench.dir.path().join("warehouse/lake/own");
    fs::create_dir_all(&folder).unwrap();
    bench.catalog.create_database("chinook", true).unwrap();
    let input = TableInput {
        name: "own".to_owned(),
        columns: columns.iter().map(|(n, t)| CatalogColumn::new(*n, HiveType::parse(t).unwrap())).collect(),
        partition_keys: Vec::new(),
        format,
        location: folder.to_str().unwrap().to_owned(),
        managed: false,
        parameters: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    };
    bench.catalog.create_table("chinook", &input).unwrap();
    folder
}

#[tokio::test]
async fn files_of_different_schemas_read_as_one_table() {
    let bench = Bench::new();
    bench.put("T/a.csv", "Id,Price,Day,Empty,At\n1,0.99,2021-01-02,,2021-01-02 03:04:05\n");
    bench.run().unwrap();
    bench.put("T/b.csv", "Id,Price,New,Empty,Day,At\n3000000000,\"1,99\",x,7,soon,now\n");
    bench.run().unwrap();
    let table = table(&bench, "t");
    assert_eq!(table.statistics().unwrap().num_rows, Precision::Exact(2));
    let price = table.schema().field_with_name("price").unwrap().clone();
    assert_eq!(price.data_type(), &DataType::Utf8View);
    assert_eq!(price.metadata()[REDSHIFT_TYPE_KEY], "character varying(65535)");
    let columns = ["id", "price", "day", "empty", "at", "new", "_source_object", "delivery_id"];
    let frame = frame(table).select(columns.map(ident).to_vec()).unwrap();
    assert_eq!(
        rows(frame).await,
        ["1|0.99|2021-01-02||2021-01-02 03:04:05||T/a.csv|1", "3000000000|1,99|soon|7|now|x|T/b.csv|2"]
    );
}

#[tokio::test]
async fn partition_filters_are_decided_before_files_are_opened() {
    let bench = Bench::new();
    for delivery in 1..=3 {
        bench.put(&format!("T/{delivery}.csv"), format!("Id\n{delivery}\n"));
        bench.run().unwrap();
    }
    // Files of deliveries that the filter excludes may even be gone.
    let contents = bench.contents("t");
    for file in contents.files.iter().filter(|f| !f.path.contains("delivery_id=3")) {
        fs::remove_file(bench.dir.path().join("warehouse/lake").join(&file.path)).unwrap();
    }
    let filter = ident("delivery_id").gt(lit(2i64)).and(ident("id").gt(lit(0)));
    let found = frame(table(&bench, "t")).filter(filter).unwrap().select(vec![col("id"), col("delivery_id")]).unwrap();
    assert_eq!(rows(found).await, ["3|3"]);
    let none = frame(table(&bench, "t")).filter(ident("delivery_id").eq(lit(9i64))).unwrap();
    assert_eq!(none.count().await.unwrap(), 0);
    // Whether the filter is true for no partition or NULL for all, nothing is read.
    let none = frame(table(&bench, "t")).filter(ident("delivery_id").eq(lit(ScalarValue::Int64(None)))).unwrap();
    assert_eq!(none.count().await.unwrap(), 0);
}

#[tokio::test]
async fn delimited_text() {
    let bench = Bench::new();
    let columns = [("id", "int"), ("name", "string"), ("price", "decimal(8,2)"), ("day", "date")];
    let folder = declare(&bench, TableFormat::Text, &columns, &[("field.delim", "|"), ("skip.header.line.count", "1")]);
    fs::write(folder.join("a.txt"), "id|name|price|day\n1|\"q\"|0.50|2021-01-01\n2||\\N|\n3\n4|x|1|2021-01-02|more\n")
        .unwrap();
    fs::write(folder.join("_hidden"), "no\n").unwrap();
    assert_eq!(
        rows(frame(table(&bench, "own"))).await,
        ["1|\"q\"|0.50|2021-01-01", "2|||", "3|||", "4|x|1.00|2021-01-02"]
    );
    let named = frame(table(&bench, "own")).filter(col("name").is_not_null()).unwrap().select(vec![col("id")]).unwrap();
    assert_eq!(rows(named).await, ["1", "2", "4"]);
    fs::write(folder.join("b.txt"), "id|name\nfive|x\n").unwrap();
    let error = frame(table(&bench, "own")).collect().await.unwrap_err().to_string();
    assert!(error.contains("Spectrum Scan Error") && error.contains("five"), "{error}");
    // The bad column is not read when nobody asks for it.
    let counted = frame(table(&bench, "own")).select(vec![col("name")]).unwrap();
    assert_eq!(rows(counted).await.len(), 5);
}

#[tokio::test]
async fn csv_with_quotes_and_json_lines() {
    let bench = Bench::new();
    let serde = [("serde", "org.apache.hadoop.hive.serde2.OpenCSVSerde"), ("serialization.null.format", "")];
    let folder = declare(&bench, TableFormat::Text, &[("id", "int"), ("name", "string")], &serde);
    fs::write(folder.join("a.csv"), "1,\"a, \"\"b\"\"\"\n2,\n").unwrap();
    assert_eq!(rows(frame(table(&bench, "own"))).await, ["1|a, \"b\"", "2|"]);
    bench.catalog.drop_table("chinook", "own").unwrap();
    fs::remove_file(folder.join("a.csv")).unwrap();
    declare(&bench, TableFormat::Json, &[("invoiceid", "bigint"), ("total", "double"), ("tags", "string")], &[]);
    fs::write(folder.join("a.json"), "{\"InvoiceId\": 1, \"Total\": 1.5, \"tags\": [1,2]}\n{\"total\": null}\n")
        .unwrap();
    assert_eq!(rows(frame(table(&bench, "own"))).await, ["1|1.5|[1,2]", "||"]);
    fs::write(folder.join("b.json"), "{\"InvoiceId\": \n").unwrap();
    let error = frame(table(&bench, "own")).collect().await.unwrap_err().to_string();
    assert!(error.contains("no JSON object"), "{error}");
}

fn write_parquet(path: &Path, ids: Vec<i32>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let names = StringArray::from_iter_values(ids.iter().map(|id| format!("n{id}")));
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(Int32Array::from(ids)) as arrow::array::ArrayRef),
        ("name", Arc::new(names) as _),
    ])
    .unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn parquet_with_declared_partitions_and_pseudo_columns() {
    let bench = Bench::new();
    bench.catalog.create_database("chinook", true).unwrap();
    let lake = bench.dir.path().join("warehouse/lake");
    let input = TableInput {
        name: "p".to_owned(),
        columns: vec![CatalogColumn::new("id", HiveType::BigInt), CatalogColumn::new("name", HiveType::String)],
        partition_keys: vec![CatalogColumn::new("day", HiveType::Date)],
        format: TableFormat::Parquet,
        location: lake.join("p").to_str().unwrap().to_owned(),
        managed: false,
        parameters: BTreeMap::new(),
    };
    let id = bench.catalog.create_table("chinook", &input).unwrap();
    for (day, ids) in [("2021-01-01", vec![1, 2]), ("2021-01-02", vec![3]), ("__HIVE_DEFAULT_PARTITION__", vec![4])] {
        let folder = lake.join(format!("p/day={day}"));
        write_parquet(&folder.join("x.parquet"), ids);
        let location = folder.to_str().unwrap().to_owned();
        bench.catalog.update(|change| change.ensure_partition(id, &[day.to_owned()], &location)).unwrap();
    }
    let all = frame(table(&bench, "p")).select(vec![col("id"), col("name"), col("day")]).unwrap();
    assert_eq!(rows(all).await, ["1|n1|2021-01-01", "2|n2|2021-01-01", "3|n3|2021-01-02", "4|n4|"]);
    let day = lit(ScalarValue::Date32(Some(18_629)));
    let late = frame(table(&bench, "p")).filter(col("day").eq(day).and(col("id").gt(lit(0i64)))).unwrap();
    assert_eq!(rows(late).await, ["3|n3|2021-01-02"]);
    let with_path = frame(table(&bench, "p").with_pseudo_columns().unwrap());
    let paths = with_path.aggregate(vec![ident("$path")], vec![count(ident("$size"))]).unwrap();
    let paths = rows(paths).await;
    assert!(paths.len() == 3 && paths[0].ends_with("x.parquet|2"), "{paths:?}");
}

#[tokio::test]
async fn a_location_that_sql_must_not_reach_is_refused() {
    let bench = Bench::new();
    declare(&bench, TableFormat::Text, &[("line", "string")], &[]);
    bench
        .catalog
        .update(|change| {
            change.set_location(change.require_table("chinook", "own")?, bench.dir.path().to_str().unwrap())
        })
        .unwrap();
    let error = frame(table(&bench, "own")).collect().await.unwrap_err();
    assert!(error.to_string().contains("is not allowed"), "{error}");
}
