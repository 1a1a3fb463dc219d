//! EXPLAIN (page r_EXPLAIN): the plan in Redshift's form, for as many nodes as `blueshift_explain_nodes`
//! says. EXPLAIN VERBOSE appends the plan that runs here.

use std::sync::Arc;

use blueshift_sql::ast::{self, InsertSource, Query, Statement};
use datafusion::{
    arrow::{array::StringViewArray, record_batch::RecordBatch},
    physical_plan::displayable,
};

use super::{name, row_change};
use crate::{
    error::{Error, Result},
    explain::{self, Cluster},
    session::{Session, StatementResult, result_column},
    types::RedshiftType,
};

/// Plans a statement and shows the plan, a line a row.
pub async fn execute(session: &mut Session, explain: &ast::Explain) -> Result<StatementResult> {
    let query = query_of(session, &explain.statement)?;
    let plan = session.plan_query(&query)?;
    let nodes = session.parameters.get("blueshift_explain_nodes").and_then(|nodes| nodes.parse().ok()).unwrap_or(2);
    let optimized = session.optimize(&plan)?;
    let mut text = explain::lines(&optimized, Cluster { nodes })?;
    if explain.verbose {
        let physical = session.physical_plan(&plan).await?;
        text.push(String::new());
        text.push("blueshift:".to_owned());
        text.extend(displayable(physical.as_ref()).indent(false).to_string().lines().map(|line| format!("  {line}")));
    }
    lines("QUERY PLAN", text.iter().map(String::as_str), "EXPLAIN")
}

/// The query whose plan a statement runs.
fn query_of(session: &mut Session, statement: &Statement) -> Result<Query> {
    match statement {
        Statement::Query(query) => Ok((**query).clone()),
        Statement::CreateTableAs(create) => Ok((*create.query).clone()),
        Statement::Insert(insert) => match &insert.source {
            InsertSource::Query(query) => {
                let mut query = (**query).clone();
                super::insert::prepend_with(&mut query, insert.with.clone())?;
                Ok(query)
            }
            InsertSource::Values(_) | InsertSource::DefaultValues => Ok(row_change::select(None, one(), vec![], None)),
        },
        Statement::Delete(delete) => {
            let mut from = vec![target(session, &delete.table, delete.alias.as_ref())?];
            from.extend(delete.using.iter().cloned());
            let items = row_change::row_id_items(&row_change::target_qualifier(&delete.table, delete.alias.as_ref()));
            Ok(row_change::select(delete.with.clone(), items, from, delete.selection.clone()))
        }
        Statement::Update(update) => {
            let mut from = vec![target(session, &update.table, update.alias.as_ref())?];
            from.extend(update.from.iter().cloned());
            let items = row_change::row_id_items(&row_change::target_qualifier(&update.table, update.alias.as_ref()));
            Ok(row_change::select(update.with.clone(), items, from, update.selection.clone()))
        }
        _ => Err(Error::syntax("EXPLAIN takes SELECT, SELECT INTO, CREATE TABLE AS, INSERT, UPDATE or DELETE")),
    }
}

fn one() -> Vec<ast::sql::SelectItem> {
    vec![ast::sql::SelectItem::UnnamedExpr(ast::Expr::value(ast::Value::Number("1".to_owned(), false)))]
}

fn target(session: &mut Session, table: &ast::ObjectName, alias: Option<&ast::Ident>) -> Result<ast::TableWithJoins> {
    let found = name::managed_table(session, table)?;
    let schema = row_change::schema_name(session, &found)?;
    Ok(row_change::target_with_row_ids(session, table, &schema, alias))
}

/// Text as a result of one column, a line a row.
pub fn lines<'t>(column: &str, lines: impl Iterator<Item = &'t str>, tag: &str) -> Result<StatementResult> {
    let field = RedshiftType::Varchar(None).field(column, false);
    let array: StringViewArray = lines.map(Some).collect();
    let columns = vec![result_column(&field)];
    let schema = Arc::new(datafusion::arrow::datatypes::Schema::new(vec![field]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(array)]).map_err(Error::internal)?;
    Ok(StatementResult::Rows { columns, batches: vec![batch], tag: tag.to_owned() })
}
