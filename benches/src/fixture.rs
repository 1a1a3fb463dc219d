//! A warehouse with gold tables: generated raw data, run through the whole pipeline, in a folder
//! that disappears with it.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use blueshift_dbt::Event;
use blueshift_engine::{
    Config, Engine, Session,
    glue::job::Progress,
    pipeline::{self, PipelineEvents, PipelineOptions, Step},
};
use blueshift_generator::Options;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A benchmark cannot go on after an error: it is only told.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The scale of the data, from BLUESHIFT_BENCH_SCALE: 1 is about the real Chinook, 1000 has 2.2 million invoice lines.
pub fn scale() -> Result<f64> {
    match env::var("BLUESHIFT_BENCH_SCALE") {
        Ok(text) => text.parse().map_err(|_| format!("BLUESHIFT_BENCH_SCALE is no number: {text}").into()),
        Err(_) => Ok(1.0),
    }
}

/// Generated raw data and the warehouse built from it.
pub struct Fixture {
    folder: TempDir,
    runtime: Runtime,
    engine: Engine,
    raw_bytes: u64,
}

impl Fixture {
    /// Generates the data and runs the pipeline on it. The pipeline's own tests have to pass.
    pub fn build(scale: f64) -> Result<Fixture> {
        let folder = TempDir::new()?;
        let raw = raw_folder(folder.path());
        let generated = blueshift_generator::generate(&Options { scale, ..Options::default() }, &raw, |_, _| {})?;
        let raw_bytes = generated.tables.iter().map(|table| table.bytes).sum();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let engine = open_engine(&runtime, &folder.path().join("warehouse"))?;
        let options = PipelineOptions {
            project: project()?,
            source: Some(raw.to_string_lossy().into_owned()),
            ..PipelineOptions::default()
        };
        let report = pipeline::run(&engine, runtime.handle(), &options, &Silent)?;
        if !report.success() {
            return Err("the pipeline failed: run it with `blueshift run-pipeline` to see why".into());
        }
        Ok(Fixture { folder, runtime, engine, raw_bytes })
    }

    /// The raw CSV.
    pub fn raw(&self) -> PathBuf {
        raw_folder(self.folder.path())
    }

    /// Size of the raw CSV.
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// A session on the warehouse. Results are computed every time, not remembered.
    pub fn connect(&self) -> Result<Connection<'_>> {
        let mut connection = Connection { runtime: &self.runtime, session: self.engine.session() };
        connection.run("set enable_result_cache_for_session to off")?;
        Ok(connection)
    }

    /// An empty warehouse in `folder`.
    pub(crate) fn open_empty(&self, folder: &Path) -> Result<Engine> {
        open_engine(&self.runtime, folder)
    }
}

/// Opening starts tasks: it has to happen inside the runtime.
fn open_engine(runtime: &Runtime, warehouse: &Path) -> Result<Engine> {
    let _entered = runtime.enter();
    Ok(Engine::open(Config::new(warehouse))?)
}

fn raw_folder(folder: &Path) -> PathBuf {
    folder.join("raw")
}

/// The dbt project that builds the gold tables.
fn project() -> io::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/chinook").canonicalize()
}

/// A session and the threads that it runs on.
pub struct Connection<'f> {
    runtime: &'f Runtime,
    session: Session,
}

impl Connection<'_> {
    /// Runs the statements of a script and returns the number of rows of the last one.
    pub fn run(&mut self, script: &str) -> Result<usize> {
        let results = self.runtime.block_on(self.session.run(script))?;
        Ok(results.last().map_or(0, |result| result.row_count()))
    }
}

/// Nobody watches.
struct Silent;

impl Progress for Silent {}

impl PipelineEvents for Silent {
    fn step_started(&self, _name: &str) {}

    fn step_finished(&self, _step: &Step) {}

    fn dbt(&self, _event: &Event<'_>) {}
}
