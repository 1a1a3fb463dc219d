//! The test binary of the SQL logic tests: each file below `slt/` is a warehouse of its own.
//!
//! `cargo test -p blueshift-tests -- FILTER…` runs the files whose name contains a filter; the
//! environment variable `BLUESHIFT_SLT` does the same where arguments are in the way. README.md
//! tells how files are written and where expected values may come from.
#![allow(clippy::print_stdout)]

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

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("slt");
    let mut files = vec![];
    if let Err(error) = find_files(&root, &mut files) {
        println!("{}: {error}", root.display());
        return ExitCode::FAILURE;
    }
    let mut names: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|path| (path.strip_prefix(&root).unwrap_or(&path).display().to_string(), path))
        .filter(|(name, _)| wanted(name, &arguments))
        .collect();
    names.sort();
    if arguments.iter().any(|argument| argument == "--list") {
        names.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    run(&names)
}

/// Whether a filter of the command line or the environment takes the file; no filter takes all.
fn wanted(name: &str, arguments: &[String]) -> bool {
    let from_environment = env::var("BLUESHIFT_SLT").ok();
    let mut filters =
        arguments.iter().filter(|argument| !argument.starts_with('-')).chain(&from_environment).peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
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

/// Runs the files in parallel; prints a line for each and, at the end, every failure.
fn run(files: &[(String, PathBuf)]) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (next, records) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures: Mutex<Vec<String>> = Mutex::new(vec![]);
    let threads = thread::available_parallelism().map_or(2, usize::from).min(files.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = runtime.block_on(runner::run_file(path, name));
                    let verdict = if outcome.failures.is_empty() { "ok" } else { "FAILED" };
                    println!("{verdict:6} {name} ({} records, {} failed)", outcome.records, outcome.failures.len());
                    records.fetch_add(outcome.records, Ordering::Relaxed);
                    if let Ok(mut all) = failures.lock() {
                        all.extend(outcome.failures);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    failures.iter().for_each(|failure| println!("\n---- {failure}"));
    println!("\n{} files, {} records, {} failures", files.len(), records.into_inner(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
