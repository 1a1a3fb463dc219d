//! Days since 1970-01-01 and the demand of each day of the five years that the data covers.

use std::fmt::Write;

/// 2021-01-01, the first day of sales.
pub(crate) const FIRST_DAY: u64 = 18_628;
/// Number of days from 2021-01-01 to 2025-12-31.
pub(crate) const DAYS: u64 = 1_826;

/// Year, month and day of a number of days since 1970-01-01.
pub(crate) fn civil(day: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    let mut rest = day;
    while rest >= year_days(year) {
        rest -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_days(year: u64) -> u64 {
    if leap(year) { 366 } else { 365 }
}

fn month_days(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Appends the day as Chinook writes it: `2021-01-31 00:00:00`.
pub(crate) fn write_date(out: &mut String, day: u64) {
    let (year, month, day) = civil(day);
    // Writing to a String cannot fail.
    let _ = write!(out, "{year:04}-{month:02}-{day:02} 00:00:00");
}

/// Demand by month: a quiet summer, a peak before Christmas.
const MONTHS: [u64; 12] = [92, 88, 95, 96, 98, 94, 84, 82, 97, 104, 118, 152];
/// Demand by weekday, Monday first.
const WEEKDAYS: [u64; 7] = [92, 90, 94, 98, 112, 118, 106];

/// Spreads `total` sales over the days: growth of 18% a year, seasons, weekdays. Returns the
/// number of sales before each day; entry `DAYS` is the total.
pub(crate) fn sales_before_day(total: u64) -> Vec<u64> {
    let weight = |day: u64| {
        let (_, month, _) = civil(FIRST_DAY + day);
        let weekday = (FIRST_DAY + day + 3) % 7; // 1970-01-01 was a Thursday
        (100_000 + day * 18_000 / 365) * MONTHS[month as usize - 1] * WEEKDAYS[weekday as usize]
    };
    let sum: u128 = (0..DAYS).map(|day| u128::from(weight(day))).sum();
    let mut before = Vec::with_capacity(DAYS as usize + 1);
    let mut cumulative: u128 = 0;
    before.push(0);
    for day in 0..DAYS {
        cumulative += u128::from(weight(day));
        before.push((cumulative * u128::from(total) / sum) as u64);
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        for (day, text) in
            [(18_628, "2021-01-01 00:00:00"), (19_782, "2024-02-29 00:00:00"), (0, "1970-01-01 00:00:00")]
        {
            let mut out = String::new();
            write_date(&mut out, day);
            assert_eq!(out, text);
        }
        assert_eq!(civil(FIRST_DAY + DAYS - 1), (2025, 12, 31));
    }

    #[test]
    fn demand_grows_and_peaks_in_december() {
        let before = sales_before_day(100_000);
        assert_eq!(before[DAYS as usize], 100_000);
        let sales = |from: usize, to: usize| before[to] - before[from];
        assert!(sales(1461, 1826) > sales(0, 365) * 3 / 2, "five years of growth");
        assert!(sales(334, 365) > sales(181, 212) * 3 / 2, "December 2021 against July 2021");
    }
}
