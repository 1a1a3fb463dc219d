//! FROM_VARBYTE and TO_VARBYTE (pages r_FROM_VARBYTE, r_TO_VARBYTE): VARBYTE as text and back, in one
//! of the formats `hex`, `binary` and `utf8`.

use std::{fmt::Write, sync::Arc};

use arrow::{array::BinaryViewBuilder, datatypes::DataType};

use super::from_hex;
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction, Types},
        hash::digest::hex,
    },
};

/// FROM_VARBYTE
pub static FROM_VARBYTE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "from_varbyte",
        aliases: &[],
        category: "varbyte",
        description: "A VARBYTE as text in a format.",
        arguments: &[("binary_value", "a VARBYTE, or text for its bytes"), ("format", "hex, binary, utf8 or utf-8")],
        example: "select from_varbyte(to_varbyte('a', 'utf8'), 'hex'); -- 61",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Binary | Kind::Text))?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (values, formats) = (call.binary(0)?, call.text(1)?);
        call.write_text(|row, out| {
            let (Some(bytes), Some(format)) = (values.get(row), formats.get(row)) else { return Ok(false) };
            match Format::parse(format)? {
                Format::Hex => hex(out, bytes),
                Format::Binary => {
                    for byte in bytes {
                        // writing to a String cannot fail
                        let _ = write!(out, "{byte:08b}");
                    }
                }
                Format::Utf8 => out.push_str(std::str::from_utf8(bytes).map_err(|_| {
                    Error::new(SqlState::INVALID_TEXT_REPRESENTATION, "the VARBYTE value is not valid UTF-8")
                })?),
            }
            Ok(true)
        })
    },
};

/// TO_VARBYTE
pub static TO_VARBYTE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "to_varbyte",
        aliases: &[],
        category: "varbyte",
        description: "Text in a format as VARBYTE.",
        arguments: &[("string", "the text"), ("format", "hex, binary, utf8 or utf-8")],
        example: "select to_varbyte('01001101', 'binary'); -- 4d",
    },
    arity: (2, 2),
    returns: |types: &Types| {
        types.require(0, |kind| kind == Kind::Text)?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(DataType::BinaryView)
    },
    invoke: |call| {
        let (texts, formats) = (call.text(0)?, call.text(1)?);
        let mut builder = BinaryViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            let (Some(text), Some(format)) = (texts.get(row), formats.get(row)) else {
                builder.append_null();
                continue;
            };
            builder.append_value(match Format::parse(format)? {
                Format::Hex => from_hex::decode(text)?,
                Format::Binary => decode_bits(text)?,
                Format::Utf8 => text.as_bytes().to_vec(),
            });
        }
        Ok(Arc::new(builder.finish()))
    },
};

enum Format {
    Hex,
    Binary,
    Utf8,
}

impl Format {
    fn parse(name: &str) -> Result<Format> {
        match name.to_ascii_lowercase().as_str() {
            "hex" => Ok(Format::Hex),
            "binary" => Ok(Format::Binary),
            "utf8" | "utf-8" => Ok(Format::Utf8),
            other => Err(Error::not_supported(format!("VARBYTE format \"{other}\""))),
        }
    }
}

/// Bytes of binary digits; too few have zeros in front.
fn decode_bits(digits: &str) -> Result<Vec<u8>> {
    if !digits.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        let message = format!("\"{digits}\" is not binary");
        return Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message));
    }
    let padded = format!("{}{digits}", "0".repeat((8 - digits.len() % 8) % 8));
    Ok(padded.as_bytes().chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, fails, null, text};

    #[test]
    fn documented_results() {
        check(
            &TO_VARBYTE,
            vec![
                (vec![text("6162"), text("hex")], binary(b"ab")),
                (vec![text("01001101"), text("binary")], binary(&[0x4d])),
                (vec![text("1"), text("binary")], binary(&[1])),
                (vec![text("a"), text("utf8")], binary(b"a")),
                (vec![text("4"), text("hex")], binary(&[4])),
                (vec![null(), text("hex")], null()),
            ],
        );
        check(
            &FROM_VARBYTE,
            vec![
                (vec![binary(b"ab"), text("hex")], text("6162")),
                (vec![binary(&[0x4d]), text("binary")], text("01001101")),
                (vec![binary("é".as_bytes()), text("utf-8")], text("é")),
            ],
        );
        fails(&FROM_VARBYTE, vec![binary(&[0xff]), text("utf8")], "22P02");
        fails(&TO_VARBYTE, vec![text("a"), text("base64")], "0A000");
    }
}
