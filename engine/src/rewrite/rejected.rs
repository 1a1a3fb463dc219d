//! What Redshift rejects although DataFusion would run it: a query that passes here must pass
//! there ("Unsupported PostgreSQL features" of the guide).

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{
        BinaryOperator, Distinct, Expr, Function, GroupByExpr, Select, SelectItem, SetExpr, TableFactor, Value, Visit,
        Visitor,
    },
};

use super::{unnest, window};
use crate::error::{Error, Result, SqlState};

/// Checks what a query is made of.
pub fn check_query(query: &Query) -> Result<()> {
    let mut open = vec![&*query.body];
    while let Some(body) = open.pop() {
        match body {
            SetExpr::Values(_) => return Err(Error::not_supported("VALUES as a relation")),
            SetExpr::SetOperation { left, right, .. } => open.extend([&**left, &**right]),
            _ => {}
        }
    }
    Ok(())
}

/// Checks one SELECT.
pub fn check_select(select: &Select, strict: bool) -> Result<()> {
    if let Some(qualify) = &select.qualify {
        check_qualify(select, qualify)?;
    }
    check_windows(select)?;
    if strict && !select.named_window.is_empty() {
        return Err(Error::not_supported("the WINDOW clause"));
    }
    let is_row = |expr: &Expr| {
        matches!(expr, Expr::Tuple(_))
            || matches!(expr, Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("row"))
    };
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
            && is_row(expr)
        {
            return Err(Error::not_supported("a row constructor"));
        }
    }
    if strict && !select.from.is_empty() {
        check_boolean_tests(select)?;
    }
    if strict {
        for factor in select
            .from
            .iter()
            .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)))
        {
            let lateral = matches!(
                factor,
                TableFactor::Derived { lateral: true, .. } | TableFactor::Function { lateral: true, .. }
            );
            if lateral && !unnest::is_iteration(factor) {
                return Err(Error::not_supported("LATERAL"));
            }
        }
    }
    if matches!(select.distinct, Some(Distinct::On(_))) {
        return Err(Error::not_supported("SELECT DISTINCT ON"));
    }
    if !select.lateral_views.is_empty() {
        return Err(Error::not_supported("LATERAL VIEW"));
    }
    if !select.connect_by.is_empty() {
        return Err(Error::not_supported("CONNECT BY in a set operation"));
    }
    Ok(())
}

/// Redshift has no boolean test as a column (page r_Boolean_type).
fn check_boolean_tests(select: &Select) -> Result<()> {
    let is_test = |expr: &Expr| {
        matches!(
            expr,
            Expr::IsTrue(_)
                | Expr::IsFalse(_)
                | Expr::IsUnknown(_)
                | Expr::IsNotTrue(_)
                | Expr::IsNotFalse(_)
                | Expr::IsNotUnknown(_)
        )
    };
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
            && is_test(expr)
        {
            return Err(Error::new(SqlState("42000"), "Not implemented")
                .with_detail("A boolean is tested by IS in the WHERE clause only.")
                .with_hint("Compare it with = in the select list."));
        }
    }
    Ok(())
}

/// QUALIFY filters by a window function, and an unaliased relation right before it takes the word as
/// its alias (page r_QUALIFY_clause).
fn check_qualify(select: &Select, qualify: &Expr) -> Result<()> {
    let no_groups = matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let after_from = select.selection.is_none() && no_groups && select.having.is_none() && select.connect_by.is_empty();
    let last = select.from.last().filter(|table| table.joins.is_empty()).map(|table| &table.relation);
    if after_from && let Some(TableFactor::Table { alias: None, .. } | TableFactor::Derived { alias: None, .. }) = last
    {
        return Err(Error::new(SqlState("42P20"), "QUALIFY right after a relation without an alias")
            .with_hint("Give the relation right before QUALIFY an alias."));
    }
    let in_list = select.projection.iter().any(|item| item.visit(&mut WindowFinder).is_break());
    if !in_list && qualify.visit(&mut WindowFinder).is_continue() {
        return Err(Error::syntax("QUALIFY needs a window function in the select list or in its condition"));
    }
    Ok(())
}

/// A window function is computed after WHERE, GROUP BY and HAVING.
fn check_windows(select: &Select) -> Result<()> {
    let groups = match &select.group_by {
        GroupByExpr::Expressions(keys, _) => keys.as_slice(),
        GroupByExpr::All(_) => &[],
    };
    let places = [("WHERE", select.selection.as_slice()), ("HAVING", select.having.as_slice()), ("GROUP BY", groups)];
    for (clause, conditions) in places {
        if conditions.iter().any(|condition| condition.visit(&mut WindowOutside(0)).is_break()) {
            return Err(Error::new(SqlState("42P20"), format!("window functions not allowed in {clause} clause")));
        }
    }
    if groups.iter().any(|key| matches!(key, Expr::Function(function) if is_plain_aggregate(function))) {
        return Err(Error::new(SqlState::GROUPING_ERROR, "aggregates not allowed in GROUP BY clause"));
    }
    Ok(())
}

fn is_plain_aggregate(function: &Function) -> bool {
    let name = function.name.to_string().to_lowercase();
    function.over.is_none()
        && matches!(name.as_str(), "sum" | "count" | "avg" | "min" | "max" | "stddev" | "variance" | "listagg")
}

/// Finds a window function outside of subqueries.
struct WindowOutside(usize);

impl Visitor for WindowOutside {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.0 -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) if self.0 == 0 && function.over.is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

struct WindowFinder;

impl Visitor for WindowFinder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) if function.over.is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Checks one expression.
pub fn check_expr(expr: &Expr, strict: bool) -> Result<()> {
    match expr {
        Expr::Function(function) => {
            if strict && function.filter.is_some() {
                return Err(Error::not_supported("FILTER (WHERE …) of an aggregate"));
            }
            window::check(function, strict)
        }
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) if strict => {
            Err(Error::not_supported("IS DISTINCT FROM"))
        }
        Expr::Overlay { .. } => Err(Error::undefined_function("overlay()")),
        Expr::BinaryOp { op: op @ (BinaryOperator::PGRegexIMatch | BinaryOperator::PGRegexNotIMatch), .. }
            if strict =>
        {
            Err(Error::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {op}"))
                .with_hint("Compare lower() of both sides with the operator ~."))
        }
        Expr::Array(_) => Err(Error::not_supported("an array constructor")),
        // `:name` and `?`, which drivers put values in the place of.
        Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if !name.starts_with('$')) => {
            Err(Error::syntax(format!("syntax error at or near \"{}\"", value.value)))
        }
        _ => Ok(()),
    }
}
