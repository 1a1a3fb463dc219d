//! TO_NUMBER (page r_TO_NUMBER): text in a numeric pattern as DECIMAL, with the digits of the pattern.

use arrow::datatypes::{DataType, Decimal128Type};

use super::number_pattern::Pattern;
use crate::{
    error::{Error, Result},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction, Types},
        number,
    },
};

/// TO_NUMBER
pub static TO_NUMBER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_number",
        aliases: &[],
        category: "format",
        description: "Text in a numeric pattern as DECIMAL.",
        arguments: &[("string", "the text"), ("format", "the pattern, a constant")],
        example: "select to_number('12,454.8-', '99G999D9S'); -- -12454.8",
    },
    arity: (2, 2),
    returns,
    invoke: |call| {
        let texts = call.text(0)?;
        let scale = number::decimal_scale(call.return_type);
        call.build::<Decimal128Type>(|row| texts.get(row).map(|text| parse(text, scale)).transpose())
    },
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    types.require(1, |kind| kind == Kind::Text)?;
    let Some(pattern) = types.constant_text(1) else {
        return Err(Error::not_supported("TO_NUMBER with a format that is no constant"));
    };
    let pattern = Pattern::parse(pattern)?;
    let digits = (pattern.whole_digits() + pattern.fraction_digits()).clamp(1, number::PRECISION_MAX.into());
    Ok(DataType::Decimal128(digits as u8, pattern.fraction_digits() as i8))
}

/// Reads a number with a sign on either side, brackets, groups and currency.
fn parse(text: &str, scale: i8) -> Result<i128> {
    let trimmed = text.trim();
    let bracketed = trimmed.contains('<') && trimmed.ends_with('>');
    let negative = bracketed || trimmed.contains('-');
    let mut plain: String = trimmed.chars().filter(|c| !matches!(c, '<' | '>' | '-' | '+' | ',' | '$' | ' ')).collect();
    if negative {
        plain.insert(0, '-');
    }
    if plain.contains(['e', 'E']) {
        return Err(Error::invalid_text("numeric", text));
    }
    number::parse_decimal(&plain, scale).map_err(|_| Error::invalid_text("numeric", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_results() {
        assert_eq!(parse("12,454.8-", 1).unwrap(), -124_548);
        assert_eq!(parse("12.345", 3).unwrap(), 12_345);
        assert_eq!(parse("$<125.88>", 2).unwrap(), -12_588);
        assert!(parse("abc", 0).is_err());
        assert!(parse("", 0).is_err());
    }
}
