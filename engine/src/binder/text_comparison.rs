//! Comparisons of text do not see blanks at its end (page r_Character_types): `=`, `<>`, `<`, `IN`,
//! `BETWEEN`, `CASE x WHEN y` and joins compare trimmed values.
//!
//! Not so LIKE. A comparison inside a correlated subquery stays as it is where it names a column of
//! the outer query: the optimizer could not take such a subquery apart.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    common::{DFSchema, Result as DataFusionResult, ScalarValue, metadata::FieldMetadata, tree_node::Transformed},
    logical_expr::{
        Between, BinaryExpr, Case, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator,
        expr::{InList, InSubquery},
    },
};

use super::collation;
use crate::{
    functions::operator::{is_trim_blanks, trim_blanks},
    types::cast::is_text,
};

/// Marks the literals of bounds: the rule runs more than once and leaves comparisons with them alone.
const BOUND: &str = "blueshift.bound";

/// Rewrites a comparison of text.
pub fn rewrite(expr: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => compare(binary, schema),
        Expr::InList(list) => in_list(list, schema),
        Expr::InSubquery(subquery) => in_subquery(subquery, schema),
        Expr::Between(between) => {
            if is_bound(&between.low) || !all_text([&*between.expr, &*between.low, &*between.high], schema) {
                return Ok(Transformed::no(Expr::Between(between)));
            }
            let Between { expr, negated, low, high } = between;
            let (expr, low, high) = (trimmed(*expr), trimmed(*low), trimmed(*high));
            Ok(Transformed::yes(Expr::Between(Between::new(Box::new(expr), negated, Box::new(low), Box::new(high)))))
        }
        Expr::Case(case) => simple_case(case, schema),
        other => Ok(Transformed::no(other)),
    }
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

/// Whether all are text; types that cannot be known yet are somebody else's error.
fn all_text<'e>(expressions: impl IntoIterator<Item = &'e Expr>, schema: &DFSchema) -> bool {
    expressions.into_iter().all(|expr| expr.get_type(schema).is_ok_and(|data_type| is_text(&data_type)))
}

fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(scalar, _) => scalar.try_as_str().flatten(),
        _ => None,
    }
}

fn is_bound(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_, Some(metadata)) => metadata.inner().contains_key(BOUND),
        Expr::Cast(cast) => is_bound(&cast.expr),
        _ => false,
    }
}

/// Whether a condition was only added so that files can be skipped.
pub fn is_pruning_bound(condition: &Expr) -> bool {
    match condition {
        Expr::BinaryExpr(binary) if binary.op == Operator::And => {
            is_pruning_bound(&binary.left) && is_pruning_bound(&binary.right)
        }
        Expr::BinaryExpr(binary) => is_bound(&binary.left) || is_bound(&binary.right),
        _ => false,
    }
}

/// `expr` without blanks at its end; literals are trimmed here and now.
fn trimmed(expr: Expr) -> Expr {
    match expr {
        Expr::Literal(scalar, metadata) => Expr::Literal(trimmed_scalar(scalar), metadata),
        expr if is_trim_blanks(&expr) => expr,
        expr => trim_blanks(expr),
    }
}

fn trimmed_scalar(scalar: ScalarValue) -> ScalarValue {
    let trim = |text: Option<String>| text.map(|text| text.trim_end_matches(' ').to_owned());
    match scalar {
        ScalarValue::Utf8(text) => ScalarValue::Utf8(trim(text)),
        ScalarValue::LargeUtf8(text) => ScalarValue::LargeUtf8(trim(text)),
        ScalarValue::Utf8View(text) => ScalarValue::Utf8View(trim(text)),
        other => other,
    }
}

/// Whether there is nothing left to trim.
fn is_trimmed(expr: &Expr) -> bool {
    is_trim_blanks(expr)
        || literal_text(expr).is_some_and(|text| !text.ends_with(' '))
        || matches!(expr, Expr::Cast(cast) if is_trimmed(&cast.expr))
}

fn compare(binary: BinaryExpr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let BinaryExpr { left, op, right } = binary;
    let keep = is_bound(&left)
        || is_bound(&right)
        || (is_trimmed(&left) && is_trimmed(&right))
        || left.contains_outer()
        || right.contains_outer()
        || !all_text([&*left, &*right], schema);
    if keep {
        return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
    }
    let bounds = match (&*left, &*right) {
        (Expr::Column(_), Expr::Literal(..)) => bounds(&left, op, literal_text(&right)),
        (Expr::Literal(..), Expr::Column(_)) => op.swap().and_then(|op| bounds(&right, op, literal_text(&left))),
        _ => None,
    };
    let comparison = Expr::BinaryExpr(BinaryExpr::new(Box::new(trimmed(*left)), op, Box::new(trimmed(*right))));
    Ok(Transformed::yes(match bounds {
        Some(bounds) => bounds.and(comparison),
        None => comparison,
    }))
}

/// What `column operator text` implies about the values as they are stored: files are skipped by it,
/// which a function around the column would prevent.
fn bounds(column: &Expr, operator: Operator, text: Option<&str>) -> Option<Expr> {
    let text = text?.trim_end_matches(' ');
    let at_least = || column.clone().gt_eq(bound(text.to_owned()));
    let below = || before_all_after(text).map(|end| column.clone().lt(bound(end)));
    match operator {
        Operator::Eq => Some(match below() {
            Some(below) => at_least().and(below),
            None => at_least(),
        }),
        Operator::Gt | Operator::GtEq => Some(at_least()),
        Operator::Lt | Operator::LtEq => below(),
        _ => None,
    }
}

/// The least text that is greater than `text` with blanks after it, and than what is less than `text`
/// with blanks after it. None where control characters, which sort before the blank, spoil the latter.
fn before_all_after(text: &str) -> Option<String> {
    (!text.bytes().any(|byte| byte < b' ')).then(|| format!("{text}!"))
}

fn bound(text: String) -> Expr {
    let metadata = FieldMetadata::new(BTreeMap::from([(BOUND.to_owned(), "1".to_owned())]));
    Expr::Literal(ScalarValue::Utf8View(Some(text)), Some(metadata))
}

fn in_list(list: InList, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let InList { expr, list, negated } = list;
    let done = is_trimmed(&expr) && list.iter().all(is_trimmed);
    if done || expr.contains_outer() || !all_text(std::iter::once(&*expr).chain(&list), schema) {
        return Ok(Transformed::no(Expr::InList(InList { expr, list, negated })));
    }
    let bounds = match &*expr {
        Expr::Column(_) if !negated => list_bounds(&expr, &list),
        _ => None,
    };
    let list = list.into_iter().map(trimmed).collect();
    let expr = Expr::InList(InList::new(Box::new(trimmed(*expr)), list, negated));
    Ok(Transformed::yes(match bounds {
        Some(bounds) => bounds.and(expr),
        None => expr,
    }))
}

/// Between the least and the greatest of the list.
fn list_bounds(column: &Expr, list: &[Expr]) -> Option<Expr> {
    let trimmed = |expr| literal_text(expr).map(|text| text.trim_end_matches(' '));
    let texts: Vec<&str> = list.iter().map(trimmed).collect::<Option<_>>()?;
    let (least, greatest) = (texts.iter().min()?, texts.iter().max()?);
    let lower = bounds(column, Operator::GtEq, Some(least))?;
    let upper = bounds(column, Operator::LtEq, Some(greatest))?;
    Some(lower.and(upper))
}

fn in_subquery(in_subquery: InSubquery, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let plan = &in_subquery.subquery.subquery;
    let columns = plan.schema().columns();
    let text = plan.schema().fields().first().is_some_and(|field| is_text(field.data_type()));
    let done = is_trimmed(&in_subquery.expr) && gives_trimmed(plan);
    let [column] = columns.as_slice() else { return Ok(Transformed::no(Expr::InSubquery(in_subquery))) };
    if done || !text || in_subquery.expr.contains_outer() || !all_text([&*in_subquery.expr], schema) {
        return Ok(Transformed::no(Expr::InSubquery(in_subquery)));
    }
    let collations = [collation::of(&in_subquery.expr, schema), collation::of_first_column(plan)];
    let key = if collation::ignores_case(collations)? { collation::folded } else { trim_blanks };
    let unmarked = collation::as_written(Expr::Column(column.clone()), plan.schema());
    let values = key(unmarked).alias(&column.name);
    let plan = LogicalPlanBuilder::from(Arc::clone(plan)).project([values])?.build()?;
    let subquery = in_subquery.subquery.with_plan(Arc::new(plan));
    let expr = Box::new(if collation::ignores_case(collations)? {
        collation::folded(*in_subquery.expr)
    } else {
        trimmed(*in_subquery.expr)
    });
    Ok(Transformed::yes(Expr::InSubquery(InSubquery::new(expr, subquery, in_subquery.negated))))
}

fn gives_trimmed(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => match projection.expr.as_slice() {
            [Expr::Alias(alias)] => is_trim_blanks(&alias.expr),
            [expr] => is_trim_blanks(expr),
            _ => false,
        },
        _ => false,
    }
}

/// `CASE x WHEN y …` compares as `=` does.
fn simple_case(case: Case, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let Case { expr, when_then_expr, else_expr } = case;
    let operands = expr.iter().map(|expr| &**expr).chain(when_then_expr.iter().map(|(when, _)| &**when));
    let done =
        expr.as_ref().is_none_or(|expr| is_trimmed(expr)) && when_then_expr.iter().all(|(when, _)| is_trimmed(when));
    if expr.is_none() || done || !all_text(operands, schema) {
        return Ok(Transformed::no(Expr::Case(Case { expr, when_then_expr, else_expr })));
    }
    let when_then_expr = when_then_expr.into_iter().map(|(when, then)| (Box::new(trimmed(*when)), then)).collect();
    Ok(Transformed::yes(Expr::Case(Case::new(expr.map(|expr| Box::new(trimmed(*expr))), when_then_expr, else_expr))))
}
