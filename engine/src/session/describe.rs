//! The result columns of a statement that has not run yet: what clients ask for between Parse and
//! Bind, and what `blueshift sql --describe` prints.

use blueshift_sql::{
    ParsedStatement,
    ast::{Query, Statement, sql::SetExpr},
};

use super::{ResultColumn, Session, StatementError, execution};
use crate::error::Result;

impl Session {
    /// The result columns of the last statement of `script`; the statements before it are run.
    /// Empty for a statement without a result.
    pub async fn describe(&mut self, script: &str) -> std::result::Result<Vec<ResultColumn>, StatementError> {
        let parts = blueshift_sql::split(script);
        let Some((last, before)) = parts.split_last() else { return Ok(vec![]) };
        for (index, part) in before.iter().enumerate() {
            let failed = |error| StatementError { error, statement: index + 1 };
            let parsed = self.parse(part).map_err(failed)?;
            self.run_statement(&parsed).await.map_err(failed)?;
        }
        let failed = |error| StatementError { error, statement: parts.len() };
        let parsed = self.parse(last).map_err(failed)?;
        self.describe_statement(&parsed).await.map_err(failed)
    }

    /// The result columns of a statement, in their final types; empty for one without a result.
    /// Nothing of the statement happens.
    ///
    /// Errors: what is unknown or of the wrong type in a query; 25P02 in a block that failed.
    pub async fn describe_statement(&mut self, parsed: &ParsedStatement) -> Result<Vec<ResultColumn>> {
        if matches!(parsed.statement, Statement::Begin(_) | Statement::Commit | Statement::Rollback) {
            return Ok(vec![]);
        }
        self.check_not_failed()?;
        match &parsed.statement {
            Statement::Query(query) if !selects_into(query) => self.describe_query(query),
            // These change nothing, so running them is the surest description.
            Statement::Show(_) | Statement::Explain(_) => Ok(self.run_statement(parsed).await?.columns().to_vec()),
            _ => Ok(vec![]),
        }
    }

    fn describe_query(&mut self, query: &Query) -> Result<Vec<ResultColumn>> {
        self.ensure_transaction();
        let columns = self.plan_query(query).map(|plan| execution::result_columns(&plan));
        if !self.in_transaction_block() {
            self.rollback();
        }
        columns
    }
}

/// `SELECT … INTO` makes a table and returns nothing.
fn selects_into(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(select) if select.into.is_some())
}
