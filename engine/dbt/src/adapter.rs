//! The only door to a database: what the runner needs from whoever executes its SQL.
//!
//! The engine implements [`Adapter`] over its sessions, a later `push` over a real Redshift, the
//! tests over a recorder. Plain threads and blocking calls: the runner has no async code. A
//! [`Connection`] is one database session: transactions and temporary tables belong to it.

use std::{error::Error as StdError, fmt};

/// Opens connections. One is opened per worker thread, lazily, and kept for the whole run.
pub trait Adapter: Send + Sync {
    /// Opens a session outside any transaction.
    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError>;
}

/// One database session, used by one thread at a time.
pub trait Connection: Send {
    /// Runs one statement (no trailing `;` needed) and returns all of its rows.
    ///
    /// `begin`, `commit` and `rollback` come through here too; `rollback` outside a transaction
    /// must not fail. Nothing else may open or close a transaction.
    fn execute(&mut self, sql: &str) -> Result<Outcome, AdapterError>;

    /// Whether a relation exists, and which kind it is. Names arrive as written in the project
    /// (lower case unless quoted names are used) and compare without case.
    fn relation(
        &mut self,
        database: &str,
        schema: &str,
        identifier: &str,
    ) -> Result<Option<RelationKind>, AdapterError>;

    /// The columns of a relation in their order; `schema` is empty for a temporary table of this session.
    fn columns(&mut self, database: &str, schema: &str, identifier: &str) -> Result<Vec<Column>, AdapterError>;

    /// The relations of a schema (name and kind), in no particular order; empty for an unknown schema.
    fn relations(&mut self, database: &str, schema: &str) -> Result<Vec<(String, RelationKind)>, AdapterError>;

    /// The names of all schemas, external ones included.
    fn schemas(&mut self, database: &str) -> Result<Vec<String>, AdapterError>;
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// A managed table.
    Table,
    /// A view, late-binding or not.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table of an external schema.
    External,
}

impl RelationKind {
    /// dbt's word for it, as `relation.type` shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            RelationKind::Table => "table",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized_view",
            RelationKind::External => "external",
        }
    }
}

/// A column of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The full type as Redshift names it, e.g. `character varying(20)`, `numeric(17,9)`.
    pub data_type: String,
}

/// The result of one statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Rows changed by DML, from the command tag; `None` for a statement without a count.
    pub rows_affected: Option<u64>,
    /// The command tag, e.g. `INSERT 0 3`, `SELECT`, `CREATE TABLE`.
    pub tag: String,
    /// The columns of the result, present also when there are no rows; empty for a statement without a result.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// One value of a result row, in the few shapes that Jinja can do something with.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// Any integer type.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A decimal, as text, so that no digit is lost.
    Decimal(String),
    /// Everything else, in the text form psql prints.
    Text(String),
}

/// What the database said when it refused a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdapterError {
    /// The five-character code, empty when there is none.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The detail, if any.
    pub detail: Option<String>,
    /// The hint, if any.
    pub hint: Option<String>,
    /// The position in the statement (characters, from 1), if any.
    pub position: Option<usize>,
    /// The run was cancelled by its user: the runner stops starting nodes.
    pub cancelled: bool,
}

impl AdapterError {
    /// An error with a code and a message only.
    pub fn new(sqlstate: impl Into<String>, message: impl Into<String>) -> Self {
        AdapterError { sqlstate: sqlstate.into(), message: message.into(), ..Default::default() }
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, "\n  DETAIL: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  HINT: {hint}")?;
        }
        if !self.sqlstate.is_empty() {
            write!(f, "\n  SQLSTATE: {}", self.sqlstate)?;
        }
        Ok(())
    }
}

impl StdError for AdapterError {}
