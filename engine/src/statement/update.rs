//! UPDATE: the changed rows are deleted by position and written anew, in one commit.

use std::collections::HashMap;

use blueshift_sql::ast::{self, ValueOrDefault, sql::SelectItem};
use datafusion::{
    arrow::compute::filter_record_batch,
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
};
use futures::TryStreamExt;

use super::{
    assignment::{self, Conversion, TableWriter},
    constant_column::is_constant,
    identity, name, row_change,
};
use crate::{
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
    storage::{DeletedPositions, metadata::TableSnapshot},
};

/// The target in its own FROM.
mod self_join;

/// Columns of the query that name the row: `__file_id`, `__position`.
const ROW_ID_COLUMNS: usize = 2;

/// Runs UPDATE, also with FROM. A row that several rows of FROM match is changed once, by one of them;
/// with `error_on_nondeterministic_update` that is an error.
pub async fn execute(session: &mut Session, update: &ast::Update) -> Result<StatementResult> {
    let assigned: Vec<&str> = update.assignments.iter().map(|assignment| assignment.column.value.as_str()).collect();
    let table = name::updated_table(session, &update.table, &assigned)?;
    let merged = self_join::resolve(session, update, &table)?;
    let update = merged.as_ref().unwrap_or(update);
    let plan = changed_rows(session, update, &table)?;
    let mut stream = session.stream(&plan).await?;
    let mut writer = TableWriter::new(session, &table)?;
    let mut seen = row_change::SeenRows::within(session.memory_pool());
    let mut positions = DeletedPositions::within(session.memory_pool());
    let strict = session.parameters.is_on("error_on_nondeterministic_update");
    let width = table.columns.len();
    let mut matches = 0;
    while let Some(batch) = stream.try_next().await? {
        let (files, offsets) = (batch.column(width), batch.column(width + 1));
        let first = seen.first_meetings(files, offsets)?;
        matches += batch.num_rows();
        if strict && matches > seen.len() {
            return Err(Error::new(
                SqlState::CARDINALITY_VIOLATION,
                "Found multiple matches to update the same tuple.",
            ));
        }
        let batch = filter_record_batch(&batch, &first).map_err(Error::internal)?;
        positions.extend_from_columns(batch.column(width), batch.column(width + 1))?;
        let columns: Vec<usize> = (0..width).collect();
        writer.push(batch.project(&columns).map_err(Error::internal)?).await?;
    }
    drop(stream);
    let (segments, rows) = writer.finish().await?;
    let transaction = session.transaction()?;
    transaction.delete_rows(table.id, positions)?;
    transaction.append(table.id, segments)?;
    Ok(StatementResult::done(format!("UPDATE {rows}")))
}

/// A plan of the new values of all columns, then the row ids.
fn changed_rows(session: &mut Session, update: &ast::Update, table: &TableSnapshot) -> Result<LogicalPlan> {
    let schema = row_change::schema_name(session, table)?;
    let qualifier = row_change::target_qualifier(&update.table, update.alias.as_ref());
    row_change::check_unqualified(&update.assignments, &table.name)?;
    let mut assigned: HashMap<&str, &ValueOrDefault> = HashMap::new();
    for assignment in &update.assignments {
        let column = table.column(&assignment.column.value).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", assignment.column.value, table.name),
            )
        })?;
        if column.identity.is_some() && !identity::is_by_default(&table.layout, column.id) {
            return Err(Error::new(SqlState("428C9"), format!("cannot update identity column \"{}\"", column.name)));
        }
        if assigned.insert(&column.name, &assignment.value).is_some() {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("multiple assignments to same column \"{}\"", column.name),
            ));
        }
    }
    let mut items = row_change::row_id_items(&qualifier);
    for column in &table.columns {
        let expr = match assigned.get(column.name.as_str()) {
            Some(ValueOrDefault::Expr(expr)) => expr.clone(),
            Some(ValueOrDefault::Default) | None => row_change::qualified(&qualifier, &column.name),
        };
        items.push(SelectItem::ExprWithAlias { expr, alias: ast::Ident::with_quote('"', column.name.clone()) });
    }
    let mut from = vec![row_change::target_with_row_ids(session, &update.table, &schema, update.alias.as_ref())];
    from.extend(update.from.iter().cloned());
    let query = row_change::select(update.with.clone(), items, from, update.selection.clone());
    let source = session.plan_query(&query)?;

    let columns = assignment::plan_columns(&source);
    let mut expressions = Vec::with_capacity(columns.len());
    for (column, value) in table.columns.iter().zip(&columns[ROW_ID_COLUMNS..]) {
        let value = match assigned.get(column.name.as_str()) {
            Some(ValueOrDefault::Default) => assignment::default_value(session, column)?,
            _ => value.clone(),
        };
        let literal = is_constant(&value, &source)
            || matches!(assigned.get(column.name.as_str()), Some(ValueOrDefault::Expr(ast::Expr::Value(_))));
        let conversion = if literal { Conversion::Literal } else { Conversion::Typed };
        expressions.push(assignment::assign(value, column, source.schema(), conversion)?.alias(&column.name));
    }
    expressions.extend_from_slice(&columns[..ROW_ID_COLUMNS]);
    Ok(LogicalPlanBuilder::from(source).project(expressions)?.build()?)
}
