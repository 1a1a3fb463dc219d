//! GROUPING SETS, ROLLUP and CUBE over text whose equal values need not be the same (see `group_key`): groups go by the
//! text without the blanks at its end, and a group shows one of its members, or NULL where the set leaves the column
//! out. GROUPING asks for the key, as that is what the sets are made of.

use datafusion::{
    common::{Column, Result as DataFusionResult, metadata::FieldMetadata},
    logical_expr::{Aggregate, Expr, GroupingSet, LogicalPlan, LogicalPlanBuilder, expr::AggregateFunction, when},
    scalar::ScalarValue,
};

use super::{collation, group_key};
use crate::error::Error;

const GROUPING: &str = "grouping";

/// The aggregate with keys in the place of the text that its sets name.
pub fn by_keys(aggregate: Aggregate, sets: GroupingSet) -> DataFusionResult<LogicalPlan> {
    let input_schema = aggregate.input.schema();
    let key_of = |expr: &Expr| group_key::of(&expr.clone().unalias(), input_schema);
    let named: Vec<Expr> = sets.distinct_expr().into_iter().cloned().collect();
    if !named.iter().any(|expr| key_of(expr).is_some()) {
        return Ok(LogicalPlan::Aggregate(aggregate));
    }
    // The columns are those of the sets, the number of the set, and the aggregates.
    let aggregates_from = named.len() + 1;
    if aggregates_from + aggregate.aggr_expr.len() != aggregate.schema.fields().len() {
        return Err(Error::internal("the columns of grouping sets are not their keys and aggregates").into());
    }
    let keyed = |expr: Expr| key_of(&expr).map_or(expr, |(key, _)| key);
    let mut shown: Vec<Expr> = aggregate.aggr_expr.iter().map(|expr| asking_keys(expr, &keyed)).collect();
    let mut columns = Vec::with_capacity(aggregate.schema.fields().len());
    for (index, (qualifier, field)) in aggregate.schema.iter().enumerate() {
        // The number of the set is for GROUPING alone, which is taken apart below this projection.
        if index == named.len() {
            continue;
        }
        let column = Expr::Column(Column::from((qualifier, field)));
        let Some((key, representative)) = named.get(index).and_then(key_of) else {
            columns.push(column);
            continue;
        };
        let name = format!("\u{1}group {index}");
        let member = collation::as_written(named[index].clone().unalias(), input_schema);
        let one = AggregateFunction::new_udf(representative, vec![member], false, None, vec![], None);
        shown.push(Expr::AggregateFunction(one).alias(&name));
        let key = Expr::Column(Column::new_unqualified(key.schema_name().to_string()));
        let value = when(key.is_null(), Expr::Literal(ScalarValue::try_new_null(field.data_type())?, None))
            .otherwise(Expr::Column(Column::new_unqualified(name)))?;
        let metadata = Some(FieldMetadata::from(&**field));
        columns.push(value.alias_qualified_with_metadata(qualifier.cloned(), field.name(), metadata));
    }
    let each = |exprs: Vec<Expr>| exprs.into_iter().map(&keyed).collect();
    let sets = match sets {
        GroupingSet::Rollup(exprs) => GroupingSet::Rollup(each(exprs)),
        GroupingSet::Cube(exprs) => GroupingSet::Cube(each(exprs)),
        GroupingSet::GroupingSets(sets) => GroupingSet::GroupingSets(sets.into_iter().map(each).collect()),
    };
    let grouped = Aggregate::try_new(aggregate.input, vec![Expr::GroupingSet(sets)], shown)?;
    LogicalPlanBuilder::from(LogicalPlan::Aggregate(grouped)).project(columns)?.build()
}

/// GROUPING of the keys, under the name that it had; any other aggregate as it is.
fn asking_keys(expr: &Expr, keyed: &impl Fn(Expr) -> Expr) -> Expr {
    match expr {
        Expr::Alias(alias) => {
            let mut alias = alias.clone();
            *alias.expr = asking_keys(&alias.expr, keyed);
            Expr::Alias(alias)
        }
        Expr::AggregateFunction(function) if function.func.name() == GROUPING => {
            let mut function = function.clone();
            function.params.args = function.params.args.into_iter().map(keyed).collect();
            Expr::AggregateFunction(function).alias(expr.schema_name().to_string())
        }
        other => other.clone(),
    }
}
