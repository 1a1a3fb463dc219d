//! Random statements against a simple model: tables are lists of rows, a transaction is a copy.
//!
//! A failing sequence is made smaller, statement by statement, before it is printed.

use std::collections::BTreeMap;

use super::{is_long, random::Random, seeds, workload};
use crate::Engine;

/// A statement, or closing the warehouse and opening it again.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Create(usize),
    Drop(usize),
    Insert(usize, i64, i64),
    InsertSelect(usize, usize),
    Delete(usize, i64, i64),
    Update(usize, i64, i64),
    Truncate(usize),
    Rename(usize, usize),
    AddColumn(usize),
    Vacuum(usize),
    Begin,
    Commit,
    Rollback,
    Reopen,
}

const TABLES: u64 = 4;

fn random_step(random: &mut Random) -> Step {
    let table = random.below(TABLES) as usize;
    let number = random.below(5) as i64 + 2;
    match random.below(26) {
        0..=2 => Step::Create(table),
        3 => Step::Drop(table),
        4..=8 => Step::Insert(table, random.below(100) as i64, random.below(60) as i64 + 1),
        9 => Step::InsertSelect(table, random.below(TABLES) as usize),
        10..=12 => Step::Delete(table, number, random.below(number as u64) as i64),
        13..=15 => Step::Update(table, number, random.below(number as u64) as i64),
        16 => Step::Truncate(table),
        17 => Step::Rename(table, random.below(TABLES) as usize),
        18 => Step::AddColumn(table),
        19 => Step::Vacuum(table),
        20..=22 => Step::Begin,
        23 => Step::Commit,
        24 => Step::Rollback,
        _ => Step::Reopen,
    }
}

impl Step {
    fn sql(&self) -> String {
        match self {
            Step::Create(t) => format!("create table t{t} (a int, b int) sortkey(a)"),
            Step::Drop(t) => format!("drop table t{t}"),
            Step::Insert(t, from, count) => {
                let rows: Vec<String> = (*from..from + count).map(|a| format!("({a}, 0)")).collect();
                format!("insert into t{t} (a, b) values {}", rows.join(", "))
            }
            Step::InsertSelect(t, from) => format!("insert into t{t} (a, b) select a, b from t{from}"),
            Step::Delete(t, by, rest) => format!("delete from t{t} where a % {by} = {rest}"),
            Step::Update(t, by, rest) => format!("update t{t} set b = b + 1, a = a + 1 where a % {by} = {rest}"),
            Step::Truncate(t) => format!("truncate t{t}"),
            Step::Rename(t, to) => format!("alter table t{t} rename to t{to}"),
            Step::AddColumn(t) => format!("alter table t{t} add column c int"),
            Step::Vacuum(t) => format!("vacuum full t{t} to 100 percent"),
            Step::Begin => "begin".to_owned(),
            Step::Commit => "commit".to_owned(),
            Step::Rollback => "rollback".to_owned(),
            Step::Reopen => "-- reopen".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Table {
    rows: Vec<(i64, i64)>,
    has_c: bool,
}

type Tables = BTreeMap<usize, Table>;

#[derive(Debug, Default)]
struct Model {
    committed: Tables,
    /// The tables of the open block; None outside of one.
    block: Option<Tables>,
    failed: bool,
}

impl Model {
    /// What the session sees.
    fn seen(&self) -> &Tables {
        self.block.as_ref().unwrap_or(&self.committed)
    }

    /// Runs a step; false: it must fail.
    fn run(&mut self, step: &Step) -> bool {
        match step {
            Step::Begin => {
                if self.block.is_none() && !self.failed {
                    self.block = Some(self.committed.clone());
                }
                return true;
            }
            Step::Commit => {
                self.committed = self.block.take().unwrap_or_else(|| self.committed.clone());
                self.failed = false;
                return true;
            }
            Step::Rollback | Step::Reopen => {
                (self.block, self.failed) = (None, false);
                return true;
            }
            _ if self.failed => return false,
            Step::Vacuum(_) if self.block.is_some() => {
                self.fail();
                return false;
            }
            _ => {}
        }
        let mut tables = self.seen().clone();
        let done = change(&mut tables, step).is_some();
        if !done {
            self.fail();
            return false;
        }
        match &mut self.block {
            // TRUNCATE commits.
            Some(_) if matches!(step, Step::Truncate(_)) => (self.committed, self.block) = (tables, None),
            Some(block) => *block = tables,
            None => self.committed = tables,
        }
        true
    }

    fn fail(&mut self) {
        self.failed = self.block.take().is_some() || self.failed;
    }
}

fn change(tables: &mut Tables, step: &Step) -> Option<()> {
    match step {
        Step::Create(t) => match tables.contains_key(t) {
            true => return None,
            false => drop(tables.insert(*t, Table::default())),
        },
        Step::Drop(t) => drop(tables.remove(t)?),
        Step::Insert(t, from, count) => tables.get_mut(t)?.rows.extend((*from..from + count).map(|a| (a, 0))),
        Step::InsertSelect(t, from) => {
            let rows = tables.get(from)?.rows.clone();
            tables.get_mut(t)?.rows.extend(rows);
        }
        Step::Delete(t, by, rest) => tables.get_mut(t)?.rows.retain(|(a, _)| a % by != *rest),
        Step::Update(t, by, rest) => {
            for (a, b) in tables.get_mut(t)?.rows.iter_mut().filter(|(a, _)| a % by == *rest) {
                (*a, *b) = (*a + 1, *b + 1);
            }
        }
        Step::Truncate(t) => tables.get_mut(t)?.rows.clear(),
        Step::Rename(t, to) => {
            if tables.contains_key(to) {
                return None;
            }
            let table = tables.remove(t)?;
            tables.insert(*to, table);
        }
        Step::AddColumn(t) => {
            let table = tables.get_mut(t)?;
            if table.has_c {
                return None;
            }
            table.has_c = true;
        }
        Step::Vacuum(t) => drop(tables.get(t)?),
        Step::Begin | Step::Commit | Step::Rollback | Step::Reopen => {}
    }
    Some(())
}

async fn rows(session: &mut crate::session::Session, table: usize) -> Result<Vec<(i64, i64)>, String> {
    let results = session.run(&format!("select a, b from t{table}")).await;
    let results = results.map_err(|e| format!("{:?} {:?}", e.error, e.error.detail()))?;
    let parse = |row: String| {
        let (a, b) = row.split_once('|').unwrap();
        (a.parse().unwrap(), b.parse().unwrap())
    };
    let mut rows: Vec<(i64, i64)> = workload::cells(results).into_iter().map(parse).collect();
    rows.sort_unstable();
    Ok(rows)
}

async fn compare(session: &mut crate::session::Session, tables: &Tables, who: &str) -> Result<(), String> {
    for (table, expected) in tables {
        let mut expected = expected.rows.clone();
        expected.sort_unstable();
        let found = rows(session, *table).await.map_err(|e| format!("{who}, t{table}: {e}"))?;
        if found != expected {
            return Err(format!("{who}, t{table}: {found:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

/// Runs the steps; the error says which one came out otherwise, and how.
async fn run(steps: &[Step]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let open = || workload::open(folder.path(), workload::sound()).map_err(|e| format!("{e:?} {:?}", e.detail()));
    let mut engine: Engine = open()?;
    let mut session = engine.session();
    let mut model = Model::default();
    for (index, step) in steps.iter().enumerate() {
        let at = |why: String| format!("step {index} ({}): {why}", step.sql());
        let must_succeed = model.run(step);
        if *step == Step::Reopen {
            drop(session);
            drop(engine);
            engine = open().map_err(at)?;
            session = engine.session();
        } else {
            let outcome = session.run(&step.sql()).await;
            if outcome.is_ok() != must_succeed {
                return Err(at(format!(
                    "{:?}, must succeed: {must_succeed}",
                    outcome.map(|_| ()).map_err(|e| e.error)
                )));
            }
        }
        if !model.failed {
            compare(&mut session, model.seen(), "itself").await.map_err(at)?;
        }
        compare(&mut engine.session(), &model.committed, "another").await.map_err(at)?;
    }
    drop(session);
    let report = engine.verify(|_, _| {}).map_err(|e| format!("{e:?}"))?;
    if report.problems.is_empty() { Ok(()) } else { Err(format!("{:?}", report.problems)) }
}

/// Takes away steps as long as it fails.
async fn shrink(mut steps: Vec<Step>, mut why: String) -> (Vec<Step>, String) {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..(from + size).min(fewer.len()));
            match run(&fewer).await {
                Err(error) => (steps, why) = (fewer, error),
                Ok(()) => from += size,
            }
        }
        size /= 2;
    }
    (steps, why)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_statements_do_what_the_model_says() {
    let length = if is_long() { 80 } else { 40 };
    let mut count = 0;
    for seed in seeds(4, 150) {
        let mut random = Random::new(seed);
        let steps: Vec<Step> = (0..length).map(|_| random_step(&mut random)).collect();
        if let Err(why) = run(&steps).await {
            let (steps, why) = shrink(steps, why).await;
            let sql: Vec<String> = steps.iter().map(Step::sql).collect();
            panic!("seed {seed}: {why}\n{}", sql.join(";\n"));
        }
        count += steps.len();
    }
    eprintln!("{count} random statements");
}
