//! Rules over plans, beyond those of DataFusion.

/// Recursive queries end.
mod bounded_recursion;
/// Casts that are as nullable as their input.
mod cast_nullability;
/// How many rows a plan gives.
pub mod estimate;
/// Filters above aggregates without GROUP BY stay there.
mod guarded_filter;
/// The order in which inner joins run.
mod join_order;
/// Keys of joins that are made of several tables.
mod kept_keys;
/// Window functions within the memory limit.
mod partitioned_window;
/// Filters of physical plans move down only where names are unambiguous.
mod unambiguous_pushdown;
/// Operators that let go of their thread.
mod yielding;

pub use bounded_recursion::BoundedRecursion;
pub use cast_nullability::CastNullability;
pub use guarded_filter::guard;
pub use join_order::insert as insert_join_order;
pub use kept_keys::keep_keys;
pub use partitioned_window::PartitionedWindows;
pub use unambiguous_pushdown::physical_rules;
pub use yielding::Yielding;

#[cfg(test)]
mod metamorphic;
