//! What is compared has one type (page r_Type_conversion): a string literal takes the type of the other side, a
//! decimal turns text into a number, other numbers turn into text, and what has no time zone is of the session's zone
//! beside what has one.

use datafusion::{
    arrow::datatypes::{DataType, IntervalUnit},
    common::{DFSchema, Result as DataFusionResult, ScalarValue, tree_node::Transformed},
    logical_expr::{
        Between, BinaryExpr, Case, Expr, ExprSchemable, Like, Operator,
        expr::{InList, InSubquery},
    },
};

use super::collation::{self, folded};
use crate::{
    functions::{arguments::Kind, datetime::interval::INTERVAL_CMP, operator::cast_expr},
    types::{
        RedshiftType,
        cast::{CastMode, is_text},
    },
};

/// Digits after the point that text keeps when it is compared with a decimal of fewer.
const TEXT_SCALE_MIN: i8 = 18;

/// What LIKE looks at is text: numbers, dates and booleans turn into it (page r_Type_conversion).
fn like_text(mut like: Like, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let mut changed = false;
    for operand in [&mut like.expr, &mut like.pattern] {
        let data_type = operand.get_type(schema)?;
        if !is_text(&data_type) && data_type != DataType::Null && Kind::of(&data_type).is_textual() {
            **operand = cast_expr(std::mem::take(&mut **operand), &RedshiftType::Varchar(None), CastMode::Explicit);
            changed = true;
        }
    }
    Ok(if changed { Transformed::yes(Expr::Like(like)) } else { Transformed::no(Expr::Like(like)) })
}

/// Gives the operands of a comparison one type.
pub fn coerce(expr: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => compare(binary, schema),
        Expr::Between(Between { expr, negated, low, high })
            if collation::compared([&*expr, &*low, &*high], schema)? =>
        {
            let (expr, low, high) = (folded(*expr), folded(*low), folded(*high));
            Ok(Transformed::yes(Expr::Between(Between::new(Box::new(expr), negated, Box::new(low), Box::new(high)))))
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let common = common(&[&expr, &low, &high], schema)?;
            let Some(common) = common else {
                return Ok(Transformed::no(Expr::Between(Between { expr, negated, low, high })));
            };
            let cast = |operand: Expr| cast_operand(operand, &common, schema);
            let (expr, low, high) = (cast(*expr)?, cast(*low)?, cast(*high)?);
            Ok(Transformed::yes(Expr::Between(Between::new(Box::new(expr), negated, Box::new(low), Box::new(high)))))
        }
        Expr::InList(InList { expr, list, negated })
            if collation::compared(std::iter::once(&*expr).chain(&list), schema)? =>
        {
            let list = list.into_iter().map(folded).collect();
            Ok(Transformed::yes(Expr::InList(InList::new(Box::new(folded(*expr)), list, negated))))
        }
        Expr::Like(like) if !like.case_insensitive && collation::compared([&*like.expr, &*like.pattern], schema)? => {
            Ok(Transformed::yes(Expr::Like(Like { case_insensitive: true, ..like })))
        }
        Expr::Like(like) => like_text(like, schema),
        Expr::InList(InList { expr, list, negated }) => {
            let operands: Vec<&Expr> = std::iter::once(&*expr).chain(&list).collect();
            let Some(common) = common(&operands, schema)? else {
                return Ok(Transformed::no(Expr::InList(InList { expr, list, negated })));
            };
            let expr = cast_operand(*expr, &common, schema)?;
            let list = list.into_iter().map(|item| cast_operand(item, &common, schema));
            let list = list.collect::<DataFusionResult<_>>()?;
            Ok(Transformed::yes(Expr::InList(InList::new(Box::new(expr), list, negated))))
        }
        Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
            let column = subquery.subquery.schema().fields().first().map(|field| field.data_type().clone());
            let own = expr.get_type(schema)?;
            let target = column.and_then(|column| target(&own, is_literal(&expr), &column, false));
            Ok(match target {
                // Only the side outside of the subquery can be changed here.
                Some((Some(target), None)) => {
                    let expr = Box::new(cast_expr(*expr, &target, CastMode::Explicit));
                    Transformed::yes(Expr::InSubquery(InSubquery { expr, subquery, negated }))
                }
                _ => Transformed::no(Expr::InSubquery(InSubquery { expr, subquery, negated })),
            })
        }
        Expr::Case(Case { expr: Some(operand), when_then_expr, else_expr })
            if collation::compared(
                std::iter::once(&*operand).chain(when_then_expr.iter().map(|(when, _)| &**when)),
                schema,
            )? =>
        {
            let operand = Some(Box::new(folded(*operand)));
            let branches = when_then_expr.into_iter().map(|(when, then)| (Box::new(folded(*when)), then)).collect();
            Ok(Transformed::yes(Expr::Case(Case::new(operand, branches, else_expr))))
        }
        Expr::Case(Case { expr: Some(operand), when_then_expr, else_expr }) => {
            let operands: Vec<&Expr> =
                std::iter::once(&*operand).chain(when_then_expr.iter().map(|(when, _)| &**when)).collect();
            let Some(common) = common(&operands, schema)? else {
                return Ok(Transformed::no(Expr::Case(Case { expr: Some(operand), when_then_expr, else_expr })));
            };
            let operand = cast_operand(*operand, &common, schema)?;
            let branches = when_then_expr
                .into_iter()
                .map(|(when, then)| Ok((Box::new(cast_operand(*when, &common, schema)?), then)));
            let branches = branches.collect::<DataFusionResult<_>>()?;
            Ok(Transformed::yes(Expr::Case(Case::new(Some(Box::new(operand)), branches, else_expr))))
        }
        other => Ok(Transformed::no(other)),
    }
}

/// Whether an operator compares two values.
pub fn is_comparison(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn compare(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let BinaryExpr { left, op, right } = binary;
    if collation::compared([&*left, &*right], schema)? {
        let (left, right) = (Box::new(folded(*left)), Box::new(folded(*right)));
        return Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(left, op, right))));
    }
    let (left_type, right_type) = (left.get_type(schema)?, right.get_type(schema)?);
    if left_type != right_type && both_intervals(&left_type, &right_type)
        || left_type == DataType::Interval(IntervalUnit::MonthDayNano) && left_type == right_type
    {
        let order = INTERVAL_CMP.to_udf().call(vec![*left, *right]);
        let zero = Expr::Literal(ScalarValue::Int32(Some(0)), None);
        return Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(Box::new(order), op, Box::new(zero)))));
    }
    let target = target(&left_type, is_literal(&left), &right_type, is_literal(&right));
    let Some((to_left, to_right)) = target else {
        return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
    };
    let cast = |expr: Box<Expr>, to: Option<RedshiftType>| match to {
        Some(to) => Box::new(cast_expr(*expr, &to, CastMode::Explicit)),
        None => expr,
    };
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr::new(cast(left, to_left), op, cast(right, to_right)))))
}

fn both_intervals(left: &DataType, right: &DataType) -> bool {
    Kind::of(left) == Kind::Interval && Kind::of(right) == Kind::Interval
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::Alias(alias) => is_literal(&alias.expr),
        _ => false,
    }
}

/// The type that both sides are cast to: for each side None if it stays. None when there is nothing to do.
fn target(
    left: &DataType,
    left_literal: bool,
    right: &DataType,
    right_literal: bool,
) -> Option<(Option<RedshiftType>, Option<RedshiftType>)> {
    // A float beside an exact number makes it a DOUBLE PRECISION, as in arithmetic.
    if is_real_beside_exact(left, right) || is_real_beside_exact(right, left) {
        let to_double = |data_type: &DataType| (*data_type != DataType::Float64).then_some(RedshiftType::Double);
        return Some((to_double(left), to_double(right)));
    }
    let number = |data_type: &DataType| matches!(Kind::of(data_type), Kind::Integer | Kind::Float);
    if is_text(left) && !left_literal && number(right) {
        return Some((None, Some(RedshiftType::Varchar(None))));
    }
    if is_text(right) && !right_literal && number(left) {
        return Some((Some(RedshiftType::Varchar(None)), None));
    }
    if let Some(to) = one_way(left, left_literal, right) {
        return Some((Some(to), None));
    }
    one_way(right, right_literal, left).map(|to| (None, Some(to)))
}

/// What DataFusion would compare as REAL, or with the digits of the decimal only.
fn is_real_beside_exact(real: &DataType, exact: &DataType) -> bool {
    match Kind::of(exact) {
        Kind::Decimal => Kind::of(real) == Kind::Float,
        Kind::Integer => *real == DataType::Float32,
        _ => false,
    }
}

/// What `from` becomes beside `other`.
fn one_way(from: &DataType, literal: bool, other: &DataType) -> Option<RedshiftType> {
    use Kind::{Boolean, Date, Decimal, Float, Integer, Text, Time, TimeTz, Timestamp, TimestampTz};
    match (Kind::of(from), Kind::of(other)) {
        (Text, Decimal) => {
            // All digits of the text count: '1.55' is not 1.6.
            let scale = match other {
                DataType::Decimal128(_, scale) => (*scale).max(TEXT_SCALE_MIN),
                _ => TEXT_SCALE_MIN,
            };
            Some(RedshiftType::Numeric(38, scale))
        }
        (Text, Integer | Float) if literal => RedshiftType::of_arrow(other),
        (Text, Boolean | Date | Time | TimeTz | Timestamp | TimestampTz | Kind::Interval) => {
            RedshiftType::of_arrow(other)
        }
        (Integer, Boolean) => Some(RedshiftType::Boolean),
        (Date | Timestamp, TimestampTz) => Some(RedshiftType::TimestampTz),
        (Time, TimeTz) => Some(RedshiftType::TimeTz),
        _ => None,
    }
}

/// The type that several operands are compared in, when they need a cast of ours.
fn common(operands: &[&Expr], schema: &DFSchema) -> DataFusionResult<Option<RedshiftType>> {
    let types: Vec<DataType> =
        operands.iter().map(|operand| operand.get_type(schema)).collect::<DataFusionResult<_>>()?;
    // Beside text that is no literal numbers are text.
    let text = operands.iter().zip(&types).any(|(operand, own)| is_text(own) && !is_literal(operand));
    let number = types.iter().any(|own| matches!(Kind::of(own), Kind::Integer | Kind::Float));
    if text && number {
        return Ok(Some(RedshiftType::Varchar(None)));
    }
    if types.iter().any(|left| types.iter().any(|right| is_real_beside_exact(left, right))) {
        return Ok(Some(RedshiftType::Double));
    }
    let mut common: Option<RedshiftType> = None;
    for (index, own) in types.iter().enumerate() {
        for other in &types {
            if let Some(to) = one_way(own, is_literal(operands[index]), other) {
                common = match (common, to) {
                    (Some(RedshiftType::Numeric(p, a)), RedshiftType::Numeric(_, b)) => {
                        Some(RedshiftType::Numeric(p, a.max(b)))
                    }
                    (Some(RedshiftType::TimestampTz), _) => Some(RedshiftType::TimestampTz),
                    (_, to) => Some(to),
                };
            }
        }
    }
    Ok(common)
}

fn cast_operand(operand: Expr, target: &RedshiftType, schema: &DFSchema) -> DataFusionResult<Expr> {
    let own = operand.get_type(schema)?;
    if own == target.arrow() || own == DataType::Null {
        return Ok(operand);
    }
    let numbers = own.is_numeric() && target.is_numeric();
    if !numbers || !matches!(own, DataType::Decimal128(..)) || *target == RedshiftType::Double {
        return Ok(cast_expr(operand, target, CastMode::Explicit));
    }
    Ok(operand)
}
