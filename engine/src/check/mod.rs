//! `blueshift check`: what of a script would fail on a real Redshift, or behave differently there.
//!
//! Nothing of the user's is touched. A script runs statement by statement in a warehouse of its own that
//! is thrown away: definitions take effect, so that later statements are checked against them; queries
//! are planned only; what reads or writes S3 is parsed only. SQL of a dbt project is planned against the
//! warehouse that the project was built in.

/// What Redshift does otherwise.
mod difference;

use blueshift_sql::{ParsedStatement, ScriptPart, Statement, ast::sql::SetExpr};

use crate::{
    error::{Error, SqlState},
    functions::unknown::NOT_IN_REDSHIFT,
    session::Session,
};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It could not be checked: a relation or function is not known here.
    Unknown,
    /// It runs on Redshift, but not as one might expect.
    Difference,
    /// It fails on Redshift.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Line in the script, from 1.
    pub line: usize,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
    /// What can be done.
    pub hint: Option<String>,
}

/// Checks all statements of a script. `session` belongs to a warehouse that may be changed.
pub async fn script(session: &mut Session, text: &str) -> Vec<Finding> {
    let mut findings = vec![];
    for part in blueshift_sql::split(text) {
        match session.parse(&part) {
            Ok(parsed) => {
                let differences = difference::of(&parsed.statement);
                let ours = differences.iter().any(|(severity, ..)| *severity == Severity::Error);
                let found = |(severity, message, hint)| Finding { line: part.line, severity, message, hint };
                findings.extend(differences.into_iter().map(found));
                if !ours && let Err(error) = try_statement(session, &parsed).await {
                    findings.push(finding(&error, text, &part));
                }
            }
            Err(error) => findings.push(finding(&error, text, &part)),
        }
    }
    findings
}

/// Checks the query of a model: it is planned, and nothing happens.
pub async fn query(session: &mut Session, text: &str) -> Vec<Finding> {
    let mut findings = vec![];
    for part in blueshift_sql::split(text) {
        let outcome = match session.parse(&part) {
            Ok(parsed) => session.describe_statement(&parsed).await.map(|_| ()),
            Err(error) => Err(error),
        };
        findings.extend(outcome.err().map(|error| finding(&error, text, &part)));
    }
    findings
}

async fn try_statement(session: &mut Session, parsed: &ParsedStatement) -> Result<(), Error> {
    match &parsed.statement {
        // Each statement is checked on its own, whatever its transaction would become.
        Statement::Begin(_) | Statement::Commit | Statement::Rollback => Ok(()),
        Statement::Query(query) if !matches!(&*query.body, SetExpr::Select(select) if select.into.is_some()) => {
            session.describe_statement(parsed).await.map(|_| ())
        }
        // What leaves the warehouse is none of a check's business.
        Statement::Copy(_) | Statement::CopyJob(_) | Statement::Unload(_) => Ok(()),
        _ => session.run_statement(parsed).await.map(|_| ()),
    }
}

fn finding(error: &Error, text: &str, part: &ScriptPart<'_>) -> Finding {
    let unknown = [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_SCHEMA,
        SqlState::UNDEFINED_DATABASE,
        SqlState::UNDEFINED_FUNCTION,
    ];
    let message = error.message();
    // All operators are known, and so are functions that Redshift does not have. Users may be there.
    let known_to_be_missing = error.detail() == Some(NOT_IN_REDSHIFT) || message.starts_with("operator ");
    let somebody = error.state() == SqlState::UNDEFINED_OBJECT
        && ["user \"", "group \"", "role \""].iter().any(|kind| message.starts_with(kind));
    let severity = match somebody || unknown.contains(&error.state()) && !known_to_be_missing {
        true => Severity::Unknown,
        false => Severity::Error,
    };
    let mut message = format!("{} ({})", error.message(), error.state().0);
    if let Some(detail) = error.detail() {
        message = format!("{message}: {detail}");
    }
    Finding { line: line_of(error, text, part), severity, message, hint: error.hint().map(str::to_owned) }
}

/// The line of the error's place; of the statement where it has none.
fn line_of(error: &Error, text: &str, part: &ScriptPart<'_>) -> usize {
    match error.position() {
        Some(position) => 1 + text.chars().take(position.saturating_sub(1)).filter(|c| *c == '\n').count(),
        None => part.line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Engine};

    #[test]
    fn findings_have_lines_and_severities() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let mut session = Engine::open(Config::new(folder.path())).unwrap().session();
        let text = "create table t (a int primary key);\nbegin;\nselect a,\n  b from t;\nselec 1;\n\n\
            select string_agg(a, ',') from t;\nselect * from elsewhere;\ncopy t from 's3://b/k' iam_role default;\n\
            set blueshift_strict to off;\ncommit;\nselect a from t;";
        let findings = runtime.block_on(script(&mut session, text));
        let found: Vec<(usize, Severity)> = findings.iter().map(|finding| (finding.line, finding.severity)).collect();
        assert_eq!(
            found,
            [
                (1, Severity::Difference),
                (3, Severity::Error),
                (5, Severity::Error),
                (7, Severity::Error),
                (8, Severity::Unknown),
                (10, Severity::Error),
            ],
            "{findings:?}"
        );
    }
}
