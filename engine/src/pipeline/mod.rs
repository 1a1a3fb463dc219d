//! `run-pipeline`: raw CSV to tested gold tables.
//!
//! The steps are those of the warehouse on AWS: the Glue job converts new raw objects to ORC and
//! the crawler brings the data catalog up to date; SQL makes the external schema over it; the dbt
//! project builds silver and gold and tests them. Every step is atomic and can be repeated, so a
//! run that was killed is simply started again.

/// dbt's database: sessions of the engine.
mod dbt_adapter;
/// The two figures of the original system: storage of ORC against CSV, building from ORC against CSV.
mod figures;
/// What a run did.
mod report;
/// The steps.
mod run;

pub use dbt_adapter::EngineAdapter;
pub use report::{Figures, PipelineReport, Step, StepStatus};
pub use run::{PipelineEvents, PipelineOptions, RAW_DATABASE, run};
