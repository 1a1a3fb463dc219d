//! Relations as templates see them: they print as their quoted name and have dbt's attributes.

use std::{cmp::Ordering, fmt, sync::Arc};

use minijinja::{
    Error as JinjaError, State, Value,
    value::{DynObject, Kwargs, Object, ObjectRepr, from_args},
};

use super::signal::fail;
use crate::relation::Relation;

/// A relation in a template.
#[derive(Debug)]
pub struct RelationObject(pub Relation);

/// The template value of a relation.
pub fn to_value(relation: Relation) -> Value {
    Value::from_object(RelationObject(relation))
}

/// The relation of a template value.
pub fn from_value(value: &Value) -> Result<Relation, JinjaError> {
    match value.downcast_object_ref::<RelationObject>() {
        Some(object) => Ok(object.0.clone()),
        None => Err(fail(format!("a relation is needed here, not `{value}`"))),
    }
}

fn optional(text: &Option<String>) -> Value {
    text.as_deref().map_or_else(|| Value::from(()), Value::from)
}

impl RelationObject {
    fn is_kind(&self, kind: &str) -> Value {
        Value::from(self.0.kind.as_deref() == Some(kind))
    }

    fn include(&self, kwargs: &Kwargs) -> Result<Relation, JinjaError> {
        let mut relation = self.0.clone();
        if kwargs.get::<Option<bool>>("database")? == Some(false) {
            relation.database = None;
        }
        if kwargs.get::<Option<bool>>("schema")? == Some(false) {
            relation.schema = None;
        }
        if kwargs.get::<Option<bool>>("identifier")? == Some(false) {
            relation.identifier = None;
        }
        kwargs.assert_all_used()?;
        Ok(relation)
    }

    fn incorporate(&self, kwargs: &Kwargs) -> Result<Relation, JinjaError> {
        let mut relation = self.0.clone();
        if let Some(path) = kwargs.get::<Option<Value>>("path")? {
            for (key, part) in [
                ("database", &mut relation.database),
                ("schema", &mut relation.schema),
                ("identifier", &mut relation.identifier),
            ] {
                let value = path.get_attr(key).unwrap_or_default();
                if value.is_none() {
                    *part = None;
                } else if !value.is_undefined() {
                    *part = Some(value.to_string());
                }
            }
        }
        if let Some(kind) = kwargs.get::<Option<Value>>("type")? {
            relation.kind = kind.as_str().map(str::to_owned);
        }
        kwargs.assert_all_used()?;
        Ok(relation)
    }
}

impl Object for RelationObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let relation = &self.0;
        Some(match key.as_str()? {
            "database" => optional(&relation.database),
            "schema" => optional(&relation.schema),
            "identifier" | "name" | "table" => optional(&relation.identifier),
            "type" => optional(&relation.kind),
            "is_table" => self.is_kind("table"),
            "is_view" => self.is_kind("view"),
            "is_cte" => self.is_kind("cte"),
            "is_materialized_view" => self.is_kind("materialized_view"),
            "can_be_renamed" => Value::from(matches!(relation.kind.as_deref(), Some("table" | "view"))),
            "Table" => Value::from("table"),
            "View" => Value::from("view"),
            "CTE" => Value::from("cte"),
            "MaterializedView" => Value::from("materialized_view"),
            "External" => Value::from("external"),
            "path" => Value::from_iter([
                ("database", optional(&relation.database)),
                ("schema", optional(&relation.schema)),
                ("identifier", optional(&relation.identifier)),
            ]),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "render" => Ok(Value::from(self.0.to_string())),
            "include" => Ok(to_value(self.include(&from_args::<(Kwargs,)>(args)?.0)?)),
            "incorporate" => Ok(to_value(self.incorporate(&from_args::<(Kwargs,)>(args)?.0)?)),
            "without_identifier" => Ok(to_value(Relation { identifier: None, ..self.0.clone() })),
            "quote" => Err(fail("`relation.quote` is not supported by the native dbt runner: names are always quoted")),
            "information_schema" => {
                let (view,): (Option<String>,) = from_args(args)?;
                Ok(Value::from(
                    view.map_or("information_schema".to_owned(), |view| format!("information_schema.{view}")),
                ))
            }
            "relation_max_name_length" => Ok(Value::from(127)),
            other => Err(fail(format!("`relation.{other}` is not supported by the native dbt runner"))),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<RelationObject>().map(|other| self.0.to_string().cmp(&other.0.to_string()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
