//! Date parts: their names and abbreviations (page r_Dateparts_for_datetime_functions), and what
//! each says about a timestamp.

use super::calendar::{
    self, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, civil_from_days, days_from_civil,
};
use crate::error::{Error, Result, SqlState};

/// A date part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// 1000 years
    Millennium,
    /// 100 years
    Century,
    /// 10 years
    Decade,
    /// Seconds since 1970
    Epoch,
    /// A year
    Year,
    /// Three months
    Quarter,
    /// A month
    Month,
    /// Seven days
    Week,
    /// Day of the week: 0 is Sunday
    DayOfWeek,
    /// Day of the year from 1
    DayOfYear,
    /// A day
    Day,
    /// An hour
    Hour,
    /// A minute
    Minute,
    /// A second
    Second,
    /// A thousandth of a second
    Millisecond,
    /// A millionth of a second
    Microsecond,
    /// Offset from UTC in seconds
    Timezone,
    /// Hours of the offset from UTC
    TimezoneHour,
    /// Minutes of the offset from UTC
    TimezoneMinute,
}

use DatePart::{
    Century, Day, DayOfWeek, DayOfYear, Decade, Epoch, Hour, Microsecond, Millennium, Millisecond, Minute, Month,
    Quarter, Second, Timezone, TimezoneHour, TimezoneMinute, Week, Year,
};

/// All names of all parts.
#[rustfmt::skip]
const NAMES: &[(DatePart, &[&str])] = &[
    (Millennium, &["millennium", "millennia", "mil", "mils"]),
    (Century, &["century", "centuries", "c", "cent", "cents"]),
    (Decade, &["decade", "decades", "dec", "decs"]),
    (Epoch, &["epoch"]),
    (Year, &["year", "years", "y", "yr", "yrs"]),
    (Quarter, &["quarter", "quarters", "qtr", "qtrs"]),
    (Month, &["month", "months", "mon", "mons"]),
    (Week, &["week", "weeks", "w"]),
    (DayOfWeek, &["dayofweek", "dow", "dw", "weekday"]),
    (DayOfYear, &["dayofyear", "doy", "dy", "yearday"]),
    (Day, &["day", "days", "d"]),
    (Hour, &["hour", "hours", "h", "hr", "hrs"]),
    (Minute, &["minute", "minutes", "m", "min", "mins"]),
    (Second, &["second", "seconds", "s", "sec", "secs"]),
    (Millisecond, &["millisecond", "milliseconds", "ms", "msec", "msecs", "msecond", "mseconds", "millisec",
        "millisecs", "millisecon"]),
    (Microsecond, &["microsecond", "microseconds", "us", "usec", "usecs", "usecond", "useconds", "microsec",
        "microsecs"]),
    (Timezone, &["timezone"]),
    (TimezoneHour, &["timezone_hour"]),
    (TimezoneMinute, &["timezone_minute"]),
];

impl DatePart {
    /// The part of a name or abbreviation, in any case.
    pub fn parse(name: &str) -> Result<DatePart> {
        let lower = name.trim().to_ascii_lowercase();
        NAMES.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(part, _)| *part).ok_or_else(|| {
            Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("date part \"{name}\" not recognized"))
        })
    }

    /// The first name of the part.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(part, _)| *part == self).and_then(|(_, names)| names.first()).copied().unwrap_or("")
    }

    /// How many months the part has, if it is made of months.
    pub fn months(self) -> Option<i64> {
        match self {
            Millennium => Some(12_000),
            Century => Some(1_200),
            Decade => Some(120),
            Year => Some(12),
            Quarter => Some(3),
            Month => Some(1),
            _ => None,
        }
    }

    /// How many microseconds the part has, if it has a fixed length.
    pub fn micros(self) -> Option<i64> {
        match self {
            Week => Some(7 * MICROS_PER_DAY),
            Day | DayOfWeek | DayOfYear => Some(MICROS_PER_DAY),
            Hour => Some(MICROS_PER_HOUR),
            Minute => Some(MICROS_PER_MINUTE),
            Second | Epoch => Some(MICROS_PER_SECOND),
            Millisecond => Some(1_000),
            Microsecond => Some(1),
            _ => None,
        }
    }

    /// Whether a time of day has this part.
    pub fn in_time(self) -> bool {
        matches!(self, Hour | Minute | Second | Millisecond | Microsecond | Epoch)
    }

    /// Whether only a value with a time zone has this part.
    pub fn needs_zone(self) -> bool {
        matches!(self, Timezone | TimezoneHour | TimezoneMinute)
    }

    /// `date part "x" not supported for type y`
    pub fn unsupported(self, type_name: &str) -> Error {
        Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("date part \"{}\" is not supported for type {type_name}", self.name()),
        )
    }

    /// EXTRACT: the part as a whole number, without higher and lower parts. `offset` is the
    /// zone's, in seconds.
    pub fn extract(self, local: i64, offset: i32) -> i64 {
        let days = local.div_euclid(MICROS_PER_DAY);
        let time = local.rem_euclid(MICROS_PER_DAY);
        let date = || civil_from_days(days);
        match self {
            Millennium => count_from_one(date().0, 1000),
            Century => count_from_one(date().0, 100),
            // counted from the year 0, but named from 1: 2000 begins decade 201
            Decade => date().0.div_euclid(10) + 1,
            Epoch => (local - i64::from(offset) * MICROS_PER_SECOND).div_euclid(MICROS_PER_SECOND),
            Year => date().0,
            Quarter => (date().1 - 1) / 3 + 1,
            Month => date().1,
            Week => calendar::iso_week(days).1,
            DayOfWeek => calendar::day_of_week(days),
            DayOfYear => days - days_from_civil(date().0, 1, 1) + 1,
            Day => date().2,
            Hour => time / MICROS_PER_HOUR,
            Minute => time / MICROS_PER_MINUTE % 60,
            Second => time / MICROS_PER_SECOND % 60,
            Millisecond => time / 1000 % 1000,
            Microsecond => time % 1000,
            Timezone => offset.into(),
            TimezoneHour => i64::from(offset) / 3600,
            TimezoneMinute => i64::from(offset) / 60 % 60,
        }
    }

    /// DATE_PART: as EXTRACT, but seconds come with their fraction, and milli- and microseconds
    /// with their seconds.
    pub fn date_part(self, local: i64, offset: i32) -> f64 {
        let within_minute = local.rem_euclid(MICROS_PER_MINUTE) as f64;
        match self {
            Epoch => (local - i64::from(offset) * MICROS_PER_SECOND) as f64 / MICROS_PER_SECOND as f64,
            Second => within_minute / MICROS_PER_SECOND as f64,
            Millisecond => within_minute / 1000.0,
            Microsecond => within_minute,
            _ => self.extract(local, offset) as f64,
        }
    }
}

/// Centuries and millennia: the first begins with the year 1 (or, backwards, 1 BC).
fn count_from_one(year: i64, length: i64) -> i64 {
    if year > 0 { (year + length - 1) / length } else { -((length - year) / length) }
}

#[cfg(test)]
mod tests {
    use super::{super::literal::parse_timestamp, *};

    fn extract(part: &str, text: &str) -> i64 {
        DatePart::parse(part).unwrap().extract(parse_timestamp(text).unwrap(), 0)
    }

    #[test]
    fn documented_extracts() {
        for (part, text, expected) in [
            ("century", "2000-12-16 12:21:13", 20),
            ("century", "2001-12-16 12:21:13", 21),
            ("decade", "1999-02-16 20:38:40", 200),
            ("decade", "2000-02-16 20:38:40", 201),
            ("decade", "2010-02-16 20:38:40", 202),
            ("mil", "2000-12-16 12:21:13", 2),
            ("mil", "2001-12-16 12:21:13", 3),
            ("ms", "2009-09-09 12:08:43.101", 101),
            ("sec", "2009-09-21 11:10:03.189717", 3),
            ("us", "2009-09-21 11:10:03.189717", 717),
            ("week", "20220502 04:05:06.789", 18),
            ("dow", "20220502", 1),
            ("doy", "20081231", 366),
            ("qtr", "20081231", 4),
            ("epoch", "2008-01-01 20:00:00", 1_199_217_600),
        ] {
            assert_eq!(extract(part, text), expected, "{part} of {text}");
        }
    }

    #[test]
    fn date_part_keeps_the_fraction_of_a_second() {
        let local = parse_timestamp("2009-09-21 11:10:03.189717").unwrap();
        assert_eq!(DatePart::Second.date_part(local, 0), 3.189717);
        assert_eq!(DatePart::Millisecond.date_part(local, 0), 3189.717);
        assert_eq!(DatePart::Minute.date_part(local, 0), 10.0);
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(DatePart::parse("MONTHS").unwrap(), Month);
        assert_eq!(DatePart::parse("m").unwrap(), Minute);
        assert!(DatePart::parse("fortnight").is_err());
    }
}
