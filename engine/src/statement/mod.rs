//! What each SQL command does, one file each.
//!
//! A command gets its syntax tree and the session, works in the session's transaction, and gives
//! back a result with the command tag that clients expect. Committing is the session's business.

/// ALTER TABLE.
mod alter_table;
/// ALTER TABLE … APPEND.
mod alter_table_append;
/// ANALYZE.
mod analyze;
/// ANALYZE COMPRESSION.
mod analyze_compression;
/// Storing rows: values cast to the columns they go to, NOT NULL checked, segments written.
mod assignment;
/// CANCEL.
mod cancel;
/// SET SESSION AUTHORIZATION.
pub(crate) mod authorization;
/// COMMENT ON.
mod comment;
/// Types of columns.
mod column_type;
/// CREATE TABLE.
mod create_table;
/// Columns of queries that are constants.
mod constant_column;
/// CREATE TABLE AS, SELECT INTO.
mod create_table_as;
/// CREATE VIEW.
mod create_view;
/// ALTER DATABASE … ISOLATION LEVEL, SET TRANSACTION.
mod database_isolation;
/// DECLARE, FETCH, CLOSE.
pub(crate) mod cursor;
/// CREATE, ALTER and DROP DATABASE, USE.
pub mod database;
/// DELETE.
mod delete;
/// Views that were made from a relation.
mod dependency;
/// DROP TABLE, DROP VIEW, and what depends on them.
mod drop;
/// Encodings and the types that they go with.
mod encoding;
/// EXPLAIN.
mod explain;
/// CREATE EXTERNAL SCHEMA.
mod external_schema;
/// CREATE EXTERNAL TABLE and partitions.
mod external_table;
/// IDENTITY columns.
pub(crate) mod identity;
/// INSERT.
mod insert;
/// LOCK, and the locks that statements take.
mod lock;
/// CREATE and REFRESH MATERIALIZED VIEW.
mod materialized_view;
/// MERGE.
mod merge;
/// Names of targets: which schema a new or changed object is in.
pub(crate) mod name;
/// PREPARE, EXECUTE, DEALLOCATE.
pub(crate) mod prepared;
/// SELECT.
mod query;
/// Roles.
mod role;
/// Rows that a statement makes itself.
mod rows;
/// Rows of the target that DELETE, UPDATE and MERGE change.
pub(crate) mod row_change;
/// CREATE, ALTER and DROP of functions and procedures.
pub(crate) mod routine;
/// CREATE, ALTER and DROP SCHEMA.
pub mod schema;
/// SET_CONFIG in a query.
pub(crate) mod set_config;
/// SET, RESET.
mod setting;
/// SHOW.
mod show;
/// GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.
mod grant;
/// TRUNCATE.
mod truncate;
/// UPDATE.
mod update;
/// Users and groups.
mod user;
/// VACUUM.
mod vacuum;

pub(crate) use analyze_compression::columns as analyze_compression_columns;
pub(crate) use assignment::has_subquery;
pub(crate) use cursor::undefined as undefined_cursor;
pub use database::databases;
pub use materialized_view::{
    MaterializedViewState, depends_on as materialized_view_depends_on, due as materialized_views_due,
    is_materialized_view, query_of as materialized_view_query, refresh_unasked as refresh_materialized_view_unasked,
    state as materialized_view_state,
};
pub(crate) use name::managed_table;
pub(crate) use show::columns as show_columns;

use blueshift_sql::{
    ParsedStatement,
    ast::{DropKind, Statement},
};

use futures::future::BoxFuture;

use crate::{
    error::{Error, Result},
    session::{Session, StatementResult},
};

/// Runs a statement in the session's transaction.
///
/// Errors: 0A000 names a command that blueshift does not have.
pub async fn execute(session: &mut Session, parsed: &ParsedStatement) -> Result<StatementResult> {
    if parsed.parameters > 0 && !matches!(parsed.statement, Statement::Prepare(_)) {
        return Err(Error::not_supported("a parameter ($1) outside of a prepared statement"));
    }
    if !matches!(parsed.statement, Statement::Set(_) | Statement::Reset(_) | Statement::Show(_)) {
        session.apply_as_of()?;
    }
    lock::check_access_mode(session, &parsed.statement)?;
    let _slots = lock::before(session, &parsed.statement).await?;
    match &parsed.statement {
        Statement::Copy(copy) if copy.source == "STDIN" => {
            Err(Error::new(crate::error::SqlState::FEATURE_NOT_SUPPORTED, "LOAD source is not supported.")
                .with_hint("Only S3 or DynamoDB or EMR based load is allowed."))
        }
        Statement::Query(query) => query::execute(session, query).await,
        Statement::Explain(explain) => explain::execute(session, explain).await,
        Statement::Insert(insert) => insert::execute(session, insert).await,
        Statement::Update(update) => update::execute(session, update).await,
        Statement::Delete(delete) => delete::execute(session, delete).await,
        Statement::Merge(merge) => merge::execute(session, merge).await,
        Statement::Truncate(truncate) => truncate::execute(session, truncate),
        Statement::CreateTable(create) => create_table::execute(session, create),
        Statement::CreateTableAs(create) => create_table_as::execute(session, create).await,
        Statement::AlterTable(alter) => alter_table::execute(session, alter).await,
        Statement::Drop(drop) => match drop.kind {
            DropKind::Table | DropKind::View | DropKind::MaterializedView => drop::execute(session, drop),
            DropKind::User => user::drop_users(session, drop),
            DropKind::Group => user::drop_groups(session, drop),
            DropKind::Role => role::drop_roles(session, drop),
            DropKind::Database => database::drop_databases(session, drop),
            _ => Err(Error::not_supported(format!("the command {}", command_words(&parsed.text)))),
        },
        Statement::Comment(comment) => comment::execute(session, comment),
        Statement::CreateView(create) => create_view::execute(session, create),
        Statement::CreateMaterializedView(create) => materialized_view::create(session, create).await,
        Statement::AlterMaterializedView(alter) => materialized_view::alter(session, alter).await,
        Statement::RefreshMaterializedView(refresh) => materialized_view::refresh(session, refresh).await,
        Statement::CreateSchema(create) => schema::create(session, create),
        Statement::AlterSchema(alter) => schema::alter(session, alter),
        Statement::DropSchema(drop) => schema::drop(session, drop),
        Statement::CreateExternalSchema(create) => external_schema::create(session, create),
        Statement::CreateExternalTable(create) => external_table::create(session, create),
        Statement::SetTransaction(set) => database_isolation::set_transaction(session, set),
        Statement::Lock(tables) => lock::execute(session, tables),
        Statement::Set(set) => setting::set(session, set),
        Statement::Reset(reset) => setting::reset(session, reset),
        Statement::Show(show) => show::show(session, show, parsed.text.trim()),
        Statement::Grant(grant) => grant::execute(session, grant),
        Statement::AlterDefaultPrivileges(alter) => grant::alter_defaults(session, alter),
        Statement::User(user) => user::create_or_alter(session, user).await,
        Statement::Group(group) => user::group(session, group),
        Statement::Role(role) => role::create_or_alter(session, role),
        Statement::SetSessionAuthorization(set) => authorization::set(session, set),
        Statement::CreateDatabase(create) => database::create(session, create),
        Statement::AlterDatabase(alter) => database::alter(session, alter),
        Statement::Use(statement) => database::use_database(session, statement),
        Statement::Prepare(prepare) => prepared::prepare(session, prepare, parsed),
        Statement::Execute(execute) => prepared::execute(session, execute).await,
        Statement::Deallocate(deallocate) => prepared::deallocate(session, deallocate),
        Statement::DeclareCursor(declare) => cursor::declare(session, declare),
        Statement::Fetch(fetch) => cursor::fetch(session, fetch).await,
        Statement::Close(close) => cursor::close(session, close),
        Statement::CreateProcedure(create) => routine::create_procedure(session, create),
        Statement::CreateFunction(create) => routine::create_function(session, create),
        Statement::CreateExternalFunction(_) => Err(Error::not_supported("CREATE EXTERNAL FUNCTION")),
        Statement::AlterRoutine(alter) => routine::alter(session, alter),
        Statement::DropRoutine(drop) => routine::drop(session, drop),
        Statement::Call(call) => crate::routine::call::execute(session, call).await,
        Statement::Cancel(cancel) => cancel::execute(session, cancel),
        Statement::Analyze(analyze) => analyze::execute_boxed(session, analyze).await,
        Statement::AnalyzeCompression(analyze) => analyze_compression::execute_boxed(session, analyze).await,
        Statement::Vacuum(vacuum) => vacuum::execute_boxed(session, vacuum).await,
        _ => Err(Error::not_supported(format!("the command {}", command_words(&parsed.text)))),
    }
}

/// The same for a statement inside of another (EXECUTE, a procedure's steps).
pub(crate) fn execute_boxed<'a>(
    session: &'a mut Session,
    parsed: &'a ParsedStatement,
) -> BoxFuture<'a, Result<StatementResult>> {
    Box::pin(execute(session, parsed))
}

/// The first words of a command, to name it in an error.
fn command_words(text: &str) -> String {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("").to_uppercase();
    let takes_two =
        matches!(first.as_str(), "CREATE" | "ALTER" | "DROP" | "SHOW" | "SET" | "ATTACH" | "DETACH" | "DESC");
    let Some(second) = words.next().map(str::to_uppercase).filter(|_| takes_two) else { return first };
    // Kinds of objects that have two words.
    let takes_three = matches!(second.as_str(), "RLS" | "MASKING" | "IDENTITY" | "EXTERNAL");
    match words.next() {
        Some(third) if takes_three => format!("{first} {second} {}", third.to_uppercase()),
        _ => format!("{first} {second}"),
    }
}
