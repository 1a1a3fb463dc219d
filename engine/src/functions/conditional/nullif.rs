//! NULLIF (page r_NULLIF_function). Trailing blanks of strings do not count.

use std::cmp::Ordering;

use arrow::datatypes::DataType;

use super::common::{Choices, common_type};
use crate::functions::definition::{Documentation, ScalarFunction, Types};

/// NULLIF
pub static NULLIF: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "nullif",
        aliases: &[],
        category: "conditional",
        description: "NULL if both arguments are equal, else the first.",
        arguments: &[("expression1", "the result, if it differs"), ("expression2", "what it is compared with")],
        example: "select nullif(1, 1); -- NULL",
    },
    arity: (2, 2),
    returns: |types| {
        common_type(types, 0..2)?;
        Ok(match types.data_type(0) {
            DataType::Null | DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            other => other.clone(),
        })
    },
    invoke: |call| {
        let data_types: Vec<DataType> = call.arguments.iter().map(|argument| argument.data_type()).collect();
        let common = common_type(&Types::new("nullif", &data_types), 0..2)?;
        let compared = Choices::new(call, 0..2, &common)?;
        let compare = compared.comparator(0, 1)?;
        let first = Choices::new(call, 0..1, call.return_type)?;
        first.pick(call, |row| {
            let both = !compared.is_null(0, row) && !compared.is_null(1, row);
            if both && compare(row) == Ordering::Equal { None } else { Some(0) }
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, decimal, int, int4, null, text};

    #[test]
    fn results() {
        check(
            &NULLIF,
            vec![
                (vec![int(1), int(1)], null()),
                (vec![int4(4), int(2)], int4(4)),
                (vec![text("a"), text("a ")], null()),
                (vec![text(""), text("")], null()),
                (vec![int(1), null()], int(1)),
                (vec![null(), int(1)], null()),
                (vec![decimal(100, 5, 2), int(1)], null()),
                (vec![date("2008-01-01"), text("2008-01-01")], null()),
            ],
        );
    }
}
