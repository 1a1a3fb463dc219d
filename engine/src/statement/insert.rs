//! INSERT.

use std::{collections::HashMap, sync::Arc};

use blueshift_sql::ast::{self, InsertSource, ValueOrDefault};
use datafusion::{
    arrow::datatypes::{Field, Schema},
    common::{DFSchema, ScalarValue},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder},
};

use super::{
    assignment::{self, Conversion, Source},
    identity, name,
};
use crate::{
    binder::Binder,
    error::{Error, Result, SqlState},
    security::Privilege,
    session::{Session, StatementResult},
    storage::metadata::{Column, TableSnapshot},
};

/// Runs INSERT in all its forms.
pub async fn execute(session: &mut Session, insert: &ast::Insert) -> Result<StatementResult> {
    let table = name::changed_table(session, &insert.table, Privilege::Insert)?;
    let mut targets = target_columns(&table, &insert.columns)?;
    let plan = match &insert.source {
        InsertSource::Query(query) => {
            let mut query = query.clone();
            prepend_with(&mut query, insert.with.clone())?;
            let source = session.plan_query(&query)?;
            shorten(&mut targets, insert, source.schema().fields().len());
            from_query(session, source, &table, &targets)?
        }
        InsertSource::Values(rows) => {
            shorten(&mut targets, insert, rows.first().map_or(0, Vec::len));
            from_values(session, &table, &targets, rows)?
        }
        InsertSource::DefaultValues => from_values(session, &table, &[], &[vec![]])?,
    };
    let (segments, rows) = assignment::write_plan(session, &plan, &table).await?;
    session.transaction()?.append(table.id, segments)?;
    Ok(StatementResult::done(format!("INSERT 0 {rows}")))
}

/// Without a list of columns, fewer values than columns go to the first ones.
fn shorten(targets: &mut Vec<&Column>, insert: &ast::Insert, values: usize) {
    if insert.columns.is_empty() && values > 0 {
        targets.truncate(values);
    }
}

/// `WITH … INSERT INTO t SELECT …`: the common table expressions belong to the query.
pub fn prepend_with(query: &mut ast::Query, with: Option<ast::With>) -> Result<()> {
    match (with, &query.with) {
        (None, _) => Ok(()),
        (Some(with), None) => {
            query.with = Some(with);
            Ok(())
        }
        (Some(_), Some(_)) => Err(Error::not_supported("WITH both before INSERT and before its SELECT")),
    }
}

/// The listed columns, or all of them.
fn target_columns<'t>(table: &'t TableSnapshot, listed: &[ast::Ident]) -> Result<Vec<&'t Column>> {
    if listed.is_empty() {
        return Ok(table.columns.iter().collect());
    }
    let mut targets: Vec<&Column> = Vec::with_capacity(listed.len());
    for ident in listed {
        let column = table.column(&ident.value).ok_or_else(|| {
            Error::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{}\" of relation \"{}\" does not exist", ident.value, table.name),
            )
        })?;
        if targets.iter().any(|other| other.name == column.name) {
            return Err(Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", column.name),
            ));
        }
        targets.push(column);
    }
    Ok(targets)
}

fn from_query(
    session: &mut Session,
    source: LogicalPlan,
    table: &TableSnapshot,
    targets: &[&Column],
) -> Result<LogicalPlan> {
    let columns = assignment::plan_columns(&source);
    check_count(columns.len(), targets.len())?;
    for target in targets {
        identity::check_assignable(table, target)?;
    }
    let sources = targets.iter().zip(columns).map(|(target, expr)| (target.name.clone(), Source::Expr(expr))).collect();
    assignment::project_to_table(session, source, table, sources, Conversion::Typed)
}

/// Each row becomes literals of the columns' types, so that a row does not change the types of another.
fn from_values(
    session: &mut Session,
    table: &Arc<TableSnapshot>,
    targets: &[&Column],
    rows: &[Vec<ValueOrDefault>],
) -> Result<LogicalPlan> {
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    let binder = Binder::new(&state, &context, shared.warehouse.segments());
    let empty = DFSchema::empty();
    let defaults: HashMap<&str, Expr> = table
        .columns
        .iter()
        .filter(|column| {
            column.default.is_some() || column.identity.is_some() || !targets.iter().any(|t| t.name == column.name)
        })
        .map(|column| Ok((column.name.as_str(), assignment::default_value(session, column)?)))
        .collect::<Result<_>>()?;
    let mut values = Vec::with_capacity(rows.len());
    if rows.iter().any(|row| row.len() != rows[0].len()) {
        return Err(Error::syntax("VALUES lists must all be the same length"));
    }
    for row in rows {
        check_count(row.len(), targets.len())?;
        for (target, value) in targets.iter().zip(row) {
            if matches!(value, ValueOrDefault::Expr(_)) {
                identity::check_assignable(table, target)?;
            }
        }
        let mut given: HashMap<&str, &ValueOrDefault> =
            targets.iter().zip(row).map(|(target, value)| (target.name.as_str(), value)).collect();
        let mut cells = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            let expr = match given.remove(column.name.as_str()) {
                Some(ValueOrDefault::Expr(expr)) => {
                    let bound = binder.bind_expr(expr, &empty)?;
                    if column.identity.is_some() && matches!(bound, Expr::Literal(ScalarValue::Null, _)) {
                        return Err(Error::not_null_violation(&column.name));
                    }
                    bound
                }
                Some(ValueOrDefault::Default) | None => defaults
                    .get(column.name.as_str())
                    .cloned()
                    .unwrap_or_else(|| Expr::Literal(ScalarValue::Null, None)),
            };
            cells.push(assignment::assign(expr, column, &empty, Conversion::Literal)?);
        }
        values.push(cells);
    }
    if values.iter().flatten().any(assignment::has_subquery) {
        return with_subqueries(table, values);
    }
    // Nullable throughout: NOT NULL is checked, and named, when the rows are written.
    let fields: Vec<Field> = table.columns.iter().map(|column| column.to_field().with_nullable(true)).collect();
    let schema = DFSchema::try_from(Schema::new(fields))?;
    Ok(LogicalPlanBuilder::values_with_schema(values, &Arc::new(schema))?.build()?)
}

/// A row with subqueries is a query of one row: VALUES is evaluated before any subquery runs.
fn with_subqueries(table: &TableSnapshot, mut rows: Vec<Vec<Expr>>) -> Result<LogicalPlan> {
    let (Some(row), true) = (rows.pop(), rows.is_empty()) else {
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "cannot use subqueries in multi-row VALUES"));
    };
    let cells = row.into_iter().zip(&table.columns).map(|(cell, column)| cell.alias(&column.name));
    Ok(LogicalPlanBuilder::empty(true).project(cells.collect::<Vec<_>>())?.build()?)
}

fn check_count(values: usize, targets: usize) -> Result<()> {
    match values.cmp(&targets) {
        std::cmp::Ordering::Greater => Err(Error::syntax("INSERT has more expressions than target columns")),
        std::cmp::Ordering::Less => Err(Error::syntax("INSERT has more target columns than expressions")),
        std::cmp::Ordering::Equal => Ok(()),
    }
}
