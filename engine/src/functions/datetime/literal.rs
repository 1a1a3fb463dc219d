//! Text as dates, times and timestamps: the spellings that Redshift takes as input (pages
//! r_Date_and_time_literals, r_Interval_literals). Which field of
//! `1/2/2000` comes first says the parameter `datestyle`; by default the month.
//!
//! `now`, `today`, `tomorrow` and `yesterday` depend on the statement's clock, which comes with the session's
//! settings (`types::text::TextFormat::clock_word`); here they are no literals.

use arrow::array::{Date32Array, TimestampMicrosecondArray};

use super::{
    calendar::{self, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, check_timestamp},
    zone::{self, Zone},
};
use crate::{
    error::{Error, Result, SqlState},
    types::DateOrder,
};

/// What a datetime literal says: each part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Literal {
    /// Days since 1970-01-01.
    pub days: Option<i64>,
    /// Microseconds since midnight; 24:00:00 is the next midnight.
    pub time: Option<i64>,
    /// The zone that was named.
    pub zone: Option<Zone>,
}

/// Why text is no literal.
enum Problem {
    /// It does not have the form of one.
    Syntax,
    /// It has, but a field is too large or too small.
    Range,
}

type Parsed<T> = std::result::Result<T, Problem>;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// The number of a month by its name or the first three letters (or `sept`).
pub fn month_by_name(word: &str) -> Option<i64> {
    let lower = word.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| *month == lower || (lower.len() == 3 && month.starts_with(&lower)));
    found.map(|index| index as i64 + 1).or((lower == "sept").then_some(9))
}

/// The number of a weekday by its name or the first letters of it: 0 is Sunday.
pub fn weekday_by_name(word: &str) -> Option<i64> {
    let lower = word.to_ascii_lowercase();
    let long_enough = lower.len() >= 2 || matches!(lower.as_str(), "m" | "w" | "f");
    let found = WEEKDAYS.iter().position(|day| long_enough && day.starts_with(&lower));
    found.map(|index| index as i64)
}

/// Text as DATE: days since 1970-01-01. A time of day after it is ignored.
pub fn parse_date(text: &str) -> Result<i32> {
    parse_date_in(text, DateOrder::Mdy)
}

/// The same with another order of fields.
pub fn parse_date_in(text: &str, order: DateOrder) -> Result<i32> {
    let literal = parse(text, false, order, "date")?;
    let days = literal.days.ok_or_else(|| invalid(text, "date"))?;
    let carry = i64::from(literal.time == Some(MICROS_PER_DAY));
    calendar::check_date(days + carry)
}

/// Text as TIME: microseconds since midnight. A date and a zone are ignored.
pub fn parse_time(text: &str) -> Result<i64> {
    let literal = parse(text, true, DateOrder::Mdy, "time without time zone")?;
    literal.time.map(|time| time % MICROS_PER_DAY).ok_or_else(|| invalid(text, "time without time zone"))
}

/// Text as TIMETZ: microseconds since midnight UTC; without a zone it is time of `zone`.
pub fn parse_timetz(text: &str, zone: &Zone) -> Result<i64> {
    let literal = parse(text, true, DateOrder::Mdy, "time with time zone")?;
    let time = literal.time.ok_or_else(|| invalid(text, "time with time zone"))?;
    let day = literal.days.unwrap_or(0) * MICROS_PER_DAY;
    let offset = literal.zone.unwrap_or(*zone).offset_at_local(day + time);
    Ok((time - i64::from(offset) * MICROS_PER_SECOND).rem_euclid(MICROS_PER_DAY))
}

/// Seconds east of Greenwich of the zone that a TIMETZ literal names; None where it names none.
pub fn timetz_offset(text: &str) -> Option<i32> {
    let literal = parse(text, true, DateOrder::Mdy, "time with time zone").ok()?;
    let local = literal.days.unwrap_or(0) * MICROS_PER_DAY + literal.time?;
    literal.zone.map(|zone| zone.offset_at_local(local))
}

/// Text as TIMESTAMP: microseconds since 1970. A zone is ignored.
pub fn parse_timestamp(text: &str) -> Result<i64> {
    parse_timestamp_in(text, DateOrder::Mdy)
}

/// The same with another order of fields.
pub fn parse_timestamp_in(text: &str, order: DateOrder) -> Result<i64> {
    let literal = parse(text, false, order, "timestamp without time zone")?;
    let days = literal.days.ok_or_else(|| invalid(text, "timestamp without time zone"))?;
    check_timestamp(calendar::midnight(days)? + literal.time.unwrap_or(0))
}

/// Text as TIMESTAMPTZ: microseconds since 1970 UTC; without a zone it is local time of `zone`.
pub fn parse_timestamptz(text: &str, zone: &Zone) -> Result<i64> {
    parse_timestamptz_in(text, zone, DateOrder::Mdy)
}

/// The same with another order of fields.
pub fn parse_timestamptz_in(text: &str, zone: &Zone, order: DateOrder) -> Result<i64> {
    let literal = parse(text, false, order, "timestamp with time zone")?;
    let days = literal.days.ok_or_else(|| invalid(text, "timestamp with time zone"))?;
    let local = check_timestamp(calendar::midnight(days)? + literal.time.unwrap_or(0))?;
    literal.zone.unwrap_or(*zone).instant(local)
}

/// Whether text is one of the words that depend on the clock.
pub fn is_clock_word(text: &str) -> bool {
    let word = text.trim();
    ["now", "today", "tomorrow", "yesterday"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// `now`, `today`, `tomorrow` or `yesterday` as a local timestamp, given the local time now.
pub fn special_timestamp(word: &str, now: i64) -> Option<i64> {
    let today = now - now.rem_euclid(MICROS_PER_DAY);
    match word.trim().to_ascii_lowercase().as_str() {
        "now" => Some(now),
        "today" => Some(today),
        "tomorrow" => Some(today + MICROS_PER_DAY),
        "yesterday" => Some(today - MICROS_PER_DAY),
        _ => None,
    }
}

/// Dates as timestamps at midnight.
pub fn dates_to_timestamps(dates: &Date32Array) -> Result<TimestampMicrosecondArray> {
    dates.iter().map(|days| days.map(|days| calendar::midnight(days.into())).transpose()).collect()
}

fn invalid(text: &str, type_name: &str) -> Error {
    Error::new(SqlState::INVALID_DATETIME_FORMAT, format!("invalid input syntax for type {type_name}: \"{text}\""))
}

fn parse(text: &str, time_only: bool, order: DateOrder, type_name: &str) -> Result<Literal> {
    Reader { literal: Literal::default(), numbers: Vec::new(), month: None, before_christ: false, time_only, order }
        .read(text)
        .map_err(|problem| match problem {
            Problem::Syntax => invalid(text, type_name),
            Problem::Range => {
                Error::new(SqlState::DATETIME_OVERFLOW, format!("date/time field value out of range: \"{text}\""))
            }
        })
}

/// Collects the parts of a literal, word by word.
struct Reader {
    literal: Literal,
    /// Plain numbers that belong to a date with a month's name.
    numbers: Vec<(i64, usize)>,
    month: Option<i64>,
    before_christ: bool,
    time_only: bool,
    order: DateOrder,
}

impl Reader {
    fn read(mut self, text: &str) -> Parsed<Literal> {
        let mut empty = true;
        for word in text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()) {
            empty = false;
            self.word(word)?;
        }
        if empty {
            return Err(Problem::Syntax);
        }
        self.finish()
    }

    fn word(&mut self, word: &str) -> Parsed<()> {
        // ISO 8601: 2008-02-15T04:05:06
        if let Some(at) = word.find(['T', 't'])
            && at > 0
            && word[..at].bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
            && word[at + 1..].starts_with(|c: char| c.is_ascii_digit())
        {
            self.word(&word[..at])?;
            return self.word(&word[at + 1..]);
        }
        if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
            return self.time(word);
        }
        match word.as_bytes()[0] {
            // Drivers write dates with a zone, too.
            b'+' | b'-'
                if self.literal.zone.is_none() && (self.literal.time.is_some() || self.literal.days.is_some()) =>
            {
                match zone::offset(word) {
                    Some((seconds, "")) => self.literal.zone = Some(Zone::Fixed(seconds)),
                    _ => return Err(Problem::Syntax),
                }
                Ok(())
            }
            byte if byte.is_ascii_digit() => self.number(word),
            _ => self.name(word),
        }
    }

    /// `4:05`, `04:05:06.789`, each perhaps with a zone or AM/PM at its end.
    fn time(&mut self, word: &str) -> Parsed<()> {
        if self.literal.time.is_some() {
            return Err(Problem::Syntax);
        }
        let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
        let (clock, rest) = word.split_at(end);
        let fields: Vec<&str> = clock.split(':').collect();
        if fields.len() > 3 {
            return Err(Problem::Syntax);
        }
        let hours = digits(fields[0])?;
        let minutes = digits(fields.get(1).ok_or(Problem::Syntax)?)?;
        let (seconds, micros) = match fields.get(2) {
            None => (0, 0),
            Some(field) => seconds_and_micros(field)?,
        };
        self.set_time(hours, minutes, seconds, micros)?;
        if rest.is_empty() { Ok(()) } else { self.word(rest) }
    }

    fn set_time(&mut self, hours: i64, minutes: i64, seconds: i64, micros: i64) -> Parsed<()> {
        let time = hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + micros;
        if minutes > 59 || seconds > 60 || time > MICROS_PER_DAY {
            return Err(Problem::Range);
        }
        self.literal.time = Some(time);
        Ok(())
    }

    /// A word that begins with a digit and is no time with colons.
    fn number(&mut self, word: &str) -> Parsed<()> {
        if let Some(end) = word.find(|c: char| c.is_ascii_alphabetic())
            && end > 0
            && word[..end].bytes().all(|byte| byte.is_ascii_digit())
            && month_by_name(&word[end..]).is_none()
            && !word[end..].contains(['-', '/'])
        {
            // 040506Z, 4pm
            self.number(&word[..end])?;
            return self.name(&word[end..]);
        }
        if !word.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.separated(word);
        }
        let value = digits(word)?;
        let has_date = self.literal.days.is_some() || self.time_only;
        match word.len() {
            6 if has_date => self.set_time(value / 10_000, value / 100 % 100, value % 100, 0),
            4 if self.time_only => self.set_time(value / 100, value % 100, 0, 0),
            8 => self.set_date(value / 10_000, value / 100 % 100, value % 100),
            6 if self.month.is_none() => self.set_date(two_digit_year(value / 10_000), value / 100 % 100, value % 100),
            7 if self.month.is_none() => self.set_day_of_year(value / 1000, value % 1000),
            14 => {
                let (date, time) = (value / 1_000_000, value % 1_000_000);
                self.set_date(date / 10_000, date / 100 % 100, date % 100)?;
                self.set_time(time / 10_000, time / 100 % 100, time % 100, 0)
            }
            length if length <= 6 => {
                self.numbers.push((value, length));
                Ok(())
            }
            _ => Err(Problem::Syntax),
        }
    }

    /// Fields separated by `-`, `/` or `.`.
    fn separated(&mut self, word: &str) -> Parsed<()> {
        // 040506.789 after a date
        if let Some((whole, fraction)) = word.split_once('.')
            && whole.len() == 6
            && (self.literal.days.is_some() || self.time_only)
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
        {
            let value = digits(whole)?;
            let (_, micros) = seconds_and_micros(&format!("0.{fraction}"))?;
            return self.set_time(value / 10_000, value / 100 % 100, value % 100, micros);
        }
        let fields: Vec<&str> = word.split(['-', '/', '.']).collect();
        match fields.as_slice() {
            [year, day] if word.contains('.') && year.len() >= 4 && day.len() == 3 => {
                self.set_day_of_year(digits(year)?, digits(day)?)
            }
            // `17.12.1997`: with points, a day that can be no month comes first (page r_Datetime_types).
            [day, month, year]
                if word.contains('.')
                    && self.order == DateOrder::Mdy
                    && day.len() == 2
                    && digits(day).is_ok_and(|day| day > 12)
                    && digits(month).is_ok_and(|month| month <= 12) =>
            {
                self.three_fields(month, day, year)
            }
            [first, second, third] => self.three_fields(first, second, third),
            _ => Err(Problem::Syntax),
        }
    }

    fn three_fields(&mut self, first: &str, second: &str, third: &str) -> Parsed<()> {
        let year_of = |field: &str| -> Parsed<i64> {
            let value = digits(field)?;
            Ok(if field.len() <= 2 { two_digit_year(value) } else { value })
        };
        if let Some(month) = month_by_name(first) {
            return self.set_date(year_of(third)?, month, digits(second)?);
        }
        if let Some(month) = month_by_name(second) {
            if first.len() > 2 {
                return self.set_date(digits(first)?, month, digits(third)?);
            }
            return match self.order {
                DateOrder::Ymd => self.set_date(year_of(first)?, month, digits(third)?),
                _ => self.set_date(year_of(third)?, month, digits(first)?),
            };
        }
        if first.len() > 2 {
            return self.set_date(digits(first)?, digits(second)?, digits(third)?);
        }
        match self.order {
            DateOrder::Mdy => self.set_date(year_of(third)?, digits(first)?, digits(second)?),
            DateOrder::Dmy => self.set_date(year_of(third)?, digits(second)?, digits(first)?),
            DateOrder::Ymd => self.set_date(year_of(first)?, digits(second)?, digits(third)?),
        }
    }

    /// A word of letters: month, weekday, AM/PM, BC/AD, zone.
    fn name(&mut self, word: &str) -> Parsed<()> {
        if let Some(month) = month_by_name(word) {
            if self.month.replace(month).is_some() {
                return Err(Problem::Syntax);
            }
            return Ok(());
        }
        // Jan-31-2000
        if word.contains(['-', '/']) && word.split(['-', '/']).next().is_some_and(|name| month_by_name(name).is_some())
        {
            return self.separated(word);
        }
        match word.to_ascii_lowercase().as_str() {
            "am" | "pm" => self.meridiem(word.eq_ignore_ascii_case("pm")),
            "bc" => {
                self.before_christ = true;
                Ok(())
            }
            "ad" | "at" | "on" => Ok(()),
            "epoch" if self.literal.days.is_none() => {
                self.literal = Literal { days: Some(0), time: Some(0), zone: Some(Zone::Fixed(0)) };
                Ok(())
            }
            lower if lower.len() >= 3 && weekday_by_name(lower).is_some() => Ok(()),
            _ if self.literal.time.is_some() && self.literal.zone.is_none() => match zone::parse(word) {
                Ok(zone) => {
                    self.literal.zone = Some(zone);
                    Ok(())
                }
                Err(_) => Err(Problem::Syntax),
            },
            _ => Err(Problem::Syntax),
        }
    }

    fn meridiem(&mut self, afternoon: bool) -> Parsed<()> {
        if self.literal.time.is_none()
            && let Some((hour, length)) = self.numbers.pop()
        {
            if length > 2 {
                return Err(Problem::Syntax);
            }
            self.set_time(hour, 0, 0, 0)?;
        }
        let time = self.literal.time.ok_or(Problem::Syntax)?;
        let hour = time / MICROS_PER_HOUR;
        if hour == 0 || hour > 12 {
            return Err(Problem::Range);
        }
        let base = time - if hour == 12 { 12 * MICROS_PER_HOUR } else { 0 };
        self.literal.time = Some(base + if afternoon { 12 * MICROS_PER_HOUR } else { 0 });
        Ok(())
    }

    fn set_date(&mut self, year: i64, month: i64, day: i64) -> Parsed<()> {
        if self.literal.days.is_some() {
            return Err(Problem::Syntax);
        }
        if !(1..=12).contains(&month) || day < 1 || day > calendar::days_in_month(year, month) || year > 300_000 {
            return Err(Problem::Range);
        }
        self.literal.days = Some(calendar::days_from_civil(year, month, day));
        Ok(())
    }

    fn set_day_of_year(&mut self, year: i64, day: i64) -> Parsed<()> {
        if !(1..=365 + i64::from(calendar::is_leap_year(year))).contains(&day) {
            return Err(Problem::Range);
        }
        self.literal.days = Some(calendar::days_from_civil(year, 1, 1) + day - 1);
        Ok(())
    }

    fn finish(mut self) -> Parsed<Literal> {
        if let Some(month) = self.month {
            let (day, year) = match self.numbers.as_slice() {
                [(year, 3..), (day, _)] => (*day, *year),
                [(day, _), (year, length)] => (*day, if *length <= 2 { two_digit_year(*year) } else { *year }),
                _ => return Err(Problem::Syntax),
            };
            self.set_date(year, month, day)?;
        } else if !self.numbers.is_empty() {
            return Err(Problem::Syntax);
        }
        if self.before_christ {
            let days = self.literal.days.ok_or(Problem::Syntax)?;
            let (year, month, day) = calendar::civil_from_days(days);
            self.literal.days = Some(calendar::days_from_civil(1 - year, month, day));
        }
        Ok(self.literal)
    }
}

fn digits(field: &str) -> Parsed<i64> {
    if field.is_empty() || field.len() > 18 || !field.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Syntax);
    }
    field.parse().map_err(|_| Problem::Syntax)
}

/// `06.789`: seconds and microseconds, rounded.
fn seconds_and_micros(field: &str) -> Parsed<(i64, i64)> {
    let (whole, fraction) = field.split_once('.').unwrap_or((field, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Syntax);
    }
    let mut micros = 0;
    for index in 0..6 {
        micros = micros * 10 + fraction.as_bytes().get(index).map_or(0, |digit| i64::from(digit - b'0'));
    }
    if fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5') {
        micros += 1;
    }
    Ok((digits(whole)?, micros))
}

fn two_digit_year(year: i64) -> i64 {
    if year < 70 { 2000 + year } else { 1900 + year }
}

#[cfg(test)]
mod tests {
    use super::{super::super::text, *};

    fn timestamp(text: &str) -> String {
        let mut out = String::new();
        text::write_timestamp(&mut out, parse_timestamp(text).unwrap_or_else(|error| panic!("{text}: {error}")));
        out
    }

    #[test]
    fn documented_dates() {
        for (text, expected) in [
            ("January 8, 1999", "1999-01-08"),
            ("1999-01-08", "1999-01-08"),
            ("1/8/1999", "1999-01-08"),
            ("01/02/00", "2000-01-02"),
            ("2000-Jan-31", "2000-01-31"),
            ("Jan-31-2000", "2000-01-31"),
            ("31-Jan-2000", "2000-01-31"),
            ("20080215", "2008-02-15"),
            ("080215", "2008-02-15"),
            ("2008.366", "2008-12-31"),
            ("8 January 1999", "1999-01-08"),
            ("2008-02-18 02:36:48", "2008-02-18"),
            ("4713-01-01 BC", "4713-01-01 BC"),
            ("17.12.1997", "1997-12-17"),
        ] {
            let mut out = String::new();
            text::write_date(&mut out, parse_date(text).unwrap_or_else(|error| panic!("{text}: {error}")).into());
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn documented_times() {
        for (text, expected) in [
            ("04:05:06.789", "04:05:06.789"),
            ("04:05:06", "04:05:06"),
            ("04:05", "04:05:00"),
            ("040506", "04:05:06"),
            ("04:05 AM", "04:05:00"),
            ("04:05 PM", "16:05:00"),
            ("12:05 AM", "00:05:00"),
            ("16:05", "16:05:00"),
            ("18:25:33.123456 PST", "18:25:33.123456"),
        ] {
            let mut out = String::new();
            text::write_time(&mut out, parse_time(text).unwrap_or_else(|error| panic!("{text}: {error}")));
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn documented_timestamps() {
        for (text, expected) in [
            ("20080215 04:05:06.789", "2008-02-15 04:05:06.789"),
            ("20080215 04:05", "2008-02-15 04:05:00"),
            ("20080215 040506", "2008-02-15 04:05:06"),
            ("20080215 04:05 PM", "2008-02-15 16:05:00"),
            ("20080215", "2008-02-15 00:00:00"),
            ("2008-02-15T04:05:06Z", "2008-02-15 04:05:06"),
            ("2008-02-15 04:05:06.1234567", "2008-02-15 04:05:06.123457"),
            ("Jun 1,2008  09:59:59", "2008-06-01 09:59:59"),
            ("1999-12-31 24:00:00", "2000-01-01 00:00:00"),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }

    #[test]
    fn zones_move_the_instant() {
        let utc = Zone::Fixed(0);
        let at = |text| parse_timestamptz(text, &utc).unwrap();
        assert_eq!(at("2001-02-16 20:38:40-05"), at("2001-02-17 01:38:40"));
        assert_eq!(at("1.12.1997 07:37:16.00 PST"), at("1997-01-12 15:37:16 UTC"));
        assert_eq!(parse_timetz("13:24:55 PST", &utc).unwrap(), parse_time("21:24:55").unwrap());
    }

    #[test]
    fn what_is_no_literal() {
        for text in ["", "abc", "2008-13-01", "2008-02-30", "now", "25:00:00", "2008-01-01 2008-01-02", "12"] {
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
        let state = parse_date("2008-02-30").unwrap_err().state();
        assert_eq!(state.0, "22008");
    }

    #[test]
    fn words_for_the_present() {
        let now = parse_timestamp("2020-05-06 07:08:09").unwrap();
        assert_eq!(special_timestamp("TODAY", now), Some(parse_timestamp("2020-05-06").unwrap()));
        assert_eq!(special_timestamp("tomorrow", now), Some(parse_timestamp("2020-05-07").unwrap()));
        assert_eq!(special_timestamp("x", now), None);
    }
}
