//! Runs a selection of a project's nodes in the order of the graph, several at a time.

use std::{path::PathBuf, sync::Arc};

use crate::{Adapter, Error, Events, Project, Result, RunResults};

/// What to do with the selected nodes; dbt's commands of the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Models only.
    Run,
    /// Tests only.
    Test,
    /// Seeds, models and tests together, in the order of the graph.
    Build,
    /// Seeds only.
    Seed,
    /// Nothing is executed; compiled SQL is written.
    Compile,
    /// Nothing is executed; the selected nodes are returned as results.
    List,
}

/// Which nodes: `--select` and `--exclude`. Each entry may hold several selectors, space-separated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What to take; empty takes everything.
    pub select: Vec<String>,
    /// What to leave out.
    pub exclude: Vec<String>,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Rebuild incremental models and seeds from scratch.
    pub full_refresh: bool,
    /// How many nodes at a time; `None` takes the target's number.
    pub threads: Option<usize>,
    /// Stop starting nodes after the first failure.
    pub fail_fast: bool,
    /// Where `compiled/`, `run/` and `run_results.json` go; `None` writes nothing.
    pub target_dir: Option<PathBuf>,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { full_refresh: false, threads: None, fail_fast: false, target_dir: None }
    }
}

/// Runs commands on a project through an adapter.
pub struct Runner {
    project: Arc<Project>,
    adapter: Arc<dyn Adapter>,
    options: RunOptions,
}

impl Runner {
    /// A runner; nothing is connected yet.
    pub fn new(project: Arc<Project>, adapter: Arc<dyn Adapter>, options: RunOptions) -> Self {
        Runner { project, adapter, options }
    }

    /// Runs one command. An error means that the run could not start (selection, graph, hook,
    /// connection); a node that fails is a result, not an error.
    pub fn run(&self, _command: Command, _selection: &Selection, _events: &dyn Events) -> Result<RunResults> {
        let _ = (&self.project, &self.adapter, &self.options);
        Err(Error::unsupported("running a project (in work)"))
    }
}
