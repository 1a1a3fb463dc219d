//! SVV_EXTERNAL_SCHEMAS, _DATABASES, _TABLES, _COLUMNS, _PARTITIONS.

use serde_json::json;

use super::{ColumnType::*, SystemView, Value, relation_list};
use crate::{binder::BindContext, catalog::external_schema, error::Result};

/// `esoid` of the first external schema; the others follow by name.
const FIRST_OID: i64 = 200_000;
/// `eskind` of a schema of the data catalog.
const DATA_CATALOG_KIND: i64 = 1;

/// SVV_EXTERNAL_SCHEMAS
pub const SVV_EXTERNAL_SCHEMAS: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_external_schemas",
    columns: &[
        ("esoid", BigInt),
        ("eskind", Integer),
        ("schemaname", Name),
        ("esowner", Integer),
        ("databasename", Text),
        ("esoptions", Text),
    ],
    rows: |context| {
        let schemas = external_schema::all(&context.snapshot).into_iter().enumerate();
        Ok(schemas
            .map(|(index, schema)| {
                let mut options = serde_json::Map::new();
                options.extend(schema.options.iter().map(|(key, value)| (key.clone(), json!(value))));
                if let Some(role) = &schema.iam_role {
                    options.insert("IAM_ROLE".to_owned(), json!(role));
                }
                vec![
                    (FIRST_OID + index as i64).into(),
                    DATA_CATALOG_KIND.into(),
                    schema.name.into(),
                    100.into(),
                    schema.database.into(),
                    serde_json::Value::Object(options).to_string().into(),
                ]
            })
            .collect())
    },
};

/// SVV_EXTERNAL_DATABASES
pub const SVV_EXTERNAL_DATABASES: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_external_databases",
    columns: &[("eskind", Integer), ("databasename", Text), ("location", Text), ("parameters", Text)],
    rows: |context| {
        let databases = context.data_catalog.databases()?.into_iter();
        Ok(databases
            .map(|database| vec![DATA_CATALOG_KIND.into(), database.name.into(), database.location.into(), "{}".into()])
            .collect())
    },
};

/// SVV_EXTERNAL_TABLES
pub const SVV_EXTERNAL_TABLES: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_external_tables",
    columns: &[
        ("redshift_database_name", Text),
        ("schemaname", Text),
        ("tablename", Text),
        ("tabletype", Text),
        ("location", Text),
        ("input_format", Text),
        ("output_format", Text),
        ("serialization_lib", Text),
        ("serde_parameters", Text),
        ("compressed", Integer),
        ("parameters", Text),
    ],
    rows: |context| {
        Ok(relation_list::external_tables(context)?
            .into_iter()
            .map(|listed| {
                let formats = classes(listed.table.format.name());
                vec![
                    context.database.as_str().into(),
                    listed.schema.into(),
                    listed.table.name.as_str().into(),
                    "TABLE".into(),
                    listed.table.location.as_str().into(),
                    formats[0].into(),
                    formats[1].into(),
                    formats[2].into(),
                    "{}".into(),
                    0.into(),
                    json!(listed.table.parameters).to_string().into(),
                ]
            })
            .collect())
    },
};

/// Hive's input format, output format and serde of a file format.
fn classes(format: &str) -> [&'static str; 3] {
    match format {
        "orc" => [
            "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
        ],
        "parquet" => [
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        ],
        "json" => [
            "org.apache.hadoop.mapred.TextInputFormat",
            "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "org.openx.data.jsonserde.JsonSerDe",
        ],
        _ => [
            "org.apache.hadoop.mapred.TextInputFormat",
            "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        ],
    }
}

/// SVV_EXTERNAL_COLUMNS
pub const SVV_EXTERNAL_COLUMNS: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_external_columns",
    columns: &[
        ("redshift_database_name", Text),
        ("schemaname", Text),
        ("tablename", Text),
        ("columnname", Text),
        ("external_type", Text),
        ("columnnum", Integer),
        ("part_key", Integer),
        ("is_nullable", Text),
    ],
    rows: external_columns,
};

fn external_columns(context: &BindContext) -> Result<Vec<Vec<Value>>> {
    let mut rows = vec![];
    for listed in relation_list::external_tables(context)? {
        let columns = listed.table.columns.iter().map(|column| (column, 0));
        let keys = listed.table.partition_keys.iter().enumerate().map(|(index, key)| (key, index as i64 + 1));
        for (number, (column, part_key)) in columns.chain(keys).enumerate() {
            rows.push(vec![
                context.database.as_str().into(),
                listed.schema.as_str().into(),
                listed.table.name.as_str().into(),
                column.name.as_str().into(),
                column.hive_type.to_string().into(),
                (number as i64 + 1).into(),
                part_key.into(),
                "true".into(),
            ]);
        }
    }
    Ok(rows)
}

/// SVV_EXTERNAL_PARTITIONS
pub const SVV_EXTERNAL_PARTITIONS: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_external_partitions",
    columns: &[
        ("schemaname", Text),
        ("tablename", Text),
        ("values", Text),
        ("location", Text),
        ("input_format", Text),
        ("output_format", Text),
        ("serialization_lib", Text),
        ("serde_parameters", Text),
        ("compressed", Integer),
        ("parameters", Text),
    ],
    rows: |context| {
        let mut rows = vec![];
        for listed in relation_list::external_tables(context)? {
            let formats = classes(listed.table.format.name());
            for partition in context.data_catalog.partitions(&listed.table.database, &listed.table.name)? {
                rows.push(vec![
                    listed.schema.as_str().into(),
                    listed.table.name.as_str().into(),
                    json!(partition.values).to_string().into(),
                    partition.location.into(),
                    formats[0].into(),
                    formats[1].into(),
                    formats[2].into(),
                    "{}".into(),
                    0.into(),
                    "{}".into(),
                ]);
            }
        }
        Ok(rows)
    },
};
