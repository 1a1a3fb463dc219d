//! Partitions of external tables: typed values, and which of them a query can skip.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions},
    datatypes::{Fields, Schema},
};
use datafusion::{
    catalog::Session,
    common::{DFSchema, Result as DataFusionResult, ScalarValue},
    logical_expr::Expr,
};

use crate::{
    error::{Error, Result},
    glue::data_catalog::CatalogColumn,
};

/// How Hive writes NULL in a partition's path.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// The typed values of a partition's keys.
pub(super) fn typed_values(keys: &[CatalogColumn], values: &[String]) -> Result<Vec<ScalarValue>> {
    if keys.len() != values.len() {
        return Err(Error::internal(format!("a partition has {} values for {} keys", values.len(), keys.len())));
    }
    keys.iter()
        .zip(values)
        .map(|(key, value)| {
            let data_type = key.hive_type.to_arrow();
            if value == NULL_PARTITION {
                return ScalarValue::try_from(&data_type).map_err(Error::internal);
            }
            ScalarValue::try_from_string(value.clone(), &data_type)
                .map_err(|_| Error::invalid_text(key.hive_type.redshift_type(), value))
        })
        .collect()
}

/// Whether a filter can be decided by the partition keys alone.
pub(super) fn is_partition_filter(filter: &Expr, keys: &HashSet<&str>) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty() && !filter.is_volatile() && columns.iter().all(|c| keys.contains(c.name.as_str()))
}

/// Says for each partition whether all `filters`, which name partition keys only, let it through.
pub(super) fn surviving(
    state: &dyn Session,
    keys: &Fields,
    partitions: &[Vec<ScalarValue>],
    filters: &[Expr],
) -> DataFusionResult<Vec<bool>> {
    let mut keep = vec![true; partitions.len()];
    if filters.is_empty() || partitions.is_empty() {
        return Ok(keep);
    }
    let schema = Arc::new(Schema::new(keys.clone()));
    let columns = (0..keys.len())
        .map(|key| ScalarValue::iter_to_array(partitions.iter().map(|values| values[key].clone())))
        .collect::<DataFusionResult<Vec<ArrayRef>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(partitions.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?;
    let df_schema = DFSchema::try_from(Arc::clone(&schema))?;
    for filter in filters {
        let expression = state.create_physical_expr(filter.clone(), &df_schema)?;
        let verdict = expression.evaluate(&batch)?.into_array(partitions.len())?;
        let verdict = verdict.as_boolean();
        for (index, keep) in keep.iter_mut().enumerate() {
            *keep &= verdict.is_valid(index) && verdict.value(index);
        }
    }
    Ok(keep)
}
