//! ANALYZE: how many different values columns have, for the planner ("ANALYZE").
//!
//! Row counts, NULLs and bounds are exact without it: they are kept with every segment as it is
//! written. Numbers of different values are estimated by one pass over the table.

use std::{collections::BTreeMap, sync::Arc};

use blueshift_sql::ast;
use datafusion::{
    arrow::{
        array::AsArray,
        datatypes::{DataType, Int64Type, UInt64Type},
    },
    common::Column as PlanColumn,
    datasource::provider_as_source,
    functions_aggregate::expr_fn::{approx_distinct, count},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, ident, lit},
};
use futures::{FutureExt, future::BoxFuture};

use super::{name, row_change};
use crate::{
    error::{Error, Result, SqlState},
    functions::hash::fnv_hash::FNV_HASH,
    security,
    session::{EventKind, Notice, Session, StatementResult, TableName},
    storage::{
        ManagedTable,
        metadata::{Column, ColumnId, Relation, TableId, TableSnapshot},
    },
    transaction::{TEMPORARY_SCHEMA_PREFIX, TableStatistics},
};

/// The same on the heap: statements within statements must not need more stack for this one.
pub fn execute_boxed<'a>(
    session: &'a mut Session,
    analyze: &'a ast::Analyze,
) -> BoxFuture<'a, Result<StatementResult>> {
    execute(session, analyze).boxed()
}

/// Analyses a table or all of them; one that has hardly changed since the last time is skipped.
async fn execute(session: &mut Session, analyze: &ast::Analyze) -> Result<StatementResult> {
    let tables = match &analyze.table {
        Some(table) => vec![name::managed_table(session, table)?],
        None => all_tables(session)?,
    };
    let threshold: f64 =
        session.parameters.get("analyze_threshold_percent").and_then(|text| text.parse().ok()).ok_or_else(|| {
            Error::new(SqlState::INVALID_PARAMETER_VALUE, "analyze_threshold_percent requires a numeric value")
        })?;
    let mut skipped = 0;
    for table in &tables {
        let columns = columns_of(table, &analyze.columns)?;
        if !security::may_maintain(session, table, "ANALYZE")? {
            continue;
        }
        let started = chrono::Utc::now();
        let worthwhile = is_worthwhile(session, table, &columns, threshold)?;
        let event = event(session, table, threshold, if worthwhile { "Full" } else { "Skipped" })?;
        if !worthwhile {
            session.record_event(started, event);
            skipped += 1;
            continue;
        }
        analyze_table(session, table, &columns).await?;
        session.record_event(started, event);
        if analyze.verbose {
            session.notice(Notice::info(format!("analyzed table {}", table.name)));
        }
    }
    let tag = if skipped == tables.len() && analyze.table.is_some() { "ANALYZE SKIP" } else { "ANALYZE" };
    Ok(StatementResult::done(tag))
}

/// What STL_ANALYZE will tell of it.
fn event(session: &mut Session, table: &TableSnapshot, threshold: f64, status: &'static str) -> Result<EventKind> {
    let schema = row_change::schema_name(session, table)?;
    let known = TableStatistics::of(session.transaction()?.snapshot()?.as_ref(), table.id);
    Ok(EventKind::Analyze {
        table: TableName { id: table.id.0, schema, name: table.name.clone() },
        rows: table.row_count(),
        changed: known.as_ref().map_or(table.row_count(), |known| known.changed_rows(table)),
        threshold,
        status,
        before: known.and_then(|known| chrono::DateTime::from_timestamp_micros(known.analyzed_at)),
    })
}

/// The permanent tables, and the session's own temporary ones.
pub(super) fn all_tables(session: &mut Session) -> Result<Vec<Arc<TableSnapshot>>> {
    let context = session.bind_context()?;
    let snapshot = &context.snapshot;
    let is_ours =
        |name: &str| !name.starts_with(TEMPORARY_SCHEMA_PREFIX) || context.temporary_schema.as_deref() == Some(name);
    let schemas = snapshot.schemas().filter(|schema| is_ours(&schema.name));
    let tables = schemas.flat_map(|schema| snapshot.relations(schema.id)).filter_map(|relation| match relation {
        Relation::Table(table) => Some(Arc::clone(table)),
        Relation::View(_) => None,
    });
    Ok(tables.collect())
}

/// The listed columns of a table; all if none is listed.
///
/// Errors: 42703.
pub(super) fn columns_of<'t>(table: &'t TableSnapshot, listed: &[ast::Ident]) -> Result<Vec<&'t Column>> {
    if listed.is_empty() {
        return Ok(table.columns.iter().collect());
    }
    let find = |ident: &ast::Ident| {
        table.column(&ident.value).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", ident.value, table.name),
            )
        })
    };
    listed.iter().map(find).collect()
}

/// Whether so many rows changed, or columns are asked for that were never looked at.
fn is_worthwhile(session: &mut Session, table: &TableSnapshot, columns: &[&Column], threshold: f64) -> Result<bool> {
    let snapshot = session.transaction()?.snapshot()?;
    let Some(known) = TableStatistics::of(&snapshot, table.id) else { return Ok(true) };
    if threshold <= 0.0 || columns.iter().any(|column| !known.distinct.contains_key(&column.id)) {
        return Ok(true);
    }
    let changed = known.changed_rows(table);
    Ok(changed > 0 && changed as f64 * 100.0 >= threshold * known.rows.max(1) as f64)
}

async fn analyze_table(session: &mut Session, table: &Arc<TableSnapshot>, columns: &[&Column]) -> Result<()> {
    let known = TableStatistics::of(session.transaction()?.snapshot()?.as_ref(), table.id);
    let mut distinct: BTreeMap<ColumnId, u64> = known.map_or_else(BTreeMap::new, |known| known.distinct);
    if table.row_count() > 0 {
        let plan = plan(session, table, columns)?;
        let batches = session.collect(&plan).await?;
        let batch = batches.first().ok_or_else(|| Error::internal("ANALYZE gave no row"))?;
        for (column, values) in columns.iter().zip(batch.columns()) {
            let Some(values) = values.as_primitive_opt::<UInt64Type>() else {
                return Err(Error::internal("ANALYZE gave no number"));
            };
            distinct.insert(column.id, values.value(0).min(table.row_count()));
        }
    } else {
        distinct.extend(columns.iter().map(|column| (column.id, 0)));
    }
    distinct.retain(|id, _| table.column_by_id(*id).is_some());
    let slice_rows = slice_rows(session, table).await?;
    let mut statistics = TableStatistics::new(table, distinct);
    statistics.slice_rows = slice_rows;
    put(session, table.id, &statistics)
}

/// How many rows each slice would have by the table's distribution key; empty without one.
async fn slice_rows(session: &mut Session, table: &Arc<TableSnapshot>) -> Result<Vec<u64>> {
    let Some(key) = table.layout.dist_key.and_then(|id| table.column_by_id(id)) else { return Ok(vec![]) };
    let provider = ManagedTable::new(Arc::clone(session.shared.warehouse.segments()), Arc::clone(table));
    let column = Expr::Column(PlanColumn::new(Some("analyzed"), &key.name));
    let hashable = if key.data_type.is_integer() { column } else { cast(column, DataType::Utf8View) };
    let slices = session.shared.warehouse.slices();
    let slice = FNV_HASH.to_udf().call(vec![hashable]) % lit(slices as i64);
    let rows = LogicalPlanBuilder::scan("analyzed", provider_as_source(Arc::new(provider)), None)?
        .project(vec![slice.alias("slice")])?
        .aggregate(vec![ident("slice")], vec![count(lit(1_i64)).alias("rows")])?
        .build()?;
    let mut counts = vec![0; slices];
    for batch in session.collect(&rows).await? {
        let (Some(places), Some(rows)) =
            (batch.column(0).as_primitive_opt::<Int64Type>(), batch.column(1).as_primitive_opt::<Int64Type>())
        else {
            return Err(Error::internal("rows by slice are numbers"));
        };
        for row in 0..batch.num_rows() {
            let place = places.value(row).rem_euclid(slices as i64) as usize;
            counts[place] += u64::try_from(rows.value(row)).unwrap_or(0);
        }
    }
    Ok(counts)
}

fn put(session: &mut Session, table: TableId, statistics: &TableStatistics) -> Result<()> {
    session.transaction()?.put_statistics(table, statistics)
}

fn plan(session: &Session, table: &Arc<TableSnapshot>, columns: &[&Column]) -> Result<LogicalPlan> {
    let provider = ManagedTable::new(Arc::clone(session.shared.warehouse.segments()), Arc::clone(table));
    let scan = LogicalPlanBuilder::scan("analyzed", provider_as_source(Arc::new(provider)), None)?;
    let estimate = |(index, column): (usize, &&Column)| {
        approx_distinct(Expr::Column(PlanColumn::new(Some("analyzed"), &column.name))).alias(format!("c{index}"))
    };
    let estimates: Vec<Expr> = columns.iter().enumerate().map(estimate).collect();
    Ok(scan.aggregate(Vec::<Expr>::new(), estimates)?.build()?)
}
