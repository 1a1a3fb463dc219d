//! The share of rows that a condition leaves, from what is known of columns; the usual guesses otherwise.

use datafusion::{
    common::DFSchema,
    logical_expr::{BinaryExpr, Expr, Operator, utils::split_conjunction},
};

use super::{
    Estimate,
    column::{self, ColumnEstimate},
};

/// An equality where nothing tells how many values there are.
const EQUAL: f64 = 0.1;
/// A comparison where nothing tells the bounds.
const RANGE: f64 = 1.0 / 3.0;
/// A pattern.
const LIKE: f64 = 0.1;
/// Anything else.
const UNKNOWN: f64 = 0.5;
/// Nothing is taken for impossible.
const SHARE_MIN: f64 = 1e-7;

/// The rows that a condition leaves, and what it makes of the column that it is about.
pub fn apply(input: Estimate, condition: &Expr, schema: &DFSchema) -> Estimate {
    let share = share_of(condition, &input, schema);
    let bound = bounded_column(condition, schema).filter(|(index, _)| *index < input.columns.len());
    let mut left = input.scaled(share);
    if let Some((index, bound)) = bound {
        let column = &mut left.columns[index];
        column.nulls = 0.0;
        match bound {
            Bound::Values(count) => {
                column.distinct = Some(column.distinct.map_or(count, |distinct| distinct.min(count)).min(left.rows));
            }
            Bound::From(low) => column.range = column.range.map(|(min, max)| (min.max(low).min(max), max)),
            Bound::To(high) => column.range = column.range.map(|(min, max)| (min, max.min(high).max(min))),
        }
    }
    left
}

/// What a condition says of one column.
enum Bound {
    /// It has at most so many values.
    Values(f64),
    From(f64),
    To(f64),
}

fn bounded_column(condition: &Expr, schema: &DFSchema) -> Option<(usize, Bound)> {
    let index = |expr: &Expr| match expr {
        Expr::Column(column) => schema.maybe_index_of_column(column),
        _ => None,
    };
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (expr, op, value) = match (literal(left), literal(right)) {
                (None, Some(value)) => (left, *op, value),
                (Some(value), None) => (right, op.swap()?, value),
                _ => return None,
            };
            let bound = match op {
                Operator::Eq => Bound::Values(1.0),
                Operator::Gt | Operator::GtEq => Bound::From(value?),
                Operator::Lt | Operator::LtEq => Bound::To(value?),
                _ => return None,
            };
            Some((index(expr)?, bound))
        }
        Expr::InList(list) if !list.negated => Some((index(&list.expr)?, Bound::Values(list.list.len() as f64))),
        _ => None,
    }
}

/// The number that a literal is, if it is one; None for no literal.
fn literal(expr: &Expr) -> Option<Option<f64>> {
    match expr {
        Expr::Literal(value, _) => Some(column::as_number(value)),
        Expr::Cast(cast) => literal(&cast.expr),
        _ => None,
    }
}

/// The share of the rows that a condition leaves.
pub fn share_of(condition: &Expr, input: &Estimate, schema: &DFSchema) -> f64 {
    share(condition, input, schema).clamp(SHARE_MIN, 1.0)
}

fn share(condition: &Expr, input: &Estimate, schema: &DFSchema) -> f64 {
    let of = |expr: &Expr| input.of_expr(expr, schema);
    let nested = |expr: &Expr| share_of(expr, input, schema);
    match condition {
        Expr::Literal(value, _) => column::as_number(value).unwrap_or(0.0),
        Expr::BinaryExpr(BinaryExpr { op: Operator::And, .. }) => conjunction(condition, input, schema),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let (left, right) = (nested(left), nested(right));
            // Often one column's values, which exclude each other.
            (left + right).min(1.0)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => compared(&of(left), *op, &of(right), left, right),
        Expr::Not(inner) => 1.0 - nested(inner),
        Expr::IsNull(inner) => of(inner).nulls,
        Expr::IsNotNull(inner) => 1.0 - of(inner).nulls,
        Expr::InList(list) => {
            let one = of(&list.expr).distinct.map_or(EQUAL, |distinct| 1.0 / distinct);
            let among = (one * list.list.len() as f64).min(if list.list.len() > 1 { 0.9 } else { 1.0 });
            if list.negated { 1.0 - among } else { among }
        }
        Expr::Between(between) => {
            let column = of(&between.expr);
            let low = compared(&column, Operator::GtEq, &of(&between.low), &between.expr, &between.low);
            let high = compared(&column, Operator::LtEq, &of(&between.high), &between.expr, &between.high);
            let within = (low + high - 1.0).max(low * high * 0.1);
            if between.negated { 1.0 - within } else { within }
        }
        Expr::Like(like) | Expr::SimilarTo(like) => {
            if like.negated {
                1.0 - LIKE
            } else {
                LIKE
            }
        }
        Expr::Alias(alias) => nested(&alias.expr),
        Expr::IsTrue(inner) => nested(inner),
        Expr::IsFalse(inner) => 1.0 - nested(inner),
        _ => UNKNOWN,
    }
}

/// Conditions that hold together: two bounds of one column are a range, everything else is independent.
fn conjunction(condition: &Expr, input: &Estimate, schema: &DFSchema) -> f64 {
    let mut left = input.clone();
    for part in split_conjunction(condition) {
        left = apply(left, part, schema);
    }
    left.rows / input.rows
}

fn compared(left: &ColumnEstimate, op: Operator, right: &ColumnEstimate, l: &Expr, r: &Expr) -> f64 {
    let equal = || match (left.distinct, right.distinct) {
        (Some(a), Some(b)) => 1.0 / a.max(b).max(1.0),
        (Some(a), None) | (None, Some(a)) if a > 1.0 => 1.0 / a,
        _ => EQUAL,
    };
    match op {
        Operator::Eq | Operator::IsNotDistinctFrom => match (literal(l), literal(r)) {
            (None, Some(Some(value))) if outside(left, value) => 0.0,
            (Some(Some(value)), None) if outside(right, value) => 0.0,
            _ => equal() * (1.0 - left.nulls) * (1.0 - right.nulls),
        },
        Operator::NotEq | Operator::IsDistinctFrom => 1.0 - equal(),
        Operator::Lt | Operator::LtEq => match (literal(l), literal(r)) {
            (None, Some(Some(value))) => below(left, value),
            (Some(Some(value)), None) => 1.0 - below(right, value),
            _ => RANGE,
        },
        Operator::Gt | Operator::GtEq => match (literal(l), literal(r)) {
            (None, Some(Some(value))) => 1.0 - below(left, value),
            (Some(Some(value)), None) => below(right, value),
            _ => RANGE,
        },
        _ => UNKNOWN,
    }
}

fn outside(column: &ColumnEstimate, value: f64) -> bool {
    column.range.is_some_and(|(low, high)| value < low || value > high)
}

/// The share of a column's values below a value.
fn below(column: &ColumnEstimate, value: f64) -> f64 {
    match column.range {
        Some((low, high)) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0),
        Some((low, _)) => f64::from(u8::from(value >= low)),
        None => RANGE,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::datatypes::{DataType, Field},
        logical_expr::{col, lit},
    };

    use super::*;

    #[test]
    fn shares_come_from_values_and_bounds() {
        let fields = vec![Field::new("year", DataType::Int32, true), Field::new("name", DataType::Utf8View, true)];
        let schema = DFSchema::from_unqualified_fields(fields.into(), Default::default()).unwrap();
        let year = ColumnEstimate { distinct: Some(100.0), range: Some((1900.0, 2000.0)), nulls: 0.5 };
        let input = Estimate { rows: 1000.0, columns: vec![year, ColumnEstimate::default()] };
        let share = |condition: Expr| (share_of(&condition, &input, &schema) * 1000.0).round();
        assert_eq!(share(col("year").eq(lit(1950))), 5.0);
        assert_eq!(share(col("year").eq(lit(3000))), 0.0);
        assert_eq!(share(col("year").lt(lit(1925))), 250.0);
        assert_eq!(share(lit(1925).lt(col("year"))), 750.0);
        assert_eq!(share(col("year").gt_eq(lit(1925)).and(col("year").lt_eq(lit(1950)))), 250.0);
        assert_eq!(share(col("year").between(lit(1925), lit(1950))), 250.0);
        assert_eq!(share(col("year").is_null()), 500.0);
        assert_eq!(share(col("year").in_list(vec![lit(1), lit(2), lit(3)], false)), 30.0);
        assert_eq!(share(col("name").eq(lit("x"))), 100.0);
        assert_eq!(share(col("name").eq(lit("x")).or(col("name").eq(lit("y")))), 200.0);
    }

    #[test]
    fn a_condition_narrows_its_column() {
        let fields = vec![Field::new("year", DataType::Int32, true)];
        let schema = DFSchema::from_unqualified_fields(fields.into(), Default::default()).unwrap();
        let year = ColumnEstimate { distinct: Some(100.0), range: Some((1900.0, 2000.0)), nulls: 0.0 };
        let input = Estimate { rows: 1000.0, columns: vec![year] };
        let one = apply(input.clone(), &col("year").eq(lit(1950)), &schema);
        assert_eq!((one.rows, one.columns[0].distinct), (10.0, Some(1.0)));
        let late = apply(input, &col("year").gt(lit(1975)), &schema);
        assert_eq!((late.rows, late.columns[0].range), (250.0, Some((1975.0, 2000.0))));
    }
}
