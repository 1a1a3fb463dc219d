//! What a catalog consists of: schemas, tables with columns and segments, views.
//!
//! These are immutable values behind `Arc`s. A snapshot of the catalog is a set of them, and a
//! change makes a new value that shares what stayed the same.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use serde::{Deserialize, Serialize};

use super::{checksum::Checksum, slice::SliceCounts};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A committed state of the catalog; grows by one with each commit.
    SnapshotId;
    /// A schema. Schemas and relations draw their ids from one sequence.
    SchemaId;
    /// A table or view; never used twice.
    RelationId;
    /// A column within its table; also the field id in its data files.
    ColumnId;
    /// A data file or delete file.
    FileId;
}

/// A [`RelationId`] that is a table's.
pub type TableId = RelationId;
/// A [`RelationId`] that is a view's.
pub type ViewId = RelationId;

/// Key of the Arrow field metadata that carries a column's full Redshift type.
pub const REDSHIFT_TYPE_KEY: &str = "redshift.type";

/// Key of the Arrow field metadata that says how text is compared.
pub const COLLATION_KEY: &str = "redshift.collation";
/// The collation of text whose case does not count; also the key of a table's properties with the ids of such columns.
pub const CASE_INSENSITIVE: &str = "case_insensitive";

/// A schema.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaSnapshot {
    /// Its id.
    pub id: SchemaId,
    /// Its name.
    pub name: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its id, stable under renames.
    pub id: ColumnId,
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
    /// The ENCODE of the column, as given.
    pub encoding: Option<String>,
    /// The value in segments that were written before the column was added; None: NULL.
    pub initial_default: Option<ScalarValue>,
    /// Its comment.
    pub comment: Option<String>,
}

impl Column {
    /// The column as an Arrow field, with its Redshift type in the metadata.
    pub fn to_field(&self) -> Field {
        let metadata = HashMap::from([(REDSHIFT_TYPE_KEY.to_owned(), self.redshift_type.clone())]);
        Field::new(&self.name, self.data_type.clone(), self.nullable).with_metadata(metadata)
    }
}

/// How a table's rows are spread over slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DistStyle {
    /// Redshift chooses.
    #[default]
    Auto,
    /// Round robin.
    Even,
    /// By the distribution key.
    Key,
    /// A copy on each node.
    All,
}

/// How the columns of a sort key go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortStyle {
    /// Redshift chooses; rows are not sorted until it has.
    #[default]
    Auto,
    /// By the first column, then the second, …
    Compound,
    /// Each column with equal weight.
    Interleaved,
}

/// The sort key of a table; no columns means none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SortKey {
    /// How the columns go together.
    pub style: SortStyle,
    /// The columns, most significant first.
    pub columns: Vec<ColumnId>,
}

impl SortKey {
    /// The order of rows that were sorted by it; None without a sort key.
    pub fn order(&self) -> Option<RowOrder> {
        let columns = self.columns.clone();
        match self.style {
            _ if columns.is_empty() => None,
            SortStyle::Interleaved => Some(RowOrder::Interleaved { interleaved: columns }),
            _ => Some(RowOrder::Columns(columns)),
        }
    }
}

/// What kind of informational constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConstraintKind {
    /// PRIMARY KEY.
    Primary,
    /// UNIQUE.
    Unique,
    /// FOREIGN KEY.
    Foreign,
}

/// A constraint. As in Redshift it informs, and is not enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableConstraint {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: ConstraintKind,
    /// Its columns.
    pub columns: Vec<ColumnId>,
    /// For a foreign key: the table referred to.
    pub references: Option<RelationId>,
    /// For a foreign key: the columns referred to, by name.
    #[serde(default)]
    pub referenced_columns: Vec<String>,
}

/// Physical design and constraints of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableLayout {
    /// Distribution style.
    #[serde(default)]
    pub dist_style: DistStyle,
    /// Distribution key.
    #[serde(default)]
    pub dist_key: Option<ColumnId>,
    /// Sort key.
    #[serde(default)]
    pub sort_key: SortKey,
    /// Informational constraints.
    #[serde(default)]
    pub constraints: Vec<TableConstraint>,
    /// Whatever else the layers above keep with a table.
    #[serde(default)]
    pub properties: serde_json::Value,
}

impl TableLayout {
    /// Whether a column is compared without regard to case.
    pub fn ignores_case(&self, column: ColumnId) -> bool {
        let ids = self.properties.get(CASE_INSENSITIVE).and_then(serde_json::Value::as_array);
        ids.into_iter().flatten().any(|id| id.as_i64() == Some(column.0))
    }

    /// Has a column compared without regard to case.
    pub fn ignore_case(&mut self, column: ColumnId) {
        if !self.properties.is_object() {
            self.properties = serde_json::json!({});
        }
        match self.properties.get_mut(CASE_INSENSITIVE).and_then(serde_json::Value::as_array_mut) {
            Some(ids) => ids.push(column.0.into()),
            None => self.properties[CASE_INSENSITIVE] = serde_json::json!([column.0]),
        }
    }
}

/// Statistics of one column in one segment. Bounds are exact or absent.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnStatistics {
    /// The column.
    pub column_id: ColumnId,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// NULL values.
    pub null_count: u64,
    /// Smallest value; None when unknown or when all are NULL.
    pub min: Option<ScalarValue>,
    /// Largest value; None when unknown or when all are NULL.
    pub max: Option<ScalarValue>,
    /// For floating point: whether a NaN is among the values.
    pub contains_nan: Option<bool>,
}

/// How the rows of a file lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RowOrder {
    /// By these columns, one after the other, ascending, NULLs last.
    Columns(Vec<ColumnId>),
    /// Clustered by these columns, which all count the same: in the order of none of them.
    Interleaved {
        /// The columns.
        interleaved: Vec<ColumnId>,
    },
}

/// An immutable data file, as its writer describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentMeta {
    /// Path below the data folder, e.g. `3/17/0190….parquet`.
    pub path: String,
    /// Rows in the file.
    pub row_count: u64,
    /// Its length.
    pub size_bytes: u64,
    /// Length of the Parquet footer's metadata.
    pub footer_bytes: u64,
    /// What its bytes must be; None when another program wrote it.
    pub checksum: Option<Arc<Checksum>>,
    /// The order of all its rows; None: no order is known.
    pub sorted_by: Option<RowOrder>,
    /// How its rows are spread by the distribution key that the table had; None: it had none.
    pub slices: Option<Arc<SliceCounts>>,
    /// Statistics of its columns.
    pub columns: Vec<ColumnStatistics>,
}

impl SegmentMeta {
    /// The statistics of a column, if the file has them.
    pub fn column(&self, id: ColumnId) -> Option<&ColumnStatistics> {
        self.columns.iter().find(|c| c.column_id == id)
    }
}

/// A file with the positions of the deleted rows of one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteFile {
    /// Its id.
    pub id: FileId,
    /// Path below the data folder.
    pub path: String,
    /// Deleted rows.
    pub row_count: u64,
    /// Its length.
    pub size_bytes: u64,
    /// Length of the Parquet footer's metadata.
    pub footer_bytes: u64,
    /// What its bytes must be; None when another program wrote it.
    pub checksum: Option<Arc<Checksum>>,
}

/// A data file of a table, with what was deleted from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its id.
    pub id: FileId,
    /// The file.
    pub file: SegmentMeta,
    /// The rows deleted from it.
    pub deletes: Option<DeleteFile>,
}

impl Segment {
    /// Rows that are not deleted.
    pub fn live_rows(&self) -> u64 {
        self.file.row_count - self.deletes.as_ref().map_or(0, |d| d.row_count)
    }
}

/// A table in one state.
#[derive(Debug, Clone)]
pub struct TableSnapshot {
    /// Its id.
    pub id: TableId,
    /// The schema it is in.
    pub schema_id: SchemaId,
    /// Its name.
    pub name: String,
    /// Its universally unique id, for other readers of the catalog.
    pub uuid: String,
    /// Folder of its files below the data folder, ending in `/`; by id, so it outlives renames.
    pub path: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The id that the next added column gets.
    pub next_column_id: i64,
    /// Physical design and constraints.
    pub layout: TableLayout,
    /// Its comment.
    pub comment: Option<String>,
    /// Its data files.
    pub segments: Vec<Arc<Segment>>,
    /// The snapshot that changed the table last; grows with each change, also within a transaction.
    pub version: u64,
    pub(crate) schema: OnceLock<SchemaRef>,
}

impl TableSnapshot {
    /// A table without rows.
    pub fn new(id: TableId, schema_id: SchemaId, name: String, columns: Vec<Column>, layout: TableLayout) -> Self {
        let next_column_id = columns.iter().map(|c| c.id.0).max().unwrap_or(0) + 1;
        TableSnapshot {
            id,
            schema_id,
            name,
            uuid: uuid::Uuid::new_v4().to_string(),
            path: format!("{schema_id}/{id}/"),
            columns,
            next_column_id,
            layout,
            comment: None,
            segments: Vec::new(),
            version: 0,
            schema: OnceLock::new(),
        }
    }

    /// The columns as an Arrow schema.
    pub fn arrow_schema(&self) -> SchemaRef {
        let field = |column: &Column| {
            let mut field = column.to_field();
            if self.layout.ignores_case(column.id) {
                field.metadata_mut().insert(COLLATION_KEY.to_owned(), CASE_INSENSITIVE.to_owned());
            }
            field
        };
        let schema = || Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        Arc::clone(self.schema.get_or_init(schema))
    }

    /// Rows of the table.
    pub fn row_count(&self) -> u64 {
        self.segments.iter().map(|s| s.live_rows()).sum()
    }

    /// Bytes of the table's data files.
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.file.size_bytes).sum()
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// A column by id.
    pub fn column_by_id(&self, id: ColumnId) -> Option<&Column> {
        self.columns.iter().find(|c| c.id == id)
    }

    /// A segment by id.
    pub fn segment(&self, id: FileId) -> Option<&Arc<Segment>> {
        self.segments.iter().find(|s| s.id == id)
    }

    /// To be called after a change of `columns`.
    pub fn reset_arrow_schema(&mut self) {
        self.schema = OnceLock::new();
    }
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewColumn {
    /// Its name.
    pub name: String,
    /// The Arrow type of its values.
    pub data_type: DataType,
    /// The Redshift type.
    pub redshift_type: String,
}

/// A view in one state.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewSnapshot {
    /// Its id.
    pub id: ViewId,
    /// The schema it is in.
    pub schema_id: SchemaId,
    /// Its name.
    pub name: String,
    /// Its universally unique id, for other readers of the catalog.
    pub uuid: String,
    /// The query.
    pub sql: String,
    /// Its columns; empty for a late-binding view whose tables are not there yet.
    pub columns: Vec<ViewColumn>,
    /// WITH NO SCHEMA BINDING.
    pub late_binding: bool,
    /// The relations it was made from.
    pub depends_on: Vec<RelationId>,
    /// Whatever else the layers above keep with a view.
    pub properties: serde_json::Value,
    /// Its comment.
    pub comment: Option<String>,
}

/// A table or view.
#[derive(Debug, Clone)]
pub enum Relation {
    /// A table.
    Table(Arc<TableSnapshot>),
    /// A view.
    View(Arc<ViewSnapshot>),
}

impl Relation {
    /// Its id.
    pub fn id(&self) -> RelationId {
        match self {
            Relation::Table(t) => t.id,
            Relation::View(v) => v.id,
        }
    }

    /// Its schema.
    pub fn schema_id(&self) -> SchemaId {
        match self {
            Relation::Table(t) => t.schema_id,
            Relation::View(v) => v.schema_id,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Relation::Table(t) => &t.name,
            Relation::View(v) => &v.name,
        }
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&str> {
        match self {
            Relation::Table(t) => t.comment.as_deref(),
            Relation::View(v) => v.comment.as_deref(),
        }
    }
}
