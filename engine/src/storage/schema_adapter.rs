//! Columns of a table found in its files by field id, not by name.
//!
//! A file keeps the names and the set of columns that the table had when it was written. After
//! a rename the names differ; a column dropped and added again has the same name and is another
//! column; an added column is missing in older files and reads as its initial default.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{Field, SchemaRef};
use datafusion::{
    common::{
        Result, ScalarValue, internal_err,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    physical_expr::{
        PhysicalExpr,
        expressions::{CastExpr, Column, lit},
    },
    physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory},
};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use super::metadata::TableSnapshot;

/// Adapts expressions over a table to its files.
#[derive(Debug)]
pub(super) struct FieldIdAdapterFactory {
    columns: Arc<HashMap<String, TableColumn>>,
}

#[derive(Debug)]
struct TableColumn {
    field_id: String,
    initial_default: Option<ScalarValue>,
}

impl FieldIdAdapterFactory {
    pub(super) fn new(table: &TableSnapshot) -> Self {
        let column = |c: &super::metadata::Column| {
            let column = TableColumn { field_id: c.id.to_string(), initial_default: c.initial_default.clone() };
            (c.name.clone(), column)
        };
        FieldIdAdapterFactory { columns: Arc::new(table.columns.iter().map(column).collect()) }
    }
}

impl PhysicalExprAdapterFactory for FieldIdAdapterFactory {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        Ok(Arc::new(FieldIdAdapter { columns: Arc::clone(&self.columns), logical, physical }))
    }
}

#[derive(Debug)]
struct FieldIdAdapter {
    columns: Arc<HashMap<String, TableColumn>>,
    logical: SchemaRef,
    physical: SchemaRef,
}

impl FieldIdAdapter {
    fn column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
        let Some(known) = self.columns.get(column.name()) else {
            // Not of the table: the virtual row number column, found by its name.
            let Ok(index) = self.physical.index_of(column.name()) else {
                return internal_err!("column {} is neither in the table nor in the file", column.name());
            };
            return Ok(Arc::new(Column::new(column.name(), index)));
        };
        let logical = self.logical.field_with_name(column.name())?;
        let is_it = |f: &&Arc<Field>| f.metadata().get(PARQUET_FIELD_ID_META_KEY) == Some(&known.field_id);
        let Some(physical) = self.physical.fields().iter().find(is_it) else {
            let value = match &known.initial_default {
                Some(value) => value.cast_to(logical.data_type())?,
                None => ScalarValue::try_new_null(logical.data_type())?,
            };
            return Ok(lit(value));
        };
        let found = Arc::new(Column::new_with_schema(physical.name(), &self.physical)?);
        if physical.data_type() == logical.data_type() {
            return Ok(found);
        }
        Ok(Arc::new(CastExpr::new(found, logical.data_type().clone(), None)))
    }
}

impl PhysicalExprAdapter for FieldIdAdapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform(|node| match node.downcast_ref::<Column>() {
            Some(column) => Ok(Transformed::yes(self.column(column)?)),
            None => Ok(Transformed::no(node)),
        })
        .data()
    }
}
