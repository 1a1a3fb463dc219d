//! Logs and states of a cluster: STL_*, STV_*, SVL_*, SVCS_*, SYS_* ("System tables reference" of the
//! guide). Rows come from the registry of sessions and from storage; what has no counterpart on one
//! machine is empty.

/// Columns of STL views.
mod columns_stl;
/// Columns of STV views.
mod columns_stv;
/// Columns of SVL and SVCS views.
mod columns_svl;
/// Columns of SYS views.
mod columns_sys;
/// Connections.
mod connection;
/// Statements that have ended.
pub mod query;
/// Texts of statements, in pieces of 200 bytes.
mod query_text;
/// Sessions and what they run.
pub mod session;
/// Calls and messages of procedures.
mod procedure;
/// Slices, blocks, disks.
mod storage;
/// ANALYZE, VACUUM, REFRESH.
mod upkeep;

use std::sync::LazyLock;

use super::declared::{self, DeclaredView, Fill};

const COLUMNS: [&str; 4] = [columns_stl::COLUMNS, columns_stv::COLUMNS, columns_svl::COLUMNS, columns_sys::COLUMNS];

const FILLS: &[&dyn Fill] = &[
    &connection::STL_CONNECTION_LOG,
    &connection::STL_SESSIONS,
    &connection::SYS_CONNECTION_LOG,
    &procedure::SVL_STORED_PROC_CALL,
    &procedure::SVL_STORED_PROC_MESSAGES,
    &procedure::SYS_PROCEDURE_CALL,
    &procedure::SYS_PROCEDURE_MESSAGES,
    &query::STL_QUERY,
    &query::STL_ERROR,
    &query::STL_WLM_QUERY,
    &query::SVL_QLOG,
    &query::SYS_QUERY_HISTORY,
    &query::SYS_QUERY_DETAIL,
    &query_text::STL_DDLTEXT,
    &query_text::STL_QUERYTEXT,
    &query_text::STL_UTILITYTEXT,
    &query_text::SVL_STATEMENTTEXT,
    &query_text::SYS_QUERY_TEXT,
    &session::STV_INFLIGHT,
    &session::STV_LOCKS,
    &session::STV_RECENTS,
    &session::STV_SESSIONS,
    &session::STV_WLM_QUERY_STATE,
    &session::SYS_SESSION_HISTORY,
    &storage::STV_BLOCKLIST,
    &storage::STV_DB_ISOLATION_LEVEL,
    &storage::STV_MV_DEPS,
    &storage::STV_MV_INFO,
    &storage::STV_NODE_STORAGE_CAPACITY,
    &storage::STV_PARTITIONS,
    &storage::STV_SLICES,
    &storage::STV_TBL_PERM,
    &upkeep::STL_ANALYZE,
    &upkeep::STL_VACUUM,
    &upkeep::SVL_MV_REFRESH_STATUS,
    &upkeep::SYS_MV_REFRESH_HISTORY,
    &upkeep::SYS_VACUUM_HISTORY,
];

/// The views.
pub fn views() -> &'static [DeclaredView] {
    static VIEWS: LazyLock<Vec<DeclaredView>> =
        LazyLock::new(|| COLUMNS.iter().flat_map(|text| declared::parse(text, FILLS)).collect());
    &VIEWS
}

/// The table that a statement changes.
fn target_name(statement: &blueshift_sql::Statement) -> Option<blueshift_sql::ast::ObjectName> {
    use blueshift_sql::Statement::{Copy, CreateTableAs, Delete, Insert, Merge, Update};
    match statement {
        CreateTableAs(create) => Some(create.name.clone()),
        Insert(insert) => Some(insert.table.clone()),
        Update(update) => Some(update.table.clone()),
        Delete(delete) => Some(delete.table.clone()),
        Merge(merge) => Some(merge.target.clone()),
        Copy(copy) => Some(copy.table.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_columns() {
        let text: &'static str = Box::leak(COLUMNS.concat().into_boxed_str());
        declared::testing::check(text, FILLS);
    }
}
