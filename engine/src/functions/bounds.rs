//! Between which values a function's results lie: any, of the type that it returns.
//!
//! DataFusion's own answer for a function that does not say is an interval without a type. A comparison of the
//! function's result then has no properties at all, and a plan that sorts by it is refused as not sorted (DataFusion
//! 55: `PARTITION BY length(s) >= 2`).

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::Field,
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{ReturnFieldArgs, ScalarUDFImpl},
};

pub use datafusion::logical_expr::interval_arithmetic::Interval as Bounds;

/// The interval of all values of the type that `function` returns for arguments that lie in `inputs`.
pub fn unbounded(function: &impl ScalarUDFImpl, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
    let fields: Vec<_> = inputs.iter().map(|input| Arc::new(Field::new("argument", input.data_type(), true))).collect();
    let constants: Vec<Option<&ScalarValue>> = inputs
        .iter()
        .map(|input| (!input.lower().is_null() && input.lower() == input.upper()).then(|| input.lower()))
        .collect();
    let args = ReturnFieldArgs { arg_fields: &fields, scalar_arguments: &constants };
    Bounds::make_unbounded(function.return_field_from_args(args)?.data_type())
}
