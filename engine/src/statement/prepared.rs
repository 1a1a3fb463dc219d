//! PREPARE, EXECUTE, DEALLOCATE.

use blueshift_sql::{
    ParsedStatement,
    ast::{self, DataType, Expr, Statement},
};

use super::execute_boxed;
use crate::{
    error::{Error, Result, SqlState},
    routine::{evaluate, substitute},
    session::{Prepared, Session, StatementResult},
    types::RedshiftType,
};

/// PREPARE.
pub fn prepare(session: &mut Session, prepare: &ast::Prepare, parsed: &ParsedStatement) -> Result<StatementResult> {
    let supported = matches!(
        *prepare.statement,
        Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::CreateTableAs(_)
    );
    if !supported {
        return Err(Error::syntax("PREPARE takes SELECT, INSERT, UPDATE, DELETE or CREATE TABLE AS"));
    }
    let name = &prepare.name.value;
    if session.local.prepared.contains_key(name) {
        return Err(Error::new(SqlState("42P05"), format!("prepared statement \"{name}\" already exists")));
    }
    if prepare.types.len() < parsed.parameters {
        let missing = prepare.types.len() + 1;
        return Err(Error::new(SqlState("42P18"), format!("could not determine data type of parameter ${missing}")));
    }
    let types = prepare.types.iter().map(parameter_type).collect::<Result<_>>()?;
    let statement = Prepared {
        types,
        statement: (*prepare.statement).clone(),
        text: parsed.text.clone(),
        parameters: prepare.types.len(),
    };
    session.local.prepared.insert(name.clone(), statement);
    Ok(StatementResult::done("PREPARE"))
}

/// A parameter's type. As in PostgreSQL, lengths of its texts do not count.
pub fn parameter_type(data_type: &DataType) -> Result<RedshiftType> {
    Ok(match RedshiftType::from_sql(data_type)? {
        RedshiftType::Varchar(_) | RedshiftType::Char(_) => RedshiftType::Varchar(None),
        other => other,
    })
}

/// EXECUTE.
pub async fn execute(session: &mut Session, execute: &ast::Execute) -> Result<StatementResult> {
    let name = &execute.name.value;
    let Some(prepared) = session.local.prepared.get(name).cloned() else { return Err(undefined(name)) };
    if execute.values.len() != prepared.parameters {
        let message = format!("wrong number of parameters for prepared statement \"{name}\"");
        return Err(Error::new(SqlState("42P02"), message).with_detail(format!(
            "Expected {} parameters but got {}.",
            prepared.parameters,
            execute.values.len()
        )));
    }
    let mut values: Vec<Expr> = Vec::with_capacity(execute.values.len());
    for (expr, data_type) in execute.values.iter().zip(&prepared.types) {
        let target = match data_type {
            // Without its own length a number keeps its digits.
            RedshiftType::Numeric(18, 0) => None,
            other => Some(*other),
        };
        values.push(evaluate::value(session, expr, target).await?.to_expr()?);
    }
    let mut statement = prepared.statement;
    substitute::in_statement(&mut statement, &substitute::Positional(&values))?;
    let parsed = ParsedStatement { statement, text: prepared.text, offset: 0, parameters: 0 };
    execute_boxed(session, &parsed).await
}

/// DEALLOCATE.
pub fn deallocate(session: &mut Session, deallocate: &ast::Deallocate) -> Result<StatementResult> {
    match &deallocate.name {
        None => session.local.prepared.clear(),
        Some(name) => {
            session.local.prepared.remove(&name.value).ok_or_else(|| undefined(&name.value))?;
        }
    }
    Ok(StatementResult::done("DEALLOCATE"))
}

fn undefined(name: &str) -> Error {
    Error::new(SqlState("26000"), format!("prepared statement \"{name}\" does not exist"))
}
