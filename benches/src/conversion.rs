//! The Glue job on a warehouse that has seen nothing yet: all raw CSV becomes ORC.

use blueshift_engine::{
    Engine,
    glue::job::{self, JobContext, JobOptions, NoProgress},
    lake::Location,
    pipeline::RAW_DATABASE,
};
use tempfile::TempDir;

use crate::{Fixture, Result};

/// One conversion that is about to start.
pub struct Conversion {
    engine: Engine,
    source: Location,
    options: JobOptions,
    // Removed last.
    _folder: TempDir,
}

impl Conversion {
    /// An empty warehouse beside the fixture's, for its raw data.
    pub fn prepare(fixture: &Fixture) -> Result<Conversion> {
        let folder = TempDir::new()?;
        let engine = fixture.open_empty(&folder.path().join("warehouse"))?;
        let source = Location::parse(&fixture.raw().to_string_lossy())?;
        Ok(Conversion { engine, source, options: JobOptions::default(), _folder: folder })
    }

    /// Converts everything and returns the number of rows.
    pub fn run(&self) -> Result<u64> {
        let context = JobContext {
            catalog: self.engine.data_catalog(),
            lake: self.engine.lake(),
            stores: self.engine.object_stores(),
            database: RAW_DATABASE,
        };
        let report = job::run(&self.source, &context, &self.options, &NoProgress)?;
        if report.rows() == 0 { Err("the job converted nothing".into()) } else { Ok(report.rows()) }
    }
}
