//! CREATE VIEW.

use std::{collections::HashSet, ops::ControlFlow, sync::Arc};

use blueshift_sql::ast::{
    self, Query,
    sql::{ObjectName, Visit, Visitor},
};

use super::{create_table_as, name};
use crate::{
    binder::{Binder, with_bindings_in},
    catalog::{external_schema, system_view},
    error::{Error, Result, SqlState},
    rewrite::attribute_case,
    security::{self, Object},
    session::{Session, StatementResult, TEMPORARY_SCHEMA_PREFIX},
    storage::metadata::{Relation, SchemaId, ViewColumn},
    transaction::ViewDefinition,
};

/// Makes a view, or replaces one. A late-binding view is not checked before it is used.
pub fn execute(session: &mut Session, create: &ast::CreateView) -> Result<StatementResult> {
    if create.external {
        return Err(Error::not_supported("CREATE EXTERNAL VIEW"));
    }
    if create.no_schema_binding {
        require_qualified_names(session, &create.query)?;
    }
    let (schema_id, view_name) = target(session, create)?;
    let mut definition = ViewDefinition {
        schema_id,
        name: view_name,
        sql: stored_text(session, &create.query)?,
        columns: vec![],
        late_binding: create.no_schema_binding,
        depends_on: vec![],
        properties: serde_json::Value::Null,
    };
    match bind(session, create, &mut definition) {
        Ok(()) => {}
        // Its tables may come later.
        Err(_) if create.no_schema_binding => {}
        Err(error) => return Err(error),
    }
    if create.no_schema_binding {
        definition.depends_on.clear();
        definition.properties = serde_json::Value::Null;
    }
    store(session, create, definition)?;
    Ok(StatementResult::done("CREATE VIEW"))
}

/// `#v` would be a temporary view, which Redshift does not have.
fn target(session: &mut Session, create: &ast::CreateView) -> Result<(SchemaId, String)> {
    if create.name.name().starts_with('#') {
        return Err(Error::not_supported("a temporary view"));
    }
    Ok((
        name::target_schema(session, &create.name, false, "CREATE OR REPLACE VIEW")?,
        name::identifier(create.name.name()),
    ))
}

/// The text of a query as it is stored.
pub fn stored_text(session: &mut Session, query: &Query) -> Result<String> {
    let options = session.super_options();
    if options.statement_text.is_none() {
        return Ok(blueshift_sql::unparse::sql_text(query));
    }
    let mut query = blueshift_sql::limits::on_deep_stack(|| query.clone());
    attribute_case::restore(&mut query, &options)?;
    Ok(blueshift_sql::unparse::sql_text(&query))
}

/// The columns of a view's query, and what it reads.
fn bind(session: &mut Session, create: &ast::CreateView, definition: &mut ViewDefinition) -> Result<()> {
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    let binder = Binder::new(&state, &context, shared.warehouse.segments());
    let plan = session.analyze(binder.bind_query(&create.query)?)?;
    definition.columns = create_table_as::columns_of(&plan, &create.columns)?
        .into_iter()
        .map(|column| ViewColumn {
            name: column.name,
            data_type: column.data_type,
            redshift_type: column.redshift_type,
        })
        .collect();
    check_columns(&definition.columns)?;
    definition.depends_on = binder.used_relations();
    definition.properties = with_bindings_in(serde_json::Value::Null, &binder.used_names());
    let temporary = |id| {
        let relation = context.snapshot.relation_by_id(id)?;
        let schema = context.snapshot.schema_by_id(relation.schema_id())?;
        schema.name.starts_with(TEMPORARY_SCHEMA_PREFIX).then(|| relation.name().to_owned())
    };
    match definition.depends_on.iter().find_map(|id| temporary(*id)) {
        Some(table) => Err(Error::not_supported(format!("a view on the temporary table \"{table}\""))),
        None => Ok(()),
    }
}

fn check_columns(columns: &[ViewColumn]) -> Result<()> {
    let mut names = HashSet::new();
    match columns.iter().find(|column| !names.insert(&column.name)) {
        Some(column) => {
            Err(Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{}\" specified more than once", column.name)))
        }
        None => Ok(()),
    }
}

/// A view that is replaced keeps its id, and with it what was granted on it and what depends on it.
fn store(session: &mut Session, create: &ast::CreateView, new: ViewDefinition) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    match snapshot.relation(new.schema_id, &new.name) {
        None => {
            let schema = new.schema_id;
            let id = session.transaction()?.create_view(new)?;
            security::own_new(session, &Object::Relation(id), Some(schema))
        }
        Some(Relation::View(old)) if create.or_replace => {
            security::require_owner(session, &Object::Relation(old.id), "relation", &old.name)?;
            if !old.late_binding && !new.late_binding {
                check_same_columns(&old.columns, &new.columns)?;
            }
            session.transaction()?.replace_view(old.id, new)
        }
        Some(Relation::Table(_)) if create.or_replace => Err(Error::wrong_object_type(&new.name, "view")),
        Some(_) => Err(Error::duplicate_table(&new.name)),
    }
}

/// A view is replaced by one with the same columns only ("CREATE VIEW" of the guide).
fn check_same_columns(old: &[ViewColumn], new: &[ViewColumn]) -> Result<()> {
    let refused =
        |message: String| Err(Error::new(SqlState::INVALID_DEFINITION, message).with_hint("Drop the view first."));
    if old.len() != new.len() {
        return refused("cannot change number of columns in view".to_owned());
    }
    for (old, new) in old.iter().zip(new) {
        if old.name != new.name {
            return refused(format!("cannot change name of view column \"{}\"", old.name));
        }
        if old.redshift_type != new.redshift_type {
            return refused(format!("cannot change data type of view column \"{}\"", old.name));
        }
    }
    Ok(())
}

/// Errors: a relation named without its schema, which a late-binding view cannot find later; a schema that
/// is not there, as that one must be.
fn require_qualified_names(session: &mut Session, query: &Query) -> Result<()> {
    let mut names = Names::default();
    let _: ControlFlow<()> = query.visit(&mut names);
    let snapshot = session.transaction()?.snapshot()?;
    for relation in &names.relations {
        let Some(object) = ast::ObjectName::from_sql_name(relation) else { continue };
        let Some(schema) = object.schema().filter(|_| object.database().is_none()) else { continue };
        let there = snapshot.schema(schema).is_some()
            || external_schema::find(&snapshot, schema).is_some()
            || system_view::is_system_schema(schema);
        if !there {
            return Err(Error::undefined_schema(schema));
        }
    }
    match names.relations.iter().find(|name| name.0.len() == 1 && !names.tables.contains(&name.to_string())) {
        Some(_) => Err(Error::new(
            SqlState::INVALID_DEFINITION,
            "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING.",
        )),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Names {
    relations: Vec<ObjectName>,
    /// Common table expressions.
    tables: HashSet<String>,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        self.tables.extend(tables.map(|table| table.alias.name.to_string()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.relations.push(relation.clone());
        ControlFlow::Continue(())
    }
}
