//! What Redshift rejects although DataFusion would run it: a query that passes here must pass
//! there ("Unsupported PostgreSQL features" of the guide).

use blueshift_sql::ast::sql::{Distinct, Expr, Select};

use super::window;
use crate::error::{Error, Result};

/// Functions that PostgreSQL or DataFusion have and Redshift has not.
const REJECTED_FUNCTIONS: [&str; 22] = [
    "string_agg",
    "array_agg",
    "every",
    "xml_agg",
    "corr",
    "covar_pop",
    "covar_samp",
    "pg_sleep",
    "clock_timestamp",
    "transaction_timestamp",
    "div",
    "setseed",
    "width_bucket",
    "bit_length",
    "overlay",
    "convert_from",
    "convert_to",
    "encode",
    "format",
    "quote_nullable",
    "regexp_matches",
    "regexp_split_to_array",
];

/// Checks one SELECT.
pub fn check_select(select: &Select) -> Result<()> {
    if matches!(select.distinct, Some(Distinct::On(_))) {
        return Err(Error::not_supported("SELECT DISTINCT ON"));
    }
    if !select.lateral_views.is_empty() {
        return Err(Error::not_supported("LATERAL VIEW"));
    }
    // The parser leaves it here only beside other select items; DataFusion would overlook it.
    if select.exclude.is_some() {
        return Err(Error::not_supported("EXCLUDE with more than one select item"));
    }
    if !select.connect_by.is_empty() {
        return Err(Error::not_supported("CONNECT BY"));
    }
    Ok(())
}

/// Checks one expression.
pub fn check_expr(expr: &Expr) -> Result<()> {
    match expr {
        Expr::Function(function) => {
            if function.filter.is_some() {
                return Err(Error::not_supported("FILTER (WHERE …) of an aggregate"));
            }
            let name = function.name.to_string().to_lowercase();
            if REJECTED_FUNCTIONS.contains(&name.as_str()) || name.starts_with("regr_") {
                return Err(Error::not_supported(format!("function {name}")));
            }
            window::check(function)
        }
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => Err(Error::not_supported("IS DISTINCT FROM")),
        Expr::Array(_) => Err(Error::not_supported("an array constructor")),
        _ => Ok(()),
    }
}
