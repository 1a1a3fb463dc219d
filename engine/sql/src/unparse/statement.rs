//! Text of any statement.

use std::fmt::{self, Display, Formatter};

use super::{After, sql_text};
use crate::ast::{Recorded, Statement};

impl Display for Recorded {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.command, After(" ", self.name.as_ref()))?;
        if self.rest.is_empty() { Ok(()) } else { write!(f, " {}", self.rest) }
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Query(query) => f.write_str(&sql_text(query.as_ref())),
            Statement::Commit => f.write_str("COMMIT"),
            Statement::Rollback => f.write_str("ROLLBACK"),
            other => other.inner().fmt(f),
        }
    }
}

impl Statement {
    /// The variant's struct.
    fn inner(&self) -> &dyn Display {
        match self {
            Statement::Explain(inner) => inner,
            Statement::Insert(inner) => inner,
            Statement::Update(inner) => inner,
            Statement::Delete(inner) => inner,
            Statement::Merge(inner) => inner,
            Statement::Truncate(inner) => inner,
            Statement::Copy(inner) => inner,
            Statement::CopyJob(inner) => inner,
            Statement::Unload(inner) => inner,
            Statement::CreateTable(inner) => inner,
            Statement::CreateTableAs(inner) => inner,
            Statement::AlterTable(inner) => inner,
            Statement::Drop(inner) => inner,
            Statement::Comment(inner) => inner,
            Statement::CreateView(inner) => inner,
            Statement::AlterExternalView(inner) => inner,
            Statement::CreateMaterializedView(inner) => inner,
            Statement::AlterMaterializedView(inner) => inner,
            Statement::RefreshMaterializedView(inner) => inner,
            Statement::CreateSchema(inner) => inner,
            Statement::AlterSchema(inner) => inner,
            Statement::DropSchema(inner) => inner,
            Statement::CreateDatabase(inner) => inner,
            Statement::AlterDatabase(inner) => inner,
            Statement::Use(inner) => inner,
            Statement::CreateExternalSchema(inner) => inner,
            Statement::AlterExternalSchema(inner) => inner,
            Statement::CreateExternalTable(inner) => inner,
            Statement::Begin(inner) => inner,
            Statement::Lock(inner) => inner,
            Statement::Set(inner) => inner,
            Statement::Reset(inner) => inner,
            Statement::SetSessionAuthorization(inner) => inner,
            Statement::SetTransaction(inner) => inner,
            Statement::Show(inner) => inner,
            Statement::Analyze(inner) => inner,
            Statement::AnalyzeCompression(inner) => inner,
            Statement::Vacuum(inner) => inner,
            Statement::Cancel(inner) => inner,
            Statement::DeclareCursor(inner) => inner,
            Statement::Fetch(inner) => inner,
            Statement::Close(inner) => inner,
            Statement::Prepare(inner) => inner,
            Statement::Execute(inner) => inner,
            Statement::Deallocate(inner) => inner,
            Statement::CreateProcedure(inner) => inner,
            Statement::CreateFunction(inner) => inner,
            Statement::CreateExternalFunction(inner) => inner,
            Statement::AlterRoutine(inner) => inner,
            Statement::DropRoutine(inner) => inner,
            Statement::Call(inner) => inner,
            Statement::CreateLibrary(inner) => inner,
            Statement::User(inner) => inner,
            Statement::Group(inner) => inner,
            Statement::Role(inner) => inner,
            Statement::Grant(inner) => inner,
            Statement::AlterDefaultPrivileges(inner) => inner,
            Statement::Policy(inner) => inner,
            Statement::AttachPolicy(inner) => inner,
            Statement::Datashare(inner) => inner,
            Statement::DescDatashare(inner) => inner,
            Statement::Recorded(inner) => inner,
            // These have no struct of their own; `fmt` prints them.
            Statement::Query(_) | Statement::Commit | Statement::Rollback => &"",
        }
    }
}
