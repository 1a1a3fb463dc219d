//! pg_tables, pg_views, pg_table_def.

use std::sync::Arc;

use super::super::{
    item::{ColumnItem, RelationItem, RelationKind},
    value::*,
    view::{PG_CATALOG, View, col},
};

/// pg_tables. The table behind a materialized view is not listed: newer clusters keep it out of the view's
/// schema, and dbt's catalog counts on that.
pub const PG_TABLES: View<Arc<RelationItem>> = View {
    schema: PG_CATALOG,
    name: "pg_tables",
    items: |context| {
        let hidden = |relation: &RelationItem| matches!(relation.kind, RelationKind::MaterializedTable(_));
        let tables = context.relations().iter().filter(|relation| relation.relkind() == "r" && !hidden(relation));
        Ok(tables.cloned().collect())
    },
    columns: &[
        col("schemaname", NAME, |_, r| (&*r.schema).into()),
        col("tablename", NAME, |_, r| (&r.name).into()),
        col("tableowner", NAME, |context, r| context.user_name(r.owner).into()),
        col("tablespace", NAME, |_, _| Value::Null),
        col("hasindexes", BOOL, |_, _| false.into()),
        col("hasrules", BOOL, |_, _| false.into()),
        col("hastriggers", BOOL, |_, _| false.into()),
    ],
};

/// pg_views
pub const PG_VIEWS: View<Arc<RelationItem>> = View {
    schema: PG_CATALOG,
    name: "pg_views",
    items: |context| Ok(context.relations().iter().filter(|relation| relation.is_view()).cloned().collect()),
    columns: &[
        col("schemaname", NAME, |_, r| (&*r.schema).into()),
        col("viewname", NAME, |_, r| (&r.name).into()),
        col("viewowner", NAME, |context, r| context.user_name(r.owner).into()),
        col("definition", TEXT, |_, r| r.definition().into()),
    ],
};

/// PG_TABLE_DEF: columns of the tables in the search path (page r_PG_TABLE_DEF).
pub const PG_TABLE_DEF: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_table_def",
    items: |context| {
        let visible = context.visible_schemas();
        let tables = context
            .relations()
            .iter()
            .filter(|relation| relation.relkind() == "r" && visible.iter().any(|schema| **schema == *relation.schema));
        Ok(tables.flat_map(ColumnItem::of).collect())
    },
    columns: &[
        col("schemaname", NAME, |_, c| (&*c.relation.schema).into()),
        col("tablename", NAME, |_, c| (&c.relation.name).into()),
        col("column", NAME, |_, c| c.name().into()),
        col("type", TEXT, |_, c| c.type_name().into_owned().into()),
        col("encoding", TEXT, |_, c| c.encoding().into()),
        col("distkey", BOOL, |_, c| c.is_dist_key().into()),
        col("sortkey", INT4, |_, c| c.sort_key_position().into()),
        col("notnull", BOOL, |_, c| (!c.nullable()).into()),
    ],
};
