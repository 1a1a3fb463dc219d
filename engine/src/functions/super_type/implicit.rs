//! SUPER values as arguments of functions that do not know SUPER (page query-super, "Dynamic typing"): a function
//! gets them as the type it takes, and NULL for a value of another dynamic type.

use arrow::{array::AsArray, datatypes::DataType};
use datafusion::{common::ScalarValue, logical_expr::ColumnarValue};

use super::overload;
use crate::{
    error::{Error, Result},
    functions::{
        arguments::TIMESTAMP,
        definition::{ScalarFunction, Types},
    },
    types::{RedshiftType, super_value::convert::from_super},
};

/// What SUPER arguments may be read as, in the order in which it is tried.
const READINGS: [DataType; 5] = [DataType::Utf8View, DataType::Float64, DataType::Int64, DataType::Boolean, TIMESTAMP];

/// How a call with SUPER arguments is carried out.
pub struct Resolution {
    /// The result's type.
    pub result: DataType,
    /// The function to call: that of SUPER, if there is one.
    function: &'static ScalarFunction,
    /// What SUPER arguments become.
    reading: Option<DataType>,
}

/// Finds how `function` takes arguments of these types.
///
/// Errors: 42883, as the function itself says it.
pub fn resolve(
    function: &'static ScalarFunction,
    types: &[DataType],
    constants: &[Option<&ScalarValue>],
) -> Result<Resolution> {
    let name = function.documentation.name;
    let function = match types.first() {
        Some(DataType::LargeBinary) => overload(name).unwrap_or(function),
        _ => function,
    };
    let refusal = match function.return_type_of(&Types::new(name, types).with_constants(constants)) {
        Ok(result) => return Ok(Resolution { result, function, reading: None }),
        Err(refusal) => refusal,
    };
    if !types.contains(&DataType::LargeBinary) {
        return Err(refusal);
    }
    for reading in READINGS {
        let read: Vec<DataType> = types
            .iter()
            .map(|data_type| if *data_type == DataType::LargeBinary { reading.clone() } else { data_type.clone() })
            .collect();
        if let Ok(result) = function.return_type_of(&Types::new(name, &read).with_constants(constants)) {
            return Ok(Resolution { result, function, reading: Some(reading) });
        }
    }
    Err(refusal)
}

/// Reads SUPER arguments as what `function` takes, and gives the function to call.
pub fn read_super_arguments(
    function: &'static ScalarFunction,
    arguments: &mut [ColumnarValue],
) -> Result<&'static ScalarFunction> {
    let types: Vec<DataType> = arguments.iter().map(ColumnarValue::data_type).collect();
    if !types.contains(&DataType::LargeBinary) {
        return Ok(function);
    }
    let constants: Vec<Option<ScalarValue>> = arguments
        .iter()
        .map(|argument| match argument {
            ColumnarValue::Scalar(value) => Some(value.clone()),
            ColumnarValue::Array(_) => None,
        })
        .collect();
    let constants: Vec<Option<&ScalarValue>> = constants.iter().map(Option::as_ref).collect();
    let resolution = resolve(function, &types, &constants)?;
    if let Some(target) = resolution.reading.as_ref().and_then(RedshiftType::of_arrow) {
        for argument in arguments.iter_mut().filter(|argument| argument.data_type() == DataType::LargeBinary) {
            *argument = read(argument, &target)?;
        }
    }
    Ok(resolution.function)
}

fn read(argument: &ColumnarValue, target: &RedshiftType) -> Result<ColumnarValue> {
    Ok(match argument {
        ColumnarValue::Array(array) => ColumnarValue::Array(from_super(array.as_binary::<i64>(), target, false)?),
        ColumnarValue::Scalar(value) => {
            let array = value.to_array().map_err(Error::internal)?;
            let read = from_super(array.as_binary::<i64>(), target, false)?;
            ColumnarValue::Scalar(ScalarValue::try_from_array(&read, 0).map_err(Error::internal)?)
        }
    })
}
