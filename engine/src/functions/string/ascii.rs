//! ASCII and CHR (pages r_ASCII, r_CHR): characters and their code points.

use arrow::datatypes::{DataType, Int32Type};

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// ASCII
pub static ASCII: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "ascii",
        aliases: &[],
        category: "string",
        description: "The code point of the first character as INTEGER; 0 for an empty string.",
        arguments: &[("string", "a string")],
        example: "select ascii('amazon'); -- 97",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let code = |text: &str| text.chars().next().map_or(0, |c| u32::from(c) as i32);
        call.build::<Int32Type>(|row| Ok(texts.get(row).map(code)))
    },
};

/// CHR
pub static CHR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "chr",
        aliases: &[],
        category: "string",
        description: "The character of a code point; NULL where there is none.",
        arguments: &[("number", "the code point")],
        example: "select chr(65); -- A",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_number_or_text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let numbers = call.int(0)?;
        call.write_text(|row, out| {
            let character = numbers.get(row).and_then(|number| u32::try_from(number).ok()).and_then(char::from_u32);
            out.extend(character);
            Ok(character.is_some())
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, int4, null, text};
    use datafusion::common::ScalarValue;

    #[test]
    fn results() {
        check(
            &ASCII,
            vec![
                (vec![text("amazon")], int4(97)),
                (vec![text("")], int4(0)),
                (vec![text("é")], int4(233)),
                (vec![null()], null()),
            ],
        );
        check(&CHR, vec![(vec![int(65)], text("A")), (vec![int(233)], text("é")), (vec![null()], null())]);
        check(&CHR, vec![(vec![int(-1)], ScalarValue::Utf8View(None)), (vec![int(0)], text("\0"))]);
    }
}
