//! DELETE.

use blueshift_sql::ast;
use futures::TryStreamExt;

use super::{name, row_change};
use crate::{
    error::Result,
    security::Privilege,
    session::{Session, StatementResult},
    storage::DeletedPositions,
};

/// Deletes the rows that the condition, with the tables of USING, selects.
pub async fn execute(session: &mut Session, delete: &ast::Delete) -> Result<StatementResult> {
    let table = name::changed_table(session, &delete.table, Privilege::Delete)?;
    if delete.selection.is_none() && delete.using.is_empty() {
        let rows = session.transaction()?.truncate(table.id)?;
        return Ok(StatementResult::done(format!("DELETE {rows}")));
    }
    let schema = row_change::schema_name(session, &table)?;
    let qualifier = row_change::target_qualifier(&delete.table, delete.alias.as_ref());
    let mut from = vec![row_change::target_with_row_ids(session, &delete.table, &schema, delete.alias.as_ref())];
    from.extend(delete.using.iter().cloned());
    let query =
        row_change::select(delete.with.clone(), row_change::row_id_items(&qualifier), from, delete.selection.clone());
    let plan = session.plan_query(&query)?;
    let mut stream = session.stream(&plan).await?;
    let mut positions = DeletedPositions::within(session.memory_pool());
    while let Some(batch) = stream.try_next().await? {
        positions.extend_from_columns(batch.column(0), batch.column(1))?;
    }
    drop(stream);
    let rows = session.transaction()?.delete_rows(table.id, positions)?;
    Ok(StatementResult::done(format!("DELETE {rows}")))
}
