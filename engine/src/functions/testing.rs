//! Helpers for the unit tables of the functions: cells of every type, a check of results computed
//! both from constants and from arrays (of each text type), and a check of errors.

use std::sync::Arc;

use arrow::{
    array::ArrayRef,
    compute::cast,
    datatypes::{DataType, Field, TimeUnit},
};
use datafusion::{
    common::{ScalarValue, config::ConfigOptions},
    logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs},
};

use super::{datetime::literal, definition::ScalarFunction, settings::SessionSettings};
use crate::error::Error;

/// NULL of no type.
pub fn null() -> ScalarValue {
    ScalarValue::Null
}

/// VARCHAR
pub fn text(value: &str) -> ScalarValue {
    ScalarValue::Utf8View(Some(value.to_string()))
}

/// BIGINT
pub fn int(value: i64) -> ScalarValue {
    ScalarValue::Int64(Some(value))
}

/// INTEGER
pub fn int4(value: i32) -> ScalarValue {
    ScalarValue::Int32(Some(value))
}

/// SMALLINT
pub fn int2(value: i16) -> ScalarValue {
    ScalarValue::Int16(Some(value))
}

/// DOUBLE PRECISION
pub fn float(value: f64) -> ScalarValue {
    ScalarValue::Float64(Some(value))
}

/// BOOLEAN
pub fn boolean(value: bool) -> ScalarValue {
    ScalarValue::Boolean(Some(value))
}

/// DECIMAL
pub fn decimal(unscaled: i128, precision: u8, scale: i8) -> ScalarValue {
    ScalarValue::Decimal128(Some(unscaled), precision, scale)
}

/// DATE
pub fn date(value: &str) -> ScalarValue {
    ScalarValue::Date32(Some(literal::parse_date(value).expect("a date")))
}

/// TIME
pub fn time(value: &str) -> ScalarValue {
    ScalarValue::Time64Microsecond(Some(literal::parse_time(value).expect("a time")))
}

/// TIMESTAMP
pub fn timestamp(value: &str) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(Some(literal::parse_timestamp(value).expect("a timestamp")), None)
}

/// TIMESTAMPTZ, given in UTC
pub fn timestamptz(value: &str) -> ScalarValue {
    let instant = literal::parse_timestamp(value).expect("a timestamp");
    ScalarValue::TimestampMicrosecond(Some(instant), Some("UTC".into()))
}

/// VARBYTE
pub fn binary(value: &[u8]) -> ScalarValue {
    ScalarValue::BinaryView(Some(value.to_vec()))
}

/// Calls a function as DataFusion does: result type first, then the values.
pub fn call(
    function: &'static ScalarFunction,
    arguments: Vec<ColumnarValue>,
    rows: usize,
) -> Result<ColumnarValue, Error> {
    call_in_zone(function, arguments, rows, "UTC")
}

/// As [`call`], with a session time zone.
pub fn call_in_zone(
    function: &'static ScalarFunction,
    arguments: Vec<ColumnarValue>,
    rows: usize,
    zone: &str,
) -> Result<ColumnarValue, Error> {
    let udf = function.to_udf();
    let arg_fields: Vec<_> = arguments.iter().map(|value| Arc::new(Field::new("a", value.data_type(), true))).collect();
    let nothing = vec![None; arguments.len()];
    let return_field = udf
        .return_field_from_args(ReturnFieldArgs { arg_fields: &arg_fields, scalar_arguments: &nothing })
        .map_err(unwrap)?;
    let mut config = ConfigOptions::new();
    config.extensions.insert(SessionSettings::new([("timezone".to_string(), zone.to_string())].into(), None));
    udf.invoke_with_args(ScalarFunctionArgs {
        args: arguments,
        arg_fields,
        number_rows: rows,
        return_field,
        config_options: Arc::new(config),
    })
    .map_err(unwrap)
}

/// The engine's error inside DataFusion's.
fn unwrap(error: datafusion::error::DataFusionError) -> Error {
    match error {
        datafusion::error::DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => panic!("not an engine error: {other}"),
        },
        other => panic!("not an engine error: {other}"),
    }
}

/// Checks each row of a table of arguments and results, first with constants, then with arrays.
/// A NULL result fits any type.
pub fn check(function: &'static ScalarFunction, table: Vec<(Vec<ScalarValue>, ScalarValue)>) {
    for (arguments, expected) in table {
        let constants = arguments.iter().cloned().map(ColumnarValue::Scalar).collect();
        let got = match call(function, constants, 3) {
            Ok(ColumnarValue::Scalar(value)) => value,
            other => panic!("{} of {arguments:?}: {other:?}", function.documentation.name),
        };
        compare(function, &arguments, &got, &expected);
        for text_type in [DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8] {
            let arrays = arguments.iter().map(|value| ColumnarValue::Array(repeat(value, &text_type))).collect();
            let got = match call(function, arrays, 3) {
                Ok(ColumnarValue::Array(array)) => ScalarValue::try_from_array(&array, 2).expect("a value"),
                other => panic!("{} of arrays of {arguments:?}: {other:?}", function.documentation.name),
            };
            compare(function, &arguments, &got, &expected);
        }
    }
}

fn repeat(value: &ScalarValue, text_type: &DataType) -> ArrayRef {
    let array = value.to_array_of_size(3).expect("an array");
    if array.data_type() == &DataType::Utf8View { cast(&array, text_type).expect("text") } else { array }
}

fn compare(function: &ScalarFunction, arguments: &[ScalarValue], got: &ScalarValue, expected: &ScalarValue) {
    let name = function.documentation.name;
    let close = match (got, expected) {
        (ScalarValue::Float64(Some(got)), ScalarValue::Float64(Some(expected))) => {
            got == expected || (got - expected).abs() <= 1e-12 * expected.abs()
        }
        _ => got == expected,
    };
    let nulls = got.is_null() && expected.is_null();
    assert!(close || nulls, "{name} of {arguments:?} is {got:?}, not {expected:?}");
}

/// Checks that a call fails with an SQLSTATE.
pub fn fails(function: &'static ScalarFunction, arguments: Vec<ScalarValue>, state: &str) {
    let constants = arguments.iter().cloned().map(ColumnarValue::Scalar).collect();
    match call(function, constants, 1) {
        Err(error) => assert_eq!(error.state().0, state, "{} of {arguments:?}: {error}", function.documentation.name),
        Ok(value) => panic!("{} of {arguments:?} is {value:?}", function.documentation.name),
    }
}

/// The type of TIMESTAMP, for tests of result types.
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}
