//! SELECT.

use blueshift_sql::ast::{Query, sql::SetExpr};

use super::{create_table_as, set_config};
use crate::{
    error::Result,
    session::{Session, StatementResult, result_columns},
};

/// Runs a query and keeps its rows; `SELECT … INTO` makes a table instead.
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
    let batches = session.collect(&plan).await?;
    let (columns, batches) = session.present(columns, batches)?;
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    Ok(StatementResult::Rows { columns, batches, tag: format!("SELECT {rows}") })
}
