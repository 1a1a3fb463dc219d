//! `COMMENT ON`.

use super::{DataType, Ident, ObjectName};

/// `COMMENT ON object IS 'text' | NULL`.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// What is commented.
    pub object: CommentObject,
    /// The text; `None` removes it.
    pub text: Option<String>,
}

/// What can have a comment.
#[derive(Debug, Clone, PartialEq)]
pub enum CommentObject {
    /// `TABLE`.
    Table(ObjectName),
    /// `VIEW`, `MATERIALIZED VIEW`.
    View(ObjectName),
    /// `COLUMN table.column`.
    Column {
        /// The table or view.
        relation: ObjectName,
        /// The column.
        column: Ident,
    },
    /// `CONSTRAINT name ON table`.
    Constraint {
        /// The constraint.
        name: Ident,
        /// Its table.
        table: ObjectName,
    },
    /// `DATABASE`.
    Database(Ident),
    /// `SCHEMA`.
    Schema(ObjectName),
    /// `FUNCTION name(types)`, `PROCEDURE name(types)`.
    Routine {
        /// A procedure, not a function.
        procedure: bool,
        /// Name.
        name: ObjectName,
        /// Argument types.
        arguments: Option<Vec<DataType>>,
    },
}
