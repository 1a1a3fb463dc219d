//! AGE and ISFINITE: functions of PostgreSQL that Redshift keeps on its leader node (page
//! c_SQL_functions_leader_node_only).

use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit};

use super::calendar::{self, MICROS_PER_DAY};
use crate::{
    error::Result,
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// AGE
pub static AGE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "age",
        aliases: &[],
        category: "datetime",
        description: "The years, months, days and time between two timestamps, by the calendar; with one argument, up \
                      to midnight of today.",
        arguments: &[("timestamp1", "the later timestamp"), ("timestamp2", "the earlier one")],
        example: "select age(timestamp '2001-04-10', timestamp '1957-06-13'); -- 43 years 9 mons 27 days",
    },
    arity: (1, 2),
    returns: |types| {
        for index in 0..types.count() {
            types.require(index, Kind::is_date_or_text)?;
        }
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    },
    invoke: |call| {
        let later = if call.count() == 2 { Some(call.timestamp(0)?) } else { None };
        let earlier = call.timestamp(call.count() - 1)?;
        let today = call.format.zone.local(call.format.now.unwrap_or(0))?.div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
        call.build::<IntervalMonthDayNanoType>(|row| {
            let later = later.as_ref().map_or(Some(today), |later| later.get(row));
            let (Some(later), Some(earlier)) = (later, earlier.get(row)) else { return Ok(None) };
            age(later, earlier).map(Some)
        })
    },
};

/// ISFINITE
pub static ISFINITE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "isfinite",
        aliases: &[],
        category: "datetime",
        description: "Whether a date or timestamp is finite, as all are here.",
        arguments: &[("date", "a date or timestamp")],
        example: "select isfinite(date '2001-02-16'); -- t",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let dates = call.timestamp(0)?;
        call.build_boolean(|row| Ok(dates.get(row).map(|_| true)))
    },
};

/// Field by field; what is missing is borrowed from the month of the earlier date, as PostgreSQL does.
fn age(later: i64, earlier: i64) -> Result<IntervalMonthDayNano> {
    let sign = if later < earlier { -1 } else { 1 };
    let (later, earlier) = if sign < 0 { (earlier, later) } else { (later, earlier) };
    let fields = |micros: i64| {
        let (year, month, day) = calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY));
        (year, month, day, micros.rem_euclid(MICROS_PER_DAY))
    };
    let (a, b) = (fields(later), fields(earlier));
    let (mut months, mut days, mut micros) = ((a.0 - b.0) * 12 + a.1 - b.1, a.2 - b.2, a.3 - b.3);
    if micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    }
    if days < 0 {
        days += calendar::days_in_month(b.0, b.1);
        months -= 1;
    }
    let overflow = |_| calendar::out_of_range("interval");
    let months = i32::try_from(months * sign).map_err(overflow)?;
    let days = i32::try_from(days * sign).map_err(overflow)?;
    Ok(IntervalMonthDayNano::new(months, days, micros * sign * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, date, timestamp};
    use datafusion::common::ScalarValue;

    #[test]
    fn results_of_postgresql() {
        let interval =
            |months, days| ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, 0)));
        check(
            &AGE,
            vec![
                (vec![timestamp("2001-04-10"), timestamp("1957-06-13")], interval(43 * 12 + 9, 27)),
                (vec![timestamp("1957-06-13"), timestamp("2001-04-10")], interval(-(43 * 12 + 9), -27)),
            ],
        );
        check(&ISFINITE, vec![(vec![date("2001-02-16")], boolean(true))]);
    }
}
