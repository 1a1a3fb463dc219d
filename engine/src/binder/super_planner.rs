//! SUPER while DataFusion's planner makes expressions: it asks for the type of an operator's result at once, and
//! would refuse operands of SUPER. What has a type anyway (IN, BETWEEN, CASE …) waits for
//! [`super_expr`](super::super_expr).

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{Column, DFSchema, Result as DataFusionResult, TableReference},
    logical_expr::{
        BinaryExpr, Expr, ExprSchemable, Operator, lit,
        planner::{ExprPlanner, PlannerResult, RawBinaryExpr},
    },
};

use super::super_expr;
use crate::functions::super_type::operator;

/// Plans operators and paths of SUPER values.
#[derive(Debug)]
pub struct SuperPlanner {
    /// Whether a path that leads nowhere is an error.
    pub strict: bool,
}

impl ExprPlanner for SuperPlanner {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> DataFusionResult<PlannerResult<RawBinaryExpr>> {
        let is_super = |expr: &Expr| matches!(expr.get_type(schema), Ok(DataType::LargeBinary));
        if !is_super(&expr.left) && !is_super(&expr.right) {
            return Ok(PlannerResult::Original(expr));
        }
        let Some(op) = operator_of(&expr.op) else { return Ok(PlannerResult::Original(expr)) };
        let binary = BinaryExpr::new(Box::new(expr.left), op, Box::new(expr.right));
        Ok(PlannerResult::Planned(super_expr::binary(binary, schema)?))
    }

    /// `column.attribute…`
    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> DataFusionResult<PlannerResult<Vec<Expr>>> {
        let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let mut arguments = vec![column];
        arguments.extend(nested_names.iter().map(|name| lit(name.as_str())));
        let function = if self.strict { &operator::STRICT_PATH } else { &operator::PATH };
        Ok(PlannerResult::Planned(operator::call(function, arguments)))
    }
}

fn operator_of(op: &blueshift_sql::ast::sql::BinaryOperator) -> Option<Operator> {
    use blueshift_sql::ast::sql::BinaryOperator as Sql;
    Some(match op {
        Sql::Plus => Operator::Plus,
        Sql::Minus => Operator::Minus,
        Sql::Multiply => Operator::Multiply,
        Sql::Divide => Operator::Divide,
        Sql::Modulo => Operator::Modulo,
        Sql::Eq => Operator::Eq,
        Sql::NotEq => Operator::NotEq,
        Sql::Lt => Operator::Lt,
        Sql::LtEq => Operator::LtEq,
        Sql::Gt => Operator::Gt,
        Sql::GtEq => Operator::GtEq,
        Sql::And => Operator::And,
        Sql::Or => Operator::Or,
        Sql::StringConcat => Operator::StringConcat,
        _ => return None,
    })
}
