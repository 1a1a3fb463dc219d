//! DataFusion's and Arrow's errors as ours: the engine's own error inside is found first, so that
//! code and position survive; what the libraries report gets the SQLSTATE of its condition.

use std::error::Error as StdError;

use datafusion::{arrow::error::ArrowError, common::SchemaError, error::DataFusionError};

use super::{Error, SqlState};

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        if let Some(ours) = Error::inside(&error) {
            return ours;
        }
        convert(&error).unwrap_or_else(|| Error::internal(first_line(&error.strip_backtrace())))
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        DataFusionError::from(error).into()
    }
}

/// Looks for the condition from the outside in.
fn convert(error: &DataFusionError) -> Option<Error> {
    match error {
        DataFusionError::SchemaError(schema_error, _) => Some(convert_schema_error(schema_error)),
        DataFusionError::ArrowError(arrow_error, _) => Some(convert_arrow_error(arrow_error)),
        DataFusionError::Plan(message) => Some(convert_plan_message(message)),
        DataFusionError::NotImplemented(message) if is_subquery_left(message) => Some(unsupported_correlation()),
        DataFusionError::NotImplemented(message) => {
            Some(Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("not supported: {}", first_line(message))))
        }
        DataFusionError::ResourcesExhausted(message) => Some(convert_resources(message)),
        DataFusionError::Execution(message) => Some(convert_execution_message(message)),
        DataFusionError::IoError(io_error) => {
            Some(Error::io("reading data", std::io::Error::new(io_error.kind(), io_error.to_string())))
        }
        DataFusionError::ObjectStore(store_error) => {
            Some(Error::new(SqlState::IO_ERROR, first_line(&store_error.to_string())))
        }
        DataFusionError::ParquetError(parquet_error) => Some(convert_parquet_message(&parquet_error.to_string())),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => convert(inner),
        DataFusionError::Shared(inner) => convert(inner),
        DataFusionError::Collection(errors) => errors.first().and_then(convert),
        DataFusionError::External(inner) => inner
            .downcast_ref::<DataFusionError>()
            .and_then(convert)
            .or_else(|| inner.downcast_ref::<ArrowError>().map(convert_arrow_error)),
        _ => None,
    }
}

/// A subquery that the optimizer could not take apart arrives at the physical planner.
fn is_subquery_left(message: &str) -> bool {
    message.starts_with("Physical plan does not support logical expression")
        && ["ScalarSubquery", "InSubquery", "Exists", "SetComparison", "OuterReferenceColumn"]
            .iter()
            .any(|kind| message.contains(kind))
}

fn unsupported_correlation() -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, "This type of correlated subquery pattern is not supported yet")
}

/// The store of managed files names itself in its errors.
const STORE_ERROR: &str = "Generic warehouse error: ";

/// Reading a footer makes text of what the store said; all else is damage.
fn convert_parquet_message(message: &str) -> Error {
    let Some((_, ours)) = message.split_once(STORE_ERROR) else {
        return Error::new(SqlState::DATA_CORRUPTED, format!("data file is damaged: {}", first_line(message)));
    };
    match ours.split_once(" (") {
        Some(("data file is damaged", detail)) => {
            let detail = detail.strip_suffix(')').unwrap_or(detail);
            Error::new(SqlState::DATA_CORRUPTED, "data file is damaged").with_detail(detail)
        }
        _ if ours.contains("Too many open files") => Error::new(SqlState::INSUFFICIENT_RESOURCES, first_line(ours)),
        _ if ours.contains("No such file") => Error::new(SqlState::UNDEFINED_FILE, first_line(ours)),
        _ => Error::new(SqlState::IO_ERROR, first_line(ours)),
    }
}

fn convert_schema_error(error: &SchemaError) -> Error {
    match error {
        SchemaError::FieldNotFound { field, .. } => match &field.relation {
            // IN became a subquery around the user's, and a correlated column cannot be seen through that.
            Some(relation) if relation.table() == crate::rewrite::ROWS_RELATION => unsupported_correlation(),
            Some(relation) => Error::undefined_column(format!("{}.{}", relation.table(), field.name)),
            None => Error::undefined_column(&field.name),
        },
        SchemaError::AmbiguousReference { field } => {
            Error::new(SqlState::AMBIGUOUS_COLUMN, format!("column reference \"{}\" is ambiguous", field.name))
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            Error::new(
                SqlState::DUPLICATE_COLUMN,
                format!("column \"{}\" specified more than once", crate::rewrite::column_name::visible(name)),
            )
        }
    }
}

fn convert_arrow_error(error: &ArrowError) -> Error {
    match error {
        ArrowError::DivideByZero => Error::division_by_zero(),
        ArrowError::ArithmeticOverflow(_) => Error::out_of_range("numeric value"),
        ArrowError::CastError(message) | ArrowError::ParseError(message) => {
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, first_line(message))
        }
        ArrowError::ComputeError(message) if message.contains("overflow") => Error::out_of_range("numeric value"),
        ArrowError::IoError(message, io_error) => {
            Error::io(message, std::io::Error::new(io_error.kind(), io_error.to_string()))
        }
        ArrowError::ExternalError(inner) => match inner.downcast_ref::<DataFusionError>().and_then(convert) {
            Some(error) => error,
            None => Error::internal(first_line(&inner.to_string())),
        },
        other => Error::internal(first_line(&other.to_string())),
    }
}

/// DataFusion's planner knows few error types, so its texts decide. A text that is not known stays
/// as it is, as a plain error of the statement.
fn convert_plan_message(message: &str) -> Error {
    let text = first_line(message);
    if let Some(rest) = text.strip_prefix("Invalid function '") {
        return Error::undefined_function(format!("{}()", rest.split('\'').next().unwrap_or(rest)));
    }
    if text.contains("must appear in the GROUP BY clause")
        || text.contains("must be part of GROUP BY")
        || text.contains("could not be resolved from available columns")
    {
        let column = text.split("column \"").nth(1).and_then(|rest| rest.split('"').next());
        return match column {
            Some(column) => Error::new(
                SqlState::GROUPING_ERROR,
                format!("column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function"),
            ),
            None => Error::new(
                SqlState::GROUPING_ERROR,
                "column must appear in the GROUP BY clause or be used in an aggregate function",
            )
            .with_detail(text),
        };
    }
    if text.contains("expression names but") || text.starts_with("Projections require unique expression names") {
        return Error::new(SqlState::DUPLICATE_COLUMN, "column specified more than once").with_detail(text);
    }
    if text.starts_with("null_aware anti join only supports") {
        return unsupported_correlation().with_hint("NOT EXISTS says the same where no value is NULL.");
    }
    if text.starts_with("Correlated scalar subquery must be aggregated") {
        return unsupported_correlation()
            .with_detail("The subquery may return more than one row: it has no aggregate.");
    }
    if let Some(rest) = text.strip_prefix("Order by column out of bounds, specified: ") {
        let position = rest.split(',').next().unwrap_or(rest);
        return Error::new(SqlState("42P10"), format!("ORDER BY position {position} is not in select list"));
    }
    if text.starts_with("Too many columns! The subquery should only return one column") {
        return Error::syntax("subquery must return only one column");
    }
    if text.starts_with("WITH query name") {
        return Error::new(SqlState("42712"), text);
    }
    if text.starts_with("Invalid window frame") {
        return Error::new(SqlState("42P20"), text);
    }
    if let Some(qualifier) = text.strip_prefix("Invalid qualifier ") {
        return Error::undefined_table(qualifier);
    }
    if text.starts_with("LIMIT must be") || text.starts_with("OFFSET must be") {
        let clause = text.split(' ').next().unwrap_or("LIMIT");
        return Error::new(SqlState("2201W"), format!("{clause} must not be negative"));
    }
    if text.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        return Error::new(SqlState::GROUPING_ERROR, "aggregates not allowed in WHERE clause");
    }
    if text.starts_with("For SELECT DISTINCT, ORDER BY") {
        return Error::new(SqlState("42P10"), "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
    }
    if text.contains("coerce")
        || text.contains("Cannot infer common")
        || text.contains("No function matches")
        || text.contains("signature")
    {
        return Error::new(SqlState::UNDEFINED_FUNCTION, text)
            .with_hint("No operator or function matches the given name and argument types. You may need to add explicit type casts.");
    }
    if text.contains("Unsupported CAST") {
        return Error::new(SqlState::CANNOT_COERCE, text);
    }
    if text.to_lowercase().contains("not supported") || text.contains("Unsupported") || text.contains("not implemented")
    {
        return Error::new(SqlState::FEATURE_NOT_SUPPORTED, text);
    }
    Error::new(SqlState::SYNTAX_OR_ACCESS_RULE_VIOLATION, text)
}

fn convert_execution_message(message: &str) -> Error {
    let text = first_line(message);
    let lower = text.to_lowercase();
    if lower.contains("divide by zero") {
        return Error::division_by_zero();
    }
    if lower.contains("overflow") {
        return Error::out_of_range("numeric value");
    }
    if lower.contains("scalar subquery") || lower.contains("more than one row") {
        return Error::new(
            SqlState::CARDINALITY_VIOLATION,
            "more than one row returned by a subquery used as an expression",
        );
    }
    Error::internal(text)
}

fn convert_resources(message: &str) -> Error {
    let text = first_line(message);
    if text.contains("disk") {
        return Error::new(SqlState::DISK_FULL, "disk full: the limit for spill files is reached").with_detail(text);
    }
    Error::new(SqlState::OUT_OF_MEMORY, "out of memory")
        .with_detail(text)
        .with_hint("Raise --memory-limit or work on fewer rows at once.")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or(text).trim().to_owned()
}

/// The engine's own error in a chain of sources, if there is one.
pub(super) fn find_ours(error: &(dyn StdError + 'static)) -> Option<Error> {
    let mut current = Some(error);
    while let Some(e) = current {
        if let Some(ours) = e.downcast_ref::<Error>() {
            return Some(ours.clone());
        }
        if let Some(DataFusionError::Collection(errors)) = e.downcast_ref::<DataFusionError>() {
            return errors.iter().find_map(|e| find_ours(e));
        }
        current = e.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_error_survives_wrapping() {
        let ours = Error::division_by_zero();
        let arrow = ArrowError::ExternalError(Box::new(ours));
        let wrapped = DataFusionError::from(arrow).context("while running");
        assert_eq!(Error::from(wrapped).state(), SqlState::DIVISION_BY_ZERO);
    }

    #[test]
    fn library_errors_get_their_code() {
        assert_eq!(Error::from(DataFusionError::from(ArrowError::DivideByZero)).state().0, "22012");
        assert_eq!(
            Error::from(DataFusionError::Plan("Invalid function 'foo'.\nDid you mean".into())).state().0,
            "42883"
        );
        assert_eq!(Error::from(DataFusionError::NotImplemented("x".into())).state().0, "0A000");
    }
}
