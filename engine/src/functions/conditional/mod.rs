//! Conditional functions (page c_conditional_expressions).

/// COALESCE and NVL
pub mod coalesce;
/// The common type of several arguments, and choosing among them.
pub mod common;
/// DECODE
pub mod decode;
/// GREATEST and LEAST
pub mod greatest;
/// NULLIF
pub mod nullif;
/// NVL2
pub mod nvl2;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::definition::{Rewrite, ScalarFunction};

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[&greatest::GREATEST, &greatest::LEAST, &nullif::NULLIF];

/// Those that evaluate only the arguments they need: the optimizer turns them into CASE.
pub const LAZY: &[(&ScalarFunction, Rewrite)] =
    &[(&coalesce::COALESCE, coalesce::rewrite), (&decode::DECODE, decode::rewrite), (&nvl2::NVL2, nvl2::rewrite)];

/// The lazy functions as DataFusion knows them.
pub fn all_lazy() -> Vec<Arc<ScalarUDF>> {
    LAZY.iter().map(|(function, rewrite)| function.to_rewritten_udf(Some(*rewrite))).collect()
}
