//! DROP TABLE, DROP VIEW, DROP MATERIALIZED VIEW, and what depends on them.

use blueshift_sql::ast::{self, DropBehavior, DropKind};

use super::{materialized_view, name};
use crate::{
    error::{Error, Result, SqlState},
    session::{Notice, Session, StatementResult},
    storage::metadata::{Relation, RelationId},
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
    if !cascade && let Some(first) = dependents.first() {
        let kind = |relation: &Relation| if matches!(relation, Relation::View(_)) { "view" } else { "table" };
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
    session.transaction()?.drop_relation(relation.id())
}

/// Views and materialized views that were made from a relation.
fn dependents_of(snapshot: &CatalogSnapshot, id: RelationId) -> Vec<Relation> {
    let depends = |relation: &&Relation| match relation {
        Relation::View(view) => view.depends_on.contains(&id),
        Relation::Table(table) => materialized_view::depends_on(table).contains(&id),
    };
    snapshot.all_relations().filter(depends).cloned().collect()
}
