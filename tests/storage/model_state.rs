//! The model: tables as plain maps, transactions as lists of changes, and the rules by which two
//! transactions may both commit. Rows have identities, so that what two sessions did to one table
//! can be put together as storage has to do it.

use std::collections::{BTreeMap, BTreeSet};

/// A value in text form, NULL as None.
pub type Cell = Option<String>;
/// Names a table for good.
pub type TableId = u64;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Names it for good.
    pub id: u64,
    /// Its name now.
    pub name: String,
    /// What rows show that are older than the column.
    pub initial: Cell,
    /// A long text, of which only the beginning is looked at.
    pub is_pad: bool,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Its name now.
    pub name: String,
    /// In order.
    pub columns: Vec<Column>,
    /// By identity; cells by column.
    pub rows: BTreeMap<u64, BTreeMap<u64, Cell>>,
}

/// A state of all tables.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// By identity.
    pub tables: BTreeMap<TableId, Table>,
}

/// One change.
#[derive(Debug, Clone)]
pub enum Change {
    /// CREATE TABLE.
    Create(TableId, Table),
    /// DROP TABLE.
    Drop(TableId),
    /// ALTER TABLE … RENAME TO.
    Rename(TableId, String),
    /// ALTER TABLE … ADD COLUMN.
    AddColumn(TableId, Column),
    /// ALTER TABLE … DROP COLUMN.
    DropColumn(TableId, u64),
    /// ALTER TABLE … RENAME COLUMN.
    RenameColumn(TableId, u64, String),
    /// A new row.
    Insert(TableId, u64, BTreeMap<u64, Cell>),
    /// A row goes.
    Delete(TableId, u64),
    /// VACUUM: rows lie elsewhere, and are the same.
    Rewrite(TableId),
}

impl Change {
    fn table(&self) -> TableId {
        match self {
            Change::Create(table, _)
            | Change::Drop(table)
            | Change::Rename(table, _)
            | Change::AddColumn(table, _)
            | Change::DropColumn(table, _)
            | Change::RenameColumn(table, ..)
            | Change::Insert(table, ..)
            | Change::Delete(table, _)
            | Change::Rewrite(table) => *table,
        }
    }
}

impl Table {
    /// The rows as a query shows them, sorted.
    pub fn visible(&self) -> Vec<Vec<Cell>> {
        let mut rows: Vec<Vec<Cell>> = self.rows.values().map(|row| self.show(row)).collect();
        rows.sort();
        rows
    }

    fn show(&self, row: &BTreeMap<u64, Cell>) -> Vec<Cell> {
        self.columns.iter().map(|column| self.cell(row, column)).collect()
    }

    /// A row's cell.
    pub fn cell(&self, row: &BTreeMap<u64, Cell>, column: &Column) -> Cell {
        row.get(&column.id).unwrap_or(&column.initial).clone()
    }
}

impl Database {
    /// Makes a change; one to what is not there any more is nothing.
    pub fn apply(&mut self, change: &Change) {
        if let Change::Create(id, table) = change {
            self.tables.insert(*id, table.clone());
            return;
        }
        let Some(table) = self.tables.get_mut(&change.table()) else { return };
        match change {
            Change::Drop(id) => drop(self.tables.remove(id)),
            Change::Rename(_, name) => table.name = name.clone(),
            Change::AddColumn(_, column) => table.columns.push(column.clone()),
            Change::DropColumn(_, column) => table.columns.retain(|c| c.id != *column),
            Change::RenameColumn(_, column, name) => {
                table.columns.iter_mut().filter(|c| c.id == *column).for_each(|c| c.name = name.clone());
            }
            Change::Insert(_, row, cells) => drop(table.rows.insert(*row, cells.clone())),
            Change::Delete(_, row) => drop(table.rows.remove(row)),
            Change::Create(..) | Change::Rewrite(_) => {}
        }
    }

    /// Finds a table by name.
    pub fn find(&self, name: &str) -> Option<TableId> {
        self.tables.iter().find(|(_, table)| table.name == name).map(|(id, _)| *id)
    }
}

/// What may come of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody is in the way.
    Succeeds,
    /// Depends on which files the rows lie in.
    May,
    /// Both cannot be.
    Fails,
}

/// A transaction that runs.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    /// How many commits it has seen, and the state with its own changes; None before its first statement.
    pub view: Option<(usize, Database)>,
    /// Its changes, in order.
    pub changes: Vec<Change>,
    /// A statement has failed.
    pub failed: bool,
    /// Locked tables: true for appending only.
    pub locks: BTreeMap<TableId, bool>,
}

/// The committed state and how it came about.
#[derive(Debug, Default)]
pub struct Model {
    /// The newest state.
    pub committed: Database,
    commits: Vec<Vec<Change>>,
    ids: u64,
}

impl Model {
    /// An identity for whatever needs one.
    pub fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Leaves an identity to what was there before.
    pub fn skip_id(&mut self) {
        self.ids += 1;
    }

    /// How many commits there were.
    pub fn version(&self) -> usize {
        self.commits.len()
    }

    /// What may come of a commit now.
    pub fn outcome(&self, transaction: &Transaction) -> Outcome {
        let Some((base, view)) = &transaction.view else { return Outcome::Succeeds };
        let mine: BTreeSet<TableId> = transaction.changes.iter().map(Change::table).collect();
        let deleted = |changes: &[Change]| -> BTreeSet<(TableId, u64)> {
            let row = |change: &Change| match change {
                Change::Delete(table, row) => Some((*table, *row)),
                _ => None,
            };
            changes.iter().filter_map(row).collect()
        };
        let my_rows = deleted(&transaction.changes);
        let mut outcome = Outcome::Succeeds;
        for theirs in &self.commits[*base..] {
            if deleted(theirs).intersection(&my_rows).next().is_some() {
                return Outcome::Fails;
            }
            if theirs.iter().any(|change| mine.contains(&change.table())) {
                outcome = Outcome::May;
            }
        }
        // Names that somebody else has taken meanwhile.
        let taken = |id: &TableId| {
            let name = view.tables.get(id).map(|table| &table.name);
            name.is_some_and(|name| {
                self.committed.find(name).is_some_and(|other| other != *id && view.tables.contains_key(&other))
            }) || name.is_some_and(|name| {
                self.committed.find(name).is_some_and(|other| other != *id && !mine.contains(&other))
            })
        };
        if mine.iter().any(taken) && outcome == Outcome::Succeeds { Outcome::May } else { outcome }
    }

    /// Makes the changes of a transaction everybody's.
    pub fn commit(&mut self, transaction: &Transaction) {
        if transaction.changes.is_empty() {
            return;
        }
        transaction.changes.iter().for_each(|change| self.committed.apply(change));
        self.commits.push(transaction.changes.clone());
    }
}
