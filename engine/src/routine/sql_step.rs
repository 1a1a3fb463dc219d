//! Commands of SQL inside of procedures: variables put in, INTO, EXECUTE, transaction control.

use blueshift_sql::{
    ParsedStatement, ScriptPart,
    ast::{AlterTableAction, DropKind, Expr, Query, Statement},
    plpgsql::Target,
};

use super::{call, evaluate, interpreter::Interpreter, substitute, value::Value};
use crate::{
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
    statement::execute_boxed,
};

impl Interpreter<'_> {
    /// A command as the body has it.
    pub(super) async fn sql(&mut self, statement: &Statement, text: &str, into: Option<&[Target]>) -> Result<()> {
        if let Statement::Call(call) = statement {
            let environment = &self.environment;
            let mut arguments = call.arguments.clone();
            for argument in &mut arguments {
                substitute::in_expr(argument, environment)?;
            }
            let outputs = call::nested(self.session, call, &arguments).await?;
            for (position, value) in outputs {
                let target = match position.and_then(|position| call.arguments.get(position)) {
                    Some(Expr::Identifier(ident)) => vec![ident.value.clone()],
                    Some(Expr::CompoundIdentifier(parts)) => parts.iter().map(|part| part.value.clone()).collect(),
                    // A constant in the place of an INOUT argument: nobody gets the value.
                    _ => continue,
                };
                self.assign(&target, value).await?;
            }
            return self.after_statement();
        }
        let mut statement = statement.clone();
        substitute::in_statement(&mut statement, &self.environment)?;
        match statement {
            Statement::Query(query) => match into {
                Some(targets) => self.query_into(&query, targets).await,
                None if into_table(&query) => self.run(Statement::Query(query), text).await,
                None => Err(Error::syntax("SELECT query has no destination for result data")
                    .with_hint("If you want to discard the results, use PERFORM instead.")),
            },
            other => self.run(other, text).await,
        }
    }

    /// PERFORM: a query whose rows nobody wants.
    pub(super) async fn perform(&mut self, query: &Query) -> Result<()> {
        let mut query = query.clone();
        substitute::in_query(&mut query, &self.environment)?;
        let rows = evaluate::rows(self.session, &query).await?;
        self.environment.row_count = rows.count() as u64;
        self.environment.found = rows.count() > 0;
        self.after_statement()
    }

    async fn query_into(&mut self, query: &Query, targets: &[Target]) -> Result<()> {
        let rows = evaluate::rows(self.session, query).await?;
        let first = rows.row(0)?;
        self.environment.found = first.is_some();
        self.environment.row_count = u64::from(first.is_some());
        self.store_row(targets, &rows.columns, first).await?;
        self.after_statement()
    }

    /// A row into a record or a list of variables; None: NULLs.
    pub(super) async fn store_row(
        &mut self,
        targets: &[Target],
        columns: &[(String, Option<crate::types::RedshiftType>)],
        row: Option<Vec<Value>>,
    ) -> Result<()> {
        let row = row.unwrap_or_else(|| {
            columns.iter().map(|(_, data_type)| Value { data_type: *data_type, ..Value::null() }).collect()
        });
        if let [target] = targets
            && self.environment.is_record(target)
        {
            let fields = columns.iter().map(|(name, _)| name.clone()).zip(row).collect();
            return self.assign_row(target, fields).await;
        }
        if targets.len() != row.len() {
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                "the number of columns of the query does not match the number of variables",
            ));
        }
        for (target, value) in targets.iter().zip(row) {
            self.assign(target, value).await?;
        }
        Ok(())
    }

    async fn run(&mut self, statement: Statement, text: &str) -> Result<()> {
        refuse(&statement)?;
        if let Statement::Truncate(_) = statement {
            self.check_not_atomic("TRUNCATE")?;
        }
        let changes_rows = matches!(
            statement,
            Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_)
        );
        let parsed = ParsedStatement { statement, text: text.to_owned(), offset: 0, parameters: 0 };
        let result = execute_boxed(self.session, &parsed).await?;
        self.session.ensure_transaction();
        let rows = rows_of(&result);
        self.environment.row_count = rows;
        if changes_rows {
            self.environment.found = rows > 0;
        }
        self.after_statement()
    }

    /// EXECUTE text [INTO targets].
    pub(super) async fn execute(&mut self, command: &Expr, into: Option<&[Target]>) -> Result<()> {
        let parsed = self.dynamic(command).await?;
        if matches!(parsed.statement, Statement::Commit | Statement::Rollback | Statement::Begin(_)) {
            return Err(Error::new(
                SqlState("2D000"),
                "COMMIT, ROLLBACK and BEGIN cannot be run with EXECUTE in a stored procedure",
            ));
        }
        match (&parsed.statement, into) {
            (Statement::Query(query), Some(targets)) => self.query_into(query, targets).await,
            (_, Some(_)) => Err(Error::syntax("EXECUTE … INTO takes a query")),
            (Statement::Call(call), None) => {
                call::nested(self.session, call, &call.arguments).await?;
                self.after_statement()
            }
            _ => self.run(parsed.statement, &parsed.text).await,
        }
    }

    /// The statement that a text expression holds.
    pub(super) async fn dynamic(&mut self, command: &Expr) -> Result<ParsedStatement> {
        let text = self.eval(command, None).await?.to_text()?;
        let text = text.ok_or_else(|| Error::new(SqlState("22004"), "cannot EXECUTE a null querystring"))?;
        let parts = blueshift_sql::split(&text);
        match parts.as_slice() {
            [part] => self.session.parse(&ScriptPart::whole(part.text)),
            [] => Err(Error::syntax("EXECUTE of an empty command")),
            _ => Err(Error::not_supported("EXECUTE of several commands")),
        }
    }

    // ---- transactions ----

    /// In a NONATOMIC procedure each statement is a transaction, but for those between START
    /// TRANSACTION and COMMIT.
    pub(super) fn after_statement(&mut self) -> Result<()> {
        if self.nonatomic && !self.in_transaction {
            self.session.commit_and_continue()?;
            self.session.ensure_transaction();
        }
        Ok(())
    }

    /// COMMIT, ROLLBACK: a new transaction begins.
    pub(super) fn end_transaction(&mut self, commit: bool) -> Result<()> {
        self.check_not_atomic(if commit { "COMMIT" } else { "ROLLBACK" })?;
        self.in_transaction = false;
        if commit {
            self.session.commit_and_continue()?;
            self.session.ensure_transaction();
        } else {
            self.session.rollback_and_continue();
        }
        Ok(())
    }

    pub(super) fn start_transaction(&mut self) -> Result<()> {
        if !self.nonatomic {
            return Err(Error::new(SqlState("2D000"), "START TRANSACTION is for procedures that are NONATOMIC"));
        }
        self.in_transaction = true;
        Ok(())
    }

    fn check_not_atomic(&self, command: &str) -> Result<()> {
        if !is_atomic(self.session) {
            return Ok(());
        }
        Err(Error::new(
            SqlState("2D000"),
            format!("{command} cannot be invoked from a procedure that is executing in an atomic context."),
        )
        .with_hint(
            "Try calling the procedure as a top-level call i.e. not from within an explicit transaction block. \
             Or, if this procedure (or one of its ancestors in the call chain) was created with SET config options, \
             recreate the procedure without them.",
        ))
    }
}

/// Whether the transaction is the caller's: a block, or a procedure with SET options.
pub(super) fn is_atomic(session: &Session) -> bool {
    session.local.calls.atomic || session.in_transaction_block()
}

/// Commands that want a transaction of their own cannot be in a procedure ("Limits and differences").
fn refuse(statement: &Statement) -> Result<()> {
    let command = match statement {
        Statement::Prepare(_) => "PREPARE",
        Statement::CreateDatabase(_) => "CREATE DATABASE",
        Statement::Drop(drop) if drop.kind == DropKind::Database => "DROP DATABASE",
        Statement::CreateExternalTable(_) => "CREATE EXTERNAL TABLE",
        Statement::Vacuum(_) => "VACUUM",
        Statement::Set(set) if set.local => "SET LOCAL",
        Statement::Begin(_) => "BEGIN",
        Statement::AlterTable(alter)
            if alter.actions.iter().any(|action| matches!(action, AlterTableAction::AppendFrom { .. })) =>
        {
            "ALTER TABLE APPEND"
        }
        Statement::DeclareCursor(_) | Statement::Fetch(_) | Statement::Close(_) => "a cursor of SQL",
        _ => return Ok(()),
    };
    Err(Error::new(SqlState::ACTIVE_TRANSACTION, format!("{command} cannot be run from a stored procedure")))
}

fn into_table(query: &Query) -> bool {
    matches!(&*query.body, blueshift_sql::ast::sql::SetExpr::Select(select) if select.into.is_some())
}

/// Rows that a command changed or returned.
fn rows_of(result: &StatementResult) -> u64 {
    match result {
        StatementResult::Rows { .. } => result.row_count() as u64,
        StatementResult::Done { tag } => tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0),
    }
}
