//! Values in the place of names and parameters, in the syntax tree.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Expr, Query, Statement,
    sql::{Value as SqlValue, VisitMut, VisitorMut},
};

use crate::error::{Error, Result, SqlState};

/// What stands for names and parameters.
pub trait Values {
    /// The expression for a name of one or more parts, or for `$n`; None: it is no variable.
    fn expression(&self, name: &[&str]) -> Result<Option<Expr>>;
}

struct Substitute<'v, V: Values>(&'v V);

impl<V: Values> VisitorMut for Substitute<'_, V> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let found = match &*expr {
            Expr::Identifier(ident) => self.0.expression(&[ident.value.as_str()]),
            Expr::CompoundIdentifier(parts) => {
                self.0.expression(&parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>())
            }
            Expr::Value(value) => match &value.value {
                SqlValue::Placeholder(name) => self.0.expression(&[name.as_str()]),
                _ => Ok(None),
            },
            _ => Ok(None),
        };
        match found {
            Ok(Some(value)) => {
                *expr = value;
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn outcome(flow: ControlFlow<Error>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Puts values into a statement.
pub fn in_statement(statement: &mut Statement, values: &impl Values) -> Result<()> {
    outcome(statement.visit_expressions(&mut Substitute(values)))
}

/// Puts values into an expression.
pub fn in_expr(expr: &mut Expr, values: &impl Values) -> Result<()> {
    outcome(expr.visit(&mut Substitute(values)))
}

/// Puts values into a query.
pub fn in_query(query: &mut Query, values: &impl Values) -> Result<()> {
    outcome(query.visit(&mut Substitute(values)))
}

/// Values of `$1`, `$2`, …
pub struct Positional<'e>(pub &'e [Expr]);

impl Values for Positional<'_> {
    fn expression(&self, name: &[&str]) -> Result<Option<Expr>> {
        let [name] = name else { return Ok(None) };
        let Some(digits) = name.strip_prefix('$') else { return Ok(None) };
        let Ok(number) = digits.parse::<usize>() else { return Ok(None) };
        match number.checked_sub(1).and_then(|index| self.0.get(index)) {
            Some(expr) => Ok(Some(expr.clone())),
            None => Err(Error::new(SqlState("42P02"), format!("there is no parameter ${number}"))),
        }
    }
}
