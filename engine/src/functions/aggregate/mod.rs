//! Aggregate functions (page c_Aggregate_Functions). What DataFusion's own do as Redshift documents
//! it is taken from there: COUNT (wrapped), MIN, MAX, ANY_VALUE, BIT_AND, BIT_OR, BOOL_AND, BOOL_OR, STDDEV*,
//! VAR*.

/// COUNT
pub mod count;
/// MIN and MAX of SUPER values
pub mod extreme;
/// LISTAGG
pub mod listagg;
/// MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC
pub mod percentile;
/// SUM and AVG
pub mod sum;
/// SUM and AVG of SUPER values
pub mod super_total;
#[cfg(test)]
pub mod testing;
/// The arithmetic of sums and averages.
pub mod totals;

use std::sync::Arc;

use datafusion::{functions_aggregate as built_in, logical_expr::AggregateUDF};

use super::definition::Documentation;

/// The documentation of the family's own functions.
pub const DOCUMENTATION: &[&Documentation] = &[
    &listagg::LISTAGG,
    &percentile::MEDIAN,
    &percentile::PERCENTILE_CONT,
    &percentile::PERCENTILE_DISC,
    &sum::AVG,
    &sum::SUM,
];

/// All aggregate functions.
pub fn all() -> Vec<Arc<AggregateUDF>> {
    let alias = |function: Arc<AggregateUDF>, name| Arc::new(function.as_ref().clone().with_aliases([name]));
    vec![
        sum::sum(),
        sum::avg(),
        listagg::listagg(),
        percentile::median(),
        percentile::percentile_cont(),
        percentile::percentile_disc(),
        count::count(),
        built_in::min_max::min_udaf(),
        built_in::min_max::max_udaf(),
        built_in::any_value::any_value_udaf(),
        built_in::bit_and_or_xor::bit_and_udaf(),
        built_in::bit_and_or_xor::bit_or_udaf(),
        built_in::bool_and_or::bool_and_udaf(),
        built_in::bool_and_or::bool_or_udaf(),
        built_in::stddev::stddev_udaf(),
        built_in::stddev::stddev_pop_udaf(),
        alias(built_in::variance::var_samp_udaf(), "variance"),
        built_in::variance::var_pop_udaf(),
    ]
}
