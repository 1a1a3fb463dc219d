//! Operators while a query is bound: their operands get types that go together before DataFusion asks for the type
//! of the result, which it refuses for `boolean = 't'` or `timestamp < time zone's timestamp` without a cast.

use datafusion::{
    arrow::datatypes::DataType,
    common::{DFSchema, Result as DataFusionResult},
    logical_expr::{
        BinaryExpr, Expr, ExprSchemable, Operator,
        planner::{ExprPlanner, PlannerResult, RawBinaryExpr},
    },
};

use blueshift_sql::ast::sql::BinaryOperator;

use super::semantics;

/// Plans the operators that Redshift has rules of its own for.
#[derive(Debug)]
pub struct RedshiftOperators;

impl ExprPlanner for RedshiftOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> DataFusionResult<PlannerResult<RawBinaryExpr>> {
        let operator = match expr.op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::StringConcat => Operator::StringConcat,
            BinaryOperator::BitwiseAnd if is_binary(&expr, schema) => Operator::BitwiseAnd,
            BinaryOperator::BitwiseOr if is_binary(&expr, schema) => Operator::BitwiseOr,
            BinaryOperator::PGBitwiseXor if is_binary(&expr, schema) => Operator::BitwiseXor,
            BinaryOperator::Eq => Operator::Eq,
            BinaryOperator::NotEq => Operator::NotEq,
            BinaryOperator::Lt => Operator::Lt,
            BinaryOperator::LtEq => Operator::LtEq,
            BinaryOperator::Gt => Operator::Gt,
            BinaryOperator::GtEq => Operator::GtEq,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let binary = BinaryExpr::new(Box::new(expr.left), operator, Box::new(expr.right));
        semantics::operator(binary, schema).map(|planned: Expr| PlannerResult::Planned(planned))
    }
}

/// Whether both operands are VARBYTE, for which DataFusion has no bitwise operators.
fn is_binary(expr: &RawBinaryExpr, schema: &DFSchema) -> bool {
    [&expr.left, &expr.right].into_iter().all(|operand| matches!(operand.get_type(schema), Ok(DataType::BinaryView)))
}
