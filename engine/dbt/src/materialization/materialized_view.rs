//! `materialized_view`: created once, refreshed by later runs, rebuilt by a full refresh.
//!
//! dbt also compares dist, sort and auto refresh of the existing view with the config; here a
//! change of these takes a `--full-refresh`, as a change of the query does in dbt too.

use super::{Built, Execution, built, hook::When};
use crate::{Error, RelationKind, Result};

/// Creates or refreshes a materialized view.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let target = &execution.node.relation;
    let existing = execution.kind_of(target)?;
    if execution.node.config.contract_enforced() {
        return Err(Error::unsupported("a contract on a materialized view").at(&execution.node.path, None));
    }
    execution.drop_leftovers(target)?;
    execution.run_hooks(When::Before, false)?;
    execution.begin()?;
    execution.run_hooks(When::Before, true)?;
    let statement = match existing {
        Some(RelationKind::MaterializedView) if !execution.full_refresh => {
            format!("refresh materialized view {target}")
        }
        existing => {
            if let Some(kind) = existing {
                execution.execute(&super::drop_statement(target, kind))?;
            }
            create_statement(execution)?
        }
    };
    let outcome = execution.execute(&statement)?;
    execution.apply_grants(target, false)?;
    execution.persist_docs(target, RelationKind::MaterializedView)?;
    execution.run_hooks(When::After, true)?;
    execution.commit()?;
    execution.run_hooks(When::After, false)?;
    Ok(built(&outcome, statement))
}

fn create_statement(execution: &Execution<'_>) -> Result<String> {
    let config = &execution.node.config;
    let backup = if config.boolean("backup")? == Some(false) { "no" } else { "yes" };
    let dist = match config.text("dist")?.map(str::to_lowercase).as_deref() {
        None | Some("even") => "diststyle even".to_owned(),
        Some("all") => "diststyle all".to_owned(),
        Some("auto") => return Err(Error::compilation("materialized views do not support a `dist` of `auto`")),
        Some(column) => format!("diststyle key distkey ({column})"),
    };
    let keys = config.texts("sort")?;
    let sort = if keys.is_empty() { String::new() } else { format!("\nsortkey ({})", keys.join(",")) };
    let refresh = if config.boolean("auto_refresh")? == Some(true) { "yes" } else { "no" };
    Ok(format!(
        "create materialized view {}\nbackup {backup}\n{dist}{sort}\nauto refresh {refresh}\nas (\n{}\n)",
        execution.node.relation, execution.sql
    ))
}
