//! System views: pg_catalog, information_schema, SVV_*. Each is a list of rows computed from the
//! statement's own snapshot, so that it agrees with what the statement sees.
//!
//! A new view is a file with its columns and rows, and a line in [`VIEWS`].

mod information_schema;
mod pg_catalog;
mod provider;
mod relation_list;
mod svv_external;
mod svv_table;

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanBuilder, Int32Builder, Int64Builder, StringViewBuilder},
        record_batch::RecordBatch,
    },
    catalog::TableProvider,
};

use crate::{
    binder::BindContext,
    error::{Error, Result},
    types::RedshiftType,
};

/// A value in a row of a system view.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// Text.
    Text(String),
    /// INTEGER or BIGINT, as the column says.
    Integer(i64),
    /// BOOLEAN.
    Boolean(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Value::Boolean(boolean)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// Type of a system view's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `character varying(128)`, for names.
    Name,
    /// `character varying(65535)`.
    Text,
    /// `integer`.
    Integer,
    /// `bigint`.
    BigInt,
    /// `boolean`.
    Boolean,
}

impl ColumnType {
    fn redshift_type(self) -> RedshiftType {
        match self {
            ColumnType::Name => RedshiftType::Varchar(Some(128)),
            ColumnType::Text => RedshiftType::Varchar(Some(65_535)),
            ColumnType::Integer => RedshiftType::Integer,
            ColumnType::BigInt => RedshiftType::BigInt,
            ColumnType::Boolean => RedshiftType::Boolean,
        }
    }
}

/// Computes the rows of a view.
type Rows = fn(&BindContext) -> Result<Vec<Vec<Value>>>;

/// The definition of a system view.
pub struct SystemView {
    /// The schema it is in. Views of pg_catalog are found without it.
    pub schema: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, ColumnType)],
    /// Its rows.
    pub rows: Rows,
}

/// All system views.
const VIEWS: &[&SystemView] = &[
    &information_schema::TABLES,
    &information_schema::COLUMNS,
    &information_schema::VIEWS,
    &information_schema::SCHEMATA,
    &pg_catalog::PG_NAMESPACE,
    &pg_catalog::PG_TABLES,
    &pg_catalog::PG_VIEWS,
    &pg_catalog::PG_DATABASE,
    &pg_catalog::PG_USER,
    &pg_catalog::PG_TABLE_DEF,
    &svv_external::SVV_EXTERNAL_SCHEMAS,
    &svv_external::SVV_EXTERNAL_DATABASES,
    &svv_external::SVV_EXTERNAL_TABLES,
    &svv_external::SVV_EXTERNAL_COLUMNS,
    &svv_external::SVV_EXTERNAL_PARTITIONS,
    &svv_table::SVV_TABLES,
    &svv_table::SVV_COLUMNS,
    &svv_table::SVV_TABLE_INFO,
];

/// Whether `schema` holds system views.
pub fn is_system_schema(schema: &str) -> bool {
    VIEWS.iter().any(|view| view.schema == schema)
}

/// The schemas of system views.
pub fn system_schemas() -> Vec<&'static str> {
    let mut schemas: Vec<&str> = VIEWS.iter().map(|view| view.schema).collect();
    schemas.sort_unstable();
    schemas.dedup();
    schemas
}

/// The system view of that name, as a table with the rows of this statement's snapshot.
pub fn find(context: &BindContext, schema: &str, name: &str) -> Option<Arc<dyn TableProvider>> {
    let view = VIEWS.iter().find(|view| view.schema == schema && view.name == name)?;
    Some(Arc::new(provider::SystemViewTable::new(view, (view.rows)(context))))
}

/// Rows as a batch of the view's columns.
fn to_batch(view: &SystemView, rows: &[Vec<Value>]) -> Result<RecordBatch> {
    let columns = view.columns.iter().enumerate().map(|(index, (name, column_type))| {
        let values = rows.iter().map(|row| row.get(index).unwrap_or(&Value::Null));
        array(*column_type, values)
            .ok_or_else(|| Error::internal(format!("{}.{name} has a value of another type", view.name)))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(provider::schema(view), columns).map_err(Error::internal)
}

fn array<'v>(column_type: ColumnType, values: impl Iterator<Item = &'v Value>) -> Option<ArrayRef> {
    macro_rules! build {
        ($builder:expr, $pattern:pat => $value:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    $pattern => builder.append_value($value),
                    _ => return None,
                }
            }
            Some(Arc::new(builder.finish()) as ArrayRef)
        }};
    }
    match column_type {
        ColumnType::Name | ColumnType::Text => build!(StringViewBuilder::new(), Value::Text(text) => text),
        ColumnType::Integer => build!(Int32Builder::new(), Value::Integer(number) => i32::try_from(*number).ok()?),
        ColumnType::BigInt => build!(Int64Builder::new(), Value::Integer(number) => *number),
        ColumnType::Boolean => build!(BooleanBuilder::new(), Value::Boolean(boolean) => *boolean),
    }
}
