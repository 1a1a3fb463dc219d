//! DECLARE, FETCH and CLOSE: cursors inside of a transaction block ("DECLARE" of the guide).
//!
//! A cursor's query is bound when it is declared, so it sees the rows of that moment; its rows are
//! made whole at the first FETCH, as Redshift does. One cursor may be open in a session.

use blueshift_sql::ast;
use datafusion::{arrow::record_batch::RecordBatch, logical_expr::LogicalPlan};

use crate::{
    error::{Error, Result, SqlState},
    session::{Cursor, Session, StatementResult, result_columns},
};

/// DECLARE.
pub fn declare(session: &mut Session, declare: &ast::DeclareCursor) -> Result<StatementResult> {
    if !session.in_transaction_block() {
        return Err(Error::new(SqlState("25P01"), "DECLARE CURSOR may only be used in begin/end transaction blocks"));
    }
    let plan = session.plan_query(&declare.query)?;
    open(session, &declare.name.value, plan)?;
    Ok(StatementResult::done("DECLARE CURSOR"))
}

/// Opens a cursor.
pub fn open(session: &mut Session, name: &str, plan: LogicalPlan) -> Result<()> {
    if session.local.cursors.contains_key(name) {
        return Err(Error::new(SqlState("42P03"), format!("cursor \"{name}\" already exists")));
    }
    if let Some(other) = session.local.cursors.keys().next() {
        return Err(Error::new(SqlState("42P03"), "only one cursor at a time can be open per session")
            .with_detail(format!("Cursor \"{other}\" is open."))
            .with_hint("Close it first."));
    }
    let columns = result_columns(&plan);
    session.local.cursors.insert(name.to_owned(), Cursor { plan, columns, rows: None, position: 0, beyond: false });
    Ok(())
}

/// FETCH.
pub async fn fetch(session: &mut Session, fetch: &ast::Fetch) -> Result<StatementResult> {
    let batches = next_rows(session, &fetch.cursor.value, fetch.count).await?;
    let columns = session.local.cursors.get(&fetch.cursor.value).map(|cursor| cursor.columns.clone());
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    Ok(StatementResult::Rows { columns: columns.unwrap_or_default(), batches, tag: format!("FETCH {rows}") })
}

/// The next `count` rows of a cursor; None: all that are left.
pub async fn next_rows(session: &mut Session, name: &str, count: Option<u64>) -> Result<Vec<RecordBatch>> {
    let cursor = session.local.cursors.get(name).ok_or_else(|| undefined(name))?;
    if cursor.rows.is_none() {
        let plan = cursor.plan.clone();
        let rows = session.collect(&plan).await?;
        let cursor = session.local.cursors.get_mut(name).ok_or_else(|| undefined(name))?;
        cursor.rows = Some(rows);
    }
    let cursor = session.local.cursors.get_mut(name).ok_or_else(|| undefined(name))?;
    if count == Some(0) {
        return Ok(current_row(cursor));
    }
    let total: usize = cursor.rows.iter().flatten().map(RecordBatch::num_rows).sum();
    // To ask for more than there is leads behind the last row.
    let left = total - cursor.position;
    cursor.beyond = count.is_none_or(|count| count > left as u64);
    let (mut skip, mut wanted) = (cursor.position, count.map_or(usize::MAX, |count| count as usize));
    let mut found = vec![];
    for batch in cursor.rows.iter().flatten() {
        if skip >= batch.num_rows() {
            skip -= batch.num_rows();
            continue;
        }
        let take = wanted.min(batch.num_rows() - skip);
        if take == 0 {
            break;
        }
        found.push(batch.slice(skip, take));
        cursor.position += take;
        wanted -= take;
        skip = 0;
    }
    Ok(found)
}

/// FORWARD 0: the row that was fetched last, unless the cursor stands before the first or after the last.
fn current_row(cursor: &Cursor) -> Vec<RecordBatch> {
    let Some(mut place) = cursor.position.checked_sub(1).filter(|_| !cursor.beyond) else { return vec![] };
    for batch in cursor.rows.iter().flatten() {
        if place < batch.num_rows() {
            return vec![batch.slice(place, 1)];
        }
        place -= batch.num_rows();
    }
    vec![]
}

/// CLOSE.
pub fn close(session: &mut Session, close: &ast::Close) -> Result<StatementResult> {
    match &close.cursor {
        None => session.local.cursors.clear(),
        Some(name) => close_named(session, &name.value)?,
    }
    Ok(StatementResult::done("CLOSE CURSOR"))
}

/// Closes a cursor by name.
pub fn close_named(session: &mut Session, name: &str) -> Result<()> {
    session.local.cursors.remove(name).map(drop).ok_or_else(|| undefined(name))
}

/// `cursor "x" does not exist`
pub fn undefined(name: &str) -> Error {
    Error::new(SqlState("34000"), format!("cursor \"{name}\" does not exist"))
}
