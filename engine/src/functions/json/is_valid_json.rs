//! IS_VALID_JSON and IS_VALID_JSON_ARRAY (pages IS_VALID_JSON, IS_VALID_JSON_ARRAY).

use arrow::{array::ArrayRef, datatypes::DataType};

use super::scanner;
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// IS_VALID_JSON
pub static IS_VALID_JSON: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "is_valid_json",
        aliases: &[],
        category: "json",
        description: "Whether a string is a JSON object.",
        arguments: &[("json_string", "a string")],
        example: "select is_valid_json('{\"a\":2}'); -- t",
    },
    arity: (1, 1),
    returns,
    invoke: |call| test(call, |text| scanner::whole(text).is_ok_and(|value| value.starts_with('{'))),
};

/// IS_VALID_JSON_ARRAY
pub static IS_VALID_JSON_ARRAY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "is_valid_json_array",
        aliases: &[],
        category: "json",
        description: "Whether a string is a JSON array.",
        arguments: &[("json_array", "a string")],
        example: "select is_valid_json_array('[\"a\",\"b\"]'); -- t",
    },
    arity: (1, 1),
    returns,
    invoke: |call| test(call, |text| scanner::whole(text).is_ok_and(|value| value.starts_with('['))),
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    Ok(DataType::Boolean)
}

fn test(call: &Call, accept: fn(&str) -> bool) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    call.build_boolean(|row| Ok(texts.get(row).map(accept)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, null, text};

    #[test]
    fn documented_results() {
        check(
            &IS_VALID_JSON,
            vec![
                (vec![text("{ \"one\" : 1 , \"two\" : 2 }")], boolean(true)),
                (vec![text("{\"a\":{\"b\":2}")], boolean(false)),
                (vec![text("[1]")], boolean(false)),
                (vec![null()], null()),
            ],
        );
        check(
            &IS_VALID_JSON_ARRAY,
            vec![
                (vec![text("[]")], boolean(true)),
                (vec![text("[\"a\",[\"b\",1,[\"c\",2,3,null]]]")], boolean(true)),
                (vec![text("{\"a\":1}")], boolean(false)),
                (vec![text("a")], boolean(false)),
                (vec![text("[1,2,]")], boolean(false)),
            ],
        );
    }
}
