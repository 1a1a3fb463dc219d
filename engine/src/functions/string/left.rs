//! LEFT and RIGHT (page r_LEFT), in characters (bytes of VARBYTE are not supported here).

use arrow::{array::ArrayRef, datatypes::DataType};

use super::substring::{byte_offset, negative_length};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// LEFT
pub static LEFT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "left",
        aliases: &[],
        category: "string",
        description: "The first characters of a string.",
        arguments: &[("string", "a string"), ("integer", "how many characters; not negative")],
        example: "select left('Chicago', 3); -- Chi",
    },
    arity: (2, 2),
    returns,
    invoke: |call| invoke(call, |text, count| &text[..byte_offset(text, count)]),
};

/// RIGHT
pub static RIGHT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "right",
        aliases: &[],
        category: "string",
        description: "The last characters of a string.",
        arguments: &[("string", "a string"), ("integer", "how many characters; not negative")],
        example: "select right('Chicago', 3); -- ago",
    },
    arity: (2, 2),
    returns,
    invoke: |call| {
        invoke(call, |text, count| {
            let skipped = text.chars().count().saturating_sub(count);
            &text[byte_offset(text, skipped)..]
        })
    },
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    types.require(1, Kind::is_number_or_text)?;
    Ok(DataType::Utf8View)
}

fn invoke(call: &Call, part: for<'t> fn(&'t str, usize) -> &'t str) -> Result<ArrayRef> {
    let (texts, counts) = (call.text(0)?, call.int(1)?);
    call.build_text(|row| {
        let (Some(text), Some(count)) = (texts.get(row), counts.get(row)) else { return Ok(None) };
        let count = usize::try_from(count).map_err(|_| negative_length())?;
        Ok(Some(part(text, count)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, null, text};

    #[test]
    fn results() {
        check(
            &LEFT,
            vec![
                (vec![text("Chicago"), int(3)], text("Chi")),
                (vec![text("été"), int(2)], text("ét")),
                (vec![text("abc"), int(10)], text("abc")),
                (vec![text("abc"), int(0)], text("")),
                (vec![null(), int(1)], null()),
                (vec![text("abc"), null()], null()),
            ],
        );
        check(
            &RIGHT,
            vec![
                (vec![text("Chicago"), int(3)], text("ago")),
                (vec![text("été"), int(2)], text("té")),
                (vec![text("abc"), int(10)], text("abc")),
                (vec![int(12345), int(2)], text("45")),
            ],
        );
        fails(&LEFT, vec![text("abc"), int(-1)], "22023");
    }
}
