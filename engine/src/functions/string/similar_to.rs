//! SIMILAR TO (page pattern-matching-conditions-similar-to): the SQL standard's patterns, which match
//! the whole text. The binder calls it for the operator.

use std::{collections::HashMap, fmt::Write};

use arrow::datatypes::DataType;

use super::regexp::{Parameters, Pattern};
use crate::{
    error::{Error, Result},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
    },
};

/// `SIMILAR TO`
pub static SIMILAR_TO: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "similar to",
        aliases: &[],
        category: "string",
        description: "The condition expression SIMILAR TO pattern: whether a pattern of the SQL standard matches the \
                      whole text. % is any text, _ any character; | * + ? {m,n} () [] are as in regular expressions.",
        arguments: &[
            ("expression", "the text"),
            ("pattern", "the pattern"),
            ("escape", "optional: takes a character its meaning; the backslash if not given"),
        ],
        example: "select 'The Ring Cycle' similar to '%(Ring|Die)%'; -- true",
    },
    arity: (2, 3),
    returns: |types| {
        for index in 0..types.count() {
            types.require(index, Kind::is_textual)?;
        }
        Ok(DataType::Boolean)
    },
    invoke: |call| {
        let (texts, patterns) = (call.text(0)?, call.text(1)?);
        let escape = escape_of(call)?;
        let mut compiled: HashMap<String, Pattern> = HashMap::new();
        call.build_boolean(|row| {
            let (Some(text), Some(pattern)) = (texts.get(row), patterns.get(row)) else { return Ok(None) };
            if !compiled.contains_key(pattern) {
                let regex = Pattern::compile(&to_regex(pattern, escape), Parameters::default())?;
                compiled.insert(pattern.to_owned(), regex);
            }
            let mut matches = false;
            if let Some(pattern) = compiled.get(pattern) {
                pattern.each(text, |_| {
                    matches = true;
                    false
                })?;
            }
            Ok(Some(matches))
        })
    },
};

fn escape_of(call: &Call) -> Result<Option<char>> {
    if call.count() < 3 {
        return Ok(Some('\\'));
    }
    let text = call.constant_text(2)?.unwrap_or_default();
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (escape, None) => Ok(escape),
        (_, Some(_)) => Err(Error::invalid_escape()),
    }
}

/// The regular expression, anchored at both ends, that matches what the pattern matches.
fn to_regex(pattern: &str, escape: Option<char>) -> String {
    let mut regex = String::with_capacity(pattern.len() + 16);
    regex.push_str("\\A(?:");
    let (mut in_brackets, mut characters) = (false, pattern.chars());
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            characters.next().into_iter().for_each(|next| push_literal(&mut regex, next));
            continue;
        }
        match character {
            ']' if in_brackets => {
                in_brackets = false;
                regex.push(']');
            }
            '^' | '-' | ':' if in_brackets => regex.push(character),
            // A class such as [:alpha:] inside of brackets.
            '[' if in_brackets && characters.as_str().starts_with(':') => {
                let rest = characters.as_str();
                let end = rest.find(":]").map_or(rest.len(), |at| at + 2);
                let _ = write!(regex, "[{}", &rest[..end]);
                characters = rest[end..].chars();
            }
            _ if in_brackets => push_literal(&mut regex, character),
            '[' => {
                in_brackets = true;
                regex.push('[');
            }
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '(' => regex.push_str("(?:"),
            '|' | '*' | '+' | '?' | '{' | '}' | ')' => regex.push(character),
            _ => push_literal(&mut regex, character),
        }
    }
    regex.push_str(")\\z");
    regex
}

fn push_literal(regex: &mut String, character: char) {
    regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{boolean, check, fails, null, text};

    #[test]
    fn results() {
        check(
            &SIMILAR_TO,
            vec![
                (vec![text("abc"), text("(a|b)%")], boolean(true)),
                (vec![text("abcd"), text("bc")], boolean(false)),
                (vec![text("abc"), text("a_c")], boolean(true)),
                (vec![text("a.c"), text("a.c")], boolean(true)),
                (vec![text("abc"), text("a.c")], boolean(false)),
                (vec![text("start_time"), text("%start\\_%")], boolean(true)),
                (vec![text("starttime"), text("%start^_%"), text("^")], boolean(false)),
                (vec![text("a1b"), text("[a-z][0-9][^0-9]")], boolean(true)),
                (vec![text("a]"), text("a[\\]]")], boolean(true)),
                (vec![text("7"), text("[[:digit:]]")], boolean(true)),
                (vec![text("aaa"), text("a{2,3}")], boolean(true)),
                (vec![text("a"), text("b|a|c")], boolean(true)),
                (vec![null(), text("a")], null()),
            ],
        );
        fails(&SIMILAR_TO, vec![text("a"), text("(")], "2201B");
        fails(&SIMILAR_TO, vec![text("a"), text("a"), text("xy")], "22019");
    }
}
