//! CANCEL: stops the statement that another session is running ("CANCEL" of the guide).

use blueshift_sql::ast;

use crate::{
    error::Result,
    session::{Notice, Session, StatementResult},
};

/// Asks the session with that process id to stop its statement.
pub fn execute(session: &mut Session, cancel: &ast::Cancel) -> Result<StatementResult> {
    let found = i32::try_from(cancel.process)
        .is_ok_and(|process_id| session.shared.registry.cancel(process_id, cancel.message.clone()));
    if !found {
        session.notice(Notice::warning(format!("PID {} is not a server process", cancel.process)));
    }
    Ok(StatementResult::done("CANCEL"))
}
