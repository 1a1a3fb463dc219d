//! What a new table or view is made from, before it has ids.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use serde_json::Value;

use super::{ColumnId, RelationId, SchemaId, TableLayout, ViewColumn};
use crate::storage::metadata::Column;

/// A column of a new table, or a new column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// The Arrow type of its values.
    pub data_type: DataType,
    /// The Redshift type, e.g. `character varying(20)`.
    pub redshift_type: String,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The DEFAULT expression, as SQL text.
    pub default: Option<String>,
    /// Seed and step of an IDENTITY column.
    pub identity: Option<(i64, i64)>,
    /// The ENCODE, as given.
    pub encoding: Option<String>,
    /// For a column added to a table: its value in the rows that are there; None: NULL.
    pub initial_default: Option<ScalarValue>,
}

impl ColumnDefinition {
    /// A nullable column without default.
    pub fn new(name: impl Into<String>, data_type: DataType, redshift_type: impl Into<String>) -> Self {
        ColumnDefinition {
            name: name.into(),
            data_type,
            redshift_type: redshift_type.into(),
            nullable: true,
            default: None,
            identity: None,
            encoding: None,
            initial_default: None,
        }
    }

    pub(crate) fn into_column(self, id: ColumnId) -> Column {
        Column {
            id,
            name: self.name,
            data_type: self.data_type,
            redshift_type: self.redshift_type,
            nullable: self.nullable,
            default: self.default,
            identity: self.identity,
            encoding: self.encoding,
            initial_default: self.initial_default,
            comment: None,
        }
    }
}

/// A new table. Columns get the ids 1, 2, … in their order; the layout names them by these.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// The schema it goes into.
    pub schema_id: SchemaId,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnDefinition>,
    /// Distribution, sort key, constraints.
    pub layout: TableLayout,
}

impl TableDefinition {
    /// A table without particular layout.
    pub fn new(schema_id: SchemaId, name: impl Into<String>, columns: Vec<ColumnDefinition>) -> Self {
        TableDefinition { schema_id, name: name.into(), columns, layout: TableLayout::default() }
    }

    /// The id that the column of this name will have.
    pub fn column_id(&self, name: &str) -> Option<ColumnId> {
        let position = self.columns.iter().position(|c| c.name == name)?;
        Some(ColumnId(position as i64 + 1))
    }
}

/// A new view.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewDefinition {
    /// The schema it goes into.
    pub schema_id: SchemaId,
    /// Its name.
    pub name: String,
    /// The query.
    pub sql: String,
    /// Its columns; empty for a late-binding view whose tables are not there yet.
    pub columns: Vec<ViewColumn>,
    /// WITH NO SCHEMA BINDING.
    pub late_binding: bool,
    /// The relations it is made from.
    pub depends_on: Vec<RelationId>,
    /// Whatever else the layers above keep with it, e.g. that it is materialized and how.
    pub properties: Value,
}

/// What a comment is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentTarget {
    /// A schema.
    Schema(SchemaId),
    /// A table or view.
    Relation(RelationId),
    /// A column of a table.
    Column(RelationId, ColumnId),
}
