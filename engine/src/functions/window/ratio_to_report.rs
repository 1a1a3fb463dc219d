//! RATIO_TO_REPORT (page r_WF_RATIO_TO_REPORT): a value's share of the sum of its partition.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, Float64Array},
    datatypes::{DataType, Field, FieldRef},
};
use datafusion::{
    error::{DataFusionError, Result},
    logical_expr::{
        PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
};

use crate::{
    error::Error,
    functions::{
        arguments::Kind,
        definition::{Documentation, Types},
        number,
    },
};

/// RATIO_TO_REPORT
pub static RATIO_TO_REPORT: Documentation = Documentation {
    name: "ratio_to_report",
    aliases: &[],
    category: "window",
    description: "The ratio of a value to the sum of the values of its partition, as DOUBLE PRECISION.",
    arguments: &[("ratio_expression", "a number")],
    example: "select ratio_to_report(qty) over (partition by sellerid) from winsales;",
};

#[derive(Debug)]
struct RatioToReport {
    signature: Signature,
}

impl PartialEq for RatioToReport {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RatioToReport {}

impl Hash for RatioToReport {
    fn hash<H: Hasher>(&self, state: &mut H) {
        RATIO_TO_REPORT.name.hash(state);
    }
}

/// RATIO_TO_REPORT for DataFusion.
pub fn ratio_to_report() -> Arc<WindowUDF> {
    Arc::new(WindowUDF::new_from_impl(RatioToReport { signature: Signature::user_defined(Volatility::Immutable) }))
}

impl WindowUDFImpl for RatioToReport {
    fn name(&self) -> &str {
        RATIO_TO_REPORT.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let call = Types::new(RATIO_TO_REPORT.name, arg_types);
        if call.count() != 1 {
            return call.refuse().map_err(DataFusionError::from);
        }
        call.require(0, Kind::is_number_or_text).map_err(DataFusionError::from)?;
        Ok(arg_types.to_vec())
    }

    fn field(&self, field_args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(field_args.name(), DataType::Float64, true)))
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator))
    }
}

#[derive(Debug)]
struct Evaluator;

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let values = number::to_float(&values[0])?;
        let sum: f64 = values.iter().flatten().sum();
        if sum == 0.0 && values.null_count() < values.len() {
            return Err(Error::division_by_zero().into());
        }
        let ratios: Float64Array = values.iter().map(|value| value.map(|value| value / sum)).collect();
        Ok(Arc::new(ratios))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int32Array};

    use super::*;

    #[test]
    fn shares_of_the_sum() {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(2500), None, Some(7500)]));
        let got = Evaluator.evaluate_all(&[values], 3).unwrap();
        let got: Vec<_> = got.as_primitive::<arrow::datatypes::Float64Type>().iter().collect();
        assert_eq!(got, vec![Some(0.25), None, Some(0.75)]);
        let zero: ArrayRef = Arc::new(Int32Array::from(vec![0]));
        assert!(Evaluator.evaluate_all(&[zero], 1).is_err());
    }
}
