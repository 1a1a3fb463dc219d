//! Window functions (page c_Window_functions). Ranks are DataFusion's with Redshift's result types;
//! LAG, LEAD, FIRST_VALUE, LAST_VALUE, NTH_VALUE, CUME_DIST and PERCENT_RANK are DataFusion's as they
//! are. Aggregates serve as window functions too.

/// ROW_NUMBER, RANK, DENSE_RANK and NTILE
pub mod ranking;
/// RATIO_TO_REPORT
pub mod ratio_to_report;

use std::sync::Arc;

use datafusion::{functions_window as built_in, logical_expr::WindowUDF};

use super::definition::Documentation;

macro_rules! document {
    ($constant:ident, $name:literal, $description:literal, $arguments:expr, $example:literal) => {
        #[doc = concat!("`", $name, "`")]
        static $constant: Documentation = Documentation {
            name: $name,
            aliases: &[],
            category: "window",
            description: $description,
            arguments: $arguments,
            example: $example,
        };
    };
}

document!(
    CUME_DIST,
    "cume_dist",
    "The share of rows that do not come after this one in the order, as DOUBLE PRECISION.",
    &[],
    "select salesid, cume_dist() over (order by qty) from winsales;"
);
document!(
    PERCENT_RANK,
    "percent_rank",
    "(rank - 1) / (rows - 1) as DOUBLE PRECISION; 0 in a partition of one row.",
    &[],
    "select salesid, percent_rank() over (order by qty) from winsales;"
);
document!(
    LAG,
    "lag",
    "The value some rows before this one; NULL where there is no such row.",
    &[("value", "what is looked up"), ("offset", "optional: how many rows before, 1 by default")],
    "select qty, lag(qty, 1) over (order by salesid) from winsales;"
);
document!(
    LEAD,
    "lead",
    "The value some rows after this one; NULL where there is no such row.",
    &[("value", "what is looked up"), ("offset", "optional: how many rows after, 1 by default")],
    "select qty, lead(qty, 1) over (order by salesid) from winsales;"
);
document!(
    FIRST_VALUE,
    "first_value",
    "The first value of the window frame; with IGNORE NULLS the first that is not NULL.",
    &[("expression", "the values")],
    "select first_value(qty) over (order by salesid rows unbounded preceding) from winsales;"
);
document!(
    LAST_VALUE,
    "last_value",
    "The last value of the window frame; with IGNORE NULLS the last that is not NULL.",
    &[("expression", "the values")],
    "select last_value(qty) over (order by salesid rows unbounded preceding) from winsales;"
);
document!(
    NTH_VALUE,
    "nth_value",
    "The value of a row of the window frame by its number; NULL where the frame has no such row.",
    &[("expression", "the values"), ("offset", "the number of the row, from 1")],
    "select nth_value(qty, 3) over (order by salesid rows unbounded preceding) from winsales;"
);

/// The documentation of the family's functions.
pub const DOCUMENTATION: &[&Documentation] = &[
    &CUME_DIST,
    &FIRST_VALUE,
    &LAG,
    &LAST_VALUE,
    &LEAD,
    &NTH_VALUE,
    &PERCENT_RANK,
    &ranking::DENSE_RANK,
    &ranking::NTILE,
    &ranking::RANK,
    &ranking::ROW_NUMBER,
    &ratio_to_report::RATIO_TO_REPORT,
];

/// All window functions.
pub fn all() -> Vec<Arc<WindowUDF>> {
    vec![
        ranking::row_number(),
        ranking::rank(),
        ranking::dense_rank(),
        ranking::ntile(),
        ratio_to_report::ratio_to_report(),
        built_in::rank::percent_rank_udwf(),
        built_in::cume_dist::cume_dist_udwf(),
        built_in::lead_lag::lag_udwf(),
        built_in::lead_lag::lead_udwf(),
        built_in::nth_value::first_value_udwf(),
        built_in::nth_value::last_value_udwf(),
        built_in::nth_value::nth_value_udwf(),
    ]
}
