//! SET SESSION AUTHORIZATION: from here on another user's privileges count.

use blueshift_sql::ast;

use crate::{
    error::{Error, Result, SqlState},
    security::{Access, principal},
    session::{Session, StatementResult},
};

/// SET and RESET SESSION AUTHORIZATION.
pub fn set(session: &mut Session, set: &ast::SetSessionAuthorization) -> Result<StatementResult> {
    let before = session.info().user.clone();
    become_user(session, set.user.as_deref())?;
    if set.local {
        session.local.before_local_user(before);
    }
    Ok(StatementResult::done(if set.user.is_some() { "SET" } else { "RESET" }))
}

/// Goes on as another user; None: as the one who logged in.
///
/// Errors: 42501 when that one is no superuser, 42704 when there is no such user.
pub fn become_user(session: &mut Session, user: Option<&str>) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let info = session.info();
    let own = info.session_user.clone();
    let wanted = user.unwrap_or(&own).to_owned();
    if principal::user(&snapshot, &info.owner, &wanted).is_none() && wanted != own {
        return Err(principal::undefined("user", &wanted));
    }
    if wanted != own && !Access::of_user(&snapshot, &info.owner, &own).is_superuser() {
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to set session authorization"));
    }
    session.set_user(|info| info.user = wanted);
    Ok(())
}
