//! A function that sees the catalog: like `ScalarFunction`, with what the statement sees beside the call.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{array::ArrayRef, datatypes::DataType};
use datafusion::{
    common::ScalarValue,
    error::{DataFusionError, Result as DataFusionResult},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use crate::{
    catalog::system_view::SystemContext,
    error::Result,
    functions::{
        arguments::Call,
        definition::{Documentation, Types},
        settings::SessionSettings,
    },
};

/// A function over the catalog.
pub struct ContextFunction {
    /// What the reference page says.
    pub documentation: Documentation,
    /// The least and the greatest number of arguments.
    pub arity: (usize, usize),
    /// The result type.
    pub returns: fn(&Types) -> Result<DataType>,
    /// Computes the result for all rows of a batch.
    pub invoke: fn(&SystemContext, &Call) -> Result<ArrayRef>,
}

impl ContextFunction {
    /// The function for a statement.
    pub fn to_udf(&'static self, context: Arc<SystemContext>) -> Arc<ScalarUDF> {
        // Its answers change between statements, and within one where it changes a setting.
        let signature = Signature::user_defined(Volatility::Stable);
        Arc::new(ScalarUDF::new_from_impl(Adapter { function: self, context, signature }))
    }
}

struct Adapter {
    function: &'static ContextFunction,
    context: Arc<SystemContext>,
    signature: Signature,
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContextFunction({})", self.function.documentation.name)
    }
}

impl PartialEq for Adapter {
    fn eq(&self, other: &Self) -> bool {
        self.function.documentation.name == other.function.documentation.name
    }
}

impl Eq for Adapter {}

impl Hash for Adapter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.documentation.name.hash(state);
    }
}

impl ScalarUDFImpl for Adapter {
    fn name(&self) -> &str {
        self.function.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> DataFusionResult<DataType> {
        let types = Types::new(self.function.documentation.name, types);
        let (least, most) = self.function.arity;
        if types.count() < least || types.count() > most {
            return types.refuse().map_err(DataFusionError::from);
        }
        (self.function.returns)(&types).map_err(DataFusionError::from)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let settings = SessionSettings::of(&args.config_options);
        let call = Call {
            name: self.function.documentation.name,
            arguments: &args.args,
            rows: if constant { 1 } else { args.number_rows },
            format: settings.text_format(),
            settings: &settings,
            return_type: args.return_field.data_type(),
        };
        let result = (self.function.invoke)(&self.context, &call)?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}
