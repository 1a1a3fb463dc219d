//! Types of parameters that the client did not declare, from where they stand: a column they are
//! stored in or compared with. What cannot be told is text.

use std::{collections::HashMap, ops::ControlFlow};

use crate::{error::Result, session::Session, storage::metadata::TableSnapshot, types::RedshiftType};
use blueshift_sql::{
    ParsedStatement,
    ast::{
        Assignment, Expr, InsertSource, ObjectName, Query, Statement, Value, ValueOrDefault,
        sql::{SelectItem, SetExpr, Visit, visit_expressions},
    },
};

/// Types by the parameter's number, from 1.
type Types = HashMap<usize, RedshiftType>;

/// The types that can be told. An error in the statement is no error here: running it reports it.
pub fn infer(session: &mut Session, parsed: &ParsedStatement) -> Types {
    let mut types = Types::new();
    // Incomplete is fine.
    let _ = infer_statement(session, &parsed.statement, &mut types);
    types
}

fn infer_statement(session: &mut Session, statement: &Statement, types: &mut Types) -> Result<()> {
    match statement {
        Statement::Query(query) => infer_query(session, query, types),
        Statement::Explain(explain) => infer_statement(session, &explain.statement, types),
        Statement::CreateTableAs(create) => infer_query(session, &create.query, types),
        Statement::Insert(insert) => {
            let table = session.target_table(&insert.table)?;
            let targets: Vec<RedshiftType> = if insert.columns.is_empty() {
                table.columns.iter().map(|column| column.redshift_type.parse()).collect::<Result<_>>()?
            } else {
                insert.columns.iter().filter_map(|ident| column_type(&table, &ident.value)).collect()
            };
            match &insert.source {
                InsertSource::Values(rows) => {
                    for row in rows {
                        for (value, target) in row.iter().zip(&targets) {
                            stored(value, *target, types);
                        }
                    }
                }
                InsertSource::Query(query) => {
                    if let SetExpr::Select(select) = &*query.body {
                        for (item, target) in select.projection.iter().zip(&targets) {
                            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                                stored_expr(expr, *target, types);
                            }
                        }
                    }
                    infer_query(session, query, types)?;
                }
                InsertSource::DefaultValues => {}
            }
            Ok(())
        }
        Statement::Update(update) => {
            let table = session.target_table(&update.table)?;
            assigned(&table, &update.assignments, types);
            infer_condition(session, &update.table, update.selection.as_ref(), types)
        }
        Statement::Delete(delete) => infer_condition(session, &delete.table, delete.selection.as_ref(), types),
        _ => Ok(()),
    }
}

fn column_type(table: &TableSnapshot, name: &str) -> Option<RedshiftType> {
    table.column(name)?.redshift_type.parse().ok()
}

fn assigned(table: &TableSnapshot, assignments: &[Assignment], types: &mut Types) {
    for assignment in assignments {
        if let Some(target) = column_type(table, &assignment.column.value) {
            stored(&assignment.value, target, types);
        }
    }
}

fn stored(value: &ValueOrDefault, target: RedshiftType, types: &mut Types) {
    if let ValueOrDefault::Expr(expr) = value {
        stored_expr(expr, target, types);
        written(expr, types);
    }
}

/// What the text of an expression says: the type that a parameter is cast to, and that of a number beside
/// its operator.
fn written<N: Visit>(node: &N, types: &mut Types) {
    let _ = visit_expressions(node, |expr: &Expr| {
        match expr {
            Expr::Cast { expr, data_type, .. } => {
                if let Ok(target) = RedshiftType::from_sql(data_type) {
                    stored_expr(expr, target, types);
                }
            }
            Expr::BinaryOp { left, right, .. } => {
                for (side, other) in [(left, right), (right, left)] {
                    if let Some(target) = number_type(other) {
                        stored_expr(side, target, types);
                    }
                }
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
}

/// The type of a number as written.
fn number_type(expr: &Expr) -> Option<RedshiftType> {
    let Expr::Value(value) = expr else { return None };
    let Value::Number(digits, _) = &value.value else { return None };
    if digits.parse::<i32>().is_ok() {
        Some(RedshiftType::Integer)
    } else if digits.parse::<i64>().is_ok() {
        Some(RedshiftType::BigInt)
    } else if digits.contains(['e', 'E']) {
        Some(RedshiftType::Double)
    } else {
        None
    }
}

fn stored_expr(expr: &Expr, target: RedshiftType, types: &mut Types) {
    if let Expr::Value(value) = expr
        && let Value::Placeholder(name) = &value.value
        && let Some(number) = number(name)
    {
        types.entry(number).or_insert(target);
    }
}

fn number(name: &str) -> Option<usize> {
    name.strip_prefix('$')?.parse().ok()
}

/// A parameter that is cast has the type it is cast to. Of the others the planner infers the type by
/// what they are compared with.
fn infer_query(session: &mut Session, query: &Query, types: &mut Types) -> Result<()> {
    written(query, types);
    for (name, field) in session.parameter_fields(query)? {
        let redshift_type = field.and_then(|field| RedshiftType::of_field(&field));
        if let (Some(number), Some(redshift_type)) = (number(&name), redshift_type) {
            types.entry(number).or_insert(redshift_type);
        }
    }
    Ok(())
}

/// A condition on a table, as the query with that condition.
fn infer_condition(
    session: &mut Session,
    table: &ObjectName,
    condition: Option<&Expr>,
    types: &mut Types,
) -> Result<()> {
    let Some(condition) = condition else { return Ok(()) };
    let sql = format!("select 1 as one from {table}");
    let mut query = blueshift_sql::parse_query(&sql, session.parser_options())
        .map_err(|error| crate::Error::syntax(error.to_string()))?;
    if let SetExpr::Select(select) = &mut *query.body {
        select.selection = Some(condition.clone());
    }
    infer_query(session, &query, types)
}
