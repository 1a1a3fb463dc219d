//! The binary form of values: what PostgreSQL's `*_send` functions write.

use bytes::{BufMut, BytesMut};
use datafusion::arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
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
            let micros = value.nanoseconds / 1_000;
            match wire_type.oid {
                oid::INTERVAL_YEAR_TO_MONTH => out.put_i32(value.months),
                oid::INTERVAL_DAY_TO_SECOND => out.put_i64(micros + i64::from(value.days) * MICROS_PER_DAY),
                // PostgreSQL 8.0 counted days as hours, and so does Redshift.
                _ if style.protocol.is_some() => {
                    out.put_i64(micros + i64::from(value.days) * MICROS_PER_DAY);
                    out.put_i32(value.months);
                }
                _ => {
                    out.put_i64(micros);
                    out.put_i32(value.days);
                    out.put_i32(value.months);
                }
            }
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
                style.write(out, array, row, wire_type)?;
            }
            None => return Err(Error::not_supported(format!("the binary form of {data_type}"))),
        },
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
