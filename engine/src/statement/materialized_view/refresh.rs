//! REFRESH MATERIALIZED VIEW, and what AUTO REFRESH YES does unasked (page materialized-view-refresh).
//!
//! What Redshift could refresh incrementally is recorded and reported as that; here every refresh
//! recomputes, unless nothing that the view reads has changed.

use std::sync::Arc;

use blueshift_sql::{ast, parse_query};
use serde_json::Value;

use super::{
    super::{assignment, name, row_change},
    EXTERNAL, MaterializedViewState, VERSIONS, depends_on, is_materialized_view, query_of, state,
};
use crate::{
    binder::STORED_SQL,
    error::{Error, Result},
    security::{self, Object},
    session::{EventKind, Notice, Session, StatementResult, TableName},
    storage::metadata::{Relation, RelationId, TableSnapshot},
    transaction::{CatalogSnapshot, LockMode},
};

/// REFRESH MATERIALIZED VIEW. With CASCADE what it reads is refreshed first.
pub async fn refresh(session: &mut Session, refresh: &ast::RefreshMaterializedView) -> Result<StatementResult> {
    let table = name::managed_table(session, &refresh.name)?;
    if !is_materialized_view(&table) {
        return Err(Error::wrong_object_type(&table.name, "materialized view"));
    }
    security::require_owner(session, &Object::Relation(table.id), "relation", &table.name)?;
    let mut order = vec![table.id];
    if refresh.behavior == Some(ast::DropBehavior::Cascade) {
        let snapshot = session.transaction()?.snapshot()?;
        collect_below(&snapshot, table.id, &mut order);
    }
    for id in order.into_iter().rev() {
        refresh_one(session, id).await?;
    }
    Ok(StatementResult::done("REFRESH MATERIALIZED VIEW"))
}

/// The materialized views that one reads, each after those that read it.
fn collect_below(snapshot: &CatalogSnapshot, id: RelationId, order: &mut Vec<RelationId>) {
    let Some(table) = snapshot.table(id) else { return };
    for below in depends_on(table) {
        if snapshot.table(below).is_some_and(|table| is_materialized_view(table)) {
            order.retain(|known| *known != below);
            order.push(below);
            collect_below(snapshot, below, order);
        }
    }
}

async fn refresh_one(session: &mut Session, id: RelationId) -> Result<()> {
    let started = chrono::Utc::now();
    let (table, outcome) = recompute(session, id).await?;
    session.notice(Notice::info(format!("Materialized view {} {}", table.name, outcome.message())));
    log_refresh(session, &table, started, outcome)
}

/// What a refresh did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    UpToDate,
    Incremental,
    Recomputed,
}

impl Outcome {
    /// In the words of the message.
    fn message(self) -> &'static str {
        match self {
            Outcome::UpToDate => "is already up to date.",
            Outcome::Incremental => "was incrementally updated successfully.",
            Outcome::Recomputed => "was recomputed successfully.",
        }
    }

    /// In the words of SVL_MV_REFRESH_STATUS.
    fn status(self) -> &'static str {
        match self {
            Outcome::UpToDate => "MV was already updated",
            Outcome::Incremental => "Refresh successfully updated MV incrementally",
            Outcome::Recomputed => "Refresh successfully recomputed MV from scratch",
        }
    }
}

/// Brings a materialized view up to date in the session's transaction.
async fn recompute(session: &mut Session, id: RelationId) -> Result<(Arc<TableSnapshot>, Outcome)> {
    let snapshot = session.transaction()?.snapshot()?;
    let table = Arc::clone(snapshot.table(id).ok_or_else(|| Error::internal("a materialized view is gone"))?);
    let outcome = match state(&snapshot, &table) {
        Some(MaterializedViewState { stale: false, .. }) => return Ok((table, Outcome::UpToDate)),
        Some(MaterializedViewState { incremental: true, .. }) => Outcome::Incremental,
        _ => Outcome::Recomputed,
    };
    session.transaction()?.truncate(id)?;
    fill(session, id).await?;
    Ok((table, outcome))
}

/// The materialized views with AUTO REFRESH YES that are not up to date, each after those that it reads.
pub fn due(snapshot: &CatalogSnapshot) -> Vec<RelationId> {
    let mut order = vec![];
    for relation in snapshot.all_relations() {
        let Relation::Table(table) = relation else { continue };
        if state(snapshot, table).is_some_and(|state| state.auto_refresh) {
            order.retain(|known| *known != table.id);
            order.push(table.id);
            collect_below(snapshot, table.id, &mut order);
        }
    }
    let is_due = |id: &RelationId| {
        let state = snapshot.table(*id).and_then(|table| state(snapshot, table));
        // One that reads a stale one becomes stale when that is refreshed.
        state.is_some_and(|state| state.auto_refresh && (state.stale || reads_stale(snapshot, *id)))
    };
    order.into_iter().rev().filter(is_due).collect()
}

fn reads_stale(snapshot: &CatalogSnapshot, id: RelationId) -> bool {
    let mut below = vec![];
    collect_below(snapshot, id, &mut below);
    let stale = |id: RelationId| snapshot.table(id).and_then(|table| state(snapshot, table));
    below.into_iter().filter_map(stale).any(|state| state.auto_refresh && state.stale)
}

/// Refreshes a materialized view that nobody asked to refresh, unless somebody is changing it or sees an earlier state
/// in a transaction block. Gives whether that was so. The session must be idle; it is idle again afterwards.
pub async fn refresh_unasked(session: &mut Session, id: RelationId) -> Result<bool> {
    session.ensure_transaction();
    let transaction = session.transaction()?;
    if !transaction.try_lock(id, LockMode::Write) {
        return Ok(false);
    }
    if transaction.snapshot()?.table(id).is_none() {
        return Ok(true);
    }
    let started = chrono::Utc::now();
    let (table, outcome) = recompute(session, id).await?;
    let schema = row_change::schema_name(session, &table)?;
    if !session.commit_undisturbing()? {
        return Ok(false);
    }
    if outcome != Outcome::UpToDate {
        let view = TableName { id: table.id.0, schema, name: table.name.clone() };
        session.record_event(started, EventKind::Refresh { view, status: outcome.status(), automatic: true });
    }
    Ok(true)
}

/// What SVL_MV_REFRESH_STATUS tells of a refresh.
fn log_refresh(
    session: &mut Session,
    view: &TableSnapshot,
    started: chrono::DateTime<chrono::Utc>,
    outcome: Outcome,
) -> Result<()> {
    let schema = row_change::schema_name(session, view)?;
    let view = TableName { id: view.id.0, schema, name: view.name.clone() };
    session.record_event(started, EventKind::Refresh { view, status: outcome.status(), automatic: false });
    Ok(())
}

/// Versions of the tables that a materialized view reads.
fn versions(snapshot: &CatalogSnapshot, table: &TableSnapshot) -> Value {
    let version = |id: RelationId| Some((id.to_string(), Value::from(snapshot.table(id)?.version)));
    depends_on(table).into_iter().filter_map(version).collect()
}

/// Whether nothing that a materialized view reads has changed since it was refreshed.
pub(super) fn is_up_to_date(snapshot: &CatalogSnapshot, table: &TableSnapshot) -> bool {
    let properties = &table.layout.properties;
    let external = properties.get(EXTERNAL).and_then(Value::as_bool).unwrap_or(false);
    !external && properties.get(VERSIONS).is_some_and(|known| *known == versions(snapshot, table))
}

/// Computes the rows of a materialized view, with its owner's privileges.
pub(super) async fn fill(session: &mut Session, id: RelationId) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let table = Arc::clone(snapshot.table(id).ok_or_else(|| Error::internal("a materialized view is gone"))?);
    let (text, bindings) = query_of(&table);
    let query = parse_query(&text, STORED_SQL)
        .map_err(|error| Error::internal(format!("materialized view \"{}\" cannot be read: {error}", table.name)))?;
    let plan = session.plan_query_with(&query, bindings)?;
    let (segments, _) = assignment::write_in_order(session, plan, &table).await?;
    let mut layout = table.layout.clone();
    layout.properties[VERSIONS] = versions(&snapshot, &table);
    let transaction = session.transaction()?;
    transaction.append(id, segments)?;
    transaction.set_layout(id, layout)
}
