//! What a system view is: items (relations, columns, sessions, …) and columns, each a function of
//! an item. So a column that a query does not read is never computed, nor is a row that its filter
//! takes out.

use std::sync::Arc;

use datafusion::arrow::{
    array::ArrayRef,
    datatypes::{Schema, SchemaRef},
};

use super::{
    context::SystemContext,
    value::{Value, array},
};
use crate::{error::Result, types::RedshiftType};

/// The schema of PostgreSQL's and Redshift's own catalogs, found without naming it.
pub const PG_CATALOG: &str = "pg_catalog";
/// The schema of the SQL standard's views.
pub const INFORMATION_SCHEMA: &str = "information_schema";

/// The value of a column for an item.
pub type ValueOf<I> = for<'a> fn(&'a SystemContext, &'a I) -> Value<'a>;

/// A column of a view.
pub struct Column<I> {
    name: &'static str,
    redshift_type: RedshiftType,
    value: ValueOf<I>,
}

/// A column: its name, its type, and its value for an item.
pub const fn col<I>(name: &'static str, redshift_type: RedshiftType, value: ValueOf<I>) -> Column<I> {
    Column { name, redshift_type, value }
}

/// A view whose columns are functions of items.
pub struct View<I: 'static> {
    /// Its schema.
    pub schema: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its rows.
    pub items: fn(&SystemContext) -> Result<Vec<I>>,
    /// Its columns.
    pub columns: &'static [Column<I>],
}

/// A view of any kind of items.
pub trait SystemView: Send + Sync {
    /// Its schema.
    fn schema_name(&self) -> &str;
    /// Its name.
    fn name(&self) -> &str;
    /// Names and types of its columns.
    fn columns(&self) -> Vec<(&str, RedshiftType)>;
    /// Its rows, still without values.
    fn rows<'c>(&'c self, context: &'c SystemContext) -> Result<Box<dyn Rows + 'c>>;

    /// Its columns as Arrow has them.
    fn arrow_schema(&self) -> SchemaRef {
        let fields: Vec<_> =
            self.columns().into_iter().map(|(name, redshift_type)| redshift_type.field(name, true)).collect();
        Arc::new(Schema::new(fields))
    }
}

/// Rows of which columns can be computed.
pub trait Rows {
    /// How many there are.
    fn count(&self) -> usize;
    /// A column of all rows, or of the chosen ones.
    fn column(&self, index: usize, chosen: Option<&[usize]>) -> Result<ArrayRef>;
}

/// Items with the functions that give columns; without a function a column is NULL.
pub struct ItemRows<'c, I> {
    pub(super) context: &'c SystemContext,
    pub(super) items: Vec<I>,
    pub(super) columns: Vec<(RedshiftType, Option<ValueOf<I>>)>,
}

impl<I> Rows for ItemRows<'_, I> {
    fn count(&self) -> usize {
        self.items.len()
    }

    fn column(&self, index: usize, chosen: Option<&[usize]>) -> Result<ArrayRef> {
        let (redshift_type, value) = self.columns[index];
        let value = |item| value.map_or(Value::Null, |value| value(self.context, item));
        match chosen {
            None => array(redshift_type, self.items.iter().map(value)),
            Some(chosen) => array(redshift_type, chosen.iter().map(|row| value(&self.items[*row]))),
        }
    }
}

impl<I: 'static> SystemView for View<I> {
    fn schema_name(&self) -> &str {
        self.schema
    }

    fn name(&self) -> &str {
        self.name
    }

    fn columns(&self) -> Vec<(&str, RedshiftType)> {
        self.columns.iter().map(|column| (column.name, column.redshift_type)).collect()
    }

    fn rows<'c>(&'c self, context: &'c SystemContext) -> Result<Box<dyn Rows + 'c>> {
        let columns = self.columns.iter().map(|column| (column.redshift_type, Some(column.value))).collect();
        Ok(Box::new(ItemRows { context, items: (self.items)(context)?, columns }))
    }
}

/// The items of a view that has none here.
pub fn none<I>(_context: &SystemContext) -> Result<Vec<I>> {
    Ok(vec![])
}
