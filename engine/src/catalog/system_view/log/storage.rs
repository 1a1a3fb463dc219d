//! Slices, blocks, disks: STV_SLICES, STV_TBL_PERM, STV_BLOCKLIST, STV_PARTITIONS and their like.
//!
//! There is one node. Its slices are told of, because tools count by them: rows of a table with a distribution key are
//! counted by slice when they are written (`storage::slice`), those of other tables are divided evenly.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::RelationItem,
    oid,
    pg_catalog::namespace,
    svv::{
        materialized,
        schema::isolation,
        table_info::{BLOCK_BYTES, Block, CAPACITY_BLOCKS, blocks, column_blocks, tables, unsorted_rows},
    },
};
use crate::{error::Result, storage::slice};

fn slices(context: &SystemContext) -> Result<Vec<u64>> {
    Ok((0..context.bind.warehouse.slices() as u64).collect())
}

pub const STV_SLICES: Filled<u64> = Filled {
    name: "stv_slices",
    items: slices,
    values: &[
        ("node", |_, _| 0_i64.into()),
        ("slice", |_, s| (*s).into()),
        ("localslice", |_, s| (*s).into()),
        ("type", |_, _| "D".into()),
    ],
};

/// A table's part on a slice.
pub struct Part {
    relation: Arc<RelationItem>,
    slice: usize,
    slices: usize,
    rows: u64,
}

impl Part {
    fn share(&self, total: impl Fn(&crate::storage::metadata::TableSnapshot) -> u64) -> u64 {
        self.relation.table().map_or(0, |table| slice::even(total(table), self.slices)[self.slice])
    }

    /// Of the rows on this slice as many as of all.
    fn sorted_rows(&self) -> u64 {
        let Some(table) = self.relation.table() else { return 0 };
        let all = table.row_count().max(1);
        let sorted = all - unsorted_rows(table).unwrap_or(all).min(all);
        (u128::from(self.rows) * u128::from(sorted) / u128::from(all)) as u64
    }
}

/// Rows that are there, as far as it is known on which slices; deleted ones count until they are gone.
fn rows_by_slice(table: &crate::storage::metadata::TableSnapshot, slices: usize) -> Vec<u64> {
    let all = || slice::even(table.segments.iter().map(|segment| segment.file.row_count).sum(), slices);
    slice::rows_of_table(table, slices).unwrap_or_else(all)
}

pub const STV_TBL_PERM: Filled<Part> = Filled {
    name: "stv_tbl_perm",
    items: |context| {
        let mut all = vec![];
        for relation in context.relations().iter().filter(|relation| relation.stored().is_some()) {
            let slices = context.bind.warehouse.slices();
            let rows = relation.table().map_or_else(Vec::new, |table| rows_by_slice(table, slices));
            let part = |slice| Part {
                relation: Arc::clone(relation),
                slice,
                slices,
                rows: rows.get(slice).copied().unwrap_or(0),
            };
            all.extend((0..slices).map(part));
        }
        Ok(all)
    },
    values: &[
        ("slice", |_, p| p.slice.into()),
        ("id", |_, p| p.relation.oid.into()),
        ("name", |_, p| (&p.relation.name).into()),
        ("rows", |_, p| p.rows.into()),
        ("sorted_rows", |_, p| p.sorted_rows().into()),
        ("temp", |_, p| i64::from(p.relation.is_temporary()).into()),
        ("db_id", |_, _| 100_i64.into()),
        ("insert_pristine", |_, _| 0_i64.into()),
        ("delete_pristine", |_, _| 0_i64.into()),
        ("backup", |_, _| 1_i64.into()),
        ("dist_style", |_, p| {
            p.relation.table().map(|table| super::super::item::relation::dist_style_code(table)).into()
        }),
        ("block_count", |_, p| p.share(blocks).into()),
    ],
};

pub const STV_BLOCKLIST: Filled<Block> = Filled {
    name: "stv_blocklist",
    items: column_blocks,
    values: &[
        ("slice", |_, b| b.slice().into()),
        ("col", |_, b| b.column().into()),
        ("tbl", |_, b| b.table().into()),
        ("blocknum", |_, b| b.number().into()),
        ("num_values", |_, b| b.rows().into()),
        ("minvalue", |_, b| b.bound(false).into()),
        ("maxvalue", |_, b| b.bound(true).into()),
        ("sb_pos", |_, _| 0_i64.into()),
        ("pinned", |_, _| 0_i64.into()),
        ("on_disk", |_, _| 1_i64.into()),
        ("modified", |_, _| 0_i64.into()),
        ("hdr_modified", |_, _| 0_i64.into()),
        ("unsorted", |_, _| 0_i64.into()),
        ("tombstone", |_, _| 0_i64.into()),
        ("preferred_diskno", |_, _| 0_i64.into()),
        ("temporary", |_, _| 0_i64.into()),
        ("newblock", |_, _| 0_i64.into()),
        ("num_readers", |_, _| 0_i64.into()),
        ("flags", |_, _| 0_i64.into()),
    ],
};

fn used_blocks(context: &SystemContext) -> u64 {
    let tables = tables(context).unwrap_or_default();
    tables.iter().filter_map(|relation| relation.table()).map(|table| blocks(table)).sum()
}

pub const STV_PARTITIONS: Filled<()> = Filled {
    name: "stv_partitions",
    items: |_| Ok(vec![()]),
    values: &[
        ("owner", |_, ()| 0_i64.into()),
        ("host", |_, ()| 0_i64.into()),
        ("diskno", |_, ()| 0_i64.into()),
        ("part_begin", |_, ()| 0_i64.into()),
        ("part_end", |_, ()| (CAPACITY_BLOCKS * BLOCK_BYTES).into()),
        ("used", |context, ()| used_blocks(context).into()),
        ("tossed", |_, ()| 0_i64.into()),
        ("capacity", |_, ()| CAPACITY_BLOCKS.into()),
        ("reads", |_, ()| 0_i64.into()),
        ("writes", |_, ()| 0_i64.into()),
        ("failed", |_, ()| 0_i64.into()),
        ("mount", |_, ()| "data".into()),
    ],
};

pub const STV_NODE_STORAGE_CAPACITY: Filled<()> = Filled {
    name: "stv_node_storage_capacity",
    items: |_| Ok(vec![()]),
    values: &[
        ("node", |_, ()| 0_i64.into()),
        ("used", |context, ()| used_blocks(context).into()),
        ("capacity", |_, ()| CAPACITY_BLOCKS.into()),
    ],
};

pub const STV_DB_ISOLATION_LEVEL: Filled<namespace::DatabaseItem> = Filled {
    name: "stv_db_isolation_level",
    items: |context| Ok(namespace::databases(context).into_iter().filter(|database| !database.template).collect()),
    values: &[("db_name", |_, d| (&d.name).into()), ("isolation_level", |context, _| isolation(context).into())],
};

/// A materialized view and a relation that it reads.
type Read = (Arc<RelationItem>, Arc<RelationItem>);

pub const STV_MV_DEPS: Filled<Read> = Filled {
    name: "stv_mv_deps",
    items: |context| {
        let mut all = vec![];
        for view in materialized::views(context)? {
            let read = view.depends_on().into_iter().filter_map(|id| context.relation(oid::relation(id)));
            all.extend(read.map(|read| (Arc::clone(&view), Arc::clone(read))));
        }
        Ok(all)
    },
    values: &[
        ("db_name", |context, _| context.database().into()),
        ("schema", |_, d| (&*d.0.schema).into()),
        ("name", |_, d| (&d.0.name).into()),
        ("ref_schema", |_, d| (&*d.1.schema).into()),
        ("ref_name", |_, d| (&d.1.name).into()),
        ("ref_database_name", |context, _| context.database().into()),
    ],
};

pub const STV_MV_INFO: Filled<Arc<RelationItem>> = Filled {
    name: "stv_mv_info",
    items: materialized::views,
    values: &[
        ("db_name", |context, _| context.database().into()),
        ("schema", |_, r| (&*r.schema).into()),
        ("name", |_, r| (&r.name).into()),
        ("updated_upto_xid", |_, _| 0_i64.into()),
        ("is_stale", |context, r| materialized::stale(context, r).into()),
        ("owner_user_name", |context, r| context.user_name(r.owner).into()),
        ("state", |context, r| materialized::refresh_state(context, r).into()),
        ("autorewrite", |_, _| "f".into()),
        ("autorefresh", |context, r| materialized::auto_refresh(context, r).into()),
    ],
};
