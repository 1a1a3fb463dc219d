//! The test binary of SQL behaviour: each file below `slt/` is a warehouse of its own, and so is each
//! documented case of `facts/open.jsonl`.
//!
//! `cargo test --workspace --test slt -- FILTER…` runs the files and cases whose name contains a filter
//! (`facts/<area>/<id>` is a case); the environment variable `BLUESHIFT_SLT` does the same where arguments
//! are in the way. README.md tells how files are written and where expected values may come from.
#![allow(clippy::print_stdout)]

/// The generated page of what is supported.
mod compat;
/// Documented cases.
mod facts;
mod functions_page;
/// Which documented cases do not pass yet.
mod ledger;
/// Reading .slt files.
mod record;
/// Running them.
mod runner;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use compat::Case;
use facts::{Fact, Verdict};
use runner::Outcome;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what the arguments ask for; whether all came out as expected.
fn run(arguments: &[String]) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let filters = filters(arguments);
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    let mut files = vec![];
    find_files(&root.join("slt"), &mut files).map_err(|error| format!("slt: {error}"))?;
    let mut files: Vec<(String, PathBuf)> =
        files.into_iter().map(|path| (path.strip_prefix(root).unwrap_or(&path).display().to_string(), path)).collect();
    files.retain(|(name, _)| wanted(name));
    files.sort();
    let mut facts = facts::load(&root.join("facts/open.jsonl"))?;
    facts.retain(|fact| wanted(&name_of(fact)));
    if arguments.iter().any(|argument| argument == "--list") {
        let names = files.iter().map(|(name, _)| name.clone()).chain(facts.iter().map(name_of));
        names.for_each(|name| println!("{name}: test"));
        return Ok(true);
    }
    let outcomes = run_files(&files)?;
    let files_passed = outcomes.iter().all(|outcome| outcome.failures.is_empty());
    let verdicts = run_facts(&facts)?;
    if !filters.is_empty() {
        return Ok(ledger::print(&facts, &verdicts) && files_passed);
    }
    let bless = env::var_os("BLUESHIFT_BLESS").is_some();
    let listed = ledger::check(&root.join("facts/not_passed.txt"), &facts, &verdicts, bless)?;
    let documented = facts.iter().zip(&verdicts).filter_map(|(fact, verdict)| Case::of_fact(&fact.sql, verdict));
    let cases: Vec<Case> = outcomes.into_iter().flat_map(|outcome| outcome.cases).chain(documented).collect();
    let page = root.join("../engine/COMPAT.md");
    let described = runtime()?.block_on(compat::check(&root.join("compat"), &page, &cases, bless))?;
    let referenced = functions_page::check(&root.join("../engine/FUNCTIONS.md"), bless)?;
    Ok(files_passed && listed && described && referenced)
}

/// The filters of the command line and of the environment.
fn filters(arguments: &[String]) -> Vec<String> {
    let from_environment = env::var("BLUESHIFT_SLT").ok();
    arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().chain(from_environment).collect()
}

fn name_of(fact: &Fact) -> String {
    format!("facts/{}/{}", fact.area, fact.id)
}

fn find_files(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            files.push(path);
        }
    }
    Ok(())
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Runs `work` on every item, in parallel; the results stand in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl AsyncFn(&T) -> R + Sync) -> Result<Vec<R>, String> {
    let runtime = runtime()?;
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(vec![]);
    let threads = thread::available_parallelism().map_or(2, usize::from).min(items.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = runtime.block_on(work(item));
                    results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Runs the files; prints a line for each and, at the end, every failure.
fn run_files(files: &[(String, PathBuf)]) -> Result<Vec<Outcome>, String> {
    let outcomes = in_parallel(files, async |(name, path)| {
        let outcome = runner::run_file(path, name).await;
        let verdict = if outcome.failures.is_empty() { "ok" } else { "FAILED" };
        println!("{verdict:6} {name} ({} records, {} failed)", outcome.records, outcome.failures.len());
        outcome
    })?;
    let records: usize = outcomes.iter().map(|outcome| outcome.records).sum();
    let failures: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.failures).collect();
    failures.iter().for_each(|failure| println!("\n---- {failure}"));
    println!("\n{} files, {records} records, {} failures", files.len(), failures.len());
    Ok(outcomes)
}

fn run_facts(facts: &[Fact]) -> Result<Vec<Verdict>, String> {
    in_parallel(facts, async |fact| facts::run(fact).await)
}
