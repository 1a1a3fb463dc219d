//! COALESCE and NVL (page r_NVL_function).

use datafusion::logical_expr::{Expr, when};

use super::common::{Choices, cast_expression, common_type, is_not_null};
use crate::{
    error::{Error, Result},
    functions::definition::{Documentation, ScalarFunction, Types},
};

/// COALESCE
pub static COALESCE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "coalesce",
        aliases: &["nvl"],
        category: "conditional",
        description: "The first argument that is not NULL. Later arguments are not evaluated.",
        arguments: &[("expression", "any number of values of one type")],
        example: "select coalesce(null, 2, 3); -- 2",
    },
    arity: (1, usize::MAX),
    returns: |types| common_type(types, 0..types.count()),
    invoke: |call| {
        let choices = Choices::new(call, 0..call.count(), call.return_type)?;
        choices.pick(call, |row| (0..choices.count()).find(|choice| !choices.is_null(*choice, row)))
    },
};

/// `CASE WHEN a IS NOT NULL THEN a … ELSE z END`
pub fn rewrite(mut arguments: Vec<Expr>, types: &Types) -> Result<Expr> {
    let result = common_type(types, 0..types.count())?;
    let last_index = arguments.len() - 1;
    let last = arguments.pop().ok_or_else(|| Error::internal("coalesce without arguments"))?;
    let mut expression = cast_expression(last, types.data_type(last_index), &result);
    for (index, argument) in arguments.into_iter().enumerate().rev() {
        let value = cast_expression(argument.clone(), types.data_type(index), &result);
        let given = is_not_null(argument.clone(), types.data_type(index));
        expression = when(given, value).otherwise(expression).map_err(Error::internal)?;
    }
    Ok(expression)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, decimal, fails, float, int, int2, int4, null, text, timestamp};

    #[test]
    fn results() {
        check(
            &COALESCE,
            vec![
                (vec![null(), int(2), int(3)], int(2)),
                (vec![null(), null()], null()),
                (vec![int2(1), int4(2)], int4(1)),
                (vec![int4(1), decimal(150, 5, 2)], decimal(100, 12, 2)),
                (vec![null(), decimal(1500, 15, 3), decimal(15, 7, 2)], decimal(1500, 15, 3)),
                (vec![int(1), float(2.5)], float(1.0)),
                (vec![date("2008-01-01"), timestamp("2008-01-02")], timestamp("2008-01-01")),
                (vec![text("2008-01-01"), date("2008-01-02")], date("2008-01-01")),
                (vec![text("a"), null()], text("a")),
            ],
        );
        fails(&COALESCE, vec![text("x"), int(1)], "22P02");
        fails(&COALESCE, vec![date("2008-01-01"), int(1)], "42804");
    }
}
