//! Tests: count what the test's query finds and judge it by severity.

use super::{Built, Execution};
use crate::{Cell, Error, Outcome, Result, Status};

/// What a test found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// Pass, warn or fail.
    pub status: Status,
    /// How many rows it found (or what `fail_calc` counts).
    pub failures: u64,
    /// dbt's message for a warning or failure.
    pub message: Option<String>,
}

/// Runs a test.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let config = &execution.node.config;
    for key in ["store_failures", "store_failures_as"] {
        if config.get(key).is_some_and(|value| *value != serde_json::Value::Bool(false)) {
            return Err(
                Error::unsupported(format!("the test config `{key}`")).at(&execution.node.path, execution.node.line)
            );
        }
    }
    let fail_calc = config.text("fail_calc")?.unwrap_or("count(*)");
    let warn_if = config.text("warn_if")?.unwrap_or("!= 0");
    let error_if = config.text("error_if")?.unwrap_or("!= 0");
    let limit = match config.get("limit") {
        None => String::new(),
        Some(limit) => format!("\nlimit {}", limit.as_str().map_or_else(|| limit.to_string(), str::to_owned)),
    };
    let statement = format!(
        "select\n  {fail_calc} as failures,\n  {fail_calc} {warn_if} as should_warn,\n  {fail_calc} {error_if} as should_error\n\
         from (\n{}{limit}\n) dbt_internal_test",
        execution.sql
    );
    let outcome = execution.execute(&statement)?;
    let (failures, should_warn, should_error) =
        verdict(&outcome).map_err(|error| error.at(&execution.node.path, execution.node.line))?;
    let severity = config.text("severity")?.unwrap_or("ERROR").to_uppercase();
    let status = match (severity.as_str(), should_error, should_warn) {
        ("ERROR", true, _) => Status::Fail,
        ("ERROR" | "WARN", _, true) => Status::Warn,
        ("ERROR" | "WARN", ..) => Status::Pass,
        (other, ..) => {
            let message = format!("the test config `severity` must be error or warn, not '{other}'");
            return Err(Error::parsing(message).at(&execution.node.path, execution.node.line));
        }
    };
    let condition = if status == Status::Fail { error_if } else { warn_if };
    let plural = if failures == 1 { "result" } else { "results" };
    let kind = if status == Status::Fail { "fail" } else { "warn" };
    let message =
        (status != Status::Pass).then(|| format!("Got {failures} {plural}, configured to {kind} if {condition}"));
    let test = TestOutcome { status, failures, message: message.clone() };
    Ok(Built { rows_affected: None, message: message.unwrap_or_default(), statement, test: Some(test) })
}

/// The one row of a test: failures, should_warn, should_error.
fn verdict(outcome: &Outcome) -> Result<(u64, bool, bool)> {
    let [row] = outcome.rows.as_slice() else {
        return Err(Error::compilation(format!("dbt expected one row from a test, got {}", outcome.rows.len())));
    };
    let [failures, should_warn, should_error] = row.as_slice() else {
        return Err(Error::compilation(format!("dbt expected three columns from a test, got {}", row.len())));
    };
    let failures = match failures {
        Cell::Null => Some(0),
        Cell::Integer(count) => u64::try_from(*count).ok(),
        Cell::Decimal(text) | Cell::Text(text) => text.parse::<f64>().ok().map(|count| count as u64),
        Cell::Float(count) => Some(*count as u64),
        Cell::Boolean(_) => None,
    };
    let failures = failures.ok_or_else(|| Error::compilation("a test's number of failures is no number"))?;
    Ok((failures, truth(should_warn)?, truth(should_error)?))
}

fn truth(cell: &Cell) -> Result<bool> {
    match cell {
        Cell::Boolean(value) => Ok(*value),
        Cell::Null => Ok(false),
        Cell::Integer(value) => Ok(*value != 0),
        Cell::Text(text) if matches!(text.as_str(), "t" | "true") => Ok(true),
        Cell::Text(text) if matches!(text.as_str(), "f" | "false") => Ok(false),
        other => Err(Error::compilation(format!("a test's verdict is no truth value: {other:?}"))),
    }
}
