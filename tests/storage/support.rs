//! What the proofs share: random numbers from a seed, sessions, the whole contents of a warehouse,
//! counts for the report.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use blueshift_engine::{
    Config, Engine, Session,
    error::{Error, Result},
    session::StatementResult,
    storage::{FileSystem, LocalFileSystem},
    types::text::format_value,
};
use tokio::runtime::Runtime;

/// How much a proof does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// For every run of the tests.
    Short,
    /// For a release, over night.
    Long,
}

impl Tier {
    /// The number for this tier.
    pub fn pick(self, short: usize, long: usize) -> usize {
        match self {
            Tier::Short => short,
            Tier::Long => long,
        }
    }
}

/// What a proof has counted.
#[derive(Debug, Default)]
pub struct Report(Vec<(String, usize)>);

impl Report {
    /// Adds to a count.
    pub fn add(&mut self, what: &str, count: usize) {
        match self.0.iter_mut().find(|(name, _)| name == what) {
            Some((_, total)) => *total += count,
            None => self.0.push((what.to_owned(), count)),
        }
    }
}

impl Report {
    /// The report, or what went wrong.
    pub fn result(self, failures: Vec<String>) -> std::result::Result<Report, String> {
        match failures.len() {
            0 => Ok(self),
            count => {
                let shown = failures.into_iter().take(FAILURES_SHOWN).collect::<Vec<_>>().join("\n\n");
                Err(format!("{count} failures ({self})\n\n{shown}"))
            }
        }
    }
}

/// So many failures are printed.
const FAILURES_SHOWN: usize = 12;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(what, count)| format!("{count} {what}")).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Random numbers (splitmix64): the same for the same seed on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(77))
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Settings for a test: one partition, so that the order of file operations is always the same.
pub fn config(folder: &Path) -> Config {
    let mut config = Config::new(folder);
    config.threads = 1;
    config.memory_limit_bytes = 512 << 20;
    // Delete files also for tables that are quickly made.
    config.rewrite_below_bytes = 2 << 10;
    config
}

/// Opens a warehouse on this machine's file system.
pub fn open(folder: &Path) -> Result<Engine> {
    open_with(folder, Arc::new(LocalFileSystem))
}

/// Opens a warehouse on a file system.
pub fn open_with(folder: &Path, file_system: Arc<dyn FileSystem>) -> Result<Engine> {
    Engine::open_with(config(folder), file_system)
}

/// A runtime of a few threads.
pub fn runtime(threads: usize) -> std::result::Result<Runtime, String> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().map_err(text)
}

/// Any error as a failure's text.
pub fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

/// An error of the engine with all that it says.
pub fn error_text(error: &Error) -> String {
    format!("{}: {} ({:?})", error.state().0, error.message(), error.detail())
}

/// The cells of one row, NULL as None.
pub type Row = Vec<Option<String>>;

/// Runs a script; the rows of its last statement.
pub async fn rows(session: &mut Session, sql: &str) -> Result<Vec<Row>> {
    let results = session.run(sql).await.map_err(|error| error.error)?;
    let mut rows = vec![];
    let Some(StatementResult::Rows { batches, .. }) = results.last() else { return Ok(rows) };
    for batch in batches {
        for index in 0..batch.num_rows() {
            let mut row = vec![];
            for column in batch.columns() {
                let mut cell = String::new();
                format_value(column.as_ref(), index, &mut cell)?;
                row.push((!column.is_null(index)).then_some(cell));
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The one number that a query gives.
pub async fn number(session: &mut Session, sql: &str) -> Result<i64> {
    let rows = rows(session, sql).await?;
    let cell = rows.first().and_then(|row| row.first()).cloned().flatten();
    cell.and_then(|cell| cell.parse().ok()).ok_or_else(|| Error::internal(format!("no number: {sql}")))
}

/// Everything in a warehouse: the columns and the sorted rows of every relation, by name.
pub type Contents = BTreeMap<String, (Vec<String>, Vec<Row>)>;

/// Reads everything in one transaction, and then once more with other plans: row counts come from
/// the catalog, sums from the files.
pub async fn contents(engine: &Engine) -> Result<Contents> {
    let mut session = engine.session();
    session.run("begin").await.map_err(|error| error.error)?;
    let relations = "select table_schema, table_name from information_schema.tables
        where table_schema <> 'information_schema' and table_schema not like 'pg%' order by 1, 2";
    let mut contents = Contents::new();
    for relation in rows(&mut session, relations).await? {
        let name = relation.into_iter().flatten().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(".");
        let sql = format!("select * from {name}");
        let described = session.describe(&sql).await.map_err(|error| error.error)?;
        let columns = described.into_iter().map(|column| format!("{} {}", column.name, column.type_name)).collect();
        let mut found = rows(&mut session, &sql).await?;
        found.sort();
        let counted = number(&mut session, &format!("select count(*) from {name}")).await?;
        if counted != found.len() as i64 {
            return Err(Error::internal(format!("count(*) of {name} is {counted}, it has {} rows", found.len())));
        }
        contents.insert(name, (columns, found));
    }
    session.run("commit").await.map_err(|error| error.error)?;
    Ok(contents)
}

/// Copies a warehouse; data files, which never change, are linked.
pub fn link_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            link_folder(&path, &target)?;
        } else if path.extension().is_some_and(|extension| extension == "parquet" || extension == "orc") {
            fs::hard_link(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Where two states differ, in few words.
pub fn difference(expected: &Contents, found: &Contents) -> String {
    let mut differences = vec![];
    for name in expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name))) {
        let text = match (expected.get(name), found.get(name)) {
            (Some(_), None) => "is missing".to_owned(),
            (None, Some(_)) => "should not be there".to_owned(),
            (Some((a, _)), Some((b, _))) if a != b => format!("has the columns {b:?}, expected {a:?}"),
            (Some((_, a)), Some((_, b))) if a != b => {
                let (lost, extra) = (a.iter().find(|row| !b.contains(row)), b.iter().find(|row| !a.contains(row)));
                format!("has {} rows, expected {}; missing {lost:?}, unexpected {extra:?}", b.len(), a.len())
            }
            _ => continue,
        };
        differences.push(format!("{name} {text}"));
    }
    differences.join("; ")
}

/// All files below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => fs::copy(entry.path(), &target).map(|_| ())?,
        }
    }
    Ok(())
}
