//! What the benchmarks measure: the work, and the warehouse that it is done on.
//!
//! Everything runs on generated data through the engine's own doors (job, pipeline, sessions), as
//! in production. `warehouse.rs` measures it with criterion; `against.py` runs the same query set
//! on other engines.

/// The Glue job: CSV to ORC.
mod conversion;
/// What dbt's `delete+insert` does to a table.
mod delete_insert;
/// A warehouse with gold tables, made once for all benchmarks.
mod fixture;
/// The analytics queries.
mod queries;

pub use conversion::Conversion;
pub use delete_insert::DeleteInsert;
pub use fixture::{Connection, Fixture, Result, scale};
pub use queries::{ORC_SCANS, Query, analytics};
