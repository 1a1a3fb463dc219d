//! LOCK, and the table locks that other statements take by themselves before they start
//! ("LOCK", "Managing concurrent write operations").

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

use blueshift_sql::ast::{
    self, DropBehavior, ObjectName, Query, Statement,
    sql::{self, visit_relations},
};
use datafusion::common::TableReference;
use futures::{FutureExt, future::BoxFuture};
use tokio::sync::OwnedSemaphorePermit;

use super::{dependency, name};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result},
    session::{Session, StatementResult},
    storage::metadata::{Relation, RelationId},
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

/// Once a wait is over, a name may stand for another table, or more tables refer to it: then those are
/// locked too.
async fn take_locks(session: &mut Session, statement: &Statement) -> Result<()> {
    let mut held = BTreeSet::new();
    loop {
        let mut has_waited = false;
        for (table, mode) in wanted(session, statement)? {
            if held.insert((table, mode)) {
                has_waited |= session.transaction()?.lock(table, mode).await?;
            }
        }
        if !has_waited {
            return Ok(());
        }
    }
}

/// The locks of a statement, in the order of the tables, so that two such statements never wait for
/// each other.
fn wanted(session: &mut Session, statement: &Statement) -> Result<BTreeMap<RelationId, LockMode>> {
    let targets = targets(statement);
    // Nobody waits for readers, and readers wait for LOCK alone.
    let has_exclusive = session.shared.warehouse.locks().has_exclusive();
    let read = if has_exclusive { tables_read(statement) } else { vec![] };
    let mut wanted = BTreeMap::new();
    if targets.is_empty() && read.is_empty() {
        return Ok(wanted);
    }
    // Without making the transaction see a state.
    let transaction = session.transaction()?;
    let snapshot = if transaction.is_pinned() { transaction.snapshot()? } else { transaction.warehouse().latest()? };
    let context = session.bind_context_on(Arc::clone(&snapshot), Arc::new(ReadSet::default()));
    let mut want = |table, mode| {
        let known = wanted.entry(table).or_insert(mode);
        *known = mode.max(*known);
    };
    // A name that stands for nothing is the statement's own business.
    let table_of = |reference: &TableReference| match resolve_name(&context, reference) {
        Ok(ResolvedRelation::Table(table)) => Some(table),
        _ => None,
    };
    for (name, mode) in targets {
        let Some(table) = table_of(&name::table_reference(name)?) else { continue };
        want(table.id, mode);
        if matches!(statement, Statement::Drop(drop) if drop.behavior == Some(DropBehavior::Cascade)) {
            let others = dependency::changed_by_drop(&snapshot, &Relation::Table(table));
            others.into_iter().for_each(|other| want(other, mode));
        }
    }
    for table in read.iter().filter_map(table_of) {
        want(table.id, LockMode::Read);
    }
    Ok(wanted)
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

#[cfg(test)]
mod tests {
    use futures::poll;

    use crate::{Config, Engine};

    /// Both change the table whose foreign keys refer to what they drop: the second one waits.
    #[tokio::test(flavor = "multi_thread")]
    async fn drops_that_change_the_same_table_wait() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Config::new(folder.path())).unwrap();
        let (mut first, mut second) = (engine.session(), engine.session());
        let tables = "create table a (i int primary key); create table b (i int primary key);
            create table fact (a int references a (i), b int references b (i));
            create materialized view m as select i from b";
        first.run(tables).await.unwrap();
        first.run("begin; drop table a cascade").await.unwrap();
        {
            let drop = second.run("drop table b cascade");
            tokio::pin!(drop);
            for _ in 0..100 {
                assert!(poll!(drop.as_mut()).is_pending(), "waits for the table that refers to both");
                tokio::task::yield_now().await;
            }
            first.run("commit").await.unwrap();
            drop.await.unwrap();
        }
        let left = second.run("select conname from pg_constraint").await.unwrap();
        assert_eq!(left[0].row_count(), 0);
        assert!(second.run("select * from m").await.is_err());
    }
}
