//! A database that only remembers: for the tests of this crate.
//!
//! It understands just enough of what the runner emits (create, drop, rename, transactions) to know
//! which relations exist, so that a second run takes the paths of a second run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use regex::Regex;

use crate::{Adapter, AdapterError, Cell, Column, Connection, Outcome, RelationKind};

/// What all connections of a fake share.
#[derive(Default)]
pub struct State {
    /// Every statement, on one line each, in order.
    pub log: Vec<String>,
    /// The relations: `schema.name`.
    pub relations: BTreeMap<String, RelationKind>,
    /// The columns that a relation is said to have.
    pub columns: BTreeMap<String, Vec<Column>>,
    /// A statement that holds one of these fails.
    pub failing: BTreeSet<String>,
    /// A statement that holds this text meets another transaction so many times.
    pub conflicts: BTreeMap<String, usize>,
    /// Results: text that a statement holds, and its rows.
    pub answers: Vec<(String, Outcome)>,
}

/// The fake database.
#[derive(Default, Clone)]
pub struct Fake(pub Arc<Mutex<State>>);

impl Fake {
    /// The statements since the last call.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }

    /// Says which columns a relation (`schema.name`, or a name alone) has.
    pub fn set_columns(&self, relation: &str, columns: &[(&str, &str)]) {
        let columns =
            columns.iter().map(|(name, data_type)| Column { name: (*name).into(), data_type: (*data_type).into() });
        self.0.lock().unwrap().columns.insert(relation.to_owned(), columns.collect());
    }

    /// Makes statements fail that hold a text.
    pub fn fail_on(&self, text: &str) {
        self.0.lock().unwrap().failing.insert(text.to_owned());
    }

    /// Makes statements that hold a text meet another transaction so many times.
    pub fn conflict_on(&self, text: &str, times: usize) {
        self.0.lock().unwrap().conflicts.insert(text.to_owned(), times);
    }

    /// Answers statements that hold a text.
    pub fn answer(&self, text: &str, columns: &[(&str, &str)], rows: Vec<Vec<Cell>>) {
        let columns =
            columns.iter().map(|(name, data_type)| Column { name: (*name).into(), data_type: (*data_type).into() });
        let outcome = Outcome { tag: "SELECT".into(), columns: columns.collect(), rows, rows_affected: None };
        self.0.lock().unwrap().answers.push((text.to_owned(), outcome));
    }
}

impl Adapter for Fake {
    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        Ok(Box::new(FakeConnection(self.0.clone())))
    }
}

struct FakeConnection(Arc<Mutex<State>>);

/// `"dev"."gold"."x"` as `gold.x`.
fn short(name: &str) -> String {
    name.trim_start_matches("\"dev\".").replace('"', "")
}

fn apply(state: &mut State, sql: &str) {
    let create = Regex::new(r#"^create (temporary table|table|view|materialized view)\s+("[^ (]+)"#).unwrap();
    let drop = Regex::new(r#"^drop (?:table|view|materialized view) if exists ("\S+)"#).unwrap();
    let rename = Regex::new(r#"^alter table ("\S+) rename to "([^"]+)""#).unwrap();
    if let Some(found) = create.captures(sql) {
        let kind = match &found[1] {
            "view" => RelationKind::View,
            "materialized view" => RelationKind::MaterializedView,
            _ => RelationKind::Table,
        };
        state.relations.insert(short(&found[2]), kind);
    } else if let Some(found) = drop.captures(sql) {
        state.relations.remove(&short(&found[1]));
    } else if let Some(found) = rename.captures(sql) {
        let old = short(&found[1]);
        let schema = old.split('.').next().unwrap_or_default().to_owned();
        if let Some(kind) = state.relations.remove(&old) {
            state.relations.insert(format!("{schema}.{}", &found[2]), kind);
        }
    }
}

impl Connection for FakeConnection {
    fn execute(&mut self, sql: &str) -> Result<Outcome, AdapterError> {
        let mut state = self.0.lock().unwrap();
        let stripped = crate::sql::strip_comments(sql);
        let line = stripped.split_whitespace().collect::<Vec<_>>().join(" ");
        state.log.push(line.clone());
        if state.failing.iter().any(|text| line.contains(text)) {
            return Err(AdapterError::new("22012", "division by zero"));
        }
        if let Some((_, left)) = state.conflicts.iter_mut().find(|(text, left)| line.contains(*text) && **left > 0) {
            *left -= 1;
            return Err(AdapterError::new("40001", "1023"));
        }
        apply(&mut state, &line);
        if let Some((_, outcome)) = state.answers.iter().find(|(text, _)| line.contains(text)) {
            return Ok(outcome.clone());
        }
        if line.contains("dbt_internal_test") {
            let row = vec![Cell::Integer(0), Cell::Boolean(false), Cell::Boolean(false)];
            return Ok(Outcome { tag: "SELECT".into(), rows: vec![row], ..Outcome::default() });
        }
        let tag = if line.starts_with("insert") { "INSERT 0 3" } else { "SELECT" };
        Ok(Outcome { tag: tag.into(), rows_affected: line.starts_with("insert").then_some(3), ..Outcome::default() })
    }

    fn relation(&mut self, _: &str, schema: &str, identifier: &str) -> Result<Option<RelationKind>, AdapterError> {
        Ok(self.0.lock().unwrap().relations.get(&format!("{schema}.{identifier}")).copied())
    }

    fn columns(&mut self, _: &str, schema: &str, identifier: &str) -> Result<Vec<Column>, AdapterError> {
        let state = self.0.lock().unwrap();
        // The names of temporary tables end in the time of day.
        let name = identifier.split("__dbt_tmp").next().unwrap_or_default();
        let key = if schema.is_empty() { format!("temp {name}") } else { format!("{schema}.{identifier}") };
        Ok(state.columns.get(&key).cloned().unwrap_or_default())
    }

    fn relations(&mut self, _: &str, schema: &str) -> Result<Vec<(String, RelationKind)>, AdapterError> {
        let prefix = format!("{schema}.");
        let state = self.0.lock().unwrap();
        let below =
            state.relations.iter().filter_map(|(name, kind)| Some((name.strip_prefix(&prefix)?.to_owned(), *kind)));
        Ok(below.collect())
    }

    fn schemas(&mut self, _: &str) -> Result<Vec<String>, AdapterError> {
        Ok(vec!["public".to_owned()])
    }
}
