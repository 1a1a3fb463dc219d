//! `CREATE SCHEMA`, `ALTER SCHEMA`, `DROP SCHEMA`.

use super::{DropBehavior, Ident, ObjectName, Statement};

/// `CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA …] [elements]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateSchema {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Name (`database.schema` is possible); for `CREATE SCHEMA AUTHORIZATION user` the user's name.
    pub name: ObjectName,
    /// `AUTHORIZATION user`.
    pub authorization: Option<Ident>,
    /// `QUOTA`.
    pub quota: Option<Quota>,
    /// `CREATE TABLE`, `CREATE VIEW`, `GRANT` inside the statement.
    pub elements: Vec<Statement>,
}

/// `QUOTA n [MB|GB|TB] | UNLIMITED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// `UNLIMITED`.
    Unlimited,
    /// A number of megabytes.
    Megabytes(u64),
}

/// `ALTER SCHEMA name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterSchema {
    /// Name.
    pub name: ObjectName,
    /// The change.
    pub action: AlterSchemaAction,
}

/// Changes of a schema.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterSchemaAction {
    /// `RENAME TO`.
    RenameTo(Ident),
    /// `OWNER TO`.
    OwnerTo(Ident),
    /// `QUOTA`.
    Quota(Quota),
}

/// `DROP SCHEMA [IF EXISTS] names [DROP EXTERNAL DATABASE] [CASCADE|RESTRICT]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropSchema {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Names.
    pub names: Vec<ObjectName>,
    /// `DROP EXTERNAL DATABASE`.
    pub drop_external_database: bool,
    /// `CASCADE` or `RESTRICT`.
    pub behavior: Option<DropBehavior>,
}
