//! Casts among the keys of GROUP BY: `GROUP BY a, a::bigint`.
//!
//! DataFusion names a cast after what it casts, so the two keys get one name and the plan is refused.
//! `a::bigint` becomes `coalesce(a)::bigint`, wherever it stands in the SELECT: the same value under
//! another name. Each further type takes one more `a`: `coalesce(a, a)::numeric`.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query, Value,
    sql::{DataType, Expr, GroupByExpr, Select, SelectItem, VisitMut, VisitorMut},
};

use super::function_call::call;

/// Rewrites the casts of a SELECT whose keys would share a name.
pub fn rewrite(select: &mut Select) {
    let keys = keys(select);
    let mut shared: Vec<Cast> = vec![];
    for (index, key) in keys.iter().enumerate() {
        let others = keys.iter().enumerate().filter(|(other, _)| *other != index);
        if let Expr::Cast { expr: value, data_type, .. } = unnested(key)
            && others.into_iter().any(|(_, other)| same(bare(other), bare(key)))
        {
            let cast = Cast { value: unnested(value).clone(), target: data_type.clone() };
            if !shared.iter().any(|known| known.is(&cast.value, &cast.target)) {
                shared.push(cast);
            }
        }
    }
    if !shared.is_empty() {
        let _: ControlFlow<()> = select.visit(&mut Renamer { shared, inside: 0 });
    }
}

/// A cast that needs a name of its own.
struct Cast {
    value: Expr,
    target: DataType,
}

impl Cast {
    fn is(&self, value: &Expr, target: &DataType) -> bool {
        self.target == *target && same(&self.value, unnested(value))
    }
}

/// What the SELECT groups by, positions and aliases looked up.
fn keys(select: &Select) -> Vec<Expr> {
    let GroupByExpr::Expressions(keys, _) = &select.group_by else { return vec![] };
    let item = |index: usize| match select.projection.get(index) {
        Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) => Some(expr.clone()),
        _ => None,
    };
    let resolved = keys.iter().map(|key| match key {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse::<usize>().ok().and_then(|n| item(n.checked_sub(1)?)),
            _ => None,
        },
        Expr::Identifier(name) => select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => Some(expr.clone()),
            _ => None,
        }),
        _ => None,
    });
    keys.iter().zip(resolved).map(|(key, resolved)| resolved.unwrap_or_else(|| key.clone())).collect()
}

fn unnested(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}

/// What is cast, without brackets.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(expr) | Expr::Cast { expr, .. } => bare(expr),
        other => other,
    }
}

/// Whether two expressions get the same name; a column may be qualified or not.
fn same(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::Identifier(name), Expr::CompoundIdentifier(names))
        | (Expr::CompoundIdentifier(names), Expr::Identifier(name)) => {
            names.last().is_some_and(|last| last.value == name.value)
        }
        _ => left == right,
    }
}

struct Renamer {
    shared: Vec<Cast>,
    /// In how many subqueries the place is; theirs are other columns.
    inside: usize,
}

impl VisitorMut for Renamer {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    // What is cast may be a cast, with a name of its own to get: from the outside in.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Cast { expr: inner, data_type, .. } = expr
            && self.inside == 0
            && let Some(index) = self.shared.iter().position(|cast| cast.is(inner, data_type))
        {
            let value = std::mem::replace(&mut **inner, Expr::value(Value::Null));
            **inner = call("coalesce", vec![value; index + 1]);
        }
        ControlFlow::Continue(())
    }
}
