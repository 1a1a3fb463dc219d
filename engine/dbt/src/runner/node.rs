//! Runs one node: compile, write what was compiled, build, and put the outcome into a result.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

use super::{Command, Compiler, Runner, listed, output};
use crate::{
    NodeResult, Result, Status,
    jinja::context::lock,
    materialization::{self, Built, Execution},
    project::{Node, NodeKind},
    session::Session,
};

/// Runs a node; also tells whether the user cancelled.
pub fn run_node(runner: &Runner, command: Command, session: &Arc<Mutex<Session>>, node: &Node) -> (NodeResult, bool) {
    let started = Instant::now();
    let mut compiled_path = None;
    let outcome = build(runner, command, session, node, &mut compiled_path);
    let mut result = listed(node);
    result.execution_time = started.elapsed().as_secs_f64();
    result.compiled_path = compiled_path;
    let mut cancelled = false;
    match outcome {
        Ok(built) => {
            result.rows_affected = built.rows_affected;
            result.message = (!built.message.is_empty()).then_some(built.message);
            if let Some(test) = built.test {
                result.status = test.status;
                result.failures = Some(test.failures);
            }
        }
        Err(error) => {
            cancelled = error.database.as_ref().is_some_and(|database| database.cancelled);
            result.status = Status::Error;
            result.message = Some(error.at(&node.path, node.line).to_string());
        }
    }
    (result, cancelled)
}

fn build(
    runner: &Runner,
    command: Command,
    session: &Arc<Mutex<Session>>,
    node: &Node,
    compiled_path: &mut Option<PathBuf>,
) -> Result<Built> {
    lock(session).unique_id = node.unique_id.clone();
    let compiler = Compiler::new(&runner.project, &runner.options, Some(session.clone()));
    let scope = compiler.node_scope(node)?;
    let sql = compiler.compile(node, &scope)?;
    let target_dir = runner.options.target_dir.as_deref();
    if let Some(target_dir) = target_dir.filter(|_| node.kind != NodeKind::Seed) {
        *compiled_path = Some(output::write_sql(target_dir, "compiled", node, &sql)?);
    }
    if command == Command::Compile {
        return Ok(Built { message: "COMPILED".to_owned(), ..Built::default() });
    }
    let full_refresh = compiler.full_refresh(node)?;
    let execution = Execution { project: &runner.project, node, scope, session: session.clone(), sql, full_refresh };
    let built = materialization::run(&execution)?;
    if let Some(target_dir) = target_dir {
        output::write_sql(target_dir, "run", node, &built.statement)?;
    }
    Ok(built)
}
