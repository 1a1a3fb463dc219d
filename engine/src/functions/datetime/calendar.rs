//! The proleptic Gregorian calendar on plain integers, and the ranges of Redshift's types.

use crate::error::{Error, Result, SqlState};

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
/// Microseconds in an hour.
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
/// Microseconds in a day.
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// The first day of Redshift's DATE and TIMESTAMP: 4713-01-01 BC.
const FIRST_DAY: i64 = days_from_civil(-4712, 1, 1);
/// The last day: 294276-12-31.
const LAST_DAY: i64 = days_from_civil(294_276, 12, 31);

/// Days since 1970-01-01 of a civil date. Year 0 is 1 BC.
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day since 1970-01-01.
pub const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Whether a year has 366 days.
pub const fn is_leap_year(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// How many days a month has.
pub const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Day of the week of a day since 1970-01-01: 0 is Sunday.
pub const fn day_of_week(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// ISO 8601 week: the year it belongs to and its number from 1.
pub const fn iso_week(days: i64) -> (i64, i64) {
    // the Thursday of a week decides to which year the week belongs
    let thursday = days - (day_of_week(days) + 6) % 7 + 3;
    let (year, _, _) = civil_from_days(thursday);
    (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
}

/// `timestamp out of range`
pub fn out_of_range(what: &str) -> Error {
    Error::new(SqlState::DATETIME_OVERFLOW, format!("{what} out of range"))
}

/// A day as Arrow's Date32, if Redshift's DATE can hold it.
pub fn check_date(days: i64) -> Result<i32> {
    if (FIRST_DAY..=LAST_DAY).contains(&days) {
        i32::try_from(days).map_err(|_| out_of_range("date"))
    } else {
        Err(out_of_range("date"))
    }
}

/// A timestamp in microseconds, if Redshift's TIMESTAMP can hold it.
pub fn check_timestamp(micros: i64) -> Result<i64> {
    let days = micros.div_euclid(MICROS_PER_DAY);
    if (FIRST_DAY..=LAST_DAY).contains(&days) { Ok(micros) } else { Err(out_of_range("timestamp")) }
}

/// The midnight of a day.
pub fn midnight(days: i64) -> Result<i64> {
    days.checked_mul(MICROS_PER_DAY).ok_or_else(|| out_of_range("timestamp")).and_then(check_timestamp)
}

/// Adds months to a year and month: the result's year and month.
pub fn add_months(year: i64, month: i64, months: i64) -> Result<(i64, i64)> {
    let total = year
        .checked_mul(12)
        .and_then(|total| total.checked_add(month - 1))
        .and_then(|total| total.checked_add(months))
        .ok_or_else(|| out_of_range("timestamp"))?;
    let year = total.div_euclid(12);
    if !(-5000..=300_000).contains(&year) {
        return Err(out_of_range("timestamp"));
    }
    Ok((year, total.rem_euclid(12) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_round_trip() {
        for days in (-2_500_000..110_000_000).step_by(9973) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
            assert!((1..=days_in_month(year, month)).contains(&day));
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
    }

    #[test]
    fn weeks_follow_iso_8601() {
        for (date, expected) in [
            ((2005, 1, 1), (2004, 53)),
            ((2005, 1, 3), (2005, 1)),
            ((2008, 12, 29), (2009, 1)),
            ((2010, 1, 3), (2009, 53)),
            ((2022, 5, 2), (2022, 18)),
        ] {
            assert_eq!(iso_week(days_from_civil(date.0, date.1, date.2)), expected);
        }
        assert_eq!(day_of_week(days_from_civil(2022, 5, 2)), 1);
    }

    #[test]
    fn ranges_are_those_of_redshift() {
        assert!(check_date(days_from_civil(294_276, 12, 31)).is_ok());
        assert!(check_date(days_from_civil(294_277, 1, 1)).is_err());
        assert!(check_date(days_from_civil(-4713, 12, 31)).is_err());
    }
}
