//! REPLACE (page r_REPLACE).

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REPLACE
pub static REPLACE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "replace",
        aliases: &[],
        category: "string",
        description: "Replaces all occurrences of a string in another.",
        arguments: &[("string", "where to search"), ("old", "what to replace"), ("new", "the replacement")],
        example: "select replace('Shows', 'Shows', 'Theatre'); -- Theatre",
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
            if old.is_empty() {
                out.push_str(text);
                return Ok(true);
            }
            let mut copied = 0;
            for (at, _) in text.match_indices(old) {
                out.push_str(&text[copied..at]);
                out.push_str(new);
                copied = at + old.len();
            }
            out.push_str(&text[copied..]);
            Ok(true)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text};

    #[test]
    fn results() {
        check(
            &REPLACE,
            vec![
                (vec![text("a.b.c"), text("."), text("--")], text("a--b--c")),
                (vec![text("abc"), text(""), text("x")], text("abc")),
                (vec![text("aaa"), text("aa"), text("b")], text("ba")),
                (vec![text("abc"), null(), text("x")], null()),
            ],
        );
    }
}
