//! DATE_TRUNC (page r_DATE_TRUNC): the beginning of a date part. Weeks begin on Monday.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, TimestampMicrosecondType},
};

use super::{
    calendar::{self, MICROS_PER_DAY},
    part::DatePart,
};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind, TIMESTAMP, timestamptz},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// DATE_TRUNC
pub static DATE_TRUNC: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "date_trunc",
        aliases: &[],
        category: "datetime",
        description: "Truncates a timestamp to a date part. Weeks begin on Monday, centuries with the year 1.",
        arguments: &[
            ("datepart", "the date part, as a string"),
            ("timestamp", "TIMESTAMP, TIMESTAMPTZ or DATE; a date gives a TIMESTAMP"),
        ],
        example: "select date_trunc('week', timestamp '20220430 04:05:06.789'); -- 2022-04-25 00:00:00",
    },
    arity: (2, 2),
    returns,
    invoke,
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    types.require(1, Kind::is_date_or_text)?;
    Ok(if types.kind(1) == Kind::TimestampTz { timestamptz() } else { TIMESTAMP })
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let Some(name) = call.constant_text(0)? else {
        return call.build::<TimestampMicrosecondType>(|_| Ok(None));
    };
    let part = DatePart::parse(&name)?;
    let local = call.timestamp(1)?;
    let zone = if call.kind(1) == Kind::TimestampTz { Some(call.session_zone()?) } else { None };
    call.build::<TimestampMicrosecondType>(|row| match (local.get(row), &zone) {
        (Some(local), None) => Ok(Some(truncate(part, local)?)),
        (Some(local), Some(zone)) => Ok(Some(zone.instant(truncate(part, local)?)?)),
        (None, _) => Ok(None),
    })
}

/// The beginning of the date part in which a timestamp lies.
pub fn truncate(part: DatePart, local: i64) -> Result<i64> {
    let days = local.div_euclid(MICROS_PER_DAY);
    if part == DatePart::Week {
        return calendar::midnight(days - (calendar::day_of_week(days) + 6) % 7);
    }
    if let (Some(unit), true) = (part.micros(), part.in_time() || part == DatePart::Day) {
        return Ok(local - local.rem_euclid(unit));
    }
    let (year, month, _) = calendar::civil_from_days(days);
    let (year, month) = match part {
        DatePart::Month => (year, month),
        DatePart::Quarter => (year, (month - 1) / 3 * 3 + 1),
        DatePart::Year => (year, 1),
        DatePart::Decade => (year.div_euclid(10) * 10, 1),
        DatePart::Century => ((year - 1).div_euclid(100) * 100 + 1, 1),
        DatePart::Millennium => ((year - 1).div_euclid(1000) * 1000 + 1, 1),
        other => return Err(other.unsupported("timestamp")),
    };
    calendar::midnight(calendar::days_from_civil(year, month, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, null, text, timestamp};

    #[test]
    fn documented_results() {
        let of = |part| vec![text(part), timestamp("2020-04-30 04:05:06.789")];
        check(
            &DATE_TRUNC,
            vec![
                (of("second"), timestamp("2020-04-30 04:05:06")),
                (of("minute"), timestamp("2020-04-30 04:05:00")),
                (of("hour"), timestamp("2020-04-30 04:00:00")),
                (of("day"), timestamp("2020-04-30")),
                (of("week"), timestamp("2020-04-27")),
                (of("months"), timestamp("2020-04-01")),
                (of("quarter"), timestamp("2020-04-01")),
                (of("year"), timestamp("2020-01-01")),
                (of("decade"), timestamp("2020-01-01")),
                (of("century"), timestamp("2001-01-01")),
                (of("millennium"), timestamp("2001-01-01")),
                (of("ms"), timestamp("2020-04-30 04:05:06.789")),
                (vec![text("month"), date("2020-04-30")], timestamp("2020-04-01")),
                (vec![text("hour"), timestamp("1969-12-31 23:30:00")], timestamp("1969-12-31 23:00:00")),
                (vec![text("day"), null()], null()),
            ],
        );
        fails(&DATE_TRUNC, of("dow"), "0A000");
    }
}
