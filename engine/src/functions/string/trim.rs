//! LTRIM, RTRIM and BTRIM (pages r_LTRIM, r_RTRIM, r_BTRIM, r_TRIM). `TRIM([LEADING|TRAILING|BOTH]
//! characters FROM string)` is bound to them.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// LTRIM
pub static LTRIM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "ltrim",
        aliases: &[],
        category: "string",
        description: "Removes characters from the beginning of a string.",
        arguments: &[("string", "a string"), ("trim_chars", "optional: the characters to remove; blanks by default")],
        example: "select ltrim('2008-01-24', '2008-'); -- 1-24",
    },
    arity: (1, 2),
    returns,
    invoke: |call| invoke(call, true, false),
};

/// RTRIM
pub static RTRIM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "rtrim",
        aliases: &[],
        category: "string",
        description: "Removes characters from the end of a string.",
        arguments: &[("string", "a string"), ("trim_chars", "optional: the characters to remove; blanks by default")],
        example: "select rtrim('abcxyx', 'xyz'); -- abc",
    },
    arity: (1, 2),
    returns,
    invoke: |call| invoke(call, false, true),
};

/// BTRIM
pub static BTRIM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "btrim",
        aliases: &["trim"],
        category: "string",
        description: "Removes characters from both ends of a string.",
        arguments: &[("string", "a string"), ("trim_chars", "optional: the characters to remove; blanks by default")],
        example: "select btrim('xyzaxyzbxyzcxyz', 'xyz'); -- axyzbxyzc",
    },
    arity: (1, 2),
    returns,
    invoke: |call| invoke(call, true, true),
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    types.require(1, Kind::is_textual)?;
    Ok(DataType::Utf8View)
}

fn invoke(call: &Call, left: bool, right: bool) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let sets = if call.count() > 1 { Some(call.text(1)?) } else { None };
    call.build_text(|row| {
        let set = sets.as_ref().map_or(Some(" "), |sets| sets.get(row));
        let (Some(mut text), Some(set)) = (texts.get(row), set) else { return Ok(None) };
        if left {
            text = text.trim_start_matches(|c| set.contains(c));
        }
        if right {
            text = text.trim_end_matches(|c| set.contains(c));
        }
        Ok(Some(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text, timestamp};

    #[test]
    fn documented_results() {
        check(
            &LTRIM,
            vec![
                (vec![text("2008-01-24 06:43:29"), text("2008-")], text("1-24 06:43:29")),
                (vec![timestamp("2008-03-05 12:25:29"), text("2008-")], text("3-05 12:25:29")),
                (vec![text("  a ")], text("a ")),
                (vec![null()], null()),
            ],
        );
        check(
            &BTRIM,
            vec![
                (vec![text("     abc    ")], text("abc")),
                (vec![text("xyzaxyzbxyzcxyz"), text("xyz")], text("axyzbxyzc")),
                (vec![text("Citizens Bank Park"), text("CDG")], text("itizens Bank Park")),
                (vec![text("\tabc"), text("")], text("\tabc")),
                (vec![text("abc"), null()], null()),
            ],
        );
        check(&RTRIM, vec![(vec![text("abc xyx"), text("xyz ")], text("abc"))]);
    }
}
