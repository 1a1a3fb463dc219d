//! Text to values: what Redshift accepts as input of numbers, booleans, dates and times.
//!
//! Follows "Date and time literals" and "Type conversion" of the guide: blanks around a value do
//! not count, dates may be ISO, with slashes (month first), or with month names.

use chrono::{NaiveDate, NaiveTime};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A number as `digits * 10^-scale`, rounded half away from zero; None when `text` is no number
/// or does not fit 38 digits.
pub fn decimal(text: &str, scale: u32) -> Option<i128> {
    let text = text.trim_matches(' ');
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], unsigned[at + 1..].parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    // The value now has `fraction.len() - exponent` fraction digits.
    let shift = scale as i64 - (fraction.len() as i64 - i64::from(exponent));
    let scaled = if shift >= 0 {
        value.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?
    } else {
        let divisor = u32::try_from(-shift).ok().and_then(|shift| 10_i128.checked_pow(shift));
        match divisor {
            Some(divisor) => (value + divisor / 2) / divisor,
            None => 0,
        }
    };
    Some(if negative { -scaled } else { scaled })
}

/// A whole number; a fraction is no integer.
pub fn integer(text: &str) -> Option<i64> {
    text.trim_matches(' ').parse().ok()
}

/// A floating-point number.
pub fn float(text: &str) -> Option<f64> {
    let text = text.trim_matches(' ');
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "infinity" | "inf" => Some(f64::INFINITY),
        "-infinity" | "-inf" => Some(f64::NEG_INFINITY),
        "" => None,
        _ => text.parse::<f64>().ok().filter(|value| value.is_finite()),
    }
}

/// `true`, `t`, `yes`, `y`, `1`, `on` and their opposites.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim_matches(' ').to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "on" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// A date and time of day read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Days since 1970-01-01.
    pub days: i64,
    /// Microseconds of the day.
    pub micros: i64,
    /// Offset from UTC in microseconds, if the text named one.
    pub offset_micros: Option<i64>,
}

impl DateTime {
    /// Microseconds since 1970-01-01, an offset ignored (TIMESTAMP).
    pub fn local_micros(&self) -> i64 {
        self.days * MICROS_PER_DAY + self.micros
    }

    /// Microseconds since 1970-01-01 in UTC; text without an offset is taken as UTC (TIMESTAMPTZ).
    pub fn utc_micros(&self) -> i64 {
        self.local_micros() - self.offset_micros.unwrap_or(0)
    }
}

/// A date with or without a time of day.
pub fn datetime(text: &str) -> Option<DateTime> {
    let text = text.trim_matches(' ');
    iso(text).or_else(|| free_form(text))
}

/// A time of day in microseconds.
pub fn time(text: &str) -> Option<i64> {
    time_of_day(text.trim_matches(' ')).map(|(micros, _)| micros)
}

/// The common case without allocation: `YYYY-MM-DD[( |T)time]`.
fn iso(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || !text.is_ascii() {
        return None;
    }
    let days = days(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..10].parse().ok()?)?;
    if bytes.len() == 10 {
        return Some(DateTime { days, micros: 0, offset_micros: None });
    }
    if bytes[10] != b' ' && bytes[10] != b'T' {
        return None;
    }
    let (micros, offset_micros) = time_of_day(text[11..].trim_start())?;
    Some(DateTime { days, micros, offset_micros })
}

/// Everything else: `1/8/1999`, `Jan 08, 1999 04:05`, `08-Jan-99`, `19990108`, `2008/2/3`.
fn free_form(text: &str) -> Option<DateTime> {
    if !text.is_ascii() || text.len() > 64 {
        return None;
    }
    let (date_text, time_text) = split_time(text);
    let parts: Vec<&str> = date_text.split([' ', '-', '/', ',', '.']).filter(|part| !part.is_empty()).collect();
    let days = date_parts(&parts)?;
    let (micros, offset_micros) = match time_text {
        Some(time_text) => time_of_day(time_text)?,
        None => (0, None),
    };
    Some(DateTime { days, micros, offset_micros })
}

/// Cuts before the word that holds the first colon.
fn split_time(text: &str) -> (&str, Option<&str>) {
    match text.find(':') {
        None => match text.split_once(' ') {
            // 20080215 040506
            Some((date, time)) if date.len() == 8 && compact_clock(time).is_some() => (date, Some(time)),
            _ => (text, None),
        },
        Some(colon) => {
            let start = text[..colon].rfind([' ', 'T']).map_or(0, |at| at + 1);
            (text[..start].trim_end_matches([' ', 'T']), Some(&text[start..]))
        }
    }
}

fn date_parts(parts: &[&str]) -> Option<i64> {
    let number = |part: &str| part.parse::<i64>().ok();
    match parts {
        [compact] if compact.len() == 8 => {
            days(number(&compact[..4])?, number(&compact[4..6])?, number(&compact[6..])?)
        }
        [compact] if compact.len() == 6 => {
            days(full_year(&compact[..2])?, number(&compact[2..4])?, number(&compact[4..])?)
        }
        [a, b, c] => match (month_name(a), month_name(b)) {
            (Some(month), None) => days(full_year(c)?, month, number(b)?),
            (None, Some(month)) if a.len() > 2 => days(number(a)?, month, number(c)?),
            (None, Some(month)) => days(full_year(c)?, month, number(a)?),
            (None, None) if a.len() > 2 => days(number(a)?, number(b)?, number(c)?),
            // MDY, the default DateStyle.
            (None, None) => days(full_year(c)?, number(a)?, number(b)?),
            _ => None,
        },
        _ => None,
    }
}

/// Two-digit years: 70–99 are of the last century.
fn full_year(text: &str) -> Option<i64> {
    let year: i64 = text.parse().ok()?;
    Some(match text.len() {
        1 | 2 if year >= 70 => 1900 + year,
        1 | 2 => 2000 + year,
        _ => year,
    })
}

fn month_name(text: &str) -> Option<i64> {
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
    let lower = text.to_ascii_lowercase();
    if lower.len() < 3 {
        return None;
    }
    MONTHS
        .iter()
        .position(|month| month.starts_with(&lower) && (lower.len() == 3 || *month == lower || lower == "sept"))
        .map(|index| index as i64 + 1)
}

fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days())
}

/// `HH:MI[:SS[.ffffff]] [AM|PM] [zone]` → microseconds of the day, offset.
fn time_of_day(text: &str) -> Option<(i64, Option<i64>)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let spelled = compact_clock(clock);
    let mut fields = spelled.as_deref().unwrap_or(clock).split(':');
    let hour: u32 = fields.next()?.parse().ok()?;
    let minute: u32 = fields.next()?.parse().ok()?;
    let (second, micros) = match fields.next() {
        None => (0, 0),
        Some(seconds) => seconds_and_micros(seconds)?,
    };
    if fields.next().is_some() {
        return None;
    }
    let (hour, zone) = meridiem(hour, rest.trim())?;
    let offset = zone_offset(zone)?;
    if (hour, minute, second, micros) == (24, 0, 0, 0) {
        return Some((MICROS_PER_DAY, offset));
    }
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    Some((time.signed_duration_since(NaiveTime::MIN).num_microseconds()?, offset))
}

/// `HHMI` and `HHMISS[.ffffff]` with colons.
fn compact_clock(clock: &str) -> Option<String> {
    let (digits, fraction) = clock.find('.').map_or((clock, ""), |at| clock.split_at(at));
    if digits.contains(':') {
        return None;
    }
    match digits.len() {
        4 if fraction.is_empty() => Some(format!("{}:{}", &digits[..2], &digits[2..])),
        6 => Some(format!("{}:{}:{}{fraction}", &digits[..2], &digits[2..4], &digits[4..])),
        _ => None,
    }
}

fn seconds_and_micros(text: &str) -> Option<(u32, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some((whole.parse().ok()?, digits.parse().ok()?))
}

fn meridiem(hour: u32, rest: &str) -> Option<(u32, &str)> {
    match rest.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("am") if hour <= 12 => Some((hour % 12, rest[2..].trim_start())),
        Some("pm") if hour <= 12 => Some((hour % 12 + 12, rest[2..].trim_start())),
        Some("am" | "pm") => None,
        _ => Some((hour, rest)),
    }
}

/// Empty, `Z`, `UTC`, `+02`, `-0730`, `+05:30`; Some(None): no zone named. Named zones are not read here.
fn zone_offset(text: &str) -> Option<Option<i64>> {
    match text.to_ascii_lowercase().as_str() {
        "" => return Some(None),
        "z" | "utc" | "gmt" => return Some(Some(0)),
        _ => {}
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse::<i64>().ok()?),
        _ => return None,
    };
    Some(Some(sign * (hours * 3_600 + minutes * 60) * 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for (text, scale, expected) in [
            ("0.99", 2, Some(99)),
            (" 5.9 ", 1, Some(59)),
            ("1.005", 2, Some(101)),
            ("-1.005", 2, Some(-101)),
            ("1e3", 0, Some(1_000)),
            ("1.5e-1", 2, Some(15)),
            (".5", 1, Some(5)),
            ("5.", 1, Some(50)),
            ("", 2, None),
            (".", 2, None),
            ("abc", 2, None),
            ("0,99", 2, None),
            ("1e99", 2, None),
        ] {
            assert_eq!(decimal(text, scale), expected, "{text}");
        }
    }

    #[test]
    fn dates_in_the_forms_of_the_guide() {
        let day = |y, m, d| days(y, m, d).unwrap();
        for (text, expected) in [
            ("1999-01-08", day(1999, 1, 8)),
            ("1/8/1999", day(1999, 1, 8)),
            ("01/02/00", day(2000, 1, 2)),
            ("January 8, 1999", day(1999, 1, 8)),
            ("Jan 08 1999", day(1999, 1, 8)),
            ("08-Jan-1999", day(1999, 1, 8)),
            ("2000-Jan-31", day(2000, 1, 31)),
            ("20080215", day(2008, 2, 15)),
            ("080215", day(2008, 2, 15)),
            ("2008/2/15", day(2008, 2, 15)),
        ] {
            assert_eq!(datetime(text).map(|value| value.days), Some(expected), "{text}");
        }
        for text in ["", "abc", "2008-13-01", "2008-02-30", "31/31/2008", "1"] {
            assert_eq!(datetime(text), None, "{text}");
        }
    }

    #[test]
    fn times_and_offsets() {
        let value = datetime("2008-01-02 03:04:05.6+02").unwrap();
        assert_eq!(value.micros, 11_045_600_000);
        assert_eq!(value.offset_micros, Some(7_200_000_000));
        assert_eq!(datetime("Jun 1,2008  09:59:59").unwrap().micros, 35_999_000_000);
        assert_eq!(time("04:05 PM"), Some(57_900_000_000));
        assert_eq!(time("25:00"), None);
    }
}
