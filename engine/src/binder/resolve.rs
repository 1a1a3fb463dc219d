//! Names to relations: `table`, `schema.table`, `database.schema.table`.
//!
//! An unqualified name is looked for in the session's temporary schema, then in pg_catalog, then
//! along the search path ("search_path" of the guide).

use std::sync::Arc;

use datafusion::{catalog::TableProvider, common::TableReference};

use super::BindContext;
use crate::{
    catalog::{external_schema, system_view},
    error::{Error, Result},
    storage::metadata::{Relation, TableSnapshot, ViewSnapshot},
};

/// What a name stands for.
pub enum ResolvedRelation {
    /// A managed table.
    Table(Arc<TableSnapshot>),
    /// A view.
    View(Arc<ViewSnapshot>),
    /// A table of an external schema.
    External(Arc<dyn TableProvider>),
    /// A system view.
    System(Arc<dyn TableProvider>),
}

/// Finds the relation that `name` stands for.
///
/// Errors: 3D000, 3F000, 42P01.
pub fn resolve_name(context: &BindContext, name: &TableReference) -> Result<ResolvedRelation> {
    if let Some(database) = name.catalog()
        && database != context.database
    {
        return Err(Error::undefined_database(database));
    }
    let table = name.table();
    if let Some(schema) = name.schema() {
        return match in_schema(context, schema, table)? {
            Some(relation) => Ok(relation),
            None if schema_exists(context, schema) => Err(Error::undefined_table(format!("{schema}.{table}"))),
            None => Err(Error::undefined_schema(schema)),
        };
    }
    let path = context.temporary_schema.iter().map(String::as_str);
    let path = path.chain(["pg_catalog"]).chain(context.search_path.iter().map(String::as_str));
    for schema in path {
        if let Some(relation) = in_schema(context, schema, table)? {
            return Ok(relation);
        }
    }
    Err(Error::undefined_table(table))
}

fn schema_exists(context: &BindContext, schema: &str) -> bool {
    context.snapshot.schema(schema).is_some()
        || system_view::is_system_schema(schema)
        || external_schema::find(&context.snapshot, schema).is_some()
}

fn in_schema(context: &BindContext, schema: &str, table: &str) -> Result<Option<ResolvedRelation>> {
    if let Some(managed) = context.snapshot.schema(schema)
        && let Some(relation) = context.snapshot.relation(managed.id, table)
    {
        return Ok(Some(match relation {
            Relation::Table(table) => ResolvedRelation::Table(table),
            Relation::View(view) => ResolvedRelation::View(view),
        }));
    }
    if let Some(external) = external_schema::find(&context.snapshot, schema) {
        let provider = external_schema::table(context, &external, table)?;
        return Ok(provider.map(ResolvedRelation::External));
    }
    Ok(system_view::find(context, schema, table).map(ResolvedRelation::System))
}
