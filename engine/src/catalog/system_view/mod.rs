//! System views: pg_catalog, information_schema, SVV_*, SYS_*, STL_*, STV_*, SVL_*, SVCS_*. Their
//! rows are computed from the statement's own snapshot, so that they agree with what it sees, and
//! only as far as the query reads them.
//!
//! A new view is a constant in its family's folder and a line in the family's `VIEWS`; a view that
//! has only columns is a line in `log/`.

/// What views are computed from.
mod context;
/// Views that are declared as text.
mod declared;
/// The views of the SQL standard.
pub mod information_schema;
/// What rows are about: relations, columns, constraints, …
pub mod item;
/// Logs of queries and sessions: STL, STV, SVL, SVCS, SYS.
mod log;
/// Numbers of objects.
pub mod oid;
/// PostgreSQL's catalogs with Redshift's columns.
pub mod pg_catalog;
/// PostgreSQL's types: numbers, lengths, modifiers.
pub mod pg_type;
/// A system view as a table.
mod provider;
/// All system views.
pub mod registry;
/// SVV_*
pub mod svv;
/// Functions that stand in FROM.
pub mod table_function;
/// Values in rows.
pub mod value;
/// What a system view is.
pub mod view;

use std::sync::Arc;

use datafusion::{
    catalog::TableProvider,
    common::{
        Column, Result as DataFusionResult,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::Expr,
};

use crate::binder::BindContext;

pub use context::SystemContext;

/// Whether `schema` holds system views.
pub fn is_system_schema(schema: &str) -> bool {
    schema == view::PG_CATALOG || schema == view::INFORMATION_SCHEMA
}

/// Whether there is a system view of that name.
pub fn exists(schema: &str, name: &str) -> bool {
    registry::find(schema, name).is_some()
}

/// The system view of that name, as a table with the rows of this statement's snapshot.
pub fn find(context: &BindContext, schema: &str, name: &str) -> Option<Arc<dyn TableProvider>> {
    let found = registry::find(schema, name)?;
    let context = Arc::new(SystemContext::new(context.clone()));
    Some(Arc::new(provider::SystemViewTable::new(found.view, context)))
}

/// An expression whose columns name no relation.
fn unqualified(expr: Expr) -> DataFusionResult<Expr> {
    let rewritten = expr.transform(|expr| {
        Ok(match expr {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name))),
            other => Transformed::no(other),
        })
    })?;
    Ok(rewritten.data)
}
