//! What a run of the pipeline did: its steps, its tests, its figures.

use blueshift_dbt::{NodeResult, RunResults};

use crate::glue::job::JobReport;

/// Outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// It did what it should.
    Ok,
    /// It found nothing to do.
    Nothing,
    /// It failed.
    Failed,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name: `glue job`, `crawler`, `bronze`, `silver`, …
    pub name: String,
    /// How it went.
    pub status: StepStatus,
    /// Rows that went in, where there is a number.
    pub rows_in: Option<u64>,
    /// Rows that came out.
    pub rows_out: Option<u64>,
    /// Rows rejected.
    pub rejects: Option<u64>,
    /// Files or relations made.
    pub files: Option<u64>,
    /// Bytes read.
    pub bytes_in: Option<u64>,
    /// Bytes written.
    pub bytes_out: Option<u64>,
    /// Wall time in seconds.
    pub seconds: f64,
    /// What else there is to say about it.
    pub note: String,
}

impl Step {
    /// A step without numbers.
    pub fn new(name: impl Into<String>, status: StepStatus, seconds: f64) -> Self {
        Step {
            name: name.into(),
            status,
            rows_in: None,
            rows_out: None,
            rejects: None,
            files: None,
            bytes_in: None,
            bytes_out: None,
            seconds,
            note: String::new(),
        }
    }
}

/// The two figures that the original system reported, measured on this warehouse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Bytes of all raw CSV objects that are loaded.
    pub csv_bytes: u64,
    /// Bytes of the ORC files made from them.
    pub orc_bytes: u64,
    /// Seconds of building silver and gold from ORC; None when not compared.
    pub build_from_orc_seconds: Option<f64>,
    /// Seconds of the same build from CSV.
    pub build_from_csv_seconds: Option<f64>,
}

impl Figures {
    /// How much less (negative) or more storage ORC takes, in percent of CSV.
    pub fn storage_percent(&self) -> Option<f64> {
        change_percent(self.csv_bytes as f64, self.orc_bytes as f64)
    }

    /// How much less (negative) or more time the build from ORC takes, in percent of the one from CSV.
    pub fn time_percent(&self) -> Option<f64> {
        change_percent(self.build_from_csv_seconds?, self.build_from_orc_seconds?)
    }
}

fn change_percent(from: f64, to: f64) -> Option<f64> {
    (from > 0.0).then(|| (to - from) / from * 100.0)
}

/// Rows of a bronze table and what became of them, as the project's `row_audit` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The bronze table.
    pub table: String,
    /// Raw records: bronze rows and those that the job rejected.
    pub raw: u64,
    /// Records that the job rejected: no rows of the table at all.
    pub rejected_by_job: u64,
    /// Rows kept in silver.
    pub kept: u64,
    /// Older or equal versions of a kept row.
    pub duplicates: u64,
    /// Rows that silver rejects.
    pub rejected: u64,
}

impl AuditRow {
    /// Whether every raw record is accounted for.
    pub fn adds_up(&self) -> bool {
        self.raw == self.rejected_by_job + self.kept + self.duplicates + self.rejected
    }
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub struct PipelineReport {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// The Glue job's own report.
    pub job: JobReport,
    /// Results of models, seeds and tests.
    pub dbt: RunResults,
    /// What became of the raw rows; empty when the project has no `row_audit`.
    pub audit: Vec<AuditRow>,
    /// Storage and time, ORC against CSV.
    pub figures: Option<Figures>,
    /// Tables of bronze that no source of the project names.
    pub unknown_tables: Vec<String>,
    /// What else the user should know.
    pub notices: Vec<String>,
    /// Wall time of the whole run in seconds.
    pub seconds: f64,
}

impl PipelineReport {
    /// Whether every step and every error-severity test succeeded.
    pub fn success(&self) -> bool {
        self.dbt.success() && self.steps.iter().all(|step| step.status != StepStatus::Failed)
    }

    /// The results of tests.
    pub fn tests(&self) -> impl Iterator<Item = &NodeResult> {
        self.dbt.results.iter().filter(|result| result.resource_type == "test")
    }
}
