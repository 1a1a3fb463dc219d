//! NVL2 (page r_NVL2).

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, when};

use super::common::{Choices, cast_expression, common_type, is_not_null};
use crate::{
    error::{Error, Result},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction, Types},
    },
};

/// NVL2
pub static NVL2: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "nvl2",
        aliases: &[],
        category: "conditional",
        description: "The second argument if the first is not NULL, else the third.",
        arguments: &[
            ("expression", "what is tested"),
            ("not_null_return_value", "the result if it is not NULL"),
            ("null_return_value", "the result if it is NULL"),
        ],
        example: "select nvl2(null, 1, 2); -- 2",
    },
    arity: (3, 3),
    returns: result_type,
    invoke: |call| {
        let choices = Choices::new(call, 1..3, call.return_type)?;
        let (tested, constant) = call.array(0)?;
        let nulls = tested.logical_nulls();
        let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(if constant { 0 } else { row }));
        choices.pick(call, |row| Some(usize::from(is_null(row))))
    },
};

/// The common type of numbers and of dates; else that of the value for what is not NULL.
fn result_type(types: &Types) -> Result<DataType> {
    match (types.kind(1), types.kind(2)) {
        (Kind::Text, other) if other != Kind::Super => Ok(DataType::Utf8View),
        _ => common_type(types, 1..3),
    }
}

/// `CASE WHEN a IS NOT NULL THEN b ELSE c END`
pub fn rewrite(arguments: Vec<Expr>, types: &Types) -> Result<Expr> {
    let result = result_type(types)?;
    let [tested, value, other] =
        <[Expr; 3]>::try_from(arguments).map_err(|_| Error::internal("nvl2 has three arguments"))?;
    let value = cast_expression(value, types.data_type(1), &result);
    let other = cast_expression(other, types.data_type(2), &result);
    when(is_not_null(tested, types.data_type(0)), value).otherwise(other).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, int, null, text};

    #[test]
    fn results() {
        check(
            &NVL2,
            vec![
                (vec![null(), int(1), int(2)], int(2)),
                (vec![text(""), int(1), int(2)], int(1)),
                (vec![int(0), null(), int(2)], null()),
            ],
        );
    }
}
