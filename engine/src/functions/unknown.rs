//! A function that does not exist: it takes any call and answers with Redshift's error, which names the types of the
//! arguments.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::{
    error::Result as DataFusionResult,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use super::type_name;
use crate::error::Error;

#[derive(Debug, PartialEq, Eq, Hash)]
struct Unknown {
    name: String,
    signature: Signature,
}

/// The function that stands for an unknown name.
pub fn unknown_function(name: &str) -> Arc<ScalarUDF> {
    let signature = Signature::user_defined(Volatility::Immutable);
    Arc::new(ScalarUDF::from(Unknown { name: name.to_owned(), signature }))
}

impl ScalarUDFImpl for Unknown {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        // Literals of text and integers have not got their final types yet.
        let name = |data_type: &DataType| match data_type {
            DataType::Int64 => "integer".to_owned(),
            other => type_name(other),
        };
        let types: Vec<String> = types.iter().map(name).collect();
        Err(Error::undefined_function(format!("{}({})", self.name, types.join(", "))).into())
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        Err(Error::undefined_function(format!("{}()", self.name)).into())
    }
}
