//! TRUNCATE: all rows go, and the transaction is committed, as documented.

use blueshift_sql::ast;

use super::name;
use crate::{
    error::Result,
    security::Privilege,
    session::{Session, StatementResult},
};

/// Empties a table and commits.
pub fn execute(session: &mut Session, truncate: &ast::Truncate) -> Result<StatementResult> {
    let table = name::changed_table(session, &truncate.table, Privilege::Truncate)?;
    session.transaction()?.truncate(table.id)?;
    session.commit_and_continue()?;
    Ok(StatementResult::done("TRUNCATE"))
}
