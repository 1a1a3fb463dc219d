//! LOCK, and the table locks that other statements take by themselves before they start
//! ("LOCK", "Managing concurrent write operations").

use std::{ops::ControlFlow, sync::Arc};

use blueshift_sql::ast::{
    self, ObjectName, Query, Statement,
    sql::{self, visit_relations},
};
use datafusion::common::TableReference;
use futures::{FutureExt, future::BoxFuture};
use tokio::sync::OwnedSemaphorePermit;

use super::name;
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result},
    session::{Session, StatementResult},
    storage::metadata::RelationId,
    transaction::{LockMode, ReadSet},
};

/// LOCK: the tables are locked already when this runs.
pub fn execute(session: &mut Session, lock: &ast::Lock) -> Result<StatementResult> {
    for table in &lock.tables {
        name::managed_table(session, table)?;
    }
    Ok(StatementResult::done("LOCK TABLE"))
}

/// Takes the locks of a statement, before its transaction sees a state if it can be: then it sees
/// what the transactions left that it waited for. Then waits for its turn in the queue; the slots
/// are given back when the result is dropped.
pub fn before<'a>(
    session: &'a mut Session,
    statement: &'a Statement,
) -> BoxFuture<'a, Result<Option<OwnedSemaphorePermit>>> {
    async move {
        take_locks(session, statement).await?;
        session.take_slots(statement).await
    }
    .boxed()
}

async fn take_locks(session: &mut Session, statement: &Statement) -> Result<()> {
    let mut wanted: Vec<(TableReference, LockMode)> = Vec::new();
    for (name, mode) in targets(statement) {
        wanted.push((name::table_reference(name)?, mode));
    }
    // Nobody waits for readers, and readers wait for LOCK alone.
    if session.shared.warehouse.locks().has_exclusive() {
        for reference in tables_read(statement) {
            wanted.push((reference, LockMode::Read));
        }
    }
    for (reference, mode) in wanted {
        if let Some(table) = find(session, &reference)? {
            session.transaction()?.lock(table, mode).await?;
        }
    }
    Ok(())
}

/// The table of a name, without making the transaction see a state. A name that stands for nothing
/// is the statement's own business.
fn find(session: &mut Session, reference: &TableReference) -> Result<Option<RelationId>> {
    let transaction = session.transaction()?;
    let snapshot = if transaction.is_pinned() { transaction.snapshot()? } else { transaction.warehouse().latest()? };
    let context = session.bind_context_on(snapshot, Arc::new(ReadSet::default()));
    Ok(match resolve_name(&context, reference) {
        Ok(ResolvedRelation::Table(table)) => Some(table.id),
        _ => None,
    })
}

/// What a statement changes.
fn targets(statement: &Statement) -> Vec<(&ObjectName, LockMode)> {
    match statement {
        Statement::Insert(insert) => vec![(&insert.table, LockMode::Append)],
        Statement::Copy(copy) => vec![(&copy.table, LockMode::Append)],
        Statement::Update(update) => vec![(&update.table, LockMode::Write)],
        Statement::Delete(delete) => vec![(&delete.table, LockMode::Write)],
        Statement::Merge(merge) => vec![(&merge.target, LockMode::Write)],
        Statement::RefreshMaterializedView(refresh) => vec![(&refresh.name, LockMode::Write)],
        Statement::Truncate(truncate) => vec![(&truncate.table, LockMode::Define)],
        Statement::AlterTable(alter) => vec![(&alter.name, LockMode::Define)],
        Statement::Drop(drop) if matches!(drop.kind, ast::DropKind::Table | ast::DropKind::MaterializedView) => {
            drop.names.iter().map(|name| (name, LockMode::Define)).collect()
        }
        Statement::AnalyzeCompression(analyze) => {
            analyze.table.iter().map(|name| (name, LockMode::Exclusive)).collect()
        }
        Statement::Lock(lock) => lock.tables.iter().map(|name| (name, LockMode::Exclusive)).collect(),
        _ => vec![],
    }
}

/// The tables and views that the queries of a statement name.
fn tables_read(statement: &Statement) -> Vec<TableReference> {
    let mut found = Vec::new();
    if let Some(query) = query_of(statement) {
        let _ = visit_relations(query, |relation: &sql::ObjectName| {
            let parts: Vec<String> = relation.0.iter().filter_map(|p| Some(p.as_ident()?.value.clone())).collect();
            match parts.as_slice() {
                [table] => found.push(TableReference::bare(table.as_str())),
                [schema, table] => found.push(TableReference::partial(schema.as_str(), table.as_str())),
                [database, schema, table] => {
                    found.push(TableReference::full(database.as_str(), schema.as_str(), table.as_str()));
                }
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
    }
    found
}

fn query_of(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Query(query) => Some(query),
        Statement::Insert(ast::Insert { source: ast::InsertSource::Query(query), .. }) => Some(query),
        Statement::CreateTableAs(create) => Some(&create.query),
        _ => None,
    }
}

/// Refuses a change in a transaction that may only read. Temporary tables are the session's own.
///
/// Errors: 25006.
pub fn check_access_mode(session: &mut Session, statement: &Statement) -> Result<()> {
    if !session.is_read_only() || !is_change(statement) {
        return Ok(());
    }
    let is_dml = matches!(
        statement,
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) | Statement::Copy(_)
    );
    if is_dml {
        let context = session.bind_context()?;
        let temporary = context.temporary_schema.as_ref().and_then(|schema| context.snapshot.schema(schema));
        for (target, _) in targets(statement) {
            if let ResolvedRelation::Table(table) = resolve_name(&context, &name::table_reference(target)?)?
                && temporary.is_some_and(|schema| schema.id == table.schema_id)
            {
                return Ok(());
            }
        }
    }
    Err(Error::read_only_transaction())
}

/// Everything but what only reads, and what concerns the session alone.
fn is_change(statement: &Statement) -> bool {
    match statement {
        Statement::Query(query) => matches!(&*query.body, sql::SetExpr::Select(select) if select.into.is_some()),
        Statement::Explain(_)
        | Statement::Show(_)
        | Statement::Set(_)
        | Statement::Reset(_)
        | Statement::SetSessionAuthorization(_)
        | Statement::SetTransaction(_)
        | Statement::Begin(_)
        | Statement::Commit
        | Statement::Rollback
        | Statement::Lock(_)
        | Statement::Use(_)
        | Statement::Unload(_)
        | Statement::Analyze(_)
        | Statement::AnalyzeCompression(_)
        | Statement::Cancel(_)
        | Statement::DeclareCursor(_)
        | Statement::Fetch(_)
        | Statement::Close(_)
        | Statement::Prepare(_)
        | Statement::Execute(_)
        | Statement::Deallocate(_)
        | Statement::Call(_) => false,
        _ => true,
    }
}
