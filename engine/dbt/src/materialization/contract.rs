//! Contracts: the declared columns as DDL, and the check that the query has just these.

use super::Execution;
use crate::{
    Column, Error, Result,
    data_type::DataType,
    project::node::{ColumnSpec, Constraint},
    relation::quote,
};

/// A query with the columns of `sql` and no rows.
pub fn empty_subquery(sql: &str) -> String {
    format!("select * from (\n{sql}\n) as __dbt_sbq\nwhere false\nlimit 0")
}

impl Execution<'_> {
    /// Compares the query's columns with the declared ones: names, number, types without their lengths.
    pub fn assert_contract(&self) -> Result<()> {
        let at = |message: String| Error::compilation(message).at(&self.node.path, None);
        if self.node.columns.is_empty() {
            return Err(at(
                "This model has an enforced contract, and its `columns` are missing from the YAML".to_owned()
            ));
        }
        let untyped: Vec<&str> = self
            .node
            .columns
            .iter()
            .filter(|column| column.data_type.is_none())
            .map(|column| column.name.as_str())
            .collect();
        if !untyped.is_empty() {
            let names = untyped.join(", ");
            return Err(at(format!(
                "Contracted models require data_type to be defined for each column: {names} have none"
            )));
        }
        let found = self.execute(&empty_subquery(&self.sql))?.columns;
        let problems = differences(&self.node.columns, &found);
        if problems.is_empty() {
            return Ok(());
        }
        Err(at(format!(
            "This model has an enforced contract that failed. Please ensure the name, data_type, and number of columns \
             in your contract match the columns in your model's definition.\n  {}",
            problems.join("\n  ")
        )))
    }

    /// The columns and constraints in parentheses.
    pub fn contract_columns(&self) -> Result<String> {
        let mut lines = Vec::new();
        for column in &self.node.columns {
            let mut line = format!("{} {}", column_name(column), column.data_type.as_deref().unwrap_or(""));
            for constraint in &column.constraints {
                if let Some(text) = self.column_constraint(constraint)? {
                    line = format!("{line} {text}");
                }
            }
            lines.push(line);
        }
        for constraint in &self.node.constraints {
            lines.extend(self.model_constraint(constraint)?);
        }
        Ok(format!("(\n    {}\n)", lines.join(",\n    ")))
    }

    /// The declared columns from the query, in their declared order.
    pub fn contract_subquery(&self) -> String {
        let names: Vec<String> = self.node.columns.iter().map(column_name).collect();
        format!("select {}\nfrom (\n{}\n) as model_subq", names.join(", "), self.sql)
    }

    /// `references …` of a foreign key.
    fn references(&self, constraint: &Constraint) -> Result<Option<String>> {
        match (&constraint.to, &constraint.expression) {
            (Some(to), _) if !constraint.to_columns.is_empty() => {
                let to = reference_text(to).map_or(Ok(to.clone()), |text| self.scope.render(&text))?;
                Ok(Some(format!("references {to} ({})", constraint.to_columns.join(", "))))
            }
            (_, Some(expression)) => Ok(Some(format!("references {expression}"))),
            _ => Ok(None),
        }
    }

    fn column_constraint(&self, constraint: &Constraint) -> Result<Option<String>> {
        let expression = constraint.expression.as_deref().unwrap_or("");
        let text = match constraint.kind.as_str() {
            "not_null" => Some(format!("not null {expression}")),
            "unique" => Some(format!("unique {expression}")),
            "primary_key" => Some(format!("primary key {expression}")),
            "foreign_key" => self.references(constraint)?,
            "custom" => Some(expression.to_owned()),
            _ => self.unsupported_constraint(constraint),
        };
        Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    fn model_constraint(&self, constraint: &Constraint) -> Result<Option<String>> {
        let prefix = constraint.name.as_ref().map_or(String::new(), |name| format!("constraint {name} "));
        let columns = constraint.columns.join(", ");
        let expression = constraint.expression.as_ref().map_or(String::new(), |expression| format!(" {expression}"));
        Ok(match constraint.kind.as_str() {
            "unique" => Some(format!("{prefix}unique{expression} ({columns})")),
            "primary_key" => Some(format!("{prefix}primary key{expression} ({columns})")),
            "foreign_key" => {
                self.references(constraint)?.map(|references| format!("{prefix}foreign key ({columns}) {references}"))
            }
            "custom" => Some(format!("{prefix}{}", expression.trim())),
            // dbt knows no `not null` of a model's level.
            "not_null" => None,
            _ => self.unsupported_constraint(constraint),
        })
    }

    /// Redshift has no check constraints; dbt leaves them out with a warning.
    fn unsupported_constraint(&self, constraint: &Constraint) -> Option<String> {
        self.scope.warn(format!(
            "{}: Redshift does not support {} constraints; this one is left out",
            self.node.name, constraint.kind
        ));
        None
    }
}

/// `ref('x')` as a template; `None` for a plain relation name.
pub fn reference_text(to: &str) -> Option<String> {
    let trimmed = to.trim();
    if trimmed.contains("{{") {
        return Some(trimmed.to_owned());
    }
    let is_call = ["ref", "source"]
        .iter()
        .any(|name| trimmed.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')));
    is_call.then(|| format!("{{{{ {trimmed} }}}}"))
}

fn column_name(column: &ColumnSpec) -> String {
    if column.quote { quote(&column.name) } else { column.name.clone() }
}

/// What differs between declared and found columns, a line each.
fn differences(declared: &[ColumnSpec], found: &[Column]) -> Vec<String> {
    let mut problems = Vec::new();
    for column in found {
        let Some(expected) = declared.iter().find(|declared| declared.name.eq_ignore_ascii_case(&column.name)) else {
            problems.push(format!("{}: missing in contract (it is {})", column.name, column.data_type));
            continue;
        };
        let expected = DataType::parse(expected.data_type.as_deref().unwrap_or(""));
        let actual = DataType::parse(&column.data_type);
        if expected.base != actual.base {
            problems
                .push(format!("{}: data type mismatch: definition has {actual}, contract has {expected}", column.name));
        }
    }
    for column in declared {
        if !found.iter().any(|found| found.name.eq_ignore_ascii_case(&column.name)) {
            problems.push(format!("{}: missing in definition", column.name));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_without_lengths() {
        let declared = |name: &str, data_type: &str| ColumnSpec {
            name: name.to_owned(),
            data_type: Some(data_type.to_owned()),
            ..ColumnSpec::default()
        };
        let found = |name: &str, data_type: &str| Column { name: name.to_owned(), data_type: data_type.to_owned() };
        let contract = [declared("id", "int"), declared("name", "varchar(10)")];
        assert!(differences(&contract, &[found("id", "integer"), found("NAME", "character varying(99)")]).is_empty());
        assert_eq!(
            differences(&contract, &[found("id", "bigint"), found("x", "date")]),
            [
                "id: data type mismatch: definition has bigint, contract has integer",
                "x: missing in contract (it is date)",
                "name: missing in definition"
            ]
        );
    }

    #[test]
    fn references() {
        assert_eq!(reference_text("ref('x')").as_deref(), Some("{{ ref('x') }}"));
        assert_eq!(reference_text("gold.x"), None);
        assert_eq!(reference_text("reference_table"), None);
    }
}
