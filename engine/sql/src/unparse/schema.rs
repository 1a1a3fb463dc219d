//! Text of schema and database statements.

use std::fmt::{self, Display, Formatter};

use super::{After, Commas, behavior, quote, quoted_after, when};
use crate::ast::{
    AlterDatabase, AlterDatabaseAction, AlterSchema, AlterSchemaAction, CreateDatabase, CreateSchema,
    DatabaseIsolation, DatabaseSource, DropSchema, Quota, Use,
};

impl Display for Quota {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Quota::Unlimited => f.write_str("QUOTA UNLIMITED"),
            Quota::Megabytes(megabytes) => write!(f, "QUOTA {megabytes} MB"),
        }
    }
}

impl Display for CreateSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE SCHEMA {}{}", when(self.if_not_exists, "IF NOT EXISTS "), self.name)?;
        write!(f, "{}{}", After(" AUTHORIZATION ", self.authorization.as_ref()), After(" ", self.quota.as_ref()))?;
        self.elements.iter().try_for_each(|element| write!(f, " {element}"))
    }
}

impl Display for AlterSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER SCHEMA {} ", self.name)?;
        match &self.action {
            AlterSchemaAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterSchemaAction::OwnerTo(user) => write!(f, "OWNER TO {user}"),
            AlterSchemaAction::Quota(quota) => write!(f, "{quota}"),
        }
    }
}

impl Display for DropSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "DROP SCHEMA {}{}", when(self.if_exists, "IF EXISTS "), Commas(&self.names))?;
        write!(f, "{}{}", when(self.drop_external_database, " DROP EXTERNAL DATABASE"), behavior(self.behavior))
    }
}

fn limit(limit: i64) -> String {
    if limit < 0 { "UNLIMITED".to_string() } else { limit.to_string() }
}

impl Display for DatabaseIsolation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DatabaseIsolation::Serializable => "SERIALIZABLE",
            DatabaseIsolation::Snapshot => "SNAPSHOT",
        })
    }
}

impl Display for CreateDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CREATE DATABASE {}", self.name)?;
        match &self.from {
            Some(DatabaseSource::Datashare { name, account, namespace, with_permissions }) => {
                write!(f, " FROM DATASHARE {name} OF{}", quoted_after(" ACCOUNT ", account.as_ref()))?;
                write!(f, " NAMESPACE {}{}", quote(namespace), when(*with_permissions, " WITH PERMISSIONS"))?;
            }
            Some(DatabaseSource::Other(rest)) => write!(f, " FROM {rest}")?,
            None => {}
        }
        write!(f, "{}", After(" OWNER ", self.owner.as_ref()))?;
        if let Some(connections) = self.connection_limit {
            write!(f, " CONNECTION LIMIT {}", limit(connections))?;
        }
        write!(f, "{}", After(" COLLATE ", self.collation.as_ref()))?;
        write!(f, "{}", After(" ISOLATION LEVEL ", self.isolation.as_ref()))
    }
}

impl Display for AlterDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ALTER DATABASE {} ", self.name)?;
        match &self.action {
            AlterDatabaseAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterDatabaseAction::OwnerTo(user) => write!(f, "OWNER TO {user}"),
            AlterDatabaseAction::ConnectionLimit(connections) => write!(f, "CONNECTION LIMIT {}", limit(*connections)),
            AlterDatabaseAction::Collate(collation) => write!(f, "COLLATE {collation}"),
            AlterDatabaseAction::Isolation(isolation) => write!(f, "ISOLATION LEVEL {isolation}"),
            AlterDatabaseAction::Other(rest) => f.write_str(rest),
        }
    }
}

impl Display for Use {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "USE {}", self.database)
    }
}
