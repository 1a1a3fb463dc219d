//! Jinja as dbt uses it, on `minijinja`: Python's ways, macros across files, `return`, the context.

pub mod adapter_object;
pub mod block;
pub mod config_object;
pub mod context;
pub mod convert;
pub mod environment;
pub mod function;
pub mod macros;
pub mod modules;
pub mod mutable;
pub mod pycompat;
pub mod relation_object;
pub mod signal;
pub mod table;

pub use context::{Phase, Scope};
pub use environment::Jinja;
