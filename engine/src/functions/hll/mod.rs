//! HyperLogLog functions (page hyperloglog-functions) and the HLLSKETCH type they work on.

/// HLL, HLL_CREATE_SKETCH, HLL_COMBINE
pub mod aggregate;
/// HLL_CARDINALITY, HLL_COMBINE_SKETCHES, casts
pub mod scalar;
/// The sketch itself.
pub mod sketch;

use super::definition::ScalarFunction;

pub use scalar::cast;
pub use sketch::Sketch;

/// The family's scalar functions.
pub const SCALAR: &[&ScalarFunction] = &[&scalar::HLL_CARDINALITY, &scalar::HLL_COMBINE_SKETCHES];
