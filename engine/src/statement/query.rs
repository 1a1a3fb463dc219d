//! SELECT.

use blueshift_sql::ast::{Query, sql::SetExpr};
use datafusion::{arrow::record_batch::RecordBatch, execution::SendableRecordBatchStream, logical_expr::LogicalPlan};
use futures::TryStreamExt;

use super::{create_table_as, set_config};
use crate::{
    error::Result,
    session::{ResultColumn, RowEvent, RowSink, Session, StatementResult, result_columns},
};

/// Runs a query and keeps its rows, or hands them over as they come when the session has a sink for
/// them; `SELECT … INTO` makes a table instead.
pub async fn execute(session: &mut Session, query: &Query) -> Result<StatementResult> {
    if let SetExpr::Select(select) = &*query.body
        && let Some(into) = &select.into
    {
        return create_table_as::select_into(session, query, into).await;
    }
    let replaced = set_config::run(session, query).await?;
    let query = replaced.as_ref().unwrap_or(query);
    let plan = session.plan_query(query)?;
    let columns = session.named(result_columns(&plan));
    if session.sink.is_some() {
        // Errors up to the first rows come before anything is handed over.
        let (stream, first) = start(session, &plan).await?;
        if let Some(sink) = session.sink.take() {
            return hand_over(session, columns, stream, first, &sink).await;
        }
    }
    let batches = session.collect(&plan).await?;
    let (columns, batches) = session.present(columns, batches)?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    Ok(StatementResult::Rows { columns, batches, tag: format!("SELECT {rows}") })
}

/// Starts a plan and waits for its first rows.
async fn start(session: &Session, plan: &LogicalPlan) -> Result<(SendableRecordBatchStream, Option<RecordBatch>)> {
    let mut stream = session.stream(plan).await?;
    let first = stream.try_next().await?;
    Ok((stream, first))
}

async fn hand_over(
    session: &Session,
    columns: Vec<ResultColumn>,
    mut stream: SendableRecordBatchStream,
    mut next: Option<RecordBatch>,
    sink: &RowSink,
) -> Result<StatementResult> {
    let (shown, _) = session.present(columns.clone(), vec![])?;
    sink.put(RowEvent::Columns(shown)).await?;
    let mut rows = 0;
    while let Some(batch) = next {
        rows += batch.num_rows();
        let (_, batches) = session.present(columns.clone(), vec![batch])?;
        for batch in batches {
            sink.put(RowEvent::Rows(batch)).await?;
        }
        next = stream.try_next().await?;
    }
    Ok(StatementResult::done(format!("SELECT {rows}")))
}
