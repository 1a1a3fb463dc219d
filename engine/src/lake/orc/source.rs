//! The `FileSource`: what DataFusion asks of a file format, and the opener of one file.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result as DataFusionResult, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, FileScanConfig, FileSource};
use datafusion::datasource::projection::{ProjectionOpener, SplitProjection};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::simplifier::PhysicalExprSimplifier;
use datafusion::physical_expr::utils::conjunction_opt;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_expr_adapter::replace_columns_with_literals;
use datafusion::physical_plan::DisplayFormatType;
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::adapt::Adapter;
use super::pruning::surviving_stripes;
use super::scan::split_into_groups;
use super::stripe::FileReader;
use super::{FooterCache, OrcFooter};

/// Rows of a batch when the session does not say.
const BATCH_ROWS: usize = 8192;
/// Stripes of one file fetched at a time: the next while this one is decoded.
const STRIPES_AHEAD: usize = 2;

/// ORC files of a table.
#[derive(Debug, Clone)]
pub struct OrcSource {
    table: TableSchema,
    projection: SplitProjection,
    /// Over the table's columns; used to skip stripes, never to drop rows.
    predicate: Option<Arc<dyn PhysicalExpr>>,
    footers: Arc<FooterCache>,
    batch_rows: usize,
    metrics: ExecutionPlanMetricsSet,
}

impl OrcSource {
    /// A source for files of a table, whose partition columns stand behind those of the files.
    pub fn new(table: impl Into<TableSchema>, footers: Arc<FooterCache>) -> Self {
        let table = table.into();
        OrcSource {
            projection: SplitProjection::unprojected(&table),
            table,
            predicate: None,
            footers,
            batch_rows: BATCH_ROWS,
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    /// The same source that skips stripes in which `predicate`, over the table's columns, keeps
    /// no row. The rows of other stripes all come through.
    #[must_use]
    pub fn with_predicate(mut self, predicate: Arc<dyn PhysicalExpr>) -> Self {
        self.predicate = conjunction_opt([self.predicate.take(), Some(predicate)].into_iter().flatten());
        self
    }
}

impl FileSource for OrcSource {
    fn create_file_opener(
        &self,
        object_store: Arc<dyn ObjectStore>,
        base_config: &FileScanConfig,
        partition: usize,
    ) -> DataFusionResult<Arc<dyn FileOpener>> {
        let file_schema = self.table.file_schema();
        let counter = |name: &'static str| MetricBuilder::new(&self.metrics).counter(name, partition);
        let opener = OrcOpener {
            store: object_store,
            url: base_config.object_store_url.clone(),
            footers: Arc::clone(&self.footers),
            wanted: Arc::new(file_schema.project(&self.projection.file_indices)?),
            table: self.table.clone(),
            predicate: self.predicate.clone(),
            batch_rows: self.batch_rows,
            stripes_pruned: counter("stripes_pruned"),
            stripes_read: counter("stripes_read"),
            bytes_scanned: counter("bytes_scanned"),
        };
        ProjectionOpener::try_new(self.projection.clone(), Arc::new(opener), file_schema)
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(OrcSource { batch_rows: batch_size.max(1), ..self.clone() })
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.predicate.clone()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        "orc"
    }

    fn fmt_extra(&self, _format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.predicate {
            Some(predicate) => write!(f, ", stripe_predicate={predicate}"),
            None => Ok(()),
        }
    }

    fn repartitioned(
        &self,
        target_partitions: usize,
        _repartition_file_min_size: usize,
        output_ordering: Option<LexOrdering>,
        config: &FileScanConfig,
    ) -> DataFusionResult<Option<FileScanConfig>> {
        if output_ordering.is_some() || config.file_groups.len() >= target_partitions {
            return Ok(None);
        }
        let files = config.file_groups.iter().flat_map(|group| group.iter().cloned()).collect();
        let groups = split_into_groups(files, target_partitions);
        if groups.len() <= config.file_groups.len() {
            return Ok(None);
        }
        let mut config = config.clone();
        config.file_groups = groups;
        Ok(Some(config))
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> DataFusionResult<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        // Whole stripes are skipped, so every filter stays above the scan as well.
        let answers = vec![PushedDown::No; filters.len()];
        let source = filters.into_iter().fold(self.clone(), OrcSource::with_predicate);
        Ok(FilterPushdownPropagation::with_parent_pushdown_result(answers).with_updated_node(Arc::new(source)))
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> DataFusionResult<Option<Arc<dyn FileSource>>> {
        let merged = self.projection.source.try_merge(projection)?;
        let projection = SplitProjection::new(self.table.file_schema(), &merged);
        Ok(Some(Arc::new(OrcSource { projection, ..self.clone() })))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        let projected = self.projection.source.iter().map(|projection| &projection.expr);
        for expression in projected.chain(&self.predicate) {
            if f(expression)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }
}

/// Opens one file, or the stripes of it that begin in a range.
struct OrcOpener {
    store: Arc<dyn ObjectStore>,
    url: ObjectStoreUrl,
    footers: Arc<FooterCache>,
    /// Columns of the table to produce, without partition columns.
    wanted: SchemaRef,
    table: TableSchema,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    batch_rows: usize,
    stripes_pruned: Count,
    stripes_read: Count,
    bytes_scanned: Count,
}

impl FileOpener for OrcOpener {
    fn open(&self, file: PartitionedFile) -> DataFusionResult<FileOpenFuture> {
        let predicate = self.predicate_for(&file)?;
        let (store, footers, url) = (Arc::clone(&self.store), Arc::clone(&self.footers), self.url.clone());
        let (wanted, table) = (Arc::clone(&self.wanted), Arc::clone(self.table.file_schema()));
        let (pruned, read, scanned) =
            (self.stripes_pruned.clone(), self.stripes_read.clone(), self.bytes_scanned.clone());
        let batch_rows = self.batch_rows;
        let opening = async move {
            let meta = file.object_meta.clone();
            let footer = match file.extension::<Arc<OrcFooter>>() {
                Some(footer) => Arc::clone(footer),
                None => footers.footer(&url, &store, &meta).await?,
            };
            let mut stripes = stripes_of(&file, &footer);
            let all = stripes.len();
            if let Some(predicate) = predicate {
                stripes = surviving_stripes(&footer, &table, &predicate, stripes);
            }
            pruned.add(all - stripes.len());
            let adapter = Adapter::try_new(Arc::clone(&footer), meta.location.to_string(), wanted)?;
            let reader = Arc::new(FileReader { store, meta, footer, adapter, batch_rows });
            let batches = futures::stream::iter(stripes)
                .map({
                    let reader = Arc::clone(&reader);
                    move |stripe| {
                        let reader = Arc::clone(&reader);
                        async move { reader.fetch(stripe).await }
                    }
                })
                .buffered(STRIPES_AHEAD)
                .map(move |stripe| {
                    let stripe = stripe?;
                    read.add(1);
                    scanned.add(stripe.bytes as usize);
                    Arc::clone(&reader).decode(stripe)
                })
                .map_ok(futures::stream::iter)
                .try_flatten();
            Ok(batches.map_err(Into::into).boxed())
        };
        Ok(opening.boxed())
    }
}

impl OrcOpener {
    /// The predicate with the file's partition values in it.
    fn predicate_for(&self, file: &PartitionedFile) -> DataFusionResult<Option<Arc<dyn PhysicalExpr>>> {
        let Some(predicate) = &self.predicate else { return Ok(None) };
        let partitions = self.table.table_partition_cols();
        if partitions.is_empty() {
            return Ok(Some(Arc::clone(predicate)));
        }
        let names = partitions.iter().map(|field| field.name().clone());
        let values: std::collections::HashMap<String, ScalarValue> =
            names.zip(file.partition_values.iter().cloned()).collect();
        let replaced = replace_columns_with_literals(Arc::clone(predicate), &values)?;
        // Comparisons of partition values are constants now.
        PhysicalExprSimplifier::new(self.table.file_schema()).simplify(replaced).map(Some)
    }
}

/// The stripes that begin in the file's range.
fn stripes_of(file: &PartitionedFile, footer: &OrcFooter) -> Vec<usize> {
    let begins_inside = |offset: u64| match &file.range {
        Some(range) => i64::try_from(offset).is_ok_and(|offset| range.contains(offset)),
        None => true,
    };
    let stripes = footer.stripes().iter().enumerate();
    stripes.filter(|(_, stripe)| begins_inside(stripe.offset)).map(|(index, _)| index).collect()
}
