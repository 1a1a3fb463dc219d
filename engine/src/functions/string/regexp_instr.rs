//! REGEXP_INSTR (page REGEXP_INSTR).

use arrow::datatypes::{DataType, Int32Type};

use super::regexp::{Patterns, optional_int, search_start};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REGEXP_INSTR
pub static REGEXP_INSTR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "regexp_instr",
        aliases: &[],
        category: "string",
        description: "The character position at which a regular expression matches, from 1; 0 if it does not.",
        arguments: &[
            ("source_string", "where to search"),
            ("pattern", "a regular expression"),
            ("position", "optional: the character to begin at, from 1"),
            ("occurrence", "optional: which match is meant, from 1"),
            ("option", "optional: 0 is the match's first character, anything else the one behind it"),
            ("parameters", "optional: i ignores case, c does not, e is the first group, p is Perl's dialect"),
        ],
        example: "select regexp_instr('the fox', 'FOX', 1, 1, 0, 'i'); -- 5",
    },
    arity: (2, 6),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, |kind| kind == Kind::Text)?;
        (2..5).try_for_each(|index| types.require(index, Kind::is_number))?;
        types.require(5, |kind| kind == Kind::Text)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let Some(mut patterns) = Patterns::new(call, 1, 5)? else { return call.build::<Int32Type>(|_| Ok(None)) };
        let group = usize::from(patterns.parameters().group);
        let (positions, occurrences) = (optional_int(call, 2, 1)?, optional_int(call, 3, 1)?);
        let options = optional_int(call, 4, 0)?;
        call.build::<Int32Type>(|row| {
            let (Some(text), Some(position), Some(occurrence), Some(option)) =
                (texts.get(row), positions(row), occurrences(row), options(row))
            else {
                return Ok(None);
            };
            let Some(pattern) = patterns.get(row)? else { return Ok(None) };
            let Some(start) = search_start(text, position) else { return Ok(Some(0)) };
            if occurrence < 1 {
                return Ok(Some(0));
            }
            let Some(found) = pattern.nth(&text[start..], occurrence)? else { return Ok(Some(0)) };
            let range = if found.len() > group { found[group] } else { found[0] };
            Ok(Some(range.map_or(0, |(begin, end)| {
                let at = start + if option == 0 { begin } else { end };
                text[..at].chars().count() as i32 + 1
            })))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, int4, null, text};

    #[test]
    fn documented_results() {
        let fox = |rest: Vec<datafusion::common::ScalarValue>| [vec![text("the fox")], rest].concat();
        check(
            &REGEXP_INSTR,
            vec![
                (vec![text("sed@lacusUtnec.ca"), text("@[^.]*")], int4(4)),
                (vec![text("The Home Depot Center"), text("[cC]ent(er|re)$")], int4(16)),
                (fox(vec![text("FOX"), int(1), int(1), int(0), text("i")]), int4(5)),
                (fox(vec![text("fox"), int(1), int(1), int(1)]), int4(8)),
                (fox(vec![text("cat")]), int4(0)),
                (fox(vec![text("fox"), int(1), int(0)]), int4(0)),
                (fox(vec![text("f(o)x"), int(1), int(1), int(0), text("e")]), int4(6)),
                (
                    vec![
                        text("passwd7 plain A1234 a1234"),
                        text("(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+"),
                        int(1),
                        int(2),
                        int(0),
                        text("p"),
                    ],
                    int4(21),
                ),
                (fox(vec![null()]), null()),
            ],
        );
    }
}
