//! What came of a run: one [`NodeResult`] per node, in dbt's statuses, and `run_results.json`.

use std::{fmt, path::PathBuf};

use serde::Serialize;

/// What came of one node; dbt's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A model, seed or hook was built.
    Success,
    /// A test found nothing.
    Pass,
    /// A test found something, with severity warn.
    Warn,
    /// A test found something, with severity error.
    Fail,
    /// A statement failed, or the node could not be compiled.
    Error,
    /// Not run because of something upstream.
    Skipped,
}

impl Status {
    /// dbt's lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::Pass => "pass",
            Status::Warn => "warn",
            Status::Fail => "fail",
            Status::Error => "error",
            Status::Skipped => "skipped",
        }
    }

    /// Whether the run as a whole counts as failed because of it.
    pub fn is_failure(self) -> bool {
        matches!(self, Status::Fail | Status::Error)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of one node.
#[derive(Debug, Clone, Serialize)]
pub struct NodeResult {
    /// dbt's id, e.g. `model.chinook.dim_track`.
    pub unique_id: String,
    /// The short name.
    pub name: String,
    /// `model`, `seed`, `test` or `operation`.
    pub resource_type: String,
    /// `table`, `view`, `incremental`, `seed`, `test`, …
    pub materialized: String,
    /// `"dev"."gold"."dim_track"`, for what becomes a relation.
    pub relation_name: Option<String>,
    /// The outcome.
    pub status: Status,
    /// Rows written, as the statement's tag says; `None` where there is no count.
    pub rows_affected: Option<u64>,
    /// How many failures a test found.
    pub failures: Option<u64>,
    /// Wall time in seconds.
    pub execution_time: f64,
    /// The command tag (`INSERT 0 3`), the error, or why it was skipped.
    pub message: Option<String>,
    /// The compiled SQL's file under the target folder.
    pub compiled_path: Option<PathBuf>,
    /// The file it is defined in, relative to the project.
    pub original_file_path: PathBuf,
}

impl NodeResult {
    /// dbt's progress text and bracketed status for the end of a node.
    pub(crate) fn progress(&self, description: &str) -> (String, String) {
        let seconds = format!("in {:.2}s", self.execution_time);
        let test_name = description.strip_prefix("test ").unwrap_or(description);
        match self.status {
            Status::Success if self.resource_type == "seed" => {
                (format!("OK loaded {description}"), format!("INSERT {} {seconds}", self.rows_affected.unwrap_or(0)))
            }
            Status::Success if self.resource_type == "operation" => {
                (format!("OK {description}"), format!("OK {seconds}"))
            }
            Status::Success => (
                format!("OK created {description}"),
                format!("{} {seconds}", self.message.as_deref().unwrap_or("SUCCESS")),
            ),
            Status::Pass => (format!("PASS {test_name}"), format!("PASS {seconds}")),
            Status::Warn => (
                format!("WARN {} {test_name}", self.failures.unwrap_or(0)),
                format!("WARN {} {seconds}", self.failures.unwrap_or(0)),
            ),
            Status::Fail => (
                format!("FAIL {} {test_name}", self.failures.unwrap_or(0)),
                format!("FAIL {} {seconds}", self.failures.unwrap_or(0)),
            ),
            Status::Error if self.resource_type == "test" => (format!("ERROR {test_name}"), format!("ERROR {seconds}")),
            Status::Error if self.resource_type == "seed" => {
                (format!("ERROR loading {description}"), format!("ERROR {seconds}"))
            }
            Status::Error => (format!("ERROR creating {description}"), format!("ERROR {seconds}")),
            Status::Skipped if self.resource_type == "test" => (format!("SKIP {description}"), "SKIP".to_owned()),
            Status::Skipped => {
                let place = description.rsplit(' ').next().unwrap_or(description);
                (format!("SKIP relation {place}"), "SKIP".to_owned())
            }
        }
    }
}

/// The results of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunResults {
    /// One result per node, in the order of finishing.
    pub results: Vec<NodeResult>,
    /// Wall time of the whole run in seconds.
    pub elapsed_time: f64,
}

impl RunResults {
    /// How many results have this status.
    pub fn count(&self, status: Status) -> usize {
        self.results.iter().filter(|result| result.status == status).count()
    }

    /// Whether nothing failed.
    pub fn success(&self) -> bool {
        !self.results.iter().any(|result| result.status.is_failure())
    }

    /// dbt's last line: `Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=3`.
    pub fn summary(&self) -> String {
        let pass = self.count(Status::Success) + self.count(Status::Pass);
        let error = self.count(Status::Error) + self.count(Status::Fail);
        format!(
            "Done. PASS={pass} WARN={} ERROR={error} SKIP={} NO-OP=0 TOTAL={}",
            self.count(Status::Warn),
            self.count(Status::Skipped),
            self.results.len()
        )
    }
}
