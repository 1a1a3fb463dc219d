//! SHOW DATABASES, SCHEMAS, TABLES, COLUMNS.

use std::sync::Arc;

use blueshift_sql::ast::{ObjectName, ShowFilter};

use super::{check_database, listed, relation, schema};
use crate::{
    catalog::system_view::{
        SystemContext,
        information_schema::columns::{data_type, numbers, yes_no},
        item::{ColumnItem, RelationItem, RelationKind, principal, relation as relations, schema as schemas},
        pg_catalog::namespace,
        svv::schema::isolation,
        value::{INT4, TEXT, TIMESTAMP, VARCHAR128, Value},
    },
    error::Result,
    session::StatementResult,
    storage::metadata::SortStyle,
    types::RedshiftType,
};

/// The columns of SHOW DATABASES.
pub(super) const DATABASES: [(&str, RedshiftType); 6] = [
    ("database_name", VARCHAR128),
    ("database_owner", INT4),
    ("database_type", VARCHAR128),
    ("database_acl", TEXT),
    ("parameters", TEXT),
    ("database_isolation_level", VARCHAR128),
];

/// SHOW DATABASES
pub fn databases(context: &SystemContext, filter: &ShowFilter) -> Result<StatementResult> {
    let databases = namespace::databases(context).into_iter().filter(|database| !database.template);
    let list = databases.map(|database| {
        vec![
            database.name.into(),
            database.owner.into(),
            "local".into(),
            Value::Null,
            Value::Null,
            isolation(context).into(),
        ]
    });
    listed(&DATABASES, filter, 0, list.collect())
}

/// The columns of SHOW SCHEMAS.
pub(super) const SCHEMAS: [(&str, RedshiftType); 7] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("schema_owner", INT4),
    ("schema_type", VARCHAR128),
    ("schema_acl", TEXT),
    ("source_database", VARCHAR128),
    ("schema_option", TEXT),
];

/// SHOW SCHEMAS
pub fn schemas(context: &SystemContext, database: &ObjectName, filter: &ShowFilter) -> Result<StatementResult> {
    check_database(context, database.name())?;
    let mut all = schemas::all(context);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let list = all.into_iter().map(|schema| {
        let acl = principal::acl_text(&principal::schema_acl(context, &schema.name, schema.owner));
        vec![
            context.database().into(),
            schema.name.into(),
            schema.owner.into(),
            (if schema.external.is_some() { "external" } else { "local" }).into(),
            if acl.is_empty() { Value::Null } else { acl.into() },
            schema.external.as_ref().map_or("", |external| external.database.as_str()).to_owned().into(),
            schema.external.as_ref().map(namespace::options).into(),
        ]
    });
    listed(&SCHEMAS, filter, 1, list.collect())
}

/// The kind of a relation, and the kind within it.
fn kinds(relation: &RelationItem) -> (&'static str, &'static str) {
    match &relation.kind {
        RelationKind::External(_) => ("EXTERNAL TABLE", "EXTERNAL TABLE"),
        RelationKind::MaterializedView(_) => ("VIEW", "MATERIALIZED VIEW"),
        RelationKind::View(view) if view.late_binding => ("VIEW", "LATE BINDING VIEW"),
        RelationKind::System(_) if relation.is_view() => ("SYSTEM VIEW", "SYSTEM VIEW"),
        RelationKind::System(_) => ("SYSTEM TABLE", "SYSTEM TABLE"),
        RelationKind::View(_) => ("VIEW", "REGULAR VIEW"),
        _ => ("TABLE", "REGULAR TABLE"),
    }
}

/// The columns of SHOW TABLES.
pub(super) const TABLES: [(&str, RedshiftType); 11] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("table_name", VARCHAR128),
    ("table_type", VARCHAR128),
    ("table_acl", TEXT),
    ("remarks", TEXT),
    ("owner", VARCHAR128),
    ("last_altered_time", TIMESTAMP),
    ("last_modified_time", TIMESTAMP),
    ("dist_style", VARCHAR128),
    ("table_subtype", VARCHAR128),
];

/// SHOW TABLES
pub fn tables(context: &SystemContext, wanted: &ObjectName, filter: &ShowFilter) -> Result<StatementResult> {
    let schema = schema(context, wanted)?;
    let mut all: Vec<Arc<RelationItem>> = context.relations_and_external()?;
    // The table behind a materialized view is not shown.
    all.retain(|relation| *relation.schema == *schema && !matches!(relation.kind, RelationKind::MaterializedTable(_)));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let list = all.iter().map(|relation| {
        let (kind, subtype) = kinds(relation);
        let acl = principal::acl_text(&principal::relation_acl(context, relation));
        vec![
            context.database().into(),
            (&*relation.schema).into(),
            (&relation.name).into(),
            kind.into(),
            if acl.is_empty() { Value::Null } else { acl.into() },
            relation.comment().into(),
            context.user_name(relation.owner).into(),
            Value::Null,
            Value::Null,
            relation.table().map(|table| relations::dist_style(table)).into(),
            subtype.into(),
        ]
    });
    listed(&TABLES, filter, 2, list.collect())
}

/// The columns of SHOW COLUMNS.
pub(super) const COLUMNS: [(&str, RedshiftType); 17] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("table_name", VARCHAR128),
    ("column_name", VARCHAR128),
    ("ordinal_position", INT4),
    ("column_default", TEXT),
    ("is_nullable", VARCHAR128),
    ("data_type", VARCHAR128),
    ("character_maximum_length", INT4),
    ("numeric_precision", INT4),
    ("numeric_scale", INT4),
    ("remarks", TEXT),
    ("sort_key_type", VARCHAR128),
    ("sort_key", INT4),
    ("dist_key", INT4),
    ("encoding", VARCHAR128),
    ("collation", VARCHAR128),
];

/// How text of a column is compared, where case does not count.
fn collation(relation: &RelationItem, column: &ColumnItem) -> Option<&'static str> {
    let table = relation.table()?;
    let id = table.columns.get(column.index)?.id;
    table.layout.ignores_case(id).then_some(crate::storage::metadata::CASE_INSENSITIVE)
}

/// SHOW COLUMNS
pub fn columns(context: &SystemContext, table: &ObjectName, filter: &ShowFilter) -> Result<StatementResult> {
    let found = match relation(context, table) {
        Ok(found) => Arc::clone(found),
        Err(missing) => {
            let external = relations::external(context)?;
            let of_schema = |found: &Arc<RelationItem>| {
                found.name == table.name() && table.schema().is_none_or(|schema| *found.schema == *schema)
            };
            external.into_iter().find(of_schema).ok_or(missing)?
        }
    };
    let all: Vec<ColumnItem> = ColumnItem::of(&found).collect();
    let list = all.iter().map(|column| {
        let numbers = numbers(column);
        let sort_key = column.sort_key_position();
        let style = found.table().map(|table| table.layout.sort_key.style);
        let sort_key_type = match style {
            Some(SortStyle::Interleaved) if sort_key != 0 => Some("INTERLEAVED"),
            _ if sort_key != 0 => Some("COMPOUND"),
            _ => None,
        };
        vec![
            context.database().into(),
            (&*found.schema).into(),
            (&found.name).into(),
            column.name().into(),
            column.number().into(),
            column.default().map(|text| text.into_owned()).into(),
            yes_no(column.nullable()).into(),
            data_type(column).into(),
            numbers.length.into(),
            numbers.precision.into(),
            numbers.scale.into(),
            column.comment(context).into(),
            sort_key_type.into(),
            if sort_key == 0 { Value::Null } else { sort_key.into() },
            if column.is_dist_key() { 1_i64.into() } else { Value::Null },
            column.encoding().into(),
            collation(&found, column).into(),
        ]
    });
    listed(&COLUMNS, filter, 3, list.collect())
}
