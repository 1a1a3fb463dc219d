//! The syntax tree: one variant and one struct per command.
//!
//! Queries, expressions and data types are `sqlparser`'s, re-exported here. Names are folded already: the lexer turns
//! ASCII letters of unquoted and (by default) quoted identifiers to lower case, in queries too.

mod comment;
mod copy_unload;
mod cursor;
mod database;
mod ddl_table;
mod dml;
mod external;
mod maintenance;
mod name;
mod query;
mod recorded;
mod routine;
mod schema;
mod security;
mod session;
mod sharing;
mod show;
mod statement;
mod table_parts;
mod transaction;
mod view;
mod visit;

pub use comment::*;
pub use copy_unload::*;
pub use cursor::*;
pub use database::*;
pub use ddl_table::*;
pub use dml::*;
pub use external::*;
pub use maintenance::*;
pub use name::*;
pub use query::*;
pub use recorded::*;
pub use routine::*;
pub use schema::*;
pub use security::*;
pub use session::*;
pub use sharing::*;
pub use show::*;
pub use statement::*;
pub use table_parts::*;
pub use transaction::*;
pub use view::*;

/// `sqlparser`'s tree, for everything not re-exported by name.
pub use sqlparser::ast as sql;
pub use sqlparser::ast::{DataType, Expr, Ident, Query, TableFactor, TableWithJoins, Value, With};
