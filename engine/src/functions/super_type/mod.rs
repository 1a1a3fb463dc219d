//! Functions and operators of SUPER values (pages "SUPER type information functions", "Array functions",
//! "Object functions", "JSON functions", "Operators and functions").
//!
//! Those whose names hold a blank cannot be called from SQL: the binder puts them where paths, operators,
//! comparisons and unnesting of SUPER values stand.

/// ARRAY, ARRAY_CONCAT, ARRAY_FLATTEN, SUBARRAY, SPLIT_TO_ARRAY, GET_ARRAY_LENGTH, ARRAY_SORT, ARRAY_DISTINCT
pub mod array;
/// ARRAY_CONTAINS, ARRAY_POSITION, ARRAY_POSITIONS, ARRAYS_OVERLAP
pub mod array_search;
/// ARRAY_UNION, ARRAY_INTERSECTION, ARRAY_EXCEPT
pub mod array_set;
/// LOWER_ATTRIBUTE_NAMES, UPPER_ATTRIBUTE_NAMES, GET_NUMBER_ATTRIBUTES
pub mod attribute;
/// SUPER values as arguments of functions that do not know SUPER.
pub mod implicit;
/// JSON_PARSE, JSON_SERIALIZE, JSON_SERIALIZE_TO_VARBYTE, JSON_SIZE
pub mod json;
/// ABS, CEILING, FLOOR, ROUND of SUPER numbers
pub mod math;
/// OBJECT, OBJECT_TRANSFORM
pub mod object;
/// Paths, keys, comparisons and arithmetic.
pub mod operator;
/// JSON_TYPEOF, IS_ARRAY and its like, DECIMAL_PRECISION, DECIMAL_SCALE
pub mod type_info;
/// What unnesting and object unpivoting iterate over.
pub mod unnest;

use arrow::{
    array::ArrayRef,
    datatypes::{ArrowPrimitiveType, DataType},
};

use super::{
    arguments::{Call, Kind},
    definition::{ScalarFunction, Types},
};
use crate::{error::Result, types::super_value::Super};

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[
    &array::ARRAY,
    &array::ARRAY_CONCAT,
    &array::ARRAY_DISTINCT,
    &array::ARRAY_FLATTEN,
    &array::ARRAY_SORT,
    &array::GET_ARRAY_LENGTH,
    &array::SPLIT_TO_ARRAY,
    &array::SUBARRAY,
    &array_search::ARRAYS_OVERLAP,
    &array_search::ARRAY_CONTAINS,
    &array_search::ARRAY_POSITION,
    &array_search::ARRAY_POSITIONS,
    &array_set::ARRAY_EXCEPT,
    &array_set::ARRAY_INTERSECTION,
    &array_set::ARRAY_UNION,
    &attribute::GET_NUMBER_ATTRIBUTES,
    &attribute::LOWER_ATTRIBUTE_NAMES,
    &attribute::UPPER_ATTRIBUTE_NAMES,
    &json::CAN_JSON_PARSE,
    &json::JSON_PARSE,
    &json::JSON_SERIALIZE,
    &json::JSON_SERIALIZE_TO_VARBYTE,
    &json::JSON_SIZE,
    &object::OBJECT,
    &object::OBJECT_TRANSFORM,
    &type_info::DECIMAL_PRECISION,
    &type_info::DECIMAL_SCALE,
    &type_info::IS_ARRAY,
    &type_info::IS_BIGINT,
    &type_info::IS_BOOLEAN,
    &type_info::IS_CHAR,
    &type_info::IS_DECIMAL,
    &type_info::IS_FLOAT,
    &type_info::IS_INTEGER,
    &type_info::IS_OBJECT,
    &type_info::IS_SCALAR,
    &type_info::IS_SMALLINT,
    &type_info::IS_VARCHAR,
    &type_info::JSON_TYPEOF,
];

/// Functions that only the binder calls.
pub const INTERNAL: &[&ScalarFunction] = &[
    &operator::PATH,
    &operator::STRICT_PATH,
    &operator::KEY_TEXT,
    &operator::STRICT_CAST,
    &operator::MINUS_MARK,
    &operator::PLUS_MARK,
    &unnest::UNNEST_MARK,
    &unnest::UNPIVOT_MARK,
    &unnest::INDEX_MARK,
    &unnest::NAME_MARK,
];

/// What a function of another family means when its first argument is SUPER.
pub fn overload(name: &str) -> Option<&'static ScalarFunction> {
    Some(match name {
        "abs" => &math::ABS,
        "ceil" | "ceiling" => &math::CEILING,
        "floor" => &math::FLOOR,
        "round" => &math::ROUND,
        _ => return None,
    })
}

/// Whether an argument can be SUPER: it is, or it can be cast.
fn require_castable(types: &Types, index: usize) -> Result<()> {
    types.require(index, |kind| kind == Kind::Super || kind == Kind::Text || kind == Kind::Boolean || kind.is_number())
}

/// Refuses a call whose first argument is not SUPER.
fn require_super(types: &Types, index: usize) -> Result<()> {
    types.require(index, |kind| kind == Kind::Super)
}

/// The result type of a function of one value that is SUPER or can be.
fn of_value(types: &Types, result: DataType) -> Result<DataType> {
    require_castable(types, 0)?;
    Ok(result)
}

/// A number for each value; NULL for what has none.
fn numbers<T: ArrowPrimitiveType>(call: &Call, number: impl Fn(Super<'_>) -> Option<T::Native>) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    call.build::<T>(|row| Ok(values.get(row).and_then(|value| number(Super::of(value)))))
}

/// The result type of most functions here.
const SUPER: DataType = DataType::LargeBinary;
