//! TO_CHAR (page r_TO_CHAR): a date, time or number in a pattern.

use arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray},
    datatypes::DataType,
};

use super::{
    datetime_pattern::{self, Moment},
    number_pattern::Pattern,
};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
        number,
    },
};

/// TO_CHAR
pub static TO_CHAR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_char",
        aliases: &[],
        category: "format",
        description: "A timestamp, date, time or number as text in a pattern.",
        arguments: &[("expression", "a timestamp, date, time or number"), ("format", "the pattern")],
        example: "select to_char(timestamp '2009-12-31 23:15:59', 'MON-DD-YYYY HH12:MIPM'); -- DEC-31-2009 11:15PM",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, |kind| {
            kind.is_number()
                || kind.is_time()
                || matches!(kind, Kind::Date | Kind::Timestamp | Kind::TimestampTz | Kind::Interval)
        })?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| if call.kind(0).is_number() { numbers(call) } else { moments(call) },
};

/// Calls `write` for each row with the parsed pattern, which is parsed anew only if it changes.
fn with_patterns<P>(
    call: &Call,
    parse: impl Fn(&str) -> Result<P>,
    mut write: impl FnMut(usize, &P, &mut String) -> Result<bool>,
) -> Result<ArrayRef> {
    let patterns = call.text(1)?;
    let mut current: Option<(String, P)> = None;
    call.write_text(|row, out| {
        let Some(pattern) = patterns.get(row) else { return Ok(false) };
        if current.as_ref().is_none_or(|(text, _)| text != pattern) {
            current = Some((pattern.to_string(), parse(pattern)?));
        }
        match &current {
            Some((_, parsed)) => write(row, parsed, out),
            None => Ok(false),
        }
    })
}

fn valid<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    array.is_valid(row).then(|| array.value(row))
}

fn numbers(call: &Call) -> Result<ArrayRef> {
    let (array, constant) = call.array(0)?;
    // the scale depends on the pattern: values are rescaled row by row
    let exact = Kind::of(array.data_type()) != Kind::Float;
    let scale = number::decimal_scale(array.data_type());
    let decimals = if exact { Some(number::to_decimal(&array, scale)?) } else { None };
    let floats = if exact { None } else { Some(number::to_float(&array)?) };
    with_patterns(call, Pattern::parse, |row, pattern, out| {
        let row = if constant { 0 } else { row };
        let value = match (&decimals, &floats) {
            (Some(decimals), _) => valid(decimals, row).map(|value| number::rescale(value, scale, pattern.scale())),
            (_, Some(floats)) => valid(floats, row).map(|value| rounded(value, pattern.scale())),
            _ => None,
        };
        let Some(value) = value.transpose()? else { return Ok(false) };
        pattern.write(out, value);
        Ok(true)
    })
}

/// A float at a scale, as C's `%.*f` writes it: what lies in the middle goes to the even digit.
fn rounded(value: f64, scale: i8) -> Result<i128> {
    if value.is_finite() {
        number::parse_decimal(&format!("{value:.*}", usize::try_from(scale).unwrap_or(0)), scale)
    } else {
        number::float_to_decimal(value, scale)
    }
}

fn moments(call: &Call) -> Result<ArrayRef> {
    let zone = if call.kind(0) == Kind::TimestampTz { Some(call.session_zone()?) } else { None };
    let parse = |pattern: &str| Ok(datetime_pattern::parse(pattern));
    if call.kind(0).is_time() {
        let times = call.time(0)?;
        return with_patterns(call, parse, |row, parts, out| {
            let Some(local) = times.get(row) else { return Ok(false) };
            datetime_pattern::write(out, parts, &Moment { local, offset: 0, zone: "UTC" });
            Ok(true)
        });
    }
    if call.kind(0) == Kind::Interval {
        return intervals(call);
    }
    let timestamps = call.timestamp(0)?;
    with_patterns(call, parse, |row, parts, out| {
        let Some(local) = timestamps.get(row) else { return Ok(false) };
        let offset = zone.as_ref().map_or(0, |zone| zone.offset_at_local(local));
        let instant = local - i64::from(offset) * crate::functions::datetime::calendar::MICROS_PER_SECOND;
        let name = zone.as_ref().map_or_else(|| "UTC".to_string(), |zone| zone.abbreviation_at(instant));
        datetime_pattern::write(out, parts, &Moment { local, offset, zone: &name });
        Ok(true)
    })
}

/// An interval as a date and time of its own years, months, days and clock.
fn intervals(call: &Call) -> Result<ArrayRef> {
    let intervals = call.intervals(0)?;
    let parse = |pattern: &str| Ok(datetime_pattern::parse(pattern));
    with_patterns(call, parse, |row, parts, out| {
        let Some(interval) = intervals.get(row.min(intervals.len().saturating_sub(1))).copied().flatten() else {
            return Ok(false);
        };
        datetime_pattern::write_interval(out, parts, &interval)?;
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, decimal, fails, float, int, null, text, timestamp};

    #[test]
    fn documented_results() {
        check(
            &TO_CHAR,
            vec![
                (vec![timestamp("2008-01-25 14:30:00"), text("HH12:MI:SS TZ")], text("02:30:00 UTC")),
                (vec![date("2009-12-31"), text("MONTH")], text("DECEMBER ")),
                (vec![decimal(-1258, 4, 1), text("999D99S")], text("125.80-")),
                (vec![int(482), text("999th")], text(" 482nd")),
                (vec![float(125.8), text("999.99")], text(" 125.80")),
                (vec![null(), text("999")], null()),
                (vec![int(1), null()], null()),
            ],
        );
        fails(&TO_CHAR, vec![text("2009-12-31"), text("YYYY")], "42883");
    }
}
