//! SUBSTRING (page r_SUBSTRING): characters of a string, or bytes of a VARBYTE. A start before the
//! first character counts, so that part of the length is used up in front of the string.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BinaryViewBuilder},
    datatypes::DataType,
};

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
    },
};

/// SUBSTRING
pub static SUBSTRING: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "substring",
        aliases: &["substr"],
        category: "string",
        description: "A part of a string in characters, or of a VARBYTE in bytes.",
        arguments: &[
            ("expression", "a string or VARBYTE"),
            ("start", "the first character, from 1; positions before it count against the length"),
            ("length", "optional: how many characters; to the end by default"),
        ],
        example: "select substring('caterpillar', -2, 6); -- cat",
    },
    arity: (2, 3),
    returns: |types| {
        types.require(1, Kind::is_number_or_text)?;
        types.require(2, Kind::is_number_or_text)?;
        if types.kind(0) == Kind::Binary {
            return Ok(DataType::BinaryView);
        }
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke,
};

/// `negative substring length not allowed`
pub fn negative_length() -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, "negative substring length not allowed")
}

/// The byte at which a character begins, counted from 0; the text's end if it has fewer.
pub fn byte_offset(text: &str, characters: usize) -> usize {
    if characters >= text.len() {
        return text.len();
    }
    if text.is_ascii() {
        return characters;
    }
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let starts = call.int(1)?;
    let lengths = if call.count() > 2 { Some(call.int(2)?) } else { None };
    // the range of positions from 0 in a row; None for NULL
    let range = |row: usize| -> Result<Option<(usize, usize)>> {
        let Some(start) = starts.get(row) else { return Ok(None) };
        let end = match &lengths {
            None => i64::MAX,
            Some(lengths) => match lengths.get(row) {
                None => return Ok(None),
                Some(length) if length < 0 => return Err(negative_length()),
                Some(length) => start.saturating_add(length),
            },
        };
        let position = |value: i64| usize::try_from(value.saturating_sub(1).max(0)).unwrap_or(usize::MAX);
        Ok(Some((position(start), position(end))))
    };
    if call.kind(0) == Kind::Binary {
        let values = call.binary(0)?;
        let mut builder = BinaryViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            let (Some(value), Some((begin, end))) = (values.get(row), range(row)?) else {
                builder.append_null();
                continue;
            };
            let begin = begin.min(value.len());
            builder.append_value(&value[begin..end.clamp(begin, value.len())]);
        }
        return Ok(Arc::new(builder.finish()));
    }
    let texts = call.text(0)?;
    call.build_text(|row| {
        let (Some(text), Some((begin, end))) = (texts.get(row), range(row)?) else { return Ok(None) };
        let rest = &text[byte_offset(text, begin)..];
        Ok(Some(&rest[..byte_offset(rest, end.saturating_sub(begin))]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, fails, int, null, text, timestamp};

    #[test]
    fn documented_results() {
        let cat = |start, length| vec![text("caterpillar"), int(start), int(length)];
        check(
            &SUBSTRING,
            vec![
                (cat(6, 4), text("pill")),
                (cat(6, 8), text("pillar")),
                (cat(-2, 6), text("cat")),
                (cat(-5, 4), text("")),
                (cat(100, 4), text("")),
                (cat(i64::MIN, i64::MAX), text("")),
                (cat(2, i64::MAX), text("aterpillar")),
                (vec![text("été"), int(2)], text("té")),
                (vec![text("été"), int(1), int(2)], text("ét")),
                (vec![timestamp("2008-03-05 12:25:29"), int(6), int(2)], text("03")),
                (vec![binary(b"abc"), int(-3)], binary(b"abc")),
                (vec![binary(b"abc"), int(3)], binary(b"c")),
                (vec![binary(b"abc"), int(2), int(10)], binary(b"bc")),
                (vec![null(), int(1)], null()),
                (vec![text("a"), null()], null()),
            ],
        );
        fails(&SUBSTRING, cat(1, -1), "22023");
    }
}
