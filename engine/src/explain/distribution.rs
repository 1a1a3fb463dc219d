//! Where the rows of a step lie (page t_Distributing_data).

use datafusion::{common::Column, datasource::source_as_provider, logical_expr::TableScan};

use crate::{
    lake::external_table::ExternalTable,
    storage::{
        ManagedTable,
        metadata::{DistStyle, TableSnapshot},
    },
};

/// Where rows lie.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// On the slices, without a rule.
    Even,
    /// On the slices, by the value of one of these columns, which are equal.
    Key(Vec<Column>),
    /// All rows on each node.
    All,
    /// On the leader node.
    Leader,
}

/// A table with the rows that AUTO still copies to each node has no more than this many.
const AUTO_ALL_ROWS_MAX: u64 = 10_000;

/// What a scan reads.
pub enum Scanned<'s> {
    /// A table of the warehouse.
    Managed(&'s TableSnapshot),
    /// A table of an external schema.
    External(&'s ExternalTable),
    /// A system view.
    System,
}

/// Calls `look` with what `scan` reads.
pub fn scanned<T>(scan: &TableScan, look: impl FnOnce(Scanned<'_>) -> T) -> T {
    let Ok(provider) = source_as_provider(&scan.source) else { return look(Scanned::System) };
    if let Some(table) = provider.downcast_ref::<ManagedTable>() {
        return look(Scanned::Managed(table.table()));
    }
    match provider.downcast_ref::<ExternalTable>() {
        Some(table) => look(Scanned::External(table)),
        None => look(Scanned::System),
    }
}

/// Where a table's rows lie.
pub fn of_table(table: &TableSnapshot, scan: &TableScan) -> Distribution {
    match table.layout.dist_style {
        DistStyle::All => Distribution::All,
        DistStyle::Even => Distribution::Even,
        DistStyle::Auto if table.row_count() <= AUTO_ALL_ROWS_MAX => Distribution::All,
        DistStyle::Auto => Distribution::Even,
        DistStyle::Key => {
            let key = table.layout.dist_key.and_then(|id| table.columns.iter().find(|column| column.id == id));
            match key {
                Some(key) => Distribution::Key(vec![Column::new(Some(scan.table_name.clone()), &key.name)]),
                None => Distribution::Even,
            }
        }
    }
}
