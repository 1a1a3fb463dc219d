//! JOIN … USING and NATURAL JOIN: the joined columns are one. In a FULL join that one is the first of
//! both that is not NULL, in a RIGHT join it is the right one; DataFusion would always take the left.
//! `*` shows the joined columns first, then the rest of either side (page r_FROM_clause30).

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query, TableWithJoins,
    sql::{Expr, GroupByExpr, JoinOperator, Select, SelectItem, VisitMut, VisitorMut},
};

use super::{
    function_call::call,
    scope::{self, Scope, Source},
    template,
};
use crate::error::Result;

/// Rewrites the merged columns of a SELECT; true when there are any.
pub fn rewrite(select: &mut Select, scope: &mut Scope<'_>) -> Result<bool> {
    let merges = select.from.iter().any(|table| table.joins.iter().any(|join| is_merging(&join.join_operator)));
    if !merges {
        return Ok(false);
    }
    let Some(merged) = merged_columns(&select.from, scope)? else { return Ok(false) };
    expand_wildcards(select, &merged, scope)?;
    let mut replacer = Replacer { merged: &merged, inside: 0 };
    for item in &mut select.projection {
        match item {
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => {
                let name = ident.clone();
                if let Some(expr) = replacer.value(&name.value) {
                    *item = SelectItem::ExprWithAlias { expr, alias: name };
                }
            }
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                let _ = expr.visit(&mut replacer);
            }
            _ => {}
        }
    }
    for condition in select.selection.iter_mut().chain(select.having.iter_mut()).chain(select.qualify.iter_mut()) {
        let _ = condition.visit(&mut replacer);
    }
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        let _ = keys.visit(&mut replacer);
    }
    Ok(true)
}

fn is_merging(operator: &JoinOperator) -> bool {
    use blueshift_sql::ast::sql::JoinConstraint::{Natural, Using};
    matches!(scope::constraint(operator), Some(Using(_) | Natural))
}

/// A merged column, and the value it has.
struct Merged {
    name: String,
    /// None: the planner's choice, the left side, is right.
    value: Option<Expr>,
}

/// The merged columns of all joins; None when the relations' columns or names are not known.
fn merged_columns(from: &[TableWithJoins], scope: &mut Scope<'_>) -> Result<Option<Vec<Merged>>> {
    let mut merged: Vec<Merged> = vec![];
    for table in from {
        let mut left: Vec<Source> =
            scope.sources(&[TableWithJoins { relation: table.relation.clone(), joins: vec![] }])?;
        for join in &table.joins {
            let right = scope.sources(&[TableWithJoins { relation: join.relation.clone(), joins: vec![] }])?;
            let (Some(names), Some(right_names)) = (names(&left), names(&right)) else { return Ok(None) };
            let names: Vec<&String> = names.iter().collect();
            for name in scope::merged_columns(&join.join_operator, &names, right_names.iter()) {
                let before = merged.iter().position(|column| column.name == name);
                let left_value = before.and_then(|at| merged.swap_remove(at).value).or_else(|| value(&left, &name));
                let right_value = value(&right, &name);
                let value = match (&join.join_operator, left_value, right_value) {
                    (JoinOperator::FullOuter(_), Some(left), Some(right)) => Some(call("coalesce", vec![left, right])),
                    (JoinOperator::Right(_) | JoinOperator::RightOuter(_), Some(_), Some(right)) => Some(right),
                    (_, Some(left), _) => Some(left),
                    _ => None,
                };
                merged.push(Merged { name, value });
            }
            left.extend(right);
        }
    }
    Ok(Some(merged))
}

fn names(sources: &[Source]) -> Option<Vec<String>> {
    let mut names = vec![];
    for source in sources {
        names.extend(source.columns.clone()?);
    }
    Some(names)
}

fn value(sources: &[Source], name: &str) -> Option<Expr> {
    let has = |source: &&Source| source.columns.iter().flatten().any(|column| column == name);
    let source = sources.iter().find(has)?;
    source.name.as_ref().map(|qualifier| template::qualified(qualifier, name))
}

fn expand_wildcards(select: &mut Select, merged: &[Merged], scope: &mut Scope<'_>) -> Result<()> {
    if !select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
        return Ok(());
    }
    let sources = scope.sources(&select.from)?;
    let Some(all) = scope.wildcard(&select.from)? else { return Ok(()) };
    let mut items = vec![];
    for item in std::mem::take(&mut select.projection) {
        let SelectItem::Wildcard(options) = &item else {
            items.push(item);
            continue;
        };
        let excluded = options.opt_exclude.as_ref().map(scope::excluded_names).unwrap_or_default();
        for (source, column) in all.iter().filter(|(_, column)| !excluded.contains(column)) {
            let is_merged = merged.iter().any(|merged| merged.name == *column);
            items.push(SelectItem::UnnamedExpr(match &sources[*source].name {
                Some(name) if !is_merged => template::qualified(name, column),
                _ => template::column(column),
            }));
        }
    }
    select.projection = items;
    Ok(())
}

struct Replacer<'m> {
    merged: &'m [Merged],
    inside: usize,
}

impl Replacer<'_> {
    fn value(&self, name: &str) -> Option<Expr> {
        self.merged.iter().find(|merged| merged.name == name).and_then(|merged| merged.value.clone())
    }
}

impl VisitorMut for Replacer<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && self.inside == 0
            && let Some(value) = self.value(&ident.value)
        {
            *expr = value;
        }
        ControlFlow::Continue(())
    }
}
