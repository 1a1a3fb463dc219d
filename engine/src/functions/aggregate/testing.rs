//! Runs aggregate functions in tests as DataFusion does: in one go, over two partial states that are
//! merged, and by groups. All ways must agree.

use std::sync::Arc;

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Field, FieldRef, Schema},
};
use datafusion::{
    common::ScalarValue,
    error::Result,
    logical_expr::{
        AggregateUDF, EmitTo,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
    physical_expr::{PhysicalExpr, expressions::Column},
};

fn with_args<T>(
    function: &AggregateUDF,
    values: &[ArrayRef],
    is_distinct: bool,
    run: impl FnOnce(AccumulatorArgs) -> Result<T>,
) -> Result<T> {
    let types: Vec<DataType> = values.iter().map(|array| array.data_type().clone()).collect();
    let types = function.coerce_types(&types)?;
    let fields: Vec<FieldRef> =
        types.iter().enumerate().map(|(at, t)| Arc::new(Field::new(format!("c{at}"), t.clone(), true))).collect();
    let exprs: Vec<Arc<dyn PhysicalExpr>> =
        (0..fields.len()).map(|at| Arc::new(Column::new(&format!("c{at}"), at)) as Arc<dyn PhysicalExpr>).collect();
    let schema = Schema::new(fields.clone());
    let return_field = function.return_field(&fields)?;
    let states = function.state_fields(StateFieldsArgs {
        name: "t",
        input_fields: &fields,
        return_field: Arc::clone(&return_field),
        ordering_fields: &[],
        is_distinct,
    })?;
    assert!(!states.is_empty());
    run(AccumulatorArgs {
        return_field,
        schema: &schema,
        ignore_nulls: false,
        order_bys: &[],
        is_reversed: false,
        name: "t",
        is_distinct,
        exprs: &exprs,
        expr_fields: &fields,
    })
}

fn coerce(function: &AggregateUDF, values: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let types: Vec<DataType> = values.iter().map(|array| array.data_type().clone()).collect();
    let types = function.coerce_types(&types)?;
    values.iter().zip(&types).map(|(array, t)| Ok(arrow::compute::cast(array, t)?)).collect()
}

fn run(function: &Arc<AggregateUDF>, values: &[ArrayRef], is_distinct: bool) -> Result<ScalarValue> {
    let values = coerce(function, values)?;
    let new = || with_args(function, &values, is_distinct, |args| function.accumulator(args));
    let mut whole = new()?;
    whole.update_batch(&values)?;
    let result = whole.evaluate()?;

    // two halves, merged
    let rows = values[0].len();
    let part = |from: usize, length: usize| values.iter().map(|array| array.slice(from, length)).collect::<Vec<_>>();
    let mut merged = new()?;
    for half in [part(0, rows / 2), part(rows / 2, rows - rows / 2)] {
        let mut partial = new()?;
        partial.update_batch(&half)?;
        let state: Vec<ArrayRef> = partial.state()?.iter().map(|value| value.to_array()).collect::<Result<_>>()?;
        merged.merge_batch(&state)?;
    }
    assert_eq!(merged.evaluate()?, result, "merged states of {}", function.name());
    assert_eq!(whole.evaluate()?, result, "evaluating {} twice", function.name());
    Ok(result)
}

/// The aggregate of all rows.
pub fn aggregate(function: &Arc<AggregateUDF>, values: &[ArrayRef]) -> Result<ScalarValue> {
    run(function, values, false)
}

/// The aggregate of the distinct rows.
pub fn aggregate_distinct(function: &Arc<AggregateUDF>, values: &[ArrayRef]) -> Result<ScalarValue> {
    run(function, values, true)
}

/// The aggregate of each group, with the groups accumulator.
pub fn aggregate_groups(
    function: &Arc<AggregateUDF>,
    values: &[ArrayRef],
    groups: &[usize],
    count: usize,
) -> Result<Vec<ScalarValue>> {
    let values = coerce(function, values)?;
    let new = || with_args(function, &values, false, |args| function.create_groups_accumulator(args));
    let mut direct = new()?;
    direct.update_batch(&values, groups, None, count)?;
    let mut merged = new()?;
    let state = new()?.convert_to_state(&values, None)?;
    merged.merge_batch(&state, groups, count)?;
    let result = direct.evaluate(EmitTo::All)?;
    assert_eq!(&merged.evaluate(EmitTo::All)?, &result, "merged groups of {}", function.name());
    (0..count).map(|row| ScalarValue::try_from_array(&result, row)).collect()
}
