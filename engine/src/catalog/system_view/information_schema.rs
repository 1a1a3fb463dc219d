//! information_schema: TABLES, COLUMNS, VIEWS, SCHEMATA.

use super::{
    ColumnType::{self, *},
    SystemView, Value,
    relation_list::{self, ListedColumn},
};
use crate::{binder::BindContext, error::Result, storage::metadata::Relation, types::RedshiftType};

/// Columns of TABLES, also of SVV_TABLES.
pub const TABLE_COLUMNS: &[(&str, ColumnType)] =
    &[("table_catalog", Name), ("table_schema", Name), ("table_name", Name), ("table_type", Name), ("remarks", Text)];

/// Columns of COLUMNS, also of SVV_COLUMNS.
pub const COLUMN_COLUMNS: &[(&str, ColumnType)] = &[
    ("table_catalog", Name),
    ("table_schema", Name),
    ("table_name", Name),
    ("column_name", Name),
    ("ordinal_position", Integer),
    ("column_default", Text),
    ("is_nullable", Text),
    ("data_type", Text),
    ("character_maximum_length", Integer),
    ("numeric_precision", Integer),
    ("numeric_precision_radix", Integer),
    ("numeric_scale", Integer),
    ("datetime_precision", Integer),
    ("remarks", Text),
];

/// information_schema.tables
pub const TABLES: SystemView = SystemView {
    schema: "information_schema",
    name: "tables",
    columns: TABLE_COLUMNS,
    rows: |context| Ok(tables(context)),
};

/// information_schema.columns
pub const COLUMNS: SystemView = SystemView {
    schema: "information_schema",
    name: "columns",
    columns: COLUMN_COLUMNS,
    rows: |context| Ok(columns(context)),
};

/// information_schema.views
pub const VIEWS: SystemView = SystemView {
    schema: "information_schema",
    name: "views",
    columns: &[
        ("table_catalog", Name),
        ("table_schema", Name),
        ("table_name", Name),
        ("view_definition", Text),
        ("check_option", Text),
        ("is_updatable", Text),
    ],
    rows: |context| {
        let views = relation_list::relations(context).into_iter().filter_map(|(schema, relation)| match relation {
            Relation::View(view) => Some(vec![
                context.database.as_str().into(),
                schema.into(),
                view.name.as_str().into(),
                view.sql.as_str().into(),
                "NONE".into(),
                "NO".into(),
            ]),
            Relation::Table(_) => None,
        });
        Ok(views.collect())
    },
};

/// information_schema.schemata
pub const SCHEMATA: SystemView = SystemView {
    schema: "information_schema",
    name: "schemata",
    columns: &[("catalog_name", Name), ("schema_name", Name), ("schema_owner", Name)],
    rows: |context| {
        let row = |name: String| -> Vec<Value> {
            vec![context.database.as_str().into(), name.into(), context.session.user.as_str().into()]
        };
        Ok(relation_list::schemas(context).into_iter().map(|schema| row(schema.name)).collect())
    },
};

fn tables(context: &BindContext) -> Vec<Vec<Value>> {
    relation_list::relations(context)
        .into_iter()
        .map(|(schema, relation)| {
            let kind = match &relation {
                Relation::Table(_) => "BASE TABLE",
                Relation::View(_) => "VIEW",
            };
            vec![
                context.database.as_str().into(),
                schema.into(),
                relation.name().into(),
                kind.into(),
                relation.comment().into(),
            ]
        })
        .collect()
}

/// TABLES, and those of external schemas.
pub fn tables_and_external(context: &BindContext) -> Result<Vec<Vec<Value>>> {
    let mut rows = tables(context);
    for listed in relation_list::external_tables(context)? {
        rows.push(vec![
            context.database.as_str().into(),
            listed.schema.into(),
            listed.table.name.as_str().into(),
            "EXTERNAL TABLE".into(),
            Value::Null,
        ]);
    }
    Ok(rows)
}

fn columns(context: &BindContext) -> Vec<Vec<Value>> {
    let mut rows = vec![];
    for (schema, relation) in relation_list::relations(context) {
        for (index, column) in relation_list::columns(&relation).into_iter().enumerate() {
            rows.push(column_row(context, &schema, relation.name(), index, &column));
        }
    }
    rows
}

/// COLUMNS, and those of external tables.
pub fn columns_and_external(context: &BindContext) -> Result<Vec<Vec<Value>>> {
    let mut rows = columns(context);
    for listed in relation_list::external_tables(context)? {
        let all = listed.table.columns.iter().chain(&listed.table.partition_keys);
        for (index, column) in all.enumerate() {
            let column = ListedColumn {
                name: column.name.clone(),
                type_name: column.hive_type.redshift_type(),
                nullable: true,
                default: None,
                comment: column.comment.clone(),
                encoding: None,
                dist_key: false,
                sort_key_position: 0,
            };
            rows.push(column_row(context, &listed.schema, &listed.table.name, index, &column));
        }
    }
    Ok(rows)
}

fn column_row(context: &BindContext, schema: &str, table: &str, index: usize, column: &ListedColumn) -> Vec<Value> {
    let redshift_type = column.type_name.parse::<RedshiftType>().ok();
    let bare_type = column.type_name.split('(').next().unwrap_or(&column.type_name).to_owned();
    let length = match redshift_type {
        Some(RedshiftType::Char(length) | RedshiftType::Varchar(Some(length))) => Some(i64::from(length)),
        _ => None,
    };
    let (precision, radix, scale) = match redshift_type {
        Some(RedshiftType::SmallInt) => (Some(16), Some(2), Some(0)),
        Some(RedshiftType::Integer) => (Some(32), Some(2), Some(0)),
        Some(RedshiftType::BigInt) => (Some(64), Some(2), Some(0)),
        Some(RedshiftType::Numeric(precision, scale)) => (Some(i64::from(precision)), Some(10), Some(i64::from(scale))),
        Some(RedshiftType::Real) => (Some(24), Some(2), None),
        Some(RedshiftType::Double) => (Some(53), Some(2), None),
        _ => (None, None, None),
    };
    let datetime = match redshift_type {
        Some(RedshiftType::Timestamp | RedshiftType::TimestampTz | RedshiftType::Time) => Some(6),
        Some(RedshiftType::Date) => Some(0),
        _ => None,
    };
    vec![
        context.database.as_str().into(),
        schema.into(),
        table.into(),
        column.name.as_str().into(),
        (index as i64 + 1).into(),
        column.default.clone().into(),
        if column.nullable { "YES" } else { "NO" }.into(),
        bare_type.into(),
        length.into(),
        precision.into(),
        radix.into(),
        scale.into(),
        datetime.into(),
        column.comment.clone().into(),
    ]
}
