//! DROP TABLE, DROP VIEW, DROP MATERIALIZED VIEW, and what depends on them.

use blueshift_sql::ast::{self, DropBehavior, DropKind};

use super::{comment, dependency, materialized_view, name};
use crate::{
    error::{Error, Result, SqlState},
    security::{Access, Object, Privilege, privilege},
    session::{Notice, Session, StatementResult},
    storage::metadata::{Relation, RelationId, TableSnapshot},
    transaction::CatalogSnapshot,
};

/// Drops relations. Views that depend on one stop it, unless CASCADE takes them along.
pub fn execute(session: &mut Session, drop: &ast::Drop) -> Result<StatementResult> {
    let words = match drop.kind {
        DropKind::View => "view",
        DropKind::MaterializedView => "materialized view",
        _ => "table",
    };
    for object in &drop.names {
        let relation = match name::managed_relation(session, object) {
            Ok(relation) => relation,
            Err(error) if drop.if_exists && name::is_undefined(&error) => {
                session.notice(Notice::info(format!(
                    "{words} \"{}\" does not exist and will be skipped",
                    name::written(object)
                )));
                continue;
            }
            Err(error) => return Err(error),
        };
        check_kind(&relation, drop.kind)?;
        require_drop(session, &relation)?;
        drop_relation(session, &relation, drop.behavior == Some(DropBehavior::Cascade))?;
    }
    Ok(StatementResult::done(format!("DROP {}", words.to_uppercase())))
}

fn check_kind(relation: &Relation, kind: DropKind) -> Result<()> {
    let fits = match (relation, kind) {
        (Relation::View(_), DropKind::View) => true,
        (Relation::Table(table), DropKind::MaterializedView) => materialized_view::is_materialized_view(table),
        (Relation::Table(table), DropKind::Table) => !materialized_view::is_materialized_view(table),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let wanted = match kind {
        DropKind::View => "view",
        DropKind::MaterializedView => "materialized view",
        _ => "table",
    };
    Err(Error::wrong_object_type(relation.name(), wanted))
}

/// Drops a relation and, with `cascade`, the views on it.
pub fn drop_relation(session: &mut Session, relation: &Relation, cascade: bool) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let dependents = dependents_of(&snapshot, relation.id());
    let kind = |relation: &Relation| match relation {
        Relation::View(_) => "view",
        Relation::Table(table) if materialized_view::is_materialized_view(table) => "materialized view",
        Relation::Table(_) => "table",
    };
    if let Relation::Table(table) = relation {
        drop_foreign_keys(session, table, cascade)?;
    }
    if !cascade && let Some(first) = dependents.first() {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS,
            format!("cannot drop {} {} because other objects depend on it", kind(relation), relation.name()),
        )
        .with_detail(format!("{} {} depends on {} {}", kind(first), first.name(), kind(relation), relation.name()))
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
    }
    for dependent in dependents {
        // A view that depends on two others that go is met twice.
        if session.transaction()?.snapshot()?.relation_by_id(dependent.id()).is_some() {
            drop_relation(session, &dependent, true)?;
        }
    }
    let transaction = session.transaction()?;
    transaction.drop_relation(relation.id())?;
    privilege::forget(transaction, &Object::Relation(relation.id()))?;
    comment::forget_columns(transaction, relation.id())
}

/// Foreign keys of other tables go with the table that they refer to; without CASCADE they hold it.
fn drop_foreign_keys(session: &mut Session, table: &TableSnapshot, cascade: bool) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    for (other, constraint) in dependency::foreign_keys_to(&snapshot, table, None) {
        if !cascade {
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS,
                format!("cannot drop table {} because other objects depend on it", table.name),
            )
            .with_detail(format!("constraint {constraint} on table {} depends on table {}", other.name, table.name))
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        let mut layout = other.layout.clone();
        layout.constraints.retain(|known| known.name != constraint);
        session.transaction()?.set_layout(other.id, layout)?;
    }
    Ok(())
}

/// Errors: 42501 for a relation of another user who did not grant DROP.
fn require_drop(session: &mut Session, relation: &Relation) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let access = Access::of(&snapshot, session.info());
    let system = match relation {
        Relation::View(_) => "DROP VIEW",
        Relation::Table(_) => "DROP TABLE",
    };
    if access.may(&Object::Relation(relation.id()), Privilege::Drop) || access.has_system(system) {
        return Ok(());
    }
    access.require_relation_owner(relation)
}

/// Views and materialized views that were made from a relation.
pub fn dependents_of(snapshot: &CatalogSnapshot, id: RelationId) -> Vec<Relation> {
    let depends = |relation: &&Relation| match relation {
        Relation::View(view) => view.depends_on.contains(&id),
        Relation::Table(table) => materialized_view::depends_on(table).contains(&id),
    };
    let mut found: Vec<Relation> = snapshot.all_relations().filter(depends).cloned().collect();
    found.sort_by(|left, right| left.name().cmp(right.name()));
    found
}
