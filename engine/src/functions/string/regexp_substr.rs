//! REGEXP_SUBSTR (page REGEXP_SUBSTR).

use arrow::datatypes::DataType;

use super::regexp::{Patterns, optional_int, search_start};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REGEXP_SUBSTR
pub static REGEXP_SUBSTR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "regexp_substr",
        aliases: &[],
        category: "string",
        description: "What a regular expression matches; an empty string if it does not match, NULL if the \
                      occurrence is less than 1 or greater than the number of characters.",
        arguments: &[
            ("source_string", "where to search"),
            ("pattern", "a regular expression"),
            ("position", "optional: the character to begin at, from 1"),
            ("occurrence", "optional: which match is meant, from 1"),
            ("parameters", "optional: i ignores case, c does not, e is the first group, p is Perl's dialect"),
        ],
        example: "select regexp_substr('the fox', 'FOX', 1, 1, 'i'); -- fox",
    },
    arity: (2, 5),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, |kind| kind == Kind::Text)?;
        types.require(2, Kind::is_number)?;
        types.require(3, Kind::is_number)?;
        types.require(4, |kind| kind == Kind::Text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let Some(mut patterns) = Patterns::new(call, 1, 4)? else { return call.build_text(|_| Ok(None)) };
        let group = usize::from(patterns.parameters().group);
        let (positions, occurrences) = (optional_int(call, 2, 1)?, optional_int(call, 3, 1)?);
        call.build_text(|row| {
            let (Some(text), Some(position), Some(occurrence)) = (texts.get(row), positions(row), occurrences(row))
            else {
                return Ok(None);
            };
            let Some(pattern) = patterns.get(row)? else { return Ok(None) };
            let Some(start) = search_start(text, position) else { return Ok(Some("")) };
            if occurrence < 1 || occurrence > text.chars().count().max(1) as i64 {
                return Ok(None);
            }
            let rest = &text[start..];
            let Some(found) = pattern.nth(rest, occurrence)? else { return Ok(Some("")) };
            let range = if found.len() > group { found[group] } else { found[0] };
            Ok(Some(range.map_or("", |(begin, end)| &rest[begin..end])))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, null, text};

    #[test]
    fn documented_results() {
        check(
            &REGEXP_SUBSTR,
            vec![
                (vec![text("sed@lacusUtnec.ca"), text("@[^.]*")], text("@lacusUtnec")),
                (vec![text("the fox"), text("FOX"), int(1), int(1), text("i")], text("fox")),
                (vec![text("the fox"), text("cat")], text("")),
                (vec![text("the fox"), text("[a-z]+"), int(1), int(2)], text("fox")),
                (vec![text("the fox"), text("f(o)x"), int(1), int(1), text("e")], text("o")),
                (vec![text("the fox"), text("fox"), int(100)], text("")),
                (vec![text("the fox"), text("fox"), int(1), int(0)], null()),
                (
                    vec![
                        text("passwd7 plain A1234 a1234"),
                        text("(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+"),
                        int(1),
                        int(2),
                        text("p"),
                    ],
                    text("a1234"),
                ),
                (vec![null(), text("a")], null()),
            ],
        );
    }
}
