//! Rows of the target that DELETE, UPDATE and MERGE change.
//!
//! These statements never go through DataFusion's own DML, which can lose conditions. A query is
//! made of the target (with its row ids) and the statement's own FROM and WHERE; its rows say what
//! to delete by position and what to write anew.

use std::{collections::HashSet, sync::Arc};

use blueshift_sql::ast::{
    Assignment, Expr, Ident, ObjectName, Query, TableFactor, TableWithJoins, With,
    sql::{GroupByExpr, Select, SelectFlavor, SelectItem, SetExpr, TableAlias, helpers::attached_token::AttachedToken},
};
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray},
    datatypes::Int64Type,
};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use crate::{
    binder::Binder,
    error::{Error, Result, SqlState},
    session::Session,
    statement::name,
    storage::managed_table::{FILE_ID_COLUMN, POSITION_COLUMN},
};

/// The target of DML as a table in FROM, with its row ids.
pub fn target_with_row_ids(
    session: &Session,
    table: &ObjectName,
    schema: &str,
    alias: Option<&Ident>,
) -> TableWithJoins {
    let marked = ObjectName(vec![
        Ident::with_quote('"', Binder::row_ids_database(&session.info().database)),
        Ident::with_quote('"', schema),
        Ident::with_quote('"', table.name()),
    ]);
    let alias = alias.map(|alias| TableAlias { explicit: true, name: alias.clone(), columns: vec![], at: None });
    TableWithJoins {
        relation: TableFactor::Table {
            name: marked.to_sql_name(),
            alias,
            args: None,
            with_hints: vec![],
            version: None,
            with_ordinality: false,
            partitions: vec![],
            json_path: None,
            sample: None,
            index_hints: vec![],
        },
        joins: vec![],
    }
}

/// The name by which columns of the target are meant.
pub fn target_qualifier(table: &ObjectName, alias: Option<&Ident>) -> Ident {
    alias.cloned().unwrap_or_else(|| Ident::with_quote('"', table.name()))
}

/// A relation in FROM.
pub fn relation(name: &ObjectName) -> TableWithJoins {
    TableWithJoins { relation: table_factor(name, None), joins: vec![] }
}

/// A subquery in FROM.
pub fn derived(query: Query, alias: &str) -> TableWithJoins {
    let alias = TableAlias { explicit: true, name: Ident::with_quote('"', alias), columns: vec![], at: None };
    let factor = TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None };
    TableWithJoins { relation: factor, joins: vec![] }
}

/// A relation with an alias.
pub fn table_factor(name: &ObjectName, alias: Option<&Ident>) -> TableFactor {
    TableFactor::Table {
        name: name.to_sql_name(),
        alias: alias.map(|alias| TableAlias { explicit: true, name: alias.clone(), columns: vec![], at: None }),
        args: None,
        with_hints: vec![],
        version: None,
        with_ordinality: false,
        partitions: vec![],
        json_path: None,
        sample: None,
        index_hints: vec![],
    }
}

/// A column as an item of a select list.
pub fn column_item(column: &str) -> SelectItem {
    SelectItem::UnnamedExpr(Expr::Identifier(Ident::with_quote('"', column)))
}

/// `qualifier.column`
pub fn qualified(qualifier: &Ident, column: &str) -> Expr {
    Expr::CompoundIdentifier(vec![qualifier.clone(), Ident::with_quote('"', column)])
}

/// The two columns that name a row of the target.
pub fn row_id_items(qualifier: &Ident) -> Vec<SelectItem> {
    [FILE_ID_COLUMN, POSITION_COLUMN]
        .iter()
        .map(|column| SelectItem::UnnamedExpr(qualified(qualifier, column)))
        .collect()
}

/// `WITH … SELECT items FROM from WHERE selection`
pub fn select(with: Option<With>, items: Vec<SelectItem>, from: Vec<TableWithJoins>, selection: Option<Expr>) -> Query {
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: items,
        exclude: None,
        into: None,
        from,
        lateral_views: vec![],
        prewhere: None,
        selection,
        connect_by: vec![],
        group_by: GroupByExpr::Expressions(vec![], vec![]),
        cluster_by: vec![],
        distribute_by: vec![],
        sort_by: vec![],
        having: None,
        named_window: vec![],
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    };
    Query {
        with,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: vec![],
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: vec![],
    }
}

/// Errors: 42703 for a column of SET that is written with its table's name, which Redshift does not take.
pub fn check_unqualified(assignments: &[Assignment], table: &str) -> Result<()> {
    match assignments.iter().find_map(|assignment| assignment.qualifier.as_ref()) {
        Some(qualifier) => Err(Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{}\" of relation \"{table}\" does not exist", qualifier.value),
        )
        .with_hint("Write the columns of SET without the name of their table.")),
        None => Ok(()),
    }
}

/// The schema that a target is in.
pub fn schema_name(session: &mut Session, table: &crate::storage::metadata::TableSnapshot) -> Result<String> {
    let snapshot = session.transaction()?.snapshot()?;
    snapshot
        .schema_by_id(table.schema_id)
        .map(|schema| schema.name.clone())
        .ok_or_else(|| Error::undefined_table(name::identifier(&table.name)))
}

/// Rows met so far, to see each one once, within the memory that queries share.
pub struct SeenRows {
    rows: HashSet<(i64, i64)>,
    reservation: MemoryReservation,
}

/// What a row in the set takes, spare room included.
const SEEN_ROW_BYTES: usize = 48;

impl SeenRows {
    /// None yet.
    pub fn within(pool: &Arc<dyn MemoryPool>) -> Self {
        let reservation = MemoryConsumer::new("rows that are changed").register(pool);
        SeenRows { rows: HashSet::new(), reservation }
    }

    /// For each row of a batch whether it is met for the first time.
    pub fn first_meetings(&mut self, files: &ArrayRef, positions: &ArrayRef) -> Result<BooleanArray> {
        let (Some(files), Some(positions)) =
            (files.as_primitive_opt::<Int64Type>(), positions.as_primitive_opt::<Int64Type>())
        else {
            return Err(Error::internal("row ids are integers"));
        };
        self.reservation.try_grow(files.len() * SEEN_ROW_BYTES)?;
        Ok((0..files.len())
            .map(|row| files.is_valid(row).then(|| self.rows.insert((files.value(row), positions.value(row)))))
            .map(|first| Some(first.unwrap_or(false)))
            .collect())
    }

    /// How many different rows were met.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}
