//! `table`: built beside the old one, swapped in within one transaction.

use super::{Built, Execution, built, hook::When, intermediate};
use crate::{Error, RelationKind, Result, project::config::Config, relation::Relation};

/// Builds a table.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let target = &execution.node.relation;
    let existing = execution.kind_of(target)?;
    execution.drop_leftovers(target)?;
    execution.run_hooks(When::Before, false)?;
    execution.begin()?;
    execution.run_hooks(When::Before, true)?;
    let statement = execution.create_table_as(&intermediate(target), false)?;
    let outcome = execution.execute(&statement)?;
    execution.swap(existing, &intermediate(target), target)?;
    execution.run_hooks(When::After, true)?;
    execution.apply_grants(target, false)?;
    execution.persist_docs(target, RelationKind::Table)?;
    execution.commit()?;
    execution.drop_backup(target, existing.unwrap_or(RelationKind::Table))?;
    execution.run_hooks(When::After, false)?;
    Ok(built(&outcome, statement))
}

impl Execution<'_> {
    /// The statements that create a table from the node's SQL. With a contract there are two: the
    /// declared columns, then the insert.
    pub fn create_table_as(&self, relation: &Relation, temporary: bool) -> Result<String> {
        let header = self.sql_header()?;
        let config = &self.node.config;
        let word = if temporary { "create temporary table" } else { "create table" };
        let backup = if config.boolean("backup")? == Some(false) { "backup no\n" } else { "" };
        let attributes = format!("{backup}{}{}", dist(config)?, sort(config)?);
        let sql = &self.sql;
        if !config.contract_enforced() {
            return Ok(format!("{header}{word}\n    {relation}\n{attributes}as (\n{sql}\n);"));
        }
        self.assert_contract()?;
        let columns = self.contract_columns()?;
        let subquery = self.contract_subquery();
        Ok(format!(
            "{header}{word}\n    {relation}\n{columns}\n{attributes};\n\ninsert into {relation}\n(\n{subquery}\n);"
        ))
    }
}

/// The distribution style of a config.
pub fn dist(config: &Config) -> Result<String> {
    let Some(dist) = config.text("dist")? else { return Ok(String::new()) };
    let dist = dist.trim().to_lowercase();
    Ok(match dist.as_str() {
        "all" | "even" => format!("diststyle {dist}\n"),
        "auto" => String::new(),
        column => format!("diststyle key distkey ({column})\n"),
    })
}

/// The sort key of a config.
pub fn sort(config: &Config) -> Result<String> {
    let keys = config.texts("sort")?;
    let sort_type = config.text("sort_type")?;
    if !matches!(sort_type, None | Some("compound" | "interleaved")) {
        return Err(Error::compilation(format!(
            "the config `sort_type` must be compound or interleaved, not '{}'",
            sort_type.unwrap_or_default()
        )));
    }
    if keys.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("{} sortkey({})\n", sort_type.unwrap_or("compound"), keys.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(json: serde_json::Value) -> Config {
        Config(json.as_object().unwrap().clone())
    }

    #[test]
    fn attributes() {
        assert_eq!(dist(&config(json!({"dist": "Even"}))).unwrap(), "diststyle even\n");
        assert_eq!(dist(&config(json!({"dist": "track_id"}))).unwrap(), "diststyle key distkey (track_id)\n");
        assert_eq!(dist(&config(json!({"dist": "auto"}))).unwrap(), "");
        assert_eq!(sort(&config(json!({"sort": "a"}))).unwrap(), "compound sortkey(a)\n");
        let interleaved = config(json!({"sort": ["a", "b"], "sort_type": "interleaved"}));
        assert_eq!(sort(&interleaved).unwrap(), "interleaved sortkey(a,b)\n");
        assert!(sort(&config(json!({"sort": "a", "sort_type": "x"}))).is_err());
    }
}
