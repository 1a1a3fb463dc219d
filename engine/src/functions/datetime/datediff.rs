//! DATEDIFF (page r_DATEDIFF_function): how many boundaries of a date part lie between two values.
//!
//! Weeks begin on Sunday here, although DATE_TRUNC has them begin on Monday: the page's example fits
//! both, and clients that emulate Redshift's DATEDIFF count Sundays.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int64Type},
};

use super::{
    calendar::{self, MICROS_PER_DAY},
    part::DatePart,
};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// DATEDIFF
pub static DATEDIFF: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "datediff",
        aliases: &["date_diff"],
        category: "datetime",
        description: "The number of date part boundaries between two dates, times or timestamps; negative if the \
                      second is earlier.",
        arguments: &[
            ("datepart", "the date part whose boundaries are counted, as a string"),
            ("from", "DATE, TIME, TIMETZ, TIMESTAMP or TIMESTAMPTZ"),
            ("to", "the same"),
        ],
        example: "select datediff(year, '2008-12-31', '2009-01-01'); -- 1",
    },
    arity: (3, 3),
    returns,
    invoke,
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    let is_time = |kind| matches!(kind, Kind::Time | Kind::TimeTz | Kind::Text | Kind::Null);
    let times = is_time(types.kind(1)) && is_time(types.kind(2));
    if !times {
        types.require(1, Kind::is_date_or_text)?;
        types.require(2, Kind::is_date_or_text)?;
    }
    Ok(DataType::Int64)
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let Some(name) = call.constant_text(0)? else {
        return call.build::<Int64Type>(|_| Ok(None));
    };
    let part = DatePart::parse(&name)?;
    if call.kind(1).is_time() || call.kind(2).is_time() {
        let unit = part.micros().filter(|_| part.in_time()).ok_or_else(|| part.unsupported("time"))?;
        let (from, to) = (call.time(1)?, call.time(2)?);
        return call.build::<Int64Type>(|row| match (from.get(row), to.get(row)) {
            (Some(from), Some(to)) => Ok(Some(to / unit - from / unit)),
            _ => Ok(None),
        });
    }
    let number = numbering(part)?;
    let (from, to) = (call.timestamp(1)?, call.timestamp(2)?);
    call.build::<Int64Type>(|row| match (from.get(row), to.get(row)) {
        (Some(from), Some(to)) => Ok(Some(number(part, to) - number(part, from))),
        _ => Ok(None),
    })
}

/// Numbers the parts of the calendar so that a difference of numbers counts boundaries.
fn numbering(part: DatePart) -> Result<fn(DatePart, i64) -> i64> {
    match part {
        DatePart::Millennium => Ok(|_, local| (year(local) - 1).div_euclid(1000)),
        DatePart::Century => Ok(|_, local| (year(local) - 1).div_euclid(100)),
        DatePart::Decade => Ok(|_, local| year(local).div_euclid(10)),
        DatePart::Year => Ok(|_, local| year(local)),
        DatePart::Quarter => Ok(|_, local| months(local).div_euclid(3)),
        DatePart::Month => Ok(|_, local| months(local)),
        // 1970-01-04 was a Sunday
        DatePart::Week => Ok(|_, local| (local.div_euclid(MICROS_PER_DAY) - 3).div_euclid(7)),
        part if part.micros().is_some() => Ok(|part, local| local.div_euclid(part.micros().unwrap_or(1))),
        part => Err(part.unsupported("timestamp")),
    }
}

fn year(local: i64) -> i64 {
    calendar::civil_from_days(local.div_euclid(MICROS_PER_DAY)).0
}

fn months(local: i64) -> i64 {
    let (year, month, _) = calendar::civil_from_days(local.div_euclid(MICROS_PER_DAY));
    year * 12 + month - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, int, null, text, time, timestamp};

    #[test]
    fn documented_results() {
        check(
            &DATEDIFF,
            vec![
                (vec![text("week"), text("2009-01-01"), text("2009-12-31")], int(52)),
                (vec![text("qtr"), text("1998-07-01"), date("2008-06-05")], int(39)),
                (vec![text("year"), date("2008-12-31"), date("2009-01-01")], int(1)),
                (vec![text("hour"), timestamp("2009-01-01 08:30:00"), timestamp("2009-01-01 10:00:00")], int(2)),
                (vec![text("hour"), time("20:00:00"), time("15:24:45")], int(-5)),
                (vec![text("hour"), time("00:58:00"), text("15:24:45")], int(15)),
                (vec![text("minute"), time("20:00:00"), time("21:00:00")], int(60)),
                (vec![text("month"), date("2008-03-31"), date("2008-02-01")], int(-1)),
                (vec![text("day"), timestamp("1969-12-31 23:59:59"), timestamp("1970-01-01 00:00:00")], int(1)),
                (vec![text("week"), date("2020-01-04"), date("2020-01-05")], int(1)),
                (vec![text("week"), date("2020-01-05"), date("2020-01-11")], int(0)),
                (vec![text("century"), date("2000-12-31"), date("2001-01-01")], int(1)),
                (vec![text("us"), timestamp("2008-01-01 00:00:00"), timestamp("2008-01-01 00:00:01")], int(1_000_000)),
                (vec![text("day"), null(), date("2008-01-01")], null()),
            ],
        );
    }

    #[test]
    fn errors() {
        fails(&DATEDIFF, vec![text("day"), time("20:00:00"), time("21:00:00")], "0A000");
        fails(&DATEDIFF, vec![text("day"), time("20:00:00"), date("2008-01-01")], "42883");
        fails(&DATEDIFF, vec![text("timezone"), date("2008-01-01"), date("2008-01-01")], "0A000");
    }
}
