//! NUMERIC in PostgreSQL's binary form: digits to base 10,000 with weight, sign and display scale.

use bytes::{BufMut, BytesMut};

use crate::{
    error::{Error, Result, SqlState},
    server::message::{Body, protocol_violation},
};

const BASE: u128 = 10_000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
/// Decimal digits of a NUMERIC at most.
pub const MAX_DIGITS: usize = 38;

/// Appends `value / 10^scale`.
pub fn encode(out: &mut BytesMut, value: i128, scale: i8) {
    let scale = u32::from(scale.max(0).unsigned_abs());
    let magnitude = value.unsigned_abs();
    // The fraction is filled up to whole digits of four decimals.
    let padding = (4 - scale % 4) % 4;
    let (integer, fraction) = match 10_u128.checked_pow(scale) {
        Some(unit) => (magnitude / unit, magnitude % unit),
        None => (0, magnitude),
    };
    let mut digits: Vec<u16> = Vec::with_capacity(12);
    let fraction_digits = (scale + padding) / 4;
    let mut rest = fraction;
    for group in 0..fraction_digits {
        // The last digit holds fewer decimals, and is filled up.
        let (unit, fill) = if group == 0 { (10_u128.pow(4 - padding), 10_u128.pow(padding)) } else { (BASE, 1) };
        digits.push((rest % unit * fill) as u16);
        rest /= unit;
    }
    let mut rest = integer;
    while rest > 0 {
        digits.push((rest % BASE) as u16);
        rest /= BASE;
    }
    digits.reverse();
    let mut weight = digits.len() as i16 - fraction_digits as i16 - 1;
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..leading);
    weight -= leading as i16;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    out.put_u16(digits.len() as u16);
    out.put_i16(weight);
    out.put_u16(if value < 0 { NEGATIVE } else { 0 });
    out.put_u16(scale as u16);
    digits.iter().for_each(|digit| out.put_u16(*digit));
}

/// The text of a binary NUMERIC.
///
/// Errors: 08P01 for one that is none, 22003 for NaN and more than 38 digits.
pub fn decode(mut body: Body) -> Result<String> {
    let count = usize::from(body.u16()?);
    let weight = i32::from(body.u16()? as i16);
    let (sign, scale) = (body.u16()?, usize::from(body.u16()?));
    if sign == NAN {
        return Err(out_of_range());
    }
    if weight.unsigned_abs() > 20 || scale > MAX_DIGITS || count > 2 * MAX_DIGITS {
        return Err(out_of_range());
    }
    let mut digits = Vec::with_capacity(count);
    for _ in 0..count {
        let digit = body.u16()?;
        if u128::from(digit) >= BASE {
            return Err(protocol_violation("invalid digit in external \"numeric\" value"));
        }
        digits.push(digit);
    }
    body.end()?;
    let digit_at = |at: i32| usize::try_from(at).ok().and_then(|at| digits.get(at)).copied().unwrap_or(0);
    let mut text = String::new();
    if sign == NEGATIVE {
        text.push('-');
    }
    let integer: String = (0..=weight).map(|at| format!("{:04}", digit_at(at))).collect();
    let integer = integer.trim_start_matches('0');
    text.push_str(if integer.is_empty() { "0" } else { integer });
    if scale > 0 {
        let groups = scale.div_ceil(4) as i32;
        let fraction: String = (0..groups).map(|group| format!("{:04}", digit_at(weight + 1 + group))).collect();
        text.push('.');
        text.push_str(fraction.get(..scale).unwrap_or(&fraction));
    }
    Ok(text)
}

fn out_of_range() -> Error {
    Error::new(SqlState::NUMERIC_OUT_OF_RANGE, "numeric value out of range")
}
