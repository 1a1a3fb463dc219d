//! Gives a freshly bound plan Redshift's meaning where DataFusion's differs and types decide:
//! integer literals are INTEGER when they fit, arithmetic is checked and typed by Redshift's
//! rules, casts follow Redshift's text forms, rounding and byte lengths.
//!
//! It runs as the first analyzer rule, before DataFusion's own type coercion.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, Result as DataFusionResult, ScalarValue,
        tree_node::{Transformed, TreeNode},
    },
    config::ConfigOptions,
    logical_expr::{
        BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, Union, expr_rewriter::NamePreserver,
        utils::merge_schema,
    },
    optimizer::AnalyzerRule,
};

use super::{recursion, set_operation, super_expr, super_plan, text_comparison};
use crate::{
    functions::{
        operator::{Arithmetic, ArithmeticOperator, cast_expr},
        string::concat::CONCAT,
        super_type::operator::{STRICT_CAST, call, is_call},
    },
    types::{
        RedshiftType, TYPE_METADATA_KEY,
        cast::{CastMode, is_text},
    },
};

/// The analyzer rule.
#[derive(Debug, Default)]
pub struct RedshiftSemantics;

impl AnalyzerRule for RedshiftSemantics {
    fn name(&self) -> &str {
        "redshift_semantics"
    }

    fn analyze(&self, plan: LogicalPlan, _options: &ConfigOptions) -> DataFusionResult<LogicalPlan> {
        analyze(plan)
    }
}

fn analyze(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let plan = set_operation::resolve(recursion::resolve(plan, &analyze)?)?;
    plan.transform_up_with_subqueries(rewrite_node).map(|transformed| transformed.data)
}

fn rewrite_node(plan: LogicalPlan) -> DataFusionResult<Transformed<LogicalPlan>> {
    let plan = super_plan::rewrite(plan)?;
    // The count of LIMIT and OFFSET is DataFusion's business, and no value of the query.
    if matches!(plan, LogicalPlan::Limit(_)) {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&plan);
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up(|expr| rewrite_expr(expr, &schema))?;
        Ok(rewritten.update_data(|expr| name.restore(expr)))
    })?;
    // Types may have changed below, too, so the schema is always computed anew.
    rewritten.map_data(|plan| as_declared(plan)?.recompute_schema())
}

/// Cells of VALUES keep the types that its columns were given; UNION takes those that its inputs have now.
fn as_declared(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let mut values = match plan {
        LogicalPlan::Values(values) => values,
        LogicalPlan::Union(union) => {
            return Ok(LogicalPlan::Union(Union::try_new_with_loose_types(union.inputs)?));
        }
        plan => return Ok(plan),
    };
    let empty = DFSchema::empty();
    for row in &mut values.values {
        for (cell, field) in row.iter_mut().zip(values.schema.fields()) {
            if cell.get_type(&empty)?.is_integer() && field.data_type().is_integer() {
                *cell = std::mem::take(cell).cast_to(field.data_type(), &empty)?;
            }
        }
    }
    Ok(LogicalPlan::Values(values))
}

fn rewrite_expr(expr: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let expr = super_expr::rewrite(expr, schema)?.data;
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), metadata) => Ok(match i32::try_from(value) {
            Ok(narrow) => Transformed::yes(Expr::Literal(ScalarValue::Int32(Some(narrow)), metadata)),
            Err(_) => Transformed::no(Expr::Literal(ScalarValue::Int64(Some(value)), metadata)),
        }),
        Expr::BinaryExpr(binary) => arithmetic(binary, schema),
        Expr::Cast(cast) => redshift_cast(cast, CastMode::Explicit, schema),
        Expr::TryCast(cast) => {
            let cast = Cast { expr: cast.expr, field: cast.field };
            redshift_cast(cast, CastMode::Try, schema)
        }
        other => text_comparison::rewrite(other, schema),
    }
}

fn arithmetic(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let operator = match binary.op {
        Operator::Plus => ArithmeticOperator::Add,
        Operator::Minus => ArithmeticOperator::Subtract,
        Operator::Multiply => ArithmeticOperator::Multiply,
        Operator::Divide => ArithmeticOperator::Divide,
        Operator::Modulo => ArithmeticOperator::Modulo,
        Operator::StringConcat => return concatenation(binary, schema),
        _ => return text_comparison::rewrite(Expr::BinaryExpr(binary), schema),
    };
    let (left_type, right_type) = (binary.left.get_type(schema)?, binary.right.get_type(schema)?);
    // A string literal beside a number or a date takes the type of the other side.
    let left = literal_as(&binary.left, &left_type, &right_type);
    let right = literal_as(&binary.right, &right_type, &left_type);
    let left_type = left.as_ref().map_or(left_type, |_| right_type.clone());
    let right_type = right.as_ref().map_or(right_type, |_| left_type.clone());
    let (left, right) = (left.unwrap_or(*binary.left), right.unwrap_or(*binary.right));
    match (&left_type, &right_type) {
        // DATE with an interval gives a TIMESTAMP.
        (DataType::Date32, DataType::Interval(_)) => Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(
            Box::new(as_timestamp(left)),
            binary.op,
            Box::new(right),
        )))),
        (DataType::Interval(_), DataType::Date32) => Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(
            Box::new(left),
            binary.op,
            Box::new(as_timestamp(right)),
        )))),
        _ => Ok(match Arithmetic::expr(operator, &left, &right, (&left_type, &right_type)) {
            Some(expr) => Transformed::yes(expr),
            None => Transformed::no(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), binary.op, Box::new(right)))),
        }),
    }
}

fn as_timestamp(expr: Expr) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), RedshiftType::Timestamp.arrow()))
}

/// `||` takes anything that has a text form; Redshift spells it as a cast to text does.
fn concatenation(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let as_text = |expr: Expr| -> DataFusionResult<Expr> {
        let data_type = expr.get_type(schema)?;
        Ok(if is_text(&data_type) || data_type == DataType::Null {
            expr
        } else {
            cast_expr(expr, &RedshiftType::Varchar(None), CastMode::Explicit)
        })
    };
    let is_bytes = |expr: &Expr| matches!(expr.get_type(schema), Ok(DataType::BinaryView));
    if is_bytes(&binary.left) && is_bytes(&binary.right) {
        return Ok(Transformed::yes(call(&CONCAT, vec![*binary.left, *binary.right])));
    }
    let (left, right) = (as_text(*binary.left)?, as_text(*binary.right)?);
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), binary.op, Box::new(right)))))
}

/// `expr` cast to `other` when it is a string literal and `other` is no string.
fn literal_as(expr: &Expr, own: &DataType, other: &DataType) -> Option<Expr> {
    if !is_text(own) || !matches!(expr, Expr::Literal(..)) || is_text(other) {
        return None;
    }
    let target = RedshiftType::of_arrow(other).filter(|target| target.is_numeric())?;
    Some(cast_expr(expr.clone(), &target, CastMode::Explicit))
}

fn redshift_cast(cast: Cast, mode: CastMode, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let strict = is_call(&cast.expr, &STRICT_CAST);
    let (cast, mode) = if strict { (unmarked(cast), CastMode::Strict) } else { (cast, mode) };
    let source = cast.expr.get_type(schema)?;
    // Only SUPER's casts are lax otherwise.
    let mode = if strict && source != DataType::LargeBinary { CastMode::Explicit } else { mode };
    let keep = |cast: Cast| match mode {
        CastMode::Try => Expr::TryCast(datafusion::logical_expr::TryCast { expr: cast.expr, field: cast.field }),
        _ => Expr::Cast(cast),
    };
    let Some(target) = RedshiftType::of_field(&cast.field) else { return Ok(Transformed::no(keep(cast))) };
    let declared = cast.field.metadata().contains_key(TYPE_METADATA_KEY);
    let ours = match (&source, target) {
        (DataType::LargeBinary, _) | (_, RedshiftType::Super | RedshiftType::HllSketch) => true,
        (DataType::Null, _) => false,
        (
            DataType::Boolean | DataType::Date32 | DataType::Time64(_) | DataType::Timestamp(..),
            RedshiftType::Varbyte(_),
        ) => true,
        (_, RedshiftType::Varbyte(_)) => declared,
        (_, RedshiftType::Varchar(_) | RedshiftType::Char(_)) => declared || !is_text(&source),
        (source, RedshiftType::Interval) if is_text(source) => false,
        (source, _) if is_text(source) => true,
        (
            DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Decimal128(..),
            RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt | RedshiftType::Boolean,
        ) => true,
        (source, target) => narrows(source, target),
    };
    Ok(if ours {
        Transformed::yes(cast_expr(*cast.expr, &target, mode))
    } else {
        let field = Arc::clone(&cast.field);
        Transformed::no(keep(Cast { expr: cast.expr, field }))
    })
}

/// The cast without the mark that makes it strict.
fn unmarked(cast: Cast) -> Cast {
    match *cast.expr {
        Expr::ScalarFunction(mut mark) if mark.args.len() == 1 => {
            Cast { expr: Box::new(mark.args.remove(0)), field: cast.field }
        }
        other => Cast { expr: Box::new(other), field: cast.field },
    }
}

/// Casts among numbers that can overflow: ours, for their error.
fn narrows(source: &DataType, target: RedshiftType) -> bool {
    source.is_numeric() && target.is_numeric() && {
        let width = |t: &DataType| t.primitive_width().unwrap_or(16);
        let target = target.arrow();
        width(source) > width(&target) || matches!(target, DataType::Decimal128(..))
    }
}
