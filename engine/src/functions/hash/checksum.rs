//! CHECKSUM (page r_CHECKSUM). Its algorithm is documented by an example only, which shows that the checksum of a
//! DECIMAL is the number without its point. What the example leaves open is refused.

use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Decimal128Type, Int32Type},
};

use crate::{
    error::Error,
    functions::{
        arguments::{Kind, convert},
        definition::{Documentation, ScalarFunction},
    },
};

/// CHECKSUM
pub static CHECKSUM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "checksum",
        aliases: &[],
        category: "hash",
        description: "A checksum of a DECIMAL as INTEGER. That of text and integers is not documented and refused.",
        arguments: &[("expression", "a DECIMAL")],
        example: "select checksum(109.20); -- 10920",
    },
    arity: (1, 1),
    returns: |types| match types.kind(0) {
        Kind::Null | Kind::Decimal => Ok(DataType::Int32),
        Kind::Text | Kind::Integer => Err(Error::not_supported("function checksum of text or integers")),
        _ => types.refuse(),
    },
    invoke: |call| {
        let (array, constant) = call.array(0)?;
        if array.data_type() == &DataType::Null {
            return call.build::<Int32Type>(|_| Ok(None));
        }
        let (precision, scale) = match array.data_type() {
            DataType::Decimal128(precision, scale) => (*precision, *scale),
            _ => (38, 0),
        };
        let array = convert(&array, &DataType::Decimal128(precision, scale))?;
        let values = array.as_primitive::<Decimal128Type>();
        call.build::<Int32Type>(|row| {
            let row = if constant { 0 } else { row };
            if values.is_null(row) {
                return Ok(None);
            }
            let checksum = i32::try_from(values.value(row));
            checksum.map(Some).map_err(|_| Error::not_supported("function checksum of a number of more than 9 digits"))
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, fails, int4, null, text};

    #[test]
    fn results() {
        check(&CHECKSUM, vec![(vec![decimal(10_920, 8, 2)], int4(10_920)), (vec![null()], null())]);
        fails(&CHECKSUM, vec![text("a")], "0A000");
        fails(&CHECKSUM, vec![decimal(99_999_999_999, 18, 2)], "0A000");
    }
}
