//! Functions and procedures of users.
//!
//! A SQL function is an expression with arguments in it; calls are opened up in the plan, before
//! types are settled ([`inline`]). A procedure is PL/pgSQL, run step by step: values of variables
//! go into SQL as typed literals, and each step is an ordinary statement in the session's
//! transaction ([`interpreter`]).
//!
//! Guide: "Creating user-defined functions", "Creating stored procedures".

/// The records of routines, and which one a call means.
pub mod catalog;
/// CALL.
pub mod call;
/// Cursors of PL/pgSQL.
mod cursor;
/// Room on the stack.
mod deep;
/// Computing values.
pub mod evaluate;
/// Calls of SQL functions in a plan.
pub mod inline;
/// PL/pgSQL: blocks, control, exceptions.
mod interpreter;
/// PL/pgSQL: variables.
mod scope;
/// PL/pgSQL: commands of SQL.
mod sql_step;
/// PL/pgSQL: simple expressions without a plan.
mod quick;
/// Values in the place of names.
pub mod substitute;
/// Values of variables.
pub mod value;
