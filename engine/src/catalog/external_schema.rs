//! External schemas: names in the warehouse for databases of the data catalog
//! ("CREATE EXTERNAL SCHEMA" of the guide). They are records of the warehouse's own catalog, so
//! making and dropping them is transactional; what they show belongs to the data catalog.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use serde::{Deserialize, Serialize};

use crate::{
    binder::BindContext,
    error::{Error, Result},
    lake::ExternalTable,
    transaction::{CatalogSnapshot, Transaction},
};

/// Kind of the records that hold external schemas.
pub const RECORD_KIND: &str = "external_schema";

/// An external schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalSchema {
    /// Its name in the warehouse.
    pub name: String,
    /// The database of the data catalog.
    pub database: String,
    /// The role that Redshift would read with; kept, not used.
    pub iam_role: Option<String>,
    /// Other options as written (REGION, CATALOG_ID, …); kept, not used.
    pub options: Vec<(String, String)>,
}

/// The external schema of that name.
pub fn find(snapshot: &CatalogSnapshot, name: &str) -> Option<ExternalSchema> {
    snapshot.record(RECORD_KIND, name).and_then(|record| serde_json::from_value(record.as_ref().clone()).ok())
}

/// All external schemas, by name.
pub fn all(snapshot: &CatalogSnapshot) -> Vec<ExternalSchema> {
    let records = snapshot.records(RECORD_KIND);
    records.filter_map(|(_, record)| serde_json::from_value(record.as_ref().clone()).ok()).collect()
}

/// Makes an external schema, or changes it.
pub fn store(transaction: &mut Transaction, schema: &ExternalSchema) -> Result<()> {
    let value = serde_json::to_value(schema).map_err(Error::internal)?;
    transaction.put_record(RECORD_KIND, &schema.name, value)
}

/// A table of an external schema, ready to be read.
pub fn table(context: &BindContext, schema: &ExternalSchema, table: &str) -> Result<Option<Arc<dyn TableProvider>>> {
    match context.data_catalog.contents(&schema.database, table)? {
        Some(contents) => Ok(Some(Arc::new(ExternalTable::new(contents, Arc::clone(&context.stores))?))),
        None => Ok(None),
    }
}
