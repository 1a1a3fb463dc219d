//! Tests of the storage layer through its public surface, on real folders, by subject.

use std::{path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringViewArray},
    compute::concat_batches,
    datatypes::{DataType, Int64Type},
    util::display::array_value_to_string,
};
use datafusion::{
    datasource::TableProvider,
    execution::context::SessionContext,
    prelude::{Expr, SessionConfig, col, lit},
    scalar::ScalarValue,
};

use super::*;
use crate::{
    config::Config,
    error::SqlState,
    storage::{
        DeletedPositions, ManagedTable, SegmentWriter,
        managed_table::{FILE_ID_COLUMN, POSITION_COLUMN},
    },
};

mod conflict;
mod delete;
mod reopening;
mod scan;
mod upkeep;
mod visibility;

const PUBLIC: SchemaId = SchemaId(0);

fn open(folder: &Path) -> Arc<Warehouse> {
    Warehouse::open(&Config::new(folder)).unwrap()
}

fn definition(name: &str) -> TableDefinition {
    let id = ColumnDefinition { nullable: false, ..ColumnDefinition::new("id", DataType::Int64, "bigint") };
    let name_column = ColumnDefinition::new("name", DataType::Utf8View, "character varying(20)");
    TableDefinition::new(PUBLIC, name, vec![id, name_column])
}

fn rows(ids: std::ops::Range<i64>) -> Vec<ArrayRef> {
    let names = StringViewArray::from_iter_values(ids.clone().map(|i| format!("n{i}")));
    vec![Arc::new(Int64Array::from_iter_values(ids)), Arc::new(names)]
}

/// Writes columns in batches of 1,000 rows.
async fn insert(transaction: &mut Transaction, id: TableId, columns: Vec<ArrayRef>) {
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let mut writer = SegmentWriter::new(transaction.segments(), &table).unwrap();
    let batch = RecordBatch::try_new(table.arrow_schema(), columns).unwrap();
    let mut offset = 0;
    while offset < batch.num_rows() {
        let length = 1_000.min(batch.num_rows() - offset);
        writer.push(batch.slice(offset, length)).await.unwrap();
        offset += length;
    }
    transaction.append(id, writer.finish().await.unwrap()).unwrap();
}

fn session() -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3))
}

async fn scan(provider: ManagedTable, filter: Option<Expr>) -> RecordBatch {
    scan_in(&session(), provider, filter).await
}

async fn scan_in(context: &SessionContext, provider: ManagedTable, filter: Option<Expr>) -> RecordBatch {
    let schema = provider.schema();
    let frame = context.read_table(Arc::new(provider)).unwrap();
    let frame = filter.into_iter().fold(frame, |f, e| f.filter(e).unwrap());
    let batches = frame.collect().await.unwrap();
    let schema = batches.first().map_or(schema, |b| b.schema());
    concat_batches(&schema, &batches).unwrap()
}

fn provider(transaction: &mut Transaction, name: &str) -> ManagedTable {
    let Some(Relation::Table(table)) = transaction.snapshot().unwrap().relation(PUBLIC, name) else {
        panic!("no table {name}")
    };
    ManagedTable::new(Arc::clone(transaction.segments()), table)
}

/// The first column's values, sorted.
async fn ids(transaction: &mut Transaction, name: &str) -> Vec<i64> {
    let batch = scan(provider(transaction, name), None).await;
    let mut ids = batch.column(0).as_primitive::<Int64Type>().values().to_vec();
    ids.sort_unstable();
    ids
}

async fn committed_ids(warehouse: &Arc<Warehouse>, name: &str) -> Vec<i64> {
    ids(&mut warehouse.begin(), name).await
}

fn has_table(transaction: &mut Transaction, name: &str) -> bool {
    transaction.snapshot().unwrap().relation(PUBLIC, name).is_some()
}

/// A committed table with the ids 0..count.
async fn table_with(warehouse: &Arc<Warehouse>, name: &str, count: i64) -> TableId {
    let mut transaction = warehouse.begin();
    let id = transaction.create_table(definition(name)).unwrap();
    if count > 0 {
        insert(&mut transaction, id, rows(0..count)).await;
    }
    transaction.commit().unwrap();
    id
}

/// Deletes the rows that `filter` picks, as DELETE does: a scan with row ids, then a position delete.
async fn delete_where(transaction: &mut Transaction, id: TableId, filter: Expr) -> u64 {
    let table = Arc::clone(transaction.snapshot().unwrap().table(id).unwrap());
    let batch = scan(ManagedTable::with_row_ids(Arc::clone(transaction.segments()), table), Some(filter)).await;
    let mut positions = DeletedPositions::new();
    let column = |name| batch.column_by_name(name).unwrap();
    positions.extend_from_columns(column(FILE_ID_COLUMN), column(POSITION_COLUMN)).unwrap();
    transaction.delete_rows(id, positions).unwrap()
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.map(|e| e.unwrap()).map(|e| if e.file_type().unwrap().is_dir() { files_below(&e.path()) } else { 1 }).sum()
}
