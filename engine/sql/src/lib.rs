//! Redshift's SQL: tokens, syntax tree and parser.
