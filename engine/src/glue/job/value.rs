//! Text of a CSV field to values of Arrow's types.
//!
//! A parser accepts a text only if the value, written back, says the same: `007`, `+5`, `.5`,
//! `-0` and ` 5` are no numbers here, `2025-02-30` is no date. What is refused stays text.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// Microseconds of a second and of a day.
const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

/// 10 to the power of 0 to 38.
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Shape of an exact decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// Significant digits before the point.
    pub whole: usize,
    /// Digits after the point.
    pub scale: usize,
}

/// The shape of `-?(0|[1-9][0-9]*)(\.[0-9]+)?`; None for anything else and for a negative zero.
#[inline]
pub fn number_shape(text: &[u8]) -> Option<Digits> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if whole == 0 || (whole > 1 && digits[0] == b'0') {
        return None;
    }
    let negative = digits.len() < text.len();
    let significant = if digits[0] == b'0' { 0 } else { whole };
    if whole == digits.len() {
        return if negative && significant == 0 { None } else { Some(Digits { whole: significant, scale: 0 }) };
    }
    let fraction = &digits[whole + 1..];
    if digits[whole] != b'.' || fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if negative && significant == 0 && fraction.iter().all(|b| *b == b'0') {
        return None;
    }
    Some(Digits { whole: significant, scale: fraction.len() })
}

/// An integer in the form that [`number_shape`] accepts with scale 0.
#[inline]
pub fn integer(text: &[u8]) -> Option<i64> {
    let negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(negative)..];
    if digits.is_empty() || digits.len() > 19 || (digits[0] == b'0' && (digits.len() > 1 || negative)) {
        return None;
    }
    let mut value: u64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit); // 19 digits fit a u64
    }
    if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// The unscaled value of a decimal number at `scale`; None if it needs a larger scale or more
/// than 38 digits.
#[inline]
pub fn decimal(text: &[u8], scale: u8) -> Option<i128> {
    let negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(negative)..];
    let (mut value, mut after_point, mut seen_point, mut count) = (0u64, 0u8, false, 0u8);
    if digits.len() > 18 {
        return long_decimal(text, scale);
    }
    for &byte in digits {
        if byte == b'.' && !seen_point {
            seen_point = true;
            continue;
        }
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
        after_point += u8::from(seen_point);
        count += 1;
    }
    if after_point > scale || count == 0 {
        return None;
    }
    let scaled = match scale - after_point {
        0 => i128::from(value),
        more => i128::from(value).checked_mul(power_of_ten(more)?)?,
    };
    Some(if negative { -scaled } else { scaled })
}

/// As [`decimal`], for more digits than a u64 holds.
fn long_decimal(text: &[u8], scale: u8) -> Option<i128> {
    let shape = number_shape(text)?;
    let rest = usize::from(scale).checked_sub(shape.scale)?;
    if shape.whole + usize::from(scale) > 38 {
        return None;
    }
    let mut value = 0i128;
    for byte in text.iter().filter(|b| b.is_ascii_digit()) {
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let value = value.checked_mul(power_of_ten(u8::try_from(rest).ok()?)?)?;
    Some(if text.first() == Some(&b'-') { -value } else { value })
}

fn power_of_ten(exponent: u8) -> Option<i128> {
    POWERS_OF_TEN.get(usize::from(exponent)).copied()
}

/// A number in scientific notation, exactly as its shortest form is written (`1.5e-7`, `1E10`).
pub fn scientific(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let upper = text.contains('E');
    if !upper && !text.contains('e') {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let back = if upper { format!("{value:E}") } else { format!("{value:e}") };
    (back == text && value.is_finite()).then_some(value)
}

/// Any number a `double` column may hold: scientific or exact.
pub fn double(text: &[u8]) -> Option<f64> {
    match number_shape(text) {
        Some(_) => std::str::from_utf8(text).ok()?.parse().ok(),
        None => scientific(text),
    }
}

/// `true` or `false`.
#[inline]
pub fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD`, in days since 1970.
#[inline]
pub fn date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let (year, month, day) = (pair(*y1, *y2)? * 100 + pair(*y3, *y4)?, pair(*m1, *m2)?, pair(*d1, *d2)?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
        return None;
    }
    i32::try_from(days_since_epoch(i64::from(year), i64::from(month), i64::from(day))).ok()
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`, in microseconds since 1970.
#[inline]
pub fn timestamp(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let [b' ', h1, h2, b':', m1, m2, b':', s1, s2, fraction @ ..] = rest else { return None };
    let (hour, minute, second) = (pair(*h1, *h2)?, pair(*m1, *m2)?, pair(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = 0i64;
    if let [first, digits @ ..] = fraction {
        if *first != b'.' || digits.is_empty() || digits.len() > 6 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        micros = (0..6).fold(0, |sum, i| sum * 10 + digits.get(i).map_or(0, |b| i64::from(b - b'0')));
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some(i64::from(date(day)?) * DAY_US + seconds * SECOND_US + micros)
}

#[inline]
fn pair(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970 in the proleptic Gregorian calendar; the year is taken to begin in March.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_only_in_their_own_form() {
        for (text, shape) in
            [("0", (0, 0)), ("7", (1, 0)), ("-42", (2, 0)), ("0.99", (0, 2)), ("-0.5", (0, 1)), ("10.00", (2, 2))]
        {
            let (whole, scale) = shape;
            assert_eq!(number_shape(text.as_bytes()), Some(Digits { whole, scale }), "{text}");
        }
        for text in ["", "-", "007", "+5", ".5", "5.", "-0", "-0.00", " 5", "5 ", "1,99", "1e5", "1.2.3", "٣", "--1"] {
            assert_eq!(number_shape(text.as_bytes()), None, "{text}");
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
        assert_eq!(integer(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(integer(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer(b"9223372036854775808"), None);
        assert_eq!(integer(b"99999999999999999999"), None);
    }

    #[test]
    fn decimals_take_their_scale() {
        assert_eq!(decimal(b"0.99", 2), Some(99));
        assert_eq!(decimal(b"-1.5", 4), Some(-15_000));
        assert_eq!(decimal(b"7", 2), Some(700));
        assert_eq!(decimal(b"0.999", 2), None);
        assert_eq!(decimal(b"1.2.3", 2), None);
        assert_eq!(decimal(b"12345678901234567890.5", 1), Some(123_456_789_012_345_678_905));
        assert_eq!(decimal(&[b'9'; 38], 0), Some(10i128.pow(38) - 1));
        assert_eq!(decimal(&[b'9'; 39], 0), None);
    }

    #[test]
    fn dates_and_timestamps() {
        assert_eq!(date(b"1970-01-01"), Some(0));
        assert_eq!(date(b"1969-12-31"), Some(-1));
        assert_eq!(date(b"2000-02-29"), Some(11_016));
        assert_eq!(date(b"0001-01-01"), Some(-719_162));
        assert_eq!(date(b"9999-12-31"), Some(2_932_896));
        for bad in ["2025-02-30", "1900-02-29", "0000-01-01", "2025-13-01", "2025-1-1", "01/02/2025", "2025-01-01 "] {
            assert_eq!(date(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(timestamp(b"1970-01-01 00:00:01"), Some(1_000_000));
        assert_eq!(timestamp(b"1969-12-31 23:59:59.5"), Some(-500_000));
        assert_eq!(timestamp(b"1970-01-02 00:00:00.000001"), Some(DAY_US + 1));
        for bad in [
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 24:00:00",
            "1970-01-01 00:00:00.",
            "1970-01-01 00:00:00.1234567",
        ] {
            assert_eq!(timestamp(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn scientific_notation_round_trips() {
        assert_eq!(scientific(b"1e10"), Some(1e10));
        assert_eq!(scientific(b"1.5E-7"), Some(1.5e-7));
        for bad in ["1e+10", "10e9", "1.50e3", "inf", "nan", "0x1e", "1"] {
            assert_eq!(scientific(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn integers_round_trip(value in proptest::num::i64::ANY) {
            proptest::prop_assert_eq!(integer(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn dates_agree_with_chrono(days in -719_162i32..2_932_896) {
            let text = chrono::NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap().to_string();
            proptest::prop_assert_eq!(date(text.as_bytes()), Some(days));
        }
    }
}
