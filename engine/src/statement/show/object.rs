//! SHOW TABLE, SHOW VIEW, SHOW EXTERNAL TABLE: the statement that would make the object.

use std::fmt::Write;

use blueshift_sql::ast::ObjectName;

use super::{name, relation, rows};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::{
            ColumnItem, ConstraintItem, RelationItem, RelationKind, constraint,
            relation::{self as relations, quoted},
        },
        value::TEXT,
    },
    error::{Error, Result},
    session::StatementResult,
    storage::metadata::{ConstraintKind, DistStyle, SortStyle, TableSnapshot},
};

/// SHOW VIEW
pub fn view(context: &SystemContext, wanted: &ObjectName) -> Result<StatementResult> {
    let found = relation(context, wanted)?;
    let definition = found.definition().ok_or_else(|| Error::wrong_object_type(name::written(wanted), "view"))?;
    rows(&[("Show View DDL statement", TEXT)], vec![vec![definition.into()]])
}

/// SHOW TABLE
pub fn table(context: &SystemContext, wanted: &ObjectName) -> Result<StatementResult> {
    let found = relation(context, wanted)?;
    let (RelationKind::Table(table) | RelationKind::MaterializedTable(table)) = &found.kind else {
        return Err(Error::wrong_object_type(name::written(wanted), "table"));
    };
    let text = table_definition(context, found, table);
    rows(&[("Show Table DDL statement", TEXT)], vec![vec![text.into()]])
}

fn table_definition(context: &SystemContext, found: &std::sync::Arc<RelationItem>, table: &TableSnapshot) -> String {
    let mut parts: Vec<String> = ColumnItem::of(found).map(|column| column_definition(table, &column)).collect();
    let constraints: Vec<ConstraintItem> =
        constraint::all(context).into_iter().filter(|item| item.relation.oid == found.oid).collect();
    parts.extend(constraints.iter().map(|item| constraint_definition(table, item)));
    let temporary = if found.is_temporary() { "TEMP " } else { "" };
    let schema = if found.is_temporary() { String::new() } else { format!("{}.", quoted(&found.schema)) };
    let mut text =
        format!("CREATE {temporary}TABLE {schema}{} (\n    {}\n)", quoted(&found.name), parts.join(",\n    "));
    let style = match table.layout.dist_style {
        DistStyle::Auto => "AUTO",
        DistStyle::Even => "EVEN",
        DistStyle::Key => "KEY",
        DistStyle::All => "ALL",
    };
    let _ = write!(text, "\nDISTSTYLE {style}");
    let key = &table.layout.sort_key;
    if !key.columns.is_empty() {
        let names = key.columns.iter().filter_map(|id| table.column_by_id(*id)).map(|column| quoted(&column.name));
        let names = names.collect::<Vec<_>>().join(", ");
        let style = if key.style == SortStyle::Interleaved { "INTERLEAVED " } else { "" };
        let _ = write!(text, "\n{style}SORTKEY ( {names} )");
    }
    text.push(';');
    text
}

fn column_definition(table: &TableSnapshot, item: &ColumnItem) -> String {
    let mut text = format!("{} {}", quoted(item.name()), item.type_name());
    if !item.nullable() {
        text.push_str(" NOT NULL");
    }
    let column = table.columns.get(item.index);
    if let Some((seed, step)) = column.and_then(|column| column.identity) {
        let _ = write!(text, " identity({seed},{step})");
    } else if let Some(default) = item.default() {
        let _ = write!(text, " DEFAULT {default}");
    }
    if item.encoding() != "none" {
        let _ = write!(text, " ENCODE {}", item.encoding());
    } else if column.is_some_and(|column| column.encoding.as_deref() == Some("raw")) {
        text.push_str(" ENCODE raw");
    }
    if column.is_some_and(|column| table.layout.ignores_case(column.id)) {
        text.push_str(" COLLATE CASE_INSENSITIVE");
    }
    if item.is_dist_key() {
        text.push_str(" distkey");
    }
    text
}

/// A constraint; with its name when that is not the one it would get by itself.
fn constraint_definition(table: &TableSnapshot, item: &ConstraintItem) -> String {
    let columns = item.columns().join("_");
    let default_name = match item.kind() {
        Some(ConstraintKind::Primary) => format!("{}_pkey", table.name),
        Some(ConstraintKind::Unique) => format!("{}_{columns}_key", table.name),
        _ => format!("{}_{columns}_fkey", table.name),
    };
    if item.name() == default_name {
        item.definition()
    } else {
        format!("CONSTRAINT {} {}", quoted(item.name()), item.definition())
    }
}

/// SHOW EXTERNAL TABLE
pub fn external_table(context: &SystemContext, wanted: &ObjectName, partition: bool) -> Result<StatementResult> {
    let all = relations::external(context)?;
    let found = all
        .iter()
        .find(|found| found.name == wanted.name() && wanted.schema().is_none_or(|schema| *found.schema == *schema));
    let Some(RelationItem { kind: RelationKind::External(table), schema, name: table_name, .. }) =
        found.map(|found| &**found)
    else {
        return Err(Error::undefined_table(name::written(wanted)));
    };
    let full_name = format!("{}.{}", quoted(schema), quoted(table_name));
    let list = |columns: &[crate::glue::data_catalog::CatalogColumn]| {
        let columns =
            columns.iter().map(|column| format!("{} {}", quoted(&column.name), column.hive_type.redshift_type()));
        columns.collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("CREATE EXTERNAL TABLE {full_name} ({})", list(&table.columns));
    if !table.partition_keys.is_empty() {
        let _ = write!(text, " PARTITIONED BY ({})", list(&table.partition_keys));
    }
    let format = match table.format.name() {
        "orc" => "STORED AS ORC",
        "parquet" => "STORED AS PARQUET",
        "json" => "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' STORED AS TEXTFILE",
        _ => "STORED AS TEXTFILE",
    };
    let _ = write!(text, " {format} LOCATION '{}'", table.location);
    if !table.parameters.is_empty() {
        let pairs = table.parameters.iter().map(|(key, value)| format!("'{key}'='{value}'"));
        let _ = write!(text, " TABLE PROPERTIES ({})", pairs.collect::<Vec<_>>().join(", "));
    }
    text.push(';');
    let mut list = vec![vec![text.into()]];
    if partition {
        for partition in context.bind.data_catalog.partitions(&table.database, &table.name)? {
            let values = table.partition_keys.iter().zip(&partition.values);
            let values: Vec<String> = values.map(|(key, value)| format!("{}='{value}'", quoted(&key.name))).collect();
            let location = &partition.location;
            let add = format!(
                "ALTER TABLE {full_name} ADD IF NOT EXISTS PARTITION ({}) LOCATION '{location}';",
                values.join(", ")
            );
            list.push(vec![add.into()]);
        }
    }
    rows(&[("Show External Table DDL statement", TEXT)], list)
}
