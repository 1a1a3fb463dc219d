//! REGEXP_REPLACE (page REGEXP_REPLACE): replaces every match. `$1` … `$9` (or `\1`) in the
//! replacement stand for groups, `$0` and `$&` for the match.

use arrow::datatypes::DataType;

use super::regexp::{Match, Patterns, optional_int, search_start};
use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// REGEXP_REPLACE
pub static REGEXP_REPLACE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "regexp_replace",
        aliases: &[],
        category: "string",
        description: "Replaces every match of a regular expression.",
        arguments: &[
            ("source_string", "where to search"),
            ("pattern", "a regular expression"),
            ("replace_string", "optional: the replacement; an empty string by default"),
            ("position", "optional: the character to begin at, from 1"),
            ("parameters", "optional: i ignores case, c does not, p is Perl's dialect"),
        ],
        example: "select regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i'); -- the quick brown fox",
    },
    arity: (2, 5),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, |kind| kind == Kind::Text)?;
        types.require(2, Kind::is_textual)?;
        types.require(3, Kind::is_number)?;
        types.require(4, |kind| kind == Kind::Text)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        let Some(mut patterns) = Patterns::new(call, 1, 4)? else { return call.build_text(|_| Ok(None)) };
        let replacements = if call.count() > 2 { Some(call.text(2)?) } else { None };
        let positions = optional_int(call, 3, 1)?;
        call.write_text(|row, out| {
            let replacement = replacements.as_ref().map_or(Some(""), |values| values.get(row));
            let (Some(text), Some(replacement), Some(position)) = (texts.get(row), replacement, positions(row)) else {
                return Ok(false);
            };
            let Some(pattern) = patterns.get(row)? else { return Ok(false) };
            let Some(start) = search_start(text, position) else {
                out.push_str(text);
                return Ok(true);
            };
            out.push_str(&text[..start]);
            let rest = &text[start..];
            let mut copied = 0;
            pattern.each(rest, |found| {
                if let Some(Some((begin, end))) = found.first().copied() {
                    out.push_str(&rest[copied..begin]);
                    expand(out, replacement, rest, &found);
                    copied = end;
                }
                true
            })?;
            out.push_str(&rest[copied..]);
            Ok(true)
        })
    },
};

/// Appends the replacement of one match.
fn expand(out: &mut String, replacement: &str, text: &str, found: &Match) {
    let mut characters = replacement.chars().peekable();
    while let Some(c) = characters.next() {
        let group = match (c, characters.peek()) {
            ('$', Some('&')) => Some(0),
            ('$', Some('0')) => Some(0),
            ('$' | '\\', Some(digit)) if digit.is_ascii_digit() && *digit != '0' => digit.to_digit(10),
            _ => None,
        };
        match group {
            Some(group) => {
                characters.next();
                if let Some(Some((begin, end))) = found.get(group as usize) {
                    out.push_str(&text[*begin..*end]);
                }
            }
            None => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, null, text};

    #[test]
    fn documented_results() {
        check(
            &REGEXP_REPLACE,
            vec![
                (vec![text("Etiam@sodales.edu"), text("@.*\\.(org|gov|com|edu|ca)$")], text("Etiam")),
                (
                    vec![text("sed@lacus.ca"), text("@.*\\.[[:alpha:]]{2,3}"), text("@internal.company.com")],
                    text("sed@internal.company.com"),
                ),
                (
                    vec![text("the fox"), text("FOX"), text("quick brown fox"), int(1), text("i")],
                    text("the quick brown fox"),
                ),
                (
                    vec![
                        text("passwd7 plain A1234 a1234"),
                        text("(?=[^ ]*[a-z])(?=[^ ]*[0-9])[^ ]+"),
                        text("[hidden]"),
                        int(1),
                        text("ip"),
                    ],
                    text("[hidden] plain [hidden] [hidden]"),
                ),
                (vec![text("aaa"), text("a"), text("b")], text("bbb")),
                (vec![text("aaa"), text("a"), text("b"), int(3)], text("aab")),
                (vec![text("aaa"), text("a"), text("b"), int(9)], text("aaa")),
                (vec![text("john smith"), text("(\\w+) (\\w+)"), text("$2, $1")], text("smith, john")),
                (vec![text("cost 5"), text("5"), text("$ 5")], text("cost $ 5")),
                (vec![text("abc"), text("x*"), text("-")], text("-a-b-c-")),
                (vec![text("abc"), null(), text("-")], null()),
                (vec![text("abc"), text("b"), null()], null()),
            ],
        );
    }
}
