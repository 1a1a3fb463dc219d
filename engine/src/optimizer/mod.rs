//! Rules over plans, beyond those of DataFusion.

/// Filters above aggregates without GROUP BY stay there.
mod guarded_filter;
/// Joins that let go of their thread.
mod yielding_joins;

pub use guarded_filter::guard;
pub use yielding_joins::YieldingJoins;
