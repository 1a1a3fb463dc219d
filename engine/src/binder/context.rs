//! What a statement sees: one snapshot of the catalog, the data catalog behind external schemas,
//! the search path, and the session's values.

use std::sync::{Arc, OnceLock};

use crate::{
    catalog::system_view::item::RelationItem,
    glue::DataCatalog,
    lake::ObjectStores,
    rewrite::Constants,
    session::{SessionInfo, SessionRegistry, parameter::Parameters},
    transaction::{CatalogSnapshot, ReadSet, Warehouse},
};

/// Everything that names are resolved against.
#[derive(Clone)]
pub struct BindContext {
    /// The catalog as this transaction sees it.
    pub snapshot: Arc<CatalogSnapshot>,
    /// Notes which tables are read, for SERIALIZABLE.
    pub reads: Arc<ReadSet>,
    /// The warehouse: running transactions and locks for system views.
    pub warehouse: Arc<Warehouse>,
    /// AWS Glue's part: databases and tables of external schemas.
    pub data_catalog: Arc<DataCatalog>,
    /// Opens locations of external tables.
    pub stores: Arc<ObjectStores>,
    /// The connected database.
    pub database: String,
    /// Schemas for unqualified names, in order; the session's temporary schema comes before them.
    pub search_path: Vec<String>,
    /// The schema that holds this session's temporary tables, once there is one.
    pub temporary_schema: Option<String>,
    /// Values of the session for this statement.
    pub constants: Constants,
    /// Whether external tables have pseudo columns (`spectrum_enable_pseudo_columns`).
    pub pseudo_columns: bool,
    /// Whether what Redshift rejects is rejected, though it could be run here (`blueshift_strict`).
    pub strict: bool,
    /// What system views tell about the session.
    pub session: Arc<SessionInfo>,
    /// The session's parameters.
    pub parameters: Parameters,
    /// All sessions of the engine, and what they ran.
    pub registry: Arc<SessionRegistry>,
    /// The relations that system views tell of: listed once for all views of a statement.
    pub relations: Arc<OnceLock<Vec<Arc<RelationItem>>>>,
}
