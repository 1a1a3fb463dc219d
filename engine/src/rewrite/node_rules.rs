//! Redshift runs some functions on its leader node only, which has no table of users, and some on its compute nodes
//! only, which see nothing but tables (pages c_SQL_functions_leader_node_only and c_SQL_functions_compute_node_only).
//! A statement that mixes them is refused there, and so here.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Visit, Visitor},
};

use crate::error::{Error, Result, SqlState};

/// Functions, and words that are functions, of the leader node.
const LEADER_ONLY: [&str; 19] = [
    "age",
    "current_schema",
    "current_schemas",
    "current_time",
    "current_timestamp",
    "get_byte",
    "has_database_privilege",
    "has_schema_privilege",
    "has_table_privilege",
    "isfinite",
    "localtime",
    "localtimestamp",
    "now",
    "pg_get_cols",
    "pg_get_late_binding_view_cols",
    "set_bit",
    "set_byte",
    "to_ascii",
    "version",
];

/// Functions of the compute nodes.
const COMPUTE_ONLY: [&str; 4] = ["listagg", "median", "percentile_cont", "percentile_disc"];

/// The functions in a query that must run on one sort of node.
#[derive(Debug, Default)]
pub struct NodeRules {
    leader_only: Option<String>,
    compute_only: Option<String>,
}

impl NodeRules {
    /// Looks through a query as the user wrote it.
    pub fn of(query: &Query) -> Self {
        let mut rules = NodeRules::default();
        let _ = query.visit(&mut rules);
        rules
    }

    /// Checks them against what the query reads.
    ///
    /// Errors: 42809 for a function of the leader node beside a table, and for one of the compute nodes without one.
    pub fn check(&self, reads_user_tables: bool, reads_tables: bool) -> Result<()> {
        if let (Some(function), true) = (&self.leader_only, reads_user_tables) {
            let message =
                "Specified types or functions (one per INFO message) not supported on Amazon Redshift tables.";
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message)
                .with_detail(format!("Function \"{function}\" runs on the leader node only.")));
        }
        if let (Some(function), false) = (&self.compute_only, reads_tables) {
            let message = "One or more of the used functions must be applied on at least one user created tables. \
                           Examples of user table only functions are LISTAGG, MEDIAN, PERCENTILE_CONT, etc";
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message)
                .with_detail(format!("Function \"{function}\" runs on compute nodes only.")));
        }
        Ok(())
    }
}

impl Visitor for NodeRules {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let name = match expr {
            Expr::Function(function) => function.name.to_string().to_lowercase(),
            Expr::Identifier(ident) if ident.quote_style.is_none() && is_leader_word(&ident.value) => {
                ident.value.clone()
            }
            _ => return ControlFlow::Continue(()),
        };
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        if LEADER_ONLY.contains(&name) {
            self.leader_only = Some(name.to_owned());
        } else if COMPUTE_ONLY.contains(&name) {
            self.compute_only = Some(name.to_owned());
        }
        ControlFlow::Continue(())
    }
}

/// Words that are calls without parentheses.
fn is_leader_word(word: &str) -> bool {
    matches!(word, "current_schema" | "current_time" | "current_timestamp" | "localtime" | "localtimestamp")
}
