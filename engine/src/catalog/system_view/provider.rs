//! A system view as a table. Nothing is computed before a plan is made for execution; then the
//! columns that filters read come first, and the others only for the rows that pass.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch, RecordBatchOptions},
        compute::prep_null_mask_filter,
        datatypes::{DataType, SchemaRef},
    },
    catalog::{Session, TableProvider, memory::MemorySourceConfig},
    common::{DFSchema, Result as DataFusionResult},
    logical_expr::{Expr, TableProviderFilterPushDown, TableType, utils::conjunction},
    physical_plan::ExecutionPlan,
};

use super::{
    context::SystemContext,
    view::{Rows, SystemView},
};

/// A system view, as one statement sees it.
pub struct SystemViewTable {
    view: &'static dyn SystemView,
    context: Arc<SystemContext>,
    schema: SchemaRef,
}

impl SystemViewTable {
    /// The view over what `context` sees.
    pub fn new(view: &'static dyn SystemView, context: Arc<SystemContext>) -> Self {
        SystemViewTable { view, context, schema: view.arrow_schema() }
    }

    /// The rows that pass `filters`; None: all.
    fn chosen(&self, state: &dyn Session, rows: &dyn Rows, filters: &[Expr]) -> DataFusionResult<Option<Vec<usize>>> {
        let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(None) };
        let mut needed = vec![];
        for column in filter.column_refs() {
            needed.push(self.schema.index_of(&column.name)?);
        }
        needed.sort_unstable();
        needed.dedup();
        let batch = self.batch(rows, &needed, None)?;
        // Filters name the columns of this table, however it is called in the query.
        let filter = super::unqualified(filter)?;
        let predicate = state.create_physical_expr(filter, &DFSchema::try_from(batch.schema())?)?;
        let mask = predicate.evaluate(&batch)?.into_array(batch.num_rows())?;
        let mask = match mask.data_type() {
            DataType::Boolean => mask.as_boolean().clone(),
            _ => return Ok(None),
        };
        let mask = if mask.nulls().is_some() { prep_null_mask_filter(&mask) } else { mask };
        Ok(Some(mask.values().set_indices().collect()))
    }

    fn batch(&self, rows: &dyn Rows, columns: &[usize], chosen: Option<&[usize]>) -> DataFusionResult<RecordBatch> {
        let arrays = columns.iter().map(|column| rows.column(*column, chosen)).collect::<Result<Vec<_>, _>>()?;
        let count = chosen.map_or(rows.count(), <[usize]>::len);
        let schema = Arc::new(self.schema.project(columns)?);
        Ok(RecordBatch::try_new_with_options(schema, arrays, &RecordBatchOptions::new().with_row_count(Some(count)))?)
    }
}

impl std::fmt::Debug for SystemViewTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SystemViewTable({})", self.view.name())
    }
}

#[async_trait]
impl TableProvider for SystemViewTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|_| TableProviderFilterPushDown::Exact).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let rows = self.view.rows(&self.context)?;
        let mut chosen = self.chosen(state, rows.as_ref(), filters)?;
        if let Some(limit) = limit {
            match &mut chosen {
                Some(chosen) => chosen.truncate(limit),
                None => chosen = Some((0..rows.count().min(limit)).collect()),
            }
        }
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let columns = projection.unwrap_or(&all);
        let batch = self.batch(rows.as_ref(), columns, chosen.as_deref())?;
        let schema = batch.schema();
        Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?)
    }
}
