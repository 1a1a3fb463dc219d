//! INTERVAL_CMP (page r_INTERVAL_CMP) and the text of intervals (page r_interval_literals): amounts with
//! units (`1w, 1h 30 minutes`, `0.5 days`) and times (`01:02:03`).

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::{DataType, DurationMicrosecondType, Int32Type, IntervalMonthDayNanoType, IntervalUnit},
};

use super::{
    calendar::{MICROS_PER_DAY, MICROS_PER_SECOND},
    part::DatePart,
};
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind, convert},
        definition::{Documentation, ScalarFunction},
    },
    types::IntervalField,
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
        let intervals = read(&call.array(index)?.0)?;
        return Ok(intervals.into_iter().map(|value| value.map(Interval::length)).collect());
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
    /// How long it is in microseconds, a month counting 30 days.
    pub fn length(self) -> i128 {
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

/// The intervals of an array of any interval type.
pub fn read(array: &ArrayRef) -> Result<Vec<Option<Interval>>> {
    if let Some(durations) = array.as_primitive_opt::<DurationMicrosecondType>() {
        let interval =
            |micros: i64| Interval { months: 0, days: micros / MICROS_PER_DAY, micros: micros % MICROS_PER_DAY };
        return Ok(durations.iter().map(|value| value.map(interval)).collect());
    }
    let array = convert(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let interval = |value: arrow::datatypes::IntervalMonthDayNano| Interval {
        months: value.months.into(),
        days: value.days.into(),
        micros: value.nanoseconds / 1000,
    };
    Ok(array.as_primitive::<IntervalMonthDayNanoType>().iter().map(|value| value.map(interval)).collect())
}

/// Reads the text of an interval; a number without a unit counts seconds.
pub fn parse(text: &str) -> Result<Interval> {
    Reader { text, unit: DatePart::Second }.read()
}

/// Reads the text of an interval with a qualifier: a number without a unit counts its least field.
pub fn parse_qualified(text: &str, field: IntervalField) -> Result<Interval> {
    let unit = match field {
        IntervalField::Year => DatePart::Year,
        IntervalField::Month => DatePart::Month,
        IntervalField::Day => DatePart::Day,
        IntervalField::Hour => DatePart::Hour,
        IntervalField::Minute => DatePart::Minute,
        IntervalField::Second => DatePart::Second,
    };
    Reader { text, unit }.read()
}

struct Reader<'t> {
    text: &'t str,
    /// What a number without a unit counts.
    unit: DatePart,
}

impl Reader<'_> {
    fn invalid(&self) -> Error {
        let message = format!("invalid input syntax for type interval: \"{}\"", self.text);
        Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
    }

    fn read(&self) -> Result<Interval> {
        let mut interval = Interval::default();
        let mut rest = self.text.trim_matches(|c: char| c.is_whitespace() || c == ',' || c == '@');
        if rest.is_empty() {
            return Err(self.invalid());
        }
        while !rest.is_empty() {
            if rest.eq_ignore_ascii_case("ago") {
                let Interval { months, days, micros } = interval;
                return Ok(Interval { months: -months, days: -days, micros: -micros });
            }
            let end =
                rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | '.' | ':')).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            rest = self.part(&mut interval, number, after.trim_start()).ok_or_else(|| self.invalid())?;
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        }
        Ok(interval)
    }

    /// One number with what follows it; what is left after them.
    fn part<'r>(&self, interval: &mut Interval, number: &str, after: &'r str) -> Option<&'r str> {
        let (negative, digits) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        if number.contains(':') {
            let micros = self.clock(digits)?;
            interval.micros = interval.micros.checked_add(if negative { -micros } else { micros })?;
            return Some(after);
        }
        if let Some((years, months)) = digits.split_once('-') {
            // SQL's year-month
            let months = years.parse::<i64>().ok()?.checked_mul(12)?.checked_add(months.parse::<i64>().ok()?)?;
            interval.months = interval.months.checked_add(if negative { -months } else { months })?;
            return Some(after);
        }
        let amount: f64 = number.parse().ok()?;
        let length = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (part, left) = match &after[..length] {
            "" | "ago" => {
                // A time after a bare number makes it days.
                let days = after
                    .find(|c: char| !c.is_ascii_digit() && c != '+' && c != '-')
                    .is_some_and(|at| after[at..].starts_with(':') && at > 0);
                (if days { DatePart::Day } else { self.unit }, after)
            }
            unit => (DatePart::parse(unit).ok()?, &after[length..]),
        };
        interval.add(amount, part)?;
        Some(left)
    }

    /// `HH:MI[:SS[.ffffff]]`, hours without a limit; `MI:SS` where the qualifier says so is not told apart.
    fn clock(&self, digits: &str) -> Option<i64> {
        let mut fields = digits.split(':');
        let hours: i64 = fields.next()?.parse().ok()?;
        let minutes: i64 = fields.next()?.parse().ok()?;
        let seconds = fields.next().map_or(Some(0.0), |seconds| seconds.parse::<f64>().ok())?;
        if fields.next().is_some() || minutes > 59 || seconds >= 60.0 {
            return None;
        }
        let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60 * MICROS_PER_SECOND)?;
        whole.checked_add((seconds * MICROS_PER_SECOND as f64).round() as i64)
    }
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
        for (text, field, months, days, micros) in [
            ("23", IntervalField::Month, 23, 0, 0),
            ("-2", IntervalField::Day, 0, -2, 0),
            ("1-2", IntervalField::Month, 14, 0, 0),
            ("-1-2", IntervalField::Month, -14, 0, 0),
            ("1 2:3:4.5678", IntervalField::Second, 0, 1, 7_384_567_800),
            ("13 day 1 hour 1 minute 1.123 seconds", IntervalField::Second, 0, 13, 3_661_123_000),
            ("2 days 1:1:1.123456", IntervalField::Second, 0, 2, 3_661_123_456),
        ] {
            assert_eq!(parse_qualified(text, field).unwrap(), Interval { months, days, micros }, "{text}");
        }
        assert!(parse("").is_err());
        assert!(parse("1 dow").is_err());
    }
}
