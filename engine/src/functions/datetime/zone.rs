//! Time zones as Redshift names them: abbreviations (fixed offsets), names of the tz database
//! (daylight saving time), POSIX specifications (positive is west) and plain offsets (positive is
//! east). A specification that cannot be understood but has POSIX form is taken as it stands, as
//! Redshift does (page CONVERT_TIMEZONE).

use arrow::array::TimestampMicrosecondArray;
use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::calendar::{MICROS_PER_SECOND, check_timestamp, out_of_range};
use crate::error::{Error, Result, SqlState};

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A fixed offset in seconds east of Greenwich.
    Fixed(i32),
    /// A zone of the tz database.
    Named(Tz),
    /// A POSIX zone with daylight saving time by the rules of the United States: the standard
    /// offset in seconds east of Greenwich.
    Daylight(i32),
}

/// Abbreviations and their offsets in minutes east of Greenwich.
#[rustfmt::skip]
const ABBREVIATIONS: &[(&str, i32)] = &[
    ("acdt", 630), ("acst", 570), ("adt", -180), ("aedt", 660), ("aest", 600), ("akdt", -480), ("akst", -540),
    ("art", -180), ("ast", -240), ("awst", 480), ("bdst", 120), ("brt", -180), ("bst", 60), ("cadt", 630),
    ("cast", 570), ("cat", 120), ("cdt", -300), ("cest", 120), ("cet", 60), ("cetdst", 120), ("clst", -180),
    ("clt", -240), ("cot", -300), ("cst", -360), ("eat", 180), ("edt", -240), ("eest", 180), ("eet", 120),
    ("eetdst", 180), ("est", -300), ("gmt", 0), ("hkt", 480), ("hst", -600), ("ict", 420), ("idt", 180),
    ("ist", 330), ("jst", 540), ("kst", 540), ("mdt", -360), ("mest", 120), ("met", 60), ("metdst", 120),
    ("mez", 60), ("msd", 240), ("msk", 180), ("mst", -420), ("myt", 480), ("ndt", -150), ("nft", -210),
    ("nst", -210), ("nzdt", 780), ("nzst", 720), ("nzt", 720), ("pdt", -420), ("pet", -300), ("pht", 480),
    ("pkt", 300), ("pst", -480), ("sast", 120), ("sgt", 480), ("uct", 0), ("ut", 0), ("utc", 0), ("wast", 120),
    ("wat", 60), ("west", 60), ("wet", 0), ("wetdst", 60), ("wib", 420), ("z", 0), ("zulu", 0),
];

/// The offset in seconds of a time zone abbreviation.
pub fn abbreviation(word: &str) -> Option<i32> {
    let lower = word.to_ascii_lowercase();
    ABBREVIATIONS.iter().find(|(name, _)| *name == lower).map(|(_, minutes)| minutes * 60)
}

/// Understands a time zone in any of its spellings.
pub fn parse(text: &str) -> Result<Zone> {
    let trimmed = text.trim();
    if let Some(offset) = abbreviation(trimmed) {
        return Ok(Zone::Fixed(offset));
    }
    if let Ok(zone) = trimmed.parse::<Tz>() {
        return Ok(Zone::Named(zone));
    }
    if let Some(zone) = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(trimmed)) {
        return Ok(Zone::Named(*zone));
    }
    let digits_at = trimmed.find(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    match digits_at {
        // without a name in front the offset counts to the east (ISO 8601)
        Some(0) => offset(trimmed).map(|(seconds, _)| Zone::Fixed(seconds)),
        Some(at) if trimmed[..at].trim_end().chars().all(|c| c.is_ascii_alphabetic() || c == '/' || c == '_') => {
            offset(trimmed[at..].trim_start()).map(|(seconds, rest)| {
                if rest.trim().is_empty() { Zone::Fixed(-seconds) } else { Zone::Daylight(-seconds) }
            })
        }
        _ => None,
    }
    .ok_or_else(|| Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("time zone \"{text}\" not recognized")))
}

/// Reads `[+-]h[h][:mm[:ss]]` or `[+-]hhmm`: seconds, and the rest of the text.
pub fn offset(text: &str) -> Option<(i32, &str)> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = [0i32; 3];
    let mut count = 0;
    while count < 3 {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 || length > 4 || (length > 2 && count > 0) {
            break;
        }
        let value: i32 = rest[..length].parse().ok()?;
        rest = &rest[length..];
        if length > 2 {
            parts = [value / 100, value % 100, 0];
            count = 3;
            break;
        }
        parts[count] = value;
        count += 1;
        match rest.strip_prefix(':') {
            Some(after) => rest = after,
            None => break,
        }
    }
    if count == 0 {
        return None;
    }
    Some((sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]), rest))
}

impl Zone {
    /// Seconds east of Greenwich at an instant, given in microseconds since 1970 UTC.
    pub fn offset_at(&self, micros: i64) -> i32 {
        let time = DateTime::from_timestamp_micros(micros).map(|instant| instant.naive_utc());
        match (self, time) {
            (Zone::Fixed(seconds), _) => *seconds,
            (Zone::Named(zone), Some(time)) => zone.offset_from_utc_datetime(&time).fix().local_minus_utc(),
            (Zone::Named(_), None) => 0,
            (Zone::Daylight(standard), time) => standard + 3600 * i32::from(is_daylight(*standard, time)),
        }
    }

    /// Seconds east of Greenwich at a local time. Of two possible times the later instant is meant
    /// (standard time); a time skipped by the clock is read with the offset before the gap.
    pub fn offset_at_local(&self, micros: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => *seconds,
            Zone::Named(zone) => match DateTime::from_timestamp_micros(micros).map(|local| local.naive_utc()) {
                None => 0,
                Some(local) => match zone.offset_from_local_datetime(&local) {
                    MappedLocalTime::Single(offset) => offset.fix().local_minus_utc(),
                    MappedLocalTime::Ambiguous(first, second) => {
                        first.fix().local_minus_utc().min(second.fix().local_minus_utc())
                    }
                    MappedLocalTime::None => self.offset_at(micros - 24 * 3600 * MICROS_PER_SECOND),
                },
            },
            Zone::Daylight(standard) => self.offset_at(micros - i64::from(*standard) * MICROS_PER_SECOND),
        }
    }

    /// Local time of an instant.
    pub fn local(&self, instant: i64) -> Result<i64> {
        instant
            .checked_add(i64::from(self.offset_at(instant)) * MICROS_PER_SECOND)
            .ok_or_else(|| out_of_range("timestamp"))
    }

    /// The instant of a local time.
    pub fn instant(&self, local: i64) -> Result<i64> {
        local
            .checked_sub(i64::from(self.offset_at_local(local)) * MICROS_PER_SECOND)
            .ok_or_else(|| out_of_range("timestamp"))
            .and_then(check_timestamp)
    }

    /// The abbreviation in force at an instant: `UTC`, `PST` …; the offset where there is none.
    pub fn abbreviation_at(&self, micros: i64) -> String {
        let mut out = String::new();
        match (self, DateTime::from_timestamp_micros(micros)) {
            (Zone::Fixed(0), _) => out.push_str("UTC"),
            (Zone::Named(zone), Some(instant)) => out = instant.with_timezone(zone).format("%Z").to_string(),
            _ => {
                super::super::text::write_offset(&mut out, self.offset_at(micros));
            }
        }
        out
    }
}

/// Daylight saving time of the United States: from the second Sunday of March to the first of
/// November, at 2 o'clock. POSIX zones without rules of their own follow it.
fn is_daylight(standard: i32, utc: Option<NaiveDateTime>) -> bool {
    use chrono::{Datelike, Duration, NaiveDate, Weekday};
    let Some(local) = utc.and_then(|utc| utc.checked_add_signed(Duration::seconds(standard.into()))) else {
        return false;
    };
    let change = |month, week| {
        NaiveDate::from_weekday_of_month_opt(local.year(), month, Weekday::Sun, week)
            .and_then(|day| day.and_hms_opt(if month == 3 { 2 } else { 1 }, 0, 0))
    };
    matches!((change(3, 2), change(11, 1)), (Some(start), Some(end)) if (start..end).contains(&local))
}

/// Instants as local times of a zone.
pub fn to_local(instants: &TimestampMicrosecondArray, zone: &Zone) -> Result<TimestampMicrosecondArray> {
    instants.iter().map(|value| value.map(|value| zone.local(value)).transpose()).collect()
}

/// Local times of a zone as instants.
pub fn to_utc(local: &TimestampMicrosecondArray, zone: &Zone) -> Result<TimestampMicrosecondArray> {
    local.iter().map(|value| value.map(|value| zone.instant(value)).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_zones() {
        for (text, winter, summer) in [
            ("UTC", 0, 0),
            ("PST", -8, -8),
            ("US/Pacific", -8, -7),
            ("us/pacific", -8, -7),
            ("America/New_York", -5, -4),
            ("PST8PDT", -8, -7),
            ("XYZ8XDT", -8, -7),
            ("PST8", -8, -8),
            ("-8:00", -8, -8),
            ("NEWZONE +2", -2, -2),
            ("America/Los_Angeles+2", -2, -2),
            ("GMT+2", -2, -2),
            ("xxx36", -36, -36),
        ] {
            let zone = parse(text).unwrap();
            assert_eq!(zone.offset_at(1_200_000_000_000_000), winter * 3600, "{text}");
            assert_eq!(zone.offset_at(1_215_000_000_000_000), summer * 3600, "{text}");
        }
        assert_eq!(parse("NEWZONE-2:15").unwrap(), Zone::Fixed(8100));
        assert!(parse("no such zone").is_err());
        assert!(parse("").is_err());
    }
}
