//! GETBIT (page r_GETBIT): bits count from 0, from the last byte's least significant one.

use arrow::datatypes::{DataType, Int32Type};

use crate::{
    error::{Error, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// GETBIT
pub static GETBIT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "getbit",
        aliases: &[],
        category: "varbyte",
        description: "A bit of a VARBYTE as INTEGER, counted from 0 at the least significant one.",
        arguments: &[("binary_value", "a VARBYTE"), ("index", "which bit")],
        example: "select getbit(from_hex('4d'), 2); -- 1",
    },
    arity: (2, 2),
    returns: |types| {
        types.require(0, |kind| kind == Kind::Binary)?;
        types.require(1, Kind::is_number)?;
        Ok(DataType::Int32)
    },
    invoke: |call| {
        let (values, indices) = (call.binary(0)?, call.int(1)?);
        call.build::<Int32Type>(|row| {
            let (Some(bytes), Some(index)) = (values.get(row), indices.get(row)) else { return Ok(None) };
            let byte = usize::try_from(index / 8).ok().filter(|byte| index >= 0 && *byte < bytes.len());
            let Some(byte) = byte else {
                let message = format!("bit index {index} is out of range (0..{})", bytes.len() * 8);
                return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
            };
            Ok(Some(i32::from(bytes[bytes.len() - 1 - byte] >> (index % 8) & 1)))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, fails, int, int4, null};

    #[test]
    fn results() {
        check(
            &GETBIT,
            vec![
                (vec![binary(&[0x4d]), int(2)], int4(1)),
                (vec![binary(&[0x4d]), int(1)], int4(0)),
                (vec![binary(&[0x01, 0x00]), int(8)], int4(1)),
                (vec![null(), int(1)], null()),
            ],
        );
        fails(&GETBIT, vec![binary(&[1]), int(8)], "22023");
        fails(&GETBIT, vec![binary(&[1]), int(-1)], "22023");
    }
}
