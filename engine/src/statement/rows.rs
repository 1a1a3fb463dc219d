//! Rows that a statement makes itself, as its result.

use std::sync::Arc;

use datafusion::arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{Field, Schema},
};

use crate::{
    catalog::system_view::value::{Value, array},
    error::{Error, Result},
    session::{StatementResult, result_column},
    types::RedshiftType,
};

/// Names and types of a result's columns.
pub type Columns<'c> = [(&'c str, RedshiftType)];

/// Rows as a result; a value that is missing is NULL.
pub fn rows_result(columns: &Columns, rows: &[Vec<Value>], tag: &str) -> Result<StatementResult> {
    let fields: Vec<Field> = columns.iter().map(|(name, redshift_type)| redshift_type.field(*name, true)).collect();
    let result_columns = fields.iter().map(result_column).collect();
    let arrays = columns.iter().enumerate().map(|(index, (_, redshift_type))| {
        array(*redshift_type, rows.iter().map(|row| row.get(index).cloned().unwrap_or(Value::Null)))
    });
    let arrays = arrays.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
    let batches = vec![batch.map_err(Error::internal)?];
    Ok(StatementResult::Rows { columns: result_columns, batches, tag: tag.to_owned() })
}
