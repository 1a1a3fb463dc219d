//! CREATE, ALTER and DROP SCHEMA.

use blueshift_sql::ast::{self, AlterSchemaAction, DropBehavior, Quota};

use super::{drop as drop_statement, name};
use crate::{
    catalog::{external_schema, system_view},
    error::{Error, Result, SqlState},
    routine::catalog::routines,
    security::{self, Access, Object, Privilege, privilege},
    session::{Notice, Session, StatementResult},
    storage::metadata::{Relation, SchemaId},
    transaction::{CatalogSnapshot, Transaction},
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
    let object = Object::Database(context.database.clone());
    let access = Access::of(&context.snapshot, session.info());
    if !access.has_system("CREATE SCHEMA") && !access.may(&object, Privilege::Create) {
        return Err(security::denied("database", &context.database));
    }
    let owner = match &create.authorization {
        Some(owner) if owner.value != session.info().user => {
            security::require_superuser(session, "make a schema for another user")?;
            Some(security::user_id(session, &owner.value)?)
        }
        _ => None,
    };
    let schema = name::identifier(create.name.name());
    if schema.starts_with("pg_") || system_view::is_system_schema(&schema) {
        return Err(reserved(&schema));
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
    let id = session.transaction()?.create_schema(&schema)?;
    security::own_new(session, &Object::Schema(id), None)?;
    if let Some(owner) = owner {
        privilege::set_owner(session.transaction()?, &Object::Schema(id), owner)?;
    }
    set_quota(session.transaction()?, id, create.quota)?;
    Ok(StatementResult::done("CREATE SCHEMA"))
}

/// ALTER SCHEMA.
pub fn alter(session: &mut Session, alter: &ast::AlterSchema) -> Result<StatementResult> {
    let snapshot = session.transaction()?.snapshot()?;
    let old = alter.name.name();
    let schema = snapshot.schema(old).ok_or_else(|| Error::undefined_schema(old))?;
    security::require_owner(session, &Object::Schema(schema.id), "schema", old)?;
    match &alter.action {
        AlterSchemaAction::RenameTo(new) => {
            if system_view::is_system_schema(&new.value) || new.value.starts_with("pg_") {
                return Err(reserved(&new.value));
            }
            let new = name::identifier(&new.value);
            if snapshot.schema(&new).is_some() || external_schema::find(&snapshot, &new).is_some() {
                return Err(Error::duplicate_schema(new));
            }
            session.transaction()?.rename_schema(schema.id, &new)?;
        }
        AlterSchemaAction::OwnerTo(owner) => {
            let owner = security::user_id(session, &owner.value)?;
            privilege::set_owner(session.transaction()?, &Object::Schema(schema.id), owner)?;
        }
        AlterSchemaAction::Quota(quota) => set_quota(session.transaction()?, schema.id, Some(*quota))?,
    }
    Ok(StatementResult::done("ALTER SCHEMA"))
}

fn reserved(schema: &str) -> Error {
    Error::new(SqlState("42939"), format!("unacceptable schema name \"{schema}\""))
        .with_detail("The prefix \"pg_\" is reserved for system schemas.")
}

/// Kind of the records that hold quotas of schemas, in megabytes, by the schema's id. They are shown, not enforced.
const QUOTA_KIND: &str = "schema_quota";

/// The quota of a schema in megabytes; None: unlimited.
pub fn quota(snapshot: &CatalogSnapshot, schema: SchemaId) -> Option<u64> {
    snapshot.record(QUOTA_KIND, &schema.to_string()).and_then(|value| value.as_u64())
}

fn set_quota(transaction: &mut Transaction, schema: SchemaId, quota: Option<Quota>) -> Result<()> {
    match quota {
        Some(Quota::Megabytes(megabytes)) => transaction.put_record(QUOTA_KIND, &schema.to_string(), megabytes.into()),
        Some(Quota::Unlimited) | None => transaction.remove_record(QUOTA_KIND, &schema.to_string()),
    }
}

/// DROP SCHEMA, also of external schemas.
pub fn drop(session: &mut Session, drop: &ast::DropSchema) -> Result<StatementResult> {
    let cascade = drop.behavior == Some(DropBehavior::Cascade);
    for object in &drop.names {
        let schema_name = object.name();
        let snapshot = session.transaction()?.snapshot()?;
        if let Some(external) = external_schema::find(&snapshot, schema_name) {
            security::require_owner(session, &Object::ExternalSchema(schema_name.to_owned()), "schema", schema_name)?;
            if drop.drop_external_database {
                session.shared.data_catalog.drop_database(&external.database)?;
            }
            session.transaction()?.remove_record(external_schema::RECORD_KIND, schema_name)?;
            privilege::forget(session.transaction()?, &Object::ExternalSchema(schema_name.to_owned()))?;
            continue;
        }
        let Some(schema) = snapshot.schema(schema_name) else {
            if drop.if_exists {
                session.notice(Notice::info(format!("Schema \"{schema_name}\" does not exist and will be skipped")));
                continue;
            }
            return Err(Error::undefined_schema(schema_name));
        };
        let access = Access::of(&snapshot, session.info());
        if !access.has_system("DROP SCHEMA") && !access.may(&Object::Schema(schema.id), Privilege::Drop) {
            return Err(security::must_own("schema", schema_name));
        }
        let relations: Vec<Relation> = snapshot.relations(schema.id).cloned().collect();
        let routines: Vec<_> = routines(&snapshot).into_iter().filter(|r| r.schema_id == schema.id.0).collect();
        let empty = relations.is_empty() && routines.is_empty();
        if !empty && !cascade {
            let first = relations.first().map(|relation| match relation {
                Relation::Table(table) => format!("table {}.{}", schema.name, table.name),
                Relation::View(view) => format!("view {}.{}", schema.name, view.name),
            });
            let first = first.or(routines.first().map(|routine| {
                let kind = if routine.procedure { "procedure" } else { "function" };
                format!("{kind} {}.{}", schema.name, routine.signature())
            }));
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS,
                format!("cannot drop schema {schema_name} because other objects depend on it"),
            )
            .with_detail(format!("{} depends on schema {schema_name}", first.unwrap_or_default()))
            .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        for routine in &routines {
            super::routine::remove(session, routine)?;
        }
        for relation in relations {
            if session.transaction()?.snapshot()?.relation_by_id(relation.id()).is_some() {
                drop_statement::drop_relation(session, &relation, true)?;
            }
        }
        session.transaction()?.drop_schema(schema.id)?;
        privilege::forget(session.transaction()?, &Object::Schema(schema.id))?;
        set_quota(session.transaction()?, schema.id, None)?;
    }
    Ok(StatementResult::done("DROP SCHEMA"))
}
