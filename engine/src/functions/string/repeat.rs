//! REPEAT and REPLICATE (page r_REPEAT).

use arrow::datatypes::DataType;

use crate::{
    error::Error,
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
        text,
    },
};

/// REPEAT
pub static REPEAT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "repeat",
        aliases: &["replicate"],
        category: "string",
        description: "The string repeated; empty if the number is not positive.",
        arguments: &[("string", "a string"), ("integer", "how often")],
        example: "select repeat('ab', 3); -- ababab",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, Kind::is_number_or_text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (texts, counts) = (call.text(0)?, call.int(1)?);
        call.write_text(|row, out| {
            let (Some(string), Some(count)) = (texts.get(row), counts.get(row)) else { return Ok(false) };
            let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
            if string.len().saturating_mul(count) > text::BYTES_MAX {
                return Err(Error::string_too_long(format!("character varying({})", text::BYTES_MAX)));
            }
            if !string.is_empty() {
                out.extend(std::iter::repeat_n(string, count));
            }
            Ok(true)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, null, text};

    #[test]
    fn results() {
        check(
            &REPEAT,
            vec![
                (vec![text("ab"), int(3)], text("ababab")),
                (vec![text("ab"), int(-1)], text("")),
                (vec![text(""), int(i64::MAX)], text("")),
                (vec![int(1), int(2)], text("11")),
                (vec![null(), int(2)], null()),
            ],
        );
        fails(&REPEAT, vec![text("ab"), int(i64::MAX)], "22001");
    }
}
