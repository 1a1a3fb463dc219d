//! BPCHARCMP and BTTEXT_PATTERN_CMP (pages r_BPCHARCMP, r_BTTEXT_PATTERN_CMP): byte order, trailing
//! blanks ignored.

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

/// BPCHARCMP
pub static BPCHARCMP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "bpcharcmp",
        aliases: &[],
        category: "string",
        description: "Compares two strings, ignoring trailing blanks: 1 if the first is greater, -1 if it is less, \
                      0 if they are equal.",
        arguments: &[("string1", "the first string"), ("string2", "the second string")],
        example: "select bpcharcmp('Barry', 'Roy'); -- -1",
    },
    arity: (2, 2),
    returns,
    invoke,
};

/// BTTEXT_PATTERN_CMP
pub static BTTEXT_PATTERN_CMP: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "bttext_pattern_cmp",
        aliases: &[],
        category: "string",
        description: "The same as BPCHARCMP.",
        arguments: &[("string1", "the first string"), ("string2", "the second string")],
        example: "select bttext_pattern_cmp('Barry', 'Roy'); -- -1",
    },
    arity: (2, 2),
    returns,
    invoke,
};

fn returns(types: &Types) -> Result<DataType> {
    types.require(0, Kind::is_textual)?;
    types.require(1, Kind::is_textual)?;
    Ok(DataType::Int32)
}

fn invoke(call: &Call) -> Result<ArrayRef> {
    let (first, second) = (call.text(0)?, call.text(1)?);
    call.build::<Int32Type>(|row| match (first.get(row), second.get(row)) {
        (Some(first), Some(second)) => Ok(Some(first.trim_end_matches(' ').cmp(second.trim_end_matches(' ')) as i32)),
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
            &BPCHARCMP,
            vec![
                (vec![text("Barry"), text("Roy")], int4(-1)),
                (vec![text("b"), text("a")], int4(1)),
                (vec![text("a  "), text("a")], int4(0)),
                (vec![null(), text("a")], null()),
            ],
        );
    }
}
