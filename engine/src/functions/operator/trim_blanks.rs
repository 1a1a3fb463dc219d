//! Text without the blanks at its end: what comparisons of CHAR and VARCHAR look at.
//!
//! It stands around every compared column, so text that has no such blanks is handed through as it is.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder},
        compute::cast,
        datatypes::DataType,
    },
    common::Result as DataFusionResult,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, expr::ScalarFunction,
    },
};

use super::map_value;
use crate::functions::bounds::{Bounds, unbounded};

const NAME: &str = "operator trim_blanks";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct TrimBlanks {
    signature: Signature,
}

impl Default for TrimBlanks {
    fn default() -> Self {
        TrimBlanks { signature: Signature::any(1, Volatility::Immutable) }
    }
}

/// `expr` without blanks at its end.
pub fn trim_blanks(expr: Expr) -> Expr {
    let function = Arc::new(ScalarUDF::from(TrimBlanks::default()));
    Expr::ScalarFunction(ScalarFunction::new_udf(function, vec![expr]))
}

/// Whether `expr` is a call of this function.
pub fn is_trim_blanks(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == NAME)
}

fn trimmed(array: &ArrayRef) -> DataFusionResult<ArrayRef> {
    match array.data_type() {
        DataType::Utf8View => Ok(trimmed_views(array.as_string_view()).unwrap_or_else(|| Arc::clone(array))),
        other => {
            let views = cast(array, &DataType::Utf8View)?;
            match trimmed_views(views.as_string_view()) {
                Some(trimmed) => Ok(cast(&trimmed, other)?),
                None => Ok(Arc::clone(array)),
            }
        }
    }
}

/// None when no value ends with a blank.
fn trimmed_views(array: &StringViewArray) -> Option<ArrayRef> {
    if !array.iter().flatten().any(|value| value.as_bytes().last() == Some(&b' ')) {
        return None;
    }
    let mut builder = StringViewBuilder::with_capacity(array.len());
    for value in array {
        builder.append_option(value.map(|value| value.trim_end_matches(' ')));
    }
    Some(Arc::new(builder.finish()))
}

impl ScalarUDFImpl for TrimBlanks {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Null))
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        map_value(&args, trimmed)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;

    use super::*;

    #[test]
    fn blanks_at_the_end_go() {
        let clean: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None, Some(""), Some(" a")]));
        assert!(Arc::ptr_eq(&clean, &trimmed(&clean).unwrap()));
        let long = "a value that does not fit into a view itself  ";
        let blank: ArrayRef = Arc::new(StringArray::from(vec![Some("a "), None, Some("   "), Some(long)]));
        let expected = StringArray::from(vec![Some("a"), None, Some(""), Some(long.trim_end())]);
        assert_eq!(trimmed(&blank).unwrap().as_string::<i32>(), &expected);
    }
}
