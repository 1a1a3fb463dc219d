//! Compiles nodes: rendered SQL with the CTEs of ephemeral models in front.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize},
    },
};

use minijinja::Value;

use super::RunOptions;
use crate::{
    Project, Result,
    jinja::{Phase, Scope},
    project::{Node, NodeKind, parse::render_generic_test},
    session::{Messages, Session},
    sql::inject_ctes,
};

/// Compiles nodes of a project, with a session for macros that ask the database.
pub struct Compiler<'a> {
    project: &'a Arc<Project>,
    options: &'a RunOptions,
    session: Option<Arc<Mutex<Session>>>,
    messages: Messages,
}

impl<'a> Compiler<'a> {
    /// A compiler; without a session, macros cannot run queries.
    pub fn new(project: &'a Arc<Project>, options: &'a RunOptions, session: Option<Arc<Mutex<Session>>>) -> Self {
        let messages =
            session.as_ref().map(|session| crate::jinja::context::lock(session).messages()).unwrap_or_default();
        Compiler { project, options, session, messages }
    }

    /// Whether a node is to be rebuilt: its config goes before the command line.
    pub fn full_refresh(&self, node: &Node) -> Result<bool> {
        let asked = self.options.full_refresh || self.options.full_refresh_models.contains(&node.name);
        Ok(node.config.boolean("full_refresh")?.unwrap_or(asked))
    }

    /// The context that a node runs in.
    pub fn node_scope(&self, node: &Node) -> Result<Arc<Scope>> {
        let mut scope = self.scope(node.path.clone());
        scope.unique_id = node.unique_id.clone();
        scope.this = Some(node.relation.clone());
        scope.model = node.to_model();
        scope.config = Mutex::new(node.config.0.clone());
        scope.full_refresh = self.full_refresh(node)?;
        Ok(Arc::new(scope))
    }

    /// The context of `on-run-start` and `on-run-end`.
    pub fn operation_scope(&self, variables: &[(&str, Value)]) -> Arc<Scope> {
        let mut scope = self.scope(PathBuf::from("dbt_project.yml"));
        scope.variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Arc::new(scope)
    }

    fn scope(&self, path: PathBuf) -> Scope {
        Scope {
            jinja: self.project.jinja.clone(),
            phase: Phase::Execute,
            unique_id: String::new(),
            path,
            this: None,
            model: serde_json::Value::Null,
            config: Mutex::default(),
            captured: Mutex::default(),
            resolver: Some(self.project.clone()),
            session: self.session.clone(),
            results: Mutex::default(),
            variables: BTreeMap::new(),
            full_refresh: self.options.full_refresh,
            messages: self.messages.clone(),
            depth: AtomicUsize::new(0),
            incremental: AtomicBool::new(false),
        }
    }

    /// The SQL of a node in its context; empty for seeds.
    pub fn compile(&self, node: &Node, scope: &Arc<Scope>) -> Result<String> {
        let own = self.render(node, scope)?;
        let mut ctes = Vec::new();
        self.collect_ctes(node, &mut ctes)?;
        Ok(inject_ctes(&own, &ctes))
    }

    fn render(&self, node: &Node, scope: &Arc<Scope>) -> Result<String> {
        match (node.kind, &node.generic) {
            (NodeKind::Seed | NodeKind::Operation, _) => Ok(String::new()),
            (_, Some(_)) => render_generic_test(scope, node),
            (_, None) => {
                let sql = scope.render(&node.raw_code)?;
                // A semicolon at the end would end the statement that the SQL is put into.
                Ok(sql.trim_end().trim_end_matches(';').to_owned())
            }
        }
    }

    /// The CTEs of the ephemeral models that a node reads, what they read first.
    fn collect_ctes(&self, node: &Node, ctes: &mut Vec<(String, String)>) -> Result<()> {
        for parent in node.depends_on.iter().filter_map(|id| self.project.nodes.get(id)) {
            if !parent.is_ephemeral() || ctes.iter().any(|(name, _)| *name == parent.cte_name()) {
                continue;
            }
            self.collect_ctes(parent, ctes)?;
            let scope = self.node_scope(parent)?;
            ctes.push((parent.cte_name(), self.render(parent, &scope)?));
        }
        Ok(())
    }
}
