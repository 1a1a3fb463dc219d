//! Views that were made from a relation: what they read of it, and whether they still can.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use super::{drop as drop_statement, materialized_view};
use crate::{
    binder::{Binder, Bindings, ResolvedRelation, STORED_SQL, bindings_of, resolve_name},
    error::{Error, Result, SqlState},
    session::Session,
    storage::metadata::{ColumnId, Relation, RelationId, TableSnapshot},
    transaction::CatalogSnapshot,
};

/// Views and materialized views that read a column of a table.
pub fn readers_of_column(session: &mut Session, table: &TableSnapshot, column: &str) -> Result<Vec<Relation>> {
    let snapshot = session.transaction()?.snapshot()?;
    let dependents = drop_statement::dependents_of(&snapshot, table.id);
    let mut readers = vec![];
    for dependent in dependents {
        if columns_read(session, &dependent, table)?.is_none_or(|columns| columns.contains(column)) {
            readers.push(dependent);
        }
    }
    Ok(readers)
}

/// The columns of a table that a view reads; None: it cannot be told.
fn columns_read(session: &mut Session, view: &Relation, table: &TableSnapshot) -> Result<Option<HashSet<String>>> {
    let (sql, bindings) = definition(view);
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    let binder = Binder::new(&state, &context, shared.warehouse.segments()).with_bindings(bindings.clone());
    let Ok(query) = blueshift_sql::parse_query(&sql, STORED_SQL) else { return Ok(None) };
    let Ok(plan) = binder.bind_query(&query) else { return Ok(None) };
    let columns = crate::binder::columns_read(&plan, |name| match bindings.get(&name.to_string()) {
        Some(id) => *id == table.id,
        None => matches!(resolve_name(&context, name), Ok(ResolvedRelation::Table(found)) if found.id == table.id),
    })?;
    Ok(Some(columns))
}

/// The name of the first of `views` that cannot be read any more.
pub fn first_broken(session: &mut Session, views: &[Relation]) -> Result<Option<String>> {
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    for view in views {
        let (sql, bindings) = definition(view);
        let binder = Binder::new(&state, &context, shared.warehouse.segments()).with_bindings(bindings);
        let query = blueshift_sql::parse_query(&sql, STORED_SQL).map_err(Error::internal)?;
        if binder.bind_query(&query).is_err() {
            return Ok(Some(view.name().to_owned()));
        }
    }
    Ok(None)
}

/// The query of a view, and what the names in it stand for.
fn definition(view: &Relation) -> (String, Bindings) {
    match view {
        Relation::View(view) => (view.sql.clone(), bindings_of(&view.properties)),
        Relation::Table(table) => materialized_view::query_of(table),
    }
}

/// `cannot drop table t column c because other objects depend on it`
pub fn cannot_drop_column(table: &TableSnapshot, column: &str, readers: &[Relation]) -> Error {
    let first = readers.first().map(|view| view.name().to_owned()).unwrap_or_default();
    Error::new(
        SqlState::DEPENDENT_OBJECTS,
        format!("cannot drop table {} column {column} because other objects depend on it", table.name),
    )
    .with_detail(format!("view {first} depends on table {} column {column}", table.name))
    .with_hint("Use DROP ... CASCADE to drop the dependent objects too.")
}

/// Foreign keys of other tables that refer to a table or to one of its columns.
pub fn foreign_keys_to(
    snapshot: &CatalogSnapshot,
    table: &TableSnapshot,
    column: Option<ColumnId>,
) -> Vec<(Arc<TableSnapshot>, String)> {
    let name = column.and_then(|id| table.column_by_id(id)).map(|column| column.name.clone());
    let mut found = vec![];
    for relation in snapshot.all_relations() {
        let Relation::Table(other) = relation else { continue };
        if other.id == table.id {
            continue;
        }
        for constraint in other.layout.constraints.iter().filter(|c| c.references == Some(table.id)) {
            let refers = name.as_ref().is_none_or(|name| constraint.referenced_columns.contains(name));
            if refers {
                found.push((Arc::clone(other), constraint.name.clone()));
            }
        }
    }
    found.sort_by(|(_, left), (_, right)| left.cmp(right));
    found
}

/// The tables that `DROP … CASCADE` of a relation changes besides: those whose foreign keys refer to
/// it, and materialized views that were made from it, also through views.
pub fn changed_by_drop(snapshot: &CatalogSnapshot, relation: &Relation) -> BTreeSet<RelationId> {
    let mut changed = BTreeSet::new();
    let mut open = vec![relation.clone()];
    let mut seen = BTreeSet::from([relation.id()]);
    while let Some(dropped) = open.pop() {
        if let Relation::Table(table) = &dropped {
            changed.extend(foreign_keys_to(snapshot, table, None).into_iter().map(|(other, _)| other.id));
        }
        for dependent in drop_statement::dependents_of(snapshot, dropped.id()) {
            if matches!(dependent, Relation::Table(_)) {
                changed.insert(dependent.id());
            }
            if seen.insert(dependent.id()) {
                open.push(dependent);
            }
        }
    }
    changed.remove(&relation.id());
    changed
}
