//! SVV_TABLE_INFO: size and design of tables that hold rows. SVV_DISKUSAGE: their blocks.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{ColumnItem, RelationItem, RelationKind, column, relation},
    pg_type,
    value::Value,
};
use crate::{
    error::Result,
    storage::{
        metadata::{ColumnId, DistStyle, Segment, TableSnapshot},
        slice, upkeep,
    },
    transaction::TableStatistics,
};

/// A block of Redshift's storage, the unit of sizes: 1 MB.
pub const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks that a node has room for, as STV_PARTITIONS says.
pub const CAPACITY_BLOCKS: u64 = 32 << 20;

/// Tables and materialized views that hold rows, each under the name that users know.
pub fn tables(context: &SystemContext) -> Result<Vec<Arc<RelationItem>>> {
    let holds_rows = |relation: &&Arc<RelationItem>| {
        !matches!(relation.kind, RelationKind::MaterializedTable(_))
            && relation.table().is_some_and(|table| table.row_count() > 0)
    };
    Ok(context.relations().iter().filter(holds_rows).cloned().collect())
}

/// Blocks of a table.
pub fn blocks(table: &TableSnapshot) -> u64 {
    table.size_bytes().div_ceil(BLOCK_BYTES)
}

/// Of a relation's table, or NULL.
fn of<'a>(relation: &'a RelationItem, value: impl FnOnce(&'a TableSnapshot) -> Value<'a>) -> Value<'a> {
    relation.table().map_or(Value::Null, |table| value(table))
}

/// SVV_TABLE_INFO: layout, size and order of tables
pub const SVV_TABLE_INFO: Filled<Arc<RelationItem>> = Filled {
    name: "svv_table_info",
    items: tables,
    values: &[
        ("database", |context, _| context.database().into()),
        ("schema", |_, r| (&*r.schema).into()),
        ("table_id", |_, r| r.oid.into()),
        ("table", |_, r| (&r.name).into()),
        ("encoded", |_, r| of(r, |table| encoded(table).into())),
        ("diststyle", |_, r| of(r, |table| relation::dist_style(table).into())),
        ("sortkey1", |_, r| of(r, |table| relation::sort_key1(table).into())),
        ("max_varchar", |_, r| longest_varchar(r).into()),
        ("sortkey1_enc", |_, r| {
            of(r, |table| {
                let first = table.layout.sort_key.columns.first().and_then(|id| table.column_by_id(*id));
                first.map_or("", |first| column::encoding(table, first)).into()
            })
        }),
        ("sortkey_num", |_, r| of(r, |table| table.layout.sort_key.columns.len().into())),
        ("size", |_, r| of(r, |table| blocks(table).into())),
        ("pct_used", |_, r| of(r, |table| (blocks(table) as f64 * 100.0 / CAPACITY_BLOCKS as f64).into())),
        ("empty", |_, _| 0_i64.into()),
        ("unsorted", |_, r| of(r, |table| upkeep::unsorted_share(table).into())),
        ("stats_off", |context, r| of(r, |table| stats_off(context, table).into())),
        ("tbl_rows", |_, r| {
            of(r, |table| table.segments.iter().map(|segment| segment.file.row_count).sum::<u64>().into())
        }),
        ("skew_sortkey1", |_, r| of(r, |table| sort_key_skew(table).into())),
        ("skew_rows", |context, r| of(r, |table| row_skew(context, table).into())),
        ("estimated_visible_rows", |_, r| of(r, |table| table.row_count().into())),
    ],
};

fn encoded(table: &TableSnapshot) -> &'static str {
    if table.columns.iter().all(|column| matches!(column.encoding.as_deref(), None | Some("auto"))) {
        return "Y, AUTO(ENCODE)";
    }
    if table.columns.iter().any(|each| column::encoding(table, each) != "none") { "Y" } else { "N" }
}

fn longest_varchar(relation: &Arc<RelationItem>) -> i64 {
    let lengths = ColumnItem::of(relation).filter_map(|column| {
        let (found, modifier) = pg_type::of_name(&column.type_name());
        (found.oid == 1043 && modifier >= 4).then_some(modifier - 4)
    });
    lengths.max().unwrap_or(0)
}

/// Rows in segments that are not sorted, or overlap an earlier one. None without a sort key.
pub fn unsorted_rows(table: &TableSnapshot) -> Option<u64> {
    table.layout.sort_key.columns.first()?;
    let unsorted = upkeep::unsorted_segments(table);
    Some(
        table.segments.iter().filter(|segment| unsorted.contains(&segment.id)).map(|segment| segment.live_rows()).sum(),
    )
}

/// Bytes of a column.
pub fn column_bytes(table: &TableSnapshot, id: ColumnId) -> u64 {
    table.segments.iter().filter_map(|segment| segment.file.column(id)).map(|column| column.size_bytes).sum()
}

/// How much larger the largest column is than the first one of the sort key.
fn sort_key_skew(table: &TableSnapshot) -> Option<f64> {
    let keys = &table.layout.sort_key.columns;
    let first = column_bytes(table, *keys.first()?).max(1);
    let others = table.columns.iter().filter(|column| !keys.contains(&column.id));
    let largest = others.map(|column| column_bytes(table, column.id)).max()?;
    Some(largest as f64 / first as f64)
}

/// The skew of a table that has no row on some slice: as Redshift's own tools write it.
const SKEW_MAX: f64 = 100.0;

/// How many times more rows the fullest slice has than the emptiest: counted when the rows were written, or else by
/// ANALYZE. NULL for tables whose rows are not spread, and for what was not counted.
fn row_skew(context: &SystemContext, table: &TableSnapshot) -> Option<f64> {
    let slices = context.bind.warehouse.slices();
    let rows = match table.layout.dist_style {
        DistStyle::All | DistStyle::Auto => None,
        DistStyle::Even => slice::rows_of_table(table, slices),
        DistStyle::Key => slice::rows_of_table(table, slices).or_else(|| {
            let known = TableStatistics::of(&context.bind.snapshot, table.id)?;
            (!known.slice_rows.is_empty()).then_some(known.slice_rows)
        }),
    }?;
    let (least, most) = (*rows.iter().min()?, *rows.iter().max()?);
    // A handful of rows cannot be even.
    if most <= 1 {
        return Some(1.0);
    }
    Some(if least == 0 { SKEW_MAX } else { (most as f64 / least as f64).min(SKEW_MAX) })
}

/// The share of rows that ANALYZE has not seen; all of a table that was never analysed.
fn stats_off(context: &SystemContext, table: &TableSnapshot) -> f64 {
    TableStatistics::of(&context.bind.snapshot, table.id).map_or(100.0, |known| known.stats_off(table))
}

/// A column's part of a segment on a slice.
pub struct Block {
    relation: Arc<RelationItem>,
    column: usize,
    segment: Arc<Segment>,
    number: usize,
    slice: usize,
    rows: u64,
}

/// One entry for each column of each segment on each slice that has rows of it.
pub fn column_blocks(context: &SystemContext) -> Result<Vec<Block>> {
    let mut all = vec![];
    let slices = context.bind.warehouse.slices();
    for relation in tables(context)? {
        let Some(table) = relation.table() else { continue };
        for (number, segment) in table.segments.iter().enumerate() {
            let on_slices = slice::rows_of_segment(table, segment, slices);
            for (slice, rows) in on_slices.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
                for column in 0..table.columns.len() {
                    let of_column = segment.file.column(table.columns[column].id).is_some();
                    let (relation, segment) = (Arc::clone(&relation), Arc::clone(segment));
                    all.push(Block {
                        relation,
                        column,
                        segment,
                        number,
                        slice,
                        rows: if of_column { rows } else { 0 },
                    });
                }
            }
        }
    }
    Ok(all)
}

impl Block {
    /// The relation's number.
    pub fn table(&self) -> i64 {
        self.relation.oid
    }

    /// The relation's name.
    pub fn name(&self) -> &str {
        &self.relation.name
    }

    /// The column's place, from 0.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The segment's place.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The slice.
    pub fn slice(&self) -> usize {
        self.slice
    }

    /// Rows in it.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The least or greatest value, when it is an integer or a date.
    pub fn bound(&self, greatest: bool) -> Option<i64> {
        let column = self.relation.table()?.columns.get(self.column)?;
        let statistics = self.segment.file.column(column.id)?;
        let bound = if greatest { &statistics.max } else { &statistics.min };
        use datafusion::common::ScalarValue::{Date32, Int16, Int32, Int64, TimestampMicrosecond};
        match bound.as_ref()? {
            Int16(value) => value.map(i64::from),
            Int32(value) | Date32(value) => value.map(i64::from),
            Int64(value) | TimestampMicrosecond(value, _) => *value,
            _ => None,
        }
    }
}

/// SVV_DISKUSAGE: files of tables
pub const SVV_DISKUSAGE: Filled<Block> = Filled {
    name: "svv_diskusage",
    items: column_blocks,
    values: &[
        ("db_id", |_, _| 100_i64.into()),
        ("name", |_, b| b.name().into()),
        ("slice", |_, b| b.slice().into()),
        ("col", |_, b| b.column().into()),
        ("tbl", |_, b| b.table().into()),
        ("blocknum", |_, b| b.number().into()),
        ("num_values", |_, b| b.rows().into()),
        ("minvalue", |_, b| b.bound(false).into()),
        ("maxvalue", |_, b| b.bound(true).into()),
        ("pinned", |_, _| 0_i64.into()),
        ("on_disk", |_, _| 1_i64.into()),
        ("modified", |_, _| 0_i64.into()),
        ("hdr_modified", |_, _| 0_i64.into()),
        ("unsorted", |_, _| 0_i64.into()),
        ("tombstone", |_, _| 0_i64.into()),
        ("preferred_diskno", |_, _| 0_i64.into()),
        ("temporary", |_, _| 0_i64.into()),
        ("newblock", |_, _| 0_i64.into()),
    ],
};
