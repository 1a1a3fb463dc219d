//! COMMENT ON.

use blueshift_sql::ast::{self, CommentObject};

use std::sync::Arc;

use super::{is_materialized_view, name, routine};
use crate::{
    error::{Error, Result, SqlState},
    security::{self, Object},
    session::{Session, StatementResult},
    storage::metadata::{Relation, RelationId},
    transaction::{CommentTarget, Transaction},
};

/// Kind of the records that hold comments of databases, constraints and columns of views.
pub const RECORD_KIND: &str = "comment";

/// Sets or removes a comment.
pub fn execute(session: &mut Session, comment: &ast::Comment) -> Result<StatementResult> {
    let text = comment.text.as_deref();
    match &comment.object {
        CommentObject::Table(object) | CommentObject::View(object) => {
            let relation = name::managed_relation(session, object)?;
            let is_view = matches!(relation, Relation::View(_));
            if is_view != matches!(comment.object, CommentObject::View(_)) && !is_materialized(&relation) {
                let wanted = if is_view { "table" } else { "view" };
                return Err(Error::wrong_object_type(relation.name(), wanted));
            }
            require_owner(session, &relation)?;
            session.transaction()?.comment(&CommentTarget::Relation(relation.id()), text)?;
        }
        CommentObject::Column { relation, column } => match owned(session, relation)? {
            Relation::Table(table) => {
                let id = table
                    .column(&column.value)
                    .ok_or_else(|| Error::undefined_column(format!("{}.{}", table.name, column.value)))?
                    .id;
                session.transaction()?.comment(&CommentTarget::Column(table.id, id), text)?;
            }
            Relation::View(view) => {
                if !view.columns.iter().any(|known| known.name == column.value) {
                    return Err(Error::undefined_column(format!("{}.{}", view.name, column.value)));
                }
                record(session, &format!("column {}.{}", view.id, column.value), text)?;
            }
        },
        CommentObject::Schema(schema) => {
            let snapshot = session.transaction()?.snapshot()?;
            let id = snapshot.schema(schema.name()).ok_or_else(|| Error::undefined_schema(schema.name()))?.id;
            security::require_owner(session, &Object::Schema(id), "schema", schema.name())?;
            session.transaction()?.comment(&CommentTarget::Schema(id), text)?;
        }
        CommentObject::Database(database) => record(session, &format!("database {}", database.value), text)?,
        CommentObject::Constraint { name: constraint, table } => {
            let table = name::managed_table(session, table)?;
            require_owner(session, &Relation::Table(Arc::clone(&table)))?;
            if !table.layout.constraints.iter().any(|known| known.name == constraint.value) {
                return Err(Error::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!("constraint \"{}\" for table \"{}\" does not exist", constraint.value, table.name),
                ));
            }
            record(session, &format!("constraint {}.{}", table.id, constraint.value), text)?;
        }
        CommentObject::Routine { procedure, name, arguments } => {
            let arguments = arguments.as_ref().map(|types| types.iter().map(input).collect::<Vec<_>>());
            let mut routine = routine::find(session, name, arguments.as_deref(), *procedure)?;
            let object = Object::Routine(routine.key());
            let kind = if *procedure { "procedure" } else { "function" };
            security::require_owner(session, &object, kind, &routine.name)?;
            routine.comment = text.filter(|text| !text.is_empty()).map(str::to_owned);
            routine.store(session.transaction()?)?;
        }
    }
    Ok(StatementResult::done("COMMENT"))
}

fn is_materialized(relation: &Relation) -> bool {
    matches!(relation, Relation::Table(table) if is_materialized_view(table))
}

fn owned(session: &mut Session, object: &ast::ObjectName) -> Result<Relation> {
    let relation = name::managed_relation(session, object)?;
    require_owner(session, &relation)?;
    Ok(relation)
}

fn require_owner(session: &mut Session, relation: &Relation) -> Result<()> {
    security::require_owner(session, &Object::Relation(relation.id()), "relation", relation.name())
}

fn input(data_type: &ast::DataType) -> ast::RoutineArgument {
    ast::RoutineArgument { mode: ast::ArgumentMode::In, name: None, data_type: data_type.clone() }
}

/// What was said about columns and constraints of a relation goes with it.
pub fn forget_columns(transaction: &mut Transaction, relation: RelationId) -> Result<()> {
    let snapshot = transaction.snapshot()?;
    let prefixes = [format!("column {relation}."), format!("constraint {relation}.")];
    for (key, _) in snapshot.records(RECORD_KIND) {
        if prefixes.iter().any(|prefix| key.starts_with(prefix)) {
            transaction.remove_record(RECORD_KIND, key)?;
        }
    }
    Ok(())
}

fn record(session: &mut Session, key: &str, text: Option<&str>) -> Result<()> {
    let transaction = session.transaction()?;
    match text {
        Some(text) => transaction.put_record(RECORD_KIND, key, text.into()),
        None => transaction.remove_record(RECORD_KIND, key),
    }
}
