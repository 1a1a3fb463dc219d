//! Rules over plans, beyond those of DataFusion.

/// Joins that let go of their thread.
mod yielding_joins;

pub use yielding_joins::YieldingJoins;
