//! SET_CONFIG('name', 'value', is_local) in a query: sets a parameter and stands for its value
//! ("SET_CONFIG" of the guide).

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Expr, Query, Value as SqlValue,
    sql::{Function, FunctionArg, FunctionArgExpr, FunctionArguments, Visit, VisitMut, Visitor, VisitorMut},
};

use super::setting;
use crate::{
    error::{Error, Result, SqlState},
    routine::evaluate,
    session::Session,
};

/// Runs the calls of a query; None: it has none.
pub async fn run(session: &mut Session, query: &Query) -> Result<Option<Query>> {
    let mut calls = Calls(vec![]);
    let _: ControlFlow<()> = query.visit(&mut calls);
    if calls.0.is_empty() {
        return Ok(None);
    }
    let mut values = vec![];
    for arguments in calls.0 {
        let [name, value, local] = arguments.as_slice() else {
            return Err(Error::undefined_function("set_config()"));
        };
        let text = |value: crate::routine::value::Value| value.to_text();
        let name = text(evaluate::value(session, name, None).await?)?.unwrap_or_default().to_lowercase();
        let value = text(evaluate::value(session, value, None).await?)?;
        let local = evaluate::value(session, local, None).await?.is_true();
        if value.is_none() {
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, "SET_CONFIG requires a value"));
        }
        setting::assign(session, &name, value, local)?;
        values.push(session.parameters.get(&name).unwrap_or_default().to_owned());
    }
    let mut query = query.clone();
    let _: ControlFlow<()> = VisitMut::visit(&mut query, &mut Replace(values.into_iter()));
    Ok(Some(query))
}

/// The query with texts in the place of calls, for its description.
pub fn described(query: &Query) -> Query {
    let mut query = query.clone();
    let _: ControlFlow<()> = VisitMut::visit(&mut query, &mut Replace(vec![].into_iter()));
    query
}

fn arguments(function: &Function) -> Option<Vec<Expr>> {
    let name = function.name.to_string().to_lowercase();
    if name != "set_config" && name != "pg_catalog.set_config" {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return Some(vec![]) };
    let expr = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    Some(list.args.iter().filter_map(expr).collect())
}

struct Calls(Vec<Vec<Expr>>);

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            self.0.extend(arguments(function));
        }
        ControlFlow::Continue(())
    }
}

/// A call becomes its value; the column keeps its name by an alias.
struct Replace(std::vec::IntoIter<String>);

impl VisitorMut for Replace {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut blueshift_sql::ast::sql::Select) -> ControlFlow<()> {
        use blueshift_sql::ast::{Ident, sql::SelectItem};
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(expr) = &*item else { continue };
            if matches!(expr, Expr::Function(function) if arguments(function).is_some()) {
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', "set_config") };
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && arguments(function).is_some()
        {
            *expr = Expr::value(SqlValue::SingleQuotedString(self.0.next().unwrap_or_default()));
        }
        ControlFlow::Continue(())
    }
}
