//! Relations, columns and types.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    item::{
        ColumnItem, RelationItem, RelationKind,
        column::{self, encoding_code},
        principal, relation,
    },
    oid,
    pg_type::{self, PgType},
    value::*,
    view::{Column, PG_CATALOG, View, col},
};
use crate::error::Result;

type Relation = Arc<RelationItem>;

/// The access method of indexes.
const BTREE: i64 = 403;

/// pg_class
pub const PG_CLASS: View<Relation> =
    View { schema: PG_CATALOG, name: "pg_class", items: with_indexes, columns: CLASS_COLUMNS };

/// pg_class_info: pg_class with what Redshift alone knows of a table.
pub const PG_CLASS_INFO: View<Relation> =
    View { schema: PG_CATALOG, name: "pg_class_info", items: with_indexes, columns: CLASS_COLUMNS };

fn with_indexes(context: &SystemContext) -> Result<Vec<Relation>> {
    Ok(context.relations().iter().chain(context.indexes()).cloned().collect())
}

const CLASS_COLUMNS: &[Column<Relation>] = &[
    col("oid", OID, |_, r| r.oid.into()),
    col("relname", NAME, |_, r| (&r.name).into()),
    col("relnamespace", OID, |_, r| r.schema_oid.into()),
    col("reltype", OID, |_, r| oid::row_type(r.oid).into()),
    col("relowner", INT4, |_, r| r.owner.into()),
    col("relam", OID, |_, r| (if r.relkind() == "i" { BTREE } else { 0 }).into()),
    col("relfilenode", OID, |_, r| (if r.relkind() == "r" { r.oid } else { 0 }).into()),
    col("reltablespace", OID, |_, _| 0_i64.into()),
    col("relpages", INT4, |_, r| r.stored().map_or(0, |table| table.size_bytes().div_ceil(1 << 20)).into()),
    col("reltuples", REAL, |_, r| {
        Value::Float(r.stored().map_or(if r.is_view() { 0.0 } else { 0.001 }, |table| table.row_count() as f64))
    }),
    col("reltoastrelid", OID, |_, _| 0_i64.into()),
    col("reltoastidxid", OID, |_, _| 0_i64.into()),
    col("relhasindex", BOOL, |_, r| {
        use crate::storage::metadata::ConstraintKind::{Primary, Unique};
        (keys(r, Primary) + keys(r, Unique) > 0).into()
    }),
    col("relisshared", BOOL, |_, _| false.into()),
    col("relkind", CHAR, |_, r| r.relkind().into()),
    col("relnatts", INT2, |_, r| r.column_count().into()),
    col("relexternid", OID, |_, _| 0_i64.into()),
    col("relisreplicated", BOOL, |_, r| r.stored().is_some_and(|table| relation::dist_style_code(table) == 8).into()),
    col("relpersistence", CHAR, |_, r| (if r.is_temporary() { "t" } else { "p" }).into()),
    col("relchecks", INT2, |_, _| 0_i64.into()),
    col("reltriggers", INT2, |_, _| 0_i64.into()),
    col("relukeys", INT2, |_, r| keys(r, crate::storage::metadata::ConstraintKind::Unique).into()),
    col("relfkeys", INT2, |_, r| keys(r, crate::storage::metadata::ConstraintKind::Foreign).into()),
    col("relrefs", INT2, |_, _| 0_i64.into()),
    col("relhasoids", BOOL, |_, _| false.into()),
    col("relhaspkey", BOOL, |_, r| (keys(r, crate::storage::metadata::ConstraintKind::Primary) > 0).into()),
    col("relhasrules", BOOL, |_, r| r.rule().is_some().into()),
    col("relhassubclass", BOOL, |_, _| false.into()),
    col("reldiststyle", INT2, |_, r| r.table().map(|table| relation::dist_style_code(table)).unwrap_or(0).into()),
    col("releffectivediststyle", INT4, |_, r| {
        i64::from(r.table().map(|table| relation::dist_style_code(table)).unwrap_or(0)).into()
    }),
    col("relcreationtime", TIMESTAMP, |_, _| Value::Null),
    // PG_CLASS_INFO calls the number of a relation so.
    col("reloid", OID, |_, r| r.oid.into()),
    col("relminmxid", INT4, |_, _| Value::Null),
    // What later versions of PostgreSQL have and psql asks for.
    // A foreign key is kept by triggers, as far as clients know.
    col("relhastriggers", BOOL, |_, r| (keys(r, crate::storage::metadata::ConstraintKind::Foreign) > 0).into()),
    col("reloftype", OID, |_, _| 0_i64.into()),
    col("relrowsecurity", BOOL, |_, _| false.into()),
    col("relforcerowsecurity", BOOL, |_, _| false.into()),
    col("relispartition", BOOL, |_, _| false.into()),
    col("relreplident", CHAR, |_, _| "d".into()),
    col("relacl", ACL_ARRAY, |context, r| non_empty(principal::relation_acl(context, r))),
    col("reloptions", TEXT_ARRAY, |_, _| Value::Null),
];

/// Grants; NULL when there are none but the owner's.
pub fn non_empty<'a>(items: Vec<String>) -> Value<'a> {
    if items.is_empty() { Value::Null } else { items.into() }
}

fn keys(relation: &RelationItem, kind: crate::storage::metadata::ConstraintKind) -> usize {
    let constraints = relation.stored().map(|table| table.layout.constraints.as_slice()).unwrap_or_default();
    constraints.iter().filter(|constraint| constraint.kind == kind).count()
}

/// pg_attribute
pub const PG_ATTRIBUTE: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_attribute",
    items: |context| Ok(column::all_with_indexes(context)),
    columns: ATTRIBUTE_COLUMNS,
};

/// pg_attribute_info
pub const PG_ATTRIBUTE_INFO: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_attribute_info",
    items: |context| Ok(column::all_with_indexes(context)),
    columns: ATTRIBUTE_COLUMNS,
};

const ATTRIBUTE_COLUMNS: &[Column<ColumnItem>] = &[
    col("attrelid", OID, |_, c| c.relation.oid.into()),
    col("attname", NAME, |_, c| c.name().into()),
    col("atttypid", OID, |_, c| pg_type::of_name(&c.type_name()).0.oid.into()),
    col("attstattarget", INT4, |_, _| (-1_i64).into()),
    col("attlen", INT2, |_, c| pg_type::of_name(&c.type_name()).0.length.into()),
    col("attnum", INT2, |_, c| c.number().into()),
    col("attndims", INT4, |_, c| i64::from(pg_type::of_name(&c.type_name()).0.element != 0).into()),
    col("attcacheoff", INT4, |_, _| (-1_i64).into()),
    col("atttypmod", INT4, |_, c| pg_type::of_name(&c.type_name()).1.into()),
    col("attbyval", BOOL, |_, c| (1..=8).contains(&pg_type::of_name(&c.type_name()).0.length).into()),
    col("attstorage", CHAR, |_, c| (if pg_type::of_name(&c.type_name()).0.length < 0 { "x" } else { "p" }).into()),
    col("attalign", CHAR, |_, _| "i".into()),
    col("attnotnull", BOOL, |_, c| (!c.nullable()).into()),
    col("atthasdef", BOOL, |_, c| c.default().is_some().into()),
    col("attisdropped", BOOL, |_, _| false.into()),
    col("attislocal", BOOL, |_, _| true.into()),
    col("attinhcount", INT4, |_, _| 0_i64.into()),
    col("attidentity", CHAR, |_, _| "".into()),
    col("attgenerated", CHAR, |_, _| "".into()),
    col("attcollation", OID, |_, c| {
        (if matches!(pg_type::of_name(&c.type_name()).0.oid, 1042 | 1043) { 100_i64 } else { 0 }).into()
    }),
    col("attisdistkey", BOOL, |_, c| c.is_dist_key().into()),
    col("attispreloaded", BOOL, |_, _| false.into()),
    col("attsortkeyord", INT4, |_, c| c.sort_key_position().into()),
    col("attencodingtype", INT2, |_, c| encoding_code(c.encoding()).into()),
    col("attencrypttype", INT2, |_, _| 0_i64.into()),
    col("attacl", ACL_ARRAY, |context, c| non_empty(principal::column_acl(context, &c.relation, c.number()))),
    col("attoptions", TEXT_ARRAY, |_, _| Value::Null),
];

/// pg_attrdef
pub const PG_ATTRDEF: View<ColumnItem> = View {
    schema: PG_CATALOG,
    name: "pg_attrdef",
    items: |context| Ok(column::all(context).into_iter().filter(|column| column.default().is_some()).collect()),
    columns: &[
        col("oid", OID, |_, c| c.default_oid().into()),
        col("adrelid", OID, |_, c| c.relation.oid.into()),
        col("adnum", INT2, |_, c| c.number().into()),
        col("adbin", TEXT, |_, c| c.default().map(|text| text.into_owned()).into()),
        col("adsrc", TEXT, |_, c| c.default().map(|text| text.into_owned()).into()),
    ],
};

/// A type of PostgreSQL, or the row type of a relation.
pub enum TypeItem {
    /// A type of PostgreSQL.
    Base(&'static PgType),
    /// A relation's rows.
    Row(Relation),
}

impl TypeItem {
    fn base(&self) -> Option<&'static PgType> {
        match self {
            TypeItem::Base(base) => Some(base),
            TypeItem::Row(_) => None,
        }
    }

    fn relation(&self) -> Option<&Relation> {
        match self {
            TypeItem::Base(_) => None,
            TypeItem::Row(relation) => Some(relation),
        }
    }
}

/// pg_type
pub const PG_TYPE: View<TypeItem> = View {
    schema: PG_CATALOG,
    name: "pg_type",
    items: |context| {
        let rows = context.relations().iter().filter(|relation| !matches!(relation.kind, RelationKind::System(_)));
        Ok(pg_type::TYPES.iter().map(TypeItem::Base).chain(rows.map(|row| TypeItem::Row(Arc::clone(row)))).collect())
    },
    columns: &[
        col("oid", OID, |_, t| match t {
            TypeItem::Base(base) => base.oid.into(),
            TypeItem::Row(relation) => oid::row_type(relation.oid).into(),
        }),
        col("typname", NAME, |_, t| match t {
            TypeItem::Base(base) => base.name.into(),
            TypeItem::Row(relation) => (&relation.name).into(),
        }),
        col("typnamespace", OID, |_, t| t.relation().map_or(oid::PG_CATALOG, |relation| relation.schema_oid).into()),
        col("typowner", INT4, |_, t| t.relation().map_or(principal::SYSTEM, |relation| relation.owner).into()),
        col("typlen", INT2, |_, t| t.base().map_or(-1, |base| base.length).into()),
        col("typbyval", BOOL, |_, t| t.base().is_some_and(|base| (1..=8).contains(&base.length)).into()),
        col("typtype", CHAR, |_, t| match t {
            TypeItem::Base(base) if base.oid >= 2249 && base.oid < 2300 => "p".into(),
            TypeItem::Base(_) => "b".into(),
            TypeItem::Row(_) => "c".into(),
        }),
        col("typcategory", CHAR, |_, t| t.base().map_or("C", category).into()),
        col("typispreferred", BOOL, |_, _| false.into()),
        col("typisdefined", BOOL, |_, _| true.into()),
        col("typdelim", CHAR, |_, _| ",".into()),
        col("typrelid", OID, |_, t| t.relation().map_or(0, |relation| relation.oid).into()),
        col("typelem", OID, |_, t| t.base().map_or(0, |base| base.element).into()),
        col("typarray", OID, |_, t| t.base().map_or(0, |base| base.array).into()),
        col("typinput", REGPROC, |_, t| type_function(t, "in")),
        col("typoutput", REGPROC, |_, t| type_function(t, "out")),
        col("typreceive", REGPROC, |_, t| type_function(t, "recv")),
        col("typsend", REGPROC, |_, t| type_function(t, "send")),
        col("typanalyze", REGPROC, |_, _| "-".into()),
        col("typalign", CHAR, |_, _| "i".into()),
        col("typstorage", CHAR, |_, t| (if t.base().is_some_and(|base| base.length > 0) { "p" } else { "x" }).into()),
        col("typnotnull", BOOL, |_, _| false.into()),
        col("typbasetype", OID, |_, _| 0_i64.into()),
        col("typtypmod", INT4, |_, _| (-1_i64).into()),
        col("typndims", INT4, |_, _| 0_i64.into()),
        col("typcollation", OID, |_, _| 0_i64.into()),
        col("typdefaultbin", TEXT, |_, _| Value::Null),
        col("typdefault", TEXT, |_, _| Value::Null),
        col("typacl", ACL_ARRAY, |_, _| Value::Null),
    ],
};

fn category(base: &PgType) -> &'static str {
    match base.oid {
        16 => "B",
        20 | 21 | 23 | 24 | 26 | 700 | 701 | 1700 | 2202..=2206 => "N",
        18 | 19 | 25 | 1042 | 1043 => "S",
        702 | 1082 | 1083 | 1114 | 1184 | 1266 => "D",
        1186 | 1188 | 1190 => "T",
        2249..=2283 => "P",
        _ if base.element != 0 => "A",
        _ => "U",
    }
}

fn type_function<'a>(item: &TypeItem, end: &str) -> Value<'a> {
    match item.base() {
        Some(base) if base.name.starts_with('_') => format!("array_{end}").into(),
        Some(base)
            if matches!(
                base.name,
                "date" | "time" | "timetz" | "timestamp" | "timestamptz" | "interval" | "numeric"
            ) =>
        {
            format!("{}_{end}", base.name).into()
        }
        Some(base) => format!("{}{end}", base.name).into(),
        None => format!("record_{end}").into(),
    }
}
