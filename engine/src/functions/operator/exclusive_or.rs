//! `#`, the bits in which two integers differ. DataFusion's operator is not used: its optimizer makes `a # a` 0 and
//! `a # b # a` b, also where `a` is NULL.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array},
    compute::cast,
    datatypes::DataType,
};

use crate::{
    error::Error,
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// `#` as a function.
pub static EXCLUSIVE_OR: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "operator #",
        aliases: &[],
        category: "operator",
        description: "The integer whose bits are set where those of the two others differ.",
        arguments: &[("left", "an integer"), ("right", "an integer")],
        example: "select 5 # 1; -- 4",
    },
    arity: (2, 2),
    returns: |types| {
        let mut widest = DataType::Null;
        for index in 0..2 {
            types.require(index, |kind| kind == Kind::Integer)?;
            let own = types.data_type(index);
            if own.primitive_width() > widest.primitive_width() {
                widest = own.clone();
            }
        }
        Ok(if widest == DataType::Null { DataType::Int64 } else { widest })
    },
    invoke: |call| {
        let (left, right) = (call.int(0)?, call.int(1)?);
        let bits: Int64Array =
            (0..call.rows).map(|row| left.get(row).zip(right.get(row)).map(|(left, right)| left ^ right)).collect();
        let bits: ArrayRef = Arc::new(bits);
        // The bits beyond the narrower type are copies of its sign.
        cast(&bits, call.return_type).map_err(Error::internal)
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, fails, int, int2, null, text};

    #[test]
    fn bits_that_differ() {
        check(
            &EXCLUSIVE_OR,
            vec![
                (vec![int(5), int(1)], int(4)),
                (vec![int(-1), int(7)], int(-8)),
                (vec![int2(-32_768), int2(32_767)], int2(-1)),
                (vec![int(3), null()], null()),
            ],
        );
        fails(&EXCLUSIVE_OR, vec![text("a"), int(1)], "42883");
    }
}
