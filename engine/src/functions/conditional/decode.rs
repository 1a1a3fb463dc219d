//! DECODE (page r_DECODE_expression): compares an expression with search values, one after the other.
//! NULL equals NULL here.

use std::cmp::Ordering;

use datafusion::logical_expr::{Expr, expr::Case};

use super::common::{Choices, cast_expression, common_type};
use crate::{
    error::Result,
    functions::definition::{Documentation, ScalarFunction, Types},
};

/// DECODE
pub static DECODE: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "decode",
        aliases: &[],
        category: "conditional",
        description: "The result that follows the first search value equal to the expression, else the default, else \
                      NULL. NULL equals NULL.",
        arguments: &[
            ("expression", "what is compared"),
            ("search, result", "any number of pairs"),
            ("default", "optional: the result if nothing is equal"),
        ],
        example: "select decode('MLB', 'NHL', 'hockey', 'MLB', 'baseball', 'unknown'); -- baseball",
    },
    arity: (3, usize::MAX),
    returns: |types| {
        common_type(types, searches(types.count()))?;
        common_type(types, results(types.count()))
    },
    invoke: |call| {
        let data_types: Vec<_> = call.arguments.iter().map(|argument| argument.data_type()).collect();
        let searched = common_type(&Types::new("decode", &data_types), searches(call.count()))?;
        let values = Choices::new(call, searches(call.count()), &searched)?;
        let results = Choices::new(call, results(call.count()), call.return_type)?;
        let comparators = (1..values.count()).map(|search| values.comparator(0, search)).collect::<Result<Vec<_>>>()?;
        let has_default = results.count() == values.count();
        results.pick(call, |row| {
            let equal = |search: usize| match (values.is_null(0, row), values.is_null(search, row)) {
                (true, true) => true,
                (false, false) => comparators[search - 1](row) == Ordering::Equal,
                _ => false,
            };
            let found = (1..values.count()).find(|search| equal(*search));
            found.map(|search| search - 1).or(has_default.then(|| results.count() - 1))
        })
    },
};

/// The places of the expression and the search values.
fn searches(count: usize) -> impl Iterator<Item = usize> {
    let pairs = (count - 1) / 2;
    std::iter::once(0).chain((0..pairs).map(|pair| 1 + 2 * pair))
}

/// The places of the results, the default last.
fn results(count: usize) -> impl Iterator<Item = usize> {
    let pairs = (count - 1) / 2;
    let default = count.is_multiple_of(2).then(|| count - 1);
    (0..pairs).map(|pair| 2 + 2 * pair).chain(default)
}

/// `CASE WHEN decode(e, s, true) THEN r … ELSE d END`: only the result that is needed is evaluated.
/// The comparisons are DECODEs of booleans themselves, which know about NULL and blanks.
pub fn rewrite(arguments: Vec<Expr>, types: &Types) -> Result<Expr> {
    let result = common_type(types, results(types.count()))?;
    let comparison = DECODE.to_udf();
    let branch = |at: usize| Box::new(cast_expression(arguments[at].clone(), types.data_type(at), &result));
    let pairs = (arguments.len() - 1) / 2;
    let branches = (0..pairs).map(|pair| {
        let search = arguments[1 + 2 * pair].clone();
        let equal = comparison.call(vec![arguments[0].clone(), search, datafusion::logical_expr::lit(true)]);
        (Box::new(equal), branch(2 + 2 * pair))
    });
    let default = arguments.len().is_multiple_of(2).then(|| branch(arguments.len() - 1));
    Ok(Expr::Case(Case::new(None, branches.collect(), default)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, date, fails, int, null, text};

    #[test]
    fn documented_results() {
        let league =
            |name| vec![text(name), text("NHL"), text("hockey"), text("MLB"), text("baseball"), text("unknown")];
        check(
            &DECODE,
            vec![
                (league("MLB"), text("baseball")),
                (league("NHL"), text("hockey")),
                (league("Pop"), text("unknown")),
                (vec![date("2008-06-01"), text("2008-06-01"), text("June 1st, 2008")], text("June 1st, 2008")),
                (vec![date("2008-06-02"), text("2008-06-01"), text("June 1st, 2008")], null()),
                (vec![null(), null(), int(0), int(1)], int(0)),
                (vec![int(100), null(), int(0), int(1)], int(1)),
                (vec![text("a "), text("a"), int(1)], int(1)),
            ],
        );
        fails(&DECODE, vec![int(1), int(2)], "42883");
    }
}
