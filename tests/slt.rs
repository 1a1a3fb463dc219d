//! The test binary of SQL behaviour: each file below `slt/` is a warehouse of its own, and so is each
//! documented case of `facts/open.jsonl`.
//!
//! `cargo test --workspace --test slt -- FILTER…` runs the files and cases whose name contains a filter
//! (`facts/<area>/<id>` is a case); the environment variable `BLUESHIFT_SLT` does the same where arguments
//! are in the way. README.md tells how files are written and where expected values may come from.
#![allow(clippy::print_stdout)]

/// Documented cases.
mod facts;
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

use facts::{Fact, Verdict};

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
    let files_passed = run_files(&files)?;
    let verdicts = run_facts(&facts)?;
    let facts_passed = if filters.is_empty() {
        ledger::check(&root.join("facts/not_passed.txt"), &facts, &verdicts)?
    } else {
        ledger::print(&facts, &verdicts)
    };
    Ok(files_passed && facts_passed)
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

/// Runs `work` on every item, in parallel; the results stand in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl AsyncFn(&T) -> R + Sync) -> Result<Vec<R>, String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
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
fn run_files(files: &[(String, PathBuf)]) -> Result<bool, String> {
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
    Ok(failures.is_empty())
}

fn run_facts(facts: &[Fact]) -> Result<Vec<Verdict>, String> {
    in_parallel(facts, async |fact| facts::run(fact).await)
}
