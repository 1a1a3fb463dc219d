//! What a run tells while it goes on, in dbt's own wording.

use std::fmt;

use crate::result::NodeResult;

/// Receives a run's events, from several threads at a time.
pub trait Events: Send + Sync {
    /// Takes one event. [`Event`]'s `Display` is dbt's progress line.
    fn event(&self, event: &Event<'_>);
}

/// One thing that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The selection is made: how many nodes of which kind, dbt's `Found …` line.
    Found {
        /// Such as `23 models, 41 data tests, 2 seeds, 11 sources`.
        summary: String,
        /// How many nodes this run has.
        total: usize,
    },
    /// A node was started.
    Started {
        /// Its place in the order of starting, from 1.
        index: usize,
        /// How many nodes this run has.
        total: usize,
        /// Such as `sql table model gold.dim_track`.
        description: &'a str,
        /// The node's unique id.
        unique_id: &'a str,
    },
    /// A node is done, whatever came of it.
    Finished {
        /// Its place in the order of starting, from 1.
        index: usize,
        /// How many nodes this run has.
        total: usize,
        /// Such as `sql table model gold.dim_track`.
        description: &'a str,
        /// What came of it.
        result: &'a NodeResult,
    },
    /// `log(…, info=true)` or `print(…)` of a macro.
    Log {
        /// The text.
        message: &'a str,
    },
    /// Something the user should know: a warning of a macro, a config that has no effect.
    Warning {
        /// The text.
        message: &'a str,
    },
    /// A statement is about to be executed (for a debug log).
    Statement {
        /// The node it belongs to.
        unique_id: &'a str,
        /// Its text.
        sql: &'a str,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Found { summary, .. } => write!(f, "Found {summary}"),
            Event::Started { index, total, description, .. } => {
                padded(f, &format!("{index} of {total} START {description}"), "RUN")
            }
            Event::Finished { index, total, description, result } => {
                let (text, status) = result.progress(description);
                padded(f, &format!("{index} of {total} {text}"), &status)
            }
            Event::Log { message } => f.write_str(message),
            Event::Warning { message } => write!(f, "[WARNING]: {message}"),
            Event::Statement { unique_id, sql } => write!(f, "On {unique_id}: {sql}"),
        }
    }
}

/// dbt's line: text, dots up to column 80, status in brackets.
fn padded(f: &mut fmt::Formatter<'_>, text: &str, status: &str) -> fmt::Result {
    let dots = 74usize.saturating_sub(text.chars().count()).max(3);
    write!(f, "{text} {} [{status}]", ".".repeat(dots))
}

/// Drops every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Events for Silent {
    fn event(&self, _event: &Event<'_>) {}
}
