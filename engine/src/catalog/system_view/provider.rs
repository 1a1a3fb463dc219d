//! A system view as a table: a schema, and rows that were computed when the name was looked up.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{Field, Schema, SchemaRef},
    catalog::{Session, TableProvider, memory::MemorySourceConfig},
    common::Result as DataFusionResult,
    logical_expr::{Expr, TableType},
    physical_plan::ExecutionPlan,
};

use super::{SystemView, Value, to_batch};
use crate::error::Result;

/// The rows of a system view, as one statement sees them.
pub struct SystemViewTable {
    view: &'static SystemView,
    rows: Result<Vec<Vec<Value>>>,
}

impl SystemViewTable {
    /// A table of `rows`; an error among them is raised when the table is read.
    pub fn new(view: &'static SystemView, rows: Result<Vec<Vec<Value>>>) -> Self {
        SystemViewTable { view, rows }
    }
}

impl std::fmt::Debug for SystemViewTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SystemViewTable({})", self.view.name)
    }
}

/// The view's columns.
pub fn schema(view: &SystemView) -> SchemaRef {
    let fields: Vec<Field> =
        view.columns.iter().map(|(name, column_type)| column_type.redshift_type().field(*name, true)).collect();
    Arc::new(Schema::new(fields))
}

#[async_trait]
impl TableProvider for SystemViewTable {
    fn schema(&self) -> SchemaRef {
        schema(self.view)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let rows = self.rows.as_ref().map_err(Clone::clone)?;
        let batch = to_batch(self.view, rows)?;
        let plan = MemorySourceConfig::try_new_exec(&[vec![batch]], schema(self.view), projection.cloned())?;
        Ok(plan)
    }
}
