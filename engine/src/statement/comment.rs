//! COMMENT ON.

use blueshift_sql::ast::{self, CommentObject};

use super::name;
use crate::{
    error::{Error, Result},
    session::{Session, StatementResult},
    storage::metadata::Relation,
    transaction::CommentTarget,
};

/// Kind of the records that hold comments of databases and of columns of views.
const RECORD_KIND: &str = "comment";

/// Sets or removes a comment.
pub fn execute(session: &mut Session, comment: &ast::Comment) -> Result<StatementResult> {
    let text = comment.text.as_deref();
    match &comment.object {
        CommentObject::Table(object) | CommentObject::View(object) => {
            let relation = name::managed_relation(session, object)?;
            session.transaction()?.comment(&CommentTarget::Relation(relation.id()), text)?;
        }
        CommentObject::Column { relation, column } => match name::managed_relation(session, relation)? {
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
            session.transaction()?.comment(&CommentTarget::Schema(id), text)?;
        }
        CommentObject::Database(database) => record(session, &format!("database {}", database.value), text)?,
        CommentObject::Constraint { .. } => return Err(Error::not_supported("COMMENT ON CONSTRAINT")),
        CommentObject::Routine { .. } => return Err(Error::not_supported("COMMENT ON FUNCTION or PROCEDURE")),
    }
    Ok(StatementResult::done("COMMENT"))
}

fn record(session: &mut Session, key: &str, text: Option<&str>) -> Result<()> {
    let transaction = session.transaction()?;
    match text {
        Some(text) => transaction.put_record(RECORD_KIND, key, text.into()),
        None => transaction.remove_record(RECORD_KIND, key),
    }
}
