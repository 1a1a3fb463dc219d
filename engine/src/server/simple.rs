//! Query: a script of statements, answered one after the other; the first error ends it. Several
//! statements are one transaction, unless the script says otherwise.

use blueshift_sql::ScriptPart;
use pgwire::messages::response::EmptyQueryResponse;

use super::connection::{Connection, Failure};
use crate::{
    config::STATEMENT_BYTES_MAX,
    error::{Error, Result, SqlState},
};

impl Connection {
    /// Runs a script.
    pub(super) async fn query(&mut self, script: &str) -> std::result::Result<(), Failure> {
        // As PostgreSQL: a Query forgets the unnamed statement and portal.
        self.prepared.remove("");
        self.portals.remove("");
        check_length(script)?;
        let parts = blueshift_sql::split(script);
        if parts.is_empty() {
            self.writer.put(&EmptyQueryResponse::new())?;
        }
        if parts.len() > 1 {
            self.session.begin_implicit();
        }
        for part in &parts {
            self.run_part(part).await?;
        }
        Ok(self.session.end_implicit()?)
    }

    async fn run_part(&mut self, part: &ScriptPart<'_>) -> std::result::Result<(), Failure> {
        let parsed = self.session.parse(part)?;
        self.run_and_send(&parsed, &[], true).await
    }
}

/// Errors: 54000 for a text that is longer than Redshift takes.
pub(super) fn check_length(text: &str) -> Result<()> {
    if text.len() > STATEMENT_BYTES_MAX {
        return Err(Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!(
                "Statement is too large. Statement Size: {} bytes. Maximum Allowed: {STATEMENT_BYTES_MAX} bytes",
                text.len()
            ),
        ));
    }
    Ok(())
}
