//! information_schema: the views of the SQL standard, as PostgreSQL 8.0 has them.

/// COLUMNS.
pub mod columns;
/// TABLE_CONSTRAINTS, KEY_COLUMN_USAGE, REFERENTIAL_CONSTRAINTS, CONSTRAINT_*_USAGE.
mod constraints;
/// ROUTINES, PARAMETERS.
mod routines;
/// TABLES, VIEWS, SCHEMATA.
pub mod tables;
/// What a view reads.
mod usage;

use super::view::SystemView;

/// The views of information_schema.
pub const VIEWS: &[&dyn SystemView] = &[
    &columns::COLUMNS,
    &constraints::CHECK_CONSTRAINTS,
    &constraints::CONSTRAINT_COLUMN_USAGE,
    &constraints::CONSTRAINT_TABLE_USAGE,
    &constraints::KEY_COLUMN_USAGE,
    &constraints::REFERENTIAL_CONSTRAINTS,
    &constraints::TABLE_CONSTRAINTS,
    &routines::ROUTINES,
    &routines::PARAMETERS,
    &tables::INFORMATION_SCHEMA_CATALOG_NAME,
    &tables::SCHEMATA,
    &tables::TABLES,
    &tables::VIEWS,
    &tables::SEQUENCES,
    &tables::TRIGGERS,
    &usage::ENABLED_ROLES,
    &usage::TABLE_PRIVILEGES,
    &usage::VIEW_TABLE_USAGE,
];
