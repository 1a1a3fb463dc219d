//! `config(…)`, `config.get(…)`, `config.require(…)`.

use std::sync::Arc;

use minijinja::{
    Error as JinjaError, State, Value,
    value::{Kwargs, Object, ObjectRepr, from_args},
};
use serde_json::{Map, Value as Json};

use super::{
    context::{Phase, Scope, lock},
    convert::{from_json, keywords, to_json},
    signal::fail,
};

/// The `config` of a node's context.
#[derive(Debug)]
pub struct ConfigObject(pub Arc<Scope>);

impl ConfigObject {
    fn set(&self, args: &[Value]) -> Result<Value, JinjaError> {
        let mut values = Map::new();
        for arg in args {
            match keywords(arg) {
                Some(kwargs) => {
                    for name in kwargs.args() {
                        values.insert(name.to_owned(), to_json(&kwargs.get::<Value>(name)?));
                    }
                }
                None => match to_json(arg) {
                    Json::Object(map) => values.extend(map),
                    _ => return Err(fail("config() takes keyword arguments or one dictionary")),
                },
            }
        }
        // At run time the config is settled already, by the parse of this very call.
        if self.0.phase == Phase::Parse {
            crate::project::config::merge(&mut lock(&self.0.config), &values);
            lock(&self.0.captured).configs.push(values);
        }
        Ok(Value::from(""))
    }
}

impl Object for ConfigObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &State, args: &[Value]) -> Result<Value, JinjaError> {
        self.set(args)
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "get" => {
                let (key, default, kwargs): (String, Option<Value>, Kwargs) = from_args(args)?;
                let default = default.or(kwargs.get::<Option<Value>>("default")?).unwrap_or_else(|| Value::from(()));
                Ok(self.0.config_value(&key).map_or(default, |value| from_json(&value)))
            }
            "require" => {
                let (key, _kwargs): (String, Kwargs) = from_args(args)?;
                let missing = || fail(format!("the config `{key}` is required and not set"));
                self.0.config_value(&key).map(|value| from_json(&value)).ok_or_else(missing)
            }
            "meta_get" => {
                let (key, default): (String, Option<Value>) = from_args(args)?;
                let meta = self.0.config_value("meta");
                let value = meta.as_ref().and_then(|meta| meta.get(&key)).map(from_json);
                Ok(value.or(default).unwrap_or_else(|| Value::from(())))
            }
            "set" => {
                let (key, value): (String, Value) = from_args(args)?;
                lock(&self.0.config).insert(key, to_json(&value));
                Ok(Value::from(""))
            }
            "persist_relation_docs" | "persist_column_docs" => {
                let key = if method == "persist_relation_docs" { "relation" } else { "columns" };
                let persist = self.0.config_value("persist_docs");
                Ok(Value::from(persist.and_then(|docs| docs.get(key).and_then(Json::as_bool)).unwrap_or(false)))
            }
            other => Err(fail(format!("`config.{other}` is not supported by the native dbt runner"))),
        }
    }
}
