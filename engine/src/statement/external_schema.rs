//! CREATE EXTERNAL SCHEMA: a name in the warehouse for a database of the data catalog.

use blueshift_sql::ast::{self, ExternalSource, IamRole};

use super::name;
use crate::{
    catalog::external_schema::{self, ExternalSchema},
    error::{Error, Result},
    security::{self, Object},
    session::{Notice, Session, StatementResult},
};

/// Makes an external schema, and its database in the data catalog when the statement says so.
pub fn create(session: &mut Session, create: &ast::CreateExternalSchema) -> Result<StatementResult> {
    if create.source != ExternalSource::DataCatalog {
        return Err(Error::not_supported(format!("an external schema from {:?}", create.source)));
    }
    let schema = name::identifier(create.name.name());
    let context = session.bind_context()?;
    let exists =
        context.snapshot.schema(&schema).is_some() || external_schema::find(&context.snapshot, &schema).is_some();
    if exists {
        if create.if_not_exists {
            session.notice(Notice::info(format!("Schema \"{schema}\" already exists and will be skipped")));
            return Ok(StatementResult::done("CREATE SCHEMA"));
        }
        return Err(Error::duplicate_schema(schema));
    }
    let database = create
        .database
        .as_ref()
        .map(|database| database.to_lowercase())
        .ok_or_else(|| Error::syntax("CREATE EXTERNAL SCHEMA FROM DATA CATALOG needs DATABASE 'name'"))?;
    let data_catalog = &session.shared.data_catalog;
    if create.create_external_database {
        data_catalog.create_database(&database, true)?;
    } else if data_catalog.database(&database)?.is_none() {
        return Err(
            Error::undefined_database(&database).with_hint("Add CREATE EXTERNAL DATABASE IF NOT EXISTS to make it.")
        );
    }
    let external = ExternalSchema {
        name: schema.clone(),
        database,
        iam_role: create.iam_role.as_ref().map(|role| match role {
            IamRole::Default => "default".to_owned(),
            IamRole::Arn(arn) => arn.clone(),
        }),
        options: create.options.clone(),
    };
    external_schema::store(session.transaction()?, &external)?;
    security::own_new(session, &Object::ExternalSchema(external.name), None)?;
    Ok(StatementResult::done("CREATE SCHEMA"))
}
