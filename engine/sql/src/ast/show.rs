//! `SHOW` in all its forms.

use super::{DataType, ObjectName};

/// `SHOW …`.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// `SHOW ALL`.
    All,
    /// `SHOW name`: a session parameter, lower case. `TIME ZONE` is `timezone`, and so on.
    Parameter(String),
    /// `SHOW TABLE name`.
    Table(ObjectName),
    /// `SHOW VIEW name`.
    View(ObjectName),
    /// `SHOW EXTERNAL TABLE name [PARTITION]`.
    ExternalTable {
        /// The table.
        name: ObjectName,
        /// `PARTITION`.
        partition: bool,
    },
    /// `SHOW PROCEDURE name [(types)]`, `SHOW FUNCTION name [(types)]`.
    Routine {
        /// A procedure, not a function.
        procedure: bool,
        /// Name.
        name: ObjectName,
        /// Argument types.
        arguments: Option<Vec<DataType>>,
    },
    /// `SHOW MODEL name`.
    Model(ObjectName),
    /// `SHOW MODEL ALL`.
    Models,
    /// `SHOW DATABASES [FROM DATA CATALOG [ACCOUNT 'id', …]] [LIKE pattern] [LIMIT n]`.
    Databases {
        /// `FROM DATA CATALOG …`: the words.
        from: Option<String>,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW SCHEMAS FROM DATABASE name …`.
    Schemas {
        /// Database.
        database: ObjectName,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW TABLES FROM SCHEMA [database.]schema …`.
    Tables {
        /// Schema.
        schema: ObjectName,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW COLUMNS FROM TABLE [database.][schema.]table …`.
    Columns {
        /// Table.
        table: ObjectName,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW PROCEDURES|FUNCTIONS FROM SCHEMA …`.
    Routines {
        /// Procedures, not functions.
        procedures: bool,
        /// Schema.
        schema: ObjectName,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW PARAMETERS OF PROCEDURE|FUNCTION name (types) …`.
    RoutineParameters {
        /// A procedure, not a function.
        procedure: bool,
        /// Name.
        name: ObjectName,
        /// Argument types.
        arguments: Vec<DataType>,
        /// Filter.
        filter: ShowFilter,
    },
    /// `SHOW DATASHARES [LIKE pattern]`.
    Datashares(ShowFilter),
    /// `SHOW GRANTS …`, `SHOW COLUMN GRANTS …`, `SHOW CONSTRAINTS …`, `SHOW POLICIES …`, `SHOW TEMPLATE …`, …:
    /// the words after `SHOW`.
    Other {
        /// First word or words, upper case, e.g. `GRANTS`.
        kind: String,
        /// The rest as written, spaces normalised.
        rest: String,
    },
}

/// `[LIKE 'pattern'] [LIMIT n]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShowFilter {
    /// `LIKE`.
    pub like: Option<String>,
    /// `LIMIT`.
    pub limit: Option<u64>,
}
