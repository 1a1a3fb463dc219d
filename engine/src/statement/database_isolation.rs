//! ALTER DATABASE … ISOLATION LEVEL, and SET TRANSACTION ("ALTER DATABASE", "BEGIN").

use blueshift_sql::ast;

use crate::{
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
    transaction::{ISOLATION_RECORD, IsolationLevel},
};

/// Changes the isolation level of the connected database.
///
/// Redshift refuses this for the database `dev`; a warehouse here begins with `dev` alone, so it is
/// allowed. As documented it is refused within a block and while others are connected.
pub fn alter(session: &mut Session, name: &ast::Ident, level: ast::DatabaseIsolation) -> Result<StatementResult> {
    if name.value != session.info().database {
        return Err(Error::undefined_database(&name.value));
    }
    session.check_alone("ALTER DATABASE ISOLATION LEVEL")?;
    if session.shared.registry.sessions().len() > 1 {
        let message = format!("database \"{}\" is being accessed by other users", name.value);
        return Err(Error::new(SqlState::OBJECT_IN_USE, message)
            .with_hint("The isolation level can be changed while nobody else is connected."));
    }
    let level = match level {
        ast::DatabaseIsolation::Serializable => IsolationLevel::Serializable,
        ast::DatabaseIsolation::Snapshot => IsolationLevel::Snapshot,
    };
    session.transaction()?.put_record(ISOLATION_RECORD, &name.value, level.to_record())?;
    Ok(StatementResult::done("ALTER DATABASE"))
}

/// SET TRANSACTION for the running transaction, SET SESSION CHARACTERISTICS for all later ones.
/// All isolation levels stand for the database's.
pub fn set_transaction(session: &mut Session, set: &ast::SetTransaction) -> Result<StatementResult> {
    if let Some(read_only) = set.modes.read_only {
        if set.session {
            let value = if read_only { "on" } else { "off" };
            session.parameters.set("transaction_read_only", Some(value.to_owned()))?;
        } else {
            session.set_read_only(read_only);
        }
    }
    Ok(StatementResult::done("SET"))
}
