//! STRTOL (page r_STRTOL).

use arrow::datatypes::{DataType, Int64Type};

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// STRTOL
pub static STRTOL: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "strtol",
        aliases: &[],
        category: "string",
        description: "A number written in some base as BIGINT.",
        arguments: &[("num_string", "the number: perhaps blanks, a sign, 0x in base 16"), ("base", "from 2 to 36")],
        example: "select strtol('0xf', 16); -- 15",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, Kind::is_number_or_text)?;
        Ok(DataType::Int64)
    },
    invoke: |call| {
        let (texts, bases) = (call.text(0)?, call.int(1)?);
        call.build::<Int64Type>(|row| {
            let (Some(text), Some(base)) = (texts.get(row), bases.get(row)) else { return Ok(None) };
            strtol(text, base).map(Some)
        })
    },
};

fn strtol(text: &str, base: i64) -> Result<i64> {
    let Some(radix) = u32::try_from(base).ok().filter(|base| (2..=36).contains(base)) else {
        let message = format!("base {base} is not between 2 and 36");
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    };
    let trimmed = text.trim_start();
    if trimmed.is_empty() || trimmed.starts_with('\0') {
        return Ok(0);
    }
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let digits = match digits.get(..2) {
        Some("0x" | "0X") if radix == 16 => &digits[2..],
        _ => digits,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        let message = format!("The input {text} is not valid to be converted to base {base}");
        return Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
    }
    // the sign goes along, so that the least BIGINT can be read
    let signed = if negative { format!("-{digits}") } else { digits.to_string() };
    i64::from_str_radix(&signed, radix).map_err(|_| Error::out_of_range(format!("value \"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, null, text};

    #[test]
    fn documented_results() {
        check(
            &STRTOL,
            vec![
                (vec![text("0xf"), int(16)], int(15)),
                (vec![text("abcd1234"), int(16)], int(2_882_343_476)),
                (vec![text("1234567"), int(10)], int(1_234_567)),
                (vec![text("1234567"), int(8)], int(342_391)),
                (vec![text("110101"), int(2)], int(53)),
                (vec![text("\0"), int(2)], int(0)),
                (vec![text(""), int(2)], int(0)),
                (vec![text("-9223372036854775808"), int(10)], int(i64::MIN)),
                (vec![null(), int(2)], null()),
            ],
        );
        fails(&STRTOL, vec![text("12"), int(2)], "22P02");
        fails(&STRTOL, vec![text("1"), int(37)], "22023");
        fails(&STRTOL, vec![text("9223372036854775808"), int(10)], "22003");
    }
}
