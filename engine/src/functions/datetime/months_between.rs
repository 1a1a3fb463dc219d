//! MONTHS_BETWEEN (page r_MONTHS_BETWEEN_function).

use arrow::datatypes::{DataType, Float64Type};

use super::calendar::{self, MICROS_PER_DAY};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// MONTHS_BETWEEN
pub static MONTHS_BETWEEN: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "months_between",
        aliases: &[],
        category: "datetime",
        description: "The months from the second date to the first, as DOUBLE PRECISION: whole if both have the same \
                      day of the month or are last days of theirs; else the rest counts in months of 31 days.",
        arguments: &[("date1", "a date or timestamp"), ("date2", "a date or timestamp")],
        example: "select months_between('1969-01-18', '1969-03-18'); -- -2",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_date_or_text)?;
        types.require(1, Kind::is_date_or_text)?;
        Ok(DataType::Float64)
    },
    invoke: |call| {
        let (first, second) = (call.timestamp(0)?, call.timestamp(1)?);
        call.build::<Float64Type>(|row| {
            let (Some(first), Some(second)) = (first.get(row), second.get(row)) else { return Ok(None) };
            Ok(Some(months_between(first, second)))
        })
    },
};

fn months_between(first: i64, second: i64) -> f64 {
    let split =
        |micros: i64| (calendar::civil_from_days(micros.div_euclid(MICROS_PER_DAY)), micros.rem_euclid(MICROS_PER_DAY));
    let ((year1, month1, day1), time1) = split(first);
    let ((year2, month2, day2), time2) = split(second);
    let months = ((year1 - year2) * 12 + month1 - month2) as f64;
    let last = |year, month, day| day == calendar::days_in_month(year, month);
    if day1 == day2 || (last(year1, month1, day1) && last(year2, month2, day2)) {
        return months;
    }
    let days = (day1 - day2) as f64 + (time1 - time2) as f64 / MICROS_PER_DAY as f64;
    months + days / 31.0
}

#[cfg(test)]
mod tests {
    use super::{super::literal::parse_timestamp, *};

    #[test]
    fn documented_results() {
        for (first, second, expected) in [
            ("1969-01-18", "1969-03-18", -2.0),
            ("2008-12-25 15:00:00", "2008-01-21 19:30:00", 11.12),
            ("2008-12-01 19:30:00", "2008-01-03 15:00:00", 10.94),
            ("2008-12-07 14:00:00", "2008-01-16 19:30:00", 10.70),
            ("2008-12-15 15:00:00", "2008-01-21 19:00:00", 10.80),
            ("2008-12-19 19:00:00", "2008-01-08 19:30:00", 11.35),
            ("2014-02-15 10:00:00", "2014-01-15 23:00:00", 1.0),
            ("2014-09-30", "2014-08-31", 1.0),
        ] {
            let months = months_between(parse_timestamp(first).unwrap(), parse_timestamp(second).unwrap());
            assert_eq!((months * 100.0).round() / 100.0, expected, "{first} {second}");
        }
    }
}
