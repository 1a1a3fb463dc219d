//! CREATE, ALTER and DROP SCHEMA.

use blueshift_sql::ast::{self, AlterSchemaAction, DropBehavior};

use super::{drop as drop_statement, name};
use crate::{
    catalog::{external_schema, system_view},
    error::{Error, Result, SqlState},
    session::{Notice, Session, StatementResult},
    storage::metadata::Relation,
};

/// CREATE SCHEMA.
pub fn create(session: &mut Session, create: &ast::CreateSchema) -> Result<StatementResult> {
    let context = session.bind_context()?;
    if let Some(database) = create.name.schema()
        && database != context.database
    {
        return Err(Error::undefined_database(database));
    }
    if !create.elements.is_empty() {
        return Err(Error::not_supported("CREATE SCHEMA with other commands inside"));
    }
    let schema = name::identifier(create.name.name());
    if schema.starts_with("pg_") || system_view::is_system_schema(&schema) {
        return Err(Error::new(SqlState("42939"), format!("unacceptable schema name \"{schema}\""))
            .with_detail("The prefix \"pg_\" is reserved for system schemas."));
    }
    let exists =
        context.snapshot.schema(&schema).is_some() || external_schema::find(&context.snapshot, &schema).is_some();
    if exists {
        if create.if_not_exists {
            session.notice(Notice::info(format!("Schema \"{schema}\" already exists and will be skipped")));
            return Ok(StatementResult::done("CREATE SCHEMA"));
        }
        return Err(Error::duplicate_schema(schema));
    }
    session.transaction()?.create_schema(&schema)?;
    Ok(StatementResult::done("CREATE SCHEMA"))
}

/// ALTER SCHEMA.
pub fn alter(session: &mut Session, alter: &ast::AlterSchema) -> Result<StatementResult> {
    let snapshot = session.transaction()?.snapshot()?;
    let old = alter.name.name();
    let schema = snapshot.schema(old).ok_or_else(|| Error::undefined_schema(old))?;
    match &alter.action {
        AlterSchemaAction::RenameTo(new) => {
            let new = name::identifier(&new.value);
            if snapshot.schema(&new).is_some() || external_schema::find(&snapshot, &new).is_some() {
                return Err(Error::duplicate_schema(new));
            }
            session.transaction()?.rename_schema(schema.id, &new)?;
        }
        AlterSchemaAction::OwnerTo(_) => return Err(Error::not_supported("ALTER SCHEMA … OWNER TO")),
        AlterSchemaAction::Quota(_) => return Err(Error::not_supported("ALTER SCHEMA … QUOTA")),
    }
    Ok(StatementResult::done("ALTER SCHEMA"))
}

/// DROP SCHEMA, also of external schemas.
pub fn drop(session: &mut Session, drop: &ast::DropSchema) -> Result<StatementResult> {
    let cascade = drop.behavior == Some(DropBehavior::Cascade);
    for object in &drop.names {
        let schema_name = object.name();
        let snapshot = session.transaction()?.snapshot()?;
        if let Some(external) = external_schema::find(&snapshot, schema_name) {
            if drop.drop_external_database {
                session.shared.data_catalog.drop_database(&external.database)?;
            }
            session.transaction()?.remove_record(external_schema::RECORD_KIND, schema_name)?;
            continue;
        }
        let Some(schema) = snapshot.schema(schema_name) else {
            if drop.if_exists {
                session.notice(Notice::info(format!("Schema \"{schema_name}\" does not exist and will be skipped")));
                continue;
            }
            return Err(Error::undefined_schema(schema_name));
        };
        let relations: Vec<Relation> = snapshot.relations(schema.id).cloned().collect();
        if !relations.is_empty() && !cascade {
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS,
                format!("cannot drop schema {schema_name} because other objects depend on it"),
            )
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        for relation in relations {
            if session.transaction()?.snapshot()?.relation_by_id(relation.id()).is_some() {
                drop_statement::drop_relation(session, &relation, true)?;
            }
        }
        session.transaction()?.drop_schema(schema.id)?;
    }
    Ok(StatementResult::done("DROP SCHEMA"))
}
