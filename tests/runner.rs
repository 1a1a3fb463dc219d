//! Runs SQL in warehouses of their own: the records of one .slt file, or a documented case.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use blueshift_engine::{
    Config, Engine,
    error::Error,
    session::{Session, StatementResult},
    types::text::format_value,
};
use regex::Regex;
use tempfile::TempDir;

use crate::compat::Case;
use crate::record::{Action, Aspect, Expected, Record, parse};

/// A statement that takes longer has failed.
const STATEMENT_SECONDS_MAX: u64 = 120;
/// Threads of a query: more than one, so that partitioned plans are tested.
const QUERY_THREADS: usize = 3;

/// What became of a file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Records that ran and count as cases.
    pub cases: Vec<Case>,
    /// Records that ran.
    pub records: usize,
    /// A text for each record that came out otherwise.
    pub failures: Vec<String>,
}

/// Runs the file `path`, called `name` in reports.
pub async fn run_file(path: &Path, name: &str) -> Outcome {
    match try_file(path, name).await {
        Ok(outcome) => outcome,
        Err(message) => Outcome { failures: vec![message], ..Outcome::default() },
    }
}

async fn try_file(path: &Path, name: &str) -> Result<Outcome, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let mut outcome = Outcome::default();
    let mut world = World::new()?;
    for Record { line, action } in parse(Path::new(name), &text)? {
        match action {
            Action::Connection(connection) => world.connection = connection,
            Action::Fresh => world = World::new()?,
            Action::File { key, text } => world.write_object(&key, text.as_bytes())?,
            Action::Run { sql, expected } => {
                outcome.records += 1;
                let result = check(world.session(), &sql, &expected).await;
                let passed = result.is_ok();
                if let Err(difference) = result {
                    outcome.failures.push(format!("{name}:{line}\n{sql}\n{difference}"));
                }
                if !expected.is_refusal() {
                    outcome.cases.push(Case { sql, passed });
                }
            }
        }
    }
    Ok(outcome)
}

/// The last result of a script, as text.
#[derive(Debug, Default)]
pub struct Answered {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Their types as Redshift names them.
    pub types: Vec<String>,
    /// The rows in text form, NULL as None.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Why a script failed.
#[derive(Debug)]
pub struct Refusal(Error);

impl Refusal {
    /// The SQLSTATE.
    pub fn state(&self) -> &str {
        self.0.state().0
    }

    /// SQLSTATE, message, detail and hint.
    pub fn text(&self) -> String {
        error_text(&self.0)
    }
}

/// A warehouse, its sessions and its objects; removed from disk when dropped.
pub struct World {
    sessions: HashMap<String, Session>,
    connection: String,
    engine: Engine,
    folder: TempDir,
}

impl World {
    /// A new, empty warehouse.
    pub fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut config = Config::new(folder.path().join("warehouse"));
        config.s3_root = Some(folder.path().join("s3"));
        config.threads = QUERY_THREADS;
        let engine = Engine::open(config).map_err(|error| error.to_string())?;
        Ok(World { sessions: HashMap::new(), connection: String::new(), engine, folder })
    }

    fn session(&mut self) -> &mut Session {
        self.sessions.entry(self.connection.clone()).or_insert_with(|| self.engine.session())
    }

    /// Runs a script in the current session and takes down its last result.
    pub async fn answer(&mut self, sql: &str) -> Result<Answered, Refusal> {
        let time_limit = Duration::from_secs(STATEMENT_SECONDS_MAX);
        let results = match tokio::time::timeout(time_limit, self.session().run(sql)).await {
            Ok(result) => result.map_err(|error| Refusal(error.error))?,
            Err(_) => return Err(Refusal(Error::internal(format!("no end after {STATEMENT_SECONDS_MAX} s")))),
        };
        let Some(last) = results.last() else { return Ok(Answered::default()) };
        Ok(Answered {
            names: last.columns().iter().map(|column| column.name.clone()).collect(),
            types: last.columns().iter().map(|column| column.type_name.clone()).collect(),
            rows: cells_of(last),
        })
    }

    /// Writes the object `s3://KEY`.
    pub fn write_object(&self, key: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.folder.path().join("s3").join(key);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| error.to_string())?;
        fs::write(path, bytes).map_err(|error| error.to_string())
    }
}

async fn check(session: &mut Session, sql: &str, expected: &Expected) -> Result<(), String> {
    if let Expected::Columns { columns, aspect } = expected {
        let described = session.describe(sql).await.map_err(|error| got(&error_text(&error.error)))?;
        let described = described.into_iter().map(|column| match aspect {
            Aspect::NameAndType => format!("{} {}", column.name, column.type_name),
            Aspect::Name => column.name,
            Aspect::Type => column.type_name,
        });
        return compare(columns, described.collect());
    }
    let time_limit = Duration::from_secs(STATEMENT_SECONDS_MAX);
    let result = match tokio::time::timeout(time_limit, session.run(sql)).await {
        Ok(result) => result,
        Err(_) => return Err(got(&format!("no end after {STATEMENT_SECONDS_MAX} s"))),
    };
    match (expected, result) {
        (Expected::Error(pattern), Err(error)) => {
            let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
            let text = error_text(&error.error);
            if regex.is_match(&text) { Ok(()) } else { Err(format!("expected error: {pattern}\n{}", got(&text))) }
        }
        (Expected::Error(pattern), Ok(results)) => {
            let rows = results.last().map(rows_of).unwrap_or_default();
            Err(format!("expected error: {pattern}\n{}\n{}", got("success"), rows.join("\n")))
        }
        (_, Err(error)) => Err(got(&error_text(&error.error))),
        (Expected::Count(count), Ok(results)) => {
            let tag = results.last().map_or("", StatementResult::tag);
            let number = tag.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok());
            if number == Some(*count) { Ok(()) } else { Err(format!("expected: {count} rows\n{}", got(tag))) }
        }
        (Expected::Rows { rows, sorted }, Ok(results)) => {
            let mut actual = results.last().map(rows_of).unwrap_or_default();
            if *sorted {
                actual.sort();
            }
            compare(rows, actual)
        }
        (Expected::Ok | Expected::Columns { .. }, Ok(_)) => Ok(()),
    }
}

fn compare(expected: &[String], actual: Vec<String>) -> Result<(), String> {
    if expected == actual.as_slice() {
        return Ok(());
    }
    Err(format!("expected:\n{}\n{}", expected.join("\n"), got(&format!("\n{}", actual.join("\n")))))
}

fn got(text: &str) -> String {
    format!("got: {text}")
}

fn error_text(error: &Error) -> String {
    let mut text = format!("{}: {}", error.state().0, error.message());
    for (label, more) in [("DETAIL", error.detail()), ("HINT", error.hint())] {
        if let Some(more) = more {
            text.push_str(&format!("\n{label}: {more}"));
        }
    }
    text
}

/// The rows as `psql -At -P null=NULL` prints them, the empty string as `(empty)`.
fn rows_of(result: &StatementResult) -> Vec<String> {
    let cell = |cell: Option<String>| match cell {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() => "(empty)".to_owned(),
        Some(text) => text.replace('\n', "\\n"),
    };
    cells_of(result).into_iter().map(|row| row.into_iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

/// The cells in text form, NULL as None.
fn cells_of(result: &StatementResult) -> Vec<Vec<Option<String>>> {
    let StatementResult::Rows { batches, .. } = result else { return vec![] };
    let mut rows = vec![];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| {
                let mut text = String::new();
                match format_value(column.as_ref(), row, &mut text) {
                    Err(error) => Some(format!("no text form: {error}")),
                    Ok(()) if column.is_null(row) => None,
                    Ok(()) => Some(text),
                }
            });
            rows.push(cells.collect());
        }
    }
    rows
}
