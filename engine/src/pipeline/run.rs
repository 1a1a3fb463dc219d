//! The steps of a run, one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use blueshift_dbt::{Command, Event, Events, Project, RunOptions, Runner, Selection, Status, Target};
use datafusion::execution::memory_pool::MemoryConsumer;
use tokio::runtime::Handle;

use super::{EngineAdapter, Figures, PipelineReport, Step, StepStatus, figures, report::AuditRow};
use crate::{
    Engine,
    error::{Error, Result, SqlState},
    glue::{
        crawler,
        job::{self, JobContext, JobOptions, Progress},
    },
    lake::Location,
    session::StatementResult,
    types::text::format_value,
};

/// Database of the data catalog that the pipeline's raw data goes into.
pub const RAW_DATABASE: &str = "chinook";

/// The external schema over it.
const BRONZE: &str = "bronze";

/// Makes the external schema over the data catalog, as one would on AWS.
pub(super) const CREATE_BRONZE: &str = "create external schema if not exists bronze from data catalog database 'chinook' \
    iam_role 'arn:aws:iam::123456789012:role/spectrum' region 'eu-west-1' create external database if not exists";

/// How a run is done.
#[derive(Debug, Clone, Default)]
pub struct PipelineOptions {
    /// The dbt project's folder.
    pub project: PathBuf,
    /// Where the raw data is: a folder or an `s3://` URL; None: `raw` in the project's folder.
    pub source: Option<String>,
    /// Forget bookmarks and rebuild everything.
    pub full_refresh: bool,
    /// dbt selectors of what to build; empty: everything.
    pub select: Vec<String>,
    /// dbt selectors of what to leave out.
    pub exclude: Vec<String>,
    /// Whether to measure how long building takes from CSV instead of ORC (it builds everything twice more);
    /// None: after the first build of a warehouse that is small.
    pub compare_with_csv: Option<bool>,
}

/// Building times are compared unasked up to this many bytes of raw CSV.
const COMPARED_BYTES_MAX: u64 = 16 << 20;

/// Hears about a run's progress, from several threads at once.
pub trait PipelineEvents: Progress + Send {
    /// A step begins.
    fn step_started(&self, name: &str);
    /// A step is done.
    fn step_finished(&self, step: &Step);
    /// dbt tells something.
    fn dbt(&self, event: &Event<'_>);
}

/// Runs the pipeline. Blocks; must not be called on a thread of `runtime`.
///
/// Errors: what keeps a step from running (no source, no project, a damaged file). A model or test
/// that fails is in the report instead.
pub fn run(
    engine: &Engine,
    runtime: &Handle,
    options: &PipelineOptions,
    events: &dyn PipelineEvents,
) -> Result<PipelineReport> {
    let started = Instant::now();
    let mut run = Run { engine, runtime, options, events, report: PipelineReport::default() };
    let project = run.load_project()?;
    run.convert()?;
    run.crawl()?;
    run.make_bronze()?;
    run.note_unknown_tables(&project)?;
    run.build(Arc::clone(&project))?;
    run.read_audit()?;
    run.read_figures(&project)?;
    run.report.seconds = started.elapsed().as_secs_f64();
    Ok(run.report)
}

struct Run<'r> {
    engine: &'r Engine,
    runtime: &'r Handle,
    options: &'r PipelineOptions,
    events: &'r dyn PipelineEvents,
    report: PipelineReport,
}

impl Run<'_> {
    fn finish(&mut self, step: Step) {
        self.events.step_finished(&step);
        self.report.steps.push(step);
    }

    /// Loaded first, so that a mistake in the project stops the run before anything is changed.
    fn load_project(&self) -> Result<Arc<Project>> {
        let folder = &self.options.project;
        if !folder.join("dbt_project.yml").is_file() {
            return Err(Error::new(SqlState::UNDEFINED_FILE, format!("no dbt project in {}", folder.display()))
                .with_hint("Name the folder that holds dbt_project.yml."));
        }
        let config = self.engine.config();
        let target = Target {
            name: "blueshift".to_owned(),
            database: config.database.clone(),
            schema: "public".to_owned(),
            user: config.user.clone(),
            threads: config.threads.max(1),
        };
        let project = Project::load(folder, &target, &BTreeMap::new()).map_err(dbt_error)?;
        Ok(Arc::new(project))
    }

    fn source(&self) -> Result<Location> {
        match &self.options.source {
            Some(source) => Location::parse(source),
            None => Location::parse(&self.options.project.join("raw").to_string_lossy()),
        }
    }

    /// The Glue job: new raw objects to ORC.
    fn convert(&mut self) -> Result<()> {
        self.events.step_started("glue job");
        let config = self.engine.config();
        let context = JobContext {
            catalog: self.engine.data_catalog(),
            lake: self.engine.lake(),
            stores: self.engine.object_stores(),
            database: RAW_DATABASE,
        };
        let threads = config.threads.max(1);
        let defaults = JobOptions::default();
        let memory_per_worker_bytes = defaults.memory_per_worker_bytes.min(config.memory_limit_bytes / (4 * threads));
        // Nothing else runs in this process meanwhile, so there is room.
        let reserved = MemoryConsumer::new("Glue job").register(self.engine.memory_pool());
        reserved.grow(threads * memory_per_worker_bytes);
        let options =
            JobOptions { threads, memory_per_worker_bytes, full_refresh: self.options.full_refresh, ..defaults };
        let report = job::run(&self.source()?, &context, &options, &JobProgress(self.events))?;
        drop(reserved);
        let mut step = Step::new("glue job", StepStatus::Ok, report.seconds);
        step.rows_out = Some(report.rows());
        step.rows_in = Some(report.rows() + report.rejects());
        step.rejects = Some(report.rejects());
        step.files = Some(report.objects_loaded() as u64);
        step.bytes_in = Some(report.csv_bytes());
        step.bytes_out = Some(report.orc_bytes());
        match report.delivery_id {
            Some(delivery) => step.note = format!("delivery {delivery}"),
            None => {
                step.status = StepStatus::Nothing;
                step.note = "nothing new".to_owned();
            }
        }
        self.report.notices.extend(report.notices.iter().cloned());
        self.report.job = report;
        self.finish(step);
        Ok(())
    }

    /// The crawler: the data catalog agrees with the files.
    fn crawl(&mut self) -> Result<()> {
        self.events.step_started("crawler");
        let started = Instant::now();
        let crawled = crawler::run(self.engine.data_catalog(), self.engine.lake(), RAW_DATABASE)?;
        let mut step = Step::new("crawler", StepStatus::Ok, started.elapsed().as_secs_f64());
        step.files = Some(crawled.files as u64);
        step.note = format!("{} tables, {} partitions", crawled.tables, crawled.partitions);
        self.finish(step);
        Ok(())
    }

    /// The external schema, by SQL.
    fn make_bronze(&mut self) -> Result<()> {
        self.events.step_started("bronze");
        let started = Instant::now();
        let mut session = self.engine.session();
        self.runtime.block_on(session.run(CREATE_BRONZE)).map_err(|failed| failed.error)?;
        let tables = self.engine.data_catalog().tables(RAW_DATABASE)?;
        let mut step = Step::new("bronze", StepStatus::Ok, started.elapsed().as_secs_f64());
        step.files = Some(tables.len() as u64);
        step.note = "external schema over the data catalog".to_owned();
        self.finish(step);
        Ok(())
    }

    /// Tables that nobody asked for stay in bronze, and are said so.
    fn note_unknown_tables(&mut self, project: &Project) -> Result<()> {
        let sources = project.source_tables().into_iter().filter(|(schema, _)| schema == BRONZE);
        let known: BTreeSet<String> = sources.map(|(_, table)| table).collect();
        let loaded: BTreeSet<String> =
            self.engine.data_catalog().tables(RAW_DATABASE)?.iter().map(|table| table.name.clone()).collect();
        self.report.unknown_tables = loaded.difference(&known).cloned().collect();
        let missing: Vec<&str> = known.difference(&loaded).map(String::as_str).collect();
        if !missing.is_empty() {
            self.report.notices.push(format!(
                "sources of the project without any raw data, so that tests of them fail and what reads them is skipped: {}",
                missing.join(", ")
            ));
        }
        if !self.report.unknown_tables.is_empty() {
            self.report.notices.push(format!(
                "in bronze only, because no source of the project names them: {}",
                self.report.unknown_tables.join(", ")
            ));
        }
        Ok(())
    }

    /// dbt build: seeds, models and tests.
    fn build(&mut self, project: Arc<Project>) -> Result<()> {
        self.events.step_started("dbt build");
        let started = Instant::now();
        let stale = self.stale_tables()?;
        let options = RunOptions {
            full_refresh: self.options.full_refresh,
            full_refresh_models: models_below(&project, &stale),
            target_dir: Some(self.engine.config().warehouse.join("target")),
            ..RunOptions::default()
        };
        let adapter = Arc::new(EngineAdapter::new(self.engine.clone(), self.runtime.clone()));
        let selection = Selection { select: self.options.select.clone(), exclude: self.options.exclude.clone() };
        let everything = selection == Selection::default();
        let runner = Runner::new(project, adapter, options);
        let results = runner.run(Command::Build, &selection, &DbtEvents(self.events)).map_err(dbt_error)?;
        if everything && results.success() {
            for table in stale {
                self.engine.data_catalog().set_needs_full_refresh(RAW_DATABASE, &table, false)?;
            }
        }
        let status = if results.success() { StepStatus::Ok } else { StepStatus::Failed };
        let mut step = Step::new("dbt build", status, started.elapsed().as_secs_f64());
        step.rows_out = Some(results.results.iter().filter_map(|result| result.rows_affected).sum());
        step.files = Some(results.count(Status::Success) as u64);
        step.note = results.summary();
        self.report.dbt = results;
        self.finish(step);
        Ok(())
    }

    /// Bronze tables some of whose loaded rows were replaced or lost.
    fn stale_tables(&self) -> Result<Vec<String>> {
        let tables = self.engine.data_catalog().tables(RAW_DATABASE)?;
        Ok(tables.iter().filter(|table| table.needs_full_refresh).map(|table| table.name.clone()).collect())
    }

    /// What became of every raw row, from the project's `row_audit` model if it has one.
    fn read_audit(&mut self) -> Result<()> {
        let built = self.report.dbt.results.iter().find(|result| result.name == "row_audit");
        let Some(relation) =
            built.filter(|result| result.status == Status::Success).and_then(|r| r.relation_name.clone())
        else {
            return Ok(());
        };
        let sql = format!("select table_name, bronze_rows, kept, duplicates, rejected from {relation} order by 1");
        let mut session = self.engine.session();
        let results = self.runtime.block_on(session.run(&sql)).map_err(|failed| failed.error)?;
        let rejected_by_job = self.rejected_by_job()?;
        for cells in results.iter().flat_map(text_rows) {
            let [table, bronze, kept, duplicates, rejected] = cells.as_slice() else { continue };
            let count = |text: &String| text.parse::<u64>().unwrap_or(0);
            // Silver's invoice_line is bronze's invoiceline.
            let by_job = rejected_by_job.get(&table.replace('_', "")).copied().unwrap_or(0);
            self.report.audit.push(AuditRow {
                table: table.clone(),
                raw: count(bronze) + by_job,
                rejected_by_job: by_job,
                kept: count(kept),
                duplicates: count(duplicates),
                rejected: count(rejected),
            });
        }
        Ok(())
    }

    fn rejected_by_job(&self) -> Result<BTreeMap<String, u64>> {
        let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
        for bookmark in self.engine.data_catalog().bookmarks(RAW_DATABASE)? {
            if let Some(table) = bookmark.table {
                *rejected.entry(table.replace('_', "")).or_default() += bookmark.rejects;
            }
        }
        Ok(rejected)
    }

    fn read_figures(&mut self, project: &Arc<Project>) -> Result<()> {
        let (csv_bytes, orc_bytes) = figures::storage(self.engine, RAW_DATABASE)?;
        let first_build = self.report.job.delivery_id == Some(1) && self.options.select.is_empty();
        let compare = match self.options.compare_with_csv {
            Some(compare) => compare,
            None => first_build && csv_bytes <= COMPARED_BYTES_MAX,
        };
        let mut found = Figures { csv_bytes, orc_bytes, build_from_orc_seconds: None, build_from_csv_seconds: None };
        if compare && self.report.success() {
            self.events.step_started("figures");
            let started = Instant::now();
            let (orc, csv) = figures::build_times(self.engine, self.runtime, project, RAW_DATABASE)?;
            found.build_from_orc_seconds = Some(orc);
            found.build_from_csv_seconds = Some(csv);
            let mut step = Step::new("figures", StepStatus::Ok, started.elapsed().as_secs_f64());
            step.note = "silver and gold built twice more, from ORC and from CSV".to_owned();
            self.finish(step);
        }
        self.report.figures = Some(found);
        Ok(())
    }
}

/// Rows of a result as text.
fn text_rows(result: &StatementResult) -> Vec<Vec<String>> {
    let StatementResult::Rows { batches, .. } = result else { return vec![] };
    let mut rows = vec![];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| {
                let mut text = String::new();
                // A value without a text form is shown as nothing.
                let _ = format_value(column.as_ref(), row, &mut text);
                text
            });
            rows.push(cells.collect());
        }
    }
    rows
}

/// Names of the models that read one of the source tables `tables`, directly or not.
fn models_below(project: &Project, tables: &[String]) -> BTreeSet<String> {
    let is_stale = |id: &String| {
        project.sources.get(id).is_some_and(|source| tables.iter().any(|table| table == source.relation.identifier()))
    };
    let mut below: BTreeSet<&String> = BTreeSet::new();
    loop {
        let before = below.len();
        for (id, node) in &project.nodes {
            if node.depends_on.iter().any(|parent| is_stale(parent) || below.contains(parent)) {
                below.insert(id);
            }
        }
        if below.len() == before {
            return below.into_iter().map(|id| project.nodes[id].name.clone()).collect();
        }
    }
}

/// The job's progress goes to the pipeline's listener.
struct JobProgress<'e>(&'e dyn PipelineEvents);

impl Progress for JobProgress<'_> {
    fn start(&self, bytes_total: u64, objects: usize) {
        self.0.start(bytes_total, objects);
    }

    fn advance(&self, table: &str, bytes: u64) {
        self.0.advance(table, bytes);
    }

    fn finish(&self) {
        self.0.finish();
    }
}

struct DbtEvents<'e>(&'e dyn PipelineEvents);

impl Events for DbtEvents<'_> {
    fn event(&self, event: &Event<'_>) {
        self.0.dbt(event);
    }
}

/// An error of the dbt runner: the database's code, the operating system's, or that of a faulty project.
fn dbt_error(error: blueshift_dbt::Error) -> Error {
    let state = match (&error.database, error.io) {
        (Some(database), _) => SqlState::from_code(&database.sqlstate),
        (None, Some(kind)) => Some(Error::io("", kind.into()).state()),
        (None, None) => None,
    };
    Error::new(state.unwrap_or(SqlState::SYNTAX_OR_ACCESS_RULE_VIOLATION), error.to_string())
}
