//! STRPOS, CHARINDEX (POSITION) and OCTETINDEX (pages r_STRPOS, r_CHARINDEX, r_POSITION, OCTETINDEX):
//! where a string begins in another, from 1; 0 if it is not there.

use arrow::{
    array::ArrayRef,
    datatypes::{DataType, Int32Type},
};

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// STRPOS
pub static STRPOS: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "strpos",
        aliases: &[],
        category: "string",
        description: "The position of a substring in characters, from 1; 0 if it does not occur.",
        arguments: &[("string", "where to search"), ("substring", "what to search")],
        example: "select strpos('dogfish', 'fish'); -- 4",
    },
    arity: (2, 2),
    returns,
    invoke: |call| invoke(call, 0, 1, characters),
};

/// CHARINDEX
pub static CHARINDEX: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "charindex",
        aliases: &["position"],
        category: "string",
        description: "The position of a substring in characters, from 1; 0 if it does not occur. \
                      POSITION(substring IN string) is the same.",
        arguments: &[("substring", "what to search"), ("string", "where to search")],
        example: "select charindex('fish', 'dogfish'); -- 4",
    },
    arity: (2, 2),
    returns,
    invoke: |call| invoke(call, 1, 0, characters),
};

/// OCTETINDEX
pub static OCTETINDEX: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "octetindex",
        aliases: &[],
        category: "string",
        description: "The position of a substring in bytes, from 1; 0 if it does not occur.",
        arguments: &[("source_string", "what to search"), ("string", "where to search")],
        example: "select octetindex('Redshift', 'Амазон Redshift'); -- 14",
    },
    arity: (2, 2),
    returns,
    invoke: |call| invoke(call, 1, 0, |_, bytes| bytes),
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    types.require(1, Kind::is_textual)?;
    Ok(DataType::Int32)
}

fn characters(text: &str, bytes: usize) -> usize {
    text[..bytes].chars().count()
}

fn invoke(call: &Call, text: usize, part: usize, unit: fn(&str, usize) -> usize) -> Result<ArrayRef> {
    let (texts, parts) = (call.text(text)?, call.text(part)?);
    call.build::<Int32Type>(|row| match (texts.get(row), parts.get(row)) {
        (Some(text), Some(part)) => Ok(Some(text.find(part).map_or(0, |at| unit(text, at) as i32 + 1))),
        _ => Ok(None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int4, null, text};

    #[test]
    fn results() {
        check(
            &STRPOS,
            vec![
                (vec![text("dogfish"), text("fish")], int4(4)),
                (vec![text("dogfish"), text("cat")], int4(0)),
                (vec![text("été x"), text("x")], int4(5)),
                (vec![text("abc"), text("")], int4(1)),
                (vec![null(), text("")], null()),
            ],
        );
        check(&CHARINDEX, vec![(vec![text("fish"), text("dogfish")], int4(4))]);
        check(&OCTETINDEX, vec![(vec![text("Redshift"), text("Амазон Redshift")], int4(14))]);
    }
}
