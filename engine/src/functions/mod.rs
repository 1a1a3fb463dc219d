//! Redshift's SQL functions, one file each (close siblings share one), in folders by family.
//!
//! Each function is a documented constant ([`definition::ScalarFunction`] and its like for
//! aggregates and windows) from which DataFusion's function and the reference page are made.
//! Functions keep no state. What depends on the session — `SYSDATE`, `CURRENT_USER`, settings — is
//! folded by the planner and is not here; the session's parameters come along in [`settings`].
//!
//! A new function: its file, its line in the family's `mod.rs`, its `.slt`.

/// Aggregate functions.
pub mod aggregate;
/// A call's arguments as typed columns, and builders of results.
pub mod arguments;
/// What operators mean: checked arithmetic, casts.
pub mod operator;
/// Between which values results lie.
mod bounds;
/// Functions over the system catalog.
pub mod catalog;
/// Conditional functions.
pub mod conditional;
/// Date and time functions.
pub mod datetime;
/// What a function is.
pub mod definition;
/// Formatting functions.
pub mod format;
/// Hash functions.
pub mod hash;
/// HyperLogLog functions.
pub mod hll;
/// JSON functions on strings.
pub mod json;
/// Functions that evaluate only the arguments they need.
mod lazy;
/// Declared lengths of text.
pub mod length;
/// Mathematical functions.
pub mod math;
/// Numbers: conversion and rounding.
pub mod number;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
/// The reference page of all functions.
pub mod reference;
/// The session's parameters, as functions see them.
pub mod settings;
/// String functions.
pub mod string;
/// SUPER functions and operators.
pub mod super_type;
/// Values as text.
pub mod text;
/// Names that no function bears.
pub mod unknown;
/// VARBYTE functions.
pub mod varbyte;
/// Window functions.
pub mod window;

use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::{
    execution::FunctionRegistry,
    logical_expr::{AggregateUDF, ScalarUDF, WindowUDF},
};

use crate::error::{Error, Result};
use definition::{Documentation, ScalarFunction};

/// The families' scalar functions.
const SCALAR: &[&[&ScalarFunction]] = &[
    catalog::SCALAR,
    conditional::SCALAR,
    datetime::SCALAR,
    format::SCALAR,
    hash::SCALAR,
    hll::SCALAR,
    json::SCALAR,
    math::SCALAR,
    string::SCALAR,
    super_type::SCALAR,
    varbyte::SCALAR,
];

/// All scalar functions, for documentation and for binding by name.
pub fn scalar_functions() -> impl Iterator<Item = &'static ScalarFunction> {
    let lazy = conditional::LAZY.iter().map(|(function, _)| *function);
    SCALAR.iter().flat_map(|family| family.iter().copied()).chain(lazy)
}

/// All scalar functions as DataFusion knows them.
pub fn all_scalar() -> Vec<Arc<ScalarUDF>> {
    let mut all: Vec<_> = SCALAR.iter().flat_map(|family| family.iter().map(|function| function.to_udf())).collect();
    all.extend(conditional::all_lazy());
    all.extend(super_type::INTERNAL.iter().map(|function| function.to_udf()));
    all.extend(operator::unary_operators());
    all.push(Arc::new(ScalarUDF::from(operator::CastFunction::default())));
    all.push(math::random::random());
    all
}

/// All aggregate functions as DataFusion knows them.
pub fn all_aggregate() -> Vec<Arc<AggregateUDF>> {
    let mut all = aggregate::all();
    all.extend(hll::aggregate::all());
    all.extend(catalog::aggregates());
    all
}

/// All window functions as DataFusion knows them.
pub fn all_window() -> Vec<Arc<WindowUDF>> {
    window::all()
}

/// The documentation of all functions, for the reference page.
pub fn documentation() -> impl Iterator<Item = &'static Documentation> {
    let scalar = scalar_functions().map(|function| &function.documentation);
    scalar
        .chain(catalog::documentation())
        .chain(aggregate::DOCUMENTATION.iter().flat_map(|part| part.iter().copied()))
        .chain(window::DOCUMENTATION.iter().copied())
}

/// Registers all functions. They replace DataFusion's functions of the same name.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    all_scalar()
        .into_iter()
        .try_for_each(|function| registry.register_udf(function).map(drop))
        .map_err(Error::internal)?;
    all_aggregate()
        .into_iter()
        .try_for_each(|function| registry.register_udaf(function).map(drop))
        .map_err(Error::internal)?;
    all_window()
        .into_iter()
        .try_for_each(|function| registry.register_udwf(function).map(drop))
        .map_err(Error::internal)
}

/// Redshift's name of an Arrow type, for messages.
pub fn type_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Null => "unknown",
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "integer",
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "bigint",
        DataType::Float16 | DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            "numeric"
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "character varying",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time64(TimeUnit::Nanosecond) => "time with time zone",
        DataType::Time32(_) | DataType::Time64(_) => "time without time zone",
        DataType::Timestamp(_, None) => "timestamp without time zone",
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone",
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month",
        DataType::Duration(_) => "interval day to second",
        DataType::Interval(_) => "interval",
        DataType::BinaryView | DataType::FixedSizeBinary(_) => "binary varying",
        DataType::LargeBinary => "super",
        DataType::Binary => "hllsketch",
        DataType::Dictionary(_, value) => return type_name(value),
        other => return other.to_string(),
    };
    name.to_string()
}
