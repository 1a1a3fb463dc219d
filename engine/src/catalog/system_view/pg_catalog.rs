//! pg_catalog: the few tables that tools ask for first. The rest comes with the server.

use super::{ColumnType::*, SystemView, relation_list, system_schemas};
use crate::{catalog::external_schema, storage::metadata::Relation};

/// Owner of everything: the first user of a cluster has id 100.
const OWNER: i64 = 100;
/// Ids of system schemas count down from here.
const SYSTEM_SCHEMA_OID: i64 = 11;
/// Ids of external schemas count up from here.
const EXTERNAL_SCHEMA_OID: i64 = 200_000;

/// pg_namespace
pub const PG_NAMESPACE: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_namespace",
    columns: &[("oid", BigInt), ("nspname", Name), ("nspowner", Integer), ("nspacl", Text)],
    rows: |context| {
        let mut rows = vec![];
        let mut row = |oid: i64, name: &str| rows.push(vec![oid.into(), name.into(), OWNER.into(), super::Value::Null]);
        for (index, name) in system_schemas().into_iter().enumerate() {
            row(SYSTEM_SCHEMA_OID + index as i64, name);
        }
        for schema in relation_list::schemas(context) {
            row(schema.id.0, &schema.name);
        }
        for (index, schema) in external_schema::all(&context.snapshot).into_iter().enumerate() {
            row(EXTERNAL_SCHEMA_OID + index as i64, &schema.name);
        }
        Ok(rows)
    },
};

/// pg_tables
pub const PG_TABLES: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_tables",
    columns: &[
        ("schemaname", Name),
        ("tablename", Name),
        ("tableowner", Name),
        ("tablespace", Name),
        ("hasindexes", Boolean),
        ("hasrules", Boolean),
        ("hastriggers", Boolean),
    ],
    rows: |context| {
        let tables = relation_list::relations(context).into_iter();
        Ok(tables
            .filter(|(_, relation)| matches!(relation, Relation::Table(_)))
            .map(|(schema, relation)| {
                vec![
                    schema.into(),
                    relation.name().into(),
                    context.session.user.as_str().into(),
                    super::Value::Null,
                    false.into(),
                    false.into(),
                    false.into(),
                ]
            })
            .collect())
    },
};

/// pg_views
pub const PG_VIEWS: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_views",
    columns: &[("schemaname", Name), ("viewname", Name), ("viewowner", Name), ("definition", Text)],
    rows: |context| {
        let views = relation_list::relations(context).into_iter().filter_map(|(schema, relation)| match relation {
            Relation::View(view) => Some(vec![
                schema.into(),
                view.name.as_str().into(),
                context.session.user.as_str().into(),
                view.sql.as_str().into(),
            ]),
            Relation::Table(_) => None,
        });
        Ok(views.collect())
    },
};

/// pg_database
pub const PG_DATABASE: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_database",
    columns: &[("oid", BigInt), ("datname", Name), ("datdba", Integer), ("encoding", Integer)],
    rows: |context| Ok(vec![vec![1.into(), context.database.as_str().into(), OWNER.into(), 6.into()]]),
};

/// pg_user
pub const PG_USER: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_user",
    columns: &[
        ("usename", Name),
        ("usesysid", Integer),
        ("usecreatedb", Boolean),
        ("usesuper", Boolean),
        ("usecatupd", Boolean),
    ],
    rows: |context| {
        Ok(vec![vec![context.session.user.as_str().into(), OWNER.into(), true.into(), true.into(), true.into()]])
    },
};

/// PG_TABLE_DEF: columns of the tables in the search path.
pub const PG_TABLE_DEF: SystemView = SystemView {
    schema: "pg_catalog",
    name: "pg_table_def",
    columns: &[
        ("schemaname", Name),
        ("tablename", Name),
        ("column", Name),
        ("type", Text),
        ("encoding", Text),
        ("distkey", Boolean),
        ("sortkey", Integer),
        ("notnull", Boolean),
    ],
    rows: |context| {
        let mut rows = vec![];
        for (schema, relation) in relation_list::relations(context) {
            if !context.search_path.contains(&schema) || !matches!(relation, Relation::Table(_)) {
                continue;
            }
            for column in relation_list::columns(&relation) {
                rows.push(vec![
                    schema.as_str().into(),
                    relation.name().into(),
                    column.name.into(),
                    column.type_name.into(),
                    column.encoding.unwrap_or_else(|| "none".to_owned()).into(),
                    column.dist_key.into(),
                    column.sort_key_position.into(),
                    (!column.nullable).into(),
                ]);
            }
        }
        Ok(rows)
    },
};
