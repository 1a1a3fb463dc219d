//! The context of one template: what `ref`, `config`, `this`, … mean while a node is parsed or run.
//!
//! dbt renders a node twice: at parse time, to learn its references and config ([`Phase::Parse`],
//! `execute` is false, nothing is looked up), and when it is compiled ([`Phase::Execute`]).

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use minijinja::{
    Value,
    value::{Object, ObjectRepr},
};
use serde_json::{Map, Value as Json};

use super::{
    adapter_object::AdapterObject,
    config_object::ConfigObject,
    convert::from_json,
    environment::Jinja,
    function,
    macros::{BUILTIN_PACKAGE, MacroObject, Namespace},
    modules, relation_object,
};
use crate::{
    Error, Result,
    relation::Relation,
    session::{Message, Messages, Session},
};

/// Whether a template is parsed or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// References and config are collected; `execute` is false.
    Parse,
    /// References are resolved, the database may be asked.
    Execute,
}

/// What a template said while it was parsed.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// `ref` calls: package (if given) and name.
    pub refs: Vec<(Option<String>, String)>,
    /// `source` calls: source and table.
    pub sources: Vec<(String, String)>,
    /// The arguments of `config` calls, in order.
    pub configs: Vec<Map<String, Json>>,
    /// Something that the template used and that does not exist here.
    pub unsupported: Option<String>,
}

/// Finds what `ref` and `source` mean at run time.
pub trait Resolve: Send + Sync {
    /// The relation of a model or seed, for the node `from`.
    fn resolve_ref(&self, from: &str, package: Option<&str>, name: &str) -> Result<Relation>;
    /// The relation of a source's table, for the node `from`.
    fn resolve_source(&self, from: &str, source: &str, table: &str) -> Result<Relation>;
}

/// The context of one template.
pub struct Scope {
    /// What all templates share.
    pub jinja: Arc<Jinja>,
    /// Parsing or running.
    pub phase: Phase,
    /// The node's id; empty for project-level text.
    pub unique_id: String,
    /// The file, for errors.
    pub path: PathBuf,
    /// `this`.
    pub this: Option<Relation>,
    /// `model`.
    pub model: Json,
    /// The node's config as known so far.
    pub config: Mutex<Map<String, Json>>,
    /// What was captured.
    pub captured: Mutex<Captured>,
    /// How references are resolved at run time.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// The database session at run time.
    pub session: Option<Arc<Mutex<Session>>>,
    /// Results of `statement` blocks.
    pub results: Mutex<BTreeMap<String, Value>>,
    /// More names, set by whoever renders.
    pub variables: BTreeMap<String, Value>,
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// Where log lines and warnings go.
    pub messages: Messages,
    /// How deep macro calls are nested.
    pub depth: AtomicUsize,
    /// Whether `is_incremental()` was answered with true.
    pub incremental: AtomicBool,
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("unique_id", &self.unique_id).field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// Locks, also after another thread's panic: the data is only ever replaced whole.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scope {
    /// A context for parsing, without a node.
    pub fn for_parsing(jinja: Arc<Jinja>, path: PathBuf) -> Self {
        Scope {
            jinja,
            phase: Phase::Parse,
            unique_id: String::new(),
            path,
            this: None,
            model: Json::Null,
            config: Mutex::default(),
            captured: Mutex::default(),
            resolver: None,
            session: None,
            results: Mutex::default(),
            variables: BTreeMap::new(),
            full_refresh: false,
            messages: Messages::default(),
            depth: AtomicUsize::new(0),
            incremental: AtomicBool::new(false),
        }
    }

    /// Renders a text in this context.
    pub fn render(self: &Arc<Self>, source: &str) -> Result<String> {
        let text = self.jinja.render(source, &self.path, Value::from_dyn_object(self.clone()));
        self.check_supported()?;
        text
    }

    /// Evaluates a text natively in this context.
    pub fn render_native(self: &Arc<Self>, source: &str) -> Result<Value> {
        let value = self.jinja.render_native(source, &self.path, Value::from_dyn_object(self.clone()));
        self.check_supported()?;
        value
    }

    /// Calls a macro by name: the project's own, else dbt's.
    pub fn call_macro(self: &Arc<Self>, name: &str, args: &[Value]) -> Result<Value> {
        let definition = self
            .jinja
            .macros
            .find(&self.jinja.project_name, name)
            .cloned()
            .ok_or_else(|| Error::compilation(format!("there is no macro `{name}`")).at(&self.path, None))?;
        let path = definition.path.clone();
        let value = MacroObject { definition, scope: self.clone() }
            .invoke(args)
            .map_err(|error| super::signal::from_jinja(&error, &path));
        self.check_supported()?;
        value
    }

    fn check_supported(&self) -> Result<()> {
        match lock(&self.captured).unsupported.take() {
            Some(what) => Err(Error::unsupported(format!("`{what}` in Jinja")).at(&self.path, None)),
            None => Ok(()),
        }
    }

    /// Notes that the template used something that does not exist here.
    pub fn note_unsupported(&self, what: &str) {
        lock(&self.captured).unsupported.get_or_insert_with(|| what.to_owned());
    }

    /// Sends a warning.
    pub fn warn(&self, text: impl Into<String>) {
        self.messages.send(Message::Warning(text.into()));
    }

    /// A value of the config as known so far.
    pub fn config_value(&self, key: &str) -> Option<Json> {
        lock(&self.config).get(key).filter(|value| !value.is_null()).cloned()
    }

    /// A member of a package: a macro, or one of dbt's that is written in Rust.
    pub fn package_member(self: &Arc<Self>, package: &str, name: &str) -> Option<Value> {
        if let Some(definition) = self.jinja.macros.get(package, name) {
            return Some(Value::from_object(MacroObject { definition: definition.clone(), scope: self.clone() }));
        }
        if package == BUILTIN_PACKAGE { function::builtin(self, name) } else { None }
    }

    fn target(&self) -> Value {
        let target = &self.jinja.target;
        from_json(&serde_json::json!({
            "name": target.name, "profile_name": self.jinja.project_name, "target_name": target.name,
            "type": "redshift", "database": target.database, "dbname": target.database,
            "schema": target.schema, "user": target.user, "threads": target.threads,
            "host": "localhost", "port": 5439,
        }))
    }

    fn flags(&self) -> Value {
        from_json(&serde_json::json!({
            "FULL_REFRESH": self.full_refresh, "STORE_FAILURES": false, "WHICH": "run", "USE_COLORS": false,
        }))
    }

    fn lookup(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        let project = &self.jinja.project_name;
        if let Some(definition) = self.jinja.macros.get(project, name) {
            return Some(Value::from_object(MacroObject { definition: definition.clone(), scope: self.clone() }));
        }
        let value = match name {
            "config" => Value::from_object(ConfigObject(self.clone())),
            "adapter" => Value::from_object(AdapterObject(self.clone())),
            "this" => self.this.clone().map(relation_object::to_value)?,
            "model" | "node" if self.model.is_null() => return None,
            "model" => from_json(&self.model),
            "execute" => Value::from(self.phase == Phase::Execute),
            "target" => self.target(),
            "env" => self.target(),
            "flags" => self.flags(),
            "project_name" => Value::from(project.as_str()),
            "schema" => Value::from(
                self.this.as_ref().map_or(self.jinja.target.schema.clone(), |this| this.schema().to_owned()),
            ),
            "database" => Value::from(self.jinja.target.database.as_str()),
            "dbt_version" => Value::from("1.10.0"),
            "invocation_id" => Value::from(self.jinja.invocation_id.as_str()),
            "thread_id" => Value::from(format!("{:?}", std::thread::current().id())),
            "run_started_at" => modules::DateTime::value(self.jinja.run_started_at.naive_utc(), true),
            "modules" => modules::modules(),
            "builtins" => Value::from_object(function::Builtins(self.clone())),
            "dbt" => Value::from_object(Namespace { package: BUILTIN_PACKAGE.to_owned(), scope: self.clone() }),
            name if name == project => Value::from_object(Namespace { package: project.clone(), scope: self.clone() }),
            "graph"
            | "selected_resources"
            | "submit_python_job"
            | "load_agate_table"
            | "write"
            | "store_raw_result"
            | "database_schemas"
            | "try_or_compiler_error"
            | "validation"
            | "pre_hooks"
            | "post_hooks"
            | "sql"
            | "dbt_metadata_envs"
            | "context" => {
                self.note_unsupported(name);
                return None;
            }
            _ => return self.package_member(BUILTIN_PACKAGE, name),
        };
        Some(value)
    }

    /// Whether this node is an incremental model that adds to an existing table.
    pub fn is_incremental(&self) -> Result<bool> {
        if self.phase == Phase::Parse {
            return Ok(false);
        }
        let materialized = self.config_value("materialized");
        let full_refresh = match self.config_value("full_refresh") {
            Some(Json::Bool(full_refresh)) => full_refresh,
            _ => self.full_refresh,
        };
        if materialized.as_ref().and_then(Json::as_str) != Some("incremental") || full_refresh {
            return Ok(false);
        }
        let (Some(this), Some(session)) = (&self.this, &self.session) else { return Ok(false) };
        let kind = lock(session).kind_of(this)?;
        let incremental = kind == Some(crate::RelationKind::Table);
        self.incremental.store(incremental, Ordering::Relaxed);
        Ok(incremental)
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.lookup(key.as_str()?)
    }
}
