//! The blueshift engine: a local Amazon Redshift on DataFusion.
//!
//! The modules below stand in the order in which data flows; `ARCHITECTURE.md` has the map and
//! the invariants.

/// What can go wrong: one error type in the shape of PostgreSQL's ErrorResponse.
pub mod error;
/// Where a warehouse lives and how much it may use: every limit has its name here.
pub mod config;
/// Redshift's data types: their names, limits, Arrow representation and text form.
pub mod types;
/// Files: the only door to the file system, data segments, delete files, the catalog store.
pub mod storage;
/// Transactions: snapshots, the private overlay of changes, commit and conflicts.
pub mod transaction;
/// Relations as SQL sees them: schemas, tables, views, external tables, system views.
pub mod catalog;
/// The data lake: locations, object stores, ORC and the other formats of external tables.
pub mod lake;
/// AWS Glue's part: the data catalog, the CSV-to-ORC job with its bookmarks, the crawler.
pub mod glue;
/// Redshift's SQL functions, one file each.
pub mod functions;
/// Passes over the syntax tree that give Redshift's meaning to what parses as something else.
pub mod rewrite;
/// Syntax tree to logical plan.
pub mod binder;
/// Rules over plans, beyond those of DataFusion.
pub mod optimizer;
/// EXPLAIN in Redshift's form: steps, estimates, what moves between nodes.
pub mod explain;
/// Functions and procedures of users: PL/pgSQL, CALL, SQL functions.
pub mod routine;
/// Users, groups, roles, ownership and privileges.
pub mod security;
/// What each SQL command does, one file each.
pub mod statement;
/// A session: settings, the current transaction, statements in, results out.
pub mod session;
/// `blueshift serve`: the wire protocol.
pub mod server;
/// The threads on which queries compute.
mod compute;
/// An opened warehouse: hands out sessions.
pub mod engine;
/// What of a script would fail or differ on a real Redshift.
pub mod check;
/// Copies of a whole warehouse.
mod backup;
/// `run-pipeline`: raw CSV to tested gold tables.
pub mod pipeline;

pub use config::Config;

pub use engine::Engine;
pub use error::{Error, Result};
pub use session::Session;
