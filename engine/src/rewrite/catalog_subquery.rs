//! Correlated subqueries of queries over the catalog, in a form that the optimizer can take apart.
//!
//! Conditions that name only columns from outside become a CASE around the subquery. Where `inner = outer`
//! holds, the other conditions name the inner column.

use std::{collections::HashSet, ops::ControlFlow};

use blueshift_sql::ast::{
    TableFactor, TableWithJoins,
    sql::{
        BinaryOperator, CaseWhen, Expr, Query, SetExpr, Visit, VisitMut, Visitor, VisitorMut,
        helpers::attached_token::AttachedToken,
    },
};

/// Simplifies a subquery that stands for a value.
pub fn simplify(expr: &mut Expr) {
    let Expr::Subquery(query) = expr else { return };
    let Some(outside) = outside_conditions(query) else { return };
    if let Some(condition) = outside.into_iter().reduce(and) {
        let subquery = std::mem::replace(expr, Expr::value(blueshift_sql::ast::Value::Null));
        *expr = Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen { condition, result: subquery }],
            else_result: None,
        };
    }
}

fn and(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) }
}

/// Takes the conditions out of a subquery that name only columns from outside, and rewrites the others.
fn outside_conditions(query: &mut Query) -> Option<Vec<Expr>> {
    let SetExpr::Select(select) = &mut *query.body else { return None };
    let inner = relations(&select.from)?;
    let condition = select.selection.take()?;
    let mut conditions = vec![];
    split(condition, &mut conditions);
    let (outside, mut rest): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(|condition| {
        qualifiers(condition).is_some_and(|names| !names.is_empty() && names.is_disjoint(&inner))
    });
    let equal: Vec<(Expr, Expr)> = rest.iter().filter_map(|condition| equality(condition, &inner)).collect();
    for condition in rest.iter_mut().filter(|condition| equality(condition, &inner).is_none()) {
        let _: ControlFlow<()> = VisitMut::visit(condition, &mut Replace(&equal));
    }
    select.selection = rest.into_iter().reduce(and);
    Some(outside)
}

/// The names of the relations of a FROM clause; None when one has no name.
fn relations(from: &[TableWithJoins]) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    for table in from {
        for factor in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
            let (TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. }) = factor else { return None };
            let name = match (alias, factor) {
                (Some(alias), _) => alias.name.value.clone(),
                (None, TableFactor::Table { name, .. }) => name.0.last()?.as_ident()?.value.clone(),
                _ => return None,
            };
            names.insert(name);
        }
    }
    Some(names)
}

/// The terms of a conjunction.
fn split(expr: Expr, terms: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            split(*left, terms);
            split(*right, terms);
        }
        Expr::Nested(inner) if matches!(*inner, Expr::BinaryOp { op: BinaryOperator::And, .. }) => split(*inner, terms),
        other => terms.push(other),
    }
}

/// The relations that an expression's columns name; None when a column names none, or there is a subquery.
fn qualifiers(expr: &Expr) -> Option<HashSet<String>> {
    let mut finder = Qualifiers(HashSet::new());
    Visit::visit(expr, &mut finder).is_continue().then_some(finder.0)
}

struct Qualifiers(HashSet<String>);

impl Visitor for Qualifiers {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(_) => ControlFlow::Break(()),
            Expr::CompoundIdentifier(parts) if parts.len() == 2 => {
                self.0.insert(parts[0].value.clone());
                ControlFlow::Continue(())
            }
            Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// `inner.a = outer.b`: the outer column and the inner one.
fn equality(expr: &Expr, inner: &HashSet<String>) -> Option<(Expr, Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return None };
    let is_inner = |expr: &Expr| match expr {
        Expr::CompoundIdentifier(parts) if parts.len() == 2 => Some(inner.contains(&parts[0].value)),
        _ => None,
    };
    match (is_inner(left)?, is_inner(right)?) {
        (true, false) => Some(((**right).clone(), (**left).clone())),
        (false, true) => Some(((**left).clone(), (**right).clone())),
        _ => None,
    }
}

/// Puts inner columns in the place of outer ones that equal them.
struct Replace<'e>(&'e [(Expr, Expr)]);

impl VisitorMut for Replace<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some((_, inner)) = self.0.iter().find(|(outer, _)| outer == expr) {
            *expr = inner.clone();
        }
        ControlFlow::Continue(())
    }
}
