//! What rows are grouped and sorted by where values that are equal need not be the same value: SUPER goes by keys, and
//! text without the blanks at its end (page r_Character_types). So `'x'` and `'x '` are one group, which shows one of
//! them. A CHAR is kept without such blanks and needs nothing of it; nor does text that cannot end with one.
//!
//! Window functions and DISTINCT inside of aggregates are calls, and rewritten here as well.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, ExprSchema, Result as DataFusionResult},
    logical_expr::{
        AggregateUDF, Distinct, Expr, ExprSchemable, LogicalPlan, WindowFunctionDefinition,
        expr::{AggregateFunction, WindowFunction},
    },
};

use super::collation::{self, Collation};
use crate::{
    error::{Error, SqlState},
    functions::{
        aggregate::{self, extreme},
        operator::{cast_expr, is_trim_blanks, trim_blanks},
        super_type::operator::{KEY, call},
    },
    types::{
        RedshiftType,
        cast::{CastMode, is_text},
    },
};

/// What an expression is grouped by, and the aggregate that chooses what a group shows. None: by itself.
pub fn of(expr: &Expr, schema: &DFSchema) -> Option<(Expr, Arc<AggregateUDF>)> {
    match expr.get_type(schema) {
        Ok(DataType::LargeBinary) => Some((call(&KEY, vec![expr.clone()]), extreme::representative())),
        Ok(data_type) if is_text(&data_type) && collation::of(expr, schema) == Collation::Insensitive => {
            Some((collation::folded(expr.clone()), aggregate::least()))
        }
        Ok(data_type) if is_text(&data_type) && may_end_in_blank(expr, schema) => {
            Some((trim_blanks(expr.clone()), aggregate::least()))
        }
        _ => None,
    }
}

/// What an expression is sorted by. None: by itself.
pub fn of_sort(expr: &Expr, schema: &DFSchema) -> Option<Expr> {
    of(expr, schema).map(|(key, _)| key)
}

/// Whether text may have blanks at its end that comparisons do not see.
fn may_end_in_blank(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::Alias(alias) => may_end_in_blank(&alias.expr, schema),
        Expr::Literal(value, _) => value.try_as_str().flatten().is_some_and(|text| text.ends_with(' ')),
        Expr::Column(column) => {
            let field = schema.field_from_column(column);
            !matches!(field.map(|field| RedshiftType::of_field(field)), Ok(Some(RedshiftType::Char(_))))
        }
        expr => !is_trim_blanks(expr) && !expr.contains_outer(),
    }
}

/// Refuses to group or sort by what has no order.
///
/// Errors: 42883 for HLLSKETCH (page hyperloglog-functions-limitations).
pub fn check(plan: &LogicalPlan) -> DataFusionResult<()> {
    let (input, keys, clause): (_, Vec<&Expr>, _) = match plan {
        LogicalPlan::Sort(sort) => (&sort.input, sort.expr.iter().map(|key| &key.expr).collect(), "an ordering"),
        LogicalPlan::Aggregate(aggregate) => (&aggregate.input, aggregate.group_expr.iter().collect(), "an equality"),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let sketch = input.schema().fields().iter().any(|field| *field.data_type() == DataType::Binary);
            return if sketch { Err(no_operator("an equality").into()) } else { Ok(()) };
        }
        _ => return Ok(()),
    };
    let is_sketch = |key: &&Expr| matches!(key.get_type(input.schema()), Ok(DataType::Binary));
    if keys.iter().any(is_sketch) { Err(no_operator(clause).into()) } else { Ok(()) }
}

fn no_operator(kind: &str) -> Error {
    Error::new(SqlState::UNDEFINED_FUNCTION, format!("could not identify {kind} operator for type hllsketch"))
}

/// Rewrites a call of an aggregate or window function.
pub fn rewrite_call(expr: Expr, schema: &DFSchema) -> DataFusionResult<Expr> {
    Ok(match expr {
        Expr::AggregateFunction(function) => Expr::AggregateFunction(distinct(function, schema)?),
        Expr::WindowFunction(function) => Expr::WindowFunction(Box::new(window(*function, schema)?)),
        other => other,
    })
}

/// DISTINCT does not see blanks at the end of text; LISTAGG takes care of it itself, as it shows what it found first.
fn distinct(mut function: AggregateFunction, schema: &DFSchema) -> DataFusionResult<AggregateFunction> {
    if function.params.distinct && function.func.name() == "count" {
        for argument in &mut function.params.args {
            trim(argument, schema)?;
        }
    }
    Ok(function)
}

fn trim(expr: &mut Expr, schema: &DFSchema) -> DataFusionResult<()> {
    let is_text = expr.get_type(schema).is_ok_and(|data_type| is_text(&data_type));
    if !is_text {
        return Ok(());
    }
    if collation::ignores_case([collation::of(expr, schema)])? {
        *expr = collation::folded(expr.clone());
    } else if may_end_in_blank(expr, schema) {
        *expr = trim_blanks(expr.clone());
    }
    Ok(())
}

fn window(mut function: WindowFunction, schema: &DFSchema) -> DataFusionResult<WindowFunction> {
    for expr in &mut function.params.partition_by {
        trim(expr, schema)?;
    }
    for sort in &mut function.params.order_by {
        trim(&mut sort.expr, schema)?;
    }
    // Over a window, SUM and AVG of a BIGINT are NUMERIC (pages r_WF_SUM, r_WF_AVG).
    if let WindowFunctionDefinition::AggregateUDF(aggregate) = &function.fun
        && matches!(aggregate.name(), "sum" | "avg")
        && let [argument] = function.params.args.as_mut_slice()
        && argument.get_type(schema)? == DataType::Int64
    {
        *argument = cast_expr(argument.clone(), &RedshiftType::Numeric(19, 0), CastMode::Explicit);
    }
    Ok(function)
}
