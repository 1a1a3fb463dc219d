//! Materialized views: a table that remembers its query. `refresh` computes it anew.

use std::{ops::ControlFlow, sync::Arc};

use blueshift_sql::ast::{
    self, AlterMaterializedViewAction,
    sql::{ObjectName, Query, Visit, Visitor},
};
use serde_json::{Value, json};

use super::{
    alter_table,
    create_table::{self, DraftTable},
    create_table_as, create_view, name,
};
use crate::{
    binder::{Binder, Bindings, ResolvedRelation, bindings_of, collation, resolve_name, with_bindings_in},
    error::{Error, Result},
    routine,
    security::{self, Object},
    session::{Session, StatementResult, TEMPORARY_SCHEMA_PREFIX},
    storage::metadata::{RelationId, TableSnapshot},
    transaction::CatalogSnapshot,
};

/// Kinds of queries that can be refreshed incrementally.
mod incremental;
/// Computing the rows anew, on demand and automatically.
mod refresh;

pub use refresh::{due, refresh, refresh_unasked};
use refresh::{fill, is_up_to_date};

/// Key of a table's properties that holds the query of a materialized view.
const QUERY: &str = "materialized_view_query";
/// Key of a table's properties that holds what the query reads.
const DEPENDS_ON: &str = "materialized_view_depends_on";
/// Key of a table's properties: AUTO REFRESH YES.
const AUTO_REFRESH: &str = "materialized_view_auto_refresh";
/// Key of a table's properties: the query can be refreshed incrementally.
const INCREMENTAL: &str = "materialized_view_incremental";
/// Key of a table's properties: versions of what the query read at the last refresh.
const VERSIONS: &str = "materialized_view_versions";
/// Key of a table's properties: the query reads external tables, whose changes nobody sees.
const EXTERNAL: &str = "materialized_view_external";

/// Whether a table is a materialized view.
pub fn is_materialized_view(table: &TableSnapshot) -> bool {
    table.layout.properties.get(QUERY).is_some()
}

/// The relations that a materialized view was made from.
pub fn depends_on(table: &TableSnapshot) -> Vec<RelationId> {
    let ids = table.layout.properties.get(DEPENDS_ON).and_then(|ids| ids.as_array());
    ids.into_iter().flatten().filter_map(|id| id.as_i64()).map(RelationId).collect()
}

/// The query of a materialized view, as SQL, and what the names in it stand for.
pub fn query_of(table: &TableSnapshot) -> (String, Bindings) {
    let properties = &table.layout.properties;
    (properties.get(QUERY).and_then(Value::as_str).unwrap_or_default().to_owned(), bindings_of(properties))
}

/// What the catalog shows of a materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterializedViewState {
    /// AUTO REFRESH YES.
    pub auto_refresh: bool,
    /// Whether Redshift would refresh it incrementally.
    pub incremental: bool,
    /// Something that it reads has changed since the last refresh.
    pub stale: bool,
}

/// The state of a materialized view; None for other tables.
pub fn state(snapshot: &CatalogSnapshot, table: &TableSnapshot) -> Option<MaterializedViewState> {
    let flag = |key: &str| table.layout.properties.get(key).and_then(Value::as_bool).unwrap_or(false);
    is_materialized_view(table).then(|| MaterializedViewState {
        auto_refresh: flag(AUTO_REFRESH),
        incremental: flag(INCREMENTAL),
        stale: !is_up_to_date(snapshot, table),
    })
}

/// CREATE MATERIALIZED VIEW.
pub async fn create(session: &mut Session, create: &ast::CreateMaterializedView) -> Result<StatementResult> {
    let schema_id = name::target_schema(session, &create.name, false, "CREATE OR REPLACE VIEW")?;
    let view_name = name::identifier(create.name.name());
    create_table::already_there(session, schema_id, &view_name, false)?;
    let external = check_query(session, &create.query)?;
    if create.auto_refresh == Some(true) && (external || incremental::is_mutable(&create.query)) {
        return Err(Error::new(
            crate::error::SqlState::INVALID_DEFINITION,
            "a materialized view of mutable functions or external tables cannot be refreshed automatically",
        )
        .with_hint("Leave out AUTO REFRESH YES."));
    }
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    let binder = Binder::new(&state, &context, shared.warehouse.segments());
    let plan = session.analyze(binder.bind_query(&create.query)?)?;
    let used: Vec<i64> = binder.used_relations().iter().map(|id| id.0).collect();
    collation::check_storable(&plan)?;
    let columns = create_table_as::columns_of(&plan, &create.columns)?;
    let mut definition = DraftTable::new(schema_id, view_name.clone(), columns);
    let properties = json!({
        QUERY: create_view::stored_text(session, &create.query)?,
        DEPENDS_ON: used,
        AUTO_REFRESH: create.auto_refresh == Some(true),
        INCREMENTAL: incremental::is_incremental(&create.query),
        EXTERNAL: external,
    });
    definition.properties = with_bindings_in(properties, &binder.used_names());
    create_table::apply_attributes(&mut definition, &create.attributes)?;
    let definition = definition.into_definition(session)?;
    let id = session.transaction()?.create_table(definition)?;
    security::own_new(session, &Object::Relation(id), Some(schema_id))?;
    fill(session, id).await?;
    Ok(StatementResult::done("CREATE MATERIALIZED VIEW"))
}

/// What a materialized view cannot read or say ("Limitations" of CREATE MATERIALIZED VIEW).
/// Gives whether it reads external tables.
fn check_query(session: &mut Session, query: &Query) -> Result<bool> {
    let mut clauses = Clauses { found: None, relations: vec![], functions: vec![] };
    let _: ControlFlow<()> = query.visit(&mut clauses);
    let refused = |what: String| Error::wrong_object_type(what, "possible part of a materialized view");
    if let Some(clause) = clauses.found {
        return Err(Error::new(
            crate::error::SqlState::INVALID_DEFINITION,
            format!("{clause} is not supported in the definition of a materialized view"),
        ));
    }
    let context = session.bind_context()?;
    for function in clauses.functions {
        let Some(object) = ast::ObjectName::from_sql_name(&function) else { continue };
        let named = routine::catalog::named(&context, object.schema(), object.name(), false);
        if named.is_ok_and(|found| !found.is_empty()) {
            return Err(Error::new(
                crate::error::SqlState::INVALID_DEFINITION,
                format!("user-defined function \"{}\" cannot be used in a materialized view", object.name()),
            ));
        }
    }
    let mut external = false;
    for relation in clauses.relations {
        let Some(object) = ast::ObjectName::from_sql_name(&relation) else { continue };
        match resolve_name(&context, &name::table_reference(&object)?) {
            Ok(ResolvedRelation::View(view)) => return Err(refused(view.name.clone())),
            Ok(ResolvedRelation::System(_)) => return Err(refused(name::written(&object))),
            Ok(ResolvedRelation::External(_)) => external = true,
            Ok(ResolvedRelation::Table(table)) => {
                let schema = context.snapshot.schema_by_id(table.schema_id);
                if schema.is_some_and(|schema| schema.name.starts_with(TEMPORARY_SCHEMA_PREFIX)) {
                    return Err(refused(table.name.clone()));
                }
            }
            // A common table expression, or a mistake that binding will name.
            Err(_) => {}
        }
    }
    Ok(external)
}

struct Clauses {
    found: Option<&'static str>,
    relations: Vec<ObjectName>,
    functions: Vec<ObjectName>,
}

impl Visitor for Clauses {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if query.order_by.is_some() {
            self.found = Some("ORDER BY");
        } else if query.limit_clause.is_some() || query.fetch.is_some() {
            self.found = Some("LIMIT or OFFSET");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
        if let ast::Expr::Function(function) = expr {
            self.functions.push(function.name.clone());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(relation.clone());
        ControlFlow::Continue(())
    }
}

/// ALTER MATERIALIZED VIEW.
pub async fn alter(session: &mut Session, alter: &ast::AlterMaterializedView) -> Result<StatementResult> {
    let table = name::managed_table(session, &alter.name)?;
    if !is_materialized_view(&table) {
        return Err(Error::wrong_object_type(&table.name, "materialized view"));
    }
    match &alter.action {
        AlterMaterializedViewAction::AutoRefresh(on) => {
            security::require_owner(session, &Object::Relation(table.id), "relation", &table.name)?;
            let mut layout = table.layout.clone();
            layout.properties[AUTO_REFRESH] = Value::from(*on);
            session.transaction()?.set_layout(table.id, layout)?;
        }
        AlterMaterializedViewAction::Table(actions) => {
            for action in actions {
                let relation = name::managed_relation(session, &alter.name)?;
                alter_table::run_action(session, &relation, action).await?;
            }
        }
    }
    Ok(StatementResult::done("ALTER MATERIALIZED VIEW"))
}
