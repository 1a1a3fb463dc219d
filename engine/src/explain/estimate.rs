//! Estimates of rows and widths. They are rough, as Redshift's are before ANALYZE: a tenth of a table
//! for an equality, a third for a range.

use datafusion::{
    arrow::datatypes::Schema,
    logical_expr::{BinaryExpr, Expr, Operator},
};

use crate::types::RedshiftType;

/// Rows of a table that nothing is known of.
pub const UNKNOWN_ROWS: f64 = 10_000_000_000.0;

/// Groups per row, where no statistics tell.
const GROUP_SHARE: f64 = 0.1;

/// The share of rows that a condition leaves.
pub fn selectivity(condition: &Expr) -> f64 {
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => selectivity(left) * selectivity(right),
            Operator::Or => (selectivity(left) + selectivity(right)).min(1.0),
            Operator::Eq => 0.1,
            Operator::NotEq => 0.9,
            _ => 0.333,
        },
        Expr::Not(inner) => 1.0 - selectivity(inner),
        Expr::IsNull(_) => 0.1,
        Expr::IsNotNull(_) => 0.9,
        Expr::InList(list) => (0.1 * list.list.len() as f64).min(0.5),
        Expr::Between(_) => 0.25,
        Expr::Like(_) => 0.1,
        _ => 0.5,
    }
}

/// Groups of `rows` rows by `keys` keys.
pub fn groups(rows: f64, keys: usize) -> f64 {
    if keys == 0 { 1.0 } else { (rows * GROUP_SHARE).max(1.0) }
}

/// Bytes of a row, as it is expected to be filled.
pub fn width(schema: &Schema) -> usize {
    schema.fields().iter().map(|field| bytes(RedshiftType::of_field(field))).sum()
}

fn bytes(data_type: Option<RedshiftType>) -> usize {
    match data_type {
        Some(RedshiftType::Boolean) => 1,
        Some(RedshiftType::SmallInt) => 2,
        Some(RedshiftType::Integer | RedshiftType::Real | RedshiftType::Date) => 4,
        Some(RedshiftType::Numeric(precision, _)) if precision > 19 => 16,
        Some(RedshiftType::Char(length) | RedshiftType::Varchar(Some(length))) => (length as usize).min(32),
        Some(RedshiftType::Varchar(None) | RedshiftType::Varbyte(_)) => 32,
        Some(_) => 8,
        None => 32,
    }
}
