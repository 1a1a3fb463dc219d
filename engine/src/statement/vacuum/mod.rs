//! VACUUM: segments that are small, out of order or full of deleted rows are written anew; states
//! that have expired go ("VACUUM").
//!
//! The rows are read and sorted by DataFusion, within the memory limit and with spilling, and stay
//! what they are: other transactions may append and delete meanwhile. Each table is a transaction
//! of its own.

mod order;

use std::sync::Arc;

use blueshift_sql::ast::{self, VacuumMode};
use datafusion::{datasource::provider_as_source, logical_expr::LogicalPlanBuilder};
use futures::{FutureExt, TryStreamExt, future::BoxFuture};

use super::{assignment::TableWriter, name, row_change};
use crate::{
    catalog::system_view::svv::table_info::unsorted_rows,
    error::{Error, Result, SqlState},
    security,
    session::{EventKind, Session, StatementResult, TableName, TableSize},
    storage::{
        ManagedTable,
        metadata::{Relation, TableId, TableSnapshot},
        upkeep::{self, Rewrite, VacuumOptions},
    },
    transaction::{LockMode, TEMPORARY_SCHEMA_PREFIX},
};

/// The threshold without `TO n PERCENT`.
const THRESHOLD_PERCENT: u64 = 95;

/// The same on the heap: statements within statements must not need more stack for this one.
pub fn execute_boxed<'a>(session: &'a mut Session, vacuum: &'a ast::Vacuum) -> BoxFuture<'a, Result<StatementResult>> {
    execute(session, vacuum).boxed()
}

/// Runs VACUUM on a table, or on all.
///
/// Errors: 25001 within a block, 55006 while another VACUUM runs, 42601 for what does not go together.
async fn execute(session: &mut Session, vacuum: &ast::Vacuum) -> Result<StatementResult> {
    session.check_alone("VACUUM")?;
    let options = options(vacuum)?;
    let mode = match vacuum.mode {
        VacuumMode::Full => "Full",
        VacuumMode::SortOnly => "Sort Only",
        VacuumMode::DeleteOnly => "Delete Only",
        VacuumMode::Reindex => "Reindex",
        VacuumMode::Recluster => "Recluster",
    };
    let tables = match &vacuum.table {
        Some(table) => vec![name::managed_table(session, table)?.id],
        None => all_tables(session)?,
    };
    let Some(_running) = session.shared.warehouse.begin_vacuum() else {
        return Err(Error::new(SqlState::OBJECT_IN_USE, "VACUUM is running")
            .with_hint("Only one VACUUM can run at a time. Run this one again when the other has ended."));
    };
    for table in tables {
        session.next_transaction()?;
        let known = session.transaction()?.snapshot()?.table(table).cloned();
        match known {
            Some(known) if security::may_maintain(session, &known, "VACUUM")? => {}
            _ => continue,
        }
        session.transaction()?.lock(table, LockMode::Write).await?;
        vacuum_table(session, table, &options, mode).await?;
    }
    session.next_transaction()?;
    if options.reclaim {
        session.shared.warehouse.expire(session.shared.warehouse.retention())?;
    }
    Ok(StatementResult::done("VACUUM"))
}

fn options(vacuum: &ast::Vacuum) -> Result<VacuumOptions> {
    let full = VacuumOptions {
        sort: true,
        always_sort: false,
        only_unsorted: false,
        reclaim: true,
        threshold: vacuum.threshold_percent.unwrap_or(THRESHOLD_PERCENT),
    };
    if vacuum.threshold_percent.is_some() {
        if vacuum.table.is_none() {
            return Err(Error::syntax("VACUUM with a TO threshold PERCENT requires the name of a table"));
        }
        if matches!(vacuum.mode, VacuumMode::Reindex) {
            return Err(Error::syntax("VACUUM REINDEX does not support TO threshold PERCENT"));
        }
        if full.threshold > 100 {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "the threshold of VACUUM must be an integer between 0 and 100",
            ));
        }
    }
    Ok(match vacuum.mode {
        VacuumMode::Full => full,
        VacuumMode::SortOnly => VacuumOptions { reclaim: false, ..full },
        VacuumMode::DeleteOnly => VacuumOptions { sort: false, ..full },
        VacuumMode::Reindex => VacuumOptions { always_sort: true, ..full },
        VacuumMode::Recluster => VacuumOptions { only_unsorted: true, reclaim: false, ..full },
    })
}

/// All tables but those of other sessions.
fn all_tables(session: &mut Session) -> Result<Vec<TableId>> {
    let context = session.bind_context()?;
    let snapshot = &context.snapshot;
    let is_ours =
        |name: &str| !name.starts_with(TEMPORARY_SCHEMA_PREFIX) || context.temporary_schema.as_deref() == Some(name);
    let schemas = snapshot.schemas().filter(|schema| is_ours(&schema.name));
    let mut tables: Vec<TableId> = schemas
        .flat_map(|schema| snapshot.relations(schema.id))
        .filter_map(|relation| match relation {
            Relation::Table(table) => Some(table.id),
            Relation::View(_) => None,
        })
        .collect();
    tables.sort();
    Ok(tables)
}

async fn vacuum_table(session: &mut Session, id: TableId, options: &VacuumOptions, mode: &'static str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    // Dropped meanwhile.
    let Some(table) = snapshot.table(id) else { return Ok(()) };
    let started = chrono::Utc::now();
    let (from, target) = (
        size(table),
        TableName { id: id.0, schema: row_change::schema_name(session, table)?, name: table.name.clone() },
    );
    if let Some(rewrite) = upkeep::plan_vacuum(table, options) {
        rewrite_segments(session, table, &rewrite).await?;
    }
    let snapshot = session.transaction()?.snapshot()?;
    let to = snapshot.table(id).map_or(from, |table| size(table));
    session.record_event(started, EventKind::Vacuum { table: target, mode, from, to });
    Ok(())
}

/// What STL_VACUUM tells of a table.
fn size(table: &TableSnapshot) -> TableSize {
    TableSize {
        stored_rows: table.segments.iter().map(|segment| segment.file.row_count).sum(),
        live_rows: table.row_count(),
        sorted_rows: table.row_count() - unsorted_rows(table).unwrap_or_else(|| table.row_count()),
        bytes: table.size_bytes(),
    }
}

async fn rewrite_segments(session: &mut Session, table: &Arc<TableSnapshot>, rewrite: &Rewrite) -> Result<()> {
    let id = table.id;
    let mut chosen = TableSnapshot::clone(table);
    chosen.segments.retain(|segment| rewrite.segments.contains(&segment.id));
    let provider = ManagedTable::new(Arc::clone(session.shared.warehouse.segments()), Arc::new(chosen));
    let scan = LogicalPlanBuilder::scan("vacuumed", provider_as_source(Arc::new(provider)), None)?;
    let plan = if rewrite.sort { order::sorted(session, table, scan).await? } else { scan.build()? };
    let mut stream = session.stream(&plan).await?;
    let mut writer = TableWriter::rewriting(session, table, rewrite.sort)?;
    while let Some(batch) = stream.try_next().await? {
        writer.push(batch).await?;
    }
    drop(stream);
    let (files, _) = writer.finish().await?;
    session.transaction()?.replace_segments(id, &rewrite.segments, files)
}
