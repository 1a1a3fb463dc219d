//! The one `minijinja` environment of a project: filters, printing, and every macro as a template.

use std::{collections::BTreeMap, fmt, path::Path};

use minijinja::{AutoEscape, Environment, Error as JinjaError, Output, State, Value, value::ValueKind};
use serde_json::Value as Json;

use super::{
    convert::{from_json, python_str, to_json},
    macros::MacroSet,
    mutable::{MutableDict, MutableList, make_literals_mutable},
    signal::{fail, from_jinja},
};
use crate::{Result, Target};

/// What every template of a project shares.
pub struct Jinja {
    /// The environment with macros and filters.
    pub environment: Environment<'static>,
    /// The macros by package and name.
    pub macros: MacroSet,
    /// The project's name.
    pub project_name: String,
    /// The target.
    pub target: Target,
    /// The variables: `dbt_project.yml`, overridden by the caller.
    pub vars: BTreeMap<String, Json>,
    /// The docs blocks by name.
    pub docs: BTreeMap<String, String>,
    /// When the run started, UTC.
    pub run_started_at: chrono::DateTime<chrono::Utc>,
    /// An id of this invocation.
    pub invocation_id: String,
}

impl fmt::Debug for Jinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jinja").field("project_name", &self.project_name).finish_non_exhaustive()
    }
}

/// An environment with dbt's filters and Python's printing, without macros.
pub fn new_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(format_value);
    environment.set_unknown_method_callback(super::function::string_method);
    environment.add_function("__list", |items: Value| -> Result<Value, JinjaError> {
        Ok(Value::from_object(MutableList::new(items.try_iter()?.collect())))
    });
    environment.add_function("__dict", |map: Value| MutableDict::from_map(&map).map(Value::from_object));
    environment.add_filter("as_text", |value: Value| value.to_string());
    environment.add_filter("as_native", |value: Value| value);
    environment.add_filter("as_bool", as_bool);
    environment.add_filter("as_number", as_number);
    environment.add_filter("tojson", |value: Value| to_json(&value).to_string());
    environment.add_filter("fromjson", |text: String| parse_json(&text));
    environment
}

/// Prints as Python does: `None`, `True`, `['a']`; everything else as minijinja does.
fn format_value(out: &mut Output, _state: &State, value: &Value) -> Result<(), JinjaError> {
    let text = match value.kind() {
        ValueKind::Plain | ValueKind::String | ValueKind::Number => value.to_string(),
        _ => python_str(value),
    };
    out.write_str(&text).map_err(|_| fail("the output cannot be written"))
}

/// Text as JSON.
pub fn parse_json(text: &str) -> Result<Value, JinjaError> {
    serde_json::from_str::<Json>(text)
        .map(|json| from_json(&json))
        .map_err(|error| fail(format!("invalid JSON: {error}")))
}

fn as_bool(value: Value) -> Result<Value, JinjaError> {
    match value.as_str().map(str::to_lowercase).as_deref() {
        None if value.kind() == ValueKind::Bool => Ok(value),
        Some("true") => Ok(Value::from(true)),
        Some("false") => Ok(Value::from(false)),
        _ => Err(fail(format!("could not convert value '{value}' into type 'bool'"))),
    }
}

fn as_number(value: Value) -> Result<Value, JinjaError> {
    let text = value.to_string();
    match (value.kind(), text.trim().parse::<i64>(), text.trim().parse::<f64>()) {
        (ValueKind::Number, ..) => Ok(value),
        (_, Ok(number), _) => Ok(Value::from(number)),
        (_, _, Ok(number)) => Ok(Value::from(number)),
        _ => Err(fail(format!("could not convert value '{value}' into type 'number'"))),
    }
}

impl Jinja {
    /// Renders a text that stands in `path`; lines of errors count from its beginning.
    pub fn render(&self, source: &str, path: &Path, context: Value) -> Result<String> {
        let source = make_literals_mutable(source);
        self.environment
            .render_named_str(&path.to_string_lossy(), &source, context)
            .map_err(|error| from_jinja(&error, path))
    }

    /// Evaluates a text natively: `{{ expression }}` alone keeps its value, anything else becomes text.
    pub fn render_native(&self, source: &str, path: &Path, context: Value) -> Result<Value> {
        if !source.contains("{{") && !source.contains("{%") {
            return Ok(Value::from(source));
        }
        let trimmed = source.trim();
        let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        if let Some(expression) = inner.filter(|inner| !inner.contains("{{") && !inner.contains("{%")) {
            return self
                .environment
                .compile_expression(expression)
                .and_then(|expression| expression.eval(context))
                .map_err(|error| from_jinja(&error, path));
        }
        self.render(source, path, context).map(Value::from)
    }
}
