//! GRANT and REVOKE: recorded. There is one user, who owns everything, so nothing is refused yet.

use crate::{
    error::Result,
    session::{Session, StatementResult},
};

/// Kind of the records that hold grants.
const RECORD_KIND: &str = "grant";

/// Records the statement under its own text.
pub fn execute(session: &mut Session, text: &str) -> Result<StatementResult> {
    let text = text.trim();
    let tag = if text.to_lowercase().starts_with("revoke") { "REVOKE" } else { "GRANT" };
    session.transaction()?.put_record(RECORD_KIND, text, serde_json::Value::Null)?;
    Ok(StatementResult::done(tag))
}
