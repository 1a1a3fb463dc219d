//! LOWER, UPPER and INITCAP (pages r_LOWER, r_UPPER, r_INITCAP).

use arrow::datatypes::DataType;

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// LOWER
pub static LOWER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "lower",
        aliases: &[],
        category: "string",
        description: "The string in lower case.",
        arguments: &[("string", "a string")],
        example: "select lower('ÉCOLE'); -- école",
    },
    arity: (1, 1),
    returns,
    invoke: |call| map(call, |c| c.to_ascii_lowercase(), |c, out| out.push(single(c, c.to_lowercase()))),
};

/// UPPER
pub static UPPER: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "upper",
        aliases: &[],
        category: "string",
        description: "The string in upper case.",
        arguments: &[("string", "a string")],
        example: "select upper('Pop'); -- POP",
    },
    arity: (1, 1),
    returns,
    invoke: |call| map(call, |c| c.to_ascii_uppercase(), |c, out| out.push(single(c, c.to_uppercase()))),
};

/// INITCAP
pub static INITCAP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "initcap",
        aliases: &[],
        category: "string",
        description: "Each word with its first letter in upper case and the rest in lower case. Words are separated \
                      by what is neither letter nor digit.",
        arguments: &[("string", "a string")],
        example: "select initcap('nibh.enim@egestas.ca'); -- Nibh.Enim@Egestas.Ca",
    },
    arity: (1, 1),
    returns,
    invoke: |call| {
        let texts = call.text(0)?;
        call.write_text(|row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            let mut inside_word = false;
            for c in text.chars() {
                if inside_word {
                    out.push(single(c, c.to_lowercase()));
                } else {
                    out.push(single(c, c.to_uppercase()));
                }
                inside_word = c.is_alphanumeric();
            }
            Ok(true)
        })
    },
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    Ok(DataType::Utf8View)
}

/// A character's other case, if that is one character: ß has no capital letter.
fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => c,
    }
}

/// Maps characters one by one.
fn map(call: &Call, ascii: fn(char) -> char, other: fn(char, &mut String)) -> Result<arrow::array::ArrayRef> {
    let texts = call.text(0)?;
    call.write_text(|row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        for c in text.chars() {
            if c.is_ascii() {
                out.push(ascii(c));
            } else {
                other(c, out);
            }
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, null, text};

    #[test]
    fn results() {
        check(
            &LOWER,
            vec![
                (vec![text("MLB")], text("mlb")),
                (vec![text("ÉCOLE")], text("école")),
                (vec![int(5)], text("5")),
                (vec![text("")], text("")),
                (vec![null()], null()),
            ],
        );
        check(&UPPER, vec![(vec![text("straße")], text("STRAßE"))]);
        check(
            &INITCAP,
            vec![
                (vec![text("nibh.enim@egestas.ca")], text("Nibh.Enim@Egestas.Ca")),
                (vec![text("hOLLYWOOD and broadway1a")], text("Hollywood And Broadway1a")),
                (vec![null()], null()),
            ],
        );
    }
}
