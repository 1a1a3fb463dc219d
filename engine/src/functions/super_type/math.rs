//! ABS, CEILING, FLOOR and ROUND of SUPER values (page operators-functions): NULL for what is no number. ABS keeps
//! a decimal's scale, the others take it away.

use arrow::array::ArrayRef;

use super::{SUPER, operator::internal};
use crate::{
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, ScalarFunction},
    },
    types::super_value::{
        Super,
        number::{self, Rounding},
    },
};

internal!(/** ABS */ ABS, "abs", (1, 1), |_| Ok(SUPER), |call| {
    let values = call.semi_structured(0)?;
    call.write_super(|row, out| values.get(row).map_or(Ok(false), |value| number::absolute(Super::of(value), out)))
});
internal!(/** CEILING */ CEILING, "ceil", (1, 1), |_| Ok(SUPER), |call| rounded(call, Rounding::Up));
internal!(/** FLOOR */ FLOOR, "floor", (1, 1), |_| Ok(SUPER), |call| rounded(call, Rounding::Down));
internal!(
    /// ROUND
    ROUND, "round", (1, 2), |types| {
        types.require(1, Kind::is_number)?;
        Ok(SUPER)
    },
    |call| rounded(call, Rounding::Nearest)
);

fn rounded(call: &Call, rounding: Rounding) -> Result<ArrayRef> {
    let values = call.semi_structured(0)?;
    let places = if call.count() > 1 { Some(call.int(1)?) } else { None };
    call.write_super(|row, out| {
        let Some(value) = values.get(row) else { return Ok(false) };
        let places = match &places {
            Some(places) => match places.get(row) {
                Some(places) => places,
                None => return Ok(false),
            },
            None => 0,
        };
        number::round(Super::of(value), rounding, places, out)
    })
}
