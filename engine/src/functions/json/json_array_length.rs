//! JSON_ARRAY_LENGTH (page JSON_ARRAY_LENGTH).

use arrow::datatypes::{DataType, Int32Type};

use super::scanner;
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// JSON_ARRAY_LENGTH
pub static JSON_ARRAY_LENGTH: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_array_length",
        aliases: &[],
        category: "json",
        description: "How many elements the outermost array of a JSON string has, as INTEGER.",
        arguments: &[
            ("json_array", "a JSON array"),
            ("null_if_invalid", "optional: NULL instead of an error for what is no JSON array"),
        ],
        example: "select json_array_length('[11,12,13,{\"f1\":21,\"f2\":[25,26]},14]'); -- 5",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Text)?;
        types.require(1, |kind| matches!(kind, Kind::Boolean | Kind::Text))?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let lenient = if call.count() > 1 { Some(call.boolean(1)?) } else { None };
        call.build::<Int32Type>(|row| {
            let Some(text) = texts.get(row) else { return Ok(None) };
            let lenient = lenient.as_ref().and_then(|flags| flags.get(row)).unwrap_or(false);
            // what is JSON but no array is as wrong as what is no JSON
            let length = scanner::whole(text)
                .and_then(scanner::elements)
                .and_then(|elements| elements.ok_or(scanner::Invalid))
                .map(|elements| Some(elements.len() as i32));
            scanner::or_null(length, text, lenient)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, fails, int4, null, text};

    #[test]
    fn documented_results() {
        let broken = "[11,12,13,{\"f1\":21,\"f2\":[25,26]},14";
        check(
            &JSON_ARRAY_LENGTH,
            vec![
                (vec![text("[11,12,13,{\"f1\":21,\"f2\":[25,26]},14]")], int4(5)),
                (vec![text("[]")], int4(0)),
                (vec![text(broken), boolean(true)], null()),
                (vec![null()], null()),
            ],
        );
        fails(&JSON_ARRAY_LENGTH, vec![text(broken)], "22P02");
    }
}
