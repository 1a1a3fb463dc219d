//! Delimited text, CSV and JSON lines as a DataFusion source.
//!
//! DataFusion's own CSV source cannot tell an empty string from NULL and takes missing JSON keys
//! for granted, so files are read here, as Hive's serdes read them: a field becomes text, then
//! the column's type, and a text that is no value of its type is an error that names file, line
//! and column (Redshift Spectrum: "Invalid digit").

mod options;
mod reader;
mod source;

pub use options::{TextFormat, TextOptions};
pub use source::TextSource;
