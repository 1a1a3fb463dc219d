//! The Glue job under faults: each of its file operations fails in every way that means something for it. What
//! `bronze` shows is then the state before the run or the one after it; running again ends where one clean run
//! ends, each raw row exactly once; and no file is left that no manifest lists.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use blueshift_engine::{
    Engine,
    error::Error,
    glue::job::{self, JobContext, JobOptions, NoProgress},
    lake::Location,
};
use tokio::runtime::Runtime;

use crate::{
    faulty_file_system::{Fault, FaultyFileSystem, Operation},
    support::{Random, Report, Row, Tier, error_text, files_below, link_folder, open, open_with, rows, runtime, text},
};

const CREATE_BRONZE: &str = "create external schema bronze from data catalog database 'chinook'
    iam_role 'arn:aws:iam::123456789012:role/spectrum' create external database if not exists";
/// A table that is not there yet has no rows.
const QUERIES: [(&str, &str); 2] = [
    ("album", "select album_id, title, _source_object, _source_row, delivery_id from bronze.album order by 3, 4"),
    ("price", "select price_id, amount, _source_object, _source_row, delivery_id from bronze.price order by 3, 4"),
];

/// What happens to the source before a run, whether the run forgets its bookmarks, and how many rows the tables
/// then have.
struct Step {
    name: &'static str,
    change: fn(&Path) -> std::io::Result<()>,
    full_refresh: bool,
    rows: [usize; 2],
}

const STEPS: [Step; 4] = [
    Step { name: "first delivery", change: first_delivery, full_refresh: false, rows: [3, 2] },
    Step { name: "new and changed objects, a wider type", change: second_delivery, full_refresh: false, rows: [4, 3] },
    Step { name: "an object goes", change: removal, full_refresh: false, rows: [3, 3] },
    Step { name: "full refresh", change: |_| Ok(()), full_refresh: true, rows: [3, 3] },
];

fn put(raw: &Path, key: &str, content: &str) -> std::io::Result<()> {
    let path = raw.join(key);
    fs::create_dir_all(path.parent().unwrap_or(raw))?;
    fs::write(&path, content)
}

fn first_delivery(raw: &Path) -> std::io::Result<()> {
    put(raw, "album/a.csv", "album_id,title\n1,One\n2,\"Two, too\"\nbroken\n3,\n")?;
    put(raw, "price/p.csv", "price_id,amount\n1,2\n2,3\n")
}

fn second_delivery(raw: &Path) -> std::io::Result<()> {
    put(raw, "album/b.csv", "album_id,title\n4,Four\n")?;
    put(raw, "price/p.csv", "price_id,amount\n1,2.50\n2,3.00\n3,4.25\n")?;
    // A change that the modification time shows.
    fs::File::options()
        .append(true)
        .open(raw.join("price/p.csv"))?
        .set_modified(SystemTime::now() + Duration::from_secs(7))
}

fn removal(raw: &Path) -> std::io::Result<()> {
    fs::remove_file(raw.join("album/b.csv"))
}

/// A warehouse, what `bronze` shows in it, and how many files its lake has.
struct State {
    folder: PathBuf,
    contents: Vec<Vec<Row>>,
    files: usize,
}

/// Runs the proof.
pub fn run(tier: Tier, seed: u64) -> Result<Report, String> {
    let runtime = runtime(2)?;
    let folder = tempfile::tempdir().map_err(text)?;
    let (raw, live) = (folder.path().join("raw"), folder.path().join("live"));
    fs::create_dir(&raw).map_err(text)?;
    runtime.block_on(open(&live).map_err(text)?.session().run(CREATE_BRONZE)).map_err(text)?;
    let mut report = Report::default();
    let mut failures = vec![];
    let stride = tier.pick(11, 1);
    let mut number = Random::new(seed).below(stride);
    for (index, step) in STEPS.iter().enumerate() {
        (step.change)(&raw).map_err(text)?;
        let before = kept(&runtime, &live, folder.path().join(format!("before-{index}")))?;
        convert(&open(&live).map_err(text)?, &raw, step.full_refresh).map_err(|e| error_text(&e))?;
        let after = kept(&runtime, &live, folder.path().join(format!("after-{index}")))?;
        if after.contents.iter().map(Vec::len).ne(step.rows) {
            return Err(format!("{}: {:?}", step.name, after.contents));
        }
        let trial = Trial { runtime: &runtime, raw: &raw, step, before: &before, after: &after, seed };
        let operations = trial.trace()?;
        report.add("operations", operations.len());
        for (operation, fault) in faults(&operations) {
            number += 1;
            if !number.is_multiple_of(stride) {
                continue;
            }
            report.add("faults", 1);
            match trial.run(operation, fault) {
                Ok(outcome) => report.add(outcome, 1),
                Err(failure) => {
                    let Operation { kind, on } = &operations[operation];
                    failures
                        .push(format!("{}: {fault:?} at operation {operation} ({kind} {on})\n{failure}", step.name));
                }
            }
        }
    }
    report.result(failures)
}

fn faults(operations: &[Operation]) -> impl Iterator<Item = (usize, Fault)> {
    operations.iter().enumerate().flat_map(|(index, operation)| {
        Fault::ALL.into_iter().filter(|fault| fault.applies_to(operation)).map(move |fault| (index, fault))
    })
}

fn convert(engine: &Engine, raw: &Path, full_refresh: bool) -> Result<(), Error> {
    let context = JobContext {
        catalog: engine.data_catalog(),
        lake: engine.lake(),
        stores: engine.object_stores(),
        database: "chinook",
    };
    // One thread, so that the order of file operations is always the same.
    let options = JobOptions { threads: 1, full_refresh, ..JobOptions::default() };
    job::run(&Location::Local(raw.to_owned()), &context, &options, &NoProgress).map(|_| ())
}

/// A copy of the warehouse as it is now.
fn kept(runtime: &Runtime, live: &Path, folder: PathBuf) -> Result<State, String> {
    let contents = runtime.block_on(contents(&open(live).map_err(text)?))?;
    link_folder(live, &folder).map_err(text)?;
    let files = files_below(&folder.join("lake")).len();
    Ok(State { folder, contents, files })
}

async fn contents(engine: &Engine) -> Result<Vec<Vec<Row>>, String> {
    let mut session = engine.session();
    let tables = "select tablename from svv_external_tables where schemaname = 'bronze'";
    let known = rows(&mut session, tables).await.map_err(|e| error_text(&e))?;
    let mut found = vec![];
    for (table, sql) in QUERIES {
        let is_there = known.iter().any(|row| row.first() == Some(&Some(table.to_owned())));
        let rows = if is_there { rows(&mut session, sql).await.map_err(|e| error_text(&e))? } else { vec![] };
        found.push(rows);
    }
    Ok(found)
}

/// A run of the job that meets a fault.
struct Trial<'a> {
    runtime: &'a Runtime,
    raw: &'a Path,
    step: &'a Step,
    before: &'a State,
    after: &'a State,
    seed: u64,
}

impl Trial<'_> {
    /// A private copy of the state before, and a file system for it.
    fn prepare(&self) -> Result<(tempfile::TempDir, PathBuf, FaultyFileSystem), String> {
        let folder = tempfile::tempdir_in(self.raw.parent().unwrap_or(Path::new("."))).map_err(text)?;
        let warehouse = folder.path().join("warehouse");
        link_folder(&self.before.folder, &warehouse).map_err(text)?;
        let file_system = FaultyFileSystem::new(&folder.path().join("graveyard"));
        Ok((folder, warehouse, file_system))
    }

    fn trace(&self) -> Result<Vec<Operation>, String> {
        let (_folder, warehouse, file_system) = self.prepare()?;
        let engine = open_with(&warehouse, Arc::new(file_system.clone())).map_err(text)?;
        let opened = file_system.operations().len();
        convert(&engine, self.raw, self.step.full_refresh).map_err(|e| error_text(&e))?;
        Ok(file_system.operations().split_off(opened))
    }

    fn run(&self, operation: usize, fault: Fault) -> Result<&'static str, String> {
        let (_folder, warehouse, file_system) = self.prepare()?;
        let engine = open_with(&warehouse, Arc::new(file_system.clone())).map_err(text)?;
        file_system.arm(operation, fault);
        let result = convert(&engine, self.raw, self.step.full_refresh);
        file_system.disarm();
        if file_system.hit().is_none() {
            return Ok("not reached");
        }
        if let Err(error) = &result {
            let expected = if fault == Fault::DiskFull { "53100" } else { "58030" };
            if error.state().0 != expected {
                return Err(format!("the error should be {expected}: {}", error_text(error)));
            }
        }
        let is_after = if fault.is_crash() {
            drop(engine);
            file_system.crash();
            let torn = (fault == Fault::TornCrash).then_some(self.seed + operation as u64);
            file_system.lose_unsynced(torn).map_err(text)?;
            self.is_after(&open(&warehouse).map_err(|e| format!("reopening: {}", error_text(&e)))?)?
        } else {
            self.is_after(&engine)?
        };
        if result.is_ok() && !is_after {
            return Err("the run succeeded, and its rows are not there".to_owned());
        }
        self.repeat(&warehouse)?;
        Ok(match (fault.is_crash(), is_after) {
            (true, true) => "crashed after commit",
            (true, false) => "crashed before commit",
            (false, true) => "survived",
            (false, false) => "clean errors",
        })
    }

    /// Whether `bronze` shows the state after the run; otherwise it is the one before.
    fn is_after(&self, engine: &Engine) -> Result<bool, String> {
        let found = self.runtime.block_on(contents(engine))?;
        match found {
            found if found == self.after.contents => Ok(true),
            found if found == self.before.contents => Ok(false),
            found => Err(format!("a state that never was: {found:?}")),
        }
    }

    /// The job runs again without faults.
    fn repeat(&self, warehouse: &Path) -> Result<(), String> {
        let engine = open(warehouse).map_err(|e| format!("reopening: {}", error_text(&e)))?;
        convert(&engine, self.raw, false).map_err(|e| format!("repeated: {}", error_text(&e)))?;
        let found = self.runtime.block_on(contents(&engine))?;
        // A full refresh that never happened is not made up for.
        let is_expected = found == self.after.contents || self.step.full_refresh && found == self.before.contents;
        if !is_expected {
            return Err(format!("repeated: {found:?}, expected {:?}", self.after.contents));
        }
        let problems = engine.verify(|_, _| {}).map_err(|e| format!("verify: {}", error_text(&e)))?.problems;
        if !problems.is_empty() {
            return Err(format!("verify: {}", problems.join("; ")));
        }
        let files = files_below(&warehouse.join("lake"));
        let expected = [self.after.files, self.before.files];
        match files.len() == expected[0] || self.step.full_refresh && expected.contains(&files.len()) {
            true => Ok(()),
            false => Err(format!("{} files in the lake, expected {expected:?}: {files:?}", files.len())),
        }
    }
}
