//! Text as comparisons see it that ignore case (page r_COLLATE): in small letters. The name cannot be written in SQL, so
//! what is compared is told from a call of LOWER.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, StringViewArray},
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

const NAME: &str = "operator fold_case";

#[derive(Debug, PartialEq, Eq, Hash)]
struct FoldCase {
    signature: Signature,
}

/// `expr` in small letters.
pub fn fold_case(expr: Expr) -> Expr {
    let function = FoldCase { signature: Signature::any(1, Volatility::Immutable) };
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), vec![expr]))
}

/// Whether `expr` is a call of this function.
pub fn is_fold_case(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.name() == NAME)
}

fn folded(array: &ArrayRef) -> DataFusionResult<ArrayRef> {
    let views = cast(array, &DataType::Utf8View)?;
    let folded: StringViewArray = views.as_string_view().iter().map(|text| text.map(str::to_lowercase)).collect();
    Ok(Arc::new(folded))
}

impl ScalarUDFImpl for FoldCase {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(DataType::Utf8View)
    }

    fn evaluate_bounds(&self, inputs: &[&Bounds]) -> DataFusionResult<Bounds> {
        unbounded(self, inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        map_value(&args, folded)
    }
}
