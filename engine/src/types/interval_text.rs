//! Intervals as text, in the styles that the parameter `intervalstyle` names (page r_interval_data_types).

use std::fmt::Write;

use super::text::push_time;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// `1 year 2 mons 3 days 04:05:06`
pub(super) fn postgres(out: &mut String, months: i64, days: i64, micros: i64) {
    let start = out.len();
    // After a negative part a positive one needs its sign.
    let mut negative = false;
    let mut part = |value: i64, name: &str| {
        if value != 0 {
            let sign = if negative && value > 0 { "+" } else { "" };
            let _ = write!(out, "{sign}{value} {name}{} ", if value == 1 { "" } else { "s" });
            negative = value < 0;
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    if micros == 0 && out.len() > start {
        out.pop();
        return;
    }
    if micros < 0 {
        out.push('-');
    } else if negative {
        out.push('+');
    }
    push_time(out, micros.abs());
}

/// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`, `ago` at the end when the first part is negative
pub(super) fn verbose(out: &mut String, months: i64, days: i64, micros: i64) {
    out.push('@');
    let start = out.len();
    let seconds = micros / MICROS_PER_SECOND;
    let ago = [months, days, micros].into_iter().find(|part| *part != 0).is_some_and(|part| part < 0);
    let sign = if ago { -1 } else { 1 };
    let mut part = |value: i64, name: &str| {
        if value != 0 {
            let value = value * sign;
            let _ = write!(out, " {value} {name}{}", if value == 1 { "" } else { "s" });
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    part(seconds / 3600, "hour");
    part(seconds / 60 % 60, "min");
    if micros % (60 * MICROS_PER_SECOND) != 0 {
        let micros = micros * sign % (60 * MICROS_PER_SECOND);
        let whole = micros / MICROS_PER_SECOND;
        let minus = if micros < 0 { "-" } else { "" };
        let _ = write!(out, " {minus}{}", whole.abs());
        let fraction = (micros % MICROS_PER_SECOND).abs();
        if fraction != 0 {
            out.push_str(format!(".{fraction:06}").trim_end_matches('0'));
        }
        out.push_str(if micros == MICROS_PER_SECOND { " sec" } else { " secs" });
    }
    if out.len() == start {
        out.push_str(" 0");
    }
    if ago {
        out.push_str(" ago");
    }
}

/// `1-2` of years and months, `3 4:05:06` of days and time; both with explicit signs when they meet
pub(super) fn sql_standard(out: &mut String, months: i64, days: i64, micros: i64) {
    let has_time = days != 0 || micros != 0;
    let mixed = months != 0 && has_time || (days < 0 && micros > 0) || (days > 0 && micros < 0);
    let sign = |negative: bool| match (negative, mixed) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    if months != 0 {
        let months_abs = months.abs();
        let _ = write!(out, "{}{}-{}", sign(months < 0), months_abs / 12, months_abs % 12);
    }
    if !has_time {
        if months == 0 {
            out.push('0');
        }
        return;
    }
    if months != 0 {
        out.push(' ');
    }
    if days != 0 {
        let _ = write!(out, "{}{} ", sign(days < 0), days.abs());
    }
    let minus = if days != 0 && !mixed { "" } else { sign(micros < 0) };
    let seconds = micros.abs() / MICROS_PER_SECOND;
    let _ = write!(out, "{minus}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = micros.abs() % MICROS_PER_SECOND;
    if fraction != 0 {
        out.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_TIME: (i64, i64, i64) = (0, 1, 7_384_567_800);

    fn text(write: fn(&mut String, i64, i64, i64), parts: (i64, i64, i64)) -> String {
        let mut out = String::new();
        write(&mut out, parts.0, parts.1, parts.2);
        out
    }

    /// The table "Interval Output" of PostgreSQL's manual, and the guide's examples.
    #[test]
    fn styles() {
        for (parts, in_postgres, in_verbose, in_standard) in [
            ((14, 0, 0), "1 year 2 mons", "@ 1 year 2 mons", "1-2"),
            (DAY_TIME, "1 day 02:03:04.5678", "@ 1 day 2 hours 3 mins 4.5678 secs", "1 2:03:04.5678"),
            ((0, 3, 14_706_000_000), "3 days 04:05:06", "@ 3 days 4 hours 5 mins 6 secs", "3 4:05:06"),
            (
                (-14, 3, -14_706_000_000),
                "-1 years -2 mons +3 days -04:05:06",
                "@ 1 year 2 mons -3 days 4 hours 5 mins 6 secs ago",
                "-1-2 +3 -4:05:06",
            ),
            ((0, 0, 0), "00:00:00", "@ 0", "0"),
            ((0, 0, -1_000_000), "-00:00:01", "@ 1 sec ago", "-0:00:01"),
        ] {
            assert_eq!(text(postgres, parts), in_postgres);
            assert_eq!(text(verbose, parts), in_verbose);
            assert_eq!(text(sql_standard, parts), in_standard);
        }
    }
}
