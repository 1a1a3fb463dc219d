//! ADD_MONTHS (page r_ADD_MONTHS): unlike DATEADD it keeps to the end of the month.

use arrow::datatypes::TimestampMicrosecondType;

use super::calendar::{self, MICROS_PER_DAY};
use crate::functions::{
    arguments::{Kind, TIMESTAMP},
    definition::{Documentation, ScalarFunction},
};

/// ADD_MONTHS
pub static ADD_MONTHS: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "add_months",
        aliases: &[],
        category: "datetime",
        description: "Adds months to a date or timestamp, as TIMESTAMP. From the last day of a month, or into a \
                      shorter one, the result is the last day of its month.",
        arguments: &[("date", "a date or timestamp"), ("integer", "how many months")],
        example: "select add_months('2008-04-30', 1); -- 2008-05-31 00:00:00",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        types.require(1, Kind::is_number_or_text)?;
        Ok(TIMESTAMP)
    },
    invoke: |call| {
        let (dates, amounts) = (call.timestamp(0)?, call.int(1)?);
        call.build::<TimestampMicrosecondType>(|row| {
            let (Some(micros), Some(amount)) = (dates.get(row), amounts.get(row)) else { return Ok(None) };
            let (year, month, day) = calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY));
            let sticky = day == calendar::days_in_month(year, month);
            let (year, month) = calendar::add_months(year, month, amount)?;
            let last = calendar::days_in_month(year, month);
            let day = if sticky { last } else { day.min(last) };
            let midnight = calendar::midnight(calendar::days_from_civil(year, month, day))?;
            Ok(Some(midnight + micros.rem_euclid(MICROS_PER_DAY)))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, int, null, text, timestamp};

    #[test]
    fn results() {
        check(
            &ADD_MONTHS,
            vec![
                (vec![text("2008-03-31"), int(1)], timestamp("2008-04-30")),
                (vec![text("2008-04-30"), int(1)], timestamp("2008-05-31")),
                (vec![date("2008-01-01"), int(12)], timestamp("2009-01-01")),
                (vec![text("2008-01-15 10:11:12"), int(-1)], timestamp("2007-12-15 10:11:12")),
                (vec![null(), int(1)], null()),
                (vec![text("2008-01-15"), null()], null()),
            ],
        );
        fails(&ADD_MONTHS, vec![text("2008-01-15"), int(i64::MAX)], "22008");
    }
}
