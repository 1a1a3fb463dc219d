//! The target of UPDATE in its own FROM ("Examples of UPDATE statements" of the guide).
//!
//! `update t set … from s join t x on s.id = x.id where x.a = 1` changes the rows of `t` that `x` stands
//! for, as the guide shows, unless the condition joins `t` itself with something: then `x` is another
//! reading of the same table. An outer join with the target is refused, as there.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    self, Expr, Ident, TableFactor, TableWithJoins,
    sql::{BinaryOperator, JoinConstraint, JoinOperator, Visit, Visitor},
};

use super::super::{name, row_change};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result, SqlState},
    session::Session,
    storage::metadata::TableSnapshot,
};

/// The statement with the target's other name taken out of FROM; None: it is fine as it is.
pub fn resolve(session: &mut Session, update: &ast::Update, table: &TableSnapshot) -> Result<Option<ast::Update>> {
    if update.alias.is_some() || update.from.is_empty() {
        return Ok(None);
    }
    let Some(found) = find(session, update, table)? else { return Ok(None) };
    let own = row_change::target_qualifier(&update.table, None);
    let mut names = Names { own: &own.value, found: false };
    let _: ControlFlow<()> = update.from.iter().try_for_each(|from| from.visit(&mut names));
    if let Some(selection) = &update.selection {
        let _: ControlFlow<()> = selection.visit(&mut names);
    }
    // The target is joined by its own name; the other name is another reading of it.
    if names.found {
        return Ok(None);
    }
    if found.outer {
        return Err(Error::new(SqlState("42P10"), "Target table must be part of an equijoin predicate"));
    }
    let mut merged = update.clone();
    let mut conditions: Vec<Expr> = vec![];
    take_out(&mut merged.from, found.place, &mut conditions);
    merged.alias = Some(found.alias);
    conditions.extend(merged.selection.take());
    merged.selection = conditions.into_iter().reduce(|left, right| Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(left))),
        op: BinaryOperator::And,
        right: Box::new(Expr::Nested(Box::new(right))),
    });
    Ok(Some(merged))
}

/// Where in FROM the target is read under another name.
struct Found {
    alias: Ident,
    /// The item of FROM, and its join; None: the item's first relation.
    place: (usize, Option<usize>),
    /// It is in an outer join, or in one that cannot be taken apart.
    outer: bool,
}

fn find(session: &mut Session, update: &ast::Update, table: &TableSnapshot) -> Result<Option<Found>> {
    let context = session.bind_context()?;
    let alias_of = |factor: &TableFactor| {
        let TableFactor::Table { name, alias: Some(alias), .. } = factor else { return None };
        let object = ast::ObjectName::from_sql_name(name)?;
        let resolved = resolve_name(&context, &name::table_reference(&object).ok()?).ok()?;
        matches!(resolved, ResolvedRelation::Table(found) if found.id == table.id).then(|| alias.name.clone())
    };
    for (item, from) in update.from.iter().enumerate() {
        let outer = from.joins.iter().any(|join| condition(&join.join_operator).is_none());
        if let Some(alias) = alias_of(&from.relation) {
            return Ok(Some(Found { alias, place: (item, None), outer }));
        }
        for (index, join) in from.joins.iter().enumerate() {
            if let Some(alias) = alias_of(&join.relation) {
                return Ok(Some(Found { alias, place: (item, Some(index)), outer }));
            }
        }
    }
    Ok(None)
}

/// The condition of an inner join: None for any other join, an inner None for a join without one.
#[allow(clippy::option_option)]
fn condition(operator: &JoinOperator) -> Option<Option<&Expr>> {
    match operator {
        JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) => Some(Some(on)),
        JoinOperator::CrossJoin(_) => Some(None),
        _ => None,
    }
}

/// Takes a relation out of FROM. The relations that it was joined with become items of their own,
/// and the conditions of their joins go where the WHERE is.
fn take_out(from: &mut Vec<TableWithJoins>, (item, join): (usize, Option<usize>), conditions: &mut Vec<Expr>) {
    let whole = from.remove(item);
    let mut relations = vec![whole.relation];
    for joined in whole.joins {
        conditions.extend(condition(&joined.join_operator).flatten().cloned());
        relations.push(joined.relation);
    }
    relations.remove(join.map_or(0, |index| index + 1));
    from.extend(relations.into_iter().map(|relation| TableWithJoins { relation, joins: vec![] }));
}

/// Whether a name of a column is qualified with the target's own name.
struct Names<'n> {
    own: &'n str,
    found: bool,
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [.., table, _] = parts.as_slice()
            && table.value == self.own
        {
            self.found = true;
        }
        ControlFlow::Continue(())
    }
}
