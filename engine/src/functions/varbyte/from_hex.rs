//! FROM_HEX (page r_FROM_HEX).

use std::sync::Arc;

use arrow::{array::BinaryViewBuilder, datatypes::DataType};

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// FROM_HEX
pub static FROM_HEX: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "from_hex",
        aliases: &[],
        category: "varbyte",
        description: "Hexadecimal digits as VARBYTE.",
        arguments: &[("hex_string", "hexadecimal digits")],
        example: "select from_hex('6162'); -- 6162",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Text)?;
        Ok(DataType::BinaryView)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let mut builder = BinaryViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            builder.append_option(texts.get(row).map(decode).transpose()?);
        }
        Ok(Arc::new(builder.finish()))
    },
};

/// Bytes of hexadecimal digits; an odd number of them has a 0 in front.
pub fn decode(digits: &str) -> Result<Vec<u8>> {
    let invalid = || Error::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("\"{digits}\" is not hexadecimal"));
    let values = digits.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<Vec<u8>>>();
    let mut values = values.ok_or_else(invalid)?;
    if values.len() % 2 == 1 {
        values.insert(0, 0);
    }
    Ok(values.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, fails, null, text};

    #[test]
    fn results() {
        check(
            &FROM_HEX,
            vec![
                (vec![text("6162")], binary(b"ab")),
                (vec![text("4")], binary(&[4])),
                (vec![text("")], binary(b"")),
                (vec![null()], null()),
            ],
        );
        fails(&FROM_HEX, vec![text("6x")], "22P02");
    }
}
