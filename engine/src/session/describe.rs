//! The result columns of a statement that has not run yet: what clients ask for between Parse and
//! Bind, and what `blueshift sql --describe` prints.

use std::{collections::HashMap, sync::Arc};

use blueshift_sql::{
    ParsedStatement, ParserOptions,
    ast::{Expr, ObjectName, Query, Statement, sql::SetExpr},
    parse_expression,
};
use datafusion::arrow::datatypes::FieldRef;

use super::{Prepared, ResultColumn, Session, StatementError, execution};
use crate::{
    binder::Binder,
    error::{Error, Result},
    routine::substitute,
    statement::{analyze_compression_columns, managed_table, show_columns, undefined_cursor},
    storage::metadata::TableSnapshot,
    types::RedshiftType,
};

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
        self.note_text(&parsed.text);
        match &parsed.statement {
            Statement::Query(query) if !selects_into(query) => self.describe_query(query),
            Statement::Show(show) if show_columns(show).is_some() => Ok(show_columns(show).unwrap_or_default()),
            // These change nothing, so running them is the surest description.
            Statement::AnalyzeCompression(_) => Ok(analyze_compression_columns()),
            Statement::Show(_) | Statement::Explain(_) => Ok(self.run_statement(parsed).await?.columns().to_vec()),
            Statement::Fetch(fetch) => {
                self.cursor_columns(&fetch.cursor.value).ok_or_else(|| undefined_cursor(&fetch.cursor.value))
            }
            Statement::Execute(execute) => match self.local.prepared.get(&execute.name.value).cloned() {
                Some(prepared) => self.describe_prepared(prepared),
                // Running it says so.
                None => Ok(vec![]),
            },
            Statement::Call(call) => {
                let idle = self.is_idle();
                self.ensure_transaction();
                let columns = crate::routine::call::describe(self, call).await;
                if idle {
                    self.rollback();
                }
                columns
            }
            _ => Ok(vec![]),
        }
    }

    /// The columns of a cursor that is open.
    pub fn cursor_columns(&self, name: &str) -> Option<Vec<ResultColumn>> {
        self.local.cursors.get(name).map(|cursor| cursor.columns.clone())
    }

    /// The columns of a statement of PREPARE: its parameters are NULLs of their types.
    fn describe_prepared(&mut self, prepared: Prepared) -> Result<Vec<ResultColumn>> {
        let Prepared { types, mut statement, .. } = prepared;
        let null = |redshift_type: &RedshiftType| {
            parse_expression(&format!("cast(null as {redshift_type})"), ParserOptions::default())
                .map_err(|error| Error::internal(error.to_string()))
        };
        let nulls: Vec<Expr> = types.iter().map(null).collect::<Result<_>>()?;
        substitute::in_statement(&mut statement, &substitute::Positional(&nulls))?;
        match &statement {
            Statement::Query(query) => self.describe_query(query),
            _ => Ok(vec![]),
        }
    }

    /// The table that DML names.
    pub(crate) fn target_table(&mut self, name: &ObjectName) -> Result<Arc<TableSnapshot>> {
        self.outside_of_statements(|session| managed_table(session, name))
    }

    /// The parameters of a query, with their types as far as the planner can tell.
    pub(crate) fn parameter_fields(&mut self, query: &Query) -> Result<HashMap<String, Option<FieldRef>>> {
        self.outside_of_statements(|session| {
            let context = session.bind_context()?;
            let shared = Arc::clone(&session.shared);
            let state = Arc::clone(session.state());
            let binder = Binder::new(&state, &context, shared.warehouse.segments());
            Ok(binder.bind_query(query)?.get_parameter_fields()?)
        })
    }

    /// Looks at the catalog as a statement would, and leaves no transaction behind.
    fn outside_of_statements<T>(&mut self, look: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.check_not_failed()?;
        self.begin_statement();
        let idle = self.is_idle();
        self.ensure_transaction();
        let seen = look(self);
        if idle {
            self.rollback();
        }
        seen
    }

    fn describe_query(&mut self, query: &Query) -> Result<Vec<ResultColumn>> {
        let query = crate::statement::set_config::described(query);
        self.outside_of_statements(|session| {
            let columns = execution::result_columns(&session.plan_query(&query)?);
            Ok(session.named(columns))
        })
    }
}

/// `SELECT … INTO` makes a table and returns nothing.
fn selects_into(query: &Query) -> bool {
    matches!(&*query.body, SetExpr::Select(select) if select.into.is_some())
}
