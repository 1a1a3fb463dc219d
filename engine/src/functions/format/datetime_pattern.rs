//! Datetime patterns (page r_FORMAT_strings): `YYYY-MM-DD HH24:MI:SS` and the like, split into parts,
//! and written for a moment.

use std::fmt::Write;

use crate::{
    error::{Error, Result},
    functions::datetime::{
        calendar::{self, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND},
        interval::Interval,
    },
};

/// What a part of a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `BC`, `AD`; with points if true
    Era(bool),
    /// `CC`
    Century,
    /// `YYYY`, `YYY`, `YY`, `Y`: how many digits; `Y,YYY` is 5
    Year(usize),
    /// `IYYY` … `I`: the year of the ISO week
    IsoYear(usize),
    /// `Q`
    Quarter,
    /// `MONTH`
    MonthName,
    /// `MON`
    MonthAbbreviation,
    /// `MM`
    Month,
    /// `RM`
    RomanMonth,
    /// `W`
    WeekOfMonth,
    /// `WW`
    WeekOfYear,
    /// `IW`
    IsoWeek,
    /// `DAY`
    DayName,
    /// `DY`
    DayAbbreviation,
    /// `DDD`
    DayOfYear,
    /// `DD`
    Day,
    /// `D`: Sunday is 1
    DayOfWeek,
    /// `ID`: Monday is 1
    IsoDayOfWeek,
    /// `IDDD`
    IsoDayOfYear,
    /// `J`
    JulianDay,
    /// `HH24`
    Hour24,
    /// `HH`, `HH12`
    Hour12,
    /// `MI`
    Minute,
    /// `SS`
    Second,
    /// `MS`
    Millisecond,
    /// `US`
    Microsecond,
    /// `SSSS`
    SecondOfDay,
    /// `AM`, `PM`; with points if true
    Meridiem(bool),
    /// `TZ`
    Zone,
    /// `OF`
    Offset,
}

/// All names of fields, longer ones before those that begin like them.
#[rustfmt::skip]
const FIELDS: &[(&str, Field)] = &[
    ("A.D.", Field::Era(true)), ("B.C.", Field::Era(true)), ("AD", Field::Era(false)), ("BC", Field::Era(false)),
    ("A.M.", Field::Meridiem(true)), ("P.M.", Field::Meridiem(true)), ("AM", Field::Meridiem(false)),
    ("PM", Field::Meridiem(false)), ("CC", Field::Century), ("DAY", Field::DayName), ("DDD", Field::DayOfYear),
    ("DD", Field::Day), ("DY", Field::DayAbbreviation), ("D", Field::DayOfWeek), ("HH24", Field::Hour24),
    ("HH12", Field::Hour12), ("HH", Field::Hour12), ("IDDD", Field::IsoDayOfYear), ("ID", Field::IsoDayOfWeek), ("IW", Field::IsoWeek),
    ("IYYY", Field::IsoYear(4)), ("IYY", Field::IsoYear(3)), ("IY", Field::IsoYear(2)), ("I", Field::IsoYear(1)),
    ("J", Field::JulianDay), ("MI", Field::Minute), ("MM", Field::Month), ("MONTH", Field::MonthName),
    ("MON", Field::MonthAbbreviation), ("MS", Field::Millisecond), ("OF", Field::Offset), ("Q", Field::Quarter),
    ("RM", Field::RomanMonth), ("SSSS", Field::SecondOfDay), ("SS", Field::Second), ("TZ", Field::Zone),
    ("US", Field::Microsecond), ("WW", Field::WeekOfYear), ("W", Field::WeekOfMonth), ("Y,YYY", Field::Year(5)),
    ("YYYY", Field::Year(4)), ("YYY", Field::Year(3)), ("YY", Field::Year(2)), ("Y", Field::Year(1)),
];

/// Letters as the pattern has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `MONTH`
    Upper,
    /// `Month`
    Capital,
    /// `month`
    Lower,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A field.
    Field {
        /// Which one.
        field: Field,
        /// Its letters.
        case: Case,
        /// `FM` stands before it: no padding.
        fill: bool,
        /// `TH` stands behind it, in this case.
        ordinal: Option<Case>,
    },
    /// Anything else stands for itself.
    Literal(String),
}

fn starts_with(text: &str, name: &str) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn case_of(text: &str) -> Case {
    let mut letters = text.chars().filter(char::is_ascii_alphabetic);
    match (letters.next(), letters.next()) {
        (Some(first), _) if first.is_ascii_lowercase() => Case::Lower,
        (_, Some(second)) if second.is_ascii_lowercase() => Case::Capital,
        _ => Case::Upper,
    }
}

/// Splits a pattern into its parts.
pub fn parse(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    let mut fill = false;
    while !rest.is_empty() {
        if starts_with(rest, "FM") {
            fill = true;
            rest = &rest[2..];
            continue;
        }
        if let Some((name, field)) = FIELDS.iter().find(|(name, _)| starts_with(rest, name)) {
            let case = case_of(&rest[..name.len()]);
            rest = &rest[name.len()..];
            let ordinal = starts_with(rest, "TH").then(|| case_of(&rest[..2]));
            if ordinal.is_some() {
                rest = &rest[2..];
            }
            parts.push(Part::Field { field: *field, case, fill, ordinal });
            fill = false;
            continue;
        }
        let (literal, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at(rest.chars().next().map_or(0, char::len_utf8)),
        };
        match parts.last_mut() {
            Some(Part::Literal(text)) => text.push_str(literal),
            _ => parts.push(Part::Literal(literal.to_string())),
        }
        rest = after;
    }
    parts
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN_MONTHS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// A local date and time with its zone, ready to be written.
#[derive(Debug)]
pub struct Moment<'a> {
    /// Microseconds since 1970, local.
    pub local: i64,
    /// Seconds east of Greenwich.
    pub offset: i32,
    /// The zone's abbreviation.
    pub zone: &'a str,
}

/// Appends a moment in a pattern.
pub fn write(out: &mut String, parts: &[Part], moment: &Moment) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Field { field, case, fill, ordinal } => {
                let start = out.len();
                write_field(out, *field, *case, *fill, moment);
                if let (Some(case), Some(number)) = (ordinal, out[start..].trim().parse::<i64>().ok()) {
                    push_cased(out, super::number_pattern::ordinal(number), *case);
                }
            }
        }
    }
}

/// Appends an interval in a pattern: its own years, months, days, hours, minutes and seconds.
///
/// Errors: 0A000 for fields that only a date has.
pub fn write_interval(out: &mut String, parts: &[Part], interval: &Interval) -> Result<()> {
    for part in parts {
        let (field, fill) = match part {
            Part::Literal(text) => {
                out.push_str(text);
                continue;
            }
            Part::Field { field, fill, .. } => (*field, *fill),
        };
        let micros = interval.micros;
        let hour = micros / MICROS_PER_HOUR;
        let (value, width) = match field {
            Field::Year(digits) => (interval.months / 12, digits),
            Field::Month => (interval.months % 12, 2),
            Field::Day => (interval.days, 2),
            Field::Hour24 => (hour, 2),
            Field::Hour12 => ((hour + 11) % 12 + 1, 2),
            Field::Minute => (micros / MICROS_PER_MINUTE % 60, 2),
            Field::Second => (micros / MICROS_PER_SECOND % 60, 2),
            Field::Millisecond => (micros / 1000 % 1000, 3),
            Field::Microsecond => (micros % MICROS_PER_SECOND, 6),
            _ => return Err(Error::not_supported("a pattern of dates in TO_CHAR of an interval")),
        };
        let width = if fill { 1 } else { width };
        // writing to a String cannot fail
        let _ = write!(out, "{value:0width$}");
    }
    Ok(())
}

fn push_cased(out: &mut String, text: &str, case: Case) {
    match case {
        Case::Upper => out.push_str(&text.to_ascii_uppercase()),
        Case::Capital => out.push_str(text),
        Case::Lower => out.push_str(&text.to_ascii_lowercase()),
    }
}

fn write_field(out: &mut String, field: Field, case: Case, fill: bool, moment: &Moment) {
    let days = moment.local.div_euclid(MICROS_PER_DAY);
    let time = moment.local.rem_euclid(MICROS_PER_DAY);
    let (year, month, day) = calendar::civil_from_days(days);
    let shown_year = if year <= 0 { 1 - year } else { year };
    let weekday = calendar::day_of_week(days);
    let day_of_year = days - calendar::days_from_civil(year, 1, 1) + 1;
    let hour = time / MICROS_PER_HOUR;
    let micros = time % MICROS_PER_SECOND;
    let mut name = |text: &str, width: usize| {
        push_cased(out, text, case);
        if !fill {
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.len())));
        }
    };
    let (value, width) = match field {
        Field::Era(points) => {
            return name(
                match (year <= 0, points) {
                    (true, false) => "BC",
                    (false, false) => "AD",
                    (true, true) => "B.C.",
                    (false, true) => "A.D.",
                },
                0,
            );
        }
        Field::MonthName => return name(MONTHS[month as usize - 1], 9),
        Field::MonthAbbreviation => return name(&MONTHS[month as usize - 1][..3], 3),
        Field::RomanMonth => return name(ROMAN_MONTHS[month as usize - 1], 4),
        Field::DayName => return name(DAYS[weekday as usize], 9),
        Field::DayAbbreviation => return name(&DAYS[weekday as usize][..3], 3),
        Field::Meridiem(points) => {
            return name(
                match (hour >= 12, points) {
                    (true, false) => "PM",
                    (false, false) => "AM",
                    (true, true) => "P.M.",
                    (false, true) => "A.M.",
                },
                0,
            );
        }
        Field::Zone => return name(moment.zone, 0),
        Field::Offset => {
            crate::functions::text::write_offset(out, moment.offset);
            return;
        }
        Field::Year(5) => {
            // writing to a String cannot fail
            let _ = write!(out, "{},{:03}", shown_year / 1000, shown_year % 1000);
            return;
        }
        Field::Year(digits) => (last_digits(shown_year, digits), digits),
        Field::IsoYear(digits) => (last_digits(calendar::iso_week(days).0, digits), digits),
        Field::Century => ((shown_year + 99) / 100, 2),
        Field::Quarter => ((month - 1) / 3 + 1, 1),
        Field::Month => (month, 2),
        Field::WeekOfMonth => ((day - 1) / 7 + 1, 1),
        Field::WeekOfYear => ((day_of_year - 1) / 7 + 1, 2),
        Field::IsoWeek => (calendar::iso_week(days).1, 2),
        Field::DayOfYear => (day_of_year, 3),
        Field::Day => (day, 2),
        Field::DayOfWeek => (weekday + 1, 1),
        Field::IsoDayOfWeek => ((weekday + 6) % 7 + 1, 1),
        Field::IsoDayOfYear => ((calendar::iso_week(days).1 - 1) * 7 + (weekday + 6) % 7 + 1, 3),
        Field::JulianDay => (days + 2_440_588, 1),
        Field::Hour24 => (hour, 2),
        Field::Hour12 => ((hour + 11) % 12 + 1, 2),
        Field::Minute => (time / MICROS_PER_MINUTE % 60, 2),
        Field::Second => (time / MICROS_PER_SECOND % 60, 2),
        Field::Millisecond => (micros / 1000, 3),
        Field::Microsecond => (micros, 6),
        Field::SecondOfDay => (time / MICROS_PER_SECOND, 1),
    };
    let width = if fill { 1 } else { width };
    let _ = write!(out, "{value:0width$}");
}

fn last_digits(year: i64, digits: usize) -> i64 {
    match digits {
        1 => year % 10,
        2 => year % 100,
        3 => year % 1000,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::datetime::literal::parse_timestamp;

    #[test]
    fn fields_are_written_as_documented() {
        for (text, pattern, expected) in [
            ("2009-12-31 23:15:59", "MONTH-DY-DD-YYYY HH12:MIPM", "DECEMBER -THU-31-2009 11:15PM"),
            ("2009-12-31 23:15:59", "FMMonth DDth, YYYY", "December 31st, 2009"),
            ("2009-12-31 23:15:59", "DDD", "365"),
            ("2022-05-16 23:15:59", "ID", "1"),
            ("2008-01-25 14:30:00", "MON-DD-YYYY HH12:MIPM", "JAN-25-2008 02:30PM"),
            ("2008-01-25 00:30:00", "hh:mi am", "12:30 am"),
            ("2009-12-31 23:15:59", "HH24:MI:SS", "23:15:59"),
            ("2008-02-18 02:36:48", "cc", "21"),
            ("2015-04-10 18:45:09.325143", "HH24:MI:SS.MS US", "18:45:09.325 325143"),
            ("2008-01-05 00:00:00", "FMDD \"day of\" FMmonth Q W WW IW J", "5 day of january 1 1 01 01 2454471"),
            ("2008-01-05 00:00:00", "Y,YYY YYY YY Y RM D", "2,008 008 08 8 I    7"),
        ] {
            let mut out = String::new();
            let moment = Moment { local: parse_timestamp(text).unwrap(), offset: 0, zone: "UTC" };
            write(&mut out, &parse(pattern), &moment);
            assert_eq!(out, expected, "{pattern}");
        }
    }
}
