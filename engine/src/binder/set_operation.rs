//! Types of UNION (page r_UNION): the columns of its inputs must be compatible. A string literal takes the
//! type of the other side, as everywhere; a column of text beside a number or a date is an error, where
//! DataFusion would make text of both.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{Result as DataFusionResult, tree_node::Transformed},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union},
};

use crate::{
    error::{Error, SqlState},
    functions::operator::cast_expr,
    types::{
        RedshiftType,
        cast::{CastMode, is_text},
    },
};

/// Makes the inputs of every UNION compatible.
///
/// Errors: 42804.
pub fn resolve(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let resolved = plan.transform_up_with_subqueries(|plan| match plan {
        LogicalPlan::Union(union) => compatible(union),
        plan => Ok(Transformed::no(plan)),
    })?;
    match resolved.transformed {
        true => resolved
            .data
            .transform_up_with_subqueries(|plan| plan.recompute_schema().map(Transformed::yes))
            .map(|plan| plan.data),
        false => Ok(resolved.data),
    }
}

fn compatible(union: Union) -> DataFusionResult<Transformed<LogicalPlan>> {
    let width = union.schema.fields().len();
    let targets: Vec<Option<RedshiftType>> = (0..width).map(|at| common_type(&union, at)).collect::<Result<_, _>>()?;
    if targets.iter().all(Option::is_none) {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let mut inputs = vec![];
    for input in union.inputs {
        let columns = input.schema().columns();
        let changes = columns.iter().zip(input.schema().fields()).zip(&targets);
        let exprs: Vec<Expr> = changes
            .map(|((column, field), target)| match target {
                Some(target) if is_text(field.data_type()) => {
                    cast_expr(Expr::Column(column.clone()), target, CastMode::Explicit).alias(&column.name)
                }
                _ => Expr::Column(column.clone()),
            })
            .collect();
        inputs.push(Arc::new(LogicalPlanBuilder::from(Arc::unwrap_or_clone(input)).project(exprs)?.build()?));
    }
    let union = Union::try_new_with_loose_types(inputs)?;
    Ok(Transformed::yes(LogicalPlan::Union(union)))
}

/// The type that string literals of a column take; None when the types go together as they are.
fn common_type(union: &Union, at: usize) -> DataFusionResult<Option<RedshiftType>> {
    let types = || union.inputs.iter().map(|input| input.schema().field(at).data_type());
    let other = types().find(|data_type| !is_text(data_type) && **data_type != DataType::Null);
    let (Some(other), true) = (other, types().any(is_text)) else { return Ok(None) };
    let fields = || union.inputs.iter().filter_map(|input| RedshiftType::of_field(input.schema().field(at)));
    let target = match RedshiftType::of_arrow(other) {
        // SUPER takes everything, and has its own rules; bytes have a text form.
        Some(RedshiftType::Super | RedshiftType::Varbyte(_)) | None => return Ok(None),
        Some(_) if fields().any(|data_type| data_type == RedshiftType::Super) => return Ok(None),
        Some(target) => target,
    };
    for input in &union.inputs {
        if is_text(input.schema().field(at).data_type()) && !is_literal(input, at) {
            let (first, second) = match is_text(union.inputs[0].schema().field(at).data_type()) {
                true => ("character varying".to_owned(), target.to_string()),
                false => (target.to_string(), "character varying".to_owned()),
            };
            return Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!("UNION types {first} and {second} cannot be matched"),
            )
            .into());
        }
    }
    Ok(Some(target))
}

/// Whether a column of an input is a literal.
fn is_literal(plan: &LogicalPlan, at: usize) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => match projection.expr.get(at) {
            Some(Expr::Alias(alias)) => matches!(*alias.expr, Expr::Literal(..)),
            Some(Expr::Literal(..)) => true,
            Some(Expr::Column(column)) => {
                projection.input.schema().index_of_column(column).is_ok_and(|at| is_literal(&projection.input, at))
            }
            _ => false,
        },
        LogicalPlan::Union(union) => union.inputs.iter().all(|input| is_literal(input, at)),
        _ => false,
    }
}
