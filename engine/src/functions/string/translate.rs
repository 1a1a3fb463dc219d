//! TRANSLATE (page r_TRANSLATE).

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// TRANSLATE
pub static TRANSLATE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "translate",
        aliases: &[],
        category: "string",
        description: "Replaces characters by characters; those without a counterpart are removed.",
        arguments: &[
            ("expression", "a string"),
            ("characters_to_replace", "the characters to replace"),
            ("characters_to_substitute", "what replaces them, position by position"),
        ],
        example: "select translate('mint tea', 'inea', 'osin'); -- most tin",
    },
    arity: (3, 3),
    returns: |types| {
        (0..3).try_for_each(|index| types.require(index, Kind::is_textual))?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (texts, old, new) = (call.text(0)?, call.text(1)?, call.text(2)?);
        call.write_text(|row, out| {
            let (Some(text), Some(old), Some(new)) = (texts.get(row), old.get(row), new.get(row)) else {
                return Ok(false);
            };
            for c in text.chars() {
                match old.chars().position(|candidate| candidate == c) {
                    None => out.push(c),
                    Some(index) => out.extend(new.chars().nth(index)),
                }
            }
            Ok(true)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text};

    #[test]
    fn documented_results() {
        check(
            &TRANSLATE,
            vec![
                (vec![text("mint tea"), text("inea"), text("osin")], text("most tin")),
                (vec![text("ac@velit.ca"), text("@"), text(".")], text("ac.velit.ca")),
                (vec![text("St. George"), text(" ."), text("_")], text("St_George")),
                (vec![text("abc"), null(), text("x")], null()),
            ],
        );
    }
}
