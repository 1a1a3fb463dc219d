//! Relations as SQL sees them beyond managed tables and views: external schemas and system views.

/// External schemas: names for databases of the data catalog.
pub mod external_schema;
/// System views: pg_catalog, information_schema, SVV_*.
pub mod system_view;
