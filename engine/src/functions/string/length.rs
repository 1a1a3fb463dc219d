//! LEN (LENGTH, CHAR_LENGTH …) and OCTET_LENGTH (pages r_LEN, r_OCTET_LENGTH): characters and bytes.

use arrow::datatypes::{DataType, Int32Type};

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// LEN
pub static LEN: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "len",
        aliases: &["length", "char_length", "character_length", "textlen"],
        category: "string",
        description: "The number of characters of a string (trailing blanks count), or of bytes of a VARBYTE.",
        arguments: &[("expression", "a string or VARBYTE")],
        example: "select len('français'); -- 8",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| kind.is_textual() || kind == Kind::Binary)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        if call.kind(0) == Kind::Binary {
            let values = call.binary(0)?;
            return call.build::<Int32Type>(|row| Ok(values.get(row).map(|value| value.len() as i32)));
        }
        let texts = call.text(0)?;
        let count = |text: &str| if text.is_ascii() { text.len() } else { text.chars().count() } as i32;
        call.build::<Int32Type>(|row| Ok(texts.get(row).map(count)))
    },
};

/// OCTET_LENGTH
pub static OCTET_LENGTH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "octet_length",
        aliases: &[],
        category: "string",
        description: "The number of bytes of a string or VARBYTE.",
        arguments: &[("expression", "a string or VARBYTE")],
        example: "select octet_length('français'); -- 9",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| kind.is_textual() || kind == Kind::Binary)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        if call.kind(0) == Kind::Binary {
            let values = call.binary(0)?;
            return call.build::<Int32Type>(|row| Ok(values.get(row).map(|value| value.len() as i32)));
        }
        let texts = call.text(0)?;
        call.build::<Int32Type>(|row| Ok(texts.get(row).map(|text| text.len() as i32)))
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, int, int4, null, text};

    #[test]
    fn results() {
        check(
            &LEN,
            vec![
                (vec![text("français")], int4(8)),
                (vec![text("cat   ")], int4(6)),
                (vec![text("")], int4(0)),
                (vec![binary(b"aaa")], int4(3)),
                (vec![int(-12)], int4(3)),
                (vec![null()], null()),
            ],
        );
        check(
            &OCTET_LENGTH,
            vec![(vec![text("français")], int4(9)), (vec![text("日本語字")], int4(12)), (vec![null()], null())],
        );
    }
}
