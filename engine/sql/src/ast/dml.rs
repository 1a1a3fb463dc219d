//! `INSERT`, `UPDATE`, `DELETE`, `MERGE`, `TRUNCATE`.

use super::{Expr, Ident, ObjectName, Query, TableFactor, TableWithJoins, With};

/// A value to store: an expression or the word `DEFAULT`.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // expressions are the rule, `DEFAULT` the exception
pub enum ValueOrDefault {
    /// An expression.
    Expr(Expr),
    /// `DEFAULT`.
    Default,
}

/// `INSERT INTO table [(columns)] source`.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// `WITH …` written before `INSERT`.
    pub with: Option<With>,
    /// Target table.
    pub table: ObjectName,
    /// Target columns; empty when none are listed.
    pub columns: Vec<Ident>,
    /// Where the rows come from.
    pub source: InsertSource,
}

/// Source of the rows of an `INSERT`.
#[derive(Debug, Clone, PartialEq)]
pub enum InsertSource {
    /// `DEFAULT VALUES`.
    DefaultValues,
    /// `VALUES (…), (…)`.
    Values(Vec<Vec<ValueOrDefault>>),
    /// A query.
    Query(Box<Query>),
}

/// `column = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// What is written before the column, which Redshift does not take (`SET t.a = 1`).
    pub qualifier: Option<Ident>,
    /// Target column.
    pub column: Ident,
    /// New value.
    pub value: ValueOrDefault,
}

/// `UPDATE table [alias] SET … [FROM …] [WHERE …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// `WITH …` written before `UPDATE`.
    pub with: Option<With>,
    /// Target table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `SET` list.
    pub assignments: Vec<Assignment>,
    /// `FROM` list.
    pub from: Vec<TableWithJoins>,
    /// `WHERE`.
    pub selection: Option<Expr>,
}

/// `DELETE [FROM] table [alias] [USING …] [WHERE …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// `WITH …` written before `DELETE`.
    pub with: Option<With>,
    /// Target table.
    pub table: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// `USING` list.
    pub using: Vec<TableWithJoins>,
    /// `WHERE`.
    pub selection: Option<Expr>,
}

/// `MERGE INTO target USING source ON condition …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// Target table.
    pub target: ObjectName,
    /// Its alias.
    pub alias: Option<Ident>,
    /// Source relation.
    pub source: TableFactor,
    /// `ON` condition.
    pub on: Expr,
    /// What to do.
    pub action: MergeAction,
}

/// The body of a `MERGE`.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// `REMOVE DUPLICATES`.
    RemoveDuplicates,
    /// `WHEN …` clauses.
    When {
        /// `WHEN MATCHED THEN …`.
        matched: Option<MergeMatched>,
        /// `WHEN NOT MATCHED THEN INSERT …`.
        not_matched: Option<MergeInsert>,
    },
}

/// `WHEN MATCHED THEN …`.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeMatched {
    /// `UPDATE SET …`.
    Update(Vec<Assignment>),
    /// `DELETE`.
    Delete,
}

/// `INSERT [(columns)] VALUES (…)` of a `MERGE`.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeInsert {
    /// Target columns; empty when none are listed.
    pub columns: Vec<Ident>,
    /// Values.
    pub values: Vec<ValueOrDefault>,
}

/// `TRUNCATE [TABLE] table`.
#[derive(Debug, Clone, PartialEq)]
pub struct Truncate {
    /// The table.
    pub table: ObjectName,
}
