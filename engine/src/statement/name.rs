//! Names of targets: which schema a new or changed object is in.

use blueshift_sql::ast::ObjectName;
use datafusion::common::TableReference;

use crate::{
    binder::{BindContext, ResolvedRelation, resolve_name},
    catalog::external_schema,
    config::IDENTIFIER_BYTES_MAX,
    error::{Error, Result, SqlState},
    security::{Access, Privilege},
    session::Session,
    statement::is_materialized_view,
    storage::metadata::{Relation, SchemaId, TableSnapshot},
};
use std::sync::Arc;

/// A name for DataFusion's planner and for [`resolve_name`].
pub fn table_reference(name: &ObjectName) -> Result<TableReference> {
    match (name.database(), name.schema()) {
        (Some(database), Some(schema)) if name.0.len() == 3 => Ok(TableReference::full(database, schema, name.name())),
        (None, Some(schema)) => Ok(TableReference::partial(schema, name.name())),
        (None, None) => Ok(TableReference::bare(name.name())),
        _ => Err(Error::syntax(format!("improper qualified name (too many dotted names): {}", written(name)))),
    }
}

/// The name as it was written.
pub fn written(name: &ObjectName) -> String {
    name.0.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

/// An identifier cut to Redshift's length.
pub fn identifier(name: &str) -> String {
    name[..name.floor_char_boundary(IDENTIFIER_BYTES_MAX)].to_owned()
}

/// The schema that a new relation goes into: the named one, or the first of the search path that
/// exists; for a temporary table the session's own. `system` is the privilege by which roles may create it anywhere.
pub fn target_schema(session: &mut Session, name: &ObjectName, temporary: bool, system: &str) -> Result<SchemaId> {
    if temporary {
        if name.schema().is_some() {
            return Err(Error::new(
                SqlState::INVALID_DEFINITION,
                "cannot create temporary relation in non-temporary schema",
            ));
        }
        let schema = session.ensure_temporary_schema()?;
        let snapshot = session.transaction()?.snapshot()?;
        return match snapshot.schema(&schema) {
            Some(schema) => Ok(schema.id),
            // Rolled back together with the transaction that made it.
            None => session.transaction()?.create_schema(&schema),
        };
    }
    let context = session.bind_context()?;
    check_database(&context, name)?;
    let wanted: Vec<&str> = match name.schema() {
        Some(schema) => vec![schema],
        None => context.search_path.iter().map(String::as_str).collect(),
    };
    if let Some(schema) = wanted.iter().find_map(|schema| context.snapshot.schema(schema)) {
        let access = Access::of(&context.snapshot, session.info());
        match access.has_system(system) {
            true => return Ok(schema.id),
            false => return access.require_schema(schema.id, Privilege::Create).map(|()| schema.id),
        }
    }
    match name.schema() {
        Some(schema) if external_schema::find(&context.snapshot, schema).is_some() => {
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{schema}\" is an external schema"))
                .with_hint("Use CREATE EXTERNAL TABLE."))
        }
        Some(schema) => Err(Error::undefined_schema(schema)),
        None => Err(Error::new(SqlState::UNDEFINED_SCHEMA, "no schema has been selected to create in")),
    }
}

/// Refuses a name in another database.
pub fn check_database(context: &BindContext, name: &ObjectName) -> Result<()> {
    match name.database() {
        Some(database) if database != context.database => Err(Error::undefined_database(database)),
        _ => Ok(()),
    }
}

/// An existing managed relation.
///
/// Errors: undefined names; 42809 for external tables and system views.
pub fn managed_relation(session: &mut Session, name: &ObjectName) -> Result<Relation> {
    let context = session.bind_context()?;
    let usable = |relation: Relation| {
        let access = Access::of(&context.snapshot, session.info());
        access.require_schema(relation.schema_id(), Privilege::Usage).map(|()| relation)
    };
    match resolve_name(&context, &table_reference(name)?)? {
        ResolvedRelation::Table(table) => usable(Relation::Table(table)),
        ResolvedRelation::View(view) => usable(Relation::View(view)),
        ResolvedRelation::External(_) => {
            Err(Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{}\" is an external table", written(name)))
                .with_detail("External tables are read only."))
        }
        ResolvedRelation::System(_) => Err(Error::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("permission denied: \"{}\" is a system catalog", written(name)),
        )),
    }
}

/// An existing managed table.
pub fn managed_table(session: &mut Session, name: &ObjectName) -> Result<Arc<TableSnapshot>> {
    match managed_relation(session, name)? {
        Relation::Table(table) => Ok(table),
        Relation::View(view) => Err(Error::wrong_object_type(&view.name, "table")),
    }
}

/// The table whose rows a command changes.
///
/// Errors: 42809 for views, materialized views and external tables; 42501 without the privilege.
pub fn changed_table(session: &mut Session, name: &ObjectName, privilege: Privilege) -> Result<Arc<TableSnapshot>> {
    let refused = |what: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, what));
    let table = match managed_relation(session, name)? {
        Relation::View(_) => {
            return refused(match privilege {
                Privilege::Insert => "cannot insert into a view".to_owned(),
                Privilege::Delete => "cannot delete from a view".to_owned(),
                _ => "cannot update a view".to_owned(),
            });
        }
        Relation::Table(table) => table,
    };
    if is_materialized_view(&table) {
        return refused(format!("cannot change materialized view \"{}\"", table.name));
    }
    let snapshot = session.transaction()?.snapshot()?;
    let everywhere =
        privilege == Privilege::Truncate && Access::of(&snapshot, session.info()).has_system("TRUNCATE TABLE");
    if !everywhere {
        require(session, &table, privilege)?;
    }
    Ok(table)
}

/// The table of an UPDATE that assigns to `columns`: the privilege on each of them is enough.
pub fn updated_table(session: &mut Session, name: &ObjectName, columns: &[&str]) -> Result<Arc<TableSnapshot>> {
    let denied = match changed_table(session, name, Privilege::Update) {
        Err(error) if error.state() == SqlState::INSUFFICIENT_PRIVILEGE => error,
        other => return other,
    };
    let Relation::Table(table) = managed_relation(session, name)? else { return Err(denied) };
    let snapshot = session.transaction()?.snapshot()?;
    let access = Access::of(&snapshot, session.info());
    let granted = access.columns(&Relation::Table(Arc::clone(&table)), Privilege::Update);
    let all = columns.iter().all(|column| granted.iter().any(|known| known == column));
    if all && !columns.is_empty() && !is_materialized_view(&table) { Ok(table) } else { Err(denied) }
}

/// Errors: 42501 without the privilege on a table.
pub fn require(session: &mut Session, table: &Arc<TableSnapshot>, privilege: Privilege) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    Access::of(&snapshot, session.info()).require_relation(&Relation::Table(Arc::clone(table)), privilege)
}

/// Whether an error says that a name stands for nothing (IF EXISTS forgives it).
pub fn is_undefined(error: &Error) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_SCHEMA, SqlState::UNDEFINED_DATABASE].contains(&error.state())
}
