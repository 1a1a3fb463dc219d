//! How a node becomes a relation: the statements of dbt-redshift, in their order.
//!
//! Each materialization follows dbt's macro of the same name. A model is one transaction; what dbt
//! drops after the commit (the backup of the old relation) is dropped after it here too.

pub mod contract;
mod document;
mod grant;
mod hook;
mod incremental;
mod materialized_view;
mod merge_statement;
mod schema_change;
mod seed;
mod table;
mod test;
mod view;

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value as Json;

use crate::{
    Error, Outcome, RelationKind, Result,
    jinja::{Scope, context::lock},
    project::{Node, NodeKind, Project},
    relation::{Relation, quote},
    session::Session,
};

pub use hook::run_operation;
pub use test::TestOutcome;

/// Error 1023: another transaction changed what this one changed.
const SERIALIZATION_FAILURE: &str = "40001";
/// So often a node is built again after it.
const REPETITIONS_MAX: u32 = 5;
/// The pause before the first time; each next one is longer.
const PAUSE: Duration = Duration::from_millis(20);

/// What a materialization works with.
pub struct Execution<'a> {
    /// The project.
    pub project: &'a Project,
    /// The node.
    pub node: &'a Node,
    /// The node's context.
    pub scope: Arc<Scope>,
    /// The session.
    pub session: Arc<Mutex<Session>>,
    /// The node's compiled SQL; empty for seeds.
    pub sql: String,
    /// Whether to rebuild from scratch (`--full-refresh` and the config `full_refresh`).
    pub full_refresh: bool,
}

/// What came of a materialization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Built {
    /// Rows written.
    pub rows_affected: Option<u64>,
    /// The main statement's tag.
    pub message: String,
    /// The main statement, for `target/run`.
    pub statement: String,
    /// What a test found.
    pub test: Option<TestOutcome>,
}

/// Builds a node; on an error the open transaction is rolled back. A node of which nothing is durable
/// is built again when another transaction got in its way.
pub fn run(execution: &Execution<'_>) -> Result<Built> {
    repeated(&execution.session, Session::is_repeatable, || {
        lock(&execution.session).start_node();
        dispatch(execution)
    })
}

/// Runs a transaction, and again if it met another one: two models that replace tables change a third
/// one both when its foreign keys refer to them.
fn repeated<T>(
    session: &Arc<Mutex<Session>>,
    may_repeat: impl Fn(&Session) -> bool,
    attempt: impl Fn() -> Result<T>,
) -> Result<T> {
    let mut left = REPETITIONS_MAX;
    loop {
        let error = match attempt() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let may_repeat = {
            let mut session = lock(session);
            session.rollback();
            may_repeat(&session)
        };
        let is_conflict = error.database.as_ref().is_some_and(|database| database.sqlstate == SERIALIZATION_FAILURE);
        if left == 0 || !may_repeat || !is_conflict {
            return Err(error);
        }
        left -= 1;
        thread::sleep(PAUSE * (REPETITIONS_MAX - left));
    }
}

fn dispatch(execution: &Execution<'_>) -> Result<Built> {
    match (execution.node.kind, execution.node.config.materialized()) {
        (NodeKind::Seed, _) => seed::run(execution),
        (NodeKind::Test, _) => test::run(execution),
        (NodeKind::Operation, _) => Err(Error::unsupported("an operation as a node")),
        (NodeKind::Model, "table") => table::run(execution),
        (NodeKind::Model, "view") => view::run(execution),
        (NodeKind::Model, "incremental") => incremental::run(execution),
        (NodeKind::Model, "materialized_view") => materialized_view::run(execution),
        (NodeKind::Model, other) => {
            Err(Error::unsupported(format!("the materialization `{other}`")).at(&execution.node.path, None))
        }
    }
}

/// The relation's name while it is built, and that of the one it replaces.
fn intermediate(relation: &Relation) -> Relation {
    relation.with_suffix("__dbt_tmp")
}

fn backup(relation: &Relation) -> Relation {
    relation.with_suffix("__dbt_backup")
}

impl Execution<'_> {
    fn execute(&self, sql: &str) -> Result<Outcome> {
        lock(&self.session).execute(sql)
    }

    fn begin(&self) -> Result<()> {
        lock(&self.session).begin()
    }

    fn commit(&self) -> Result<()> {
        lock(&self.session).commit()
    }

    fn kind_of(&self, relation: &Relation) -> Result<Option<RelationKind>> {
        lock(&self.session).kind_of(relation)
    }

    /// Drops a relation in a transaction of its own, as dbt-redshift does to keep `cascade` out of others.
    fn drop_alone(&self, relation: &Relation, kind: RelationKind) -> Result<()> {
        self.commit()?;
        let anyhow = |_: &Session| true;
        repeated(&self.session, anyhow, || {
            self.begin()?;
            self.execute(&drop_statement(relation, kind))?;
            self.commit()
        })
    }

    /// Drops what a run that was killed may have left behind.
    fn drop_leftovers(&self, relation: &Relation) -> Result<()> {
        for leftover in [intermediate(relation), backup(relation)] {
            if let Some(kind) = self.kind_of(&leftover)? {
                self.drop_alone(&leftover, kind)?;
            }
        }
        // That can be done as often as one likes.
        lock(&self.session).start_node();
        Ok(())
    }

    fn rename(&self, from: &Relation, to: &Relation) -> Result<()> {
        // Redshift renames views with `alter table` too.
        self.execute(&format!("alter table {from} rename to {}", quote(to.identifier()))).map(|_| ())
    }

    /// Moves the existing relation away and the new one into its place.
    fn swap(&self, existing: Option<RelationKind>, new: &Relation, target: &Relation) -> Result<()> {
        match existing {
            Some(RelationKind::Table | RelationKind::View) => self.rename(target, &backup(target))?,
            Some(kind) => self.drop_alone(target, kind)?,
            None => {}
        }
        self.begin()?;
        self.rename(new, target)
    }

    fn drop_backup(&self, target: &Relation, kind: RelationKind) -> Result<()> {
        let kind = if kind == RelationKind::View { RelationKind::View } else { RelationKind::Table };
        self.drop_alone(&backup(target), kind)
    }

    /// The SQL that goes before the main statement, if the config has one.
    fn sql_header(&self) -> Result<String> {
        let header = self.node.config.text("sql_header")?;
        Ok(header.map_or(String::new(), |header| format!("{header}\n")))
    }

    fn config_json(&self, key: &str) -> Option<&Json> {
        self.node.config.get(key)
    }
}

/// The statement that drops a relation.
fn drop_statement(relation: &Relation, kind: RelationKind) -> String {
    match kind {
        RelationKind::Table | RelationKind::External => format!("drop table if exists {relation} cascade"),
        RelationKind::View => format!("drop view if exists {relation} cascade"),
        RelationKind::MaterializedView => format!("drop materialized view if exists {relation} cascade"),
    }
}

/// What a statement did, as a node's result.
fn built(outcome: &Outcome, statement: String) -> Built {
    let message = if outcome.tag.is_empty() { "SUCCESS".to_owned() } else { outcome.tag.clone() };
    Built { rows_affected: outcome.rows_affected, message, statement, test: None }
}
