//! SET, RESET.

use blueshift_sql::ast;

use super::authorization;
use crate::{
    catalog::system_view::item::relation::quoted,
    error::Result,
    session::{Session, StatementResult},
};

/// SET.
pub fn set(session: &mut Session, set: &ast::Set) -> Result<StatementResult> {
    let value = if set.name == "search_path" { search_path(&set.value) } else { set.value.text() };
    assign(session, &set.name, value, set.local)?;
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

/// A search path as SHOW writes it: names in quotes where they need them.
fn search_path(value: &ast::SetValue) -> Option<String> {
    match value {
        ast::SetValue::Values(values) if values.len() > 1 => {
            let names = values.iter().map(|name| quoted(name.as_str()).into_owned());
            Some(names.collect::<Vec<_>>().join(", "))
        }
        other => other.text(),
    }
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
