//! SVV_*: Redshift's own views of metadata ("SVV metadata views" of the guide).

/// The columns of the views.
mod columns;
/// Columns of tables, in three views.
mod column;
/// External schemas, tables, partitions.
mod external;
/// Materialized views.
pub mod materialized;
/// Grants.
mod privilege;
/// Roles and users.
mod role;
/// Functions.
mod routine;
/// Schemas and databases.
pub mod schema;
/// SVV_TABLE_INFO and SVV_DISKUSAGE.
pub mod table_info;
/// Tables and views, in three views.
mod table;
/// SVV_TRANSACTIONS, SVV_QUERY_INFLIGHT.
pub mod transaction;

use std::sync::LazyLock;

use super::declared::{self, DeclaredView, Fill};

const FILLS: &[&dyn Fill] = &[
    &column::SVV_ALL_COLUMNS,
    &column::SVV_COLUMNS,
    &column::SVV_REDSHIFT_COLUMNS,
    &external::SVV_EXTERNAL_COLUMNS,
    &external::SVV_EXTERNAL_DATABASES,
    &external::SVV_EXTERNAL_PARTITIONS,
    &external::SVV_EXTERNAL_SCHEMAS,
    &external::SVV_EXTERNAL_TABLES,
    &materialized::SVV_MV_DEPENDENCY,
    &materialized::SVV_MV_INFO,
    &privilege::SVV_COLUMN_PRIVILEGES,
    &privilege::SVV_DATABASE_PRIVILEGES,
    &privilege::SVV_DEFAULT_PRIVILEGES,
    &privilege::SVV_FUNCTION_PRIVILEGES,
    &privilege::SVV_IAM_PRIVILEGES,
    &privilege::SVV_LANGUAGE_PRIVILEGES,
    &privilege::SVV_RELATION_PRIVILEGES,
    &privilege::SVV_SCHEMA_PRIVILEGES,
    &role::SVV_ROLES,
    &role::SVV_ROLE_GRANTS,
    &role::SVV_SYSTEM_PRIVILEGES,
    &role::SVV_USER_GRANTS,
    &role::SVV_USER_INFO,
    &routine::SVV_REDSHIFT_FUNCTIONS,
    &schema::SVV_ALL_SCHEMAS,
    &schema::SVV_REDSHIFT_DATABASES,
    &schema::SVV_REDSHIFT_SCHEMAS,
    &schema::SVV_SCHEMA_QUOTA_STATE,
    &table::SVV_ALL_TABLES,
    &table::SVV_REDSHIFT_TABLES,
    &table::SVV_TABLES,
    &table_info::SVV_DISKUSAGE,
    &table_info::SVV_TABLE_INFO,
    &transaction::SVV_QUERY_INFLIGHT,
    &transaction::SVV_TRANSACTIONS,
];

/// The views.
pub fn views() -> &'static [DeclaredView] {
    static VIEWS: LazyLock<Vec<DeclaredView>> = LazyLock::new(|| declared::parse(columns::COLUMNS, FILLS));
    &VIEWS
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_fit_columns() {
        super::declared::testing::check(super::columns::COLUMNS, super::FILLS);
    }
}
