//! SVV_TABLES, SVV_COLUMNS, SVV_TABLE_INFO.

use super::{ColumnType::*, SystemView, information_schema, relation_list};
use crate::storage::metadata::{DistStyle, Relation, SortStyle, TableSnapshot};

/// A block of Redshift's storage, the unit of SVV_TABLE_INFO.size: 1 MB.
const BLOCK_BYTES: u64 = 1 << 20;

/// SVV_TABLES: local and external tables and views.
pub const SVV_TABLES: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_tables",
    columns: information_schema::TABLE_COLUMNS,
    rows: information_schema::tables_and_external,
};

/// SVV_COLUMNS: columns of local and external tables and views.
pub const SVV_COLUMNS: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_columns",
    columns: information_schema::COLUMN_COLUMNS,
    rows: information_schema::columns_and_external,
};

/// SVV_TABLE_INFO: size and design of tables that hold rows.
pub const SVV_TABLE_INFO: SystemView = SystemView {
    schema: "pg_catalog",
    name: "svv_table_info",
    columns: &[
        ("database", Text),
        ("schema", Text),
        ("table_id", BigInt),
        ("table", Text),
        ("encoded", Text),
        ("diststyle", Text),
        ("sortkey1", Text),
        ("max_varchar", Integer),
        ("sortkey1_enc", Text),
        ("sortkey_num", Integer),
        ("size", BigInt),
        ("empty", BigInt),
        ("tbl_rows", BigInt),
        ("estimated_visible_rows", BigInt),
    ],
    rows: |context| {
        let mut rows = vec![];
        for (schema, relation) in relation_list::relations(context) {
            let Relation::Table(table) = relation else { continue };
            if table.row_count() == 0 {
                continue;
            }
            let longest = table.columns.iter().filter_map(|column| varchar_length(&column.redshift_type)).max();
            rows.push(vec![
                context.database.as_str().into(),
                schema.into(),
                table.id.0.into(),
                table.name.as_str().into(),
                "Y, AUTO(ENCODE)".into(),
                dist_style(&table).into(),
                sort_key(&table).into(),
                longest.unwrap_or(0).into(),
                "none".into(),
                (table.layout.sort_key.columns.len() as i64).into(),
                (table.size_bytes().div_ceil(BLOCK_BYTES) as i64).into(),
                0.into(),
                (table.row_count() as i64).into(),
                (table.row_count() as i64).into(),
            ]);
        }
        Ok(rows)
    },
};

fn varchar_length(type_name: &str) -> Option<i64> {
    type_name.strip_prefix("character varying(")?.strip_suffix(')')?.parse().ok()
}

fn dist_style(table: &TableSnapshot) -> String {
    match table.layout.dist_style {
        DistStyle::Auto => "AUTO(EVEN)".to_owned(),
        DistStyle::Even => "EVEN".to_owned(),
        DistStyle::All => "ALL".to_owned(),
        DistStyle::Key => {
            let key = table.layout.dist_key.and_then(|id| table.column_by_id(id));
            format!("KEY({})", key.map_or("", |column| column.name.as_str()))
        }
    }
}

fn sort_key(table: &TableSnapshot) -> Option<String> {
    let first = table.layout.sort_key.columns.first().and_then(|id| table.column_by_id(*id));
    match (first, table.layout.sort_key.style) {
        (Some(_), SortStyle::Interleaved) => Some("INTERLEAVED".to_owned()),
        (Some(column), _) => Some(column.name.clone()),
        (None, _) => Some("AUTO(SORTKEY)".to_owned()),
    }
}
