//! Parses one node: renders it once to learn its references and config, and finds its place.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use minijinja::{Value, value::Kwargs};
use serde_json::{Map, Value as Json};

use super::{
    config::{Config, merge},
    node::{Node, NodeKind},
    properties::Patch,
};
use crate::{
    Error, Result,
    jinja::{
        Jinja, Scope,
        context::lock,
        convert::{from_json, to_json},
    },
    materialization::contract::reference_text,
    relation::Relation,
};

/// Parses nodes of one project.
pub struct Parser {
    /// What templates share.
    pub jinja: Arc<Jinja>,
}

impl Parser {
    /// A context for text that belongs to no node.
    pub fn scope(&self, path: &Path) -> Arc<Scope> {
        Arc::new(Scope::for_parsing(self.jinja.clone(), path.to_owned()))
    }

    /// Renders the texts in a config, except hooks and what is SQL of the node.
    pub fn render_config(&self, config: &mut Map<String, Json>, path: &Path) -> Result<()> {
        for (key, value) in config.iter_mut() {
            if !matches!(key.as_str(), "pre_hook" | "post_hook" | "pre-hook" | "post-hook" | "sql_header") {
                *value = self.render_json(value, path)?;
            }
        }
        Ok(())
    }

    /// Renders every text in a value.
    pub fn render_json(&self, value: &Json, path: &Path) -> Result<Json> {
        Ok(match value {
            Json::String(text) if text.contains("{{") || text.contains("{%") => {
                to_json(&self.scope(path).render_native(text)?)
            }
            Json::Array(items) => {
                Json::Array(items.iter().map(|item| self.render_json(item, path)).collect::<Result<_>>()?)
            }
            Json::Object(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.render_json(value, path)?)))
                    .collect::<Result<_>>()?,
            ),
            other => other.clone(),
        })
    }

    /// Renders a description, where `doc()` may be called.
    pub fn render_description(&self, text: &str, path: &Path) -> Result<String> {
        if text.contains("{{") { self.scope(path).render(text) } else { Ok(text.to_owned()) }
    }

    /// A model, seed or singular test before its file is rendered.
    pub fn new_node(
        &self,
        kind: NodeKind,
        path: PathBuf,
        folders: &[String],
        raw_code: String,
        config: Map<String, Json>,
    ) -> Node {
        let name = super::files::stem(&path);
        let project = self.jinja.project_name.clone();
        let fqn = [project.clone()].into_iter().chain(folders.iter().cloned()).chain([name.clone()]).collect();
        Node {
            unique_id: format!("{}.{project}.{name}", kind.as_str()),
            kind,
            relation: Relation::new(&self.jinja.target.database, &self.jinja.target.schema, &name),
            name,
            package: project,
            path,
            line: None,
            fqn,
            raw_code,
            config: Config(config),
            description: String::new(),
            columns: Vec::new(),
            constraints: Vec::new(),
            generic: None,
            refs: Vec::new(),
            sources: Vec::new(),
            depends_on: Vec::new(),
        }
    }

    /// Puts what YAML says into the node.
    pub fn apply_patch(&self, node: &mut Node, patch: &Patch) -> Result<()> {
        let mut config = patch.config.clone();
        self.render_config(&mut config, &patch.path).map_err(|error| error.at(&patch.path, patch.line))?;
        merge(&mut node.config.0, &config);
        node.description = self.render_description(&patch.description, &patch.path)?;
        node.columns = patch.columns.clone();
        for column in &mut node.columns {
            column.description = self.render_description(&column.description, &patch.path)?;
        }
        node.constraints = patch.constraints.clone();
        self.parse_constraints(node).map_err(|error| error.at(&patch.path, patch.line))
    }

    /// A foreign key's `to: ref('x')` is a reference like any other: x must exist first.
    fn parse_constraints(&self, node: &mut Node) -> Result<()> {
        let constraints = node.columns.iter().flat_map(|column| &column.constraints).chain(&node.constraints);
        let targets: Vec<String> =
            constraints.filter_map(|constraint| constraint.to.as_deref().and_then(reference_text)).collect();
        for target in targets {
            let scope = self.node_scope(node);
            scope.render(&target).map_err(|mut error| {
                error.location = None;
                error
            })?;
            self.take_captured(node, &scope);
        }
        Ok(())
    }

    /// Renders the node's text: its `config()` calls are merged in, its references noted.
    pub fn parse_code(&self, node: &mut Node) -> Result<()> {
        let scope = self.node_scope(node);
        scope.render(&node.raw_code)?;
        self.take_captured(node, &scope);
        self.parse_hooks(node)
    }

    /// Renders a generic test's macro: its references are noted.
    pub fn parse_generic_test(&self, node: &mut Node) -> Result<()> {
        let scope = self.node_scope(node);
        render_generic_test(&scope, node)?;
        self.take_captured(node, &scope);
        Ok(())
    }

    fn take_captured(&self, node: &mut Node, scope: &Scope) {
        let captured = std::mem::take(&mut *lock(&scope.captured));
        for config in captured.configs {
            merge(&mut node.config.0, &config);
        }
        for reference in captured.refs {
            if !node.refs.contains(&reference) {
                node.refs.push(reference);
            }
        }
        for source in captured.sources {
            if !node.sources.contains(&source) {
                node.sources.push(source);
            }
        }
    }

    /// Hooks may hold references too.
    fn parse_hooks(&self, node: &mut Node) -> Result<()> {
        for key in ["pre_hook", "post_hook"] {
            let hooks = node.config.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
            for hook in hooks {
                let text = hook.as_str().or_else(|| hook.get("sql").and_then(Json::as_str));
                let text = text.ok_or_else(|| Error::parsing(format!("a {key} must be a statement, not {hook}")))?;
                let scope = self.node_scope(node);
                scope.render(text).map_err(|mut error| {
                    // The line counts from the hook's beginning, so it would point to nowhere.
                    error.location = None;
                    error.message = format!("in a {key}: {}", error.message);
                    error.at(&node.path, None)
                })?;
                self.take_captured(node, &scope);
            }
        }
        Ok(())
    }

    fn node_scope(&self, node: &Node) -> Arc<Scope> {
        let mut scope = Scope::for_parsing(self.jinja.clone(), node.path.clone());
        scope.unique_id = node.unique_id.clone();
        scope.this = Some(node.relation.clone());
        scope.model = node.to_model();
        scope.config = Mutex::new(node.config.0.clone());
        Arc::new(scope)
    }

    /// Finds database, schema and alias, through the macros that a project may override.
    pub fn place(&self, node: &mut Node) -> Result<()> {
        let model = node.to_model();
        let path = node.path.clone();
        let generate = |name: &str, custom: Option<&str>| -> Result<String> {
            let custom = custom.map_or_else(|| Value::from(()), Value::from);
            let value = self.scope(&path).call_macro(name, &[custom, from_json(&model)])?;
            let text = value.to_string().trim().to_owned();
            if text.is_empty() {
                return Err(
                    Error::compilation(format!("the macro `{name}` gave nothing for {}", node.name)).at(&path, None)
                );
            }
            Ok(text)
        };
        let database = generate("generate_database_name", node.config.text("database")?)?;
        let schema = generate("generate_schema_name", node.config.text("schema")?)?;
        let alias = generate("generate_alias_name", node.config.text("alias")?)?;
        node.relation = Relation::new(&database, &schema, &alias);
        Ok(())
    }
}

/// The SQL of a generic test in a context: the test's macro, called with its arguments.
pub fn render_generic_test(scope: &Arc<Scope>, node: &Node) -> Result<String> {
    let Some(generic) = &node.generic else { return Ok(String::new()) };
    if generic.namespace.as_deref().is_some_and(|namespace| namespace != node.package && namespace != "dbt") {
        let what = format!("the test `{}.{}` of a package", generic.namespace.as_deref().unwrap_or(""), generic.name);
        return Err(Error::unsupported(what).at(&node.path, node.line));
    }
    let mut arguments = Vec::new();
    for (name, value) in &generic.arguments {
        let value = native_argument(scope, name, value).map_err(|mut error| {
            error.location = None;
            error.at(&node.path, node.line)
        })?;
        arguments.push((name.clone(), value));
    }
    let macro_name = format!("test_{}", generic.name);
    let found = scope.jinja.macros.find(&scope.jinja.project_name, &macro_name).is_some();
    if !found {
        let message = format!("there is no test `{}`: neither dbt nor this project defines it", generic.name);
        return Err(Error::compilation(message).at(&node.path, node.line));
    }
    let value = scope.call_macro(&macro_name, &[Value::from(Kwargs::from_iter(arguments))])?;
    Ok(value.to_string())
}

/// An argument of a generic test: texts that look like `ref(…)` or hold Jinja are evaluated.
fn native_argument(scope: &Arc<Scope>, name: &str, value: &Json) -> Result<Value> {
    match value {
        Json::String(text) if name != "column_name" => {
            let trimmed = text.trim();
            let is_call = ["ref", "source", "var", "env_var", "doc"]
                .iter()
                .any(|function| trimmed.strip_prefix(function).is_some_and(|rest| rest.trim_start().starts_with('(')));
            if is_call && trimmed.ends_with(')') {
                return scope.render_native(&format!("{{{{ {trimmed} }}}}"));
            }
            scope.render_native(text)
        }
        Json::Array(items) => items.iter().map(|item| native_argument(scope, "", item)).collect(),
        other => Ok(from_json(other)),
    }
}
