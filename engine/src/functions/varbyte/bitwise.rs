//! `~`, `&`, `|` and `#` of VARBYTE (page r_VARBYTE_OPERATORS). Both sides must have as many bytes: the page says
//! nothing of how values of different lengths would be lined up.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BinaryViewBuilder},
    datatypes::DataType,
};
use datafusion::logical_expr::Operator;

use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction, Types},
    },
};

macro_rules! bitwise {
    ($constant:ident, $name:literal, $symbol:literal, $combine:expr) => {
        static $constant: ScalarFunction = ScalarFunction {
            documentation: Documentation {
                name: $name,
                aliases: &[],
                category: "varbyte",
                description: concat!("`", $symbol, "` of two VARBYTE values of one length."),
                arguments: &[("left", "a VARBYTE"), ("right", "a VARBYTE")],
                example: concat!("select from_hex('0f') ", $symbol, " from_hex('05');"),
            },
            arity: (2, 2),
            returns: binary_type,
            invoke: |call| combined(call, $combine),
        };
    };
}

bitwise!(AND, "varbyte and", "&", |left, right| left & right);
bitwise!(OR, "varbyte or", "|", |left, right| left | right);
bitwise!(XOR, "varbyte xor", "#", |left, right| left ^ right);

/// The function of an operator.
pub fn function(operator: Operator) -> Option<&'static ScalarFunction> {
    match operator {
        Operator::BitwiseAnd => Some(&AND),
        Operator::BitwiseOr => Some(&OR),
        Operator::BitwiseXor => Some(&XOR),
        _ => None,
    }
}

fn binary_type(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Binary)?;
    types.require(1, |kind| kind == Kind::Binary)?;
    Ok(DataType::BinaryView)
}

fn combined(call: &Call, combine: fn(u8, u8) -> u8) -> Result<ArrayRef> {
    let (left, right) = (call.binary(0)?, call.binary(1)?);
    let mut out = BinaryViewBuilder::with_capacity(call.rows);
    let mut bytes = Vec::new();
    for row in 0..call.rows {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else {
            out.append_null();
            continue;
        };
        if left.len() != right.len() {
            let message =
                format!("bitwise operators take VARBYTE values of one length, not {} and {}", left.len(), right.len());
            return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        bytes.clear();
        bytes.extend(left.iter().zip(right).map(|(left, right)| combine(*left, *right)));
        out.append_value(&bytes);
    }
    Ok(Arc::new(out.finish()))
}

/// `~` of a call's first argument.
pub fn inverted(call: &Call) -> Result<ArrayRef> {
    let values = call.binary(0)?;
    let mut out = BinaryViewBuilder::with_capacity(call.rows);
    for row in 0..call.rows {
        out.append_option(values.get(row).map(|bytes| bytes.iter().map(|byte| !byte).collect::<Vec<u8>>()));
    }
    Ok(Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{binary, check, fails, null};

    #[test]
    fn bits_are_combined() {
        let (left, right) = (|| binary(&[0x0f, 0x01]), || binary(&[0x05, 0x03]));
        check(
            &AND,
            vec![
                (vec![left(), right()], binary(&[0x05, 0x01])),
                (vec![null(), right()], ScalarValue::BinaryView(None)),
            ],
        );
        check(&OR, vec![(vec![left(), right()], binary(&[0x0f, 0x03]))]);
        check(&XOR, vec![(vec![left(), right()], binary(&[0x0a, 0x02]))]);
        fails(&AND, vec![binary(&[1]), binary(&[1, 2])], "22023");
    }

    use datafusion::common::ScalarValue;
}
