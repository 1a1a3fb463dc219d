//! Dates and times from text by a pattern: what TO_DATE and TO_TIMESTAMP read. Values that exceed
//! their field roll over into the next (31 June is 1 July) unless reading is strict.

use super::datetime_pattern::{Field, Part};
use crate::{
    error::{Error, Result, SqlState},
    functions::datetime::{
        calendar::{self, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, days_from_civil, is_leap_year},
        literal::{month_by_name, weekday_by_name},
    },
};

/// What was read; what was not has its default.
#[derive(Debug)]
struct Read {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    iso: (Option<i64>, Option<i64>, i64),
    before_christ: bool,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
}

/// Reads text by a pattern: days since 1970 and microseconds since midnight (which may exceed a day).
pub fn parse(text: &str, parts: &[Part], strict: bool) -> Result<(i64, i64)> {
    let mut read = Read {
        year: 1,
        month: 1,
        day: 1,
        day_of_year: None,
        julian: None,
        iso: (None, None, 1),
        before_christ: false,
        hour: 0,
        afternoon: None,
        minute: 0,
        second: 0,
        micros: 0,
    };
    let mut rest = text;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(literal) => rest = skip_literal(rest, literal),
            Part::Field { field, ordinal, .. } => {
                let adjacent = matches!(parts.get(index + 1), Some(Part::Field { .. }));
                rest = read.field(rest.trim_start(), *field, adjacent).ok_or_else(|| {
                    let message = format!("invalid value for {field:?} in date or time \"{text}\"");
                    Error::new(SqlState::INVALID_DATETIME_FORMAT, message)
                })?;
                if ordinal.is_some() {
                    rest = rest.get(2..).unwrap_or("");
                }
            }
        }
    }
    read.finish(strict)
}

/// Skips separators: what stands in the pattern matches any separator, or itself.
fn skip_literal<'a>(text: &'a str, literal: &str) -> &'a str {
    let mut rest = text;
    for expected in literal.chars() {
        match rest.chars().next() {
            Some(c) if c == expected || !c.is_alphanumeric() => rest = &rest[c.len_utf8()..],
            _ => {}
        }
    }
    rest
}

fn number(text: &str, width: usize) -> Option<(i64, &str)> {
    let length = text.bytes().take(width).take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok()?;
    Some((value, &text[length..]))
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()))
}

impl Read {
    fn field<'a>(&mut self, text: &'a str, field: Field, adjacent: bool) -> Option<&'a str> {
        // a year with a separator behind it may have more digits
        let width = match field {
            Field::Year(4 | 5) if !adjacent => 6,
            Field::Year(5) => 5,
            Field::Year(digits) | Field::IsoYear(digits) => digits,
            Field::DayOfYear | Field::IsoDayOfYear | Field::Millisecond => 3,
            Field::Microsecond => 6,
            Field::JulianDay => 7,
            Field::SecondOfDay => 5,
            Field::Quarter | Field::DayOfWeek | Field::IsoDayOfWeek | Field::WeekOfMonth => 1,
            _ => 2,
        };
        match field {
            Field::MonthName | Field::MonthAbbreviation => {
                let (name, _) = word(text);
                let length = (3..=name.len()).rev().find(|length| month_by_name(&name[..*length]).is_some())?;
                self.month = month_by_name(&name[..length])?;
                return Some(&text[length..]);
            }
            Field::DayName | Field::DayAbbreviation => {
                let (name, _) = word(text);
                let length = (3..=name.len()).rev().find(|length| weekday_by_name(&name[..*length]).is_some())?;
                return Some(&text[length..]);
            }
            Field::Meridiem(_) | Field::Era(_) => return self.letters(text, field),
            Field::RomanMonth | Field::Zone | Field::Offset | Field::Century => return None,
            _ => {}
        }
        let (value, rest) = number(text, width)?;
        let read_digits = text.len() - rest.len();
        match field {
            Field::Year(1..=3) => self.year = near_year(value, read_digits),
            Field::Year(5) if rest.starts_with(',') => {
                let (thousand, rest) = number(&rest[1..], 3)?;
                self.year = value * 1000 + thousand;
                return Some(rest);
            }
            Field::Year(_) => self.year = if read_digits <= 2 { near_year(value, read_digits) } else { value },
            Field::IsoYear(4) => self.iso.0 = Some(value),
            Field::IsoYear(_) => self.iso.0 = Some(near_year(value, read_digits)),
            Field::IsoWeek => self.iso.1 = Some(value),
            Field::IsoDayOfWeek => self.iso.2 = value,
            Field::IsoDayOfYear => {
                (self.iso.1, self.iso.2) = (Some((value - 1) / 7 + 1), (value - 1).rem_euclid(7) + 1)
            }
            Field::Month => self.month = value,
            Field::Day => self.day = value,
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::JulianDay => self.julian = Some(value),
            Field::Hour24 | Field::Hour12 => self.hour = value,
            Field::Minute => self.minute = value,
            Field::Second => self.second = value,
            Field::Millisecond => self.micros = scaled(value, read_digits, 3) * 1000,
            Field::Microsecond => self.micros = scaled(value, read_digits, 6),
            Field::SecondOfDay => {
                (self.hour, self.minute, self.second) = (value / 3600, value / 60 % 60, value % 60);
            }
            // quarter, week of month and the like do not make a date
            _ => {}
        }
        Some(rest)
    }

    fn letters<'a>(&mut self, text: &'a str, field: Field) -> Option<&'a str> {
        let length = text.find(|c: char| !c.is_ascii_alphabetic() && c != '.').unwrap_or(text.len());
        let letters = text[..length].replace('.', "").to_ascii_lowercase();
        match (field, letters.as_str()) {
            (Field::Meridiem(_), "am") => self.afternoon = Some(false),
            (Field::Meridiem(_), "pm") => self.afternoon = Some(true),
            (Field::Era(_), "bc") => self.before_christ = true,
            (Field::Era(_), "ad") => {}
            _ => return None,
        }
        Some(&text[length..])
    }

    fn finish(mut self, strict: bool) -> Result<(i64, i64)> {
        if let Some(afternoon) = self.afternoon
            && (1..=12).contains(&self.hour)
        {
            self.hour = self.hour % 12 + if afternoon { 12 } else { 0 };
        }
        if self.before_christ {
            self.year = 1 - self.year;
        }
        let out_of_range = |what: &str, value: String| {
            Error::new(SqlState::DATETIME_OVERFLOW, format!("date/time field {what} value out of range: {value}"))
        };
        if strict {
            let month_fits = (1..=12).contains(&self.month);
            let day_fits = month_fits && (1..=calendar::days_in_month(self.year, self.month)).contains(&self.day);
            let year_length = 365 + i64::from(is_leap_year(self.year));
            if !day_fits || self.day_of_year.is_some_and(|day| !(1..=year_length).contains(&day)) {
                return Err(out_of_range("date", format!("{}-{}-{}", self.year, self.month, self.day)));
            }
            if self.hour > 23 || self.minute > 59 || self.second > 59 {
                return Err(out_of_range("time", format!("{}:{}:{}", self.hour, self.minute, self.second)));
            }
        }
        let time = self.hour * MICROS_PER_HOUR
            + self.minute * MICROS_PER_MINUTE
            + self.second * MICROS_PER_SECOND
            + self.micros;
        Ok((self.days()?, time))
    }

    fn days(&self) -> Result<i64> {
        if let Some(julian) = self.julian {
            return Ok(julian - 2_440_588);
        }
        if let (Some(year), Some(week)) = (self.iso.0, self.iso.1) {
            let fourth = days_from_civil(year, 1, 4);
            let monday = fourth - (calendar::day_of_week(fourth) + 6) % 7;
            return Ok(monday + (week - 1) * 7 + self.iso.2 - 1);
        }
        if let Some(day) = self.day_of_year {
            return Ok(days_from_civil(self.year, 1, 1) + day - 1);
        }
        let (year, month) = calendar::add_months(self.year, 1, self.month - 1)?;
        Ok(days_from_civil(year, month, 1) + self.day - 1)
    }
}

/// A year of fewer than four digits: of two, those near 2000 are meant.
fn near_year(value: i64, digits: usize) -> i64 {
    match digits {
        1 | 2 if value < 70 => 2000 + value,
        1 | 2 => 1900 + value,
        _ if value < 520 => 2000 + value,
        _ => 1000 + value,
    }
}

/// Digits behind a point as a whole number of some width: 3 of milliseconds is 300.
fn scaled(value: i64, digits: usize, width: usize) -> i64 {
    value * 10i64.pow((width - digits.min(width)) as u32)
}
