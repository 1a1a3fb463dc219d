//! What Redshift asks of a recursive common table expression (page r_WITH_clause): a list of column
//! names, UNION ALL, no ORDER BY or LIMIT of its own, and no place inside a subquery.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Cte, ObjectName, SetExpr, SetOperator, SetQuantifier, Visit, Visitor},
};

use super::connect_by::HIERARCHY;
use crate::error::{Error, Result, SqlState};

/// Checks the WITH clause of a query; `depth` tells in how many queries it is nested.
///
/// Errors: 42601 and 0A000.
pub fn check(query: &Query, depth: usize) -> Result<()> {
    let Some(with) = query.with.as_ref().filter(|with| with.recursive) else { return Ok(()) };
    let mut recursive = with.cte_tables.iter().filter(|table| refers_to_itself(table)).peekable();
    if recursive.peek().is_some_and(|table| table.alias.name.value != HIERARCHY) && depth > 0 {
        return Err(Error::not_supported("WITH RECURSIVE inside a subquery"));
    }
    for table in recursive {
        let name = &table.alias.name.value;
        if table.alias.columns.is_empty() {
            return Err(Error::new(
                SqlState::SYNTAX_ERROR,
                format!("recursive common table expression \"{name}\" needs a list of column names"),
            ));
        }
        if table.query.order_by.is_some() || table.query.limit_clause.is_some() {
            return Err(Error::not_supported(format!(
                "ORDER BY or LIMIT in the recursive common table expression \"{name}\""
            )));
        }
        match &*table.query.body {
            SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: SetQuantifier::All, left, .. } => {
                if body_refers(left, name) {
                    return Err(Error::new(
                        SqlState::SYNTAX_ERROR,
                        format!("the first part of the recursive common table expression \"{name}\" refers to itself"),
                    ));
                }
            }
            _ => {
                return Err(Error::not_supported(format!(
                    "the recursive common table expression \"{name}\" without UNION ALL"
                )));
            }
        }
    }
    Ok(())
}

fn refers_to_itself(table: &Cte) -> bool {
    table.query.visit(&mut Finder(&table.alias.name.value)).is_break()
}

fn body_refers(body: &SetExpr, name: &str) -> bool {
    body.visit(&mut Finder(name)).is_break()
}

/// Finds a relation by its unqualified name.
struct Finder<'n>(&'n str);

impl Visitor for Finder<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        match name.0.as_slice() {
            [part] if part.as_ident().is_some_and(|ident| ident.value == self.0) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
