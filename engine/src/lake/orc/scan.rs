//! Plans over ORC files: which partition reads which stripes, and what the planner may know.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result as DataFusionResult;
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::adapt::file_column;
use super::pruning::as_table_value;
use super::{FooterCache, OrcFooter, OrcSource};

/// Footers read at a time.
const FOOTERS_AT_ONCE: usize = 16;
/// Splits of files are not made smaller than this, unless a stripe is.
const SPLIT_BYTES_MIN: u64 = 1 << 20;
/// Splits for each partition, so that partitions that are done early can take over.
const SPLITS_PER_PARTITION: u64 = 4;

/// What to scan.
#[derive(Debug, Clone)]
pub struct OrcScan {
    /// The store that holds the files.
    pub url: ObjectStoreUrl,
    /// The files, with values for the partition columns.
    pub files: Vec<PartitionedFile>,
    /// The table's columns: those of the files, then the partition columns.
    pub table: TableSchema,
    /// Columns of the table to return, in this order; None: all.
    pub projection: Option<Vec<usize>>,
    /// Rows after which the scan may stop.
    pub limit: Option<usize>,
    /// Partitions to make at most.
    pub target_partitions: usize,
}

/// A plan that reads the files. Footers are read first (or taken from the cache), so the plan
/// knows exact row counts, bounds of columns and where stripes begin.
///
/// Filters reach the scan by DataFusion's own filter pushdown.
pub async fn orc_scan(
    scan: OrcScan,
    store: &Arc<dyn ObjectStore>,
    footers: &Arc<FooterCache>,
) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let file_schema = Arc::clone(scan.table.file_schema());
    let files: Vec<PartitionedFile> = futures::stream::iter(scan.files)
        .map(|file| {
            let file_schema = Arc::clone(&file_schema);
            let url = scan.url.clone();
            async move {
                let footer = footers.footer(&url, store, &file.object_meta).await?;
                let statistics = Arc::new(file_statistics(&footer, &file_schema));
                Ok::<_, crate::Error>(file.with_statistics(statistics).with_extension(footer))
            }
        })
        .buffered(FOOTERS_AT_ONCE)
        .try_collect()
        .await?;
    let table_schema = scan.table.table_schema();
    let statistics =
        Statistics::try_merge_iter(files.iter().filter_map(|file| file.statistics.as_deref()), table_schema)?;
    let source: Arc<dyn FileSource> = Arc::new(OrcSource::new(scan.table.clone(), Arc::clone(footers)));
    let config = FileScanConfigBuilder::new(scan.url, source)
        .with_file_groups(split_into_groups(files, scan.target_partitions))
        .with_statistics(statistics)
        .with_projection_indices(scan.projection)?
        .with_limit(scan.limit)
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// What a file's footer tells the planner about the table's columns (without partition columns).
pub fn file_statistics(footer: &OrcFooter, table: &SchemaRef) -> Statistics {
    let rows = footer.rows() as usize;
    let column = |index: usize| {
        let unknown = ColumnStatistics::new_unknown();
        let Some(source) = file_column(footer, table, index) else {
            return unknown.with_null_count(Precision::Exact(rows));
        };
        let Some(range) = footer.columns().get(source) else { return unknown };
        let want = table.field(index).data_type();
        let known = |value: &Option<datafusion::common::ScalarValue>| match value
            .as_ref()
            .and_then(|value| as_table_value(value, want))
        {
            Some(value) if range.exact => Precision::Exact(value),
            Some(value) => Precision::Inexact(value),
            None => Precision::Absent,
        };
        let nulls = range.nulls.map_or(Precision::Absent, |nulls| Precision::Exact(nulls as usize));
        unknown.with_null_count(nulls).with_min_value(known(&range.min)).with_max_value(known(&range.max))
    };
    Statistics {
        num_rows: Precision::Exact(rows),
        total_byte_size: Precision::Absent,
        column_statistics: (0..table.fields().len()).map(column).collect(),
    }
}

/// Files into at most `target` groups of about the same size; files whose stripes are known are
/// split between stripes.
pub(super) fn split_into_groups(files: Vec<PartitionedFile>, target: usize) -> Vec<FileGroup> {
    let total: u64 = files.iter().map(PartitionedFile::effective_size).sum();
    let target = target.max(1) as u64;
    let split_bytes = (total / (target * SPLITS_PER_PARTITION)).max(SPLIT_BYTES_MIN);
    let splits: Vec<PartitionedFile> = files.into_iter().flat_map(|file| split_file(file, split_bytes)).collect();
    let group_bytes = total.div_ceil(target).max(1);
    let mut groups: Vec<Vec<PartitionedFile>> = Vec::new();
    let mut before = 0u64;
    for split in splits {
        let size = split.effective_size();
        // A split belongs to the group in which its middle falls.
        let group = (((before + size / 2) / group_bytes) as usize).min(target as usize - 1);
        before += size;
        let begun = groups.len();
        match groups.last_mut() {
            Some(last) if group < begun => last.push(split),
            _ => groups.push(vec![split]),
        }
    }
    groups.into_iter().map(FileGroup::new).collect()
}

/// A file as ranges of whole stripes of at least `split_bytes` each.
fn split_file(file: PartitionedFile, split_bytes: u64) -> Vec<PartitionedFile> {
    let Some(footer) = file.extension::<Arc<OrcFooter>>().cloned() else { return vec![file] };
    let (start, end) = file.range();
    if footer.stripes().len() < 2 || end - start <= split_bytes {
        return vec![file];
    }
    let mut cuts = vec![start];
    for stripe in footer.stripes() {
        let inside = stripe.offset > start && stripe.offset < end;
        if inside && cuts.last().is_some_and(|last| stripe.offset - last >= split_bytes) {
            cuts.push(stripe.offset);
        }
    }
    cuts.push(end);
    let range = |cut: &[u64]| file.clone().with_range(cut[0] as i64, cut[1] as i64);
    cuts.windows(2).map(range).collect()
}
