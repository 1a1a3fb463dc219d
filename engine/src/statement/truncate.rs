//! TRUNCATE: all rows go, and the transaction is committed, as documented.

use blueshift_sql::ast;

use super::name;
use crate::{
    error::Result,
    session::{Session, StatementResult},
};

/// Empties a table and commits.
pub fn execute(session: &mut Session, truncate: &ast::Truncate) -> Result<StatementResult> {
    let table = name::managed_table(session, &truncate.table)?;
    session.transaction()?.truncate(table.id)?;
    session.commit_and_continue()?;
    Ok(StatementResult::done("TRUNCATE"))
}
