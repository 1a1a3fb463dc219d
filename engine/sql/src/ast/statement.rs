//! The list of all statements.

use super::*;

/// One SQL statement.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // one of these at a time
pub enum Statement {
    /// `SELECT …`, `WITH … SELECT …`, `VALUES …`, also `SELECT … INTO table` (see `Select::into`).
    Query(Box<Query>),
    /// `EXPLAIN`.
    Explain(Explain),

    /// `INSERT`.
    Insert(Insert),
    /// `UPDATE`.
    Update(Update),
    /// `DELETE`.
    Delete(Delete),
    /// `MERGE`.
    Merge(Merge),
    /// `TRUNCATE`.
    Truncate(Truncate),
    /// `COPY`.
    Copy(Copy),
    /// `COPY … JOB CREATE` and the other `COPY JOB` commands.
    CopyJob(CopyJob),
    /// `UNLOAD`.
    Unload(Unload),

    /// `CREATE TABLE`.
    CreateTable(CreateTable),
    /// `CREATE TABLE … AS`.
    CreateTableAs(CreateTableAs),
    /// `ALTER TABLE`, managed and external.
    AlterTable(AlterTable),
    /// `DROP` of a table, view, materialized view, user, group, role, library, model, datashare, policy, …
    Drop(Drop),
    /// `COMMENT ON`.
    Comment(Comment),

    /// `CREATE VIEW`, also `CREATE EXTERNAL VIEW`.
    CreateView(CreateView),
    /// `ALTER EXTERNAL VIEW`.
    AlterExternalView(AlterExternalView),
    /// `CREATE MATERIALIZED VIEW`.
    CreateMaterializedView(CreateMaterializedView),
    /// `ALTER MATERIALIZED VIEW`.
    AlterMaterializedView(AlterMaterializedView),
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshMaterializedView(RefreshMaterializedView),

    /// `CREATE SCHEMA`.
    CreateSchema(CreateSchema),
    /// `ALTER SCHEMA`.
    AlterSchema(AlterSchema),
    /// `DROP SCHEMA`.
    DropSchema(DropSchema),
    /// `CREATE DATABASE`, also `FROM DATASHARE` and others.
    CreateDatabase(CreateDatabase),
    /// `ALTER DATABASE`.
    AlterDatabase(AlterDatabase),
    /// `USE`.
    Use(Use),

    /// `CREATE EXTERNAL SCHEMA`.
    CreateExternalSchema(CreateExternalSchema),
    /// `ALTER EXTERNAL SCHEMA`.
    AlterExternalSchema(AlterExternalSchema),
    /// `CREATE EXTERNAL TABLE`, with or without `AS`.
    CreateExternalTable(CreateExternalTable),

    /// `BEGIN`, `START TRANSACTION`.
    Begin(Begin),
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `LOCK`.
    Lock(Lock),

    /// `SET`.
    Set(Set),
    /// `RESET`.
    Reset(Reset),
    /// `SET SESSION AUTHORIZATION`, `RESET SESSION AUTHORIZATION`.
    SetSessionAuthorization(SetSessionAuthorization),
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION …`, `SET TRANSACTION …`.
    SetTransaction(SetTransaction),
    /// `SHOW`, all forms.
    Show(Show),

    /// `ANALYZE`.
    Analyze(Analyze),
    /// `ANALYZE COMPRESSION`.
    AnalyzeCompression(AnalyzeCompression),
    /// `VACUUM`.
    Vacuum(Vacuum),
    /// `CANCEL`.
    Cancel(Cancel),

    /// `DECLARE … CURSOR`.
    DeclareCursor(DeclareCursor),
    /// `FETCH`.
    Fetch(Fetch),
    /// `CLOSE`.
    Close(Close),
    /// `PREPARE`.
    Prepare(Prepare),
    /// `EXECUTE`.
    Execute(Execute),
    /// `DEALLOCATE`.
    Deallocate(Deallocate),

    /// `CREATE PROCEDURE`.
    CreateProcedure(CreateProcedure),
    /// `CREATE FUNCTION`.
    CreateFunction(CreateFunction),
    /// `CREATE EXTERNAL FUNCTION`.
    CreateExternalFunction(CreateExternalFunction),
    /// `ALTER PROCEDURE`, `ALTER FUNCTION`.
    AlterRoutine(AlterRoutine),
    /// `DROP PROCEDURE`, `DROP FUNCTION`.
    DropRoutine(DropRoutine),
    /// `CALL`.
    Call(Call),
    /// `CREATE LIBRARY`.
    CreateLibrary(CreateLibrary),

    /// `CREATE USER`, `ALTER USER`.
    User(User),
    /// `CREATE GROUP`, `ALTER GROUP`.
    Group(Group),
    /// `CREATE ROLE`, `ALTER ROLE`.
    Role(Role),
    /// `GRANT`, `REVOKE`.
    Grant(Grant),
    /// `ALTER DEFAULT PRIVILEGES`.
    AlterDefaultPrivileges(AlterDefaultPrivileges),
    /// `CREATE` and `ALTER` of `RLS POLICY` and `MASKING POLICY`.
    Policy(Policy),
    /// `ATTACH` and `DETACH` of `RLS POLICY` and `MASKING POLICY`.
    AttachPolicy(AttachPolicy),

    /// `CREATE DATASHARE`, `ALTER DATASHARE`.
    Datashare(Datashare),
    /// `DESC DATASHARE`.
    DescDatashare(DescDatashare),

    /// A command that is parsed only to be recorded (machine learning, identity providers, templates, …).
    Recorded(Recorded),
}
