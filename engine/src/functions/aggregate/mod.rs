//! Aggregate functions (page c_Aggregate_Functions). COUNT is DataFusion's own, wrapped.

/// Aggregates that compute as DataFusion's do
mod adapted;
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

use datafusion::logical_expr::AggregateUDF;

use super::definition::Documentation;

/// COUNT
static COUNT: Documentation = Documentation {
    name: "count",
    aliases: &[],
    category: "aggregate",
    description: "How many rows there are, or how many values that are not NULL, as BIGINT. APPROXIMATE                   COUNT(DISTINCT …) is exact here.",
    arguments: &[("expression", "`*`, or a value; with DISTINCT different values are counted")],
    example: "select count(distinct venuecity) from venue;",
};

/// GROUPING
static GROUPING: Documentation = Documentation {
    name: "grouping",
    aliases: &[],
    category: "aggregate",
    description: "1 where a grouping column stands for all its values in a row of ROLLUP, CUBE or GROUPING SETS, else \
                  0. GROUPING_ID of several columns has a bit for each, the first the highest.",
    arguments: &[("expression", "a grouping column")],
    example: "select grouping(category), sum(cost) from orders group by rollup (category);",
};

/// The documentation of the family's functions.
pub const DOCUMENTATION: &[&[&Documentation]] = &[
    &adapted::DOCUMENTATION,
    &[
        &COUNT,
        &GROUPING,
        &listagg::LISTAGG,
        &percentile::MEDIAN,
        &percentile::PERCENTILE_CONT,
        &percentile::PERCENTILE_DISC,
        &sum::AVG,
        &sum::SUM,
    ],
];

/// MIN of what DataFusion orders as Redshift does.
pub fn least() -> Arc<AggregateUDF> {
    adapted::min()
}

/// All aggregate functions.
pub fn all() -> Vec<Arc<AggregateUDF>> {
    let own = [
        sum::sum(),
        sum::avg(),
        listagg::listagg(),
        percentile::median(),
        percentile::percentile_cont(),
        percentile::percentile_disc(),
        count::count(),
        datafusion::functions_aggregate::grouping::grouping_udaf(),
    ];
    own.into_iter().chain(adapted::all()).collect()
}
