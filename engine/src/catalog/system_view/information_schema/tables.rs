//! information_schema.tables, views, schemata.

use std::sync::Arc;

use super::super::{
    item::{RelationItem, SchemaItem, schema},
    value::*,
    view::{INFORMATION_SCHEMA, View, col, none},
};

/// information_schema.tables
pub const TABLES: View<Arc<RelationItem>> = View {
    schema: INFORMATION_SCHEMA,
    name: "tables",
    items: |context| Ok(context.relations().to_vec()),
    columns: &[
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, r| (&*r.schema).into()),
        col("table_name", VARCHAR128, |_, r| (&r.name).into()),
        col("table_type", TEXT, |_, r| r.table_type().into()),
        col("self_referencing_column_name", VARCHAR128, |_, _| Value::Null),
        col("reference_generation", TEXT, |_, _| Value::Null),
        col("user_defined_type_catalog", VARCHAR128, |_, _| Value::Null),
        col("user_defined_type_schema", VARCHAR128, |_, _| Value::Null),
        col("user_defined_name", VARCHAR128, |_, _| Value::Null),
    ],
};

/// information_schema.views
pub const VIEWS: View<Arc<RelationItem>> = View {
    schema: INFORMATION_SCHEMA,
    name: "views",
    items: |context| Ok(context.relations().iter().filter(|relation| relation.is_view()).cloned().collect()),
    columns: &[
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, r| (&*r.schema).into()),
        col("table_name", VARCHAR128, |_, r| (&r.name).into()),
        col("view_definition", TEXT, |_, r| r.definition().into()),
        col("check_option", TEXT, |_, _| "NONE".into()),
        col("is_updatable", TEXT, |_, _| "NO".into()),
        col("is_insertable_into", TEXT, |_, _| "NO".into()),
    ],
};

/// information_schema.schemata
pub const SCHEMATA: View<SchemaItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "schemata",
    items: |context| Ok(schema::all(context)),
    columns: &[
        col("catalog_name", VARCHAR128, |context, _| context.database().into()),
        col("schema_name", VARCHAR128, |_, s| (&s.name).into()),
        col("schema_owner", VARCHAR128, |context, s| context.user_name(s.owner).into()),
        col("default_character_set_catalog", VARCHAR128, |_, _| Value::Null),
        col("default_character_set_schema", VARCHAR128, |_, _| Value::Null),
        col("default_character_set_name", VARCHAR128, |_, _| Value::Null),
        col("sql_path", TEXT, |_, _| Value::Null),
    ],
};

/// information_schema.information_schema_catalog_name
pub const INFORMATION_SCHEMA_CATALOG_NAME: View<()> = View {
    schema: INFORMATION_SCHEMA,
    name: "information_schema_catalog_name",
    items: |_| Ok(vec![()]),
    columns: &[col("catalog_name", VARCHAR128, |context, _| context.database().into())],
};

/// information_schema.sequences: Redshift has none.
pub const SEQUENCES: View<()> = View {
    schema: INFORMATION_SCHEMA,
    name: "sequences",
    items: none,
    columns: &[
        col("sequence_catalog", VARCHAR128, |_, _| Value::Null),
        col("sequence_schema", VARCHAR128, |_, _| Value::Null),
        col("sequence_name", VARCHAR128, |_, _| Value::Null),
    ],
};

/// information_schema.triggers: Redshift has none.
pub const TRIGGERS: View<()> = View {
    schema: INFORMATION_SCHEMA,
    name: "triggers",
    items: none,
    columns: &[
        col("trigger_catalog", VARCHAR128, |_, _| Value::Null),
        col("trigger_schema", VARCHAR128, |_, _| Value::Null),
        col("trigger_name", VARCHAR128, |_, _| Value::Null),
        col("event_manipulation", TEXT, |_, _| Value::Null),
        col("event_object_schema", VARCHAR128, |_, _| Value::Null),
        col("event_object_table", VARCHAR128, |_, _| Value::Null),
        col("action_statement", TEXT, |_, _| Value::Null),
    ],
};
