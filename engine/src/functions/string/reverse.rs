//! REVERSE (page r_REVERSE).

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REVERSE
pub static REVERSE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "reverse",
        aliases: &[],
        category: "string",
        description: "The characters in reverse order.",
        arguments: &[("expression", "a string, or a value that converts to one")],
        example: "select reverse('abcde'); -- edcba",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        call.write_text(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            out.extend(text.chars().rev());
            Ok(true)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, null, text};

    #[test]
    fn results() {
        check(
            &REVERSE,
            vec![
                (vec![text("été1")], text("1été")),
                (vec![date("2008-01-25")], text("52-10-8002")),
                (vec![text("")], text("")),
                (vec![null()], null()),
            ],
        );
    }
}
