//! DECLARE, FETCH and CLOSE: cursors inside of a transaction block ("DECLARE" of the guide).
//!
//! A cursor's query is bound when it is declared, so it sees the rows of that moment; its rows are
//! made whole at the first FETCH, as Redshift does, and wait in memory and in a file. One cursor may be
//! open in a session.

use blueshift_sql::ast;
use datafusion::{arrow::record_batch::RecordBatch, logical_expr::LogicalPlan};
use futures::TryStreamExt;

use crate::{
    error::{Error, Result, SqlState},
    session::{Cursor, RowEvent, Session, Spool, StatementResult, result_columns},
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
    session.local.cursors.insert(name.to_owned(), Cursor { plan, columns, rows: None, rest: None, current: None });
    Ok(())
}

/// FETCH. Its rows are handed over one batch after the other when the session has a sink for them.
pub async fn fetch(session: &mut Session, fetch: &ast::Fetch) -> Result<StatementResult> {
    let name = &fetch.cursor.value;
    let sink = session.sink.take();
    let columns = start(session, name).await?.columns.clone();
    let columns = session.named(columns);
    let (shown, _) = session.present(columns.clone(), vec![])?;
    if let Some(sink) = &sink {
        sink.put(RowEvent::Columns(shown.clone())).await?;
    }
    let (mut rows, mut kept) = (0, vec![]);
    let mut left = Left::of(fetch.count);
    while let Some(batch) = left.take(open_cursor(session, name)?)? {
        rows += batch.num_rows();
        let (_, batches) = session.present(columns.clone(), vec![batch])?;
        match &sink {
            Some(sink) => {
                for batch in batches {
                    sink.put(RowEvent::Rows(batch)).await?;
                }
            }
            None => kept.extend(batches),
        }
    }
    let tag = format!("FETCH {rows}");
    Ok(match sink {
        Some(_) => StatementResult::done(tag),
        None => StatementResult::Rows { columns: shown, batches: kept, tag },
    })
}

/// The next `count` rows of a cursor.
pub async fn next_rows(session: &mut Session, name: &str, count: u64) -> Result<Vec<RecordBatch>> {
    let cursor = start(session, name).await?;
    let (mut left, mut found) = (Left::Rows(count), vec![]);
    while let Some(batch) = left.take(cursor)? {
        found.push(batch);
    }
    Ok(found)
}

/// What of a FETCH is still to come.
enum Left {
    All,
    Rows(u64),
    /// FORWARD 0: the row that was fetched last, unless the cursor stands before the first or after the last.
    Current,
    Nothing,
}

impl Left {
    fn of(count: Option<u64>) -> Left {
        match count {
            None => Left::All,
            Some(0) => Left::Current,
            Some(count) => Left::Rows(count),
        }
    }

    fn take(&mut self, cursor: &mut Cursor) -> Result<Option<RecordBatch>> {
        match self {
            Left::All => cursor.advance(usize::MAX),
            Left::Rows(0) | Left::Nothing => Ok(None),
            Left::Rows(count) => {
                let batch = cursor.advance(usize::try_from(*count).unwrap_or(usize::MAX))?;
                *count -= batch.as_ref().map_or(*count, |batch| batch.num_rows() as u64);
                Ok(batch)
            }
            Left::Current => {
                *self = Left::Nothing;
                Ok(cursor.current.clone())
            }
        }
    }
}

/// A cursor whose rows are made.
async fn start<'s>(session: &'s mut Session, name: &str) -> Result<&'s mut Cursor> {
    let cursor = open_cursor(session, name)?;
    if cursor.rows.is_none() {
        let plan = cursor.plan.clone();
        let mut rows = Spool::new(session.disk_manager());
        let mut stream = session.stream(&plan).await?;
        while let Some(batch) = stream.try_next().await? {
            rows.put(batch)?;
        }
        open_cursor(session, name)?.rows = Some(rows);
    }
    open_cursor(session, name)
}

fn open_cursor<'s>(session: &'s mut Session, name: &str) -> Result<&'s mut Cursor> {
    session.local.cursors.get_mut(name).ok_or_else(|| undefined(name))
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
