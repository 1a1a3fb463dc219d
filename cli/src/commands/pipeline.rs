//! `blueshift run-pipeline`: raw CSV to tested gold tables.

use blueshift_engine::error::Error;

use crate::{
    args::{GlobalArgs, PipelineArgs},
    commands::Failure,
};

/// Runs the pipeline.
pub fn run(_global: &GlobalArgs, _args: &PipelineArgs) -> Result<(), Failure> {
    Err(Failure::Error(Error::not_supported("run-pipeline")))
}
