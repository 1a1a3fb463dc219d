//! A managed table as DataFusion sees it: one state of it, for reading.
//!
//! The scan is DataFusion's own Parquet scan over the table's segments. Deleted rows are taken
//! out by a row selection attached to each file; segments that the filters cannot match are
//! left out before any file is opened; columns are found by field id. On request two columns
//! name each row, `__file_id` and `__position` (in the file, deleted rows counted), which is what
//! DELETE, UPDATE and MERGE collect.
//!
//! Writing never goes through DataFusion: its DML paths can lose conditions, so they fail here.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{
        DFSchemaRef, DataFusionError, Result, ScalarValue, Statistics, config::TableParquetOptions, stats::Precision,
    },
    datasource::{
        TableType,
        listing::PartitionedFile,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource,
            parquet::{CachedParquetFileReaderFactory, ParquetRowSelection},
        },
        source::DataSourceExec,
        table_schema::{TableSchema, TableSchemaBuilder},
    },
    logical_expr::{
        Expr, TableProviderFilterPushDown,
        dml::{InsertOp, MergeIntoClause},
    },
    object_store::ObjectStore,
    physical_plan::{ExecutionPlan, empty::EmptyExec},
};
use parquet::arrow::RowNumber;

use super::{
    metadata::{ColumnId, Segment, TableSnapshot},
    object_store::ManagedObjectStore,
    ordering, pruning,
    schema_adapter::FieldIdAdapterFactory,
    segment_store::SegmentStore,
    statistics,
};
use crate::error::Error;

/// Name of the row id column with the segment's id.
pub const FILE_ID_COLUMN: &str = "__file_id";
/// Name of the row id column with the row's position in the segment.
pub const POSITION_COLUMN: &str = "__position";
/// Read this much from a file's end at once: most footers fit.
const FOOTER_HINT_BYTES: usize = 64 * 1024;

/// One state of a table, for DataFusion.
pub struct ManagedTable {
    store: Arc<SegmentStore>,
    table: Arc<TableSnapshot>,
    file_schema: TableSchema,
    with_row_ids: bool,
    /// Estimated numbers of different values.
    distinct: BTreeMap<ColumnId, u64>,
    /// Statistics of the whole table, which the planner asks for again and again.
    statistics: OnceLock<Option<Statistics>>,
}

impl fmt::Debug for ManagedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedTable").field("table", &self.table.name).finish_non_exhaustive()
    }
}

impl ManagedTable {
    /// The table's columns.
    pub fn new(store: Arc<SegmentStore>, table: Arc<TableSnapshot>) -> Self {
        let file_schema = TableSchema::from(table.arrow_schema());
        ManagedTable {
            store,
            table,
            file_schema,
            with_row_ids: false,
            distinct: BTreeMap::new(),
            statistics: OnceLock::new(),
        }
    }

    /// The table's columns, then `__file_id` and `__position`.
    pub fn with_row_ids(store: Arc<SegmentStore>, table: Arc<TableSnapshot>) -> Self {
        let file_id: FieldRef = Arc::new(Field::new(FILE_ID_COLUMN, DataType::Int64, false));
        let position: FieldRef =
            Arc::new(Field::new(POSITION_COLUMN, DataType::Int64, false).with_extension_type(RowNumber));
        let file_schema = TableSchemaBuilder::new(table.arrow_schema())
            .with_table_partition_cols(vec![file_id])
            .with_virtual_columns(vec![position])
            .build();
        ManagedTable {
            store,
            table,
            file_schema,
            with_row_ids: true,
            distinct: BTreeMap::new(),
            statistics: OnceLock::new(),
        }
    }

    /// Tells the planner how many different values columns have.
    #[must_use]
    pub fn with_distinct(mut self, distinct: BTreeMap<ColumnId, u64>) -> Self {
        self.distinct = distinct;
        self
    }

    /// The state of the table that this provider reads.
    pub fn table(&self) -> &Arc<TableSnapshot> {
        &self.table
    }

    fn partitioned_file(&self, segment: &Segment) -> Result<PartitionedFile> {
        self.store.expect(&segment.file);
        let meta = ManagedObjectStore::meta(&segment.file.path, segment.file.size_bytes);
        let mut file = PartitionedFile::new_from_meta(meta).with_metadata_size_hint(FOOTER_HINT_BYTES);
        if self.with_row_ids {
            file = file.with_partition_values(vec![ScalarValue::Int64(Some(segment.id.0))]);
        } else {
            file = file.with_statistics(Arc::new(statistics::of_segment(&self.table, segment)));
        }
        if let Some(deletes) = &segment.deletes {
            let vector = self.store.deletion_vector(deletes)?;
            if vector.positions().last().is_some_and(|p| *p >= segment.file.row_count) {
                return Err(Error::corrupted(&deletes.path, "position beyond the end of the data file").into());
            }
            let selection = vector.to_row_selection(segment.file.row_count);
            file = file.with_extension(ParquetRowSelection::new(selection));
        }
        Ok(file)
    }

    fn statistics_of(&self, segments: &[Arc<Segment>]) -> Result<Statistics> {
        let all: Vec<Statistics> = segments.iter().map(|s| statistics::of_segment(&self.table, s)).collect();
        let mut merged = Statistics::try_merge_iter(&all, &self.table.arrow_schema())?;
        let rows = self.table.row_count();
        for (column, statistics) in self.table.columns.iter().zip(&mut merged.column_statistics) {
            if let Some(distinct) = self.distinct.get(&column.id) {
                statistics.distinct_count = Precision::Inexact((*distinct).min(rows) as usize);
            }
        }
        if self.with_row_ids {
            let unknown = datafusion::common::ColumnStatistics::new_unknown;
            merged.column_statistics.extend([unknown(), unknown()]);
        }
        Ok(merged)
    }
}

/// Spreads files over at most `n` groups of about equal size, largest first.
fn file_groups(files: Vec<PartitionedFile>, n: usize) -> Vec<FileGroup> {
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> =
        (0..n.clamp(1, files.len().max(1))).map(|_| (0, vec![])).collect();
    let mut files = files;
    files.sort_by_key(|f| std::cmp::Reverse(f.object_meta.size));
    for file in files {
        if let Some(group) = groups.iter_mut().min_by_key(|g| g.0) {
            group.0 += file.object_meta.size.max(1);
            group.1.push(file);
        }
    }
    groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect()
}

#[async_trait]
impl TableProvider for ManagedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.file_schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        self.statistics.get_or_init(|| self.statistics_of(&self.table.segments).ok()).clone()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let segments = pruning::prune(state, &self.table, filters);
        if segments.is_empty() {
            let schema = datafusion::physical_plan::project_schema(&self.schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let runtime = state.runtime_env();
        let object_store: Arc<dyn ObjectStore> = Arc::clone(self.store.object_store()) as _;
        runtime.register_object_store(self.store.url().as_ref(), Arc::clone(&object_store));

        let partitions = state.config().target_partitions();
        let file = |segment: &Arc<Segment>| self.partitioned_file(segment);
        // Row ids are for changing rows, in whatever order.
        let ordered = if self.with_row_ids { None } else { ordering::in_order(&self.table, &segments) };
        let (groups, order) = match ordered {
            Some(segments) => {
                let files = segments.iter().map(file).collect::<Result<Vec<_>>>()?;
                (ordering::dealt(files, partitions), ordering::of(&self.table))
            }
            None => {
                let files = segments.iter().map(file).collect::<Result<Vec<_>>>()?;
                (file_groups(files, partitions), None)
            }
        };
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let options =
            TableParquetOptions { global: state.config_options().execution.parquet.clone(), ..Default::default() };
        let statistics = match self.statistics() {
            Some(all) if segments.len() == self.table.segments.len() => all,
            _ => self.statistics_of(&segments)?,
        };
        let source = ParquetSource::new(self.file_schema.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(CachedParquetFileReaderFactory::new(object_store, cache)));
        let config = FileScanConfigBuilder::new(self.store.url().clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_output_ordering(order.into_iter().collect())
            .with_statistics(statistics)
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::new(FieldIdAdapterFactory::new(&self.table))))
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    async fn insert_into(
        &self,
        _: &dyn Session,
        _: Arc<dyn ExecutionPlan>,
        _: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(closed("INSERT"))
    }

    async fn delete_from(&self, _: &dyn Session, _: Vec<Expr>) -> Result<Arc<dyn ExecutionPlan>> {
        Err(closed("DELETE"))
    }

    async fn update(&self, _: &dyn Session, _: Vec<(String, Expr)>, _: Vec<Expr>) -> Result<Arc<dyn ExecutionPlan>> {
        Err(closed("UPDATE"))
    }

    async fn truncate(&self, _: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        Err(closed("TRUNCATE"))
    }

    async fn merge_into(
        &self,
        _: &dyn Session,
        _: Arc<dyn ExecutionPlan>,
        _: DFSchemaRef,
        _: Expr,
        _: Vec<MergeIntoClause>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(closed("MERGE"))
    }
}

/// DataFusion's own DML paths are closed; see the head of this file.
fn closed(command: &str) -> DataFusionError {
    Error::internal(format!("{command} on a managed table did not go through a transaction")).into()
}
