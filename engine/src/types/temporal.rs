//! Casts of dates, times, timestamps and intervals, and text to them (pages r_Type_conversion, r_Datetime_types,
//! r_interval_data_types). Between a TIMESTAMPTZ or TIMETZ and what has no zone stands the session's time zone.

use std::sync::Arc;

use datafusion::arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, PrimitiveBuilder, StringViewArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{
        DataType, Date32Type, DurationMicrosecondType, IntervalMonthDayNano, IntervalMonthDayNanoType,
        IntervalYearMonthType, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    },
};

use super::{
    IntervalField, RedshiftType,
    cast::{CastMode, no_cast},
    parse,
    text::TextFormat,
};
use crate::{
    error::{Error, Result},
    functions::datetime::{
        calendar::{self, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND},
        interval::{self, Interval},
        literal,
    },
};

const NANOS_PER_MICRO: i64 = 1_000;

/// Values made one by one; under TRY_CAST what fails is NULL.
fn make<T: ArrowPrimitiveType, V>(
    values: impl ExactSizeIterator<Item = Option<V>>,
    target: &RedshiftType,
    mode: CastMode,
    convert: impl Fn(V) -> Result<T::Native>,
) -> Result<ArrayRef> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len()).with_data_type(target.arrow());
    for value in values {
        match value.map(&convert) {
            None => builder.append_null(),
            Some(Ok(value)) => builder.append_value(value),
            Some(Err(_)) if mode == CastMode::Try => builder.append_null(),
            Some(Err(error)) => return Err(error),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Text as a date, time, timestamp or interval.
pub(super) fn from_text(
    array: &StringViewArray,
    target: &RedshiftType,
    mode: CastMode,
    format: &TextFormat,
) -> Result<ArrayRef> {
    let values = array.iter();
    match *target {
        RedshiftType::Date => make::<Date32Type, _>(values, target, mode, |text| date(text, format)),
        RedshiftType::Time => make::<Time64MicrosecondType, _>(values, target, mode, literal::parse_time),
        RedshiftType::TimeTz => make::<Time64NanosecondType, _>(values, target, mode, |text| {
            Ok(literal::parse_timetz(text, &format.zone)? * NANOS_PER_MICRO)
        }),
        RedshiftType::Timestamp => {
            make::<TimestampMicrosecondType, _>(values, target, mode, |text| timestamp(text, format))
        }
        RedshiftType::TimestampTz => {
            make::<TimestampMicrosecondType, _>(values, target, mode, |text| timestamptz(text, format))
        }
        RedshiftType::Interval => {
            make::<IntervalMonthDayNanoType, _>(values, target, mode, |text| month_day_nano(interval::parse(text)?))
        }
        RedshiftType::IntervalYearToMonth(field) => make::<IntervalYearMonthType, _>(values, target, mode, |text| {
            months(interval::parse_qualified(text, field)?, field)
        }),
        RedshiftType::IntervalDayToSecond(field, digits) => {
            make::<DurationMicrosecondType, _>(values, target, mode, |text| {
                micros(interval::parse_qualified(text, field)?, field, digits)
            })
        }
        _ => Err(no_cast(&DataType::Utf8View, target)),
    }
}

/// Text as DATE; the words of the clock count.
pub fn date(text: &str, format: &TextFormat) -> Result<i32> {
    if let Some((days, _)) = parse::iso_datetime(text) {
        return calendar::check_date(days);
    }
    match format.clock_word(text)? {
        Some(now) => calendar::check_date(now.div_euclid(MICROS_PER_DAY)),
        None => literal::parse_date_in(text, format.date_style.order),
    }
}

/// Text as TIMESTAMP; the words of the clock count.
pub fn timestamp(text: &str, format: &TextFormat) -> Result<i64> {
    if let Some((days, micros)) = parse::iso_datetime(text) {
        return Ok(calendar::midnight(days)? + micros);
    }
    match format.clock_word(text)? {
        Some(now) => Ok(now),
        None => literal::parse_timestamp_in(text, format.date_style.order),
    }
}

/// Text as TIMESTAMPTZ; the words of the clock count.
pub fn timestamptz(text: &str, format: &TextFormat) -> Result<i64> {
    if let Some((days, micros)) = parse::iso_datetime(text) {
        return format.zone.instant(calendar::midnight(days)? + micros);
    }
    match format.clock_word(text)? {
        Some(now) => format.zone.instant(now),
        None => literal::parse_timestamptz_in(text, &format.zone, format.date_style.order),
    }
}

/// Casts where source or target is a date, a time, a timestamp or an interval, and the source is no text.
pub(super) fn cast(array: &ArrayRef, target: &RedshiftType, mode: CastMode, format: &TextFormat) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Interval(_) | DataType::Duration(_) => from_interval(array, target, mode),
        DataType::Date32 | DataType::Date64 => {
            let days = plain::<Date32Type>(array, &DataType::Date32)?;
            match target {
                RedshiftType::Date => Ok(Arc::new(days)),
                RedshiftType::Timestamp => make::<TimestampMicrosecondType, _>(days.iter(), target, mode, |days| {
                    calendar::midnight(days.into())
                }),
                RedshiftType::TimestampTz => make::<TimestampMicrosecondType, _>(days.iter(), target, mode, |days| {
                    format.zone.instant(calendar::midnight(days.into())?)
                }),
                _ => Err(no_cast(array.data_type(), target)),
            }
        }
        DataType::Time64(_) | DataType::Time32(_) => from_time(array, target, mode, format),
        DataType::Timestamp(_, zone) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            let values = plain::<TimestampMicrosecondType>(array, &micros)?;
            from_timestamp(&values, zone.is_some(), array.data_type(), target, mode, format)
        }
        _ => Err(no_cast(array.data_type(), target)),
    }
}

fn plain<T: ArrowPrimitiveType>(array: &ArrayRef, data_type: &DataType) -> Result<PrimitiveArray<T>> {
    let cast = cast_with_options(array, data_type, &CastOptions::default()).map_err(Error::internal)?;
    Ok(cast.as_primitive::<T>().clone())
}

fn from_time(array: &ArrayRef, target: &RedshiftType, mode: CastMode, format: &TextFormat) -> Result<ArrayRef> {
    let has_zone = *array.data_type() == RedshiftType::TimeTz.arrow();
    let times = plain::<Time64MicrosecondType>(array, &RedshiftType::Time.arrow())?;
    match target {
        // A TIMETZ is shown in UTC, and that is the time it keeps.
        RedshiftType::Time => Ok(Arc::new(times)),
        RedshiftType::TimeTz => make::<Time64NanosecondType, _>(times.iter(), target, mode, |time| {
            let offset = if has_zone { 0 } else { format.zone.offset_at(format.now.unwrap_or(0)) };
            Ok((time - i64::from(offset) * MICROS_PER_SECOND).rem_euclid(MICROS_PER_DAY) * NANOS_PER_MICRO)
        }),
        RedshiftType::IntervalDayToSecond(field, digits) if !has_zone => {
            make::<DurationMicrosecondType, _>(times.iter(), target, mode, |time| {
                micros(Interval { months: 0, days: 0, micros: time }, *field, *digits)
            })
        }
        _ => Err(no_cast(array.data_type(), target)),
    }
}

fn from_timestamp(
    values: &PrimitiveArray<TimestampMicrosecondType>,
    has_zone: bool,
    source: &DataType,
    target: &RedshiftType,
    mode: CastMode,
    format: &TextFormat,
) -> Result<ArrayRef> {
    let local = |value: i64| if has_zone { format.zone.local(value) } else { Ok(value) };
    let values = values.iter();
    match target {
        RedshiftType::Timestamp => make::<TimestampMicrosecondType, _>(values, target, mode, local),
        RedshiftType::TimestampTz => make::<TimestampMicrosecondType, _>(values, target, mode, |value| {
            if has_zone { Ok(value) } else { format.zone.instant(value) }
        }),
        RedshiftType::Date => make::<Date32Type, _>(values, target, mode, |value| {
            calendar::check_date(local(value)?.div_euclid(MICROS_PER_DAY))
        }),
        RedshiftType::Time => {
            make::<Time64MicrosecondType, _>(values, target, mode, |value| Ok(local(value)?.rem_euclid(MICROS_PER_DAY)))
        }
        RedshiftType::TimeTz => make::<Time64NanosecondType, _>(values, target, mode, |value| {
            let instant = if has_zone { value } else { format.zone.instant(value)? };
            Ok(instant.rem_euclid(MICROS_PER_DAY) * NANOS_PER_MICRO)
        }),
        _ => Err(no_cast(source, target)),
    }
}

fn from_interval(array: &ArrayRef, target: &RedshiftType, mode: CastMode) -> Result<ArrayRef> {
    let intervals = interval::read(array)?;
    let values = intervals.into_iter();
    match *target {
        RedshiftType::Interval => make::<IntervalMonthDayNanoType, _>(values, target, mode, month_day_nano),
        // The parts that the target has no room for are dropped, as `interval_forbid_composite_literals` says.
        RedshiftType::IntervalYearToMonth(field) => {
            make::<IntervalYearMonthType, _>(values, target, mode, |value| months(value, field))
        }
        RedshiftType::IntervalDayToSecond(field, digits) => {
            make::<DurationMicrosecondType, _>(values, target, mode, |value| micros(value, field, digits))
        }
        _ => Err(no_cast(array.data_type(), target)),
    }
}

fn out_of_range() -> Error {
    calendar::out_of_range("interval")
}

fn month_day_nano(value: Interval) -> Result<IntervalMonthDayNano> {
    let months = i32::try_from(value.months).map_err(|_| out_of_range())?;
    let days = i32::try_from(value.days).map_err(|_| out_of_range())?;
    let nanos = value.micros.checked_mul(NANOS_PER_MICRO).ok_or_else(out_of_range)?;
    Ok(IntervalMonthDayNano::new(months, days, nanos))
}

/// The months of an interval, whole years only if the qualifier is YEAR.
pub(crate) fn months(value: Interval, field: IntervalField) -> Result<i32> {
    let months = if field == IntervalField::Year { value.months / 12 * 12 } else { value.months };
    i32::try_from(months).map_err(|_| out_of_range())
}

/// The days and time of an interval, cut to a field and to digits of a fraction.
pub(crate) fn micros(value: Interval, field: IntervalField, digits: u8) -> Result<i64> {
    let days = value.days.checked_mul(MICROS_PER_DAY).ok_or_else(out_of_range)?;
    let micros = days.checked_add(value.micros).ok_or_else(out_of_range)?;
    let unit = match field {
        IntervalField::Day => MICROS_PER_DAY,
        IntervalField::Hour => MICROS_PER_HOUR,
        IntervalField::Minute => MICROS_PER_MINUTE,
        _ => 10_i64.pow(u32::from(6 - digits.min(6))),
    };
    if field == IntervalField::Second && unit > 1 {
        // A fraction is rounded to its digits; whole fields are cut.
        let half = unit / 2 * micros.signum();
        return Ok((micros + half) / unit * unit);
    }
    Ok(micros / unit * unit)
}
