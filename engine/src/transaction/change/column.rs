//! Changes of columns and of the physical design.

use std::{collections::HashSet, sync::Arc};

use super::{Transaction, find_relation};
use crate::{
    config::COLUMNS_MAX,
    error::{Error, Result, SqlState},
    storage::{
        catalog_store::type_name,
        metadata::{Column, ColumnId, Relation, TableId, TableLayout, TableSnapshot},
    },
    transaction::definition::ColumnDefinition,
};

impl Transaction {
    pub(in crate::transaction) fn table(&mut self, id: TableId) -> Result<Arc<TableSnapshot>> {
        match find_relation(self.snapshot()?.as_ref(), id)? {
            Relation::Table(table) => Ok(table),
            Relation::View(view) => Err(Error::wrong_object_type(&view.name, "table")),
        }
    }

    fn change_table(&mut self, id: TableId, change: impl FnOnce(&mut TableSnapshot) -> Result<()>) -> Result<()> {
        let mut table = self.table(id)?.as_ref().clone();
        change(&mut table)?;
        table.reset_arrow_schema();
        self.put_table(table)
    }

    pub(super) fn change_column(
        &mut self,
        id: TableId,
        column: ColumnId,
        change: impl FnOnce(&mut Column) -> Result<()>,
    ) -> Result<()> {
        self.change_table(id, |table| change(find_column(table, column)?))
    }

    /// ALTER TABLE … ADD COLUMN.
    pub fn add_column(&mut self, id: TableId, definition: ColumnDefinition) -> Result<ColumnId> {
        type_name(&definition.data_type)?;
        let mut added = ColumnId(0);
        self.change_table(id, |table| {
            if table.column(&definition.name).is_some() {
                return Err(duplicate_column(&definition.name));
            }
            if !definition.nullable && definition.initial_default.is_none() && table.row_count() > 0 {
                return Err(Error::not_null_violation(&definition.name));
            }
            let column = definition.clone();
            added = ColumnId(table.next_column_id);
            table.next_column_id += 1;
            table.columns.push(column.into_column(added));
            check_column_count(table.columns.len())
        })?;
        Ok(added)
    }

    /// ALTER TABLE … DROP COLUMN.
    pub fn drop_column(&mut self, id: TableId, column: ColumnId) -> Result<()> {
        self.change_table(id, |table| {
            let name = find_column(table, column)?.name.clone();
            let layout = &table.layout;
            if layout.dist_key == Some(column) || layout.sort_key.columns.contains(&column) {
                let message = format!("cannot drop column {name}: it is part of the distribution or sort key");
                return Err(Error::new(SqlState::DEPENDENT_OBJECTS, message));
            }
            table.columns.retain(|c| c.id != column);
            table.layout.constraints.retain(|c| !c.columns.contains(&column));
            Ok(())
        })
    }

    /// ALTER TABLE … RENAME COLUMN.
    pub fn rename_column(&mut self, id: TableId, column: ColumnId, name: &str) -> Result<()> {
        self.change_table(id, |table| {
            if table.columns.iter().any(|c| c.name == name && c.id != column) {
                return Err(duplicate_column(name));
            }
            find_column(table, column)?.name = name.to_owned();
            Ok(())
        })
    }

    /// ALTER TABLE … ALTER COLUMN … TYPE: another size of the same type.
    pub fn alter_column_type(&mut self, id: TableId, column: ColumnId, redshift_type: &str) -> Result<()> {
        self.change_column(id, column, |c| {
            c.redshift_type = redshift_type.to_owned();
            Ok(())
        })
    }

    /// ALTER TABLE … ALTER COLUMN … ENCODE.
    pub fn alter_column_encoding(&mut self, id: TableId, column: ColumnId, encoding: Option<&str>) -> Result<()> {
        self.change_column(id, column, |c| {
            c.encoding = encoding.map(str::to_owned);
            Ok(())
        })
    }

    /// Changes distribution, sort key, constraints or properties of a table. Rows that are there
    /// keep their order.
    pub fn set_layout(&mut self, id: TableId, layout: TableLayout) -> Result<()> {
        self.change_table(id, |table| {
            table.layout = layout;
            Ok(())
        })
    }
}

fn find_column(table: &mut TableSnapshot, id: ColumnId) -> Result<&mut Column> {
    table.columns.iter_mut().find(|c| c.id == id).ok_or_else(|| Error::undefined_column(id))
}

fn duplicate_column(name: &str) -> Error {
    Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{name}\" specified more than once"))
}

fn check_column_count(count: usize) -> Result<()> {
    if count > COLUMNS_MAX {
        let message = format!("tables can have at most {COLUMNS_MAX} columns");
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
    }
    Ok(())
}

/// Errors: 42701, 54011, and types that cannot be stored.
pub(super) fn check_columns(columns: &[ColumnDefinition]) -> Result<()> {
    check_column_count(columns.len())?;
    let mut names = HashSet::new();
    for column in columns {
        if !names.insert(&column.name) {
            return Err(duplicate_column(&column.name));
        }
        type_name(&column.data_type)?;
    }
    Ok(())
}
