//! Runs a selection of a project's nodes in the order of the graph, several at a time.

mod compile;
mod node;
mod output;
mod schedule;
mod worker;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    time::Instant,
};

use minijinja::Value;

use crate::{
    Adapter, Error, Event, Events, NodeResult, Project, Result, RunResults, Status,
    graph::{Graph, select},
    materialization::run_operation,
    project::{Node, NodeKind},
    relation::quote,
    session::{Message, Messages, Session},
};

pub use compile::Compiler;
use schedule::Schedule;

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
    /// Nothing is built; compiled SQL is written. Macros may still ask the database.
    Compile,
    /// Nothing is executed; the selected nodes are returned as results.
    List,
}

impl Command {
    fn takes(self, kind: NodeKind) -> bool {
        match self {
            Command::Run => kind == NodeKind::Model,
            Command::Test => kind == NodeKind::Test,
            Command::Seed => kind == NodeKind::Seed,
            Command::Build | Command::List => true,
            Command::Compile => kind != NodeKind::Seed,
        }
    }

    fn builds(self) -> bool {
        !matches!(self, Command::Compile | Command::List)
    }
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
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Rebuild incremental models and seeds from scratch.
    pub full_refresh: bool,
    /// Rebuild only these from scratch (names of models or seeds), whatever `full_refresh` says.
    pub full_refresh_models: BTreeSet<String>,
    /// How many nodes at a time; `None` takes the target's number.
    pub threads: Option<usize>,
    /// Stop starting nodes after the first failure.
    pub fail_fast: bool,
    /// Where `compiled/`, `run/` and `run_results.json` go; `None` writes nothing.
    pub target_dir: Option<PathBuf>,
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

    /// Runs one command. An error means that the run could not start (selection, graph, connection,
    /// `on-run-start`); a node that fails is a result, not an error.
    pub fn run(&self, command: Command, selection: &Selection, events: &dyn Events) -> Result<RunResults> {
        let started = Instant::now();
        let (graph, nodes) = self.selected(command, selection, events)?;
        let mut results = if command == Command::List {
            nodes.iter().map(|id| listed(&self.project.nodes[id])).collect()
        } else {
            self.execute(command, &graph, &nodes, events)?
        };
        if command.builds() {
            results.extend(self.finish(command, &nodes, events)?);
        }
        let results = RunResults { results, elapsed_time: started.elapsed().as_secs_f64() };
        if let Some(target_dir) = &self.options.target_dir
            && let Err(error) = output::write_run_results(target_dir, &self.project, command, &results)
        {
            // What failed before is the cause more often than not (a full disk) and must not be lost.
            if results.success() {
                return Err(error);
            }
            events.event(&Event::Warning { message: &error.to_string() });
        }
        Ok(results)
    }

    /// The ids of the nodes that a command would run, parents first.
    pub fn list(&self, command: Command, selection: &Selection) -> Result<Vec<String>> {
        Ok(self.selected(command, selection, &crate::Silent)?.1)
    }

    fn selected(&self, command: Command, selection: &Selection, events: &dyn Events) -> Result<(Graph, Vec<String>)> {
        let mut graph = Graph::new(&self.project)?;
        let mut unmatched = Vec::new();
        let ids = select(&self.project, &graph, &selection.select, &selection.exclude, &mut unmatched)?;
        for text in unmatched {
            let message = format!("The selection criterion '{text}' does not match any enabled nodes");
            events.event(&Event::Warning { message: &message });
        }
        if command == Command::Build {
            graph.add_test_edges(&self.project)?;
        }
        let wanted = |id: &String| {
            let node = self.project.nodes.get(id);
            ids.contains(id)
                && node.is_some_and(|node| command.takes(node.kind) && (!command.builds() || !node.is_ephemeral()))
        };
        let nodes: Vec<String> = graph.order()?.into_iter().filter(wanted).collect();
        Ok((graph, nodes))
    }

    /// Schemas, `on-run-start`, then the nodes on worker threads.
    fn execute(
        &self,
        command: Command,
        graph: &Graph,
        nodes: &[String],
        events: &dyn Events,
    ) -> Result<Vec<NodeResult>> {
        events.event(&Event::Found { summary: self.summary(), total: nodes.len() });
        if nodes.is_empty() {
            events.event(&Event::Warning {
                message: "Nothing to do. Try checking your model configs and model specification args",
            });
            return Ok(Vec::new());
        }
        if command.builds() {
            self.prepare(command, nodes, events)?;
        }
        let schedule = Schedule::new(graph, nodes)?;
        let threads = self.options.threads.unwrap_or(self.project.target().threads).clamp(1, nodes.len());
        Ok(worker::run_all(self, command, schedule, threads, events))
    }

    /// Creates the schemas that are missing and runs the statements of `on-run-start`.
    fn prepare(&self, command: Command, nodes: &[String], events: &dyn Events) -> Result<()> {
        let (sender, receiver) = mpsc::channel();
        let result = (|| {
            let session = self.session(&sender);
            if command != Command::Test {
                self.create_schemas(nodes, &session)?;
            }
            for (index, text) in self.project.on_run_start.iter().enumerate() {
                let scope = Compiler::new(&self.project, &self.options, Some(session.clone())).operation_scope(&[]);
                run_operation(&scope, &session, text).map_err(|error| in_operation(error, "on-run-start", index))?;
            }
            Ok(())
        })();
        drop(sender);
        receiver.try_iter().for_each(|message| forward(&message, events));
        result
    }

    fn create_schemas(&self, nodes: &[String], session: &Arc<Mutex<Session>>) -> Result<()> {
        let mut session = crate::jinja::context::lock(session);
        let wanted: BTreeSet<&str> = nodes
            .iter()
            .filter_map(|id| self.project.nodes.get(id))
            .filter(|node| node.kind != NodeKind::Test)
            .map(|node| node.relation.schema())
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let known = session.connection()?.schemas(&self.project.target().database)?;
        for schema in wanted {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(schema)) {
                session.execute(&format!("create schema if not exists {}", quote(schema)))?;
            }
        }
        Ok(())
    }

    /// The statements of `on-run-end`; each is a result, as in dbt.
    fn finish(&self, _command: Command, nodes: &[String], events: &dyn Events) -> Result<Vec<NodeResult>> {
        if self.project.on_run_end.is_empty() || nodes.is_empty() {
            return Ok(Vec::new());
        }
        let (sender, receiver) = mpsc::channel();
        let session = self.session(&sender);
        let schemas: BTreeSet<String> = nodes
            .iter()
            .filter_map(|id| self.project.nodes.get(id))
            .filter(|node| node.kind != NodeKind::Test)
            .map(|node| node.relation.schema().to_owned())
            .collect();
        let variables = [("schemas", schemas.into_iter().map(Value::from).collect::<Value>())];
        let mut results = Vec::new();
        for (index, text) in self.project.on_run_end.iter().enumerate() {
            let scope = Compiler::new(&self.project, &self.options, Some(session.clone())).operation_scope(&variables);
            let started = Instant::now();
            let outcome =
                run_operation(&scope, &session, text).map_err(|error| in_operation(error, "on-run-end", index));
            results.push(operation_result(
                &self.project,
                "on-run-end",
                index,
                started.elapsed().as_secs_f64(),
                outcome.err(),
            ));
        }
        drop(session);
        drop(sender);
        receiver.try_iter().for_each(|message| forward(&message, events));
        Ok(results)
    }

    fn session(&self, sender: &mpsc::Sender<Message>) -> Arc<Mutex<Session>> {
        let sender = sender.clone();
        // A receiver that is gone means that the run is over: nobody is left to read the message.
        let messages = Messages::new(move |message| drop(sender.send(message)));
        Arc::new(Mutex::new(Session::new(self.adapter.clone(), messages)))
    }

    /// dbt's `Found …` line.
    fn summary(&self) -> String {
        let count = |kind: NodeKind| self.project.nodes.values().filter(|node| node.kind == kind).count();
        let counts = [
            (count(NodeKind::Model), "model"),
            (count(NodeKind::Seed), "seed"),
            (count(NodeKind::Test), "data test"),
            (self.project.sources.len(), "source"),
        ];
        let parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
            .collect();
        parts.join(", ")
    }
}

fn in_operation(mut error: Error, hook: &str, index: usize) -> Error {
    error.message = format!("in {hook} statement {}: {}", index + 1, error.message);
    error.location = None;
    error.at("dbt_project.yml", None)
}

/// Gives a message of a session to the caller's events.
fn forward(message: &Message, events: &dyn Events) {
    match message {
        Message::Log(message) => events.event(&Event::Log { message }),
        Message::Warning(message) => events.event(&Event::Warning { message }),
        Message::Statement(unique_id, sql) => events.event(&Event::Statement { unique_id, sql }),
    }
}

/// A node as a result without anything done.
fn listed(node: &Node) -> NodeResult {
    NodeResult {
        unique_id: node.unique_id.clone(),
        name: node.name.clone(),
        resource_type: node.kind.as_str().to_owned(),
        materialized: node.materialized().to_owned(),
        relation_name: (node.kind != NodeKind::Test && !node.is_ephemeral()).then(|| node.relation.to_string()),
        status: Status::Success,
        rows_affected: None,
        failures: None,
        execution_time: 0.0,
        message: None,
        compiled_path: None,
        original_file_path: node.path.clone(),
    }
}

fn operation_result(project: &Project, hook: &str, index: usize, seconds: f64, error: Option<Error>) -> NodeResult {
    let name = format!("{}-{hook}-{index}", project.name);
    NodeResult {
        unique_id: format!("operation.{}.{name}", project.name),
        name,
        resource_type: NodeKind::Operation.as_str().to_owned(),
        materialized: "hook".to_owned(),
        relation_name: None,
        status: if error.is_some() { Status::Error } else { Status::Success },
        rows_affected: None,
        failures: None,
        execution_time: seconds,
        message: error.map(|error| error.to_string()),
        compiled_path: None,
        original_file_path: PathBuf::from("dbt_project.yml"),
    }
}
