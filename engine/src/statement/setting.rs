//! SET, RESET.

use std::sync::Arc;

use blueshift_sql::ast;
use parking_lot::Mutex;

use super::authorization;
use crate::{
    catalog::system_view::item::relation::quoted,
    error::{Error, Result, SqlState},
    functions::math::random::{Sequence, SharedSequence},
    session::{Session, StatementResult},
};

/// The word that is no parameter: where RANDOM begins.
const SEED: &str = "seed";

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
    if name == SEED {
        session.random = value.map(|value| seed(&value)).transpose()?;
        return Ok(());
    }
    let before = session.parameters.own_value(name);
    session.parameters.set(name, value)?;
    if local {
        session.local.before_set_local(name, before);
    }
    session.parameter_changed(name);
    Ok(())
}

/// The sequence that RANDOM goes through from here on.
///
/// Errors: 22023 for a seed that is not between 0 and 1.
fn seed(value: &str) -> Result<SharedSequence> {
    match value.parse::<f64>() {
        Ok(seed) if (0.0..=1.0).contains(&seed) => Ok(Arc::new(Mutex::new(Sequence::of_seed(seed)))),
        _ => Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"{SEED}\": \"{value}\""),
        )
        .with_hint("A seed is a number between 0 and 1.")),
    }
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
