//! SVV_EXTERNAL_SCHEMAS, _DATABASES, _TABLES, _COLUMNS, _PARTITIONS.

use std::sync::Arc;

use serde_json::json;

use super::super::{
    declared::Filled,
    item::{ColumnItem, RelationItem, RelationKind, SchemaItem, relation, schema},
    pg_catalog::namespace,
    value::Value,
};
use crate::glue::data_catalog::CatalogTable;

/// `eskind` of a schema of the data catalog.
const DATA_CATALOG_KIND: i64 = 1;

pub const SVV_EXTERNAL_SCHEMAS: Filled<SchemaItem> = Filled {
    name: "svv_external_schemas",
    items: |context| Ok(schema::all(context).into_iter().filter(|schema| schema.external.is_some()).collect()),
    values: &[
        ("esoid", |_, s| s.oid.into()),
        ("eskind", |_, _| DATA_CATALOG_KIND.into()),
        ("schemaname", |_, s| (&s.name).into()),
        ("esowner", |_, s| s.owner.into()),
        ("databasename", |_, s| s.external.as_ref().map(|external| &external.database).into()),
        ("esoptions", |_, s| s.external.as_ref().map(namespace::options).into()),
    ],
};

/// A database of the data catalog: its name and location.
pub type Database = (String, Option<String>);

pub const SVV_EXTERNAL_DATABASES: Filled<Database> = Filled {
    name: "svv_external_databases",
    items: |context| {
        let databases = context.bind.data_catalog.databases()?.into_iter();
        Ok(databases.map(|database| (database.name, database.location)).collect())
    },
    values: &[
        ("eskind", |_, _| DATA_CATALOG_KIND.into()),
        ("databasename", |_, d| (&d.0).into()),
        ("location", |_, d| d.1.as_ref().into()),
        ("parameters", |_, _| "{}".into()),
    ],
};

fn table(relation: &RelationItem) -> Option<&CatalogTable> {
    match &relation.kind {
        RelationKind::External(table) => Some(table),
        _ => None,
    }
}

fn class<'a>(relation: &RelationItem, index: usize) -> Value<'a> {
    table(relation).map(|table| classes(table.format.name())[index]).into()
}

pub const SVV_EXTERNAL_TABLES: Filled<Arc<RelationItem>> = Filled {
    name: "svv_external_tables",
    items: |context| relation::external(context),
    values: &[
        ("redshift_database_name", |context, _| context.database().into()),
        ("schemaname", |_, r| (&*r.schema).into()),
        ("tablename", |_, r| (&r.name).into()),
        ("tabletype", |_, _| "TABLE".into()),
        ("location", |_, r| table(r).map(|table| table.location.trim_end_matches('/')).into()),
        ("input_format", |_, r| class(r, 0)),
        ("output_format", |_, r| class(r, 1)),
        ("serialization_lib", |_, r| class(r, 2)),
        ("serde_parameters", |_, _| "{}".into()),
        ("compressed", |_, _| 0_i64.into()),
        ("parameters", |_, r| table(r).map(|table| json!(table.parameters).to_string()).into()),
    ],
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

pub const SVV_EXTERNAL_COLUMNS: Filled<ColumnItem> = Filled {
    name: "svv_external_columns",
    items: |context| Ok(relation::external(context)?.iter().flat_map(ColumnItem::of).collect()),
    values: &[
        ("redshift_database_name", |context, _| context.database().into()),
        ("schemaname", |_, c| (&*c.relation.schema).into()),
        ("tablename", |_, c| (&c.relation.name).into()),
        ("columnname", |_, c| c.name().into()),
        ("external_type", |_, c| {
            let table = table(&c.relation);
            let column = table.and_then(|table| table.columns.iter().chain(&table.partition_keys).nth(c.index));
            column.map(|column| column.hive_type.to_string()).into()
        }),
        ("columnnum", |_, c| c.number().into()),
        ("part_key", |_, c| {
            let plain = table(&c.relation).map_or(0, |table| table.columns.len());
            (c.index + 1).saturating_sub(plain).into()
        }),
        ("is_nullable", |_, _| "true".into()),
    ],
};

/// A partition: its table, values and location.
pub type Partition = (Arc<RelationItem>, Vec<String>, String);

pub const SVV_EXTERNAL_PARTITIONS: Filled<Partition> = Filled {
    name: "svv_external_partitions",
    items: |context| {
        let mut all = vec![];
        for relation in relation::external(context)? {
            let Some(table) = table(&relation) else { continue };
            for partition in context.bind.data_catalog.partitions(&table.database, &table.name)? {
                all.push((Arc::clone(&relation), partition.values, partition.location));
            }
        }
        Ok(all)
    },
    values: &[
        ("schemaname", |_, p| (&*p.0.schema).into()),
        ("tablename", |_, p| (&p.0.name).into()),
        ("values", |_, p| json!(p.1).to_string().into()),
        ("location", |_, p| p.2.trim_end_matches('/').into()),
        ("input_format", |_, p| class(&p.0, 0)),
        ("output_format", |_, p| class(&p.0, 1)),
        ("serialization_lib", |_, p| class(&p.0, 2)),
        ("serde_parameters", |_, _| "{}".into()),
        ("compressed", |_, _| 0_i64.into()),
        ("parameters", |_, _| "{}".into()),
    ],
};
