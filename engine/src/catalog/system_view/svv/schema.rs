//! SVV_ALL_SCHEMAS, SVV_REDSHIFT_SCHEMAS, SVV_REDSHIFT_DATABASES.

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{SchemaItem, principal, schema},
    pg_catalog::namespace,
};

use crate::transaction::{IsolationLevel, isolation_level};

fn kind(schema: &SchemaItem) -> &'static str {
    if schema.external.is_some() { "external" } else { "local" }
}

/// The isolation of transactions in words.
pub fn isolation(context: &SystemContext) -> &'static str {
    match isolation_level(&context.bind.snapshot, context.database()) {
        IsolationLevel::Snapshot => "Snapshot Isolation",
        IsolationLevel::Serializable => "Serializable",
    }
}

/// SVV_ALL_SCHEMAS
pub const SVV_ALL_SCHEMAS: Filled<SchemaItem> = Filled {
    name: "svv_all_schemas",
    items: |context| Ok(schema::all(context)),
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, s| (&s.name).into()),
        ("schema_owner", |_, s| s.owner.into()),
        ("schema_type", |_, s| kind(s).into()),
        ("schema_acl", |context, s| principal::acl_text(&principal::schema_acl(context, &s.name, s.owner)).into()),
        ("source_database", |_, s| s.external.as_ref().map_or("", |external| &external.database).into()),
        ("schema_option", |_, s| s.external.as_ref().map_or_else(String::new, namespace::options).into()),
    ],
};

/// SVV_REDSHIFT_SCHEMAS
pub const SVV_REDSHIFT_SCHEMAS: Filled<SchemaItem> = Filled {
    name: "svv_redshift_schemas",
    items: |context| Ok(schema::all(context).into_iter().filter(|schema| schema.external.is_none()).collect()),
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, s| (&s.name).into()),
        ("schema_owner", |_, s| s.owner.into()),
        ("schema_type", |_, s| kind(s).into()),
        ("schema_acl", |context, s| principal::acl_text(&principal::schema_acl(context, &s.name, s.owner)).into()),
        ("schema_option", |_, _| "".into()),
    ],
};

/// SVV_REDSHIFT_DATABASES
pub const SVV_REDSHIFT_DATABASES: Filled<namespace::DatabaseItem> = Filled {
    name: "svv_redshift_databases",
    items: |context| Ok(namespace::databases(context).into_iter().filter(|database| !database.template).collect()),
    values: &[
        ("database_name", |_, d| (&d.name).into()),
        ("database_owner", |_, d| d.owner.into()),
        ("database_type", |_, _| "local".into()),
        ("database_acl", |_, _| "".into()),
        ("database_options", |_, _| "".into()),
        ("database_isolation_level", |context, _| isolation(context).into()),
    ],
};
