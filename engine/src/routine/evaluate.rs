//! Computing one value, or the rows of a query, for PL/pgSQL, EXECUTE and CALL.

use blueshift_sql::ast::{Expr, Ident, Query, sql::SelectItem};
use std::sync::Arc;

use datafusion::{
    arrow::{
        datatypes::{DataType, Schema},
        record_batch::{RecordBatch, RecordBatchOptions},
    },
    logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder},
};

use super::value::Value;
use crate::{
    error::{Error, Result, SqlState},
    functions::operator::cast_expr,
    rewrite::column_name,
    session::Session,
    statement::{has_subquery, row_change},
    types::{
        RedshiftType,
        cast::{CastMode, cast_array, is_text},
    },
};

/// The rows of a query with names and types of its columns.
pub struct Rows {
    /// Names and types.
    pub columns: Vec<(String, Option<RedshiftType>)>,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl Rows {
    /// Number of rows.
    pub fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The values of row `row`; None when there are fewer rows.
    pub fn row(&self, row: usize) -> Result<Option<Vec<Value>>> {
        let mut rest = row;
        for batch in &self.batches {
            if rest < batch.num_rows() {
                let values = batch.columns().iter().zip(&self.columns);
                return values
                    .map(|(array, column)| Value::of_row(array, rest, column.1))
                    .collect::<Result<_>>()
                    .map(Some);
            }
            rest -= batch.num_rows();
        }
        Ok(None)
    }
}

/// Names and types of a plan's columns.
pub fn columns(plan: &LogicalPlan) -> Vec<(String, Option<RedshiftType>)> {
    let fields = plan.schema().fields().iter();
    fields.map(|field| (column_name::visible(field.name()).to_owned(), RedshiftType::of_field(field))).collect()
}

/// Runs a query to its end.
pub async fn rows(session: &mut Session, query: &Query) -> Result<Rows> {
    let plan = session.plan_query(query)?;
    Ok(Rows { columns: columns(&plan), batches: session.collect(&plan).await? })
}

/// The value of an expression, converted to `target` as a stored value is.
pub async fn value(session: &mut Session, expr: &Expr, target: Option<RedshiftType>) -> Result<Value> {
    let item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', "value") };
    let query = row_change::select(None, vec![item], vec![], None);
    let mut plan = session.plan_query(&query)?;
    if let Some(batch) = one_row(session, &plan)?
        && let Some(array) = batch.columns().first()
    {
        let source = plan.schema().fields().first().and_then(|field| RedshiftType::of_field(field));
        let converted = match &target {
            Some(target) if needs_conversion(array.data_type(), target) => {
                cast_array(array, target, CastMode::Assignment)?
            }
            _ => Arc::clone(array),
        };
        return Value::of_row(&converted, 0, target.or(source));
    }
    if let Some(target) = target {
        plan = converted(plan, &target)?;
    }
    let rows = Rows { columns: columns(&plan), batches: session.collect(&plan).await? };
    match (rows.count(), rows.row(0)?) {
        (1, Some(mut values)) if values.len() == 1 => {
            let mut value = values.remove(0);
            value.data_type = target.or(value.data_type);
            Ok(value)
        }
        _ => Err(Error::new(SqlState::CARDINALITY_VIOLATION, "the expression did not give one value")),
    }
}

/// The row of a plan that reads nothing, without running it as a query; None: it does read something.
fn one_row(session: &Session, plan: &LogicalPlan) -> Result<Option<RecordBatch>> {
    match plan {
        LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
            let options = RecordBatchOptions::new().with_row_count(Some(1));
            let schema = Arc::new(Schema::empty());
            RecordBatch::try_new_with_options(schema, vec![], &options).map(Some).map_err(Error::internal)
        }
        LogicalPlan::Projection(projection) if !projection.expr.iter().any(has_subquery) => {
            let Some(input) = one_row(session, &projection.input)? else { return Ok(None) };
            let mut arrays = Vec::with_capacity(projection.expr.len());
            let mut fields = Vec::with_capacity(projection.expr.len());
            for (expr, field) in projection.expr.iter().zip(projection.schema.fields()) {
                let physical = session.state().create_physical_expr(expr.clone(), projection.input.schema())?;
                let array = physical.evaluate(&input)?.into_array(1)?;
                fields.push(field.as_ref().clone().with_data_type(array.data_type().clone()).with_nullable(true));
                arrays.push(array);
            }
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map(Some).map_err(Error::internal)
        }
        _ => Ok(None),
    }
}

fn needs_conversion(source: &DataType, target: &RedshiftType) -> bool {
    let unlimited_text = *target == RedshiftType::Varchar(None) && is_text(source);
    let limited_text = matches!(target, RedshiftType::Varchar(Some(_)) | RedshiftType::Char(_));
    !unlimited_text && (limited_text || *source != target.arrow())
}

/// A value as one of another type.
pub async fn convert(session: &mut Session, value: Value, target: RedshiftType) -> Result<Value> {
    let fits = value.data_type == Some(target)
        || (target == RedshiftType::Varchar(None) && is_text(&value.scalar.data_type()));
    if fits {
        return Ok(Value { data_type: Some(target), ..value });
    }
    let expr = value.to_expr()?;
    self::value(session, &expr, Some(target)).await
}

fn converted(plan: LogicalPlan, target: &RedshiftType) -> Result<LogicalPlan> {
    let Some(column) = plan.schema().columns().into_iter().next() else {
        return Err(Error::internal("an expression without a value"));
    };
    if !needs_conversion(plan.schema().field(0).data_type(), target) {
        return Ok(plan);
    }
    let expr = cast_expr(PlanExpr::Column(column), target, CastMode::Assignment).alias("value");
    Ok(LogicalPlanBuilder::from(plan).project(vec![expr])?.build()?)
}
