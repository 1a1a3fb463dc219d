//! ANALYZE COMPRESSION: the encoding in which a column's values would take least space, measured on
//! a sample of them (page r_ANALYZE_COMPRESSION).

/// Bytes of values in each encoding.
mod size;

use std::sync::Arc;

use blueshift_sql::ast::{self, Encoding};
use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        compute::{cast, filter, is_not_null},
        datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int64Type, TimeUnit},
    },
    common::{Column as PlanColumn, TableReference},
    datasource::provider_as_source,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder},
};
use futures::{FutureExt, future::BoxFuture};

use self::size::Values;
use super::{
    analyze,
    encoding::{ENCODINGS, fits},
    name,
    rows::rows_result,
};
use crate::{
    catalog::system_view::{
        item::column::encoding,
        value::{TEXT, Value},
    },
    error::{Error, Result, SqlState},
    session::{ResultColumn, Session, StatementResult, result_column},
    storage::{
        ManagedTable,
        metadata::{Column, TableSnapshot},
    },
    types::RedshiftType,
};

/// Rows of each slice that are looked at, at least.
const SAMPLE_ROWS: u64 = 100_000;
/// What COMPROWS may say.
const COMPROWS: std::ops::RangeInclusive<u64> = 1_000..=1_000_000_000;
/// With fewer rows there is nothing to recommend.
const ROWS_MIN: u64 = 1_000;
/// Alias of the table that is read.
const SAMPLED: &str = "sampled";

/// The report's columns.
const COLUMNS: [(&str, RedshiftType); 4] =
    [("Table", TEXT), ("Column", TEXT), ("Encoding", TEXT), ("Est_reduction_pct", TEXT)];

/// The report's columns, without making it.
pub fn columns() -> Vec<ResultColumn> {
    COLUMNS.iter().map(|(name, redshift_type)| result_column(&redshift_type.field(*name, true))).collect()
}

/// The same on the heap: statements within statements must not need more stack for this one.
pub fn execute_boxed<'a>(
    session: &'a mut Session,
    analyze: &'a ast::AnalyzeCompression,
) -> BoxFuture<'a, Result<StatementResult>> {
    execute(session, analyze).boxed()
}

/// A row for each column of the table, or of every table.
///
/// Errors: 22023 for a COMPROWS out of range; 42P01, 42703 for what is not there.
async fn execute(session: &mut Session, statement: &ast::AnalyzeCompression) -> Result<StatementResult> {
    if let Some(rows) = statement.comp_rows
        && !COMPROWS.contains(&rows)
    {
        let (least, most) = (COMPROWS.start(), COMPROWS.end());
        return Err(Error::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("COMPROWS must be between {least} and {most}"),
        ));
    }
    let tables = match &statement.table {
        Some(table) => vec![name::managed_table(session, table)?],
        None => analyze::all_tables(session)?,
    };
    let slices = session.shared.warehouse.slices() as u64;
    let sample_rows = statement.comp_rows.unwrap_or(0).max(SAMPLE_ROWS * slices);
    let mut rows = vec![];
    for table in &tables {
        let wanted = analyze::columns_of(table, &statement.columns)?;
        for column in &table.columns {
            let (name, reduction) = if wanted.iter().any(|other| other.id == column.id) {
                recommend(session, table, column, sample_rows).await?
            } else {
                ("N/A".to_owned(), 0.0)
            };
            rows.push(vec![
                Value::from(table.name.clone()),
                column.name.clone().into(),
                name.into(),
                format!("{reduction:.2}").into(),
            ]);
        }
    }
    rows_result(&COLUMNS, &rows, "ANALYZE COMPRESSION")
}

/// The best encoding of a column, and by how many percent it beats the present one. Sort keys keep
/// theirs: compressed more than the other columns they would make range scans slow.
async fn recommend(
    session: &mut Session,
    table: &Arc<TableSnapshot>,
    column: &Column,
    sample_rows: u64,
) -> Result<(String, f64)> {
    let present = encoding(table, column);
    let present = Encoding::from_name(if present == "none" { "raw" } else { present }).unwrap_or(Encoding::Raw);
    let unchanged = (present.name().to_owned(), 0.0);
    let redshift_type: RedshiftType =
        column.redshift_type.parse().map_err(|_| Error::internal("the type of a column cannot be read"))?;
    if table.layout.sort_key.columns.contains(&column.id) || table.row_count() < ROWS_MIN {
        return Ok(unchanged);
    }
    let Some(values) = sample(session, table, column, sample_rows).await? else { return Ok(unchanged) };
    let present_size = values.size(present)?;
    let mut best = (present, present_size);
    for encoding in ENCODINGS.into_iter().filter(|encoding| fits(*encoding, redshift_type)) {
        let size = values.size(encoding)?;
        if size < best.1 {
            best = (encoding, size);
        }
    }
    if best.1 == present_size {
        return Ok(unchanged);
    }
    Ok((best.0.name().to_owned(), (present_size - best.1) as f64 * 100.0 / present_size as f64))
}

/// A column's values that are not NULL; None for types that are not compressed.
async fn sample(
    session: &mut Session,
    table: &Arc<TableSnapshot>,
    column: &Column,
    rows: u64,
) -> Result<Option<Values>> {
    let plan = plan(session, table, column, rows)?;
    let batches = session.collect(&plan).await?;
    let Some(width) = integer_width(&column.data_type) else { return bytes(&batches, &column.data_type) };
    let mut values = vec![];
    for batch in &batches {
        let array = filter(batch.column(0), &is_not_null(batch.column(0))?)?;
        if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
            values.extend(decimals.values().iter().copied());
        } else {
            let numbers = match array.data_type() {
                DataType::Date32 => cast(&cast(&array, &DataType::Int32)?, &DataType::Int64)?,
                _ => cast(&array, &DataType::Int64)?,
            };
            values.extend(numbers.as_primitive::<Int64Type>().values().iter().map(|value| i128::from(*value)));
        }
    }
    Ok(Some(Values::Integers { width, values }))
}

/// Bytes of a number or time as Redshift stores it.
fn integer_width(data_type: &DataType) -> Option<usize> {
    match data_type {
        DataType::Int16 => Some(2),
        DataType::Int32 | DataType::Date32 => Some(4),
        DataType::Int64 | DataType::Time64(_) | DataType::Timestamp(TimeUnit::Microsecond, _) => Some(8),
        DataType::Decimal128(precision, _) => Some(if *precision <= 18 { 8 } else { 16 }),
        _ => None,
    }
}

fn bytes(batches: &[RecordBatch], data_type: &DataType) -> Result<Option<Values>> {
    let mut values: Vec<Vec<u8>> = vec![];
    for batch in batches {
        let array = filter(batch.column(0), &is_not_null(batch.column(0))?)?;
        match data_type {
            DataType::Boolean => values.extend(array.as_boolean().values().iter().map(|value| vec![u8::from(value)])),
            DataType::Float32 => values
                .extend(array.as_primitive::<Float32Type>().values().iter().map(|value| value.to_le_bytes().to_vec())),
            DataType::Float64 => values
                .extend(array.as_primitive::<Float64Type>().values().iter().map(|value| value.to_le_bytes().to_vec())),
            DataType::Utf8View | DataType::BinaryView | DataType::LargeBinary => {
                let binary = cast(&array, &DataType::LargeBinary)?;
                values.extend(binary.as_binary::<i64>().iter().flatten().map(<[u8]>::to_vec));
            }
            _ => return Ok(None),
        }
    }
    let varying = matches!(data_type, DataType::Utf8View | DataType::BinaryView | DataType::LargeBinary);
    Ok(Some(Values::Bytes { varying, values }))
}

fn plan(session: &Session, table: &Arc<TableSnapshot>, column: &Column, rows: u64) -> Result<LogicalPlan> {
    let provider = ManagedTable::new(Arc::clone(session.shared.warehouse.segments()), Arc::clone(table));
    let scan = LogicalPlanBuilder::scan(SAMPLED, provider_as_source(Arc::new(provider)), None)?;
    let wanted = Expr::Column(PlanColumn::new(Some(TableReference::bare(SAMPLED)), &column.name));
    Ok(scan.project([wanted])?.limit(0, usize::try_from(rows).ok())?.build()?)
}
