//! GREATEST and LEAST (page r_GREATEST_LEAST): NULL only if all arguments are.

use std::cmp::Ordering;

use arrow::array::ArrayRef;

use super::common::{Choices, common_type};
use crate::{
    error::Result,
    functions::{
        arguments::Call,
        definition::{Documentation, ScalarFunction},
    },
};

/// GREATEST
pub static GREATEST: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "greatest",
        aliases: &[],
        category: "conditional",
        description: "The greatest argument; NULLs are ignored.",
        arguments: &[("expression", "any number of values of one type")],
        example: "select greatest(1, null, 3); -- 3",
    },
    arity: (1, usize::MAX),
    returns: |types| common_type(types, 0..types.count()),
    invoke: |call| best(call, Ordering::Greater),
};

/// LEAST
pub static LEAST: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "least",
        aliases: &[],
        category: "conditional",
        description: "The least argument; NULLs are ignored.",
        arguments: &[("expression", "any number of values of one type")],
        example: "select least(1, null, 3); -- 1",
    },
    arity: (1, usize::MAX),
    returns: |types| common_type(types, 0..types.count()),
    invoke: |call| best(call, Ordering::Less),
};

fn best(call: &Call, wanted: Ordering) -> Result<ArrayRef> {
    let choices = Choices::new(call, 0..call.count(), call.return_type)?;
    let count = choices.count();
    // comparators of every later choice with every earlier one
    let mut comparators = Vec::new();
    for later in 0..count {
        for earlier in 0..later {
            comparators.push(choices.comparator(later, earlier)?);
        }
    }
    choices.pick(call, |row| {
        let mut chosen: Option<usize> = None;
        for choice in (0..count).filter(|choice| !choices.is_null(*choice, row)) {
            let better = chosen.is_none_or(|best| comparators[choice * (choice - 1) / 2 + best](row) == wanted);
            if better {
                chosen = Some(choice);
            }
        }
        chosen
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{check, decimal, int, null, text};

    #[test]
    fn results() {
        check(
            &GREATEST,
            vec![
                (vec![text("Lars"), text("Ratliff")], text("Ratliff")),
                (vec![int(1), null(), int(3)], int(3)),
                (vec![int(3), int(2), int(1)], int(3)),
                (vec![null(), null()], null()),
                (vec![decimal(15, 3, 1), decimal(149, 4, 2)], decimal(150, 4, 2)),
            ],
        );
        check(&LEAST, vec![(vec![int(2), null(), int(3), int(1)], int(1))]);
    }
}
