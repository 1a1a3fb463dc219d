//! Which columns of a query are constants of its select list. A bare NULL or string has no type of its own: stored,
//! it takes that of its column, as it does among VALUES.

use datafusion::{
    arrow::datatypes::DataType,
    logical_expr::{Cast, Expr, ExprSchemable, LogicalPlan},
};

/// Whether `expr`, over the columns of `plan`, is such a constant.
pub fn is_constant(expr: &Expr, plan: &LogicalPlan) -> bool {
    match expr {
        Expr::Literal(..) => true,
        Expr::Alias(alias) => is_constant(&alias.expr, plan),
        // What the session makes of a NULL for clients.
        Expr::Cast(Cast { expr, .. }) => {
            matches!(expr.get_type(plan.schema()), Ok(DataType::Null)) && is_constant(expr, plan)
        }
        Expr::Column(column) => {
            plan.schema().index_of_column(column).is_ok_and(|index| column_is_constant(plan, index))
        }
        _ => false,
    }
}

fn column_is_constant(plan: &LogicalPlan, index: usize) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => {
            projection.expr.get(index).is_some_and(|expr| is_constant(expr, &projection.input))
        }
        LogicalPlan::Filter(filter) => column_is_constant(&filter.input, index),
        LogicalPlan::Sort(sort) => column_is_constant(&sort.input, index),
        LogicalPlan::Limit(limit) => column_is_constant(&limit.input, index),
        _ => false,
    }
}
