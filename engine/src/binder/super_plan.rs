//! Plans over columns whose equal values need not be the same (see `group_key`): groups, DISTINCT, joins and sorts go
//! by keys; UNION turns what stands beside SUPER into SUPER.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    common::{Column, Result as DataFusionResult, metadata::FieldMetadata},
    logical_expr::{
        Aggregate, Distinct, Expr, ExprSchemable, Join, LogicalPlan, LogicalPlanBuilder, Sort, Union,
        expr::AggregateFunction,
    },
};

use super::{
    collation, group_key, grouping_set,
    super_expr::{as_super, key},
};
use crate::{
    error::Error,
    functions::operator::{is_trim_blanks, trim_blanks},
    types::cast::is_text,
};

/// Rewrites one node.
pub fn rewrite(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    match plan {
        LogicalPlan::Aggregate(aggregate) => groups(aggregate),
        LogicalPlan::Distinct(Distinct::All(input)) if has_keys(&input) => {
            let columns = input.schema().columns().into_iter().map(Expr::Column).collect();
            groups(Aggregate::try_new(input, columns, vec![])?)
        }
        LogicalPlan::Sort(sort) => sorted(sort),
        LogicalPlan::Join(join) => joined(join),
        LogicalPlan::Union(union) => united(union),
        other => Ok(other),
    }
}

fn has_keys(plan: &LogicalPlan) -> bool {
    plan.schema().columns().into_iter().any(|column| group_key::of(&Expr::Column(column), plan.schema()).is_some())
}

/// A group of equal values shows one of them.
fn groups(aggregate: Aggregate) -> DataFusionResult<LogicalPlan> {
    let schema = aggregate.input.schema();
    let is_super = |expr: &Expr| matches!(expr.get_type(schema), Ok(DataType::LargeBinary));
    if let [Expr::GroupingSet(sets)] = aggregate.group_expr.as_slice() {
        if sets.distinct_expr().into_iter().any(is_super) {
            return Err(Error::not_supported("SUPER in GROUPING SETS, ROLLUP or CUBE").into());
        }
        let sets = sets.clone();
        return grouping_set::by_keys(aggregate, sets);
    }
    let key_of = |expr: &Expr| group_key::of(&expr.clone().unalias(), schema);
    if !aggregate.group_expr.iter().any(|expr| key_of(expr).is_some()) {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    // A key that is named twice is one column of the schema.
    let mut keys: Vec<&Expr> = vec![];
    for expr in &aggregate.group_expr {
        if !keys.contains(&expr) {
            keys.push(expr);
        }
    }
    if keys.len() + aggregate.aggr_expr.len() != aggregate.schema.fields().len() {
        return Err(Error::internal("the columns of a group are not its keys and aggregates").into());
    }
    let mut group = Vec::with_capacity(keys.len());
    let mut shown = aggregate.aggr_expr.clone();
    let mut columns = Vec::with_capacity(aggregate.schema.fields().len());
    for (index, (qualifier, field)) in aggregate.schema.iter().enumerate() {
        let column = Expr::Column(Column::from((qualifier, field)));
        let Some(expr) = keys.get(index).copied() else {
            columns.push(column);
            continue;
        };
        let Some((key, representative)) = key_of(expr) else {
            group.push(expr.clone());
            columns.push(column);
            continue;
        };
        let expr = expr.clone().unalias();
        group.push(key.alias(format!("\u{1}key {index}")));
        let name = format!("\u{1}group {index}");
        let member = collation::as_written(expr, schema);
        let first = AggregateFunction::new_udf(representative, vec![member], false, None, vec![], None);
        shown.push(Expr::AggregateFunction(first).alias(&name));
        let value = Expr::Column(Column::new_unqualified(name));
        let metadata = Some(FieldMetadata::from(&**field));
        columns.push(value.alias_qualified_with_metadata(qualifier.cloned(), field.name(), metadata));
    }
    let plan = LogicalPlan::Aggregate(Aggregate::try_new(aggregate.input, group, shown)?);
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

fn sorted(mut sort: Sort) -> DataFusionResult<LogicalPlan> {
    let schema = Arc::clone(sort.input.schema());
    for expr in &mut sort.expr {
        if let Some(key) = group_key::of_sort(&expr.expr, &schema) {
            expr.expr = key;
        }
    }
    Ok(LogicalPlan::Sort(sort))
}

fn joined(mut join: Join) -> DataFusionResult<LogicalPlan> {
    let (left, right) = (Arc::clone(join.left.schema()), Arc::clone(join.right.schema()));
    for (left_key, right_key) in &mut join.on {
        let types = (left_key.get_type(&left)?, right_key.get_type(&right)?);
        if types.0 == DataType::LargeBinary || types.1 == DataType::LargeBinary {
            *left_key = key(left_key.clone(), &left)?;
            *right_key = key(right_key.clone(), &right)?;
        } else if collation::compared([&*left_key, &*right_key], &left.join(&right)?)? {
            *left_key = collation::folded(left_key.clone());
            *right_key = collation::folded(right_key.clone());
        } else if is_text(&types.0) && is_text(&types.1) && !(is_trim_blanks(left_key) && is_trim_blanks(right_key)) {
            *left_key = trim_blanks(left_key.clone());
            *right_key = trim_blanks(right_key.clone());
        }
    }
    Ok(LogicalPlan::Join(join))
}

fn united(union: Union) -> DataFusionResult<LogicalPlan> {
    let width = union.schema.fields().len();
    let data_type = |input: &LogicalPlan, index: usize| input.schema().field(index).data_type().clone();
    let is_super: Vec<bool> = (0..width)
        .map(|index| union.inputs.iter().any(|input| data_type(input, index) == DataType::LargeBinary))
        .collect();
    let differs = |input: &Arc<LogicalPlan>| {
        (0..width).any(|index| is_super[index] && data_type(input, index) != DataType::LargeBinary)
    };
    if !union.inputs.iter().any(differs) {
        return Ok(LogicalPlan::Union(union));
    }
    let mut inputs = Vec::with_capacity(union.inputs.len());
    for input in union.inputs {
        if !differs(&input) {
            inputs.push(input);
            continue;
        }
        let columns: Vec<Expr> = input
            .schema()
            .iter()
            .enumerate()
            .map(|(index, (qualifier, field))| {
                let column = Expr::Column(Column::from((qualifier, field)));
                if is_super[index] {
                    as_super(column, field.data_type()).alias_qualified(qualifier.cloned(), field.name())
                } else {
                    column
                }
            })
            .collect();
        inputs.push(Arc::new(LogicalPlanBuilder::from(input).project(columns)?.build()?));
    }
    Ok(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?))
}
