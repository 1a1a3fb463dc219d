//! A loaded project: every file read, every node parsed, nothing executed yet.

pub mod config;
pub mod files;
pub mod generic_test;
mod load;
mod loader;
pub mod node;
pub mod parse;
pub mod project_file;
pub mod properties;
mod resolve;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Result, Target, jinja::Jinja};

pub use node::{Node, NodeKind, SourceTable};

/// A dbt project as its files define it, for one target and one set of variables.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// The name.
    pub name: String,
    /// The enabled nodes by id.
    pub nodes: BTreeMap<String, Node>,
    /// The tables of sources by id.
    pub sources: BTreeMap<String, SourceTable>,
    /// Statements before a run, not rendered.
    pub on_run_start: Vec<String>,
    /// Statements after a run, not rendered.
    pub on_run_end: Vec<String>,
    /// What templates share.
    pub jinja: Arc<Jinja>,
    /// The names of models and seeds to their ids.
    names: BTreeMap<String, String>,
    /// Disabled models and seeds, by name, for better errors.
    disabled: BTreeMap<String, PathBuf>,
    warnings: Vec<String>,
}

impl Project {
    /// Loads and parses the project in `dir`. `vars` override the variables of `dbt_project.yml`, as `--vars` does.
    pub fn load(dir: &Path, target: &Target, vars: &BTreeMap<String, serde_json::Value>) -> Result<Project> {
        load::load_on_thread(dir, target, vars)
    }

    /// The target it was loaded for.
    pub fn target(&self) -> &Target {
        &self.jinja.target
    }

    /// The relations that the project's sources read: `(schema, table)`.
    pub fn source_tables(&self) -> Vec<(String, String)> {
        let name =
            |source: &SourceTable| (source.relation.schema().to_owned(), source.relation.identifier().to_owned());
        self.sources.values().map(name).collect()
    }

    /// What the project warns about (exposures ignored, and the like), one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The model or seed of a name.
    pub fn node_named(&self, name: &str) -> Option<&Node> {
        self.nodes.get(self.names.get(name)?)
    }
}
