//! Redshift's SQL: tokens, syntax tree and parser.
//!
//! Text becomes [`script::ScriptPart`]s (as psql splits a script), a part becomes tokens (`lexer`), tokens become a
//! [`ast::Statement`] ([`parser`]). Queries and expressions are `sqlparser`'s tree, re-exported by [`ast`]; every
//! command of Redshift's own has a struct here. What a statement *means* is decided elsewhere: this crate knows
//! neither catalog nor types. Every tree node can be written back as SQL with `Display`.
//!
//! Architecture invariant: nothing here panics or overflows the stack, whatever the text.

pub mod ast;
mod dialect;
mod error;
pub mod lexer;
pub mod limits;
pub mod parser;
pub mod plpgsql;
pub mod script;
pub mod unparse;

pub use ast::Statement;
pub use error::ParseError;
pub use parser::{
    ParameterValue, ParsedStatement, ParserOptions, array_elements, is_reserved, parse_data_type, parse_expression,
    parse_query, parse_script, parse_statement, parse_statement_with_values,
};
pub use script::{ScriptPart, split};

#[cfg(test)]
mod tests;
