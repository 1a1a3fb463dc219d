//! Expressions with SUPER operands, once their types are known (page query-super, "Dynamic typing"): equality
//! becomes equality of keys, order and arithmetic become calls, other operators get their operands cast.
//!
//! Whatever comes out has no SUPER operand any more, so the rule can run again.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, Result as DataFusionResult, tree_node::Transformed},
    logical_expr::{
        Between, BinaryExpr, Case, Expr, ExprSchemable, Like, LogicalPlanBuilder, Operator,
        expr::{AggregateFunction, InList, InSubquery, WindowFunction},
    },
};

use crate::{
    error::Error,
    functions::{
        aggregate::extreme,
        definition::ScalarFunction,
        operator::cast_expr,
        super_type::operator::{self, KEY, KEY_TEXT, SQL_NULL, call, is_call},
        varbyte::to_hex::TO_HEX,
    },
    types::{RedshiftType, cast::CastMode},
};

fn is_super(expr: &Expr, schema: &DFSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::LargeBinary))
}

fn any_super<'e>(expressions: impl IntoIterator<Item = &'e Expr>, schema: &DFSchema) -> bool {
    expressions.into_iter().any(|expr| is_super(expr, schema))
}

/// An expression as SUPER.
pub fn as_super(expr: Expr, data_type: &DataType) -> Expr {
    if *data_type == DataType::LargeBinary { expr } else { cast_expr(expr, &RedshiftType::Super, CastMode::Explicit) }
}

/// The key of an expression that is SUPER or becomes it.
pub fn key(expr: Expr, schema: &DFSchema) -> DataFusionResult<Expr> {
    let data_type = expr.get_type(schema)?;
    Ok(call(&KEY, vec![as_super(expr, &data_type)]))
}

/// `left op right` where an operand is SUPER.
pub fn binary(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Expr> {
    let BinaryExpr { left, op, right } = binary;
    let (left_type, right_type) = (left.get_type(schema)?, right.get_type(schema)?);
    if matches!(op, Operator::And | Operator::Or) {
        let (left, right) = (
            cast_if_super(*left, &RedshiftType::Boolean, schema),
            cast_if_super(*right, &RedshiftType::Boolean, schema),
        );
        return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))));
    }
    if op == Operator::StringConcat {
        let text = RedshiftType::Varchar(None);
        let (left, right) = (cast_if_super(*left, &text, schema), cast_if_super(*right, &text, schema));
        return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))));
    }
    // SUPER holds no dates and the like: the SUPER operand becomes one.
    let other = if left_type == DataType::LargeBinary { &right_type } else { &left_type };
    if let Some(target) = RedshiftType::of_arrow(other).filter(not_in_super) {
        let (left, right) = (cast_if_super(*left, &target, schema), cast_if_super(*right, &target, schema));
        return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))));
    }
    let (left, right) = (as_super(*left, &left_type), as_super(*right, &right_type));
    if matches!(op, Operator::Eq | Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom) {
        let (left, right) = (call(&KEY, vec![left]), call(&KEY, vec![right]));
        return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))));
    }
    let function: &'static ScalarFunction = match op {
        Operator::Plus => &operator::ADD,
        Operator::Minus => &operator::SUBTRACT,
        Operator::Multiply => &operator::MULTIPLY,
        Operator::Divide => &operator::DIVIDE,
        Operator::Modulo => &operator::MODULO,
        Operator::Lt => &operator::LESS,
        Operator::LtEq => &operator::LESS_EQUAL,
        Operator::Gt => &operator::GREATER,
        Operator::GtEq => &operator::GREATER_EQUAL,
        other => return Err(Error::undefined_function(format!("super {other} super")).into()),
    };
    Ok(call(function, vec![left, right]))
}

fn not_in_super(redshift_type: &RedshiftType) -> bool {
    matches!(
        redshift_type,
        RedshiftType::Date
            | RedshiftType::Time
            | RedshiftType::Timestamp
            | RedshiftType::TimestampTz
            | RedshiftType::Varbyte(_)
    )
}

fn cast_if_super(expr: Expr, target: &RedshiftType, schema: &DFSchema) -> Expr {
    if is_super(&expr, schema) { cast_expr(expr, target, CastMode::Explicit) } else { expr }
}

/// Rewrites an expression that has SUPER operands.
pub fn rewrite(expr: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let rewritten = match expr {
        Expr::BinaryExpr(operands) if any_super([&*operands.left, &*operands.right], schema) => {
            binary(operands, schema)?
        }
        Expr::ScalarFunction(sign) if sign.func.name() == operator::MINUS_MARK.documentation.name => {
            match sign.args.into_iter().next() {
                Some(operand) if is_super(&operand, schema) => call(&operator::NEGATE, vec![operand]),
                Some(operand) => Expr::Negative(Box::new(operand)),
                None => return Err(Error::internal("a sign without an operand").into()),
            }
        }
        Expr::ScalarFunction(sign) if sign.func.name() == operator::PLUS_MARK.documentation.name => {
            match sign.args.into_iter().next() {
                Some(operand) if is_super(&operand, schema) => call(&operator::IDENTITY, vec![operand]),
                Some(operand) => operand,
                None => return Err(Error::internal("a sign without an operand").into()),
            }
        }
        Expr::Negative(operand) if is_super(&operand, schema) => call(&operator::NEGATE, vec![*operand]),
        Expr::IsNull(operand) if is_super(&operand, schema) && !is_call(&operand, &SQL_NULL) => {
            call(&SQL_NULL, vec![*operand]).is_null()
        }
        Expr::IsNotNull(operand) if is_super(&operand, schema) && !is_call(&operand, &SQL_NULL) => {
            call(&SQL_NULL, vec![*operand]).is_not_null()
        }
        Expr::Not(operand) if is_super(&operand, schema) => Expr::Not(Box::new(boolean(*operand))),
        Expr::IsTrue(operand) if is_super(&operand, schema) => Expr::IsTrue(Box::new(boolean(*operand))),
        Expr::IsFalse(operand) if is_super(&operand, schema) => Expr::IsFalse(Box::new(boolean(*operand))),
        Expr::IsUnknown(operand) if is_super(&operand, schema) => Expr::IsUnknown(Box::new(boolean(*operand))),
        Expr::IsNotTrue(operand) if is_super(&operand, schema) => Expr::IsNotTrue(Box::new(boolean(*operand))),
        Expr::IsNotFalse(operand) if is_super(&operand, schema) => Expr::IsNotFalse(Box::new(boolean(*operand))),
        Expr::IsNotUnknown(operand) if is_super(&operand, schema) => Expr::IsNotUnknown(Box::new(boolean(*operand))),
        Expr::Like(like) if any_super([&*like.expr, &*like.pattern], schema) => {
            let text = |expr: Box<Expr>| Box::new(cast_if_super(*expr, &RedshiftType::Varchar(None), schema));
            Expr::Like(Like { expr: text(like.expr), pattern: text(like.pattern), ..like })
        }
        Expr::Between(operands) if any_super([&*operands.expr, &*operands.low, &*operands.high], schema) => {
            between(operands, schema)?
        }
        Expr::InList(list) if any_super(std::iter::once(&*list.expr).chain(&list.list), schema) => {
            let keys = list.list.into_iter().map(|expr| key(expr, schema)).collect::<DataFusionResult<_>>()?;
            Expr::InList(InList::new(Box::new(key(*list.expr, schema)?), keys, list.negated))
        }
        Expr::InSubquery(operands) => return in_subquery(operands, schema),
        Expr::Case(case) => return self::case(case, schema),
        Expr::AggregateFunction(function) if any_super(&function.params.args, schema) => aggregate(function, schema)?,
        Expr::AggregateFunction(mut function) => {
            for sort in &mut function.params.order_by {
                if is_super(&sort.expr, schema) {
                    sort.expr = call(&KEY, vec![sort.expr.clone()]);
                }
            }
            Expr::AggregateFunction(function)
        }
        Expr::WindowFunction(function) => window(function, schema)?,
        other => return Ok(Transformed::no(other)),
    };
    Ok(Transformed::yes(rewritten))
}

fn boolean(expr: Expr) -> Expr {
    cast_expr(expr, &RedshiftType::Boolean, CastMode::Explicit)
}

fn between(operands: Between, schema: &DFSchema) -> DataFusionResult<Expr> {
    let Between { expr, negated, low, high } = operands;
    let above = BinaryExpr::new(expr.clone(), Operator::GtEq, low);
    let below = BinaryExpr::new(expr, Operator::LtEq, high);
    let compare = |operands: BinaryExpr| -> DataFusionResult<Expr> {
        let has_super = any_super([&*operands.left, &*operands.right], schema);
        if has_super { binary(operands, schema) } else { Ok(Expr::BinaryExpr(operands)) }
    };
    let within = compare(above)?.and(compare(below)?);
    Ok(if negated { Expr::Not(Box::new(within)) } else { within })
}

fn in_subquery(operands: InSubquery, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let plan = &operands.subquery.subquery;
    let inner_schema = plan.schema();
    let [column] = &inner_schema.columns()[..] else { return Ok(Transformed::no(Expr::InSubquery(operands))) };
    let column = Expr::Column(column.clone());
    if !is_super(&operands.expr, schema) && !is_super(&column, inner_schema) {
        return Ok(Transformed::no(Expr::InSubquery(operands)));
    }
    let name = column.schema_name().to_string();
    let keys = key(column, inner_schema)?.alias(name);
    let plan = LogicalPlanBuilder::from(Arc::clone(plan)).project([keys])?.build()?;
    let expr = Box::new(key(*operands.expr, schema)?);
    let subquery = operands.subquery.with_plan(Arc::new(plan));
    Ok(Transformed::yes(Expr::InSubquery(InSubquery::new(expr, subquery, operands.negated))))
}

/// `CASE x WHEN y` compares keys; results beside a SUPER one become SUPER.
fn case(case: Case, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let Case { expr, when_then_expr, else_expr } = case;
    let whens = when_then_expr.iter().map(|(when, _)| &**when);
    let compares = expr.is_some() && any_super(expr.as_deref().into_iter().chain(whens), schema);
    let results: Vec<&Expr> = when_then_expr.iter().map(|(_, then)| &**then).chain(else_expr.as_deref()).collect();
    let gives = any_super(results.iter().copied(), schema);
    let converts = gives && results.iter().any(|expr| !is_super(expr, schema));
    if !compares && !converts {
        return Ok(Transformed::no(Expr::Case(Case { expr, when_then_expr, else_expr })));
    }
    let result = |expr: Box<Expr>| -> DataFusionResult<Box<Expr>> {
        if !converts {
            return Ok(expr);
        }
        let data_type = expr.get_type(schema)?;
        Ok(Box::new(as_super(*expr, &data_type)))
    };
    let tested = expr.map(|expr| if compares { key(*expr, schema).map(Box::new) } else { Ok(expr) }).transpose()?;
    let when_then_expr = when_then_expr
        .into_iter()
        .map(|(when, then)| {
            let when = if compares { Box::new(key(*when, schema)?) } else { when };
            Ok((when, result(then)?))
        })
        .collect::<DataFusionResult<Vec<_>>>()?;
    let else_expr = else_expr.map(result).transpose()?;
    Ok(Transformed::yes(Expr::Case(Case::new(tested, when_then_expr, else_expr))))
}

/// COUNT does not see nulls inside of SUPER values; MIN and MAX go by the order of values.
fn aggregate(mut function: AggregateFunction, schema: &DFSchema) -> DataFusionResult<Expr> {
    let distinct = function.params.distinct;
    match function.func.name() {
        "count" => {
            let wrapper: &'static ScalarFunction = if distinct { &KEY } else { &SQL_NULL };
            for argument in &mut function.params.args {
                if is_super(argument, schema) && !is_call(argument, wrapper) {
                    *argument = call(wrapper, vec![argument.clone()]);
                }
            }
        }
        "min" => function.func = extreme::min(),
        "max" => function.func = extreme::max(),
        "listagg" => {
            for argument in &mut function.params.args {
                *argument = cast_if_super(argument.clone(), &RedshiftType::Varchar(None), schema);
            }
        }
        _ => {}
    }
    Ok(Expr::AggregateFunction(function))
}

fn window(mut function: Box<WindowFunction>, schema: &DFSchema) -> DataFusionResult<Expr> {
    use datafusion::logical_expr::WindowFunctionDefinition;
    for expr in &mut function.params.partition_by {
        if is_super(expr, schema) {
            *expr = call(&KEY, vec![expr.clone()]);
        }
    }
    // DataFusion's default frames know text and numbers only.
    for sort in &mut function.params.order_by {
        match sort.expr.get_type(schema)? {
            DataType::LargeBinary => sort.expr = call(&KEY_TEXT, vec![sort.expr.clone()]),
            DataType::BinaryView => sort.expr = call(&TO_HEX, vec![sort.expr.clone()]),
            _ => {}
        }
    }
    if any_super(&function.params.args, schema)
        && let WindowFunctionDefinition::AggregateUDF(aggregate) = &function.fun
    {
        match aggregate.name() {
            "min" => function.fun = WindowFunctionDefinition::AggregateUDF(extreme::min()),
            "max" => function.fun = WindowFunctionDefinition::AggregateUDF(extreme::max()),
            "count" => {
                for argument in &mut function.params.args {
                    if is_super(argument, schema) && !is_call(argument, &SQL_NULL) {
                        *argument = call(&SQL_NULL, vec![argument.clone()]);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(Expr::WindowFunction(function))
}
