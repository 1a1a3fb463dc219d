//! Random statements of several sessions against a simple model (`model_state`).
//!
//! Sessions take turns, one statement at a time, so a run is the same every time. Statements that
//! would wait for a lock are left out; commits that the model cannot decide (two transactions that
//! deleted different rows of one table) may fail, and then must have changed nothing. proptest
//! shrinks what fails to the fewest statements.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use blueshift_engine::{Engine, Session, error::Error};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use tokio::runtime::Runtime;

use crate::{
    model_state::{Cell, Change, Column, Database, Model, Outcome, Table, TableId, Transaction},
    support::{Report, Tier, copy_folder, error_text, open, rows, runtime, text},
};

const SESSIONS: usize = 3;
/// Nothing here takes long, on however busy a machine; more is a wait that should not be.
const STATEMENT_SECONDS: u64 = 900;
/// Rows of the large table, each with a text that does not compress: more than
/// `rewrite_below_bytes` together, so that deletes become delete files.
const BIG_ROWS: usize = 80;
const BIG_TEXT_CHARS: usize = 160;
/// The model's number of its first row, which counting never reaches.
const BIG_ROW_ID: u64 = 1 << 40;

#[derive(Debug, Clone)]
enum Action {
    Begin,
    Commit,
    Rollback,
    Create(usize),
    CreateAs(usize, usize),
    Drop(usize),
    Insert(usize, Vec<Option<i8>>),
    InsertSelect(usize, usize, Predicate),
    Update(usize, usize, i8, Predicate),
    Delete(usize, Predicate),
    Truncate(usize),
    AddColumn(usize, Option<i8>),
    DropColumn(usize, usize),
    RenameTable(usize, usize),
    RenameColumn(usize, usize),
    Swap(usize, usize),
    Select(usize, Predicate),
    Vacuum(usize),
    Reopen,
}

#[derive(Debug, Clone)]
enum Predicate {
    Less(usize, i8),
    Remainder(usize, i8),
    IsNull(usize),
    All,
}

fn predicate() -> impl Strategy<Value = Predicate> {
    prop_oneof![
        4 => (0..4_usize, -5..60_i8).prop_map(|(column, value)| Predicate::Less(column, value)),
        3 => (0..4_usize, 0..5_i8).prop_map(|(column, value)| Predicate::Remainder(column, value)),
        1 => (0..4_usize).prop_map(Predicate::IsNull),
        1 => Just(Predicate::All),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let table = || 0..6_usize;
    prop_oneof![
        12 => Just(Action::Begin),
        7 => Just(Action::Commit),
        1 => Just(Action::Rollback),
        2 => table().prop_map(Action::Create),
        1 => (table(), table()).prop_map(|(a, b)| Action::CreateAs(a, b)),
        1 => table().prop_map(Action::Drop),
        8 => (table(), vec(proptest::option::weighted(0.8, -5..60_i8), 1..12)).prop_map(|(t, v)| Action::Insert(t, v)),
        3 => (table(), table(), predicate()).prop_map(|(a, b, p)| Action::InsertSelect(a, b, p)),
        6 => (table(), 0..4_usize, -3..9_i8, predicate()).prop_map(|(t, c, v, p)| Action::Update(t, c, v, p)),
        6 => (table(), predicate()).prop_map(|(t, p)| Action::Delete(t, p)),
        1 => table().prop_map(Action::Truncate),
        2 => (table(), proptest::option::of(-5..20_i8)).prop_map(|(t, v)| Action::AddColumn(t, v)),
        1 => (table(), 0..4_usize).prop_map(|(t, c)| Action::DropColumn(t, c)),
        1 => (table(), table()).prop_map(|(a, b)| Action::RenameTable(a, b)),
        1 => (table(), 0..4_usize).prop_map(|(t, c)| Action::RenameColumn(t, c)),
        1 => (table(), table()).prop_map(|(a, b)| Action::Swap(a, b)),
        4 => (table(), predicate()).prop_map(|(t, p)| Action::Select(t, p)),
        1 => table().prop_map(Action::Vacuum),
        1 => Just(Action::Reopen),
    ]
}

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let runtime = runtime(2)?;
    let folder = tempfile::tempdir().map_err(text)?;
    let template = folder.path().join("template");
    let big = runtime.block_on(build(&template))?;
    let report = RefCell::new(Report::default());
    let config = Config {
        cases: tier.pick(60, 5000) as u32,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let strategy = vec((0..SESSIONS, action()), 1..80);
    let outcome = runner.run(&strategy, |ops| {
        let counts = one_case(&runtime, &template, &big, &ops).map_err(TestCaseError::fail)?;
        let mut report = report.borrow_mut();
        report.add("cases", 1);
        counts.into_iter().for_each(|(what, count)| report.add(what, count));
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(report.into_inner()),
        Err(TestError::Fail(reason, ops)) => Err(format!("{reason}\nshrunk to {ops:#?}")),
        Err(TestError::Abort(reason)) => Err(reason.to_string()),
    }
}

/// A warehouse with two tables, one of them large; the model of it.
async fn build(folder: &Path) -> Result<Table, String> {
    let engine = open(folder).map_err(text)?;
    let mut session = engine.session();
    let mut random = crate::support::Random::new(7);
    let mut sql = "create table t0 (c0 int, pad varchar(65535)); insert into t0 values ".to_owned();
    let mut table = Table { name: "t0".to_owned(), ..Table::default() };
    table.columns.push(Column { id: 1, name: "c0".to_owned(), initial: None, is_pad: false });
    table.columns.push(Column { id: 2, name: "pad".to_owned(), initial: None, is_pad: true });
    for row in 0..BIG_ROWS {
        let mut pad = String::new();
        while pad.len() < BIG_TEXT_CHARS {
            write!(pad, "{:016x}", random.next()).map_err(text)?;
        }
        let comma = if row == 0 { "" } else { ", " };
        write!(sql, "{comma}({row}, '{pad}')").map_err(text)?;
        let cells = [(1, Some(row.to_string())), (2, Some(pad[..8].to_owned()))];
        table.rows.insert(BIG_ROW_ID + row as u64, cells.into_iter().collect());
    }
    session.run(&sql).await.map_err(text)?;
    Ok(table)
}

/// A running case.
struct World {
    folder: PathBuf,
    engine: Option<Engine>,
    sessions: Vec<Session>,
    transactions: Vec<Option<Transaction>>,
    model: Model,
    counts: BTreeMap<&'static str, usize>,
    trail: Vec<String>,
}

fn one_case(
    runtime: &Runtime,
    template: &Path,
    big: &Table,
    ops: &[(usize, Action)],
) -> Result<BTreeMap<&'static str, usize>, String> {
    let folder = tempfile::tempdir_in(template.parent().unwrap_or(template)).map_err(text)?;
    let warehouse = folder.path().join("warehouse");
    copy_folder(template, &warehouse).map_err(text)?;
    let engine = open(&warehouse).map_err(text)?;
    let mut model = Model::default();
    (0..10).for_each(|_| model.skip_id());
    model.committed.tables.insert(1, big.clone());
    let mut world = World {
        folder: warehouse,
        sessions: (0..SESSIONS).map(|_| engine.session()).collect(),
        engine: Some(engine),
        transactions: vec![None; SESSIONS],
        model,
        counts: BTreeMap::new(),
        trail: vec![],
    };
    runtime.block_on(async {
        for (session, action) in ops {
            world.step(*session, action).await.map_err(|e| format!("{e}\nstatements:\n{}", world.trail.join(";\n")))?;
        }
        world.reopen().await.map_err(|e| format!("{e}\nstatements:\n{}", world.trail.join(";\n")))
    })?;
    Ok(world.counts)
}

impl World {
    /// Runs a statement; a wait without end is a failure.
    async fn sql(&mut self, session: usize, sql: &str) -> Result<Result<Vec<Vec<Cell>>, Error>, String> {
        self.trail.push(format!("{session}: {}", sql.chars().take(300).collect::<String>()));
        *self.counts.entry("statements").or_default() += 1;
        if !matches!(sql, "begin" | "commit" | "rollback") {
            self.pin(session);
        }
        let limit = Duration::from_secs(STATEMENT_SECONDS);
        let running = tokio::time::timeout(limit, rows(&mut self.sessions[session], sql));
        running.await.map_err(|_| format!("session {session} waits: {sql}"))
    }

    async fn must(&mut self, session: usize, sql: &str) -> Result<Vec<Vec<Cell>>, String> {
        self.sql(session, sql).await?.map_err(|e| format!("{sql}: {}", error_text(&e)))
    }

    /// What the session's next statement sees.
    fn view(&self, session: usize) -> Database {
        match self.transactions[session].as_ref().and_then(|transaction| transaction.view.as_ref()) {
            Some((_, view)) => view.clone(),
            None => self.model.committed.clone(),
        }
    }

    /// A block sees the state of its first statement.
    fn pin(&mut self, session: usize) {
        let version = self.model.version();
        if let Some(transaction) = &mut self.transactions[session] {
            transaction.view.get_or_insert_with(|| (version, self.model.committed.clone()));
        }
    }

    /// Whether the session can lock a table now; remembers it when it is in a block.
    fn lock(&mut self, session: usize, table: TableId, append: bool) -> bool {
        let others = self.transactions.iter().enumerate().filter(|(other, _)| *other != session);
        let held = others.filter_map(|(_, t)| t.as_ref()).filter_map(|t| t.locks.get(&table));
        if held.copied().any(|theirs| !(append && theirs)) {
            return false;
        }
        if let Some(transaction) = &mut self.transactions[session] {
            let mine = transaction.locks.entry(table).or_insert(append);
            *mine = *mine && append;
        }
        true
    }

    fn change(&mut self, session: usize, changes: Vec<Change>) {
        match &mut self.transactions[session] {
            Some(transaction) => {
                if let Some((_, view)) = &mut transaction.view {
                    changes.iter().for_each(|change| view.apply(change));
                }
                transaction.changes.extend(changes);
            }
            None => self.model.commit(&Transaction { changes, ..Transaction::default() }),
        }
    }

    async fn step(&mut self, session: usize, action: &Action) -> Result<(), String> {
        if let Action::Reopen = action {
            return self.reopen().await;
        }
        if self.transactions[session].as_ref().is_some_and(|t| t.failed) {
            self.must(session, "rollback").await?;
            self.transactions[session] = None;
            return Ok(());
        }
        match action {
            Action::Begin if self.transactions[session].is_none() => {
                self.must(session, "begin").await?;
                self.transactions[session] = Some(Transaction::default());
            }
            Action::Commit => return self.commit(session).await,
            Action::Rollback if self.transactions[session].is_some() => {
                self.must(session, "rollback").await?;
                self.transactions[session] = None;
                self.check_all(session).await?;
            }
            Action::Begin | Action::Rollback => {}
            _ => self.statement(session, action).await?,
        }
        Ok(())
    }

    async fn commit(&mut self, session: usize) -> Result<(), String> {
        let Some(transaction) = self.transactions[session].take() else { return Ok(()) };
        let expected = self.model.outcome(&transaction);
        match self.sql(session, "commit").await? {
            Ok(_) if expected == Outcome::Fails => {
                return Err("both transactions deleted a row, and both committed".into());
            }
            Ok(_) => {
                *self.counts.entry("commits").or_default() += 1;
                self.model.commit(&transaction);
            }
            Err(error) if matches!(error.state().0, "40001" | "42P07") && expected != Outcome::Succeeds => {
                *self.counts.entry("conflicts").or_default() += 1;
            }
            Err(error) => return Err(format!("commit: {}", error_text(&error))),
        }
        self.check_all(session).await
    }

    /// Everything committed is what the model says, read by a session without a transaction.
    async fn check_all(&mut self, session: usize) -> Result<(), String> {
        let committed = self.model.committed.clone();
        for table in committed.tables.values() {
            self.check_table(session, table, &Predicate::All).await?;
        }
        let sql = "select table_name from information_schema.tables where table_schema = 'public' order by 1";
        let found: Vec<String> = self.must(session, sql).await?.into_iter().flatten().flatten().collect();
        let mut names: Vec<String> = committed.tables.values().map(|table| table.name.clone()).collect();
        names.sort();
        if found != names {
            return Err(format!("tables are {found:?}, expected {names:?}"));
        }
        Ok(())
    }

    async fn check_table(&mut self, session: usize, table: &Table, predicate: &Predicate) -> Result<(), String> {
        let (condition, matching) = matching(table, predicate);
        let show = |c: &Column| if c.is_pad { format!("left({}, 8)", c.name) } else { c.name.clone() };
        let list: Vec<String> = table.columns.iter().map(show).collect();
        let sql = format!("select {} from {} where {condition}", list.join(", "), table.name);
        let mut found = self.must(session, &sql).await?;
        found.sort();
        let kept =
            Table { rows: matching.into_iter().map(|id| (id, table.rows[&id].clone())).collect(), ..table.clone() };
        let expected = kept.visible();
        if found != expected {
            let (lost, extra) =
                (expected.iter().find(|r| !found.contains(r)), found.iter().find(|r| !expected.contains(r)));
            return Err(format!(
                "{sql}: {} rows, expected {}; missing {lost:?}, unexpected {extra:?}",
                found.len(),
                expected.len()
            ));
        }
        let counted = self.must(session, &format!("select count(*) from {} where {condition}", table.name)).await?;
        match counted == [[Some(expected.len().to_string())]] {
            true => Ok(()),
            false => Err(format!("count(*) of {} is {counted:?}, expected {}", table.name, expected.len())),
        }
    }

    /// Opens the warehouse anew; transactions that run are gone.
    async fn reopen(&mut self) -> Result<(), String> {
        self.trail.push("reopen".to_owned());
        self.sessions.clear();
        self.engine = None;
        let engine = open(&self.folder).map_err(|e| format!("reopening: {}", error_text(&e)))?;
        self.sessions = (0..SESSIONS).map(|_| engine.session()).collect();
        self.engine = Some(engine);
        self.transactions = vec![None; SESSIONS];
        self.check_all(0).await
    }
}

/// A condition in SQL, and the rows for which it is true.
fn matching(table: &Table, predicate: &Predicate) -> (String, Vec<u64>) {
    let integers: Vec<&Column> = table.columns.iter().filter(|c| !c.is_pad).collect();
    let column = |index: &usize| integers.get(index % integers.len().max(1)).copied();
    let all = || table.rows.keys().copied().collect();
    let select = |column: &Column, test: &dyn Fn(Option<i64>) -> bool| -> Vec<u64> {
        let value = |row: &BTreeMap<u64, Cell>| table.cell(row, column).and_then(|cell| cell.parse().ok());
        table.rows.iter().filter(|(_, row)| test(value(row))).map(|(id, _)| *id).collect()
    };
    match predicate {
        Predicate::All => ("1 = 1".to_owned(), all()),
        Predicate::Less(index, value) => match column(index) {
            None => ("true".to_owned(), all()),
            Some(c) => (format!("{} < {value}", c.name), select(c, &|v| v.is_some_and(|v| v < i64::from(*value)))),
        },
        Predicate::Remainder(index, value) => match column(index) {
            None => ("true".to_owned(), all()),
            Some(c) => {
                (format!("{} % 5 = {value}", c.name), select(c, &|v| v.is_some_and(|v| v % 5 == i64::from(*value))))
            }
        },
        Predicate::IsNull(index) => match column(index) {
            None => ("true".to_owned(), all()),
            Some(c) => (format!("{} is null", c.name), select(c, &|v| v.is_none())),
        },
    }
}

impl World {
    async fn statement(&mut self, session: usize, action: &Action) -> Result<(), String> {
        let view = self.view(session);
        let ids: Vec<TableId> = view.tables.keys().copied().collect();
        let pick = |index: &usize| ids.get(index % ids.len().max(1)).copied();
        let (sql, changes, locked) = match action {
            Action::Create(name) => return self.create(session, &view, *name, None).await,
            Action::CreateAs(name, from) => return self.create(session, &view, *name, pick(from)).await,
            Action::Swap(a, b) => return self.swap(session, &view, pick(a), pick(b)).await,
            Action::Select(t, predicate) => {
                let Some(id) = pick(t) else { return Ok(()) };
                return self.check_table(session, &view.tables[&id], predicate).await;
            }
            Action::InsertSelect(to, from, predicate) => match (pick(to), pick(from)) {
                (Some(to), Some(from)) => match self.insert_select(&view, to, from, predicate) {
                    Some((sql, changes)) => (sql, changes, (to, true)),
                    None => return Ok(()),
                },
                _ => return Ok(()),
            },
            Action::Insert(t, _)
            | Action::Update(t, ..)
            | Action::Delete(t, _)
            | Action::Truncate(t)
            | Action::AddColumn(t, _)
            | Action::DropColumn(t, _)
            | Action::RenameTable(t, _)
            | Action::RenameColumn(t, _)
            | Action::Drop(t)
            | Action::Vacuum(t) => {
                let Some(id) = pick(t) else { return Ok(()) };
                match self.change_of(&view, id, action) {
                    Some((sql, changes)) => (sql, changes, (id, matches!(action, Action::Insert(..)))),
                    None => return Ok(()),
                }
            }
            Action::Begin | Action::Commit | Action::Rollback | Action::Reopen => return Ok(()),
        };
        let in_block = self.transactions[session].is_some();
        // These commit what came before them, or refuse to run in a block.
        if in_block && matches!(action, Action::Truncate(_) | Action::Vacuum(_))
            || !self.lock(session, locked.0, locked.1)
        {
            return Ok(());
        }
        self.must(session, &sql).await?;
        self.change(session, changes);
        let view = self.view(session);
        match view.tables.get(&locked.0) {
            Some(table) => self.check_table(session, &table.clone(), &Predicate::All).await,
            None => Ok(()),
        }
    }

    fn new_row(&mut self, table: TableId, cells: BTreeMap<u64, Cell>) -> Change {
        Change::Insert(table, self.model.new_id(), cells)
    }

    /// The statement for an action on one table, and what it changes; None when it makes no sense.
    fn change_of(&mut self, view: &Database, id: TableId, action: &Action) -> Option<(String, Vec<Change>)> {
        let table = &view.tables[&id];
        let name = &table.name;
        Some(match action {
            Action::Insert(_, values) => {
                let rows: Vec<&[Option<i8>]> = values.chunks(table.columns.len()).collect();
                let mut texts = vec![];
                let mut changes = vec![];
                for row in rows {
                    let cells: Vec<Cell> = (0..table.columns.len())
                        .map(|i| row.get(i).copied().flatten().map(|value| value.to_string()))
                        .collect();
                    let literal = |(cell, column): (&Cell, &Column)| match cell {
                        None => "null".to_owned(),
                        Some(value) if column.is_pad => format!("'{value}'"),
                        Some(value) => value.clone(),
                    };
                    let literals: Vec<String> = cells.iter().zip(&table.columns).map(literal).collect();
                    texts.push(format!("({})", literals.join(", ")));
                    let cells = table.columns.iter().map(|c| c.id).zip(cells).collect();
                    changes.push(self.new_row(id, cells));
                }
                (format!("insert into {name} values {}", texts.join(", ")), changes)
            }
            Action::Update(_, index, value, predicate) => {
                let integers: Vec<&Column> = table.columns.iter().filter(|c| !c.is_pad).collect();
                let column = *integers.get(index % integers.len().max(1))?;
                let (condition, rows) = matching(table, predicate);
                let mut changes = vec![];
                for row in rows {
                    let mut cells: BTreeMap<u64, Cell> =
                        table.columns.iter().map(|c| (c.id, table.cell(&table.rows[&row], c))).collect();
                    let old: Option<i64> = cells[&column.id].as_ref().and_then(|cell| cell.parse().ok());
                    cells.insert(column.id, old.map(|old| (old + i64::from(*value)).to_string()));
                    changes.push(Change::Delete(id, row));
                    changes.push(self.new_row(id, cells));
                }
                (format!("update {name} set {0} = {0} + ({value}) where {condition}", column.name), changes)
            }
            Action::Delete(_, predicate) => {
                let (condition, rows) = matching(table, predicate);
                (
                    format!("delete from {name} where {condition}"),
                    rows.into_iter().map(|row| Change::Delete(id, row)).collect(),
                )
            }
            Action::Truncate(_) => {
                (format!("truncate {name}"), table.rows.keys().map(|row| Change::Delete(id, *row)).collect())
            }
            Action::Vacuum(_) => (format!("vacuum {name} to 100 percent"), vec![Change::Rewrite(id)]),
            Action::AddColumn(_, default) => {
                if table.columns.len() >= 5 {
                    return None;
                }
                let column_id = self.model.new_id();
                let initial = default.map(|value| value.to_string());
                let column =
                    Column { id: column_id, name: format!("c{column_id}"), initial: initial.clone(), is_pad: false };
                let clause = initial.map_or(String::new(), |value| format!(" default {value}"));
                (
                    format!("alter table {name} add column {} int{clause}", column.name),
                    vec![Change::AddColumn(id, column)],
                )
            }
            Action::DropColumn(_, index) => {
                let column = &table.columns[index % table.columns.len()];
                if table.columns.len() < 2 {
                    return None;
                }
                (format!("alter table {name} drop column {}", column.name), vec![Change::DropColumn(id, column.id)])
            }
            Action::RenameTable(_, number) => {
                let new = format!("t{number}");
                view.find(&new).is_none().then_some(())?;
                (format!("alter table {name} rename to {new}"), vec![Change::Rename(id, new)])
            }
            Action::RenameColumn(_, index) => {
                let column = &table.columns[index % table.columns.len()];
                let new = format!("r{}", self.model.new_id());
                let change = Change::RenameColumn(id, column.id, new.clone());
                (format!("alter table {name} rename column {} to {new}", column.name), vec![change])
            }
            Action::Drop(_) => (format!("drop table {name}"), vec![Change::Drop(id)]),
            _ => return None,
        })
    }

    fn insert_select(
        &mut self,
        view: &Database,
        to: TableId,
        from: TableId,
        p: &Predicate,
    ) -> Option<(String, Vec<Change>)> {
        let (target, source) = (&view.tables[&to], &view.tables[&from]);
        let (condition, rows) = matching(source, p);
        let integers = |table: &Table| table.columns.iter().filter(|c| !c.is_pad).cloned().collect::<Vec<_>>();
        let pairs: Vec<(Column, Column)> = integers(target).into_iter().zip(integers(source)).collect();
        if pairs.is_empty() {
            return None;
        }
        let names = |column: fn(&(Column, Column)) -> &Column| {
            pairs.iter().map(|pair| column(pair).name.clone()).collect::<Vec<_>>().join(", ")
        };
        let sql = format!(
            "insert into {} ({}) select {} from {} where {condition}",
            target.name,
            names(|pair| &pair.0),
            names(|pair| &pair.1),
            source.name
        );
        let mut changes = vec![];
        for row in rows {
            let mut cells: BTreeMap<u64, Cell> = target.columns.iter().map(|c| (c.id, c.initial.clone())).collect();
            for (t, s) in &pairs {
                cells.insert(t.id, source.cell(&source.rows[&row], s));
            }
            changes.push(self.new_row(to, cells));
        }
        Some((sql, changes))
    }

    async fn create(
        &mut self,
        session: usize,
        view: &Database,
        name: usize,
        from: Option<TableId>,
    ) -> Result<(), String> {
        let name = format!("t{name}");
        let id = self.model.new_id();
        let mut table = Table { name: name.clone(), ..Table::default() };
        let sql = match from.map(|from| &view.tables[&from]) {
            None => {
                table.columns.push(Column { id: 1, name: "c0".to_owned(), initial: None, is_pad: false });
                table.columns.push(Column { id: 2, name: "c1".to_owned(), initial: None, is_pad: false });
                format!("create table {name} (c0 int, c1 int)")
            }
            Some(source) => {
                table.columns = source.columns.iter().map(|c| Column { initial: None, ..c.clone() }).collect();
                format!("create table {name} as select * from {}", source.name)
            }
        };
        if view.find(&name).is_some() {
            return match self.sql(session, &sql).await? {
                Err(error) if error.state().0 == "42P07" => {
                    self.transactions[session].iter_mut().for_each(|transaction| transaction.failed = true);
                    Ok(())
                }
                other => Err(format!("{sql}: {other:?}, expected 42P07")),
            };
        }
        let mut changes = vec![Change::Create(id, table.clone())];
        for row in from.into_iter().flat_map(|from| view.tables[&from].rows.values()) {
            let source = &view.tables[&from.unwrap_or_default()];
            let cells = source.columns.iter().map(|c| (c.id, source.cell(row, c))).collect();
            changes.push(self.new_row(id, cells));
        }
        self.must(session, &sql).await?;
        self.lock(session, id, false);
        self.change(session, changes);
        Ok(())
    }

    /// As dbt swaps two tables, in one transaction.
    async fn swap(
        &mut self,
        session: usize,
        view: &Database,
        a: Option<TableId>,
        b: Option<TableId>,
    ) -> Result<(), String> {
        let (Some(a), Some(b)) = (a, b) else { return Ok(()) };
        if a == b
            || self.transactions[session].is_some()
            || !self.lock(session, a, false)
            || !self.lock(session, b, false)
        {
            return Ok(());
        }
        let (first, second) = (view.tables[&a].name.clone(), view.tables[&b].name.clone());
        let sql = format!(
            "begin; alter table {first} rename to swap; alter table {second} rename to {first};
            alter table swap rename to {second}; commit"
        );
        self.must(session, &sql).await?;
        self.change(session, vec![Change::Rename(a, second), Change::Rename(b, first)]);
        self.check_all(session).await
    }
}
