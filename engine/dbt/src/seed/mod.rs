//! Seeds: CSV files read and typed as dbt's library (agate) does it.

mod csv;
mod infer;

pub use csv::{CsvTable, read_csv};
pub use infer::{ColumnType, infer, sql_literal};
