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

/// The documentation of the family's own functions.
pub const DOCUMENTATION: &[&Documentation] =
    &[&ranking::DENSE_RANK, &ranking::NTILE, &ranking::RANK, &ranking::ROW_NUMBER, &ratio_to_report::RATIO_TO_REPORT];

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
