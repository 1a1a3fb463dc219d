//! DATEADD (page r_DATEADD_function): adds date parts to a date, time or timestamp.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType},
};

use super::{
    calendar::{self, MICROS_PER_DAY, check_timestamp, out_of_range},
    part::DatePart,
};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, TIME, TIMESTAMP, TIMETZ, timestamptz},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// DATEADD
pub static DATEADD: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "dateadd",
        aliases: &["date_add"],
        category: "datetime",
        description: "Adds an interval to a date, time or timestamp. Months end on the last day of a shorter month; \
                      29 February plus years becomes 1 March in a common year.",
        arguments: &[
            ("datepart", "what to add: year, month, day, hour …, as a string"),
            ("interval", "how many of them"),
            ("expression", "DATE, TIME, TIMETZ, TIMESTAMP or TIMESTAMPTZ; a date gives a TIMESTAMP"),
        ],
        example: "select dateadd(month, 18, '2008-02-28'); -- 2009-08-28 00:00:00",
    },
    arity: (3, 3),
    returns,
    invoke,
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    types.require(1, Kind::is_number_or_text)?;
    match types.kind(2) {
        Kind::Time => Ok(TIME),
        Kind::TimeTz => Ok(TIMETZ),
        Kind::TimestampTz => Ok(timestamptz()),
        Kind::Date | Kind::Timestamp | Kind::Text | Kind::Null => Ok(TIMESTAMP),
        _ => types.refuse(),
    }
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let Some(name) = call.constant_text(0)? else {
        return call.build::<TimestampMicrosecondType>(|_| Ok(None));
    };
    let part = DatePart::parse(&name)?;
    let amounts = call.int(1)?;
    match call.kind(2) {
        Kind::Time | Kind::TimeTz => {
            let times = call.time(2)?;
            let unit = part.micros().filter(|_| part.in_time()).ok_or_else(|| part.unsupported("time"))?;
            let moved = |row| {
                let (amount, time) = (amounts.get(row)?, times.get(row)?);
                // a day has no other day after it: times wrap around
                let shift = i128::from(amount) * i128::from(unit) % i128::from(MICROS_PER_DAY);
                Some((time + shift as i64).rem_euclid(MICROS_PER_DAY))
            };
            if call.return_type == &TIMETZ {
                return call.build::<Time64NanosecondType>(|row| Ok(moved(row).map(|micros| micros * 1000)));
            }
            call.build::<Time64MicrosecondType>(|row| Ok(moved(row)))
        }
        Kind::TimestampTz => {
            let zone = call.session_zone()?;
            let local = call.timestamp(2)?;
            call.build::<TimestampMicrosecondType>(|row| match (amounts.get(row), local.get(row)) {
                (Some(amount), Some(local)) => Ok(Some(zone.instant(add(part, amount, local)?)?)),
                _ => Ok(None),
            })
        }
        _ => {
            let timestamps = call.timestamp(2)?;
            call.build::<TimestampMicrosecondType>(|row| match (amounts.get(row), timestamps.get(row)) {
                (Some(amount), Some(timestamp)) => Ok(Some(add(part, amount, timestamp)?)),
                _ => Ok(None),
            })
        }
    }
}

/// Adds `amount` date parts to a timestamp.
pub fn add(part: DatePart, amount: i64, timestamp: i64) -> Result<i64> {
    let overflow = || out_of_range("timestamp");
    if let Some(unit) = part.micros() {
        let shift = amount.checked_mul(unit).ok_or_else(overflow)?;
        return timestamp.checked_add(shift).ok_or_else(overflow).and_then(check_timestamp);
    }
    let months =
        part.months().ok_or_else(|| part.unsupported("timestamp"))?.checked_mul(amount).ok_or_else(overflow)?;
    let (year, month, day) = calendar::civil_from_days(timestamp.div_euclid(MICROS_PER_DAY));
    let (year, month) = calendar::add_months(year, month, months)?;
    let last = calendar::days_in_month(year, month);
    let days = if day <= last {
        calendar::days_from_civil(year, month, day)
    } else if matches!(part, DatePart::Month | DatePart::Quarter) {
        calendar::days_from_civil(year, month, last)
    } else {
        calendar::days_from_civil(year, month, last) + day - last
    };
    Ok(calendar::midnight(days)? + timestamp.rem_euclid(MICROS_PER_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, int, null, text, time, timestamp};

    #[test]
    fn documented_results() {
        check(
            &DATEADD,
            vec![
                (vec![text("day"), int(30), date("2008-11-01")], timestamp("2008-12-01")),
                (vec![text("month"), int(18), text("2008-02-28")], timestamp("2009-08-28")),
                (vec![text("m"), int(30), text("2008-02-28")], timestamp("2008-02-28 00:30:00")),
                (vec![text("minute"), int(5), time("20:00:00")], time("20:05:00")),
                (vec![text("hour"), int(12), time("13:24:55")], time("01:24:55")),
                (vec![text("hour"), int(-14), time("13:24:55")], time("23:24:55")),
                (vec![text("month"), int(1), text("2008-04-30")], timestamp("2008-05-30")),
                (vec![text("month"), int(12), text("2016-02-29")], timestamp("2017-02-28")),
                (vec![text("year"), int(1), text("2016-02-29")], timestamp("2017-03-01")),
                (vec![text("week"), int(-1), text("2008-01-01")], timestamp("2007-12-25")),
                (vec![text("day"), null(), text("2008-01-01")], null()),
                (vec![text("day"), int(1), null()], null()),
            ],
        );
    }

    #[test]
    fn errors() {
        fails(&DATEADD, vec![text("fortnight"), int(1), text("2008-01-01")], "22023");
        fails(&DATEADD, vec![text("year"), int(300_000), text("2008-01-01")], "22008");
        fails(&DATEADD, vec![text("day"), int(i64::MAX), text("2008-01-01")], "22008");
        fails(&DATEADD, vec![text("day"), int(1), int(5)], "42883");
        fails(&DATEADD, vec![text("day"), int(1), text("nonsense")], "22007");
        fails(&DATEADD, vec![text("day"), int(1), time("10:00")], "0A000");
    }
}
