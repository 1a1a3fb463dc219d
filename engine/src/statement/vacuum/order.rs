//! The rows of a table in the order of its sort key, spilling when they do not fit in memory.

use std::sync::Arc;

use datafusion::{
    arrow::{array::ArrayRef, compute::concat, datatypes::DataType},
    common::Column,
    error::DataFusionError,
    logical_expr::{ColumnarValue, Expr, LogicalPlan, LogicalPlanBuilder, ScalarUDF, Volatility, create_udf},
};
use futures::TryStreamExt;

use crate::{
    error::{Error, Result},
    session::Session,
    storage::{
        interleaved::{Interleaving, SAMPLE_ROWS, every_nth},
        metadata::{SortStyle, TableSnapshot},
    },
};

/// The rows of `scan`, sorted. The places of interleaved keys are learnt from a sample of them, as VACUUM REINDEX
/// does before it sorts.
pub(super) async fn sorted(session: &Session, table: &TableSnapshot, scan: LogicalPlanBuilder) -> Result<LogicalPlan> {
    let key = &table.layout.sort_key;
    let columns = key.columns.iter().filter_map(|id| table.column_by_id(*id));
    let (columns, types): (Vec<Expr>, Vec<DataType>) = columns
        .map(|column| (Expr::Column(Column::new(Some("vacuumed"), &column.name)), column.data_type.clone()))
        .unzip();
    let order = if key.style == SortStyle::Interleaved {
        let sample = sample(session, table, &scan.clone().project(columns.clone())?.build()?).await?;
        let place = place_function(types, Interleaving::of(&sample)?);
        vec![place.call(columns).sort(true, false)]
    } else {
        columns.into_iter().map(|column| column.sort(true, false)).collect()
    };
    Ok(scan.sort(order)?.build()?)
}

/// About [`SAMPLE_ROWS`] rows of a plan, evenly spread, by columns.
async fn sample(session: &Session, table: &TableSnapshot, keys: &LogicalPlan) -> Result<Vec<ArrayRef>> {
    let rows = usize::try_from(table.row_count()).map_err(Error::internal)?.max(1);
    let mut parts: Vec<Vec<ArrayRef>> = vec![vec![]; keys.schema().fields().len()];
    let mut stream = session.stream(keys).await?;
    while let Some(batch) = stream.try_next().await? {
        // At least one of each batch.
        let count = (batch.num_rows() * SAMPLE_ROWS).div_ceil(rows);
        for (parts, column) in parts.iter_mut().zip(batch.columns()) {
            parts.push(every_nth(column, count)?);
        }
    }
    let together = |parts: Vec<ArrayRef>| {
        let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
        concat(&parts).map_err(Error::internal)
    };
    parts.into_iter().filter(|parts| !parts.is_empty()).map(together).collect()
}

fn place_function(types: Vec<DataType>, interleaving: Interleaving) -> ScalarUDF {
    let places = move |keys: &[ColumnarValue]| {
        let keys = ColumnarValue::values_to_arrays(keys)?;
        let places = interleaving.places(&keys).map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(ColumnarValue::Array(Arc::new(places)))
    };
    create_udf("interleaved_place", types, DataType::UInt64, Volatility::Immutable, Arc::new(places))
}
