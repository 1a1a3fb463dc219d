//! `seed`: a CSV file as a table. Later runs empty and fill it again; a full refresh rebuilds it.

use serde_json::Value as Json;

use super::{Built, Execution, hook::When, table::dist};
use crate::{
    Error, RelationKind, Result,
    project::files,
    relation::quote,
    seed::{ColumnType, CsvTable, infer, read_csv, sql_literal},
};

/// How many rows go into one insert, as in dbt-redshift.
const BATCH_ROWS: usize = 500;

/// Loads a seed.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    let target = &execution.node.relation;
    let seed = read(execution)?;
    let existing = execution.kind_of(target)?;
    execution.run_hooks(When::Before, false)?;
    execution.begin()?;
    execution.run_hooks(When::Before, true)?;
    let statement = match existing {
        Some(RelationKind::Table) if !execution.full_refresh => format!("truncate table {target}"),
        Some(RelationKind::Table) => {
            execution.drop_alone(target, RelationKind::Table)?;
            execution.begin()?;
            seed.create_statement(execution)?
        }
        Some(kind) => {
            let message = format!("Cannot seed to '{target}', it is a {}", kind.as_str());
            return Err(Error::compilation(message).at(&execution.node.path, None));
        }
        None => seed.create_statement(execution)?,
    };
    execution.execute(&statement)?;
    for rows in seed.table.rows.chunks(BATCH_ROWS) {
        execution.execute(&seed.insert_statement(execution, rows))?;
    }
    execution.apply_grants(target, existing.is_some() && !execution.full_refresh)?;
    execution.persist_docs(target, RelationKind::Table)?;
    execution.run_hooks(When::After, true)?;
    execution.commit()?;
    execution.run_hooks(When::After, false)?;
    let rows = seed.table.rows.len() as u64;
    let word = if execution.full_refresh { "CREATE" } else { "INSERT" };
    Ok(Built { rows_affected: Some(rows), message: format!("{word} {rows}"), statement, test: None })
}

/// A seed's file with its types.
struct Seed {
    table: CsvTable,
    types: Vec<ColumnType>,
    declared: Vec<Option<String>>,
    quoted: bool,
}

fn read(execution: &Execution<'_>) -> Result<Seed> {
    let path = &execution.node.path;
    let config = &execution.node.config;
    let delimiter = match config.text("delimiter")?.map(|text| text.chars().collect::<Vec<_>>()) {
        None => ',',
        Some(chars) if chars.len() == 1 => chars[0],
        Some(_) => return Err(Error::parsing("the config `delimiter` must be one character").at(path, None)),
    };
    let table = read_csv(&files::read(&execution.project.root, path)?, delimiter, path)?;
    let declared: Vec<Option<String>> = table
        .columns
        .iter()
        .map(|name| execution.config_json("column_types")?.get(name)?.as_str().map(str::to_owned))
        .collect();
    if let Some(Json::Object(types)) = execution.config_json("column_types")
        && let Some(stranger) = types.keys().find(|name| !table.columns.contains(name))
    {
        let message = format!("`column_types` names the column `{stranger}`, which the seed does not have");
        return Err(Error::parsing(message).at(path, Some(1)));
    }
    let types = (0..table.columns.len()).map(|index| infer(&table, index, declared[index].is_some())).collect();
    Ok(Seed { table, types, declared, quoted: config.boolean("quote_columns")? != Some(false) })
}

impl Seed {
    fn columns(&self) -> Vec<String> {
        self.table.columns.iter().map(|name| if self.quoted { quote(name) } else { name.clone() }).collect()
    }

    fn create_statement(&self, execution: &Execution<'_>) -> Result<String> {
        let columns: Vec<String> = self
            .columns()
            .into_iter()
            .zip(self.types.iter().zip(&self.declared))
            .map(|(name, (inferred, declared))| {
                format!("{name} {}", declared.clone().unwrap_or_else(|| inferred.sql()))
            })
            .collect();
        let dist = dist(&execution.node.config)?;
        Ok(format!("create table {} ({})\n{dist}", execution.node.relation, columns.join(",")).trim_end().to_owned())
    }

    fn insert_statement(&self, execution: &Execution<'_>, rows: &[Vec<String>]) -> String {
        let row = |row: &Vec<String>| {
            let values: Vec<String> =
                row.iter().zip(&self.types).map(|(value, kind)| sql_literal(value, *kind)).collect();
            format!("({})", values.join(","))
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        format!("insert into {} ({}) values\n{}", execution.node.relation, self.columns().join(", "), rows.join(",\n"))
    }
}
