//! Statements by command group, written for these tests after the grammar pages of the Redshift guide.

mod commands;
mod definitions;
mod queries;

/// All statements.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    [queries::QUERIES, queries::CHANGES, definitions::TABLES, definitions::VIEWS, definitions::EXTERNAL]
        .into_iter()
        .chain([commands::SESSION, commands::LOADING, commands::ROUTINES, commands::SECURITY, commands::OTHER])
        .flatten()
        .copied()
}
