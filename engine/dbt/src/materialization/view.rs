//! `view`: created under another name, swapped in within one transaction.

use super::{Built, Execution, built, hook::When, intermediate};
use crate::{RelationKind, Result};

/// Builds a view.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let target = &execution.node.relation;
    let existing = execution.kind_of(target)?;
    execution.run_hooks(When::Before, false)?;
    execution.drop_leftovers(target)?;
    execution.begin()?;
    execution.run_hooks(When::Before, true)?;
    if execution.node.config.contract_enforced() {
        execution.assert_contract()?;
    }
    let binding = match execution.node.config.boolean("bind")? {
        Some(false) => " with no schema binding",
        _ => "",
    };
    let header = execution.sql_header()?;
    let statement = format!("{header}create view {} as (\n{}\n){binding};", intermediate(target), execution.sql);
    let outcome = execution.execute(&statement)?;
    execution.swap(existing, &intermediate(target), target)?;
    execution.apply_grants(target, false)?;
    execution.persist_docs(target, RelationKind::View)?;
    execution.run_hooks(When::After, true)?;
    execution.commit()?;
    execution.drop_backup(target, existing.unwrap_or(RelationKind::View))?;
    execution.run_hooks(When::After, false)?;
    Ok(built(&outcome, statement))
}
