//! JSON_EXTRACT_ARRAY_ELEMENT_TEXT (page JSON_EXTRACT_ARRAY_ELEMENT_TEXT).

use arrow::datatypes::DataType;

use super::scanner;
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// JSON_EXTRACT_ARRAY_ELEMENT_TEXT
pub static JSON_EXTRACT_ARRAY_ELEMENT_TEXT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_extract_array_element_text",
        aliases: &[],
        category: "json",
        description: "An element of the outermost array of a JSON string; NULL if the index is negative or too large.",
        arguments: &[
            ("json_string", "a JSON array"),
            ("pos", "the element's index, from 0"),
            ("null_if_invalid", "optional: NULL instead of an error for what is no JSON"),
        ],
        example: "select json_extract_array_element_text('[111,112,113]', 2); -- 113",
    },
    arity: (2, 3),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Text)?;
        types.require(1, Kind::is_number)?;
        types.require(2, |kind| matches!(kind, Kind::Boolean | Kind::Text))?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let (texts, indices) = (call.text(0)?, call.int(1)?);
        let lenient = if call.count() > 2 { Some(call.boolean(2)?) } else { None };
        call.write_text(|row, out| {
            let (Some(text), Some(index)) = (texts.get(row), indices.get(row)) else { return Ok(false) };
            let lenient = lenient.as_ref().and_then(|flags| flags.get(row)).unwrap_or(false);
            let elements = scanner::whole(text).and_then(scanner::elements);
            let elements = elements.and_then(|elements| elements.ok_or(scanner::Invalid)).map(Some);
            let element = scanner::or_null(elements, text, lenient)?
                .and_then(|elements| elements.get(usize::try_from(index).ok()?).copied())
                .and_then(scanner::to_text);
            out.push_str(element.as_deref().unwrap_or_default());
            Ok(element.is_some())
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, fails, int, null, text};

    #[test]
    fn documented_results() {
        let broken = "[\"a\",[\"b\",1,[\"c\",2,3,null,]]]";
        check(
            &JSON_EXTRACT_ARRAY_ELEMENT_TEXT,
            vec![
                (vec![text("[111,112,113]"), int(2)], text("113")),
                (vec![text("[10,11]"), int(-1)], null()),
                (vec![text("[10,11]"), int(7)], null()),
                (vec![null(), int(0)], null()),
                (vec![text("invalid_json"), null()], null()),
                (vec![text("invalid_json"), int(0), boolean(true)], null()),
                (vec![text("[null]"), int(0)], null()),
                (vec![text("[\"a\", {\"b\": 1}]"), int(1)], text("{\"b\": 1}")),
                (vec![text(broken), int(1), boolean(true)], null()),
            ],
        );
        fails(&JSON_EXTRACT_ARRAY_ELEMENT_TEXT, vec![text(broken), int(1)], "22P02");
        fails(&JSON_EXTRACT_ARRAY_ELEMENT_TEXT, vec![text("invalid_json"), int(0), boolean(false)], "22P02");
    }
}
