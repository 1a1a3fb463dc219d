//! Redshift's data types: names, limits, Arrow representation and text form.
//!
//! Follows the guide's pages "Data types", "Character types", "Numeric types" and "Datetime types".

/// Arrays of the system catalog as text.
mod array_text;
/// Integers as VARBYTE and back.
mod bytes;
/// Types that only the system catalog has.
mod catalog_type;
/// The data types and their limits.
mod data_type;
/// How dates are written and read.
mod date_style;
/// Types written in SQL to [`RedshiftType`].
mod from_ast;
/// Intervals as text, in each style.
mod interval_text;
/// Casts over whole arrays.
pub mod cast;
/// Values of SUPER.
pub mod super_value;
/// Text to values.
pub mod parse;
/// Casts of dates, times, timestamps and intervals.
pub(crate) mod temporal;
/// Values as text, the way psql prints them against Redshift.
pub mod text;

pub use catalog_type::CatalogType;
pub use data_type::{IntervalField, RedshiftType, TYPE_METADATA_KEY};
pub use date_style::{DateForm, DateOrder, DateStyle};
