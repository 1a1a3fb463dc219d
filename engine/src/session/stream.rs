//! Rows that are handed over while the query runs, so that a result needs no memory for all of its rows.

use blueshift_sql::{ParsedStatement, ast::Statement};
use datafusion::arrow::record_batch::RecordBatch;
use tokio::sync::mpsc;

use super::{ResultColumn, Session, StatementResult};
use crate::error::{Error, Result, SqlState};

/// So many batches may wait to be taken.
const WAITING_MAX: usize = 2;

/// A part of a result.
#[derive(Debug)]
pub enum RowEvent {
    /// Comes first, once.
    Columns(Vec<ResultColumn>),
    /// Some of the rows, in order.
    Rows(RecordBatch),
}

/// Where a query puts its rows. It waits when they are not taken.
#[derive(Debug)]
pub struct RowSink(mpsc::Sender<RowEvent>);

impl RowSink {
    /// A sink, and what comes out of it.
    pub fn channel() -> (Self, mpsc::Receiver<RowEvent>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (RowSink(sender), receiver)
    }

    /// Hands a part over.
    ///
    /// Errors: 57014 when nobody takes it any more.
    pub(crate) async fn put(&self, event: RowEvent) -> Result<()> {
        self.0.send(event).await.map_err(|_| Error::new(SqlState::QUERY_CANCELED, "the client takes no more rows"))
    }
}

impl Session {
    /// Runs a statement. The rows of a query and of FETCH go to `sink`, and only the tag comes back; other
    /// statements give their rows back.
    pub async fn run_statement_into(&mut self, parsed: &ParsedStatement, sink: RowSink) -> Result<StatementResult> {
        self.sink = matches!(parsed.statement, Statement::Query(_) | Statement::Fetch(_)).then_some(sink);
        let outcome = self.run_statement(parsed).await;
        self.sink = None;
        outcome
    }
}
