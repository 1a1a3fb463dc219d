//! `blueshift check`: what of SQL scripts or a dbt project would fail or differ on a real Redshift.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use blueshift_dbt::{Command, Project, RunOptions, Runner, Selection, Silent, Target};
use blueshift_engine::{
    Config, Engine,
    check::{self, Finding, Severity},
    error::{Error, SqlState},
    pipeline::EngineAdapter,
};
use tokio::runtime::Runtime;

use crate::{
    args::{CheckArgs, GlobalArgs},
    commands::Failure,
};

/// Folders may be nested this deep; links in a circle end here.
const FOLDER_DEPTH_MAX: usize = 32;

/// Checks everything that is named, and fails when there is an error among the findings.
pub fn run(global: &GlobalArgs, args: &CheckArgs) -> Result<(), Failure> {
    let config = global.config();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.threads.max(1))
        .enable_all()
        .build()
        .map_err(|error| Error::io("cannot start threads", error))?;
    let _entered = runtime.enter();
    let mut report = Report { out: BufWriter::new(io::stdout().lock()), errors: 0, warnings: 0, notes: 0, files: 0 };
    for path in &args.paths {
        if path.join("dbt_project.yml").is_file() {
            project(&runtime, global, path, &mut report)?;
        } else {
            scripts(&runtime, &config, path, &mut report)?;
        }
    }
    report.out.flush()?;
    if !global.quiet {
        eprintln!(
            "{} file(s): {} error(s), {} warning(s), {} note(s)",
            report.files, report.errors, report.warnings, report.notes
        );
    }
    if report.errors > 0 { Err(Failure::Reported) } else { Ok(()) }
}

struct Report<W: Write> {
    out: W,
    errors: usize,
    warnings: usize,
    notes: usize,
    files: usize,
}

impl<W: Write> Report<W> {
    fn add(&mut self, file: &Path, findings: &[Finding], place: &str) -> io::Result<()> {
        self.files += 1;
        for finding in findings {
            let word = match finding.severity {
                Severity::Error => "error",
                Severity::Difference => "warning",
                Severity::Unknown => "note",
            };
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Difference => self.warnings += 1,
                Severity::Unknown => self.notes += 1,
            }
            writeln!(self.out, "{}:{}: {word}: {}{place}", file.display(), finding.line, finding.message)?;
            if let Some(hint) = &finding.hint {
                writeln!(self.out, "    hint: {hint}")?;
            }
        }
        Ok(())
    }
}

/// A folder that goes when it is no longer needed.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let folder = std::env::temp_dir().join(format!("blueshift-check-{}-{now}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| Error::io("cannot make a temporary folder", error))?;
        Ok(Scratch(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files that a path names, in the order of their names.
fn files(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |error| Error::io(format!("cannot read \"{}\"", path.display()), error);
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    if depth == 0 {
        return Err(Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("folders below \"{}\" are nested too deeply", path.display()),
        ));
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files(&entry, depth - 1, found)?;
        } else if entry.extension().is_some_and(|extension| extension == "sql") {
            found.push(entry);
        }
    }
    Ok(())
}

/// Scripts, one after the other in one warehouse that is thrown away.
fn scripts<W: Write>(runtime: &Runtime, config: &Config, path: &Path, report: &mut Report<W>) -> Result<(), Failure> {
    let mut found = vec![];
    files(path, FOLDER_DEPTH_MAX, &mut found)?;
    let folder = Scratch::new()?;
    let mut scratch = Config::new(folder.path());
    scratch.threads = config.threads;
    scratch.memory_limit_bytes = config.memory_limit_bytes;
    let mut session = Engine::open(scratch)?.session();
    for file in found {
        let text = read(&file)?;
        let findings = runtime.block_on(check::script(&mut session, &text));
        report.add(&file, &findings, "")?;
    }
    Ok(())
}

/// The models and tests of a project, as they are compiled.
fn project<W: Write>(
    runtime: &Runtime,
    global: &GlobalArgs,
    path: &Path,
    report: &mut Report<W>,
) -> Result<(), Failure> {
    let scratch = Scratch::new()?;
    let mut config = global.config();
    // Without the project's warehouse no relation is known: then only the SQL itself is checked.
    let built = config.warehouse.join("catalog.sqlite").is_file();
    if !built {
        config.warehouse = scratch.path().join("warehouse");
        eprintln!("note: no warehouse at {}: relations and columns are not checked", global.warehouse.display());
    }
    let target = Target {
        name: "blueshift".to_owned(),
        database: config.database.clone(),
        schema: "public".to_owned(),
        user: config.user.clone(),
        threads: config.threads.max(1),
    };
    let engine = Engine::open(config)?;
    let project = Arc::new(Project::load(path, &target, &BTreeMap::new()).map_err(dbt_error)?);
    let compiled = scratch.path().join("target");
    let options = RunOptions { target_dir: Some(compiled), ..RunOptions::default() };
    let adapter = Arc::new(EngineAdapter::new(engine.clone(), runtime.handle().clone()));
    let runner = Runner::new(Arc::clone(&project), adapter, options);
    let results = runner.run(Command::Compile, &Selection::default(), &Silent).map_err(dbt_error)?;
    let mut session = engine.session();
    for result in &results.results {
        let file = project.nodes.get(&result.unique_id).map_or_else(|| path.to_owned(), |node| path.join(&node.path));
        if result.status.is_failure() {
            let message = result.message.clone().unwrap_or_else(|| "it does not compile".to_owned());
            report.add(&file, &[Finding { line: 1, severity: Severity::Error, message, hint: None }], "")?;
        } else if let Some(compiled) = &result.compiled_path {
            let text = read(&compiled_file(scratch.path(), compiled))?;
            let mut findings = runtime.block_on(check::query(&mut session, &text));
            findings.retain(|finding| built || finding.severity != Severity::Unknown);
            report.add(&file, &findings, " (line of the compiled SQL)")?;
        }
    }
    Ok(())
}

/// Paths of compiled files are written as they are, or relative to the target folder.
fn compiled_file(scratch: &Path, compiled: &Path) -> PathBuf {
    let below = scratch.join("target").join(compiled);
    if compiled.is_absolute() || !below.is_file() { compiled.to_owned() } else { below }
}

fn read(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|error| Error::io(format!("cannot read \"{}\"", file.display()), error))
}

fn dbt_error(error: blueshift_dbt::Error) -> Error {
    Error::new(SqlState::INVALID_DEFINITION, error.to_string())
}
