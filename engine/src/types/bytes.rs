//! Casts between integers and VARBYTE (page r_VARBYTE_type): the bytes of the integer's type, the most significant one
//! first.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, BinaryViewArray, BinaryViewBuilder, Int64Builder},
    compute::cast,
    datatypes::{DataType, Int64Type},
};

use super::{RedshiftType, cast::CastMode};
use crate::error::{Error, Result, SqlState};

/// How many bytes an integer type has.
fn width(data_type: &DataType) -> usize {
    match data_type {
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => 2,
        DataType::Int32 | DataType::UInt16 => 4,
        _ => 8,
    }
}

/// Integers as bytes.
pub(super) fn from_integers(array: &ArrayRef) -> Result<ArrayRef> {
    let width = width(array.data_type());
    let wide = cast(array, &DataType::Int64).map_err(Error::internal)?;
    let mut out = BinaryViewBuilder::with_capacity(array.len());
    for value in wide.as_primitive::<Int64Type>() {
        out.append_option(value.map(|value| value.to_be_bytes()[8 - width..].to_vec()));
    }
    Ok(Arc::new(out.finish()))
}

/// Bytes as integers of the type that `target` is.
///
/// Errors: 22003 for a value that has not as many bytes as the type.
pub(super) fn to_integers(values: &BinaryViewArray, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    let width = width(&target.arrow());
    let mut out = Int64Builder::with_capacity(values.len());
    for value in values {
        match value {
            None => out.append_null(),
            Some(bytes) if bytes.len() == width => {
                let sign = if bytes[0] >= 0x80 { -1 } else { 0 };
                out.append_value(bytes.iter().fold(sign, |value: i64, byte| (value << 8) | i64::from(*byte)));
            }
            Some(_) if mode == CastMode::Try => out.append_null(),
            Some(bytes) => {
                let message = format!("a VARBYTE of {} bytes is no value of type {target}", bytes.len());
                return Err(Error::new(SqlState("22003"), message));
            }
        }
    }
    cast(&(Arc::new(out.finish()) as ArrayRef), &target.arrow()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int16Array, Int32Array};

    use super::*;

    #[test]
    fn integers_come_back() {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(5), Some(-2), None]));
        let bytes = from_integers(&values).unwrap();
        assert_eq!(bytes.as_binary_view().value(0), [0, 0, 0, 5]);
        assert_eq!(bytes.as_binary_view().value(1), [0xff, 0xff, 0xff, 0xfe]);
        let back = to_integers(bytes.as_binary_view(), &RedshiftType::Integer, CastMode::Explicit).unwrap();
        assert_eq!(&back, &values);
        let small: ArrayRef = Arc::new(Int16Array::from(vec![5]));
        let bytes = from_integers(&small).unwrap();
        assert!(to_integers(bytes.as_binary_view(), &RedshiftType::BigInt, CastMode::Explicit).is_err());
    }
}
