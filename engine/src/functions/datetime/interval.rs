//! INTERVAL_CMP (page r_INTERVAL_CMP) and the text of intervals (page r_interval_literals): amounts with
//! units (`1w, 1h 30 minutes`, `0.5 days`) and times (`01:02:03`).

use arrow::{
    array::AsArray,
    datatypes::{DataType, Int32Type, IntervalMonthDayNanoType, IntervalUnit},
};

use super::{calendar::MICROS_PER_DAY, literal, part::DatePart};
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind, convert},
        definition::{Documentation, ScalarFunction},
    },
};

/// INTERVAL_CMP
pub static INTERVAL_CMP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "interval_cmp",
        aliases: &[],
        category: "datetime",
        description: "Compares two intervals: 1 if the first is longer, -1 if the second is, 0 if they are equal. A \
                      month counts 30 days.",
        arguments: &[("interval1", "an interval"), ("interval2", "an interval")],
        example: "select interval_cmp('3 days', '1 year'); -- -1",
    },
    arity: (2, 2),
    returns: |types| {
        for index in 0..2 {
            types.require(index, |kind| matches!(kind, Kind::Interval | Kind::Text))?;
        }
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let (first, second) = (lengths(call, 0)?, lengths(call, 1)?);
        let at = |lengths: &[Option<i128>], row: usize| lengths[if lengths.len() == 1 { 0 } else { row }];
        call.build::<Int32Type>(|row| match (at(&first, row), at(&second, row)) {
            (Some(first), Some(second)) => Ok(Some(first.cmp(&second) as i32)),
            _ => Ok(None),
        })
    },
};

/// The lengths of an argument's intervals in microseconds; one for a constant.
fn lengths(call: &Call, index: usize) -> Result<Vec<Option<i128>>> {
    if call.kind(index) == Kind::Interval {
        let array = convert(&call.array(index)?.0, &DataType::Interval(IntervalUnit::MonthDayNano))?;
        let intervals = array.as_primitive::<IntervalMonthDayNanoType>();
        let length = |value: arrow::datatypes::IntervalMonthDayNano| Interval {
            months: value.months.into(),
            days: value.days.into(),
            micros: value.nanoseconds / 1000,
        };
        return Ok(intervals.iter().map(|value| value.map(|value| length(value).length())).collect());
    }
    let texts = call.text(index)?;
    texts
        .array()
        .iter()
        .map(|text| text.map(|text| parse(text).map(|interval| interval.length())).transpose())
        .collect()
}

/// An interval: its months and days have no fixed length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months
    pub months: i64,
    /// Days
    pub days: i64,
    /// Microseconds
    pub micros: i64,
}

impl Interval {
    fn length(self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * i128::from(MICROS_PER_DAY) + i128::from(self.micros)
    }

    fn add(&mut self, amount: f64, part: DatePart) -> Option<()> {
        let fits = |value: f64| (value.abs() < 9e15).then_some(value as i64);
        if let Some(unit) = part.months() {
            let months = amount * unit as f64;
            self.months = self.months.checked_add(fits(months.trunc())?)?;
            // a fraction of a month counts in months of 30 days
            return if months.fract() == 0.0 { Some(()) } else { self.add(months.fract() * 30.0, DatePart::Day) };
        }
        if matches!(part, DatePart::Day | DatePart::Week) {
            let days = amount * if part == DatePart::Week { 7.0 } else { 1.0 };
            self.days = self.days.checked_add(fits(days.trunc())?)?;
            self.micros = self.micros.checked_add(fits((days.fract() * MICROS_PER_DAY as f64).round())?)?;
            return Some(());
        }
        let micros = amount * part.micros().filter(|_| part.in_time() && part != DatePart::Epoch)? as f64;
        self.micros = self.micros.checked_add(fits(micros.round())?)?;
        Some(())
    }
}

/// Reads the text of an interval; a number without a unit counts seconds.
pub fn parse(text: &str) -> Result<Interval> {
    let invalid = || {
        let message = format!("invalid input syntax for type interval: \"{text}\"");
        Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
    };
    let mut interval = Interval::default();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '@');
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut ago = false;
    while !rest.is_empty() {
        if rest.eq_ignore_ascii_case("ago") {
            ago = true;
            break;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | '.' | ':')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if number.contains(':') {
            let time = literal::parse_time(number.trim_start_matches(['-', '+'])).map_err(|_| invalid())?;
            interval.micros += if number.starts_with('-') { -time } else { time };
            rest = after;
        } else {
            let amount: f64 = number.parse().map_err(|_| invalid())?;
            let after = after.trim_start();
            let length = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let part = match &after[..length] {
                "" => DatePart::Second,
                unit => DatePart::parse(unit).map_err(|_| invalid())?,
            };
            interval.add(amount, part).ok_or_else(invalid)?;
            rest = &after[length..];
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }
    if ago {
        interval = Interval { months: -interval.months, days: -interval.days, micros: -interval.micros };
    }
    Ok(interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int4, null, text};

    #[test]
    fn documented_results() {
        check(
            &INTERVAL_CMP,
            vec![
                (vec![text("3 days"), text("1 year")], int4(-1)),
                (vec![text("7 days"), text("1 week")], int4(0)),
                (vec![text("1 h 30 m"), text("01:29:59")], int4(1)),
                (vec![null(), text("1 week")], null()),
            ],
        );
        fails(&INTERVAL_CMP, vec![text("3 fortnights"), text("1 year")], "22007");
    }

    #[test]
    fn texts_of_intervals() {
        for (text, months, days, micros) in [
            ("1w, 1h, 1m, 1s", 0, 7, 3_661_000_000),
            ("0.5 days", 0, 0, 43_200_000_000),
            ("1.5 months", 1, 15, 0),
            ("52", 0, 0, 52_000_000),
            ("-1 day", 0, -1, 0),
            ("1 year 2 mons", 14, 0, 0),
            ("1 day 02:03:04.5", 0, 1, 7_384_500_000),
            ("2 hours ago", 0, 0, -7_200_000_000),
        ] {
            assert_eq!(parse(text).unwrap(), Interval { months, days, micros }, "{text}");
        }
        assert!(parse("").is_err());
        assert!(parse("1 dow").is_err());
    }
}
