//! Users, groups, roles, privileges and policies.

use super::{DataType, Expr, Ident, ObjectName};

/// `CREATE USER name [WITH] options`, `ALTER USER name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// `ALTER`, not `CREATE`.
    pub alter: bool,
    /// Name.
    pub name: Ident,
    /// Options in the order written.
    pub options: Vec<UserOption>,
}

/// An option of a user.
#[derive(Debug, Clone, PartialEq)]
pub enum UserOption {
    /// `PASSWORD 'text'`; `None` is `DISABLE`.
    Password(Option<String>),
    /// `CREATEDB | NOCREATEDB`.
    CreateDb(bool),
    /// `CREATEUSER | NOCREATEUSER`.
    CreateUser(bool),
    /// `SYSLOG ACCESS RESTRICTED | UNRESTRICTED`; `true` is unrestricted.
    SyslogAccess(bool),
    /// `IN GROUP names`.
    InGroup(Vec<Ident>),
    /// `VALID UNTIL 'time'`.
    ValidUntil(String),
    /// `CONNECTION LIMIT n | UNLIMITED` (-1).
    ConnectionLimit(i64),
    /// `SESSION TIMEOUT n` seconds.
    SessionTimeout(u64),
    /// `RESET SESSION TIMEOUT`.
    ResetSessionTimeout,
    /// `EXTERNALID 'id'`.
    ExternalId(String),
    /// `RENAME TO name`.
    RenameTo(Ident),
    /// `SET parameter TO value`.
    Set(super::Set),
    /// `RESET parameter`.
    Reset(super::Reset),
}

/// `CREATE GROUP name [WITH USER names]`, `ALTER GROUP name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Name.
    pub name: Ident,
    /// What to do.
    pub action: GroupAction,
}

/// What a group statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupAction {
    /// `CREATE GROUP … WITH USER names`.
    Create(Vec<Ident>),
    /// `ADD USER names`.
    AddUsers(Vec<Ident>),
    /// `DROP USER names`.
    DropUsers(Vec<Ident>),
    /// `RENAME TO name`.
    RenameTo(Ident),
}

/// `CREATE ROLE name [EXTERNALID 'id']`, `ALTER ROLE name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Name.
    pub name: Ident,
    /// What to do.
    pub action: RoleAction,
}

/// What a role statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleAction {
    /// `CREATE ROLE … [EXTERNALID 'id']`.
    Create(Option<String>),
    /// `ALTER ROLE … RENAME TO`.
    RenameTo(Ident),
    /// `ALTER ROLE … OWNER TO`.
    OwnerTo(Ident),
    /// `ALTER ROLE … EXTERNALID TO 'id'`.
    ExternalId(String),
}

/// `GRANT … TO …`, `REVOKE … FROM …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// `REVOKE`.
    pub revoke: bool,
    /// `REVOKE GRANT OPTION FOR`, `REVOKE ADMIN OPTION FOR`.
    pub option_only: bool,
    /// Privileges. Empty for `GRANT ROLE`.
    pub privileges: Vec<Privilege>,
    /// On what.
    pub target: GrantTarget,
    /// To or from whom.
    pub grantees: Vec<Grantee>,
    /// `CASCADE` or `RESTRICT` of `REVOKE`.
    pub behavior: Option<super::DropBehavior>,
}

/// A privilege.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// Upper-case words: `SELECT`, `ALL`, `CREATE TABLE`, `ASSUMEROLE`, …
    pub name: String,
    /// Columns of a column privilege.
    pub columns: Vec<Ident>,
}

/// What a privilege is on.
#[derive(Debug, Clone, PartialEq)]
pub enum GrantTarget {
    /// `ON [TABLE] names`.
    Tables(Vec<ObjectName>),
    /// `ON ALL {TABLES|FUNCTIONS|PROCEDURES} IN SCHEMA names`.
    AllInSchema {
        /// `TABLES`, `FUNCTIONS`, `PROCEDURES`.
        objects: String,
        /// Schemas.
        schemas: Vec<ObjectName>,
    },
    /// `ON kind names`: `SCHEMA`, `DATABASE`, `LANGUAGE`, `MODEL`, `DATASHARE`, `EXTERNAL TABLE`, `COPY JOB`, …
    Objects {
        /// Upper-case words.
        kind: String,
        /// Names.
        names: Vec<ObjectName>,
    },
    /// `ON {FUNCTION|PROCEDURE} name(types)`.
    Routines {
        /// A procedure, not a function.
        procedure: bool,
        /// Names with argument types, when written.
        routines: Vec<(ObjectName, Option<Vec<super::RoutineArgument>>)>,
    },
    /// `FOR {TABLES|SCHEMAS|…} IN {SCHEMA|DATABASE} names`: scoped permissions.
    Scoped {
        /// `TABLES`, `SCHEMAS`, `FUNCTIONS`, …
        objects: String,
        /// `SCHEMA` or `DATABASE`.
        scope: String,
        /// Names.
        names: Vec<ObjectName>,
        /// `DATABASE name` after schemas.
        database: Option<Ident>,
    },
    /// `ON 'arn' … TO … FOR commands` of `ASSUMEROLE`.
    AssumeRole {
        /// ARNs; `default`; `ALL`.
        roles: Vec<String>,
        /// `ALL`, `COPY`, `UNLOAD`, …
        commands: Vec<String>,
    },
    /// `GRANT ROLE names TO …`.
    Roles(Vec<Ident>),
    /// System privileges: `GRANT CREATE USER TO ROLE r`, `GRANT EXPLAIN RLS TO …`.
    System,
}

/// To whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Grantee {
    /// Kind.
    pub kind: GranteeKind,
    /// Name; empty for `PUBLIC`.
    pub name: String,
    /// Whether the name was quoted.
    pub quoted: bool,
    /// `WITH GRANT OPTION`, `WITH ADMIN OPTION`.
    pub with_option: bool,
}

/// Kind of a grantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the grammar's words
pub enum GranteeKind {
    User,
    Group,
    Role,
    Public,
    /// `NAMESPACE 'guid'`.
    Namespace,
    /// `ACCOUNT 'id' [VIA DATA CATALOG]`.
    Account,
    AccountViaDataCatalog,
}

/// `ALTER DEFAULT PRIVILEGES [FOR USER names] [IN SCHEMA names] {GRANT|REVOKE} …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDefaultPrivileges {
    /// `FOR USER`.
    pub users: Vec<Ident>,
    /// `IN SCHEMA`.
    pub schemas: Vec<ObjectName>,
    /// The grant; its target is [`GrantTarget::Objects`] with kind `TABLES`, `FUNCTIONS`, `PROCEDURES` and no names.
    pub grant: Grant,
}

/// `CREATE|ALTER {RLS|MASKING} POLICY name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// `ALTER`, not `CREATE`.
    pub alter: bool,
    /// `MASKING`, not `RLS`.
    pub masking: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Name.
    pub name: ObjectName,
    /// `WITH (column type, …)`.
    pub columns: Vec<(Ident, DataType)>,
    /// `[AS] alias` of an RLS policy.
    pub alias: Option<Ident>,
    /// `USING (…)`: one condition for RLS, one or more expressions for masking.
    pub using: Vec<Expr>,
}

/// `ATTACH|DETACH {RLS|MASKING} POLICY name ON tables {TO|FROM} grantees`.
#[derive(Debug, Clone, PartialEq)]
pub struct AttachPolicy {
    /// `DETACH`.
    pub detach: bool,
    /// `MASKING`, not `RLS`.
    pub masking: bool,
    /// Name.
    pub name: ObjectName,
    /// Tables.
    pub tables: Vec<ObjectName>,
    /// Masked output columns or SUPER paths, as written.
    pub columns: Vec<Expr>,
    /// `USING (columns)`.
    pub using: Vec<Expr>,
    /// To or from whom.
    pub grantees: Vec<Grantee>,
    /// `PRIORITY n`.
    pub priority: Option<i64>,
}
