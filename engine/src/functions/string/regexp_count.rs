//! REGEXP_COUNT (page REGEXP_COUNT).

use arrow::datatypes::{DataType, Int32Type};

use super::regexp::{Patterns, optional_int, search_start};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REGEXP_COUNT
pub static REGEXP_COUNT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "regexp_count",
        aliases: &[],
        category: "string",
        description: "How often a regular expression matches, as INTEGER.",
        arguments: &[
            ("source_string", "where to search"),
            ("pattern", "a regular expression"),
            ("position", "optional: the character to begin at, from 1"),
            ("parameters", "optional: i ignores case, c does not, p is Perl's dialect"),
        ],
        example: "select regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}'); -- 8",
    },
    arity: (2, 4),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, |kind| kind == Kind::Text)?;
        types.require(2, Kind::is_number)?;
        types.require(3, |kind| kind == Kind::Text)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let Some(mut patterns) = Patterns::new(call, 1, 3)? else { return call.build::<Int32Type>(|_| Ok(None)) };
        let positions = optional_int(call, 2, 1)?;
        call.build::<Int32Type>(|row| {
            let (Some(text), Some(position)) = (texts.get(row), positions(row)) else { return Ok(None) };
            let Some(pattern) = patterns.get(row)? else { return Ok(None) };
            let Some(start) = search_start(text, position) else { return Ok(Some(0)) };
            let mut count = 0;
            pattern.each(&text[start..], |_| {
                count += 1;
                true
            })?;
            Ok(Some(count))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, int4, null, text};

    #[test]
    fn results() {
        check(
            &REGEXP_COUNT,
            vec![
                (vec![text("abcdefghijklmnopqrstuvwxyz"), text("[a-z]{3}")], int4(8)),
                (vec![text("non.justo@amet.edu"), text("@[^.]*\\.(org|edu)")], int4(1)),
                (vec![text("aaa"), text("a"), int(2)], int4(2)),
                (vec![text("aaa"), text("a"), int(9)], int4(0)),
                (vec![text("the fox"), text("FOX"), int(1), text("i")], int4(1)),
                (
                    vec![
                        text("passwd7 plain A1234 a1234"),
                        text("(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+"),
                        int(1),
                        text("p"),
                    ],
                    int4(2),
                ),
                (
                    vec![
                        text("passwd7 plain A1234 a1234"),
                        text("(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+"),
                        int(1),
                        text("ip"),
                    ],
                    int4(3),
                ),
                (vec![null(), text("a")], null()),
                (vec![text("a"), null()], null()),
            ],
        );
        fails(&REGEXP_COUNT, vec![text("a"), text("(")], "2201B");
        fails(&REGEXP_COUNT, vec![text("a"), text("a"), int(1), text("z")], "22023");
    }
}
