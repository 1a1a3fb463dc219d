//! LPAD and RPAD (page r_LPAD), in characters.

use arrow::{array::ArrayRef, datatypes::DataType};

use super::substring::byte_offset;
use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
        text,
    },
};

/// LPAD
pub static LPAD: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "lpad",
        aliases: &[],
        category: "string",
        description: "Pads a string on the left to a length in characters, or cuts it off on the right.",
        arguments: &[
            ("string", "a string"),
            ("length", "the length of the result; an empty string if negative"),
            ("fill", "optional: what to pad with; a blank by default"),
        ],
        example: "select lpad('salome', 9, '0123'); -- 012salome",
    },
    arity: (2, 3),
    returns,
    invoke: |call| invoke(call, true),
};

/// RPAD
pub static RPAD: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "rpad",
        aliases: &[],
        category: "string",
        description: "Pads a string on the right to a length in characters, or cuts it off.",
        arguments: &[
            ("string", "a string"),
            ("length", "the length of the result; an empty string if negative"),
            ("fill", "optional: what to pad with; a blank by default"),
        ],
        example: "select rpad('salome', 9, '0123'); -- salome012",
    },
    arity: (2, 3),
    returns,
    invoke: |call| invoke(call, false),
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    types.require(1, Kind::is_number_or_text)?;
    types.require(2, Kind::is_textual)?;
    Ok(DataType::Utf8View)
}

fn invoke(call: &Call, left: bool) -> Result<ArrayRef> {
    let (texts, lengths) = (call.text(0)?, call.int(1)?);
    let fills = if call.count() > 2 { Some(call.text(2)?) } else { None };
    call.write_text(|row, out| {
        let fill = fills.as_ref().map_or(Some(" "), |fills| fills.get(row));
        let (Some(string), Some(length), Some(fill)) = (texts.get(row), lengths.get(row), fill) else {
            return Ok(false);
        };
        let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
        let kept = &string[..byte_offset(string, length)];
        let missing = if fill.is_empty() { 0 } else { length - kept.chars().count() };
        if missing > text::BYTES_MAX {
            return Err(Error::string_too_long(format!("character varying({})", text::BYTES_MAX)));
        }
        if !left {
            out.push_str(kept);
        }
        out.extend(fill.chars().cycle().take(missing));
        if left {
            out.push_str(kept);
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, null, text};

    #[test]
    fn results() {
        check(
            &LPAD,
            vec![
                (vec![text("Salome"), int(20)], text("              Salome")),
                (vec![text("La Cenerentola (Cinderella)"), int(20)], text("La Cenerentola (Cind")),
                (vec![text("abc"), int(-1)], text("")),
                (vec![text("é"), int(3), text("ü")], text("üüé")),
                (vec![text("abc"), int(5), text("")], text("abc")),
                (vec![null(), int(5)], null()),
                (vec![text("a"), null()], null()),
                (vec![text("a"), int(3), null()], null()),
            ],
        );
        check(&RPAD, vec![(vec![text("Salome"), int(20), text("0123456789")], text("Salome01234567890123"))]);
        fails(&RPAD, vec![text("a"), int(70_000)], "22001");
        fails(&RPAD, vec![text("a"), int(i64::MAX)], "22001");
    }
}
