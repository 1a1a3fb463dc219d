//! What Redshift's operators mean: checked arithmetic with Redshift's result types, and casts.
//!
//! The binder replaces the operators of DataFusion by these functions once the types of the
//! operands are known (see `binder::semantics`). They cannot be called by name from SQL.

/// `+`, `-`, `*`, `/`, `%`.
mod arithmetic;
/// `CAST`, `::`, `TRY_CAST` and assignment to columns.
mod cast;
/// `#`.
mod exclusive_or;
/// Text as comparisons see it that ignore case.
mod fold_case;
/// Unary minus and `~`.
mod negate;
/// Subqueries that may have one row.
pub mod single_row;
/// Operators on dates, times and intervals.
mod temporal;
/// Numeric result types and decimal arithmetic.
pub mod decimal;
/// Text as comparisons see it.
mod trim_blanks;

use datafusion::{
    arrow::array::ArrayRef,
    common::{Result as DataFusionResult, ScalarValue},
    logical_expr::{ColumnarValue, ScalarFunctionArgs},
};

use crate::error::Error;

pub use arithmetic::{Arithmetic, ArithmeticOperator};
pub use cast::{CAST, CastFunction, cast_expr};
pub use exclusive_or::EXCLUSIVE_OR;
pub use fold_case::{fold_case, is_fold_case};
pub use negate::{BITWISE_NOT, NEGATION, negate_expr, unary_operators};
pub use temporal::temporal_expr;
pub use trim_blanks::{is_trim_blanks, trim_blanks};

/// The value of a function of one argument: for a column all of it, for a constant one.
fn map_value(
    args: &ScalarFunctionArgs,
    function: fn(&ArrayRef) -> DataFusionResult<ArrayRef>,
) -> DataFusionResult<ColumnarValue> {
    match args.args.first() {
        Some(ColumnarValue::Array(array)) => Ok(ColumnarValue::Array(function(array)?)),
        Some(ColumnarValue::Scalar(scalar)) => {
            let value = function(&scalar.to_array()?)?;
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&value, 0)?))
        }
        None => Err(Error::internal("an operator without its operand").into()),
    }
}
