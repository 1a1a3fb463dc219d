//! Views, late-binding, external and materialized.

use super::{DropBehavior, Ident, ObjectName, Query, TableAttributes};

/// `CREATE [OR REPLACE] VIEW name [(columns)] AS query [WITH NO SCHEMA BINDING]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `EXTERNAL` (a view in the data catalog).
    pub external: bool,
    /// `PROTECTED` (external views only).
    pub protected: bool,
    /// `IF NOT EXISTS` (external views only).
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// Column names; empty when not written.
    pub columns: Vec<Ident>,
    /// The query.
    pub query: Box<Query>,
    /// `WITH NO SCHEMA BINDING`: names are looked up when the view is used.
    pub no_schema_binding: bool,
}

/// `ALTER EXTERNAL VIEW name [FORCE] AS query | REMOVE DEFINITION`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterExternalView {
    /// Name.
    pub name: ObjectName,
    /// `FORCE`.
    pub force: bool,
    /// New query; `None` is `REMOVE DEFINITION`.
    pub query: Option<Box<Query>>,
}

/// `CREATE MATERIALIZED VIEW name … AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateMaterializedView {
    /// `OR REPLACE` (not in Redshift's grammar; recorded so that the error can name it).
    pub or_replace: bool,
    /// `IF NOT EXISTS` (likewise).
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// Column names; empty when not written.
    pub columns: Vec<Ident>,
    /// `BACKUP`, distribution and sort key.
    pub attributes: TableAttributes,
    /// `AUTO REFRESH YES|NO`.
    pub auto_refresh: Option<bool>,
    /// The query.
    pub query: Box<Query>,
}

/// `ALTER MATERIALIZED VIEW name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterMaterializedView {
    /// Name.
    pub name: ObjectName,
    /// The change.
    pub action: AlterMaterializedViewAction,
}

/// Changes of a materialized view.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterMaterializedViewAction {
    /// `AUTO REFRESH YES|NO`.
    AutoRefresh(bool),
    /// Everything that `ALTER TABLE` also has.
    Table(Vec<super::AlterTableAction>),
}

/// `REFRESH MATERIALIZED VIEW name [RESTRICT|CASCADE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshMaterializedView {
    /// Name.
    pub name: ObjectName,
    /// `CASCADE` refreshes the views below first.
    pub behavior: Option<DropBehavior>,
}
