//! Functions that run on the leader node only: a query with one of them cannot read tables of users
//! ("Leader node–only functions" of the guide).

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Visit, Visitor},
};

use crate::error::{Error, Result, SqlState};

const LEADER_NODE_ONLY: [&str; 13] = [
    "current_schema",
    "current_schemas",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_schema_privilege",
    "has_table_privilege",
    "get_bit",
    "get_byte",
    "set_bit",
    "set_byte",
    "to_ascii",
    "version",
];

/// Errors: 42809 for a query that reads tables of users and calls such a function.
pub(super) fn check(query: &Query, reads_tables: bool) -> Result<()> {
    if !reads_tables || query.visit(&mut Find).is_continue() {
        return Ok(());
    }
    Err(Error::new(
        SqlState::WRONG_OBJECT_TYPE,
        "Specified types or functions (one per INFO message) not supported on Redshift tables.",
    ))
}

struct Find;

impl Visitor for Find {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let name = match expr {
            Expr::Function(function) => function.name.to_string().to_lowercase(),
            _ => return ControlFlow::Continue(()),
        };
        let bare = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        if LEADER_NODE_ONLY.contains(&bare) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
