//! What a run leaves in the target folder: `compiled/`, `run/`, `run_results.json`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Command;
use crate::{
    Error, Project, Result, RunResults,
    project::{Node, NodeKind},
};

/// Writes a node's SQL below `target_dir/<kind>/<project>/`; returns the path below the target folder.
pub fn write_sql(target_dir: &Path, kind: &str, node: &Node, sql: &str) -> Result<PathBuf> {
    let mut path = Path::new(kind).join(&node.package).join(&node.path);
    if node.generic.is_some() {
        path = path.join(format!("{}.sql", node.relation.identifier()));
    }
    if node.kind == NodeKind::Seed {
        path.set_extension("sql");
    }
    write(&target_dir.join(&path), sql)?;
    Ok(path)
}

/// Writes `run_results.json` in dbt's layout.
pub fn write_run_results(target_dir: &Path, project: &Project, command: Command, results: &RunResults) -> Result<()> {
    let entries: Vec<_> = results
        .results
        .iter()
        .map(|result| {
            json!({
                "unique_id": result.unique_id, "status": result.status, "execution_time": result.execution_time,
                "message": result.message, "failures": result.failures, "relation_name": result.relation_name,
                "adapter_response": {"rows_affected": result.rows_affected}, "compiled_path": result.compiled_path,
                "thread_id": "", "timing": [],
            })
        })
        .collect();
    let which = format!("{command:?}").to_lowercase();
    let document = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "dbt_version": "1.10.0",
            "generated_at": chrono::Utc::now().to_rfc3339(), "invocation_id": project.jinja.invocation_id,
        },
        "args": {"which": which}, "elapsed_time": results.elapsed_time, "results": entries,
    });
    write(&target_dir.join("run_results.json"), &format!("{document:#}\n"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
    std::fs::write(path, text).map_err(|error| Error::io(path, &error))
}
