//! Hooks: statements before and after a model, inside its transaction or outside of it.

use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::Execution;
use crate::{
    Error, Outcome, Result,
    jinja::{Scope, context::lock},
    session::Session,
};

/// Which hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// `pre_hook`.
    Before,
    /// `post_hook`.
    After,
}

impl Execution<'_> {
    /// Runs the hooks that belong inside (or outside) of the transaction.
    pub fn run_hooks(&self, when: When, inside_transaction: bool) -> Result<()> {
        let key = if when == When::Before { "pre_hook" } else { "post_hook" };
        let hooks = self.config_json(key).and_then(Json::as_array).cloned().unwrap_or_default();
        for hook in hooks {
            let (sql, inside) = parse(&hook, key)?;
            // The hook's own text may be `{{ before_begin('…') }}`, which renders to a JSON object.
            let rendered = self.scope.render(&sql)?;
            let (sql, inside) = match serde_json::from_str::<Json>(rendered.trim()) {
                Ok(object @ Json::Object(_)) => parse(&object, key)?,
                _ => (rendered, inside),
            };
            if inside != inside_transaction || sql.trim().is_empty() {
                continue;
            }
            if inside_transaction {
                lock(&self.session).begin()?;
            } else {
                lock(&self.session).commit()?;
            }
            self.execute(&sql).map_err(|mut error| {
                error.message = format!("in a {key}: {}", error.message);
                error
            })?;
        }
        Ok(())
    }
}

/// A hook's statement and whether it runs inside the transaction: a text, or an object with both.
fn parse(hook: &Json, key: &str) -> Result<(String, bool)> {
    match hook {
        Json::String(text) => Ok((text.clone(), true)),
        Json::Object(entries) => {
            let sql = entries.get("sql").and_then(Json::as_str);
            let sql = sql.ok_or_else(|| Error::parsing(format!("a {key} has no `sql`")))?;
            Ok((sql.to_owned(), entries.get("transaction").and_then(Json::as_bool).unwrap_or(true)))
        }
        other => Err(Error::parsing(format!("a {key} must be a statement, not {other}"))),
    }
}

/// Runs one statement of `on-run-start` or `on-run-end`.
pub fn run_operation(scope: &Arc<Scope>, session: &Arc<Mutex<Session>>, text: &str) -> Result<Outcome> {
    let sql = scope.render(text)?;
    let outcome = lock(session).execute(&sql);
    if outcome.is_err() {
        lock(session).rollback();
    }
    outcome
}
