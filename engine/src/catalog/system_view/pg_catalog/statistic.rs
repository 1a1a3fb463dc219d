//! pg_stats: what is known of the values in columns. NULLs are counted as rows are written, different
//! values by ANALYZE; lists of frequent values are not kept.

use super::super::{
    item::ColumnItem,
    value::*,
    view::{PG_CATALOG, View, col},
};
use crate::transaction::TableStatistics;

/// Above this share of the rows a number of different values is given as a share, as PostgreSQL does.
const SHARE_MIN: f64 = 0.1;

/// pg_stats
pub const PG_STATS: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_stats",
    items: |context| {
        let analyzed = |column: &ColumnItem| {
            let table = column.relation.stored();
            table.is_some_and(|table| TableStatistics::of(&context.bind.snapshot, table.id).is_some())
        };
        Ok(context.relations().iter().flat_map(ColumnItem::of).filter(analyzed).collect())
    },
    columns: &[
        col("schemaname", NAME, |_, c| (&*c.relation.schema).into()),
        col("tablename", NAME, |_, c| (&c.relation.name).into()),
        col("attname", NAME, |_, c| c.name().into()),
        col("null_frac", REAL, |_, c| {
            let Some(table) = c.relation.stored() else { return Value::Null };
            let rows: u64 = table.segments.iter().map(|segment| segment.file.row_count).sum();
            let Some(id) = table.columns.get(c.index).map(|column| column.id) else { return Value::Null };
            let nulls: u64 =
                table.segments.iter().filter_map(|s| s.file.column(id)).map(|column| column.null_count).sum();
            Value::Float(nulls as f64 / rows.max(1) as f64)
        }),
        col("avg_width", INT4, |_, _| Value::Null),
        col("n_distinct", REAL, |context, c| {
            let Some(table) = c.relation.stored() else { return Value::Null };
            let known = TableStatistics::of(&context.bind.snapshot, table.id);
            let id = table.columns.get(c.index).map(|column| column.id);
            let Some((known, id)) = known.zip(id) else { return Value::Null };
            known.distinct.get(&id).map_or(Value::Null, |distinct| {
                let share = *distinct as f64 / known.rows.max(1) as f64;
                Value::Float(if share > SHARE_MIN { -share.min(1.0) } else { *distinct as f64 })
            })
        }),
        col("most_common_vals", TEXT, |_, _| Value::Null),
        col("most_common_freqs", TEXT, |_, _| Value::Null),
        col("histogram_bounds", TEXT, |_, _| Value::Null),
        col("correlation", REAL, |_, _| Value::Null),
    ],
};
