//! JSON_EXTRACT_PATH_TEXT (page JSON_EXTRACT_PATH_TEXT). What is missing is NULL, as the newer editions
//! of the page say.

use arrow::datatypes::DataType;

use super::scanner;
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// JSON_EXTRACT_PATH_TEXT
pub static JSON_EXTRACT_PATH_TEXT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_extract_path_text",
        aliases: &[],
        category: "json",
        description: "The value at a path of names in a JSON string, as text; NULL if there is none. Names are \
                      case-sensitive.",
        arguments: &[
            ("json_string", "a JSON object"),
            ("path_elem", "one to five names, from the outermost to the innermost"),
            ("null_if_invalid", "optional: a boolean; NULL instead of an error for what is no JSON"),
        ],
        example: "select json_extract_path_text('{\"f2\":{\"f3\":1},\"f4\":{\"f5\":99,\"f6\":\"star\"}}', 'f4', 'f6'); -- star",
    },
    arity: (2, 7),
    returns: |types| {
        let last = types.count() - 1;
        let flagged = last > 1 && types.kind(last) == Kind::Boolean;
        let names = if flagged { last } else { last + 1 };
        if names > 6 {
            return types.refuse();
        }
        (0..names).try_for_each(|index| types.require(index, |kind| kind == Kind::Text))?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let last = call.count() - 1;
        let lenient = if call.kind(last) == Kind::Boolean { Some(call.boolean(last)?) } else { None };
        let names = if lenient.is_some() { 1..last } else { 1..last + 1 };
        let texts = call.text(0)?;
        let names = names.map(|index| call.text(index)).collect::<crate::error::Result<Vec<_>>>()?;
        call.write_text(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            let lenient = lenient.as_ref().and_then(|flags| flags.get(row)).unwrap_or(false);
            let mut value = scanner::or_null(scanner::whole(text).map(Some), text, lenient)?;
            for name in &names {
                let (Some(outer), Some(name)) = (value, name.get(row)) else { return Ok(false) };
                value = scanner::or_null(scanner::member(outer, name), text, lenient)?;
            }
            let found = value.and_then(scanner::to_text);
            out.push_str(found.as_deref().unwrap_or_default());
            Ok(found.is_some())
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, fails, null, text};

    #[test]
    fn documented_results() {
        let json = "{\"f2\":{\"f3\":1},\"f4\":{\"f5\":99,\"f6\":\"star\"}}";
        let broken = "{\"f2\":{\"f3\":1},\"f4\":{\"f5\":99,\"f6\":\"star\"}";
        check(
            &JSON_EXTRACT_PATH_TEXT,
            vec![
                (vec![text(json), text("f4"), text("f6")], text("star")),
                (vec![text(json), text("f4"), text("f5")], text("99")),
                (vec![text(json), text("f2")], text("{\"f3\":1}")),
                (vec![text(json), text("f9")], null()),
                (vec![text(json), text("f4"), text("f6"), text("x")], null()),
                (vec![text("{\"One\":1,\"one\":2}"), text("one")], text("2")),
                (vec![text(broken), text("f4"), boolean(true)], null()),
                (vec![null(), text("f4")], null()),
                (vec![text(json), null()], null()),
            ],
        );
        fails(&JSON_EXTRACT_PATH_TEXT, vec![text(broken), text("f4")], "22P02");
    }
}
