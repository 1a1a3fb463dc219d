//! What Redshift asks of a window (page c_Window_functions): an aggregate with ORDER BY names its
//! frame, frames count rows, and DISTINCT stays outside.

use blueshift_sql::ast::sql::{
    DuplicateTreatment, Expr, Function, FunctionArguments, Value, WindowFrameBound, WindowFrameUnits, WindowSpec,
    WindowType,
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

/// Functions whose OVER has neither order nor frame.
const UNORDERED: [&str; 5] = ["listagg", "median", "percentile_cont", "percentile_disc", "ratio_to_report"];

/// Functions whose OVER has no frame.
const UNFRAMED: [&str; 8] = ["cume_dist", "dense_rank", "lag", "lead", "ntile", "percent_rank", "rank", "row_number"];

/// Checks a call with OVER.
///
/// Errors: 42601 for ORDER BY without a frame, 42P20 for DISTINCT and for an order or frame that a function cannot have, 0A000 for RANGE and GROUPS frames.
pub fn check(function: &Function, strict: bool) -> Result<()> {
    let Some(WindowType::WindowSpec(window)) = &function.over else { return Ok(()) };
    let name = function.name.to_string().to_lowercase();
    // Pages r_WF_LAG and r_WF_LEAD have no default value.
    if let FunctionArguments::List(list) = &function.args
        && strict
        && matches!(name.as_str(), "lag" | "lead")
        && list.args.len() > 2
    {
        let message = format!("Default parameter not be supported for window function {name}");
        return Err(Error::new(SqlState("42P20"), message).with_hint("Use NVL or COALESCE."));
    }
    if let FunctionArguments::List(list) = &function.args
        && list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
        && name != "listagg"
    {
        return Err(Error::new(SqlState("42P20"), format!("DISTINCT is not supported in the window function {name}")));
    }
    check_frame(&name, window)
}

fn check_frame(name: &str, window: &WindowSpec) -> Result<()> {
    let refuse = |what: &str| {
        Err(Error::new(
            SqlState("42P20"),
            format!("the OVER clause of the window function {name} cannot contain {what}"),
        ))
    };
    if UNORDERED.contains(&name) && !window.order_by.is_empty() {
        return refuse("ORDER BY");
    }
    if (UNORDERED.contains(&name) || UNFRAMED.contains(&name)) && window.window_frame.is_some() {
        return refuse("a frame clause");
    }
    let is_text =
        |expr: &Expr| matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)));
    if window.partition_by.iter().chain(window.order_by.iter().map(|key| &key.expr)).any(is_text) {
        return refuse("string literals");
    }
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

/// `ROWS UNBOUNDED FOLLOWING` is `ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING`.
pub fn complete_frame(function: &mut Function) {
    if let Some(WindowType::WindowSpec(window)) = &mut function.over
        && let Some(frame) = &mut window.window_frame
        && frame.end_bound.is_none()
        && matches!(frame.start_bound, WindowFrameBound::Following(None))
    {
        frame.start_bound = WindowFrameBound::CurrentRow;
        frame.end_bound = Some(WindowFrameBound::Following(None));
    }
}
