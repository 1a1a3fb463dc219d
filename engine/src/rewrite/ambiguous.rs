//! A name that a derived table or a query of WITH has twice is nobody's: `SELECT x.i FROM (SELECT 1 AS i, 2 AS i) x` is
//! an error, and not the first of the two.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Select, Visit, Visitor},
};

use super::{
    column_name::visible,
    scope::{Scope, Source},
};
use crate::error::{Error, Result, SqlState};

/// Errors: 42702 for a column whose name its source has twice.
pub fn check(select: &Select, scope: &mut Scope<'_>) -> Result<()> {
    let sources = scope.sources(&select.from)?;
    if sources.iter().all(|source| twice(source).next().is_none()) {
        return Ok(());
    }
    let mut finder = Finder { sources: &sources, depth: 0 };
    let mut outcome = select.projection.visit(&mut finder);
    for part in select.selection.iter().chain(&select.having) {
        outcome = if outcome.is_continue() { part.visit(&mut finder) } else { outcome };
    }
    let outcome = if outcome.is_continue() { select.group_by.visit(&mut finder) } else { outcome };
    match outcome {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(name) => {
            Err(Error::new(SqlState::AMBIGUOUS_COLUMN, format!("column reference \"{name}\" is ambiguous")))
        }
    }
}

/// The names that a source has more than once. Doubles of a query on the leader node have their marks already.
fn twice(source: &Source) -> impl Iterator<Item = &str> {
    let columns = source.columns.as_deref().unwrap_or_default();
    let names = columns.iter().map(|name| visible(name));
    names
        .clone()
        .enumerate()
        .filter(move |(at, name)| names.clone().take(*at).any(|other| other == *name))
        .map(|(_, name)| name)
}

struct Finder<'s> {
    sources: &'s [Source],
    /// How many queries stand around the expression: those have names of their own.
    depth: usize,
}

impl Finder<'_> {
    fn is_twice(&self, qualifier: Option<&str>, name: &str) -> bool {
        self.sources
            .iter()
            .filter(|source| qualifier.is_none() || source.name.as_deref() == qualifier)
            .any(|source| twice(source).any(|column| column == name))
    }
}

impl Visitor for Finder<'_> {
    type Break = String;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let found = match expr {
            _ if self.depth > 0 => None,
            Expr::Identifier(name) => Some((None, name)),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => Some((Some(qualifier.value.as_str()), name)),
                _ => None,
            },
            _ => None,
        };
        match found {
            Some((qualifier, name)) if self.is_twice(qualifier, &name.value) => ControlFlow::Break(name.value.clone()),
            _ => ControlFlow::Continue(()),
        }
    }
}
