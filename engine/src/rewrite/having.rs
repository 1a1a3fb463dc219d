//! HAVING sees columns, not the names that the select list gives (page r_HAVING_clause). DataFusion
//! would take an alias there, and run what Redshift rejects.

use std::{collections::HashSet, ops::ControlFlow};

use blueshift_sql::ast::{
    Query,
    sql::{Expr, GroupByExpr, Select, SelectItem, Visit, Visitor},
};

use super::aggregate_name::AGGREGATES;
use crate::error::{Error, Result};

/// Checks one SELECT.
///
/// Errors: 42703 for a name in HAVING that is an alias of the select list and no grouping column.
pub fn check(select: &Select) -> Result<()> {
    let Some(having) = &select.having else { return Ok(()) };
    let mut aliases: HashSet<&str> = HashSet::new();
    for item in &select.projection {
        if let SelectItem::ExprWithAlias { expr, alias } = item
            && column_name(expr) != Some(alias.value.as_str())
        {
            aliases.insert(&alias.value);
        }
    }
    if let GroupByExpr::Expressions(grouped, _) = &select.group_by {
        for name in grouped.iter().filter_map(column_name) {
            aliases.remove(name);
        }
    }
    match having.visit(&mut AliasFinder { aliases, inside: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(name) => Err(Error::undefined_column(name)),
    }
}

fn column_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(ident) => Some(&ident.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|ident| ident.value.as_str()),
        _ => None,
    }
}

/// Finds an alias outside of aggregates and subqueries.
struct AliasFinder<'a> {
    aliases: HashSet<&'a str>,
    inside: usize,
}

fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if AGGREGATES.contains(&function.name.to_string().to_lowercase().as_str()))
}

impl Visitor for AliasFinder<'_> {
    type Break = String;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match expr {
            Expr::Identifier(ident) if self.inside == 0 && self.aliases.contains(ident.value.as_str()) => {
                return ControlFlow::Break(ident.value.clone());
            }
            _ if is_aggregate(expr) => self.inside += 1,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        if is_aggregate(expr) {
            self.inside -= 1;
        }
        ControlFlow::Continue(())
    }
}
