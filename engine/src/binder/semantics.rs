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

use super::{
    aggregate_subquery, collation,
    comparison::{self, is_comparison},
    correlated, group_key, recursion, result_type, super_expr, super_plan, text_comparison,
};
use crate::{
    error::Error,
    functions::{
        arguments::Kind,
        operator::{Arithmetic, ArithmeticOperator, EXCLUSIVE_OR, cast_expr, negate_expr, temporal_expr},
        string::concat::CONCAT,
        super_type::operator::{STRICT_CAST, is_call},
        type_name,
        varbyte::bitwise,
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
    let plan = recursion::resolve(plan, &analyze)?;
    plan.transform_up(rewrite_node).map(|transformed| transformed.data)
}

fn rewrite_node(plan: LogicalPlan) -> DataFusionResult<Transformed<LogicalPlan>> {
    collation::check_plan(&plan)?;
    let inputs = merge_schema(&plan.inputs());
    let plan = aggregate_subquery::below(correlated::with_subqueries(plan, &inputs, &analyze)?)?;
    let plan = super_plan::rewrite(plan)?;
    if let LogicalPlan::Union(union) = plan {
        return result_type::union(union);
    }
    let plan = result_type::set_operation(plan)?;
    group_key::check(&plan)?;
    // The count of LIMIT and OFFSET is DataFusion's business, and no value of the query.
    if matches!(plan, LogicalPlan::Limit(_)) {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&plan);
    let is_projection = matches!(plan, LogicalPlan::Projection(_));
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up(|expr| rewrite_expr(expr, &schema))?;
        let rewritten = rewritten.update_data(|expr| name.restore(expr));
        if !is_projection {
            return Ok(rewritten);
        }
        let declared = rewritten.transform_data(|expr| result_type::declare(expr, &schema))?;
        declared.transform_data(|expr| Ok(collation::declare(expr, &schema)))
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
    collation::check_expr(&expr, schema)?;
    match expr {
        Expr::Literal(..) => Ok(narrow_literal(expr)),
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
            let side = |side: Box<Expr>| Box::new(as_condition(*side));
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: side(left), op, right: side(right) })))
        }
        Expr::BinaryExpr(binary) => {
            let expr = operator(binary, schema)?;
            let text = text_comparison::rewrite(expr, schema)?;
            Ok(Transformed::yes(text.data))
        }
        Expr::Negative(inner) => Ok(Transformed::yes(negate_expr(*inner))),
        Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
            Ok(Transformed::yes(group_key::rewrite_call(expr, schema)?))
        }
        Expr::Cast(cast) => redshift_cast(cast, CastMode::Explicit, schema),
        Expr::TryCast(cast) => {
            let cast = Cast { expr: cast.expr, field: cast.field };
            redshift_cast(cast, CastMode::Try, schema)
        }
        Expr::Case(case) => {
            let compared = comparison::coerce(Expr::Case(case), schema)?;
            let text = text_comparison::rewrite(compared.data, schema)?;
            let Expr::Case(case) = text.data else { return Ok(text) };
            let case = result_type::case(case, schema)?;
            Ok(Transformed::new_transformed(case.data, compared.transformed || text.transformed || case.transformed))
        }
        other => {
            let compared = comparison::coerce(other, schema)?;
            let text = text_comparison::rewrite(compared.data, schema)?;
            Ok(Transformed::new_transformed(text.data, compared.transformed || text.transformed))
        }
    }
}

/// An integer literal beside AND or OR is a condition, as sqlalchemy-redshift writes it (`WHERE 1 AND …`).
fn as_condition(expr: Expr) -> Expr {
    match expr {
        Expr::Literal(ScalarValue::Int32(Some(number)), _) => {
            Expr::Literal(ScalarValue::Boolean(Some(number != 0)), None)
        }
        other => other,
    }
}

/// An integer literal is an INTEGER when it fits.
fn narrow_literal(expr: Expr) -> Transformed<Expr> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), metadata) => match i32::try_from(value) {
            Ok(narrow) => Transformed::yes(Expr::Literal(ScalarValue::Int32(Some(narrow)), metadata)),
            Err(_) => Transformed::no(Expr::Literal(ScalarValue::Int64(Some(value)), metadata)),
        },
        other => Transformed::no(other),
    }
}

/// An operator with operands, in Redshift's meaning.
pub fn operator(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Expr> {
    let BinaryExpr { left, op, right } = binary;
    let (left, right) = (narrow_literal(*left).data, narrow_literal(*right).data);
    let binary = BinaryExpr::new(Box::new(left), op, Box::new(right));
    Ok(if is_comparison(op) {
        comparison::coerce(Expr::BinaryExpr(binary), schema)?.data
    } else {
        arithmetic(binary, schema)?.data
    })
}

fn arithmetic(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let operator = match binary.op {
        Operator::Plus => ArithmeticOperator::Add,
        Operator::Minus => ArithmeticOperator::Subtract,
        Operator::Multiply => ArithmeticOperator::Multiply,
        Operator::Divide => ArithmeticOperator::Divide,
        Operator::Modulo => ArithmeticOperator::Modulo,
        Operator::StringConcat => {
            // It takes anything that has a text form.
            return Ok(Transformed::yes(CONCAT.to_udf().call(vec![*binary.left, *binary.right])));
        }
        Operator::BitwiseAnd | Operator::BitwiseOr | Operator::BitwiseXor => {
            let operands = [&binary.left, &binary.right].map(|operand| operand.get_type(schema));
            let function = match operands {
                [Ok(DataType::BinaryView), Ok(DataType::BinaryView)] => bitwise::function(binary.op),
                _ if binary.op == Operator::BitwiseXor => Some(&EXCLUSIVE_OR),
                _ => None,
            };
            return Ok(match function {
                Some(function) => Transformed::yes(function.to_udf().call(vec![*binary.left, *binary.right])),
                None => Transformed::no(Expr::BinaryExpr(binary)),
            });
        }
        _ => return Ok(Transformed::no(Expr::BinaryExpr(binary))),
    };
    let (left_type, right_type) = (binary.left.get_type(schema)?, binary.right.get_type(schema)?);
    // A string literal beside a number or a date takes the type of the other side.
    let left = literal_as(operator, &binary.left, &left_type, &right_type);
    let right = literal_as(operator, &binary.right, &right_type, &left_type);
    let left = left.unwrap_or(*binary.left);
    let right = right.unwrap_or(*binary.right);
    let (left_type, right_type) = (left.get_type(schema)?, right.get_type(schema)?);
    let types = (&left_type, &right_type);
    // `+` joins bytes and strings as `||` does (pages r_VARBYTE_OPERATORS, r_NVL2).
    let joins =
        types == (&DataType::BinaryView, &DataType::BinaryView) || (is_text(&left_type) && is_text(&right_type));
    if operator == ArithmeticOperator::Add && joins {
        return Ok(Transformed::yes(CONCAT.to_udf().call(vec![left, right])));
    }
    let planned =
        Arithmetic::expr(operator, &left, &right, types).or_else(|| temporal_expr(operator, &left, &right, types));
    if let Some(expr) = planned {
        return Ok(Transformed::yes(expr));
    }
    // Between texts, + is ||, as AWS's own scripts write it.
    if operator == ArithmeticOperator::Add && is_text(&left_type) && is_text(&right_type) {
        return Ok(Transformed::yes(CONCAT.to_udf().call(vec![left, right])));
    }
    let known = |data_type: &DataType| RedshiftType::of_arrow(data_type).is_some() && *data_type != DataType::Null;
    if known(&left_type) && known(&right_type) {
        let symbol = binary.op;
        return Err(Error::undefined_operator(type_name(&left_type), symbol, type_name(&right_type)).into());
    }
    Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), binary.op, Box::new(right)))))
}

/// `expr` as what stands beside a value of the type `other`, when it is a string literal: a number beside a number, a
/// date minus a date, and an interval added to a date.
fn literal_as(operator: ArithmeticOperator, expr: &Expr, own: &DataType, other: &DataType) -> Option<Expr> {
    if !is_text(own) || !matches!(expr, Expr::Literal(..)) || is_text(other) {
        return None;
    }
    let target = match (Kind::of(other), operator) {
        (kind, _) if kind.is_number() => RedshiftType::of_arrow(other)?,
        (Kind::Date | Kind::Time | Kind::TimeTz | Kind::Timestamp | Kind::TimestampTz, ArithmeticOperator::Add) => {
            RedshiftType::Interval
        }
        (
            Kind::Date | Kind::Time | Kind::TimeTz | Kind::Timestamp | Kind::TimestampTz,
            ArithmeticOperator::Subtract,
        ) => RedshiftType::of_arrow(other)?,
        (Kind::Interval, ArithmeticOperator::Add | ArithmeticOperator::Subtract) => RedshiftType::of_arrow(other)?,
        _ => return None,
    };
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
        (DataType::BinaryView, RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt) => true,
        (
            DataType::Boolean | DataType::Date32 | DataType::Time64(_) | DataType::Timestamp(..),
            RedshiftType::Varbyte(_),
        ) => true,
        (_, RedshiftType::Varbyte(_)) => declared,
        (_, RedshiftType::Varchar(_) | RedshiftType::Char(_)) => declared || !is_text(&source),
        (source, _) if is_text(source) => true,
        (
            DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Decimal128(..),
            RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt | RedshiftType::Boolean,
        ) => true,
        (_, RedshiftType::IntervalYearToMonth(_) | RedshiftType::IntervalDayToSecond(..)) => true,
        (source, target) if source.is_temporal() || target.arrow().is_temporal() => *source != target.arrow(),
        (DataType::Boolean, target) => target.is_numeric(),
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
