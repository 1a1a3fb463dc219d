//! Names in ORDER BY (page r_ORDER_BY_clause). A name alone is a column of the result first; inside of
//! an expression it is a column of FROM first, where DataFusion would take the result's. With DISTINCT
//! only what is selected can be sorted by.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{
        Distinct, Expr, OrderBy, OrderByExpr, OrderByKind, SelectItem, SetExpr, Value, ValueWithSpan, Visit, Visitor,
    },
};

use super::{scope::Scope, subquery_value, template};
use crate::error::{Error, Result, SqlState};

/// Checks the sort keys of a query, and gives their names their meaning.
///
/// Errors: 42601 for a constant that is no position, 42P10 for a position outside of the list.
pub fn rewrite(query: &mut Query, scope: &mut Scope<'_>) -> Result<()> {
    let Query { body, order_by: Some(order_by), .. } = query else { return Ok(()) };
    let OrderByKind::Expressions(keys) = &mut order_by.kind else {
        return Err(Error::not_supported("ORDER BY ALL"));
    };
    for key in keys.iter_mut() {
        check_constant(&key.expr)?;
        subquery_value::rewrite(&mut key.expr)?;
    }
    let SetExpr::Select(select) = &**body else { return Ok(()) };
    let width = (!select.projection.iter().any(is_wildcard)).then_some(select.projection.len());
    for key in keys.iter() {
        check_position(&key.expr, width)?;
    }
    hoist(query, scope)
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

fn check_constant(expr: &Expr) -> Result<()> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) if number.parse::<u64>().is_ok() => Ok(()),
        Expr::Value(ValueWithSpan { value: Value::Placeholder(_) | Value::Null, .. }) => Ok(()),
        Expr::Value(_) => Err(Error::new(SqlState::SYNTAX_ERROR, "non-integer constant in ORDER BY")),
        _ => Ok(()),
    }
}

fn check_position(expr: &Expr, width: Option<usize>) -> Result<()> {
    if let Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) = expr
        && let (Ok(position), Some(width)) = (number.parse::<usize>(), width)
        && (position == 0 || position > width)
    {
        return Err(Error::new(SqlState("42P10"), format!("ORDER BY position {position} is not in select list")));
    }
    Ok(())
}

/// Columns of ours in the query that is wrapped around.
const RESULT: &str = "__result_";
const KEY: &str = "__key_";

/// Sorts by expressions over FROM where the result has columns of the same name:
/// `SELECT -a AS a FROM t ORDER BY a + 0` becomes
/// `SELECT r AS a FROM (SELECT -a AS a, a + 0 FROM t) AS s (r, k) ORDER BY k`.
fn hoist(query: &mut Query, scope: &mut Scope<'_>) -> Result<()> {
    let SetExpr::Select(select) = &*query.body else { return Ok(()) };
    let aliases: Vec<&str> = select.projection.iter().filter_map(clashing_alias).collect();
    let OrderByKind::Expressions(keys) = order_by_kind(&query.order_by) else { return Ok(()) };
    let uses = |key: &OrderByExpr| !is_name(&key.expr) && names_any(&key.expr, &aliases);
    if aliases.is_empty() || matches!(select.distinct, Some(Distinct::Distinct)) || !keys.iter().any(uses) {
        return Ok(());
    }
    let sources = scope.sources(&select.from)?;
    let in_from: Vec<&str> = aliases
        .into_iter()
        .filter(|alias| sources.iter().any(|source| source.columns.iter().flatten().any(|column| column == alias)))
        .collect();
    let hoisted: Vec<bool> = keys.iter().map(|key| !is_name(&key.expr) && names_any(&key.expr, &in_from)).collect();
    if !hoisted.contains(&true) {
        return Ok(());
    }
    let Some(names) = scope.query_columns(query)? else { return Ok(()) };
    wrap(query, &names, &hoisted)
}

fn order_by_kind(order_by: &Option<OrderBy>) -> &OrderByKind {
    const NONE: &OrderByKind = &OrderByKind::Expressions(vec![]);
    order_by.as_ref().map_or(NONE, |order_by| &order_by.kind)
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn clashing_alias(item: &SelectItem) -> Option<&str> {
    match item {
        SelectItem::ExprWithAlias { expr: Expr::Identifier(ident), alias } if ident.value == alias.value => None,
        SelectItem::ExprWithAlias { alias, .. } => Some(&alias.value),
        _ => None,
    }
}

/// Whether an expression names one of these, subqueries aside.
fn names_any(expr: &Expr, names: &[&str]) -> bool {
    struct Finder<'n>(&'n [&'n str], usize);
    impl Visitor for Finder<'_> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) if self.1 == 0 && self.0.contains(&ident.value.as_str()) => {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Finder(names, 0)).is_break()
}

fn wrap(query: &mut Query, names: &[String], hoisted: &[bool]) -> Result<()> {
    let mut outer = template::query("select 1 from (select 1) as x")?;
    std::mem::swap(&mut *outer, query);
    // `query` is the outer one from here on.
    let mut inner = outer;
    query.with = inner.with.take();
    query.limit_clause = inner.limit_clause.take();
    query.order_by = inner.order_by.take();
    let columns: Vec<String> = (0..names.len()).map(|number| format!("{RESULT}{number}")).collect();
    let mut renamed = columns.clone();
    let select = template::select_of(&mut inner)?;
    let top = select.top.take();
    let into = select.into.take();
    if let Some(order_by) = &mut query.order_by
        && let OrderByKind::Expressions(keys) = &mut order_by.kind
    {
        for (number, (key, hoisted)) in keys.iter_mut().zip(hoisted).enumerate() {
            let name = format!("{KEY}{number}");
            let result = match &key.expr {
                Expr::Identifier(ident) => names.iter().position(|column| *column == ident.value),
                _ => None,
            };
            let is_position = matches!(&key.expr, Expr::Value(_));
            if let (Some(at), false) = (result, *hoisted) {
                key.expr = template::column(&columns[at]);
            } else if !is_position {
                let expr = std::mem::replace(&mut key.expr, template::column(&name));
                select.projection.push(SelectItem::UnnamedExpr(expr));
                renamed.push(name);
            }
        }
    }
    let outer = template::select_of(query)?;
    outer.top = top;
    outer.into = into;
    outer.projection =
        columns.iter().zip(names).map(|(column, name)| template::item(template::column(column), name)).collect();
    if let Some(from) = outer.from.first_mut() {
        from.relation = template::derived(inner, Some(template::alias("__sorted", &renamed)));
    }
    Ok(())
}
