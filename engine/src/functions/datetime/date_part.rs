//! DATE_PART, EXTRACT and DATE_PART_YEAR (pages r_DATE_PART_function, r_EXTRACT_function,
//! r_DATE_PART_YEAR): a part of a date or time as a number. `EXTRACT(part FROM x)` is bound as
//! `extract('part', x)`.

use arrow::datatypes::{DataType, Float64Type, Int32Type};

use super::{
    calendar::{self, MICROS_PER_DAY},
    interval::Interval,
    part::DatePart,
    zone::Zone,
};
use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind, Values},
        definition::{Documentation, ScalarFunction, Types},
    },
};
use arrow::array::{Int64Array, TimestampMicrosecondArray};

/// DATE_PART
pub static DATE_PART: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "date_part",
        aliases: &["pgdate_part"],
        category: "datetime",
        description: "A date part as DOUBLE PRECISION. Seconds come with their fraction, milliseconds and \
                      microseconds with their seconds. Weeks are those of ISO 8601, days of the week count from \
                      Sunday = 0.",
        arguments: &[("datepart", "the date part, as a string"), ("expression", "a date, time, timestamp or interval")],
        example: "select date_part(sec, timestamp '2009-09-21 11:10:03.189717'); -- 3.189717",
    },
    arity: (2, 2),
    returns: |types| {
        check_types(types)?;
        Ok(DataType::Float64)
    },
    invoke: |call| {
        let Some((part, source)) = arguments(call)? else {
            return call.build::<Float64Type>(|_| Ok(None));
        };
        call.build::<Float64Type>(|row| Ok(source.get(row).map(|value| value.date_part(part))))
    },
};

/// EXTRACT
pub static EXTRACT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "extract",
        aliases: &[],
        category: "datetime",
        description: "A date part as INTEGER (DOUBLE PRECISION from a TIMESTAMPTZ), without the parts above and \
                      below it.",
        arguments: &[("datepart", "the date part, as a string"), ("source", "a date, time, timestamp or interval")],
        example: "select extract(ms from timestamp '2009-09-09 12:08:43.101'); -- 101",
    },
    arity: (2, 2),
    returns: |types| {
        check_types(types)?;
        Ok(if types.kind(1) == Kind::TimestampTz { DataType::Float64 } else { DataType::Int32 })
    },
    invoke: |call| {
        let arguments = arguments(call)?;
        let value =
            |row| arguments.as_ref().and_then(|(part, source)| source.get(row).map(|value| value.extract(*part)));
        if call.return_type == &DataType::Float64 {
            return call.build::<Float64Type>(|row| Ok(value(row).map(|value| value as f64)));
        }
        call.build::<Int32Type>(|row| value(row).map(to_integer).transpose())
    },
};

/// DATE_PART_YEAR
pub static DATE_PART_YEAR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "date_part_year",
        aliases: &[],
        category: "datetime",
        description: "The year of a date as INTEGER.",
        arguments: &[("date", "a date, or what converts to one")],
        example: "select date_part_year(date '20220502'); -- 2022",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let dates = call.timestamp(0)?;
        let year = |micros: i64| calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY)).0;
        call.build::<Int32Type>(|row| dates.get(row).map(|micros| to_integer(year(micros))).transpose())
    },
};

fn to_integer(value: i64) -> Result<i32> {
    i32::try_from(value).map_err(|_| Error::out_of_range("integer"))
}

fn check_types(types: &Types) -> Result<()> {
    types.require(0, |kind| kind == Kind::Text)?;
    types.require(1, |kind| kind.is_date_or_text() || matches!(kind, Kind::Time | Kind::TimeTz | Kind::Interval))
}

/// Where the part is taken from.
enum Source {
    Local(Values<TimestampMicrosecondArray>, Option<Zone>),
    Time(Values<Int64Array>),
    Interval(Vec<Option<Interval>>),
}

/// One value of it.
enum Value {
    Moment { local: i64, offset: i32 },
    Interval(Interval),
}

impl Source {
    fn get(&self, row: usize) -> Option<Value> {
        match self {
            Source::Local(values, zone) => values.get(row).map(|local| {
                let offset = zone.as_ref().map_or(0, |zone| zone.offset_at_local(local));
                Value::Moment { local, offset }
            }),
            Source::Time(values) => values.get(row).map(|local| Value::Moment { local, offset: 0 }),
            Source::Interval(values) => {
                values.get(row.min(values.len().saturating_sub(1))).copied().flatten().map(Value::Interval)
            }
        }
    }
}

impl Value {
    fn extract(&self, part: DatePart) -> i64 {
        match self {
            Value::Moment { local, offset } => part.extract(*local, *offset),
            Value::Interval(interval) => interval_part(part, interval),
        }
    }

    fn date_part(&self, part: DatePart) -> f64 {
        match self {
            Value::Moment { local, offset } => part.date_part(*local, *offset),
            Value::Interval(interval) => match part {
                DatePart::Second | DatePart::Millisecond | DatePart::Microsecond => part.date_part(interval.micros, 0),
                _ => interval_part(part, interval) as f64,
            },
        }
    }
}

/// A part of an interval. Its signs are those of the interval's own fields.
fn interval_part(part: DatePart, interval: &Interval) -> i64 {
    let Interval { months, days, micros } = *interval;
    match part {
        DatePart::Millennium => months / 12_000,
        DatePart::Century => months / 1200,
        DatePart::Decade => months / 120,
        DatePart::Year => months / 12,
        DatePart::Quarter => months % 12 / 3 + 1,
        DatePart::Month => months % 12,
        DatePart::Week => days / 7,
        // a year counts 365.25 days, a month 30
        DatePart::Epoch => {
            months / 12 * 31_557_600 + months % 12 * 2_592_000 + days * 86_400 + micros / calendar::MICROS_PER_SECOND
        }
        DatePart::Hour => micros / calendar::MICROS_PER_HOUR,
        DatePart::Minute => micros / calendar::MICROS_PER_MINUTE % 60,
        DatePart::Second => micros / calendar::MICROS_PER_SECOND % 60,
        DatePart::Millisecond => micros / 1000 % 1000,
        DatePart::Microsecond => micros % 1000,
        _ => days,
    }
}

/// Checks that the value has the part.
fn arguments(call: &Call) -> Result<Option<(DatePart, Source)>> {
    let Some(name) = call.constant_text(0)? else {
        return Ok(None);
    };
    let part = DatePart::parse(&name)?;
    let kind = call.kind(1);
    if part.needs_zone() && !matches!(kind, Kind::TimestampTz | Kind::TimeTz) {
        return Err(part.unsupported(if kind == Kind::Time { "time" } else { "timestamp without time zone" }));
    }
    let source = match kind {
        // A TIMETZ is kept in UTC; the zone of a literal is seen to where EXTRACT is rewritten.
        Kind::Time | Kind::TimeTz if part.in_time() || part.needs_zone() => Source::Time(call.time(1)?),
        Kind::Time | Kind::TimeTz => return Err(part.unsupported("time")),
        Kind::Interval if matches!(part, DatePart::DayOfWeek | DatePart::DayOfYear) => {
            return Err(part.unsupported("interval"));
        }
        Kind::Interval => Source::Interval(call.intervals(1)?),
        Kind::TimestampTz => Source::Local(call.timestamp(1)?, Some(call.session_zone()?)),
        _ => Source::Local(call.timestamp(1)?, None),
    };
    Ok(Some((part, source)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, float, int4, null, text, time, timestamp, timestamptz};

    #[test]
    fn date_part_results() {
        check(
            &DATE_PART,
            vec![
                (vec![text("minute"), timestamp("20230104 04:05:06.789")], float(5.0)),
                (vec![text("week"), timestamp("20220502 04:05:06.789")], float(18.0)),
                (vec![text("dayofweek"), timestamp("20220502 04:05:06.789")], float(1.0)),
                (vec![text("month"), date("20220502")], float(5.0)),
                (vec![text("w"), timestamp("2008-06-17 09:44:54")], float(25.0)),
                (vec![text("sec"), timestamp("2009-09-21 11:10:03.189717")], float(3.189717)),
                (vec![text("epoch"), timestamp("2008-01-01 20:00:00")], float(1_199_217_600.0)),
                (vec![text("day"), null()], null()),
            ],
        );
    }

    #[test]
    fn extract_results() {
        check(
            &EXTRACT,
            vec![
                (vec![text("minute"), timestamp("2009-09-09 12:08:43")], int4(8)),
                (vec![text("ms"), time("18:25:33.123456")], int4(123)),
                (vec![text("year"), timestamptz("1997-01-12 15:37:16")], float(1997.0)),
                (vec![text("timezone_hour"), timestamptz("1997-01-12 15:37:16")], float(0.0)),
                (vec![text("sec"), timestamp("2009-09-21 11:10:03.189717")], int4(3)),
                (vec![text("hour"), null()], null()),
            ],
        );
        fails(&EXTRACT, vec![text("day"), time("10:00:00")], "0A000");
        fails(&EXTRACT, vec![text("timezone"), timestamp("2009-09-09")], "0A000");
        check(&DATE_PART_YEAR, vec![(vec![text("2008-06-01")], int4(2008)), (vec![null()], null())]);
    }

    #[test]
    fn parts_of_intervals() {
        let interval = Interval { months: 14, days: 3, micros: 3_723_004_005 };
        for (part, expected) in [
            (DatePart::Year, 1),
            (DatePart::Month, 2),
            (DatePart::Day, 3),
            (DatePart::Hour, 1),
            (DatePart::Minute, 2),
            (DatePart::Second, 3),
            (DatePart::Millisecond, 4),
        ] {
            assert_eq!(interval_part(part, &interval), expected, "{part:?}");
        }
    }
}
