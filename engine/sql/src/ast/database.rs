//! `CREATE DATABASE`, `ALTER DATABASE`, `USE`. (`DROP DATABASE` is [`super::Drop`].)

use super::{Collation, Ident};

/// `CREATE DATABASE name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatabase {
    /// Name.
    pub name: Ident,
    /// `OWNER`.
    pub owner: Option<Ident>,
    /// `CONNECTION LIMIT`; `UNLIMITED` is -1.
    pub connection_limit: Option<i64>,
    /// `COLLATE`.
    pub collation: Option<Collation>,
    /// `ISOLATION LEVEL`.
    pub isolation: Option<DatabaseIsolation>,
    /// `FROM …`: a shared or external database; the text after `FROM`.
    pub from: Option<DatabaseSource>,
}

/// `ISOLATION LEVEL` of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseIsolation {
    /// `SERIALIZABLE`.
    Serializable,
    /// `SNAPSHOT`.
    Snapshot,
}

/// Where the contents of a database come from.
#[derive(Debug, Clone, PartialEq)]
pub enum DatabaseSource {
    /// `FROM DATASHARE name OF [ACCOUNT 'id'] NAMESPACE 'guid' [WITH PERMISSIONS]`.
    Datashare {
        /// Name of the datashare.
        name: Ident,
        /// `ACCOUNT`.
        account: Option<String>,
        /// `NAMESPACE`.
        namespace: String,
        /// `WITH PERMISSIONS`.
        with_permissions: bool,
    },
    /// `FROM ARN '…' …` and `FROM INTEGRATION '…' …`: the words after `FROM`.
    Other(String),
}

/// `ALTER DATABASE name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabase {
    /// Name.
    pub name: Ident,
    /// The change.
    pub action: AlterDatabaseAction,
}

/// Changes of a database.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterDatabaseAction {
    /// `RENAME TO`.
    RenameTo(Ident),
    /// `OWNER TO`.
    OwnerTo(Ident),
    /// `CONNECTION LIMIT`; `UNLIMITED` is -1.
    ConnectionLimit(i64),
    /// `COLLATE`.
    Collate(Collation),
    /// `ISOLATION LEVEL`.
    Isolation(DatabaseIsolation),
    /// `INTEGRATION …` and later additions: the words as written.
    Other(String),
}

/// `USE database`; `RESET USE` is [`super::Reset`] of the parameter `use`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The database.
    pub database: Ident,
}
