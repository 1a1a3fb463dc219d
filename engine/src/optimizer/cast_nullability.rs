//! Tells physical casts which values can be NULL.
//!
//! A cast to a type that SQL wrote carries a target field, for the type's name. In DataFusion 55 a
//! logical cast is as nullable as its input, but the physical one as its target field, and an
//! aggregate above refuses an input that is nullable where its plan says it is not. So, after the
//! other rules are done, target fields get the nullability of the input.

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, Result, tree_node::Transformed, tree_node::TreeNode},
    logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan, expr_rewriter::NamePreserver, utils::merge_schema},
    optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule},
};

/// The rule; the last one.
#[derive(Debug, Default)]
pub struct CastNullability;

impl OptimizerRule for CastNullability {
    fn name(&self) -> &str {
        "cast_nullability"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let schema = merge_schema(&plan.inputs());
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let rewritten = expr.transform_up(|expr| Ok(as_nullable_as_input(expr, &schema)))?;
            Ok(rewritten.update_data(|expr| name.restore(expr)))
        })
    }
}

fn as_nullable_as_input(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let Expr::Cast(cast) = expr else { return Transformed::no(expr) };
    // A cast to a mere type has a field without metadata, and is nullable as its input already.
    let explicit = !cast.field.metadata().is_empty();
    match cast.expr.nullable(schema) {
        Ok(nullable) if explicit && nullable != cast.field.is_nullable() => {
            let field = cast.field.as_ref().clone().with_nullable(nullable);
            Transformed::yes(Expr::Cast(Cast { expr: cast.expr, field: Arc::new(field) }))
        }
        // A column of an outer query: the subquery is planned when the column has become one of a join.
        _ => Transformed::no(Expr::Cast(cast)),
    }
}
