//! The two figures that the original system reported, measured here: how much storage ORC saves
//! against the raw CSV, and how much time building silver and gold takes from the one and from the
//! other.
//!
//! For the second the same models are built twice, in two scratch warehouses that are removed
//! again: once over the bronze ORC files, once over the same rows as CSV. Tests are left out: they
//! read silver and gold mostly, which are the same in both.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::Instant,
};

use blueshift_dbt::{Command, Project, RunOptions, Runner, Selection, Silent};
use datafusion::arrow::{array::Array, record_batch::RecordBatch};
use tokio::runtime::Handle;

use super::{EngineAdapter, run::CREATE_BRONZE};
use crate::{
    Config, Engine,
    error::{Error, Result},
    glue::data_catalog::{CatalogTable, TableFormat, TableInput},
    lake::Location,
    session::StatementResult,
    types::text::format_value,
};

/// Ends a field of the CSV copy; no text of the raw data holds it.
const DELIMITER: char = '\u{1}';

/// Bytes of raw CSV that are loaded and bytes of the ORC files made from them, all deliveries together.
pub fn storage(engine: &Engine, database: &str) -> Result<(u64, u64)> {
    let catalog = engine.data_catalog();
    let csv = catalog.bookmarks(database)?.iter().map(|bookmark| bookmark.bytes).sum();
    let mut orc = 0;
    for table in catalog.tables(database)? {
        if let Some(contents) = catalog.contents(database, &table.name)? {
            orc += contents.files.iter().map(|file| file.bytes).sum::<u64>();
        }
    }
    Ok((csv, orc))
}

/// Seconds of building the project's models from ORC and from CSV.
pub fn build_times(engine: &Engine, runtime: &Handle, project: &Arc<Project>, database: &str) -> Result<(f64, f64)> {
    let folder = engine.config().warehouse.join("tmp").join(format!("figures-{}", uuid::Uuid::now_v7().simple()));
    let scratch = Scratch { engine, runtime, project, database, folder: &folder };
    let times = scratch.build(TableFormat::Orc).and_then(|orc| Ok((orc, scratch.build(TableFormat::Text)?)));
    // What cannot be removed now is below the folder of temporary files.
    let _ = fs::remove_dir_all(&folder);
    times
}

struct Scratch<'s> {
    engine: &'s Engine,
    runtime: &'s Handle,
    project: &'s Arc<Project>,
    database: &'s str,
    folder: &'s Path,
}

impl Scratch<'_> {
    /// Builds seeds and models in a warehouse of its own over bronze tables of `format`; seconds of the models.
    fn build(&self, format: TableFormat) -> Result<f64> {
        let folder = self.folder.join(format.name());
        let scratch = Engine::open(Config { warehouse: folder.clone(), ..self.engine.config().clone() })?;
        scratch.data_catalog().create_database(self.database, true)?;
        for table in self.engine.data_catalog().tables(self.database)? {
            match format {
                TableFormat::Orc => self.share_orc(&scratch, &table)?,
                _ => self.copy_as_csv(&scratch, &table, &folder)?,
            }
        }
        self.runtime.block_on(scratch.session().run(CREATE_BRONZE)).map_err(|failed| failed.error)?;
        self.run(&scratch, Command::Seed)?;
        let started = Instant::now();
        self.run(&scratch, Command::Run)?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn run(&self, scratch: &Engine, command: Command) -> Result<()> {
        let adapter = Arc::new(EngineAdapter::new(scratch.clone(), self.runtime.clone()));
        let runner = Runner::new(Arc::clone(self.project), adapter, RunOptions::default());
        let results = runner.run(command, &Selection::default(), &Silent).map_err(Error::internal)?;
        match results.results.iter().find(|result| result.status.is_failure()) {
            Some(failed) => Err(Error::internal(format!(
                "{} failed while building times were compared: {}",
                failed.name,
                failed.message.as_deref().unwrap_or("no message")
            ))),
            None => Ok(()),
        }
    }

    /// The same ORC files, read where they are.
    fn share_orc(&self, scratch: &Engine, table: &CatalogTable) -> Result<()> {
        let Some(contents) = self.engine.data_catalog().contents(self.database, &table.name)? else { return Ok(()) };
        let absolute = |relative: &str| self.engine.lake().path(relative).to_string_lossy().into_owned();
        let root = absolute(&table.location);
        scratch.object_stores().allow(&Location::parse(&root)?);
        let input = TableInput {
            name: table.name.clone(),
            columns: table.columns.clone(),
            partition_keys: table.partition_keys.clone(),
            format: TableFormat::Orc,
            location: root,
            managed: false,
            parameters: table.parameters.clone(),
        };
        let id = scratch.data_catalog().create_table(self.database, &input)?;
        scratch.data_catalog().update(|change| {
            contents.partitions.iter().try_for_each(|partition| {
                change.ensure_partition(id, &partition.values, &absolute(&partition.location)).map(drop)
            })
        })
    }

    /// The same rows as CSV, the partition keys among the columns.
    fn copy_as_csv(&self, scratch: &Engine, table: &CatalogTable, warehouse: &Path) -> Result<()> {
        let folder = warehouse.join("lake").join("csv").join(&table.name);
        let cannot = |error| Error::io("cannot write the CSV copy for the figures", error);
        fs::create_dir_all(&folder).map_err(cannot)?;
        let sql = format!("select * from bronze.\"{}\"", table.name);
        let mut session = self.engine.session();
        let results = self.runtime.block_on(session.run(&sql)).map_err(|failed| failed.error)?;
        let mut file = BufWriter::new(File::create(folder.join("data.csv")).map_err(cannot)?);
        for result in &results {
            let StatementResult::Rows { batches, .. } = result else { continue };
            for batch in batches {
                file.write_all(csv_lines(batch)?.as_bytes()).map_err(cannot)?;
            }
        }
        file.flush().map_err(cannot)?;
        let input = TableInput {
            name: table.name.clone(),
            columns: table.columns.iter().chain(&table.partition_keys).cloned().collect(),
            partition_keys: vec![],
            format: TableFormat::Text,
            location: folder.to_string_lossy().into_owned(),
            managed: false,
            parameters: [("field.delim".to_owned(), "\\001".to_owned())].into(),
        };
        scratch.data_catalog().create_table(self.database, &input).map(drop)
    }
}

fn csv_lines(batch: &RecordBatch) -> Result<String> {
    let mut lines = String::new();
    for row in 0..batch.num_rows() {
        for (index, column) in batch.columns().iter().enumerate() {
            if index > 0 {
                lines.push(DELIMITER);
            }
            if column.is_null(row) {
                lines.push_str("\\N");
                continue;
            }
            let start = lines.len();
            format_value(column.as_ref(), row, &mut lines)?;
            if lines[start..].contains(['\n', '\r', DELIMITER]) {
                let flat = lines[start..].replace(['\n', '\r', DELIMITER], " ");
                lines.truncate(start);
                lines.push_str(&flat);
            }
        }
        lines.push('\n');
    }
    Ok(lines)
}
