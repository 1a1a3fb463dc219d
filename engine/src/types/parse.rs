//! Text to values: what Redshift accepts as input of numbers and booleans (page r_Type_conversion): blanks around a
//! value do not count. Dates and times in all their forms are read by `functions::datetime::literal`.

use crate::functions::datetime::calendar;

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

/// The common form of a date or timestamp, `YYYY-MM-DD[( |T)HH:MI:SS[.ffffff]]`, without allocation: days since
/// 1970-01-01 and microseconds of the day. None for any other form, which may still be a value.
pub fn iso_datetime(text: &str) -> Option<(i64, i64)> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..10])?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > calendar::days_in_month(year, month) {
        return None;
    }
    let days = calendar::days_from_civil(year, month, day);
    let time = match &bytes[10..] {
        [] => 0,
        [b' ' | b'T', time @ ..] if time.len() >= 8 && time[2] == b':' && time[5] == b':' => {
            let (hour, minute, second) = (digits(&time[..2])?, digits(&time[3..5])?, digits(&time[6..8])?);
            if hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            let fraction = match &time[8..] {
                [] => 0,
                [b'.', fraction @ ..] if (1..=6).contains(&fraction.len()) => {
                    digits(fraction)? * 10_i64.pow(6 - fraction.len() as u32)
                }
                _ => return None,
            };
            ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
        }
        _ => return None,
    };
    Some((days, time))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    bytes.iter().try_fold(0, |value, byte| Some(value * 10 + digit(byte)?))
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
    fn the_common_form_of_dates() {
        assert_eq!(iso_datetime("1970-01-02"), Some((1, 0)));
        assert_eq!(iso_datetime("1970-01-01 00:00:01.5"), Some((0, 1_500_000)));
        assert_eq!(iso_datetime("2024-02-29T10:00:00"), Some((19_782, 36_000_000_000)));
        for text in ["", "1970-1-1", "2023-02-29", "1970-01-01 1:00", "1970-01-01 00:00:00+02", "1970-01-01x"] {
            assert_eq!(iso_datetime(text), None, "{text}");
        }
    }
}
