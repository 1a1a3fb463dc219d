//! CONCAT (page r_CONCAT): two arguments, and NULL if either is NULL. `||` is bound to it too.

use arrow::{
    array::{ArrayRef, BinaryViewBuilder},
    datatypes::DataType,
};

use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
    },
};
use std::sync::Arc;

/// CONCAT
pub static CONCAT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "concat",
        aliases: &[],
        category: "string",
        description: "Concatenates two strings, or two VARBYTE values. NULL if either is NULL.",
        arguments: &[("expression1", "the first value"), ("expression2", "the second value")],
        example: "select concat('December 25, ', '2008'); -- December 25, 2008",
    },
    arity: (2, 2),
    returns: |types| {
        let binary = types.kinds().any(|kind| kind == Kind::Binary);
        if binary && types.kinds().all(|kind| matches!(kind, Kind::Binary | Kind::Null)) {
            return Ok(DataType::BinaryView);
        }
        types.require(0, Kind::is_textual)?;
        types.require(1, Kind::is_textual)?;
        Ok(DataType::Utf8View)
    },
    invoke,
};

fn invoke(call: &Call) -> Result<ArrayRef> {
    if call.return_type == &DataType::BinaryView {
        let (first, second) = (call.binary(0)?, call.binary(1)?);
        let mut builder = BinaryViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            builder.append_option(match (first.get(row), second.get(row)) {
                (Some(first), Some(second)) => Some([first, second].concat()),
                _ => None,
            });
        }
        return Ok(Arc::new(builder.finish()));
    }
    let (first, second) = (call.text(0)?, call.text(1)?);
    call.write_text(|row, out| {
        let (Some(first), Some(second)) = (first.get(row), second.get(row)) else { return Ok(false) };
        out.push_str(first);
        out.push_str(second);
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, date, decimal, fails, int, null, text};

    #[test]
    fn results() {
        check(
            &CONCAT,
            vec![
                (vec![text("a"), text("b")], text("ab")),
                (vec![text("a"), null()], null()),
                (vec![null(), text("b")], null()),
                (vec![text(""), text("")], text("")),
                (vec![text("n="), int(5)], text("n=5")),
                (vec![date("2008-01-02"), text("!")], text("2008-01-02!")),
                (vec![decimal(150, 5, 2), text("")], text("1.50")),
                (vec![binary(b"ab"), binary(b"c")], binary(b"abc")),
            ],
        );
        let long = "x".repeat(40_000);
        fails(&CONCAT, vec![text(&long), text(&long)], "22001");
        fails(&CONCAT, vec![text("a"), text("b"), text("c")], "42883");
    }
}
