//! SPLIT_PART (page SPLIT_PART).

use arrow::datatypes::DataType;

use crate::{
    error::{Error, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// SPLIT_PART
pub static SPLIT_PART: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "split_part",
        aliases: &[],
        category: "string",
        description: "Splits a string at a delimiter and returns a part of it; an empty string if there are fewer.",
        arguments: &[
            ("string", "the string to split"),
            ("delimiter", "what separates the parts"),
            ("position", "which part, from 1"),
        ],
        example: "select split_part('abc$def$ghi', '$', 2); -- def",
    },
    arity: (3, 3),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, Kind::is_textual)?;
        types.require(2, Kind::is_number_or_text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (texts, delimiters, positions) = (call.text(0)?, call.text(1)?, call.int(2)?);
        call.build_text(|row| {
            let (Some(text), Some(delimiter), Some(position)) =
                (texts.get(row), delimiters.get(row), positions.get(row))
            else {
                return Ok(None);
            };
            if position < 1 {
                let message = "field position must be greater than zero";
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            }
            if delimiter.is_empty() {
                return Ok(Some(if position == 1 { text } else { "" }));
            }
            let skipped = usize::try_from(position - 1).unwrap_or(usize::MAX);
            Ok(Some(text.split(delimiter).nth(skipped).unwrap_or("")))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, null, text, timestamp};

    #[test]
    fn results() {
        check(
            &SPLIT_PART,
            vec![
                (vec![text("abc$def$ghi"), text("$"), int(2)], text("def")),
                (vec![text("a,b"), text(","), int(3)], text("")),
                (vec![text("abc"), text(","), int(1)], text("abc")),
                (vec![text("abc"), text(","), int(2)], text("")),
                (vec![text("a--b"), text("--"), int(2)], text("b")),
                (vec![timestamp("2008-03-05 12:25:29"), text("-"), int(2)], text("03")),
                (vec![null(), text(","), int(1)], null()),
            ],
        );
        fails(&SPLIT_PART, vec![text("a,b"), text(","), int(0)], "22023");
    }
}
