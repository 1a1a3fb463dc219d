//! SOUNDEX and DIFFERENCE (pages SOUNDEX, DIFFERENCE): American Soundex codes.

use arrow::datatypes::{DataType, Int32Type};

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// SOUNDEX
pub static SOUNDEX: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "soundex",
        aliases: &[],
        category: "string",
        description: "The American Soundex code: a letter and three digits; empty for a string without letters.",
        arguments: &[("string", "a string of which only the letters A to Z count")],
        example: "select soundex('Amazon'); -- A525",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        call.write_text(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            out.extend(soundex(text).iter().flatten().map(|byte| char::from(*byte)));
            Ok(true)
        })
    },
};

/// DIFFERENCE
pub static DIFFERENCE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "difference",
        aliases: &[],
        category: "string",
        description: "How many of the four characters of two strings' Soundex codes agree, as INTEGER.",
        arguments: &[("string1", "the first string"), ("string2", "the second string")],
        example: "select difference('Amazon', 'Ama'); -- 2",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        types.require(1, Kind::is_textual)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let (first, second) = (call.text(0)?, call.text(1)?);
        call.build::<Int32Type>(|row| {
            let (Some(first), Some(second)) = (first.get(row), second.get(row)) else { return Ok(None) };
            Ok(Some(match (soundex(first), soundex(second)) {
                (Some(first), Some(second)) => first.iter().zip(second).filter(|(a, b)| **a == *b).count() as i32,
                // What the page says of two strings without letters.
                (None, None) => 1,
                _ => 0,
            }))
        })
    },
};

fn digit(letter: u8) -> u8 {
    match letter {
        b'B' | b'F' | b'P' | b'V' => b'1',
        b'C' | b'G' | b'J' | b'K' | b'Q' | b'S' | b'X' | b'Z' => b'2',
        b'D' | b'T' => b'3',
        b'L' => b'4',
        b'M' | b'N' => b'5',
        b'R' => b'6',
        _ => 0,
    }
}

fn soundex(text: &str) -> Option<[u8; 4]> {
    let mut letters = text.bytes().filter(u8::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase());
    let first = letters.next()?;
    let mut code = [first, b'0', b'0', b'0'];
    let mut length = 1;
    let mut previous = digit(first);
    for letter in letters {
        let current = digit(letter);
        if current != 0 && current != previous && length < 4 {
            code[length] = current;
            length += 1;
        }
        // H and W do not separate letters of the same code, vowels do
        if !matches!(letter, b'H' | b'W') {
            previous = current;
        }
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int4, null, text};

    #[test]
    fn results() {
        check(
            &SOUNDEX,
            vec![
                (vec![text("Amazon")], text("A525")),
                (vec![text("Tymczak")], text("T522")),
                (vec![text("Ashcraft")], text("A261")),
                (vec![text("")], text("")),
                (vec![null()], null()),
            ],
        );
        check(
            &DIFFERENCE,
            vec![
                (vec![text("Amazon"), text("+-*/%Amazon")], int4(4)),
                (vec![text("%"), text("@")], int4(1)),
                (vec![null(), text("a")], null()),
            ],
        );
    }
}
