//! What ANALYZE found out about a table: a record of the catalog, so that it is committed and rolled
//! back like everything else, and changing it conflicts with nobody who writes rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{change::Transaction, snapshot::CatalogSnapshot};
use crate::{
    error::{Error, Result},
    storage::metadata::{ColumnId, FileId, TableId, TableSnapshot},
};

/// Kind of the records; the key is the table's id.
const STATISTICS_RECORD: &str = "table_statistics";

/// What ANALYZE found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableStatistics {
    /// Rows at that time.
    pub rows: u64,
    /// When it was, in microseconds since 1970.
    pub analyzed_at: i64,
    /// Estimated numbers of different values.
    pub distinct: BTreeMap<ColumnId, u64>,
    /// With a distribution key: how many rows each slice would have. Empty: not counted.
    #[serde(default)]
    pub slice_rows: Vec<u64>,
    /// The newest segment then: what came later was not seen.
    newest_segment: i64,
    /// Deleted rows of the segments then.
    deleted: u64,
    /// Rows that had come or gone when segments were last rewritten, which hides what is new.
    #[serde(default)]
    changed_before: u64,
}

impl TableStatistics {
    /// Of a table in this state.
    pub fn new(table: &TableSnapshot, distinct: BTreeMap<ColumnId, u64>) -> Self {
        TableStatistics {
            rows: table.row_count(),
            analyzed_at: chrono::Utc::now().timestamp_micros(),
            distinct,
            slice_rows: vec![],
            newest_segment: newest_segment(table),
            deleted: deleted(table),
            changed_before: 0,
        }
    }

    /// The same after VACUUM or a merge has written segments anew: no row came or went.
    pub(super) fn rewritten(&self, before: &TableSnapshot, after: &TableSnapshot) -> Self {
        TableStatistics {
            newest_segment: newest_segment(after),
            deleted: deleted(after),
            changed_before: self.changed_rows(before),
            rows: after.row_count(),
            ..self.clone()
        }
    }

    /// What is known of a table; None when it was never analysed.
    pub fn of(snapshot: &CatalogSnapshot, table: TableId) -> Option<Self> {
        let record = snapshot.record(STATISTICS_RECORD, &table.to_string())?;
        serde_json::from_value(record.as_ref().clone()).ok()
    }

    /// How many rows came or went since, at least.
    pub fn changed_rows(&self, table: &TableSnapshot) -> u64 {
        let newest = FileId(self.newest_segment);
        let added: u64 = table.segments.iter().filter(|s| s.id > newest).map(|s| s.file.row_count).sum();
        let now = added.max(table.row_count().abs_diff(self.rows)).max(deleted(table).saturating_sub(self.deleted));
        self.changed_before + now
    }

    /// The share of rows that changed since, in percent (SVV_TABLE_INFO.stats_off).
    pub fn stats_off(&self, table: &TableSnapshot) -> f64 {
        let changed = self.changed_rows(table) as f64 * 100.0 / table.row_count().max(1) as f64;
        changed.min(100.0)
    }
}

fn newest_segment(table: &TableSnapshot) -> i64 {
    table.segments.iter().map(|s| s.id.0).max().unwrap_or(-1)
}

fn deleted(table: &TableSnapshot) -> u64 {
    table.segments.iter().map(|s| s.file.row_count - s.live_rows()).sum()
}

impl Transaction {
    /// Remembers what ANALYZE found out.
    pub fn put_statistics(&mut self, table: TableId, statistics: &TableStatistics) -> Result<()> {
        let value = serde_json::to_value(statistics).map_err(Error::internal)?;
        self.put_record(STATISTICS_RECORD, &table.to_string(), value)
    }
}
