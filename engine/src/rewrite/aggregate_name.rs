//! The names of aggregate functions, where a query is looked at before its functions are resolved.

/// Functions that make one row of all rows, whose arguments are evaluated over the rows of FROM.
pub(super) const AGGREGATES: [&str; 18] = [
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "listagg",
    "max",
    "median",
    "min",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
];
