//! JSON_PARSE, CAN_JSON_PARSE, JSON_SERIALIZE, JSON_SERIALIZE_TO_VARBYTE and JSON_SIZE: JSON text to SUPER and back.

use std::sync::Arc;

use arrow::{
    array::BinaryViewBuilder,
    datatypes::{DataType, Int32Type},
};

use super::{SUPER, numbers, of_value};
use crate::{
    error::Error,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
        text::BYTES_MAX,
    },
    types::super_value::{
        Super,
        parse::{ParseOptions, parse},
        text,
    },
};

/// Longest VARBYTE, in bytes.
const VARBYTE_BYTES_MAX: usize = 1_024_000;

/// JSON_PARSE. The binder adds the session's options: words, separated by blanks.
pub static JSON_PARSE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_parse",
        aliases: &[],
        category: "super",
        description: "JSON text as SUPER.",
        arguments: &[("json_string", "JSON as VARCHAR or VARBYTE")],
        example: "select json_parse('[10001,10002,\"abc\"]'); -- [10001,10002,\"abc\"]",
    },
    arity: (1, 2),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Text | Kind::Binary))?;
        types.require(1, |kind| kind == Kind::Text)?;
        Ok(SUPER)
    },
    invoke: |call| {
        let texts = json_text(call)?;
        let words = if call.count() > 1 { call.constant_text(1)?.unwrap_or_default() } else { String::new() };
        let is_set = |word: &str| words.split(' ').any(|other| other == word);
        let options = ParseOptions {
            dedup_attributes: is_set("json_parse_dedup_attributes"),
            truncate_strings: is_set("json_parse_truncate_strings"),
        };
        let null_on_error = is_set("parse_super_null_on_error");
        call.write_super(|row, out| {
            let Some(text) = texts(row)? else { return Ok(false) };
            match parse(&text, options, out) {
                Ok(()) => Ok(true),
                Err(_) if null_on_error => Ok(false),
                Err(error) => Err(error),
            }
        })
    },
};

/// Gives the text of a row.
type TextOf<'c> = Box<dyn Fn(usize) -> crate::error::Result<Option<std::borrow::Cow<'c, str>>> + 'c>;

/// The first argument as text, also from VARBYTE.
fn json_text<'c>(call: &'c Call) -> crate::error::Result<TextOf<'c>> {
    if call.kind(0) == Kind::Binary {
        let values = call.binary(0)?;
        return Ok(Box::new(move |row| {
            let text = values.get(row).map(|bytes| String::from_utf8(bytes.to_vec())).transpose();
            text.map(|text| text.map(Into::into)).map_err(|_| Error::invalid_text("json", "bytes that are no UTF-8"))
        }));
    }
    let values = call.text(0)?;
    Ok(Box::new(move |row| Ok(values.get(row).map(|text| text.to_owned().into()))))
}

/// CAN_JSON_PARSE
pub static CAN_JSON_PARSE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "can_json_parse",
        aliases: &[],
        category: "super",
        description: "Whether JSON_PARSE can parse a string.",
        arguments: &[("json_string", "JSON as VARCHAR or VARBYTE")],
        example: "select can_json_parse('[10001,10002,\"abc\"]'); -- t",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, |kind| matches!(kind, Kind::Text | Kind::Binary))?;
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let texts = json_text(call)?;
        let mut out = Vec::new();
        call.build_boolean(|row| {
            out.clear();
            Ok(match texts(row) {
                Ok(text) => text.map(|text| parse(&text, ParseOptions::default(), &mut out).is_ok()),
                Err(_) => Some(false),
            })
        })
    },
};

/// JSON_SERIALIZE
pub static JSON_SERIALIZE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_serialize",
        aliases: &[],
        category: "super",
        description: "A SUPER value as JSON text. An error when it is longer than a VARCHAR can be.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select json_serialize(json_parse('[10001,10002,\"abc\"]')); -- [10001,10002,\"abc\"]",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Utf8View),
    invoke: |call| {
        let values = call.semi_structured(0)?;
        call.write_text(|row, out| {
            let Some(value) = values.get(row) else { return Ok(false) };
            text::write(Super::of(value), out);
            if out.len() > BYTES_MAX {
                return Err(Error::string_too_long(format!("character varying({BYTES_MAX})"))
                    .with_hint("JSON_SERIALIZE_TO_VARBYTE and JSON_SIZE take longer values."));
            }
            Ok(true)
        })
    },
};

/// JSON_SERIALIZE_TO_VARBYTE
pub static JSON_SERIALIZE_TO_VARBYTE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_serialize_to_varbyte",
        aliases: &[],
        category: "super",
        description: "A SUPER value as JSON text in a VARBYTE.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select json_serialize_to_varbyte(json_parse('[1]')); -- 5b315d",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::BinaryView),
    invoke: |call| {
        let values = call.semi_structured(0)?;
        let mut out = BinaryViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            let Some(value) = values.get(row) else {
                out.append_null();
                continue;
            };
            let json = text::to_json(value);
            if json.len() > VARBYTE_BYTES_MAX {
                return Err(Error::string_too_long(format!("binary varying({VARBYTE_BYTES_MAX})")));
            }
            out.append_value(json);
        }
        Ok(Arc::new(out.finish()))
    },
};

/// JSON_SIZE
pub static JSON_SIZE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_size",
        aliases: &[],
        category: "super",
        description: "How many bytes a SUPER value has as JSON text.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select json_size(json_parse('[10001,10002]')); -- 13",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Int32),
    invoke: |call| {
        numbers::<Int32Type>(call, |value| {
            let mut json = String::new();
            text::write(value, &mut json);
            i32::try_from(json.len()).ok()
        })
    },
};
