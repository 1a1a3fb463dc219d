//! QUOTE_IDENT and QUOTE_LITERAL (pages r_QUOTE_IDENT, r_QUOTE_LITERAL).

use arrow::datatypes::DataType;

use crate::functions::{
    arguments::Kind,
    definition::{Documentation, ScalarFunction},
};

/// QUOTE_IDENT
pub static QUOTE_IDENT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "quote_ident",
        aliases: &[],
        category: "string",
        description: "The string as an identifier, in double quotes where an identifier needs them.",
        arguments: &[("string", "a name")],
        example: "select quote_ident('MLB'); -- \"MLB\"",
    },
    arity: (1, 1),
    returns: |types| {
        types.require(0, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke: |call| {
        let texts = call.text(0)?;
        call.write_text(|row, out| {
            let Some(name) = texts.get(row) else { return Ok(false) };
            if is_plain(name) {
                out.push_str(name);
            } else {
                out.push('"');
                out.push_str(&name.replace('"', "\"\""));
                out.push('"');
            }
            Ok(true)
        })
    },
};

fn is_plain(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// QUOTE_LITERAL
pub static QUOTE_LITERAL: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "quote_literal",
        aliases: &[],
        category: "string",
        description: "The string as a literal in single quotes; quotes and backslashes in it are doubled.",
        arguments: &[("string", "a string")],
        example: "select quote_literal('it''s'); -- 'it''s'",
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
            out.push('\'');
            for c in text.chars() {
                if matches!(c, '\'' | '\\') {
                    out.push(c);
                }
                out.push(c);
            }
            out.push('\'');
            Ok(true)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, null, text};

    #[test]
    fn results() {
        check(
            &QUOTE_IDENT,
            vec![
                (vec![text("MLB")], text("\"MLB\"")),
                (vec![text("mlb")], text("mlb")),
                (vec![text("a\"b")], text("\"a\"\"b\"")),
                (vec![text("1a")], text("\"1a\"")),
                (vec![text("")], text("\"\"")),
                (vec![null()], null()),
            ],
        );
        check(&QUOTE_LITERAL, vec![(vec![text("it's")], text("'it''s'")), (vec![text("a\\b")], text("'a\\\\b'"))]);
    }
}
