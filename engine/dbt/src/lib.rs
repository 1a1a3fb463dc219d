//! A native dbt runner: projects, Jinja, the graph of models, materialisations, tests.
//!
//! It behaves as dbt-core 1.10 with dbt-redshift 1.9 does, as far as a medallion project needs,
//! and raises an error that names whatever it does not know. It knows nothing of the engine: the
//! SQL that it emits goes through [`adapter::Adapter`], so the same runner drives the local engine
//! and a real Redshift. Threads are plain `std` threads.
//!
//! ```text
//! Project::load(dir, &target, &vars)  → nodes with config, refs and tests     (project, jinja)
//! Runner::new(project, adapter, options).run(command, &selection, &events)    (graph, runner, materialization)
//!     → RunResults, target/run_results.json, target/compiled/…
//! ```

pub mod adapter;
mod data_type;
pub mod error;
pub mod event;
#[cfg(test)]
mod fake;
mod graph;
mod jinja;
mod materialization;
mod md5;
pub mod project;
mod relation;
pub mod result;
pub mod runner;
mod seed;
mod session;
mod sql;
pub mod target;
#[cfg(test)]
mod tests;
mod yaml;

pub use adapter::{Adapter, AdapterError, Cell, Column, Connection, Outcome, RelationKind};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, Events, Silent};
pub use project::{Node, NodeKind, Project};
pub use relation::Relation;
pub use result::{NodeResult, RunResults, Status};
pub use runner::{Command, RunOptions, Runner, Selection};
pub use target::Target;
