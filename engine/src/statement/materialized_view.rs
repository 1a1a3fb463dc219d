//! Materialized views: a table that remembers its query. REFRESH computes it anew.

use std::sync::Arc;

use blueshift_sql::{ParserOptions, ast, parse_query};
use serde_json::json;

use super::{
    assignment::{self, Conversion, Source},
    create_table::{self, DraftTable},
    create_table_as, name,
};
use crate::{
    binder::Binder,
    error::{Error, Result},
    session::{Notice, Session, StatementResult},
    storage::metadata::{Relation, RelationId, TableSnapshot},
};

/// Key of a table's properties that holds the query of a materialized view.
const QUERY: &str = "materialized_view_query";
/// Key of a table's properties that holds what the query reads.
const DEPENDS_ON: &str = "materialized_view_depends_on";

/// Whether a table is a materialized view.
pub fn is_materialized_view(table: &TableSnapshot) -> bool {
    table.layout.properties.get(QUERY).is_some()
}

/// The relations that a materialized view was made from.
pub fn depends_on(table: &TableSnapshot) -> Vec<RelationId> {
    let ids = table.layout.properties.get(DEPENDS_ON).and_then(|ids| ids.as_array());
    ids.into_iter().flatten().filter_map(|id| id.as_i64()).map(RelationId).collect()
}

/// CREATE MATERIALIZED VIEW.
pub async fn create(session: &mut Session, create: &ast::CreateMaterializedView) -> Result<StatementResult> {
    let schema_id = name::target_schema(session, &create.name, false)?;
    let view_name = name::identifier(create.name.name());
    create_table::already_there(session, schema_id, &view_name, false)?;
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let binder = Binder::new(&shared.state, &context, shared.warehouse.segments());
    let plan = session.analyze(binder.bind_query(&create.query)?)?;
    let used: Vec<i64> = binder.used_relations().iter().map(|id| id.0).collect();
    let columns = create_table_as::columns_of(&plan, &create.columns)?;
    let mut definition = DraftTable::new(schema_id, view_name.clone(), columns);
    definition.properties = json!({ QUERY: blueshift_sql::unparse::sql_text(create.query.as_ref()), DEPENDS_ON: used });
    create_table::apply_attributes(&mut definition, &create.attributes);
    let definition = definition.into_definition(session)?;
    session.transaction()?.create_table(definition)?;
    let snapshot = session.transaction()?.snapshot()?;
    match snapshot.relation(schema_id, &view_name) {
        Some(Relation::Table(table)) => fill(session, &table).await?,
        _ => return Err(Error::internal("a materialized view that was just made is not there")),
    }
    Ok(StatementResult::done("CREATE MATERIALIZED VIEW"))
}

/// REFRESH MATERIALIZED VIEW.
pub async fn refresh(session: &mut Session, refresh: &ast::RefreshMaterializedView) -> Result<StatementResult> {
    let table = name::managed_table(session, &refresh.name)?;
    if !is_materialized_view(&table) {
        return Err(Error::wrong_object_type(&table.name, "materialized view"));
    }
    session.transaction()?.truncate(table.id)?;
    fill(session, &table).await?;
    session.notice(Notice::info(format!("Materialized view {} was recomputed successfully.", table.name)));
    Ok(StatementResult::done("REFRESH MATERIALIZED VIEW"))
}

async fn fill(session: &mut Session, table: &Arc<TableSnapshot>) -> Result<()> {
    let text = table.layout.properties.get(QUERY).and_then(|query| query.as_str()).unwrap_or_default();
    let query = parse_query(text, ParserOptions::default())
        .map_err(|error| Error::internal(format!("materialized view \"{}\" cannot be read: {error}", table.name)))?;
    let plan = session.plan_query(&query)?;
    let sources = table
        .columns
        .iter()
        .zip(assignment::plan_columns(&plan))
        .map(|(column, expr)| (column.name.clone(), Source::Expr(expr)))
        .collect();
    let plan = assignment::project_to_table(session, plan, table, sources, Conversion::Typed)?;
    let (segments, _) = assignment::write_plan(session, &plan, table).await?;
    session.transaction()?.append(table.id, segments)
}
