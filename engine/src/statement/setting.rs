//! SET, RESET, SHOW.

use std::sync::Arc;

use blueshift_sql::ast::{self, Show};
use datafusion::arrow::{
    array::{ArrayRef, StringViewArray},
    datatypes::{Field, Schema},
    record_batch::RecordBatch,
};

use super::{authorization, name};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result, SqlState},
    session::{Session, StatementResult, result_column},
    types::RedshiftType,
};

/// SET.
pub fn set(session: &mut Session, set: &ast::Set) -> Result<StatementResult> {
    assign(session, &set.name, set.value.text(), set.local)?;
    Ok(StatementResult::done("SET"))
}

/// Gives a parameter a value, or its default with None; with `local` until the transaction ends.
pub fn assign(session: &mut Session, name: &str, value: Option<String>, local: bool) -> Result<()> {
    if name == "session_authorization" {
        return authorization::become_user(session, value.as_deref());
    }
    let before = session.parameters.own_value(name);
    session.parameters.set(name, value)?;
    if local {
        session.local.before_set_local(name, before);
    }
    session.parameter_changed(name);
    Ok(())
}

/// RESET.
pub fn reset(session: &mut Session, reset: &ast::Reset) -> Result<StatementResult> {
    match reset.name.as_deref() {
        Some("session_authorization") => authorization::become_user(session, None)?,
        Some(name) => session.parameters.set(name, None)?,
        None => session.parameters.reset_all(),
    }
    session.parameter_changed(reset.name.as_deref().unwrap_or("application_name"));
    Ok(StatementResult::done("RESET"))
}

/// SHOW of parameters and of views.
pub fn show(session: &mut Session, show: &Show, text: &str) -> Result<StatementResult> {
    match show {
        Show::Parameter(name) => {
            let value = session.parameters.get(name).ok_or_else(|| {
                Error::new(SqlState::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""))
            })?;
            table(&[name], &[vec![value.to_owned()]])
        }
        Show::All => {
            let rows: Vec<Vec<String>> =
                session.parameters.all().map(|(name, value)| vec![name.to_owned(), value.to_owned()]).collect();
            table(&["name", "setting"], &rows)
        }
        Show::View(view) => {
            let context = session.bind_context()?;
            match resolve_name(&context, &name::table_reference(view)?)? {
                ResolvedRelation::View(view) => table(&["Show View DDL statement"], &[vec![format!("{};", view.sql)]]),
                _ => Err(Error::wrong_object_type(name::written(view), "view")),
            }
        }
        _ => Err(Error::not_supported(format!("the command {text}"))),
    }
}

/// Rows of text as a result.
fn table(names: &[&str], rows: &[Vec<String>]) -> Result<StatementResult> {
    let fields: Vec<Field> = names.iter().map(|name| RedshiftType::Varchar(None).field(*name, false)).collect();
    let columns = fields.iter().map(result_column).collect();
    let arrays: Vec<ArrayRef> = (0..names.len())
        .map(|column| {
            let values: StringViewArray = rows.iter().map(|row| row.get(column).map(String::as_str)).collect();
            Arc::new(values) as ArrayRef
        })
        .collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::internal)?;
    Ok(StatementResult::Rows { columns, batches: vec![batch], tag: "SHOW".to_owned() })
}
