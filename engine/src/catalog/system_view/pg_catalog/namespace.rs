//! Schemas and databases.

use super::super::{
    item::{SchemaItem, principal, schema},
    oid,
    value::*,
    view::{PG_CATALOG, View, col},
};

use crate::{
    security::{Object, privilege},
    statement,
    storage::metadata::RelationId,
    transaction::{IsolationLevel, isolation_level},
};

/// pg_namespace
pub const PG_NAMESPACE: View<SchemaItem> = View {
    schema: PG_CATALOG,
    name: "pg_namespace",
    items: |context| Ok(schema::all(context)),
    columns: &[
        col("oid", OID, |_, s| s.oid.into()),
        col("nspname", NAME, |_, s| (&s.name).into()),
        col("nspowner", INT4, |_, s| s.owner.into()),
        col("nspacl", ACL_ARRAY, |context, s| {
            super::class::non_empty(principal::schema_acl(context, &s.name, s.owner))
        }),
    ],
};

/// A database.
pub struct DatabaseItem {
    /// Its number.
    pub oid: i64,
    /// Its name.
    pub name: String,
    /// A template, to which nobody connects.
    pub template: bool,
    /// The number of its owner.
    pub owner: i64,
    /// CONNECTION LIMIT in words.
    pub connection_limit: String,
}

/// The database of this warehouse, those that were created beside it, and PostgreSQL's templates.
pub fn databases(context: &super::super::SystemContext) -> Vec<DatabaseItem> {
    let snapshot = &context.bind.snapshot;
    let database = |oid, name: &str, template| DatabaseItem {
        oid,
        name: name.to_owned(),
        template,
        owner: if template {
            principal::SYSTEM
        } else {
            privilege::owner(snapshot, &Object::Database(name.to_owned()))
        },
        connection_limit: "UNLIMITED".to_owned(),
    };
    let mut all =
        vec![database(100, context.database(), false), database(1, "template1", true), database(11, "template0", true)];
    for created in statement::databases(snapshot) {
        let limit = created.connection_limit.map_or_else(|| "UNLIMITED".to_owned(), |limit| limit.to_string());
        match all.iter_mut().find(|known| known.name == created.name) {
            Some(known) => known.connection_limit = limit,
            None => {
                let oid = oid::relation(RelationId(created.id));
                all.push(DatabaseItem { connection_limit: limit, ..database(oid, &created.name, false) });
            }
        }
    }
    all
}

macro_rules! database_view {
    ($constant:ident, $name:literal) => {
        #[doc = $name]
        pub const $constant: View<DatabaseItem> = View {
            schema: PG_CATALOG,
            name: $name,
            items: |context| Ok(databases(context)),
            columns: &[
                col("oid", OID, |_, d| d.oid.into()),
                col("datname", NAME, |_, d| (&d.name).into()),
                col("datdba", INT4, |_, d| d.owner.into()),
                col("encoding", INT4, |_, _| 6_i64.into()),
                col("datistemplate", BOOL, |_, d| d.template.into()),
                col("datallowconn", BOOL, |_, d| (!d.template).into()),
                col("datlastsysoid", OID, |_, _| 100_000_i64.into()),
                col("datvacuumxid", INT8, |_, _| 0_i64.into()),
                col("datfrozenxid", INT8, |_, _| 0_i64.into()),
                col("dattablespace", OID, |_, _| 1663_i64.into()),
                // 1: SNAPSHOT, 2: SERIALIZABLE (page r_CREATE_DATABASE).
                col("datconfig", TEXT_ARRAY, |context, d| {
                    let model = match isolation_level(&context.bind.snapshot, &d.name) {
                        IsolationLevel::Snapshot => 1,
                        IsolationLevel::Serializable => 2,
                    };
                    vec![format!("concurrency_model={model}")].into()
                }),
                col("datacl", ACL_ARRAY, |context, d| {
                    super::class::non_empty(principal::database_acl(context, &d.name, d.owner))
                }),
                col("datcollate", NAME, |_, _| "C".into()),
                col("datctype", NAME, |_, _| "C".into()),
                col("datconnlimit", TEXT, |_, d| (&d.connection_limit).into()),
            ],
        };
    };
}

database_view!(PG_DATABASE, "pg_database");
database_view!(PG_DATABASE_INFO, "pg_database_info");

/// pg_external_schema
pub const PG_EXTERNAL_SCHEMA: View<SchemaItem> = View {
    schema: PG_CATALOG,
    name: "pg_external_schema",
    items: |context| Ok(schema::all(context).into_iter().filter(|schema| schema.external.is_some()).collect()),
    columns: &[
        col("esoid", OID, |_, s| s.oid.into()),
        col("eskind", INT4, |_, _| 1_i64.into()),
        col("esdbname", TEXT, |_, s| s.external.as_ref().map(|external| &external.database).into()),
        col("esoptions", TEXT, |_, s| s.external.as_ref().map(options).into()),
    ],
};

/// Options of an external schema as JSON.
pub fn options(schema: &crate::catalog::external_schema::ExternalSchema) -> String {
    let mut options = serde_json::Map::new();
    if let Some(role) = &schema.iam_role {
        options.insert("IAM_ROLE".to_owned(), role.as_str().into());
    }
    options.extend(schema.options.iter().map(|(key, value)| (key.clone(), value.as_str().into())));
    serde_json::Value::Object(options).to_string()
}
