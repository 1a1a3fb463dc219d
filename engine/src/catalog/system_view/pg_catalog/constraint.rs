//! Constraints, and the indexes that PostgreSQL would keep for keys: drivers read keys from them.

use super::super::{
    item::{
        ConstraintItem,
        constraint::{all, keys},
    },
    value::*,
    view::{PG_CATALOG, View, col},
};
use crate::storage::metadata::ConstraintKind;

/// pg_constraint
pub const PG_CONSTRAINT: View<ConstraintItem> = View {
    schema: PG_CATALOG,
    name: "pg_constraint",
    items: |context| Ok(all(context)),
    columns: &[
        col("oid", OID, |_, c| c.oid().into()),
        col("conname", NAME, |_, c| c.name().into()),
        col("connamespace", OID, |_, c| c.relation.schema_oid.into()),
        col("contype", CHAR, |_, c| c.letter().into()),
        col("condeferrable", BOOL, |_, _| false.into()),
        col("condeferred", BOOL, |_, _| false.into()),
        col("convalidated", BOOL, |_, _| true.into()),
        col("conrelid", OID, |_, c| c.relation.oid.into()),
        col("contypid", OID, |_, _| 0_i64.into()),
        col("conindid", OID, |_, c| match c.kind() {
            Some(ConstraintKind::Foreign) | None => c.target_index_oid().unwrap_or(0).into(),
            Some(_) => c.index_oid().into(),
        }),
        col("confrelid", OID, |_, c| c.target.as_ref().map_or(0, |target| target.oid).into()),
        col("confupdtype", CHAR, |_, c| action(c).into()),
        col("confdeltype", CHAR, |_, c| action(c).into()),
        col("confmatchtype", CHAR, |_, c| (if c.target.is_some() { "u" } else { " " }).into()),
        col("conislocal", BOOL, |_, _| true.into()),
        col("coninhcount", INT4, |_, _| 0_i64.into()),
        col("conkey", INT2_ARRAY, |_, c| c.column_numbers().into()),
        col("confkey", INT2_ARRAY, |_, c| c.target.as_ref().map(|_| c.target_column_numbers()).into()),
        col("conbin", TEXT, |_, _| Value::Null),
        col("consrc", TEXT, |_, _| Value::Null),
    ],
};

fn action(constraint: &ConstraintItem) -> &'static str {
    if constraint.target.is_some() { "a" } else { " " }
}

/// pg_index: Redshift has no indexes; a key is shown as the index that PostgreSQL would keep for it.
pub const PG_INDEX: View<ConstraintItem> = View {
    schema: PG_CATALOG,
    name: "pg_index",
    items: |context| Ok(keys(context)),
    columns: &[
        col("indexrelid", OID, |_, c| c.index_oid().into()),
        col("indrelid", OID, |_, c| c.relation.oid.into()),
        col("indkey", INT2VECTOR, |_, c| c.column_numbers().into()),
        col("indclass", OIDVECTOR, |_, _| Vec::<i64>::new().into()),
        col("indnatts", INT2, |_, c| c.column_numbers().len().into()),
        col("indisunique", BOOL, |_, _| true.into()),
        col("indisprimary", BOOL, |_, c| (c.kind() == Some(ConstraintKind::Primary)).into()),
        col("indisclustered", BOOL, |_, _| false.into()),
        col("indisvalid", BOOL, |_, _| true.into()),
        col("indimmediate", BOOL, |_, _| true.into()),
        col("indisreplident", BOOL, |_, _| false.into()),
        col("indexprs", TEXT, |_, _| Value::Null),
        col("indpred", TEXT, |_, _| Value::Null),
    ],
};

/// pg_indexes
pub const PG_INDEXES: View<ConstraintItem> = View {
    schema: PG_CATALOG,
    name: "pg_indexes",
    items: |context| Ok(keys(context)),
    columns: &[
        col("schemaname", NAME, |_, c| (&*c.relation.schema).into()),
        col("tablename", NAME, |_, c| (&c.relation.name).into()),
        col("indexname", NAME, |_, c| c.name().into()),
        col("tablespace", NAME, |_, _| Value::Null),
        col("indexdef", TEXT, |_, c| c.index_definition().into()),
    ],
};
