//! PG_CANCEL_BACKEND(pid) and PG_TERMINATE_BACKEND(pid), from "System administration functions" of
//! the guide: 1 when the session was told, 0 when there is none.
//!
//! Unlike all other functions these do something, to the sessions of one engine. So they are
//! registered with that engine, and are volatile: planning a query (Describe) must not run them.

use std::{hash::Hash, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Int32Array},
        datatypes::{DataType, Int64Type},
    },
    common::{Result, exec_err},
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
};

use super::SessionRegistry;

/// The functions of one engine.
pub(crate) fn process_functions(registry: &Arc<SessionRegistry>) -> [ScalarUDF; 2] {
    let function = |name, signal| {
        ScalarUDF::from(ProcessFunction {
            name,
            signal,
            registry: Arc::clone(registry),
            signature: Signature::uniform(1, vec![DataType::Int64], Volatility::Volatile),
        })
    };
    [function("pg_cancel_backend", Signal::Cancel), function("pg_terminate_backend", Signal::Terminate)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Signal {
    Cancel,
    Terminate,
}

#[derive(Debug)]
struct ProcessFunction {
    name: &'static str,
    signal: Signal,
    registry: Arc<SessionRegistry>,
    signature: Signature,
}

impl PartialEq for ProcessFunction {
    fn eq(&self, other: &Self) -> bool {
        self.signal == other.signal && Arc::ptr_eq(&self.registry, &other.registry)
    }
}

impl Eq for ProcessFunction {}

impl Hash for ProcessFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.signal.hash(state);
    }
}

impl ProcessFunction {
    fn signal(&self, process_id: i64) -> i32 {
        let told = i32::try_from(process_id).is_ok_and(|process_id| match self.signal {
            Signal::Cancel => self.registry.cancel(process_id, None),
            Signal::Terminate => self.registry.terminate(process_id),
        });
        i32::from(told)
    }
}

impl ScalarUDFImpl for ProcessFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let Some(process_ids) = arrays.first().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return exec_err!("{} takes a process id", self.name);
        };
        // One call for a constant, also when there are many rows; none when there are no rows.
        let rows = if matches!(arguments.args.first(), Some(ColumnarValue::Scalar(_))) {
            arguments.number_rows.min(1)
        } else {
            process_ids.len()
        };
        let told: Int32Array =
            (0..rows).map(|row| process_ids.is_valid(row).then(|| self.signal(process_ids.value(row)))).collect();
        if rows == process_ids.len() && rows == arguments.number_rows {
            return Ok(ColumnarValue::Array(Arc::new(told) as ArrayRef));
        }
        let value = (rows > 0 && told.is_valid(0)).then(|| told.value(0));
        Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Int32(value)))
    }
}
