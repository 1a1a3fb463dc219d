//! What a SUPER value is (page "SUPER type information functions").

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int32Type},
};

use super::{numbers, of_value};
use crate::{
    error::Result,
    functions::{
        arguments::Call,
        definition::{Documentation, ScalarFunction},
    },
    types::super_value::{Super, number},
};

/// Longest CHAR, in bytes.
const CHAR_BYTES_MAX: usize = 4096;

/// JSON_TYPEOF
pub static JSON_TYPEOF: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "json_typeof",
        aliases: &[],
        category: "super",
        description: "The dynamic type of a SUPER value: boolean, number, string, object, array or null.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select json_typeof(array(1,2)); -- array",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Utf8View),
    invoke: |call| {
        let values = call.semi_structured(0)?;
        call.build_text(|row| Ok(values.get(row).map(|value| Super::of(value).type_name())))
    },
};

macro_rules! test {
    ($constant:ident, $name:literal, $description:literal, $example:literal, $accept:expr) => {
        #[doc = $description]
        pub static $constant: ScalarFunction = ScalarFunction {
            documentation: Documentation {
                name: $name,
                aliases: &[],
                category: "super",
                description: $description,
                arguments: &[("super_expression", "a SUPER value")],
                example: $example,
            },
            arity: (1, 1),
            returns: |types| of_value(types, DataType::Boolean),
            invoke: |call| test(call, $accept),
        };
    };
}

/// False for NULL, as the pages say.
fn test(call: &Call, accept: fn(Super<'_>) -> bool) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    call.build_boolean(|row| Ok(Some(values.get(row).is_some_and(|value| accept(Super::of(value))))))
}

/// A whole number of any kind; Redshift tells integers and decimals of scale 0 not apart.
fn is_whole(value: Super<'_>, least: i64, greatest: i64) -> bool {
    matches!(value, Super::Integer(value) if (least..=greatest).contains(&value))
}

test!(
    IS_ARRAY,
    "is_array",
    "Whether a SUPER value is an array.",
    "select is_array(json_parse('[1,2]')); -- t",
    |value| matches!(value, Super::Array(_))
);
test!(
    IS_BIGINT,
    "is_bigint",
    "Whether a SUPER value is a BIGINT: a whole number in its range.",
    "select is_bigint(json_parse('5')); -- t",
    |value| is_whole(value, i64::MIN, i64::MAX)
);
test!(
    IS_BOOLEAN,
    "is_boolean",
    "Whether a SUPER value is a boolean.",
    "select is_boolean(json_parse('true')); -- t",
    |value| matches!(value, Super::Boolean(_))
);
test!(
    IS_CHAR,
    "is_char",
    "Whether a SUPER value is a CHAR: a string of ASCII characters that is not longer than a CHAR can be.",
    "select is_char(json_parse('\"t\"')); -- t",
    |value| matches!(value, Super::String(text) if text.is_ascii() && text.len() <= CHAR_BYTES_MAX)
);
test!(
    IS_DECIMAL,
    "is_decimal",
    "Whether a SUPER value is a DECIMAL: a number that is not floating-point.",
    "select is_decimal(json_parse('1.22')); -- t",
    |value| matches!(value, Super::Integer(_) | Super::Decimal(..))
);
test!(
    IS_FLOAT,
    "is_float",
    "Whether a SUPER value is a floating-point number.",
    "select is_float(2.22::float); -- t",
    |value| matches!(value, Super::Float(_))
);
test!(
    IS_INTEGER,
    "is_integer",
    "Whether a SUPER value is an INTEGER: a whole number in its range.",
    "select is_integer(json_parse('5')); -- t",
    |value| is_whole(value, i32::MIN.into(), i32::MAX.into())
);
test!(
    IS_OBJECT,
    "is_object",
    "Whether a SUPER value is an object.",
    "select is_object(json_parse('{\"name\":\"Joe\"}')); -- t",
    |value| matches!(value, Super::Object(_))
);
test!(
    IS_SCALAR,
    "is_scalar",
    "Whether a SUPER value is neither array, object nor null.",
    "select is_scalar(json_parse('3')); -- t",
    |value| !matches!(value, Super::Null | Super::Array(_) | Super::Object(_))
);
test!(
    IS_SMALLINT,
    "is_smallint",
    "Whether a SUPER value is a SMALLINT: a whole number in its range.",
    "select is_smallint(json_parse('5')); -- t",
    |value| is_whole(value, i16::MIN.into(), i16::MAX.into())
);
test!(
    IS_VARCHAR,
    "is_varchar",
    "Whether a SUPER value is a string.",
    "select is_varchar(json_parse('\"abc\"')); -- t",
    |value| matches!(value, Super::String(_))
);

/// DECIMAL_PRECISION
pub static DECIMAL_PRECISION: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "decimal_precision",
        aliases: &[],
        category: "super",
        description: "How many digits the number in a SUPER value has, before and after its point.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select decimal_precision(json_parse('3.14159')); -- 6",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Int32),
    invoke: |call| digits(call, number::precision),
};

/// DECIMAL_SCALE
pub static DECIMAL_SCALE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "decimal_scale",
        aliases: &[],
        category: "super",
        description: "How many digits the number in a SUPER value has after its point.",
        arguments: &[("super_expression", "a SUPER value")],
        example: "select decimal_scale(json_parse('3.14159')); -- 5",
    },
    arity: (1, 1),
    returns: |types| of_value(types, DataType::Int32),
    invoke: |call| digits(call, |_, scale| scale),
};

/// NULL for what is no exact number.
fn digits(call: &Call, count: fn(i128, u8) -> u8) -> Result<ArrayRef> {
    numbers::<Int32Type>(call, |value| match value {
        value @ (Super::Integer(_) | Super::Decimal(..)) => {
            let (value, scale) = number::as_decimal(value);
            Some(i32::from(count(value, scale)))
        }
        _ => None,
    })
}
