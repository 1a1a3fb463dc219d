//! Variables of PL/pgSQL: scopes by block, records, cursors, and what names in SQL stand for.

use blueshift_sql::{
    ast::{Expr, Query},
    plpgsql::VariableType,
};

use super::{substitute::Values, value::Value};
use crate::{
    error::{Error, Result, SqlState},
    types::RedshiftType,
};

/// A variable.
#[derive(Debug, Clone)]
pub(super) enum Variable {
    /// A value of a type.
    Scalar { value: Value, data_type: RedshiftType, constant: bool, not_null: bool },
    /// A row: fields by name. `row_type` holds those of a %ROWTYPE; a RECORD takes any.
    Record { fields: Option<Vec<(String, Value)>>, row_type: Option<Vec<(String, RedshiftType)>> },
    /// A cursor: the name of its portal, and the query it is bound to.
    Cursor { portal: Option<String>, bound: Option<BoundCursor> },
    /// Another name of a variable.
    Alias(String),
}

/// The query of `name CURSOR (arguments) FOR query`.
#[derive(Debug, Clone)]
pub(super) struct BoundCursor {
    pub(super) arguments: Vec<(String, VariableType)>,
    pub(super) query: Box<Query>,
}

/// The variables of a block.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) label: Option<String>,
    pub(super) variables: Vec<(String, Variable)>,
}

/// All that names can stand for at one place of a procedure.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) scopes: Vec<Scope>,
    /// FOUND.
    pub(super) found: bool,
    /// ROW_COUNT of the last command.
    pub(super) row_count: u64,
    /// SQLSTATE and SQLERRM of the errors being handled, the innermost last.
    pub(super) errors: Vec<(String, String)>,
}

/// Where an assignment goes.
pub(super) enum Place<'v> {
    Variable(&'v mut Variable),
    Field(&'v mut Value),
}

impl Environment {
    /// The variable of a name, from the innermost scope outwards.
    fn find(&self, name: &str) -> Option<&Variable> {
        let variable =
            self.scopes.iter().rev().find_map(|scope| scope.variables.iter().rev().find(|(known, _)| known == name));
        match variable.map(|(_, variable)| variable) {
            Some(Variable::Alias(other)) if other != name => self.find(other),
            other => other,
        }
    }

    fn find_in(&self, label: &str, name: &str) -> Option<&Variable> {
        let scope = self.scopes.iter().rev().find(|scope| scope.label.as_deref() == Some(label))?;
        scope.variables.iter().rev().find(|(known, _)| known == name).map(|(_, variable)| variable)
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Variable> {
        let mut name = name.to_owned();
        // An alias may be of an alias; the number of scopes bounds the search.
        for _ in 0..=self.scopes.len() {
            match self.find_here(&name) {
                Some(Variable::Alias(other)) => name = other.clone(),
                _ => break,
            }
        }
        let scopes = self.scopes.iter_mut().rev();
        let mut variables = scopes.flat_map(|scope| scope.variables.iter_mut().rev());
        variables.find(|(known, _)| *known == name).map(|(_, variable)| variable)
    }

    fn find_here(&self, name: &str) -> Option<&Variable> {
        let scopes = self.scopes.iter().rev();
        let mut variables = scopes.flat_map(|scope| scope.variables.iter().rev());
        variables.find(|(known, _)| known == name).map(|(_, variable)| variable)
    }

    /// A cursor variable.
    pub(super) fn cursor(&mut self, name: &str) -> Result<(&mut Option<String>, Option<BoundCursor>)> {
        match self.find_mut(name) {
            Some(Variable::Cursor { portal, bound }) => {
                let bound = bound.clone();
                Ok((portal, bound))
            }
            Some(_) => {
                Err(Error::new(SqlState::DATATYPE_MISMATCH, format!("variable \"{name}\" must be of type refcursor")))
            }
            None => Err(Error::syntax(format!("\"{name}\" is not a known variable"))),
        }
    }

    /// Whether a target is a whole record.
    pub(super) fn is_record(&self, target: &[String]) -> bool {
        match target {
            [name] => matches!(self.find(name), Some(Variable::Record { .. })),
            [label, name] => matches!(self.find_in(label, name), Some(Variable::Record { .. })),
            _ => false,
        }
    }

    /// The place that a target names.
    pub(super) fn place(&mut self, target: &[String]) -> Result<Place<'_>> {
        let unknown = || Error::syntax(format!("\"{}\" is not a known variable", target.join(".")));
        match target {
            [name] => self.find_mut(name).map(Place::Variable).ok_or_else(unknown),
            [first, second] => {
                if self.find(first).is_some() {
                    return field(self.find_mut(first).ok_or_else(unknown)?, first, second);
                }
                let scope = self.scopes.iter_mut().rev().find(|scope| scope.label.as_deref() == Some(first));
                let variables = scope.into_iter().flat_map(|scope| scope.variables.iter_mut().rev());
                let mut named = variables.filter(|(known, _)| known == second);
                named.next().map(|(_, variable)| Place::Variable(variable)).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    /// The value of a name; None: it is no variable.
    pub(super) fn value(&self, name: &[&str]) -> Result<Option<Value>> {
        match name {
            [name] => match self.find(name) {
                Some(variable) => whole(variable, name).map(Some),
                None => Ok(self.built_in(name)),
            },
            [first, second] => match self.find(first) {
                Some(Variable::Record { fields, .. }) => read_field(fields.as_deref(), first, second).map(Some),
                _ => self.find_in(first, second).map(|variable| whole(variable, second)).transpose(),
            },
            [label, record, column] => match self.find_in(label, record) {
                Some(Variable::Record { fields, .. }) => read_field(fields.as_deref(), record, column).map(Some),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn built_in(&self, name: &str) -> Option<Value> {
        match name {
            "found" => Some(Value::boolean(self.found)),
            "sqlstate" => self.errors.last().map(|(state, _)| Value::text(state)),
            "sqlerrm" => self.errors.last().map(|(_, message)| Value::text(message)),
            _ => None,
        }
    }
}

/// A variable as one value. A whole record is only good for IS NULL: it is NULL when all its fields are.
fn whole(variable: &Variable, name: &str) -> Result<Value> {
    match variable {
        Variable::Scalar { value, .. } => Ok(value.clone()),
        Variable::Cursor { portal, .. } => Ok(portal.as_ref().map_or_else(Value::null, Value::text)),
        Variable::Record { fields, .. } => {
            let empty = fields.as_deref().is_none_or(|fields| fields.iter().all(|(_, value)| value.is_null()));
            Ok(if empty { Value::null() } else { Value::boolean(true) })
        }
        Variable::Alias(other) => Err(Error::syntax(format!("alias \"{name}\" of \"{other}\", which is no variable"))),
    }
}

fn field<'v>(variable: &'v mut Variable, record: &str, name: &str) -> Result<Place<'v>> {
    let Variable::Record { fields, row_type } = variable else {
        return Err(Error::syntax(format!("\"{record}\" is not a record")));
    };
    if let (None, Some(row_type)) = (fields.as_ref(), row_type.as_ref()) {
        let empty = |(name, data_type): &(String, RedshiftType)| {
            (name.clone(), Value { data_type: Some(*data_type), ..Value::null() })
        };
        *fields = Some(row_type.iter().map(empty).collect());
    }
    let Some(fields) = fields else { return Err(unassigned(record)) };
    match fields.iter_mut().find(|(known, _)| known == name) {
        Some((_, value)) => Ok(Place::Field(value)),
        None => Err(no_field(record, name)),
    }
}

fn read_field(fields: Option<&[(String, Value)]>, record: &str, name: &str) -> Result<Value> {
    let fields = fields.ok_or_else(|| unassigned(record))?;
    let found = fields.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).ok_or_else(|| no_field(record, name))
}

fn unassigned(record: &str) -> Error {
    Error::new(SqlState("55000"), format!("record \"{record}\" is not assigned yet"))
        .with_detail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

fn no_field(record: &str, name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_COLUMN, format!("record \"{record}\" has no field \"{name}\""))
}

impl Values for Environment {
    fn expression(&self, name: &[&str]) -> Result<Option<Expr>> {
        self.value(name)?.map(|value| value.to_expr()).transpose()
    }
}
