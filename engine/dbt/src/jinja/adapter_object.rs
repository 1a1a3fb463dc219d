//! `adapter.…`: what macros may ask of, or do to, the database.

use std::{fmt, sync::Arc};

use minijinja::{
    Error as JinjaError, State, Value,
    value::{Kwargs, Object, ObjectRepr, from_args},
};

use super::{
    context::{Phase, Scope, lock},
    function::run_sql,
    macros::MacroObject,
    relation_object::{from_value, to_value},
    signal::{carry, fail},
    table::Table,
};
use crate::{
    Column, RelationKind,
    data_type::DataType,
    relation::{Relation, quote},
};

/// The `adapter` of a context.
#[derive(Debug)]
pub struct AdapterObject(pub Arc<Scope>);

type JinjaResult = std::result::Result<Value, JinjaError>;

impl AdapterObject {
    fn connection<T>(
        &self,
        ask: impl FnOnce(&mut dyn crate::Connection) -> std::result::Result<T, crate::AdapterError>,
    ) -> std::result::Result<Option<T>, JinjaError> {
        match (&self.0.session, self.0.phase) {
            (Some(session), Phase::Execute) => {
                let answer = lock(session).connection().and_then(ask);
                answer.map(Some).map_err(|error| carry(error.into()))
            }
            _ => Ok(None),
        }
    }

    fn get_relation(&self, args: &[Value]) -> JinjaResult {
        let (database, schema, identifier) = three_names(args, ["database", "schema", "identifier"])?;
        let kind = self.connection(|connection| connection.relation(&database, &schema, &identifier))?.flatten();
        Ok(match kind {
            Some(kind) => to_value(Relation::new(&database, &schema, &identifier).with_kind(kind)),
            None => Value::from(()),
        })
    }

    fn columns(&self, relation: &Relation) -> std::result::Result<Vec<Column>, JinjaError> {
        let columns = self.connection(|connection| {
            connection.columns(relation.database(), relation.schema(), relation.identifier())
        })?;
        Ok(columns.unwrap_or_default())
    }

    fn run(&self, sql: &str) -> JinjaResult {
        run_sql(&self.0, sql)?;
        Ok(Value::from(""))
    }

    fn drop_relation(&self, relation: &Relation) -> JinjaResult {
        match relation.kind.as_deref() {
            Some("view") => self.run(&format!("drop view if exists {relation} cascade")),
            Some("materialized_view") => self.run(&format!("drop materialized view if exists {relation} cascade")),
            _ => self.run(&format!("drop table if exists {relation} cascade")),
        }
    }

    fn list_relations(&self, args: &[Value]) -> JinjaResult {
        let (database, schema, _) = three_names(args, ["database", "schema", "identifier"])?;
        let relations = self.connection(|connection| connection.relations(&database, &schema))?.unwrap_or_default();
        let relation =
            |(name, kind): (String, RelationKind)| to_value(Relation::new(&database, &schema, &name).with_kind(kind));
        Ok(relations.into_iter().map(relation).collect())
    }

    fn missing_columns(&self, from: &Relation, to: &Relation) -> JinjaResult {
        let known = self.columns(to)?;
        let missing =
            self.columns(from)?.into_iter().filter(|column| !known.iter().any(|other| other.name == column.name));
        Ok(missing.map(|column| Value::from_object(ColumnObject::new(&column))).collect())
    }

    fn dispatch(&self, args: &[Value]) -> JinjaResult {
        let (name, namespace, kwargs): (String, Option<String>, Kwargs) = from_args(args)?;
        let namespace = namespace.or(kwargs.get::<Option<String>>("macro_namespace")?);
        if let Some(found) = self.0.jinja.macros.dispatch(&self.0.jinja.project_name, &name) {
            return Ok(Value::from_object(MacroObject { definition: found.clone(), scope: self.0.clone() }));
        }
        let package = namespace.as_deref().unwrap_or(&self.0.jinja.project_name);
        self.0.package_member(package, &name).ok_or_else(|| {
            fail(format!("in dispatch: no macro named '{name}' found: looked for redshift__{name}, postgres__{name}, default__{name}"))
        })
    }

    fn execute(&self, args: &[Value]) -> JinjaResult {
        let (sql, kwargs): (String, Kwargs) = from_args(args)?;
        let outcome = run_sql(&self.0, &sql)?;
        kwargs.get::<Option<bool>>("auto_begin")?;
        kwargs.get::<Option<bool>>("fetch")?;
        Ok(Value::from(vec![Value::from(outcome.tag.as_str()), Value::from_object(Table::new(&outcome))]))
    }
}

/// Three names given by position or by keyword.
fn three_names(args: &[Value], names: [&str; 3]) -> std::result::Result<(String, String, String), JinjaError> {
    let (first, second, third, kwargs): (Option<Value>, Option<Value>, Option<Value>, Kwargs) = from_args(args)?;
    let mut texts = [first, second, third]
        .into_iter()
        .zip(names)
        .map(|(value, name)| match value {
            Some(value) => Ok(value.to_string()),
            None => Ok(kwargs.get::<Option<Value>>(name)?.map_or(String::new(), |value| value.to_string())),
        })
        .collect::<std::result::Result<Vec<_>, JinjaError>>()?
        .into_iter();
    let mut next = || texts.next().unwrap_or_default();
    Ok((next(), next(), next()))
}

impl Object for AdapterObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> JinjaResult {
        if self.0.phase == Phase::Parse {
            match method {
                // As in dbt: while parsing there is no database, and no relation to ask about either.
                "get_columns_in_relation" | "get_missing_columns" | "list_relations" => {
                    return Ok(Value::from(Vec::<Value>::new()));
                }
                "get_relation" => return Ok(Value::from(())),
                "create_schema" | "drop_schema" | "drop_relation" | "truncate_relation" | "rename_relation" => {
                    return Ok(Value::from(""));
                }
                _ => {}
            }
        }
        let relation = |index: usize| match args.get(index) {
            Some(value) => from_value(value),
            None => Err(fail(format!("adapter.{method} needs a relation"))),
        };
        match method {
            "type" => Ok(Value::from("redshift")),
            "quote" => Ok(Value::from(quote(&from_args::<(String,)>(args)?.0))),
            "quote_as_configured" => Ok(Value::from(quote(&from_args::<(String, String)>(args)?.0))),
            "quote_seed_column" => {
                let (name, quoted): (String, Option<bool>) = from_args(args)?;
                Ok(Value::from(if quoted == Some(false) { name } else { quote(&name) }))
            }
            "verify_database" => Ok(Value::from("")),
            "date_function" => Ok(Value::from("getdate()")),
            "valid_incremental_strategies" => Ok(Value::from(vec!["append", "delete+insert", "merge"])),
            "dispatch" => self.dispatch(args),
            "execute" | "add_query" => self.execute(args),
            "get_relation" => self.get_relation(args),
            "list_relations" => self.list_relations(args),
            "get_columns_in_relation" => {
                let columns = self.columns(&relation(0)?)?;
                Ok(columns.iter().map(|column| Value::from_object(ColumnObject::new(column))).collect())
            }
            "get_missing_columns" => self.missing_columns(&relation(0)?, &relation(1)?),
            "already_exists" => {
                let (schema, table): (String, String) = from_args(args)?;
                let database = self.0.jinja.target.database.clone();
                let kind = self.connection(|connection| connection.relation(&database, &schema, &table))?.flatten();
                Ok(Value::from(kind.is_some()))
            }
            "check_schema_exists" => {
                let (database, schema): (String, String) = from_args(args)?;
                let schemas = self.connection(|connection| connection.schemas(&database))?.unwrap_or_default();
                Ok(Value::from(schemas.iter().any(|known| known.eq_ignore_ascii_case(&schema))))
            }
            "create_schema" => self.run(&format!("create schema if not exists {}", quote(relation(0)?.schema()))),
            "drop_schema" => self.run(&format!("drop schema if exists {} cascade", quote(relation(0)?.schema()))),
            "drop_relation" => self.drop_relation(&relation(0)?),
            "truncate_relation" => self.run(&format!("truncate table {}", relation(0)?)),
            "rename_relation" => {
                self.run(&format!("alter table {} rename to {}", relation(0)?, quote(relation(1)?.identifier())))
            }
            other => Err(fail(format!("`adapter.{other}` is not supported by the native dbt runner"))),
        }
    }
}

/// A column as templates see it.
#[derive(Debug)]
pub struct ColumnObject {
    name: String,
    data_type: DataType,
}

impl ColumnObject {
    /// The template object of a column.
    pub fn new(column: &Column) -> Self {
        ColumnObject { name: column.name.clone(), data_type: DataType::parse(&column.data_type) }
    }
}

impl Object for ColumnObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.name.as_str()),
            "quoted" => Value::from(quote(&self.name)),
            "dtype" => Value::from(self.data_type.base.as_str()),
            "data_type" | "expanded_data_type" => Value::from(self.data_type.to_string()),
            "char_size" => self.data_type.char_size().map_or_else(|| Value::from(()), Value::from),
            "numeric_precision" => {
                self.data_type.arguments.first().map_or_else(|| Value::from(()), |n| Value::from(*n))
            }
            "numeric_scale" => self.data_type.arguments.get(1).map_or_else(|| Value::from(()), |n| Value::from(*n)),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, _args: &[Value]) -> JinjaResult {
        match method {
            "is_string" => Ok(Value::from(self.data_type.is_string())),
            "is_integer" => Ok(Value::from(self.data_type.is_integer())),
            "is_numeric" => Ok(Value::from(self.data_type.is_numeric())),
            "is_float" => Ok(Value::from(self.data_type.is_float())),
            "is_number" => {
                Ok(Value::from(self.data_type.is_integer() || self.data_type.is_numeric() || self.data_type.is_float()))
            }
            "string_size" => Ok(Value::from(self.data_type.char_size().unwrap_or(256))),
            other => Err(fail(format!("a column has no method `{other}`"))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<RedshiftColumn {} ({})>", self.name, self.data_type)
    }
}
