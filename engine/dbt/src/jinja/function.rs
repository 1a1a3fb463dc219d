//! dbt's context functions: `ref`, `source`, `var`, `run_query`, `return`, …

use std::{fmt, sync::Arc};

use minijinja::{
    Error as JinjaError, State, Value,
    value::{Kwargs, Object, ObjectRepr, from_args},
};
use serde_json::Value as Json;

use super::{
    context::{Phase, Scope, lock},
    convert::{from_json, to_json},
    environment::parse_json,
    relation_object::to_value,
    signal::{carry, fail, return_error},
    table::Table,
};
use crate::{Column, Error, Outcome, relation::Relation, session::Message};

type JinjaResult = Result<Value, JinjaError>;
type Body = fn(&Arc<Scope>, &State, &[Value]) -> JinjaResult;

/// One function in a context.
struct Function {
    name: &'static str,
    scope: Arc<Scope>,
    body: Body,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Function {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &State, args: &[Value]) -> JinjaResult {
        (self.body)(&self.scope, state, args)
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> JinjaResult {
        match (self.name, method) {
            ("var", "has_var") => {
                let (name,): (String,) = from_args(args)?;
                Ok(Value::from(self.scope.jinja.vars.contains_key(&name)))
            }
            (name, method) => Err(fail(format!("`{name}.{method}` does not exist"))),
        }
    }
}

const FUNCTIONS: &[(&str, Body)] = &[
    ("ref", reference),
    ("source", source),
    ("var", var),
    ("env_var", env_var),
    ("doc", doc),
    ("log", log),
    ("print", print),
    ("return", |_, _, args| Err(return_error(args.first().cloned().unwrap_or_else(|| Value::from(()))))),
    ("run_query", run_query),
    ("statement", statement),
    ("load_result", |scope, _, args| {
        let (name,): (String,) = from_args(args)?;
        Ok(lock(&scope.results).get(&name).cloned().unwrap_or_else(|| Value::from(())))
    }),
    ("is_incremental", |scope, _, _| scope.is_incremental().map(Value::from).map_err(carry)),
    ("should_full_refresh", |scope, _, _| {
        let configured = scope.config_value("full_refresh").and_then(|value| value.as_bool());
        Ok(Value::from(configured.unwrap_or(scope.full_refresh)))
    }),
    ("should_store_failures", |_, _, _| Ok(Value::from(false))),
    ("get_where_subquery", where_subquery),
    ("tojson", |_, _, args| {
        let (value, _): (Value, Kwargs) = from_args(args)?;
        Ok(Value::from(to_json(&value).to_string()))
    }),
    ("fromjson", |_, _, args| parse_json(&from_args::<(String,)>(args)?.0)),
    ("toyaml", |_, _, args| {
        let (value, _): (Value, Kwargs) = from_args(args)?;
        serde_yaml_ng::to_string(&to_json(&value)).map(Value::from).map_err(|error| fail(error.to_string()))
    }),
    ("fromyaml", |_, _, args| {
        let (text,): (String,) = from_args(args)?;
        let json: Json = serde_yaml_ng::from_str(&text).map_err(|error| fail(format!("invalid YAML: {error}")))?;
        Ok(from_json(&json))
    }),
    ("set", |_, _, args| {
        let (items,): (Value,) = from_args(args)?;
        let mut distinct: Vec<Value> = Vec::new();
        for item in items.try_iter()? {
            if !distinct.contains(&item) {
                distinct.push(item);
            }
        }
        Ok(Value::from_object(super::mutable::MutableList::new(distinct)))
    }),
    ("zip", |_, _, args| {
        let lists: Vec<Vec<Value>> =
            args.iter().map(|list| list.try_iter().map(|items| items.collect())).collect::<Result<_, _>>()?;
        let length = lists.iter().map(Vec::len).min().unwrap_or(0);
        Ok((0..length).map(|row| lists.iter().map(|list| list[row].clone()).collect::<Value>()).collect())
    }),
    ("local_md5", |_, _, args| Ok(Value::from(crate::md5::md5_hex(from_args::<(String,)>(args)?.0.as_bytes())))),
    ("render", |scope, _, args| {
        let (text,): (String,) = from_args(args)?;
        scope.render(&text).map(Value::from).map_err(carry)
    }),
    ("get_columns_in_query", |scope, _, args| {
        let (sql,): (String,) = from_args(args)?;
        let outcome = run_sql(scope, &crate::materialization::contract::empty_subquery(&sql))?;
        Ok(outcome.columns.into_iter().map(|column| Value::from(column.name)).collect())
    }),
];

/// A function of dbt's that is written in Rust, by its name.
pub fn builtin(scope: &Arc<Scope>, name: &str) -> Option<Value> {
    match name {
        "exceptions" => return Some(Value::from_object(Exceptions(scope.clone()))),
        "api" => return Some(Value::from_object(Api)),
        _ => {}
    }
    let (name, body) = FUNCTIONS.iter().find(|(known, _)| *known == name)?;
    Some(Value::from_object(Function { name, scope: scope.clone(), body: *body }))
}

/// `builtins.ref` and the like: dbt's own, whatever the project defines.
#[derive(Debug)]
pub struct Builtins(pub Arc<Scope>);

impl Object for Builtins {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        builtin(&self.0, key.as_str()?)
    }
}

fn reference(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (first, second, kwargs): (String, Option<String>, Kwargs) = from_args(args)?;
    for version in ["v", "version"] {
        if kwargs.get::<Option<Value>>(version)?.is_some_and(|value| !value.is_none()) {
            return Err(carry(Error::unsupported("a versioned ref")));
        }
    }
    kwargs.assert_all_used()?;
    let (package, name) = match second {
        Some(name) => (Some(first), name),
        None => (None, first),
    };
    match (scope.phase, &scope.resolver) {
        (Phase::Execute, Some(resolver)) => {
            resolver.resolve_ref(&scope.unique_id, package.as_deref(), &name).map(to_value).map_err(carry)
        }
        _ => {
            lock(&scope.captured).refs.push((package, name));
            Ok(to_value(placeholder(scope)))
        }
    }
}

fn source(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (source, table): (String, String) = from_args(args)?;
    match (scope.phase, &scope.resolver) {
        (Phase::Execute, Some(resolver)) => {
            resolver.resolve_source(&scope.unique_id, &source, &table).map(to_value).map_err(carry)
        }
        _ => {
            lock(&scope.captured).sources.push((source, table));
            Ok(to_value(placeholder(scope)))
        }
    }
}

/// What a reference is while parsing: the node itself, as in dbt.
fn placeholder(scope: &Scope) -> Relation {
    scope.this.clone().unwrap_or_else(|| Relation::new(&scope.jinja.target.database, &scope.jinja.target.schema, ""))
}

fn var(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (name, default, kwargs): (String, Option<Value>, Kwargs) = from_args(args)?;
    let default = default.or(kwargs.get::<Option<Value>>("default")?);
    match scope.jinja.vars.get(&name) {
        Some(Json::String(text)) => Ok(Value::from(text.as_str())),
        Some(value) => Ok(from_json(value)),
        None => default.ok_or_else(|| fail(format!("Required var '{name}' not found in config"))),
    }
}

fn env_var(_scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (name, default): (String, Option<Value>) = from_args(args)?;
    match std::env::var(&name) {
        Ok(value) => Ok(Value::from(value)),
        Err(_) => default.ok_or_else(|| fail(format!("Env var required but not provided: '{name}'"))),
    }
}

fn doc(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let name = args.last().map(ToString::to_string).unwrap_or_default();
    let text = scope.jinja.docs.get(&name).map(|text| Value::from(text.as_str()));
    text.ok_or_else(|| fail(format!("Documentation for '{name}' not found")))
}

fn log(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (message, info, kwargs): (Value, Option<bool>, Kwargs) = from_args(args)?;
    let info = info.or(kwargs.get::<Option<bool>>("info")?).unwrap_or(false);
    if info && scope.phase == Phase::Execute {
        scope.messages.send(Message::Log(message.to_string()));
    }
    Ok(Value::from(""))
}

fn print(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (message,): (Value,) = from_args(args)?;
    if scope.phase == Phase::Execute {
        scope.messages.send(Message::Log(message.to_string()));
    }
    Ok(Value::from(""))
}

/// Runs SQL of a template; nothing happens while parsing.
pub fn run_sql(scope: &Scope, sql: &str) -> Result<Outcome, JinjaError> {
    match (&scope.session, scope.phase) {
        (Some(session), Phase::Execute) => lock(session).execute(sql).map_err(carry),
        (None, Phase::Execute) => Err(fail("a query cannot be run here: no database is connected")),
        _ => Ok(Outcome::default()),
    }
}

fn run_query(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (sql,): (Value,) = from_args(args)?;
    if scope.phase == Phase::Parse {
        return Ok(Value::from(()));
    }
    let outcome = run_sql(scope, &sql.to_string())?;
    Ok(Value::from_object(Table::new(&outcome)))
}

fn statement(scope: &Arc<Scope>, state: &State, args: &[Value]) -> JinjaResult {
    let (name, fetch, kwargs): (Option<String>, Option<bool>, Kwargs) = from_args(args)?;
    if scope.phase == Phase::Parse {
        return Ok(Value::from(""));
    }
    let name = name.or(kwargs.get::<Option<String>>("name")?);
    let fetch = fetch.or(kwargs.get::<Option<bool>>("fetch_result")?).unwrap_or(false);
    let sql = kwargs.get::<Value>("caller")?.call(state, &[])?;
    let outcome = run_sql(scope, &sql.to_string())?;
    if let Some(name) = name {
        let table = if fetch { Value::from_object(Table::new(&outcome)) } else { Value::from(()) };
        let data = if fetch { table.get_attr("rows")? } else { Value::from(Vec::<Value>::new()) };
        let result =
            Value::from_iter([("response", Value::from(outcome.tag.as_str())), ("data", data), ("table", table)]);
        lock(&scope.results).insert(name, result);
    }
    Ok(Value::from(""))
}

/// A generic test's `model`, with the test's `where` around it.
fn where_subquery(scope: &Arc<Scope>, _state: &State, args: &[Value]) -> JinjaResult {
    let (relation,): (Value,) = from_args(args)?;
    match scope.config_value("where").as_ref().and_then(Json::as_str) {
        Some(condition) if !condition.is_empty() => {
            Ok(Value::from(format!("(select * from {relation} where {condition}) dbt_subquery")))
        }
        _ => Ok(relation),
    }
}

/// `exceptions.…`.
#[derive(Debug)]
struct Exceptions(Arc<Scope>);

impl Object for Exceptions {
    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> JinjaResult {
        let message = args.first().map(ToString::to_string).unwrap_or_default();
        match method {
            "raise_compiler_error" | "raise_parsing_error" | "raise_fail_fast_error" | "raise_dependency_error" => {
                Err(carry(Error::compilation(message)))
            }
            "raise_not_implemented" => Err(carry(Error::compilation(format!("not implemented: {message}")))),
            "warn" | "warn_or_error" => {
                self.0.warn(message);
                Ok(Value::from(""))
            }
            other => Err(fail(format!("`exceptions.{other}` is not supported by the native dbt runner"))),
        }
    }
}

/// `api.Relation` and `api.Column`.
#[derive(Debug)]
struct Api;

impl Object for Api {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "Relation" => Some(Value::from_object(ApiClass("Relation"))),
            "Column" => Some(Value::from_object(ApiClass("Column"))),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct ApiClass(&'static str);

impl Object for ApiClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &State, args: &[Value]) -> JinjaResult {
        if self.0 != "Column" {
            return Err(fail("`api.Relation` is called as `api.Relation.create(…)`"));
        }
        let (name, data_type): (String, String) = from_args(args)?;
        Ok(Value::from_object(super::adapter_object::ColumnObject::new(&Column { name, data_type })))
    }

    fn call_method(self: &Arc<Self>, state: &State, method: &str, args: &[Value]) -> JinjaResult {
        match (self.0, method) {
            ("Relation", "create") => {
                let (kwargs,): (Kwargs,) = from_args(args)?;
                let part = |name: &str| -> Result<Option<String>, JinjaError> {
                    Ok(kwargs.get::<Option<Value>>(name)?.filter(|v| !v.is_none()).map(|value| value.to_string()))
                };
                let relation = Relation {
                    database: part("database")?,
                    schema: part("schema")?,
                    identifier: part("identifier")?,
                    kind: part("type")?,
                };
                Ok(to_value(relation))
            }
            ("Column", "create") => self.call(state, args),
            ("Column", "translate_type") => {
                let (name,): (String,) = from_args(args)?;
                Ok(Value::from(if name.eq_ignore_ascii_case("string") { "TEXT".to_owned() } else { name }))
            }
            ("Column", "numeric_type") => {
                let (name, precision, scale): (String, Value, Value) = from_args(args)?;
                Ok(Value::from(format!("{name}({precision},{scale})")))
            }
            ("Column", "string_type") => {
                let (size,): (u32,) = from_args(args)?;
                Ok(Value::from(format!("character varying({size})")))
            }
            (class, method) => Err(fail(format!("`api.{class}.{method}` is not supported by the native dbt runner"))),
        }
    }
}

/// Python's methods of texts, lists and dictionaries that minijinja does not have.
pub fn string_method(_state: &State, value: &Value, method: &str, args: &[Value]) -> JinjaResult {
    if let Some(text) = value.as_str() {
        return super::pycompat::text_method(text, method, args);
    }
    if value.is_undefined() {
        return Err(fail(format!("'{method}' is called on something undefined")));
    }
    super::pycompat::collection_method(value, method, args)
}
