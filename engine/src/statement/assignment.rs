//! Storing rows: values cast to the columns they go to, defaults filled in, NOT NULL checked,
//! segments written.

use std::{collections::HashMap, sync::Arc};

use blueshift_sql::parse_expression;
use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch},
        compute::cast,
        datatypes::{DataType, SchemaRef},
    },
    common::{Column as PlanColumn, DFSchema, ScalarValue, tree_node::TreeNode},
    logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder},
};
use futures::TryStreamExt;

use super::{constant_column::is_constant, identity::IdentityValues};
use crate::{
    binder::{Binder, STORED_SQL},
    error::{Error, Result, SqlState},
    functions::operator::cast_expr,
    session::Session,
    storage::{
        SegmentMeta, SegmentWriter,
        metadata::{Column, TableSnapshot},
    },
    types::{
        RedshiftType,
        cast::{CastMode, is_text},
    },
};

/// Where the value of a target column comes from.
pub enum Source {
    /// An expression over the source plan.
    Expr(Expr),
    /// The column's default, or NULL.
    Default,
}

/// How strict a stored value's type must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Values of VALUES: a literal takes the type of its column.
    Literal,
    /// Values of a query: text does not become a number or date by itself.
    Typed,
}

/// A plan that gives exactly the columns of `table`, in order, from `source`.
pub fn project_to_table(
    session: &mut Session,
    source: LogicalPlan,
    table: &TableSnapshot,
    mut sources: HashMap<String, Source>,
    conversion: Conversion,
) -> Result<LogicalPlan> {
    let mut expressions = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let expr = match sources.remove(&column.name) {
            Some(Source::Expr(expr)) => expr,
            Some(Source::Default) | None => default_value(session, column)?,
        };
        let conversion = if is_constant(&expr, &source) { Conversion::Literal } else { conversion };
        let expr = assign(expr, column, source.schema(), conversion)?;
        expressions.push(expr.alias(&column.name));
    }
    Ok(LogicalPlanBuilder::from(source).project(expressions)?.build()?)
}

/// The DEFAULT of a column, evaluated for this statement.
pub fn default_value(session: &mut Session, column: &Column) -> Result<Expr> {
    // Identity columns get their numbers when the rows are written.
    let Some(text) = &column.default else { return Ok(Expr::Literal(ScalarValue::Null, None)) };
    let parsed = parse_expression(text, STORED_SQL)
        .map_err(|error| Error::internal(format!("default of column {} cannot be read: {error}", column.name)))?;
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    Binder::new(&state, &context, shared.warehouse.segments()).bind_expr(&parsed, &DFSchema::empty())
}

/// `expr` as a value of `column`.
pub fn assign(expr: Expr, column: &Column, schema: &DFSchema, conversion: Conversion) -> Result<Expr> {
    let target: RedshiftType = column.redshift_type.parse()?;
    let (_, field) = expr.to_field(schema)?;
    let source_type = field.data_type();
    let literal = conversion == Conversion::Literal || is_string_literal(&expr);
    let into_text_form = is_text(&target.arrow()) || matches!(target, RedshiftType::Super | RedshiftType::HllSketch);
    if is_text(source_type) && !into_text_form && !literal {
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!("column \"{}\" is of type {target} but expression is of type character varying", column.name),
        )
        .with_hint("You will need to rewrite or cast the expression."));
    }
    let fits = match target {
        // A declared length is worked out, not measured; and qualifiers cut intervals.
        RedshiftType::Varchar(_) | RedshiftType::Char(_) | RedshiftType::Varbyte(_) => false,
        RedshiftType::IntervalYearToMonth(_) | RedshiftType::IntervalDayToSecond(..) => false,
        // Its 64 bits hold fewer values than nineteen digits.
        RedshiftType::Numeric(19, _) => false,
        // A bare literal would become an INTEGER again.
        _ => *source_type == target.arrow() && !matches!(expr, Expr::Literal(ScalarValue::Int64(_), _)),
    };
    if fits { Ok(expr) } else { Ok(cast_expr(expr, &target, CastMode::Assignment)) }
}

fn is_string_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::Alias(alias) => is_string_literal(&alias.expr),
        _ => false,
    }
}

/// Whether an expression holds a subquery.
pub fn has_subquery(expr: &Expr) -> bool {
    let found = expr.exists(|expr| {
        Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_)))
    });
    found.unwrap_or(true)
}

/// The columns of a plan as expressions, in order.
pub fn plan_columns(plan: &LogicalPlan) -> Vec<Expr> {
    plan.schema().columns().into_iter().map(|column: PlanColumn| Expr::Column(column)).collect()
}

/// Runs `plan`, whose columns go to those of `table` in order, into new segments. Gives them and their number of rows.
pub async fn write_in_order(
    session: &mut Session,
    plan: LogicalPlan,
    table: &TableSnapshot,
) -> Result<(Vec<SegmentMeta>, u64)> {
    let columns = table.columns.iter().zip(plan_columns(&plan));
    let sources = columns.map(|(column, expr)| (column.name.clone(), Source::Expr(expr))).collect();
    let plan = project_to_table(session, plan, table, sources, Conversion::Typed)?;
    write_plan(session, &plan, table).await
}

/// Runs `plan`, whose columns are those of `table`, into new segments. Gives them and their number of rows.
pub async fn write_plan(
    session: &Session,
    plan: &LogicalPlan,
    table: &TableSnapshot,
) -> Result<(Vec<SegmentMeta>, u64)> {
    let mut stream = session.stream(plan).await?;
    let mut writer = TableWriter::new(session, table)?;
    while let Some(batch) = stream.try_next().await? {
        writer.push(batch).await?;
    }
    writer.finish().await
}

/// Checks and writes batches whose columns are those of a table.
pub struct TableWriter {
    writer: SegmentWriter,
    schema: SchemaRef,
    identity: Option<IdentityValues>,
    rows: u64,
}

impl TableWriter {
    /// A writer of new segments of `table`.
    pub fn new(session: &Session, table: &TableSnapshot) -> Result<Self> {
        let writer = SegmentWriter::new(session.shared.warehouse.segments(), table)?;
        let identity = IdentityValues::of(&session.shared.warehouse, table);
        Ok(TableWriter { writer, schema: table.arrow_schema(), identity, rows: 0 })
    }

    /// A writer of rows that the table has already; `sorted`: they come in the order of its sort key.
    pub fn rewriting(session: &Session, table: &TableSnapshot, sorted: bool) -> Result<Self> {
        let store = session.shared.warehouse.segments();
        let writer = if sorted { SegmentWriter::presorted(store, table)? } else { SegmentWriter::new(store, table)? };
        Ok(TableWriter { writer, schema: table.arrow_schema(), identity: None, rows: 0 })
    }

    /// Takes a batch. Errors: 23502.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let mut arrays = batch.columns().to_vec();
        if let Some(identity) = &self.identity {
            identity.fill(&mut arrays)?;
        }
        let columns: Vec<ArrayRef> = arrays
            .iter()
            .zip(self.schema.fields())
            .map(|(array, field)| {
                if !field.is_nullable() && array.null_count() > 0 {
                    return Err(Error::not_null_violation(field.name()));
                }
                conform(array, field.data_type())
            })
            .collect::<Result<_>>()?;
        self.rows += batch.num_rows() as u64;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(Error::internal)?;
        self.writer.push(batch).await
    }

    /// Writes what is left. Gives the segments and the number of rows.
    pub async fn finish(self) -> Result<(Vec<SegmentMeta>, u64)> {
        Ok((self.writer.finish().await?, self.rows))
    }
}

/// The optimizer may hand out another Arrow type of the same kind (Utf8 for Utf8View).
fn conform(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if array.data_type() == data_type {
        return Ok(Arc::clone(array));
    }
    cast(array, data_type).map_err(Error::internal)
}
