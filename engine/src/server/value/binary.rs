//! The binary form of values: what PostgreSQL's `*_send` functions write.

use bytes::{BufMut, BytesMut};
use datafusion::arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::{
        DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
        Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time64MicrosecondType,
        Time64NanosecondType, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};

use super::{EPOCH_DAYS, EPOCH_MICROS, TextStyle, WireType, numeric, oid};
use crate::error::{Error, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Appends a value that is not NULL.
///
/// Errors: 0A000 for a type that has no binary form here.
pub fn write(
    out: &mut BytesMut,
    array: &dyn Array,
    row: usize,
    wire_type: &WireType,
    style: &mut TextStyle,
) -> Result<()> {
    match array.data_type() {
        // These have one form only, which is text.
        _ if matches!(wire_type.oid, oid::SUPER | oid::HLLSKETCH | oid::GEOMETRY | oid::GEOGRAPHY) => {
            style.write(out, array, row)?;
        }
        DataType::List(_) => write_array(out, array, row, wire_type, style)?,
        DataType::Boolean => out.put_u8(u8::from(array.as_boolean().value(row))),
        DataType::Float32 if wire_type.oid == oid::FLOAT4 => {
            out.put_f32(array.as_primitive::<Float32Type>().value(row))
        }
        DataType::Float32 => out.put_f64(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => out.put_f64(array.as_primitive::<Float64Type>().value(row)),
        // The number without its point, in 64 bits where those suffice for the type.
        DataType::Decimal128(precision, _) if style.protocol == Some(2) => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            match i64::try_from(value) {
                Ok(narrow) if *precision <= 18 => out.put_i64(narrow),
                _ => out.put_i128(value),
            }
        }
        DataType::Decimal128(_, scale) => {
            numeric::encode(out, array.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        // Floats, intervals and dates are text already when the session wants them written in a way of its own.
        DataType::Utf8View if !is_text(wire_type.oid) => from_text(out, array.as_string_view().value(row), wire_type)?,
        DataType::Utf8View => out.put_slice(array.as_string_view().value(row).as_bytes()),
        DataType::Utf8 => out.put_slice(array.as_string::<i32>().value(row).as_bytes()),
        DataType::LargeUtf8 => out.put_slice(array.as_string::<i64>().value(row).as_bytes()),
        DataType::BinaryView => out.put_slice(array.as_binary_view().value(row)),
        DataType::Binary => out.put_slice(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => out.put_slice(array.as_binary::<i64>().value(row)),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            out.put_i32(days.checked_sub(EPOCH_DAYS).ok_or_else(|| Error::out_of_range("date"))?);
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            out.put_i64(array.as_primitive::<Time64MicrosecondType>().value(row));
            if wire_type.oid == oid::TIMETZ {
                out.put_i32(0);
            }
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            // A TIMETZ, kept in UTC.
            out.put_i64(array.as_primitive::<Time64NanosecondType>().value(row) / 1_000);
            out.put_i32(0);
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            out.put_i64(micros.checked_sub(EPOCH_MICROS).ok_or_else(|| Error::out_of_range("timestamp"))?);
        }
        DataType::Timestamp(_, zone) => {
            // Whole seconds and nanoseconds come from external files only.
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            let converted = cast(&array.slice(row, 1), &micros).map_err(Error::internal)?;
            write(out, converted.as_ref(), 0, wire_type, style)?;
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            put_interval(out, value.months, value.days, value.nanoseconds / 1_000, wire_type, style);
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            put_interval(out, array.as_primitive::<IntervalYearMonthType>().value(row), 0, 0, wire_type, style);
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            let micros = array.as_primitive::<DurationMicrosecondType>().value(row);
            put_interval(out, 0, 0, micros, wire_type, style);
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys()[row];
            write(out, dictionary.values().as_ref(), key, wire_type, style)?;
        }
        data_type => match integer(array, row) {
            Some(value) => put_integer(out, value, wire_type)?,
            // What is sent as text has the same form in binary.
            None if matches!(wire_type.oid, oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::SUPER | oid::UNKNOWN) => {
                style.write(out, array, row)?;
            }
            None => return Err(Error::not_supported(format!("the binary form of {data_type}"))),
        },
    }
    Ok(())
}

/// The parts of an interval, as many as its type has.
fn put_interval(out: &mut BytesMut, months: i32, days: i32, micros: i64, wire_type: &WireType, style: &TextStyle) {
    let all_micros = micros.saturating_add(i64::from(days) * MICROS_PER_DAY);
    match wire_type.oid {
        oid::INTERVAL_YEAR_TO_MONTH => out.put_i32(months),
        oid::INTERVAL_DAY_TO_SECOND => out.put_i64(all_micros),
        // PostgreSQL 8.0 counted days as hours, and so does Redshift.
        _ if style.protocol.is_some() => {
            out.put_i64(all_micros);
            out.put_i32(months);
        }
        _ => {
            out.put_i64(micros);
            out.put_i32(days);
            out.put_i32(months);
        }
    }
}

/// Whether a value of the type is its text, in binary, too.
fn is_text(type_oid: u32) -> bool {
    !matches!(
        type_oid,
        oid::FLOAT4
            | oid::FLOAT8
            | oid::INTERVAL
            | oid::INTERVAL_YEAR_TO_MONTH
            | oid::INTERVAL_DAY_TO_SECOND
            | oid::DATE
            | oid::TIMESTAMP
            | oid::TIMESTAMPTZ
    )
}

fn from_text(out: &mut BytesMut, text: &str, wire_type: &WireType) -> Result<()> {
    let number = || text.parse::<f64>().map_err(|_| Error::internal(format!("\"{text}\" is no number")));
    match wire_type.oid {
        oid::FLOAT4 => out.put_f32(number()? as f32),
        oid::FLOAT8 => out.put_f64(number()?),
        oid::DATE | oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            return Err(Error::not_supported("the binary form of a date in another datestyle than ISO"));
        }
        _ => return Err(Error::not_supported("the binary form of an interval in another intervalstyle than postgres")),
    }
    Ok(())
}

/// An array of one dimension: its size, whether it has NULLs, the type of its elements, the elements.
fn write_array(
    out: &mut BytesMut,
    array: &dyn Array,
    row: usize,
    wire_type: &WireType,
    style: &mut TextStyle,
) -> Result<()> {
    let Some(element) = wire_type.element() else { return style.write(out, array, row) };
    let elements = array.as_list::<i32>().value(row);
    out.put_i32(i32::from(!elements.is_empty()));
    out.put_i32(i32::from(elements.null_count() > 0));
    out.put_u32(element.oid);
    if !elements.is_empty() {
        out.put_i32(i32::try_from(elements.len()).map_err(|_| Error::internal("an array is too long"))?);
        // Counting begins at one.
        out.put_i32(1);
    }
    for index in 0..elements.len() {
        super::write_value(out, elements.as_ref(), index, &element, super::Format::Binary, style)?;
    }
    Ok(())
}

fn integer(array: &dyn Array, row: usize) -> Option<i64> {
    Some(match array.data_type() {
        DataType::Int8 => i64::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => i64::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => i64::from(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row),
        DataType::UInt8 => i64::from(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => i64::from(array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => i64::from(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => i64::try_from(array.as_primitive::<UInt64Type>().value(row)).ok()?,
        _ => return None,
    })
}

/// An integer in as many bytes as its type has.
fn put_integer(out: &mut BytesMut, value: i64, wire_type: &WireType) -> Result<()> {
    let wrong = |_| Error::out_of_range("integer");
    match wire_type.oid {
        oid::INT2 => out.put_i16(i16::try_from(value).map_err(wrong)?),
        oid::INT4 => out.put_i32(i32::try_from(value).map_err(wrong)?),
        // OIDs have no sign.
        oid::OID | oid::XID | oid::REGPROC => out.put_u32(u32::try_from(value).map_err(wrong)?),
        _ => out.put_i64(value),
    }
    Ok(())
}
