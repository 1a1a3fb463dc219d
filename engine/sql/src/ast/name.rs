//! Names of objects, already folded as Redshift folds them.

use sqlparser::ast::{Ident, ObjectName as SqlObjectName, ObjectNamePart};

/// A possibly qualified name: `table`, `schema.table` or `database.schema.table`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectName(pub Vec<Ident>);

impl ObjectName {
    /// The last part; the empty string for an empty name.
    pub fn name(&self) -> &str {
        self.part_from_end(0).unwrap_or("")
    }

    /// The part before the last, when there is one.
    pub fn schema(&self) -> Option<&str> {
        self.part_from_end(1)
    }

    /// The third part from the end, when there is one.
    pub fn database(&self) -> Option<&str> {
        self.part_from_end(2)
    }

    fn part_from_end(&self, n: usize) -> Option<&str> {
        self.0.iter().rev().nth(n).map(|ident| ident.value.as_str())
    }

    /// The same name as `sqlparser` has it, for building queries.
    pub fn to_sql_name(&self) -> SqlObjectName {
        SqlObjectName(self.0.iter().cloned().map(ObjectNamePart::Identifier).collect())
    }

    /// A name from `sqlparser`; `None` when a part is not an identifier.
    pub fn from_sql_name(name: &SqlObjectName) -> Option<Self> {
        name.0.iter().map(|part| part.as_ident().cloned()).collect::<Option<Vec<_>>>().map(ObjectName)
    }
}

/// What happens to objects that depend on a dropped or revoked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropBehavior {
    /// `RESTRICT`: refuse.
    Restrict,
    /// `CASCADE`: drop them too.
    Cascade,
}
