//! Cursors and prepared statements.

use super::{DataType, Expr, Ident, Query, Statement};

/// `DECLARE name CURSOR FOR query`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclareCursor {
    /// Name.
    pub name: Ident,
    /// The query.
    pub query: Box<Query>,
}

/// `FETCH [direction] [FROM|IN] cursor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// How many rows; `None` is all.
    pub count: Option<u64>,
    /// The cursor.
    pub cursor: Ident,
}

/// `CLOSE cursor | ALL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The cursor; `None` is `ALL`.
    pub cursor: Option<Ident>,
}

/// `PREPARE name [(types)] AS statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepare {
    /// Name.
    pub name: Ident,
    /// Parameter types.
    pub types: Vec<DataType>,
    /// The statement, with `$1` … in it.
    pub statement: Box<Statement>,
}

/// `EXECUTE name [(values)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Execute {
    /// Name.
    pub name: Ident,
    /// Parameter values.
    pub values: Vec<Expr>,
}

/// `DEALLOCATE [PREPARE] name | ALL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deallocate {
    /// Name; `None` is `ALL`.
    pub name: Option<Ident>,
}
