//! Query results as templates see them: the part of agate's `Table` that macros use.

use std::{fmt, sync::Arc};

use minijinja::{
    Error as JinjaError, State, Value,
    value::{Enumerator, Object, ObjectRepr},
};

use super::{convert::from_cell, signal::fail};
use crate::{Column, Outcome};

/// The result of a query.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Value>,
}

impl Table {
    /// The table of an outcome.
    pub fn new(outcome: &Outcome) -> Self {
        let names: Arc<[String]> = outcome.columns.iter().map(|column| column.name.clone()).collect();
        let rows = outcome.rows.iter().map(|row| {
            let values = row.iter().map(from_cell).collect();
            Value::from_object(Row { names: names.clone(), values })
        });
        Table { columns: outcome.columns.clone(), rows: rows.collect() }
    }

    fn column(&self, index: usize) -> Option<Value> {
        let column = self.columns.get(index)?;
        let values = self.rows.iter().map(|row| row.get_item_by_index(index).unwrap_or_default()).collect();
        Some(Value::from_object(TableColumn { name: column.name.clone(), values }))
    }

    fn columns(&self) -> Vec<Value> {
        (0..self.columns.len()).filter_map(|index| self.column(index)).collect()
    }
}

impl Object for Table {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(index) = key.as_usize() {
            return self.rows.get(index).cloned();
        }
        match key.as_str()? {
            "rows" => Some(Value::from(self.rows.clone())),
            "columns" => Some(Value::from_object(Columns(self.columns()))),
            "column_names" => Some(Value::from_iter(self.columns.iter().map(|column| column.name.clone()))),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.rows.clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.rows.len())
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, _args: &[Value]) -> Result<Value, JinjaError> {
        Err(fail(format!("`{method}` of a query result is not supported by the native dbt runner")))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<table of {} rows>", self.rows.len())
    }
}

/// `table.columns`: by number or by name.
#[derive(Debug)]
struct Columns(Vec<Value>);

impl Object for Columns {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => {
                self.0.iter().find(|column| column.get_attr("name").is_ok_and(|n| n.as_str() == Some(name))).cloned()
            }
            None => self.0.get(key.as_usize()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

/// One column with its values.
#[derive(Debug)]
struct TableColumn {
    name: String,
    values: Vec<Value>,
}

impl Object for TableColumn {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("name") => Some(Value::from(self.name.as_str())),
            Some(_) => None,
            None => self.values.get(key.as_usize()?).cloned(),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.values.len())
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, _args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "values" => Ok(Value::from(self.values.clone())),
            "values_without_nulls" => Ok(self.values.iter().filter(|value| !value.is_none()).cloned().collect()),
            "values_distinct" => {
                let mut distinct: Vec<Value> = Vec::new();
                for value in &self.values {
                    if !distinct.contains(value) {
                        distinct.push(value.clone());
                    }
                }
                Ok(Value::from(distinct))
            }
            other => Err(fail(format!("a result's column has no method `{other}`"))),
        }
    }
}

/// One row: by number, by column name, as attributes.
#[derive(Debug)]
struct Row {
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl Object for Row {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = match key.as_str() {
            Some(name) => self.names.iter().position(|known| known.eq_ignore_ascii_case(name))?,
            None => key.as_usize()?,
        };
        self.values.get(index).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.values.len())
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "values" => Ok(Value::from(self.values.clone())),
            "keys" => Ok(Value::from_iter(self.names.iter().cloned())),
            "get" => Ok(args.first().and_then(|key| self.get_value(key)).unwrap_or_else(|| Value::from(()))),
            "dict" => Ok(self.names.iter().cloned().zip(self.values.iter().cloned()).collect()),
            "items" => {
                let pairs = self.names.iter().zip(&self.values);
                Ok(pairs.map(|(name, value)| Value::from(vec![Value::from(name.as_str()), value.clone()])).collect())
            }
            other => Err(fail(format!("a result's row has no method `{other}`"))),
        }
    }
}
