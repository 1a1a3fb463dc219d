//! SVV_ALL_SCHEMAS, SVV_REDSHIFT_SCHEMAS, SVV_REDSHIFT_DATABASES.

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{SchemaItem, principal, schema},
    oid,
    pg_catalog::namespace,
};
use super::table_info::blocks;

use crate::{
    statement::schema::quota,
    storage::metadata::SchemaSnapshot,
    transaction::{IsolationLevel, isolation_level},
};
use std::sync::Arc;

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

/// A schema with a quota: the schema, its quota and its size, in blocks of a megabyte.
type Quota = (Arc<SchemaSnapshot>, u64, u64);

/// SVV_SCHEMA_QUOTA_STATE: schemas that have a quota
pub const SVV_SCHEMA_QUOTA_STATE: Filled<Quota> = Filled {
    name: "svv_schema_quota_state",
    items: |context| {
        let snapshot = &context.bind.snapshot;
        let mut all = vec![];
        for schema in snapshot.schemas() {
            let Some(quota) = quota(snapshot, schema.id) else { continue };
            let tables = context.relations().iter().filter(|relation| *relation.schema == *schema.name);
            let used = tables.filter_map(|relation| relation.stored()).map(|table| blocks(table)).sum();
            all.push((Arc::clone(schema), quota, used));
        }
        Ok(all)
    },
    values: &[
        ("schema_id", |_, q| oid::schema(q.0.id, &q.0.name).into()),
        ("schema_name", |_, q| (&q.0.name).into()),
        ("schema_owner", |context, q| principal::owner_of_schema(context, &q.0.name).into()),
        ("quota", |_, q| q.1.into()),
        ("disk_usage", |_, q| q.2.into()),
        ("disk_usage_pct", |_, q| (q.2 as f64 * 100.0 / q.1.max(1) as f64).into()),
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
        ("database_acl", |context, d| principal::acl_text(&principal::database_acl(context, &d.name, d.owner)).into()),
        ("database_options", |_, _| "".into()),
        ("database_isolation_level", |context, _| isolation(context).into()),
    ],
};
