//! Schemas and databases.

use super::{Grammar, Parsed};
use crate::ast::{
    AlterDatabase, AlterDatabaseAction, AlterSchema, AlterSchemaAction, CreateDatabase, CreateSchema,
    DatabaseIsolation, DatabaseSource, DropSchema, ObjectName, Quota, Statement, Use,
};

impl Grammar<'_> {
    /// After `CREATE SCHEMA`.
    pub(super) fn create_schema(&mut self) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let mut authorization = None;
        let name = if self.eat("authorization") {
            let user = self.ident()?;
            authorization = Some(user.clone());
            ObjectName(vec![user])
        } else {
            self.object_name()?
        };
        if authorization.is_none() && self.eat("authorization") {
            authorization = Some(self.ident()?);
        }
        let quota = if self.is("quota") { Some(self.quota()?) } else { None };
        let mut elements = Vec::new();
        while self.is("create") || self.is("grant") {
            elements.push(self.statement()?);
        }
        Ok(Statement::CreateSchema(CreateSchema { if_not_exists, name, authorization, quota, elements }))
    }

    /// `QUOTA n [MB|GB|TB] | UNLIMITED`; megabytes by default.
    fn quota(&mut self) -> Parsed<Quota> {
        self.expect("quota")?;
        if self.eat("unlimited") {
            return Ok(Quota::Unlimited);
        }
        let amount = self.unsigned()?;
        let factor = match self.eat_one_of(&["mb", "gb", "tb"]) {
            Some("gb") => 1024,
            Some("tb") => 1024 * 1024,
            _ => 1,
        };
        match amount.checked_mul(factor) {
            Some(megabytes) => Ok(Quota::Megabytes(megabytes)),
            None => Err(self.unexpected_last()),
        }
    }

    /// After `ALTER SCHEMA`.
    pub(super) fn alter_schema(&mut self) -> Parsed<Statement> {
        let name = self.object_name()?;
        let action = if self.eat_all(&["rename", "to"]) {
            AlterSchemaAction::RenameTo(self.ident()?)
        } else if self.eat_all(&["owner", "to"]) {
            AlterSchemaAction::OwnerTo(self.any_ident()?)
        } else {
            AlterSchemaAction::Quota(self.quota()?)
        };
        Ok(Statement::AlterSchema(AlterSchema { name, action }))
    }

    /// After `DROP SCHEMA`.
    pub(super) fn drop_schema(&mut self) -> Parsed<Statement> {
        let if_exists = self.if_exists();
        let names = self.object_names()?;
        let drop_external_database = self.eat_all(&["drop", "external", "database"]);
        let behavior = self.drop_behavior();
        Ok(Statement::DropSchema(DropSchema { if_exists, names, drop_external_database, behavior }))
    }

    /// After `CREATE DATABASE`.
    pub(super) fn create_database(&mut self) -> Parsed<Statement> {
        let mut database = CreateDatabase {
            name: self.ident()?,
            owner: None,
            connection_limit: None,
            collation: None,
            isolation: None,
            from: None,
        };
        if self.eat("from") {
            database.from = Some(self.database_source()?);
            return Ok(Statement::CreateDatabase(database));
        }
        self.eat("with");
        while !self.at_end() {
            if self.eat("owner") {
                self.eat_token(&sqlparser::tokenizer::Token::Eq);
                database.owner = Some(self.any_ident()?);
            } else if self.eat_all(&["connection", "limit"]) {
                database.connection_limit = Some(self.connection_limit()?);
            } else if self.eat("collate") {
                database.collation = Some(self.collation()?);
            } else if self.eat_all(&["isolation", "level"]) {
                database.isolation = Some(self.database_isolation()?);
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Statement::CreateDatabase(database))
    }

    fn database_source(&mut self) -> Parsed<DatabaseSource> {
        if !self.eat("datashare") {
            return if self.at_end() { Err(self.unexpected()) } else { Ok(DatabaseSource::Other(self.rest())) };
        }
        let name = self.ident()?;
        self.expect("of")?;
        let account = if self.eat("account") { Some(self.string()?) } else { None };
        self.expect("namespace")?;
        let namespace = self.string()?;
        let with_permissions = self.eat_all(&["with", "permissions"]);
        Ok(DatabaseSource::Datashare { name, account, namespace, with_permissions })
    }

    /// `n | UNLIMITED`; unlimited is -1.
    pub(super) fn connection_limit(&mut self) -> Parsed<i64> {
        if self.eat("unlimited") { Ok(-1) } else { self.signed() }
    }

    fn database_isolation(&mut self) -> Parsed<DatabaseIsolation> {
        match self.eat_one_of(&["serializable", "snapshot"]) {
            Some("snapshot") => Ok(DatabaseIsolation::Snapshot),
            Some(_) => Ok(DatabaseIsolation::Serializable),
            None => Err(self.unexpected()),
        }
    }

    /// After `ALTER DATABASE`.
    pub(super) fn alter_database(&mut self) -> Parsed<Statement> {
        let name = self.ident()?;
        let action = if self.eat_all(&["rename", "to"]) {
            AlterDatabaseAction::RenameTo(self.ident()?)
        } else if self.eat_all(&["owner", "to"]) {
            AlterDatabaseAction::OwnerTo(self.any_ident()?)
        } else if self.eat_all(&["connection", "limit"]) {
            AlterDatabaseAction::ConnectionLimit(self.connection_limit()?)
        } else if self.eat("collate") {
            AlterDatabaseAction::Collate(self.collation()?)
        } else if self.eat_all(&["isolation", "level"]) {
            AlterDatabaseAction::Isolation(self.database_isolation()?)
        } else if self.is("integration") {
            AlterDatabaseAction::Other(self.rest())
        } else {
            return Err(self.unexpected());
        };
        Ok(Statement::AlterDatabase(AlterDatabase { name, action }))
    }

    pub(super) fn use_database(&mut self) -> Parsed<Statement> {
        self.expect("use")?;
        Ok(Statement::Use(Use { database: self.ident()? }))
    }
}
