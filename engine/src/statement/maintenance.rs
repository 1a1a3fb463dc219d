//! ANALYZE and VACUUM.

use blueshift_sql::ast;

use crate::{
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
};

/// Statistics are exact and kept with every segment as it is written, so there is nothing to collect.
pub fn analyze() -> StatementResult {
    StatementResult::done("ANALYZE")
}

/// Deleted rows cost nothing until many are gone, and then their segment is rewritten by the
/// delete itself; sorting anew comes with the upkeep of storage.
pub fn vacuum(session: &mut Session, _vacuum: &ast::Vacuum) -> Result<StatementResult> {
    if session.in_transaction_block() {
        return Err(Error::new(SqlState::ACTIVE_TRANSACTION, "VACUUM cannot run inside a transaction block"));
    }
    Ok(StatementResult::done("VACUUM"))
}
