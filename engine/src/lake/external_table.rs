//! External tables: a table of the data catalog as DataFusion reads it.
//!
//! Columns and types are those of the data catalog, partition keys stand last, as in Redshift
//! Spectrum. A table that the Glue job wrote reads the files of its manifest, with exact row
//! counts; any other reads what lies at its location when the query starts. Filters on partition
//! keys are decided here, exactly, before any file is opened. External tables are read-only:
//! DataFusion's own INSERT, DELETE and UPDATE always fail.

use std::{collections::HashSet, sync::Arc};

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{Result as DataFusionResult, ScalarValue, Statistics, stats::Precision},
    datasource::{
        TableType,
        listing::PartitionedFile,
        object_store::ObjectStoreUrl,
        physical_plan::{FileGroup, FileScanConfigBuilder, FileSource, ParquetSource},
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    logical_expr::{Expr, TableProviderFilterPushDown, dml::InsertOp},
    physical_plan::{ExecutionPlan, empty::EmptyExec},
};
use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, path::Path as ObjectPath};

use super::{
    location::Location,
    object_store::{ObjectStores, object_error},
    orc::{OrcScan, orc_scan},
    partition,
    text::{TextOptions, TextSource},
};
use crate::{
    error::{Error, Result, SqlState},
    glue::{
        data_catalog::{CatalogColumn, TableContents, TableFormat},
        hive_type::HiveType,
    },
};

/// Key of Arrow field metadata that holds a column's full Redshift type.
const REDSHIFT_TYPE_KEY: &str = "redshift.type";
/// Pseudo columns with the path and the size of the file that a row comes from.
pub const PSEUDO_COLUMNS: [&str; 2] = ["$path", "$size"];
/// Files that a location may hold.
const FILES_MAX: usize = 1_000_000;

/// A table of the data catalog, ready to be read.
#[derive(Debug)]
pub struct ExternalTable {
    contents: Arc<TableContents>,
    stores: Arc<ObjectStores>,
    columns: TableSchema,
    pseudo_columns: bool,
}

/// A partition that the filters let through: its id and the values of its keys.
type KeptPartition = (i64, Vec<ScalarValue>);

/// Files of one object store.
struct Files {
    url: ObjectStoreUrl,
    store: Arc<dyn ObjectStore>,
    files: Vec<PartitionedFile>,
}

impl ExternalTable {
    /// The table with these contents.
    pub fn new(contents: Arc<TableContents>, stores: Arc<ObjectStores>) -> Result<ExternalTable> {
        ExternalTable::with_columns(contents, stores, false)
    }

    /// The same table with the pseudo columns `"$path"` and `"$size"` after its own.
    pub fn with_pseudo_columns(self) -> Result<ExternalTable> {
        ExternalTable::with_columns(self.contents, self.stores, true)
    }

    fn with_columns(contents: Arc<TableContents>, stores: Arc<ObjectStores>, pseudo_columns: bool) -> Result<Self> {
        let table = &contents.table;
        let file_schema = Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()));
        let mut keys: Vec<FieldRef> = table.partition_keys.iter().map(|key| Arc::new(field(key))).collect();
        if pseudo_columns {
            let [path, size] = PSEUDO_COLUMNS;
            keys.push(Arc::new(field(&CatalogColumn::new(path, HiveType::String))));
            keys.push(Arc::new(field(&CatalogColumn::new(size, HiveType::BigInt))));
        }
        let columns = TableSchema::builder(file_schema).with_table_partition_cols(keys).build();
        Ok(ExternalTable { contents, stores, columns, pseudo_columns })
    }

    /// What the data catalog says of the table.
    pub fn contents(&self) -> &TableContents {
        &self.contents
    }

    fn key_names(&self) -> HashSet<&str> {
        self.contents.table.partition_keys.iter().map(|key| key.name.as_str()).collect()
    }

    /// The partitions that `filters` let through, with their values; None: no partition keys.
    fn partitions(&self, state: &dyn Session, filters: &[Expr]) -> DataFusionResult<Option<Vec<KeptPartition>>> {
        let keys = &self.contents.table.partition_keys;
        if keys.is_empty() {
            return Ok(None);
        }
        let all = &self.contents.partitions;
        let values = all.iter().map(|p| partition::typed_values(keys, &p.values)).collect::<Result<Vec<_>>>()?;
        let names = self.key_names();
        let filters: Vec<Expr> =
            filters.iter().filter(|f| partition::is_partition_filter(f, &names)).cloned().collect();
        let fields: Fields = self.columns.table_partition_cols().iter().take(keys.len()).cloned().collect();
        let keep = partition::surviving(state, &fields, &values, &filters)?;
        let kept = all.iter().zip(values).zip(keep).filter(|(_, keep)| *keep);
        Ok(Some(kept.map(|((partition, values), _)| (partition.id, values)).collect()))
    }

    /// The files to read.
    async fn files(&self, state: &dyn Session, filters: &[Expr]) -> DataFusionResult<Vec<Files>> {
        let partitions = self.partitions(state, filters)?;
        if self.contents.table.managed {
            return Ok(vec![self.manifest_files(partitions)?]);
        }
        let mut folders = Vec::new();
        match partitions {
            None => folders.push((self.contents.table.location.as_str(), Vec::new())),
            Some(kept) => {
                for (id, values) in kept {
                    if let Some(partition) = self.contents.partitions.iter().find(|p| p.id == id) {
                        folders.push((partition.location.as_str(), values));
                    }
                }
            }
        }
        let mut found: Vec<Files> = Vec::new();
        for (location, values) in folders {
            let listed = self.listed_files(location, values).await?;
            match found.iter_mut().find(|files| files.url == listed.url) {
                Some(files) => files.files.extend(listed.files),
                None => found.push(listed),
            }
        }
        Ok(found)
    }

    /// The files of the manifest: what is not in it is not read.
    fn manifest_files(&self, partitions: Option<Vec<KeptPartition>>) -> Result<Files> {
        let manifest = self.stores.manifest();
        let mut files = Vec::new();
        for file in &self.contents.files {
            let values = match &partitions {
                None => Vec::new(),
                Some(kept) => match kept.iter().find(|(id, _)| Some(*id) == file.partition_id) {
                    Some((_, values)) => values.clone(),
                    None => continue,
                },
            };
            let path = ObjectPath::from_absolute_path(self.stores.lake_root().join(&file.path));
            files.push(self.partitioned_file(manifest.file(file)?, &path.map_err(Error::internal)?, values));
        }
        Ok(Files { url: store_url(&manifest.url()?)?, store: manifest.store(), files })
    }

    /// What lies at a location now.
    async fn listed_files(&self, location: &str, values: Vec<ScalarValue>) -> Result<Files> {
        let parsed = Location::parse(location)?;
        self.stores.check_sql_access(&parsed)?;
        let resolved = self.stores.resolve(&parsed)?;
        let what = || format!("cannot list {parsed}");
        let mut objects: Vec<ObjectMeta> = match resolved.local.as_ref().filter(|path| path.is_file()) {
            Some(_) => {
                use object_store::ObjectStoreExt;
                vec![resolved.store.head(&resolved.prefix).await.map_err(|e| object_error(what(), e))?]
            }
            None => {
                let listing = resolved.store.list(Some(&resolved.prefix));
                listing.try_collect().await.map_err(|e| object_error(what(), e))?
            }
        };
        if objects.len() > FILES_MAX {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("{parsed} holds more than {FILES_MAX} files"),
            ));
        }
        objects.retain(|meta| meta.size > 0 && !is_hidden(&meta.location, &resolved.prefix));
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        let file = |meta: ObjectMeta| {
            let path = meta.location.clone();
            self.partitioned_file(meta, &path, values.clone())
        };
        let files = objects.into_iter().map(file).collect();
        Ok(Files { url: store_url(&resolved.store_url)?, store: resolved.store, files })
    }

    /// `path`: the file's place on this machine or in its bucket.
    fn partitioned_file(&self, meta: ObjectMeta, path: &ObjectPath, mut values: Vec<ScalarValue>) -> PartitionedFile {
        if self.pseudo_columns {
            values.push(ScalarValue::Utf8View(Some(self.stores.display_path(path))));
            values.push(ScalarValue::Int64(i64::try_from(meta.size).ok()));
        }
        PartitionedFile::new_from_meta(meta).with_partition_values(values)
    }

    /// A plan over files of one store.
    async fn plan(
        &self,
        state: &dyn Session,
        files: Files,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        state.runtime_env().register_object_store(files.url.as_ref(), Arc::clone(&files.store));
        let table = &self.contents.table;
        let target_partitions = state.config().target_partitions();
        let source: Arc<dyn FileSource> = match table.format {
            TableFormat::Orc => {
                let scan = OrcScan {
                    url: files.url,
                    files: files.files,
                    table: self.columns.clone(),
                    projection: projection.cloned(),
                    limit,
                    target_partitions,
                };
                return orc_scan(scan, &files.store, self.stores.footers()).await;
            }
            TableFormat::Parquet => {
                let options = state.config_options().execution.parquet.clone();
                let options = datafusion::common::config::TableParquetOptions { global: options, ..Default::default() };
                Arc::new(ParquetSource::new(self.columns.clone()).with_table_parquet_options(options))
            }
            TableFormat::Text => {
                Arc::new(TextSource::new(self.columns.clone(), TextOptions::delimited(&table.parameters)?))
            }
            TableFormat::Json => Arc::new(TextSource::new(self.columns.clone(), TextOptions::json(&table.parameters)?)),
        };
        let config = FileScanConfigBuilder::new(files.url, source)
            .with_file_groups(groups(files.files, target_partitions))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

#[async_trait]
impl TableProvider for ExternalTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.columns.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let mut plans = Vec::new();
        for files in self.files(state, filters).await? {
            if !files.files.is_empty() {
                plans.push(self.plan(state, files, projection, limit).await?);
            }
        }
        match plans.len() {
            0 => {
                let schema = self.schema();
                let projected = projection.map_or(Ok(Arc::clone(&schema)), |p| schema.project(p).map(Arc::new))?;
                Ok(Arc::new(EmptyExec::new(projected)))
            }
            1 => Ok(plans.remove(0)),
            // Partitions of one table in several buckets.
            _ => datafusion::physical_plan::union::UnionExec::try_new(plans),
        }
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        let names = self.key_names();
        let answer = |filter: &&Expr| match partition::is_partition_filter(filter, &names) {
            true => TableProviderFilterPushDown::Exact,
            // The scan learns of the others when the plan's filters are pushed down.
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    fn statistics(&self) -> Option<Statistics> {
        if !self.contents.table.managed {
            return None;
        }
        let rows: u64 = self.contents.files.iter().map(|file| file.rows).sum();
        let statistics = Statistics::new_unknown(self.columns.table_schema());
        Some(Statistics { num_rows: Precision::Exact(usize::try_from(rows).ok()?), ..statistics })
    }

    async fn insert_into(
        &self,
        _state: &dyn Session,
        _input: Arc<dyn ExecutionPlan>,
        _insert_op: InsertOp,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Err(Error::internal("external tables are not written through DataFusion").into())
    }

    async fn delete_from(&self, _state: &dyn Session, _filters: Vec<Expr>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Err(Error::internal("external tables are not changed through DataFusion").into())
    }

    async fn update(
        &self,
        _state: &dyn Session,
        _assignments: Vec<(String, Expr)>,
        _filters: Vec<Expr>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        Err(Error::internal("external tables are not changed through DataFusion").into())
    }
}

/// A column as an Arrow field that carries its Redshift type.
fn field(column: &CatalogColumn) -> Field {
    let data_type: DataType = column.hive_type.to_arrow();
    let metadata = [(REDSHIFT_TYPE_KEY.to_owned(), column.hive_type.redshift_type())];
    Field::new(&column.name, data_type, true).with_metadata(metadata.into())
}

fn store_url(url: &url::Url) -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse(url.as_str()).map_err(Error::internal)
}

/// Files and folders whose name begins with a dot or underscore are none of a table's, nor are files whose name begins
/// with a hash mark or ends with a tilde (page c-spectrum-external-tables).
fn is_hidden(location: &ObjectPath, prefix: &ObjectPath) -> bool {
    let inside = location.as_ref().strip_prefix(prefix.as_ref()).unwrap_or(location.as_ref());
    let file = inside.rsplit('/').next().unwrap_or(inside);
    file.starts_with('#') || file.ends_with('~') || inside.split('/').any(|part| part.starts_with(['.', '_']))
}

/// Files in at most `target` groups of about the same number of bytes.
fn groups(mut files: Vec<PartitionedFile>, target: usize) -> Vec<FileGroup> {
    let count = target.clamp(1, files.len().max(1));
    files.sort_by_key(|file| std::cmp::Reverse(file.object_meta.size));
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = (0..count).map(|_| (0, Vec::new())).collect();
    for file in files {
        if let Some(smallest) = groups.iter_mut().min_by_key(|group| group.0) {
            smallest.0 += file.object_meta.size;
            smallest.1.push(file);
        }
    }
    groups.into_iter().map(|group| FileGroup::new(group.1)).collect()
}

#[cfg(test)]
#[path = "external_table_tests.rs"]
mod tests;
