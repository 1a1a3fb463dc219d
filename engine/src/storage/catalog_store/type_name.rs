//! Arrow types of managed columns in DuckLake's words, and back.

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};

use crate::error::{Error, Result};

/// DuckLake's name of a column type.
pub fn type_name(data_type: &DataType) -> Result<String> {
    Ok(match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int16 => "int16".to_owned(),
        DataType::Int32 => "int32".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::Float32 => "float32".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Decimal128(precision, scale) if *scale >= 0 => format!("decimal({precision},{scale})"),
        DataType::Utf8View => "varchar".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Time64(TimeUnit::Microsecond) => "time".to_owned(),
        // Of these another program sees the time in UTC, the months, the microseconds.
        DataType::Time64(TimeUnit::Nanosecond) => "time_ns".to_owned(),
        DataType::Interval(IntervalUnit::YearMonth) => "interval".to_owned(),
        DataType::Duration(TimeUnit::Microsecond) => "int64".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "timestamp".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => "timestamptz".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "blob".to_owned(),
        other => return Err(Error::not_supported(format!("a table column of the type {other}"))),
    })
}

/// The Arrow type of a DuckLake column type. `hint` is what [`type_hint`] gave for it.
pub fn arrow_type(name: &str, hint: Option<&str>) -> Result<DataType> {
    Ok(match name {
        "boolean" => DataType::Boolean,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" if hint == Some("Duration") => DataType::Duration(TimeUnit::Microsecond),
        "int64" => DataType::Int64,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "varchar" => DataType::Utf8View,
        "date" => DataType::Date32,
        "time" => DataType::Time64(TimeUnit::Microsecond),
        "time_ns" => DataType::Time64(TimeUnit::Nanosecond),
        "interval" => DataType::Interval(IntervalUnit::YearMonth),
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "blob" if hint == Some("Binary") => DataType::Binary,
        "blob" if hint == Some("LargeBinary") => DataType::LargeBinary,
        "blob" => DataType::BinaryView,
        other => decimal(other).ok_or_else(|| Error::not_supported(format!("the DuckLake column type {other}")))?,
    })
}

/// What tells Arrow types apart that share a DuckLake type.
pub(super) fn type_hint(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Binary => Some("Binary"),
        DataType::LargeBinary => Some("LargeBinary"),
        DataType::Duration(_) => Some("Duration"),
        _ => None,
    }
}

fn decimal(name: &str) -> Option<DataType> {
    let (precision, scale) = name.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    Some(DataType::Decimal128(precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_a_managed_column_comes_back() {
        let types = [
            DataType::Boolean,
            DataType::Int16,
            DataType::Int32,
            DataType::Int64,
            DataType::Float32,
            DataType::Float64,
            DataType::Decimal128(38, 10),
            DataType::Utf8View,
            DataType::Date32,
            DataType::Time64(TimeUnit::Microsecond),
            DataType::Time64(TimeUnit::Nanosecond),
            DataType::Interval(IntervalUnit::YearMonth),
            DataType::Duration(TimeUnit::Microsecond),
            DataType::Timestamp(TimeUnit::Microsecond, None),
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DataType::Binary,
            DataType::LargeBinary,
            DataType::BinaryView,
        ];
        for data_type in types {
            let name = type_name(&data_type).unwrap();
            assert_eq!(arrow_type(&name, type_hint(&data_type)).unwrap(), data_type);
        }
        assert!(type_name(&DataType::Null).is_err());
        assert!(arrow_type("struct", None).is_err());
    }
}
