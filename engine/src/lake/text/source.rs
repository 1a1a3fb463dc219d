//! The `FileSource` of text files.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::{DataFusionError, Result as DataFusionResult, tree_node::TreeNodeRecursion},
    datasource::{
        listing::PartitionedFile,
        physical_plan::{FileOpenFuture, FileOpener, FileScanConfig, FileSource},
        projection::{ProjectionOpener, SplitProjection},
        table_schema::TableSchema,
    },
    physical_expr::{LexOrdering, PhysicalExpr, projection::ProjectionExprs},
    physical_plan::metrics::ExecutionPlanMetricsSet,
};
use futures::{FutureExt, StreamExt};
use object_store::ObjectStore;

use super::{options::TextOptions, reader::TextScan};
use crate::lake::source::RangeReader;

/// Rows of a batch when the session does not say.
const BATCH_ROWS: usize = 8192;
/// Batches that a reader may be ahead of the query.
const BATCHES_AHEAD: usize = 2;

/// Text files of a table.
#[derive(Debug, Clone)]
pub struct TextSource {
    table: TableSchema,
    options: TextOptions,
    projection: SplitProjection,
    batch_rows: usize,
    metrics: ExecutionPlanMetricsSet,
}

impl TextSource {
    /// A source for files of a table, whose partition columns stand behind those of the files.
    pub fn new(table: TableSchema, options: TextOptions) -> Self {
        TextSource {
            projection: SplitProjection::unprojected(&table),
            table,
            options,
            batch_rows: BATCH_ROWS,
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }
}

impl FileSource for TextSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        _partition: usize,
    ) -> DataFusionResult<Arc<dyn FileOpener>> {
        let file_schema = self.table.file_schema();
        let opener = TextOpener {
            store,
            options: self.options.clone(),
            wanted: Arc::new(file_schema.project(&self.projection.file_indices)?),
            places: self.projection.file_indices.clone(),
            batch_rows: self.batch_rows,
        };
        ProjectionOpener::try_new(self.projection.clone(), Arc::new(opener), file_schema)
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(TextSource { batch_rows: batch_size.max(1), ..self.clone() })
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        "text"
    }

    fn repartitioned(
        &self,
        _target_partitions: usize,
        _repartition_file_min_size: usize,
        _output_ordering: Option<LexOrdering>,
        _config: &FileScanConfig,
    ) -> DataFusionResult<Option<FileScanConfig>> {
        // A file cannot be cut: a line break may be inside quotes.
        Ok(None)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> DataFusionResult<Option<Arc<dyn FileSource>>> {
        let merged = self.projection.source.try_merge(projection)?;
        let projection = SplitProjection::new(self.table.file_schema(), &merged);
        Ok(Some(Arc::new(TextSource { projection, ..self.clone() })))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        for projection in self.projection.source.iter() {
            if f(&projection.expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

/// Opens one file.
struct TextOpener {
    store: Arc<dyn ObjectStore>,
    options: TextOptions,
    wanted: SchemaRef,
    places: Vec<usize>,
    batch_rows: usize,
}

impl FileOpener for TextOpener {
    fn open(&self, file: PartitionedFile) -> DataFusionResult<FileOpenFuture> {
        if file.range.is_some() {
            return Err(DataFusionError::Internal("a text file was cut".to_owned()));
        }
        let meta = file.object_meta.clone();
        let scan = TextScan {
            options: self.options.clone(),
            wanted: Arc::clone(&self.wanted),
            places: self.places.clone(),
            batch_rows: self.batch_rows,
            path: meta.location.to_string(),
        };
        let store = Arc::clone(&self.store);
        let opening = async move {
            let (sender, receiver) = tokio::sync::mpsc::channel(BATCHES_AHEAD);
            let runtime = tokio::runtime::Handle::current();
            let reader = RangeReader {
                store,
                path: meta.location,
                runtime: runtime.clone(),
                bytes: meta.size,
                etag: meta.e_tag,
                offset: 0,
                range: bytes::Bytes::new(),
            };
            // The thread ends when the file does, or when the query drops the stream.
            runtime.spawn_blocking(move || {
                scan.read(reader, |batch| sender.blocking_send(batch.map_err(DataFusionError::from)).is_ok());
            });
            let batches = futures::stream::unfold(receiver, |mut receiver| async move {
                receiver.recv().await.map(|batch| (batch, receiver))
            });
            Ok(batches.boxed())
        };
        Ok(opening.boxed())
    }
}
