//! `on_schema_change`: what happens when a query's columns are no longer those of its table.

use super::Execution;
use crate::{
    Column, Error, Result,
    data_type::DataType,
    jinja::context::lock,
    relation::{Relation, quote},
};

/// The differences between the new rows and the table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    added: Vec<Column>,
    removed: Vec<Column>,
    retyped: Vec<Column>,
}

impl Execution<'_> {
    /// Brings the table in line as the config says. Returns the columns to insert, or nothing when
    /// changes are ignored.
    pub fn process_schema_changes(&self, source: &Relation, target: &Relation) -> Result<Option<Vec<Column>>> {
        let mode = self.node.config.text("on_schema_change")?.unwrap_or("ignore");
        if !matches!(mode, "fail" | "append_new_columns" | "sync_all_columns") {
            return Ok(None);
        }
        let (new, known) = {
            let mut session = lock(&self.session);
            (session.columns_of(source)?, session.columns_of(target)?)
        };
        let changes = compare(&new, &known);
        if changes != Changes::default() {
            if mode == "fail" {
                return Err(self.out_of_sync(&changes));
            }
            self.sync(target, mode, &changes)?;
        }
        Ok(Some(new))
    }

    fn sync(&self, target: &Relation, mode: &str, changes: &Changes) -> Result<()> {
        for column in &changes.added {
            self.execute(&format!("alter table {target} add column {} {}", quote(&column.name), column.data_type))?;
        }
        if mode == "sync_all_columns" {
            for column in &changes.removed {
                self.execute(&format!("alter table {target} drop column {}", quote(&column.name)))?;
            }
            for column in &changes.retyped {
                self.alter_column_type(target, &column.name, &column.data_type)?;
            }
        }
        Ok(())
    }

    fn out_of_sync(&self, changes: &Changes) -> Error {
        let names = |columns: &[Column]| {
            columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", ")
        };
        let message = format!(
            "The source and target schemas on this incremental model are out of sync! Set `on_schema_change` to \
             append_new_columns or sync_all_columns, or run with --full-refresh.\n  Source columns not in target: [{}]\n  \
             Target columns not in source: [{}]\n  New column types: [{}]",
            names(&changes.added),
            names(&changes.removed),
            names(&changes.retyped)
        );
        Error::compilation(message).at(&self.node.path, None)
    }
}

fn compare(new: &[Column], known: &[Column]) -> Changes {
    let lacks = |columns: &[Column], name: &str| !columns.iter().any(|column| column.name == name);
    let retyped = |column: &&Column| {
        known.iter().find(|other| other.name == column.name).is_some_and(|other| {
            let (new, old) = (DataType::parse(&column.data_type), DataType::parse(&other.data_type));
            // A shorter text fits into the longer column.
            let fits = matches!((new.char_size(), old.char_size()), (Some(new), Some(old)) if new <= old);
            new != old && !fits
        })
    };
    Changes {
        added: new.iter().filter(|column| lacks(known, &column.name)).cloned().collect(),
        removed: known.iter().filter(|column| lacks(new, &column.name)).cloned().collect(),
        retyped: new.iter().filter(retyped).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: &str) -> Column {
        Column { name: name.to_owned(), data_type: data_type.to_owned() }
    }

    #[test]
    fn finds_changes() {
        let new = [column("a", "integer"), column("b", "character varying(5)"), column("c", "date")];
        let known = [column("a", "bigint"), column("b", "character varying(9)"), column("d", "date")];
        let changes = compare(&new, &known);
        assert_eq!(changes.added, [column("c", "date")]);
        assert_eq!(changes.removed, [column("d", "date")]);
        assert_eq!(changes.retyped, [column("a", "integer")]);
    }
}
