//! Schemas: local, external and those of the system.

use super::super::{
    context::SystemContext,
    oid,
    view::{INFORMATION_SCHEMA, PG_CATALOG},
};
use super::principal;
use crate::{
    catalog::external_schema::{self, ExternalSchema},
    session::TEMPORARY_SCHEMA_PREFIX,
};

/// A schema.
#[derive(Clone)]
pub struct SchemaItem {
    /// Its number.
    pub oid: i64,
    /// Its name.
    pub name: String,
    /// The number of its owner.
    pub owner: i64,
    /// Its comment.
    pub comment: Option<String>,
    /// What it names outside of the warehouse.
    pub external: Option<ExternalSchema>,
}

/// Whether a schema belongs to the system.
pub fn is_system(name: &str) -> bool {
    name == PG_CATALOG || name == INFORMATION_SCHEMA || name == "pg_toast" || name == "pg_internal"
}

/// Whether a session sees a schema: others' temporary tables are hidden.
pub fn is_visible(context: &SystemContext, name: &str) -> bool {
    !name.starts_with(TEMPORARY_SCHEMA_PREFIX) || context.bind.temporary_schema.as_deref() == Some(name)
}

/// All schemas.
pub fn all(context: &SystemContext) -> Vec<SchemaItem> {
    let system = |oid: i64, name: &str| SchemaItem {
        oid,
        name: name.to_owned(),
        owner: principal::SYSTEM,
        comment: None,
        external: None,
    };
    let mut all = vec![
        system(oid::PG_CATALOG, PG_CATALOG),
        system(99, "pg_toast"),
        system(1, "pg_internal"),
        system(oid::INFORMATION_SCHEMA, INFORMATION_SCHEMA),
    ];
    for schema in context.bind.snapshot.schemas().filter(|schema| is_visible(context, &schema.name)) {
        all.push(SchemaItem {
            oid: oid::schema(schema.id, &schema.name),
            name: schema.name.clone(),
            owner: principal::owner_of_schema(context, &schema.name),
            comment: schema.comment.clone(),
            external: None,
        });
    }
    for schema in external_schema::all(&context.bind.snapshot) {
        all.push(SchemaItem {
            oid: oid::external_schema(&schema.name),
            name: schema.name.clone(),
            owner: principal::owner_of_schema(context, &schema.name),
            comment: None,
            external: Some(schema),
        });
    }
    all
}

/// The schemas that users made.
pub fn users(context: &SystemContext) -> Vec<SchemaItem> {
    all(context).into_iter().filter(|schema| !is_system(&schema.name)).collect()
}
