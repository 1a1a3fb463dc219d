//! TEXT_TO_INT_ALT and TEXT_TO_NUMERIC_ALT (pages r_TEXT_TO_INT_ALT, r_TEXT_TO_NUMERIC_ALT): text as numbers the
//! Teradata way. Blank text is 0, a sign may stand at either end; of formats there are those of digits, currencies and
//! signed zoned decimals.

use arrow::datatypes::{DataType, Decimal128Type, Int32Type};

use crate::{
    error::{Error, Result},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction, Types},
        number,
    },
    types::RedshiftType,
};

/// TEXT_TO_INT_ALT
pub static TEXT_TO_INT_ALT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "text_to_int_alt",
        aliases: &[],
        category: "format",
        description: "Text as INTEGER, in Teradata's style; fraction digits are cut.",
        arguments: &[("expression", "the text"), ("format", "optional: a Teradata-style format")],
        example: "select text_to_int_alt('123-'); -- -123",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(0, Kind::is_number_or_text)?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let formats = if call.count() > 1 { Some(call.text(1)?) } else { None };
        call.build::<Int32Type>(|row| {
            let Some(text) = texts.get(row) else { return Ok(None) };
            let parsed = Parsed::read(text, formats.as_ref().and_then(|formats| formats.get(row)))?;
            let cut = parsed.scaled(0, Rounding::Cut)?;
            i32::try_from(cut).map(Some).map_err(|_| Error::out_of_range("integer"))
        })
    },
};

/// TEXT_TO_NUMERIC_ALT
pub static TEXT_TO_NUMERIC_ALT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "text_to_numeric_alt",
        aliases: &[],
        category: "format",
        description: "Text as DECIMAL, in Teradata's style; a half is rounded to the even digit.",
        arguments: &[
            ("expression", "the text"),
            ("format", "optional: a Teradata-style format"),
            ("precision", "optional: digits of the result, 38 by default"),
            ("scale", "optional: digits after the point, 0 by default"),
        ],
        example: "select text_to_numeric_alt('123.52501', 10, 2); -- 123.53",
    },
    arity: (1, 4),
    returns: |types| {
        types.require(0, Kind::is_number_or_text)?;
        let (precision, scale) = digits(types)?;
        Ok(RedshiftType::numeric(precision, scale)?.arrow())
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let formats = if call.count() % 2 == 0 { Some(call.text(1)?) } else { None };
        let scale = number::decimal_scale(call.return_type);
        let limit = number::power_of_ten(number::decimal_precision(call.return_type).into()).unwrap_or(i128::MAX);
        call.build::<Decimal128Type>(|row| {
            let Some(text) = texts.get(row) else { return Ok(None) };
            let parsed = Parsed::read(text, formats.as_ref().and_then(|formats| formats.get(row)))?;
            let value = parsed.scaled(scale, Rounding::HalfEven)?;
            if value.unsigned_abs() >= limit.unsigned_abs() { Err(number::overflow()) } else { Ok(Some(value)) }
        })
    },
};

/// Precision and scale, which are constants at the end of the arguments.
fn digits(types: &Types) -> Result<(u64, i64)> {
    let first = match types.count() {
        1 => return Ok((38, 0)),
        2 => {
            types.require(1, |kind| kind == Kind::Text)?;
            return Ok((38, 0));
        }
        3 => 1,
        _ => {
            types.require(1, |kind| kind == Kind::Text)?;
            2
        }
    };
    match (types.constant_int(first), types.constant_int(first + 1)) {
        (Some(precision), Some(scale)) => Ok((u64::try_from(precision).unwrap_or(0), scale)),
        _ => types.refuse(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    Cut,
    HalfEven,
}

/// `digits * 10^exponent`
struct Parsed {
    negative: bool,
    digits: i128,
    exponent: i32,
}

impl Parsed {
    fn read(text: &str, format: Option<&str>) -> Result<Parsed> {
        let invalid = || Error::invalid_text("numeric", text);
        let mut body = text.trim().to_ascii_uppercase();
        let mut zoned = false;
        if let Some(format) = format {
            let format = format.trim().to_ascii_uppercase();
            let known = |c: char| c.is_ascii_digit() || "SCULDNGVIZE()/,.-+$ ".contains(c);
            if !format.chars().all(known) {
                return Err(Error::not_supported(format!("the format \"{format}\" of a Teradata-style number")));
            }
            zoned = format.ends_with('S');
            body.retain(|c| c != ',' && c != '$');
            if format.contains(['C', 'U', 'L', 'N']) {
                body = body.trim_matches(|c: char| c.is_ascii_alphabetic()).trim().to_owned();
            }
        }
        if body.is_empty() {
            return Ok(Parsed { negative: false, digits: 0, exponent: 0 });
        }
        let mut negative = false;
        if zoned {
            let (digit, minus) = zoned_digit(body.pop().ok_or_else(invalid)?).ok_or_else(invalid)?;
            body.push(digit);
            negative = minus;
        }
        for (sign, minus) in [('-', true), ('+', false)] {
            if let Some(rest) = body.strip_prefix(sign).or_else(|| body.strip_suffix(sign)) {
                negative = minus;
                body = rest.trim().to_owned();
                break;
            }
        }
        let (mantissa, exponent) = match body.split_once('E') {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| invalid())?),
            None => (body.as_str(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(invalid());
            }
            let digit = i128::from(byte - b'0');
            digits = digits.checked_mul(10).and_then(|value| value.checked_add(digit)).ok_or_else(number::overflow)?;
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        Ok(Parsed { negative, digits, exponent: exponent - fraction.len() as i32 })
    }

    /// The value with digits after the point.
    fn scaled(&self, scale: i8, rounding: Rounding) -> Result<i128> {
        let shift = self.exponent + i32::from(scale);
        let value = if shift >= 0 {
            let power = number::power_of_ten(shift.unsigned_abs())?;
            self.digits.checked_mul(power).ok_or_else(number::overflow)?
        } else {
            let Ok(divisor) = number::power_of_ten(shift.unsigned_abs()) else { return Ok(0) };
            let (quotient, remainder) = (self.digits / divisor, self.digits % divisor);
            let up = match remainder.cmp(&(divisor - remainder)) {
                std::cmp::Ordering::Greater => true,
                std::cmp::Ordering::Equal => quotient % 2 == 1,
                std::cmp::Ordering::Less => false,
            };
            quotient + i128::from(up && rounding == Rounding::HalfEven)
        };
        Ok(if self.negative { -value } else { value })
    }
}

/// The last digit of a signed zoned decimal and whether it is negative.
fn zoned_digit(c: char) -> Option<(char, bool)> {
    Some(match c {
        '{' => ('0', false),
        '}' => ('0', true),
        'A'..='I' => (char::from(b'1' + (c as u8 - b'A')), false),
        'J'..='R' => (char::from(b'1' + (c as u8 - b'J')), true),
        '0'..='9' => (c, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int4, null, text};

    #[test]
    fn documented_results() {
        check(
            &TEXT_TO_INT_ALT,
            vec![
                (vec![text("123-")], int4(-123)),
                (vec![text("2147483647+")], int4(2_147_483_647)),
                (vec![text("-123E-2")], int4(-1)),
                (vec![text("123{"), text("999S")], int4(1230)),
                (vec![text("USD123"), text("C9(I)")], int4(123)),
                (vec![text("  ")], int4(0)),
                (vec![text("123.9")], int4(123)),
                (vec![null()], null()),
            ],
        );
        fails(&TEXT_TO_INT_ALT, vec![text("abc")], "22P02");
        fails(&TEXT_TO_INT_ALT, vec![text("2147483648")], "22003");
    }
}
