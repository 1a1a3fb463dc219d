//! What Redshift asks of a window (page c_Window_functions): an aggregate with ORDER BY names its
//! frame, frames count rows, and DISTINCT stays outside.

use blueshift_sql::ast::sql::{
    DuplicateTreatment, Function, FunctionArguments, WindowFrameUnits, WindowSpec, WindowType,
};

use crate::error::{Error, Result, SqlState};

/// Functions whose value depends on the frame.
const FRAMED: [&str; 19] = [
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "first_value",
    "last_value",
    "max",
    "min",
    "nth_value",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];

/// Checks a call with OVER.
///
/// Errors: 42601 for ORDER BY without a frame, 42P20 for DISTINCT, 0A000 for RANGE and GROUPS frames.
pub fn check(function: &Function) -> Result<()> {
    let Some(WindowType::WindowSpec(window)) = &function.over else { return Ok(()) };
    let name = function.name.to_string().to_lowercase();
    if let FunctionArguments::List(list) = &function.args
        && list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
    {
        return Err(Error::new(SqlState("42P20"), format!("DISTINCT is not supported in the window function {name}")));
    }
    check_frame(&name, window)
}

fn check_frame(name: &str, window: &WindowSpec) -> Result<()> {
    match &window.window_frame {
        Some(frame) if frame.units != WindowFrameUnits::Rows => {
            Err(Error::not_supported(format!("a window frame in {}", frame.units)))
        }
        None if !window.order_by.is_empty() && FRAMED.contains(&name) => Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "Aggregate window functions with an ORDER BY clause require a frame clause",
        )),
        _ => Ok(()),
    }
}
