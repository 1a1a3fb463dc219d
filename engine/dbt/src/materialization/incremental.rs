//! `incremental`: the first run builds the table, later runs add to it.

use super::{Built, Execution, backup, built, hook::When, intermediate, merge_statement::Merge};
use crate::{
    Error, RelationKind, Result,
    jinja::context::lock,
    relation::{Relation, quote},
};

/// Builds or extends an incremental model.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let target = &execution.node.relation;
    let existing = execution.kind_of(target)?;
    let strategy = strategy(execution)?;
    execution.drop_leftovers(target)?;
    execution.run_hooks(When::Before, false)?;
    execution.begin()?;
    execution.run_hooks(When::Before, true)?;
    let rebuild = execution.full_refresh || existing == Some(RelationKind::View);
    let mut temporary = None;
    let (statement, swapped) = match existing {
        None => (execution.create_table_as(target, false)?, false),
        Some(_) if rebuild => (execution.create_table_as(&intermediate(target), false)?, true),
        Some(RelationKind::Table) => {
            let name = target.with_suffix(&format!("__dbt_tmp{}", chrono::Utc::now().format("%H%M%S%6f")));
            let source = temporary.insert(Relation::temporary(name.identifier()));
            (add_statement(execution, target, source, &strategy)?, false)
        }
        Some(kind) => {
            let message = format!("{target} is a {}: an incremental model cannot add to it", kind.as_str());
            return Err(Error::compilation(message).at(&execution.node.path, None));
        }
    };
    let outcome = execution.execute(&statement)?;
    if swapped {
        execution.rename(target, &backup(target))?;
        execution.rename(&intermediate(target), target)?;
    }
    // A table that stays keeps its grants; a new one has none.
    execution.apply_grants(target, existing.is_some() && !rebuild)?;
    execution.persist_docs(target, RelationKind::Table)?;
    execution.run_hooks(When::After, true)?;
    execution.commit()?;
    if let (true, Some(kind)) = (swapped, existing) {
        execution.drop_backup(target, kind)?;
    }
    if let Some(temporary) = temporary {
        // dbt leaves this to the end of its connection; a worker's connection here serves many nodes.
        execution.execute(&format!("drop table if exists {temporary}"))?;
    }
    execution.run_hooks(When::After, false)?;
    Ok(built(&outcome, statement))
}

/// The strategy's name.
fn strategy(execution: &Execution<'_>) -> Result<String> {
    let config = &execution.node.config;
    let strategy = match config.text("incremental_strategy")? {
        None | Some("default") if config.texts("unique_key")?.is_empty() => "append",
        None | Some("default") => "delete+insert",
        Some(strategy) => strategy,
    };
    match strategy {
        "append" | "delete+insert" | "merge" => Ok(strategy.to_owned()),
        other => Err(Error::unsupported(format!("the incremental strategy `{other}`")).at(&execution.node.path, None)),
    }
}

/// Fills the temporary table and returns the statement that adds its rows to the target.
fn add_statement(execution: &Execution<'_>, target: &Relation, source: &Relation, strategy: &str) -> Result<String> {
    let config = &execution.node.config;
    execution.execute(&execution.create_table_as(source, true)?)?;
    if !config.contract_enforced() {
        widen_columns(execution, source, target)?;
    }
    let columns = match execution.process_schema_changes(source, target)? {
        Some(columns) => columns,
        None => lock(&execution.session).columns_of(target)?,
    };
    if columns.is_empty() {
        return Err(
            Error::compilation(format!("the columns of {target} could not be found")).at(&execution.node.path, None)
        );
    }
    let mut predicates = config.texts("predicates")?;
    if predicates.is_empty() {
        predicates = config.texts("incremental_predicates")?;
    }
    let merge = Merge {
        target,
        source,
        unique_key: &config.texts("unique_key")?,
        columns: &columns,
        predicates: &predicates,
        update_columns: &config.texts("merge_update_columns")?,
        exclude_columns: &config.texts("merge_exclude_columns")?,
    };
    match strategy {
        "append" => Ok(merge.append()),
        "merge" => merge.merge(),
        _ => Ok(merge.delete_insert()),
    }
}

/// Makes the target's character columns as long as the new rows need, as dbt does before every insert.
fn widen_columns(execution: &Execution<'_>, source: &Relation, target: &Relation) -> Result<()> {
    let (new, known) = {
        let mut session = lock(&execution.session);
        (session.columns_of(source)?, session.columns_of(target)?)
    };
    for column in &known {
        let Some(other) = new.iter().find(|other| other.name == column.name) else { continue };
        let (have, need) =
            (crate::data_type::DataType::parse(&column.data_type), crate::data_type::DataType::parse(&other.data_type));
        if let (Some(have), Some(need)) = (have.char_size(), need.char_size())
            && need > have
        {
            execution.alter_column_type(target, &column.name, &format!("character varying({need})"))?;
        }
    }
    Ok(())
}

impl Execution<'_> {
    /// Changes a column's type the way dbt does it: a new column, filled, in place of the old one.
    pub fn alter_column_type(&self, relation: &Relation, column: &str, data_type: &str) -> Result<()> {
        let (old, new) = (quote(column), quote(&format!("{column}__dbt_alter")));
        self.execute(&format!("alter table {relation} add column {new} {data_type}"))?;
        self.execute(&format!("update {relation} set {new} = {old}"))?;
        self.execute(&format!("alter table {relation} drop column {old} cascade"))?;
        self.execute(&format!("alter table {relation} rename column {new} to {old}"))?;
        Ok(())
    }
}
