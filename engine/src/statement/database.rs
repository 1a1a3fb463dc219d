//! CREATE, ALTER and DROP DATABASE, USE. A warehouse holds the objects of one database; others are
//! records, which clients see and cannot enter.

use blueshift_sql::ast::{self, AlterDatabaseAction};
use serde::{Deserialize, Serialize};

use super::{database_isolation, name};
use crate::{
    error::{Error, Result, SqlState},
    security::{self, Access, Object, privilege},
    session::{Notice, Session, StatementResult},
    transaction::{CatalogSnapshot, Transaction},
};

/// Kind of the records of databases.
const RECORD_KIND: &str = "database";

/// A database besides the one that holds everything, or what was said of that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// CONNECTION LIMIT; None: none.
    pub connection_limit: Option<i64>,
}

/// The databases that were created, by name.
pub fn databases(snapshot: &CatalogSnapshot) -> Vec<Database> {
    let records = snapshot.records(RECORD_KIND);
    records.filter_map(|(_, value)| serde_json::from_value(value.as_ref().clone()).ok()).collect()
}

/// Whether a database of that name was created.
pub fn exists(snapshot: &CatalogSnapshot, database: &str) -> bool {
    snapshot.record(RECORD_KIND, database).is_some()
}

fn store(transaction: &mut Transaction, database: &Database) -> Result<()> {
    let value = serde_json::to_value(database).map_err(Error::internal)?;
    transaction.put_record(RECORD_KIND, &database.name, value)
}

fn refuse_in_block(session: &Session, command: &str) -> Result<()> {
    session.check_alone(command)
}

/// CREATE DATABASE.
pub fn create(session: &mut Session, create: &ast::CreateDatabase) -> Result<StatementResult> {
    refuse_in_block(session, "CREATE DATABASE")?;
    if create.from.is_some() {
        return Err(Error::not_supported("CREATE DATABASE … FROM"));
    }
    if create.collation == Some(ast::Collation::CaseInsensitive) {
        return Err(Error::not_supported("COLLATE CASE_INSENSITIVE"));
    }
    let snapshot = session.transaction()?.snapshot()?;
    require_create(session, &snapshot)?;
    let database = name::identifier(&create.name.value);
    if exists(&snapshot, &database) || database == session.info().database || RESERVED.contains(&database.as_str()) {
        return Err(Error::new(SqlState("42P04"), format!("database \"{database}\" already exists")));
    }
    let owner = match &create.owner {
        Some(owner) => security::user_id(session, &owner.value)?,
        None => security::current_user_id(session)?,
    };
    let transaction = session.transaction()?;
    let id = transaction.new_object_id()?;
    let connection_limit = create.connection_limit.filter(|limit| *limit >= 0);
    store(transaction, &Database { id, name: database.clone(), connection_limit })?;
    privilege::set_owner(transaction, &Object::Database(database), owner)?;
    Ok(StatementResult::done("CREATE DATABASE"))
}

/// Databases that every cluster has.
const RESERVED: [&str; 4] = ["template0", "template1", "padb_harvest", "awsdatacatalog"];

fn require_create(session: &Session, snapshot: &CatalogSnapshot) -> Result<()> {
    let info = session.info();
    let may = security::user(snapshot, &info.owner, &info.user).is_some_and(|user| user.superuser || user.create_db);
    if may {
        return Ok(());
    }
    Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to create database"))
}

fn find(session: &mut Session, database: &str) -> Result<Database> {
    let snapshot = session.transaction()?.snapshot()?;
    let found = databases(&snapshot).into_iter().find(|known| known.name == database);
    let found = found.ok_or_else(|| Error::undefined_database(database))?;
    let object = Object::Database(database.to_owned());
    if Access::of(&snapshot, session.info()).owns(&object) {
        return Ok(found);
    }
    Err(security::must_own("database", database))
}

/// ALTER DATABASE.
pub fn alter(session: &mut Session, alter: &ast::AlterDatabase) -> Result<StatementResult> {
    let current = alter.name.value == session.info().database;
    match &alter.action {
        AlterDatabaseAction::Isolation(level) => return database_isolation::alter(session, &alter.name, *level),
        AlterDatabaseAction::Collate(ast::Collation::CaseSensitive) if current => {}
        AlterDatabaseAction::Collate(_) => return Err(Error::not_supported("ALTER DATABASE … COLLATE")),
        AlterDatabaseAction::Other(words) => return Err(Error::not_supported(format!("ALTER DATABASE … {words}"))),
        AlterDatabaseAction::OwnerTo(owner) => {
            security::require_superuser(session, "change the owner of a database")?;
            if !current {
                find(session, &alter.name.value)?;
            }
            let owner = security::user_id(session, &owner.value)?;
            privilege::set_owner(session.transaction()?, &Object::Database(alter.name.value.clone()), owner)?;
        }
        AlterDatabaseAction::RenameTo(_) if current => {
            return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "current database cannot be renamed"));
        }
        AlterDatabaseAction::RenameTo(new) => {
            let mut database = find(session, &alter.name.value)?;
            let snapshot = session.transaction()?.snapshot()?;
            let new = name::identifier(&new.value);
            if exists(&snapshot, &new) || new == session.info().database {
                return Err(Error::new(SqlState("42P04"), format!("database \"{new}\" already exists")));
            }
            let owner = privilege::owner(&snapshot, &Object::Database(database.name.clone()));
            remove(session.transaction()?, &database.name)?;
            database.name.clone_from(&new);
            store(session.transaction()?, &database)?;
            privilege::set_owner(session.transaction()?, &Object::Database(new), owner)?;
        }
        AlterDatabaseAction::ConnectionLimit(_) if current => {
            return Err(Error::not_supported("CONNECTION LIMIT of the connected database"));
        }
        AlterDatabaseAction::ConnectionLimit(limit) => {
            let mut database = find(session, &alter.name.value)?;
            database.connection_limit = (*limit >= 0).then_some(*limit);
            store(session.transaction()?, &database)?;
        }
    }
    Ok(StatementResult::done("ALTER DATABASE"))
}

fn remove(transaction: &mut Transaction, database: &str) -> Result<()> {
    transaction.remove_record(RECORD_KIND, database)?;
    privilege::forget(transaction, &Object::Database(database.to_owned()))
}

/// DROP DATABASE.
pub fn drop_databases(session: &mut Session, drop: &ast::Drop) -> Result<StatementResult> {
    refuse_in_block(session, "DROP DATABASE")?;
    for object in &drop.names {
        let database = object.name();
        if database == session.info().database {
            return Err(Error::new(SqlState::OBJECT_IN_USE, "cannot drop the currently open database"));
        }
        match find(session, database) {
            Ok(_) => remove(session.transaction()?, database)?,
            Err(error) if drop.if_exists && error.state() == SqlState::UNDEFINED_DATABASE => {
                session.notice(Notice::info(format!("database \"{database}\" does not exist and will be skipped")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(StatementResult::done("DROP DATABASE"))
}

/// USE.
pub fn use_database(session: &mut Session, statement: &ast::Use) -> Result<StatementResult> {
    let database = &statement.database.value;
    if *database == session.info().database {
        return Ok(StatementResult::done("USE"));
    }
    let snapshot = session.transaction()?.snapshot()?;
    if exists(&snapshot, database) {
        return Err(Error::not_supported(format!("USE of a database other than \"{}\"", session.info().database)));
    }
    Err(Error::undefined_database(database))
}
