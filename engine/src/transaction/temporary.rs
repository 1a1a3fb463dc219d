//! Temporary tables: tables of a hidden schema that belongs to one session.

use std::sync::Arc;

use super::{snapshot::CatalogSnapshot, warehouse::Warehouse};
use crate::{error::Result, storage::metadata::SchemaId};

/// Names of schemas for temporary tables start so; they are never shown.
pub const TEMPORARY_SCHEMA_PREFIX: &str = "pg_temp_";

/// The hidden schemas of a state.
pub(super) fn schemas(snapshot: &CatalogSnapshot) -> Vec<SchemaId> {
    snapshot.schemas().filter(|s| s.name.starts_with(TEMPORARY_SCHEMA_PREFIX)).map(|s| s.id).collect()
}

/// Drops hidden schemas that killed sessions have left.
pub(super) fn sweep(warehouse: &Arc<Warehouse>, left: Vec<SchemaId>) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let mut transaction = warehouse.begin();
    left.into_iter().try_for_each(|schema| transaction.drop_schema_with_relations(schema))?;
    transaction.commit().map(|_| ())
}
