//! EXISTS and IN (SELECT …) as values: in a select list, in GROUP BY, in ORDER BY. DataFusion plans
//! them as conditions only, so here they become scalar subqueries that count.
//!
//! Inside conditions, too, when it matters whether IN is NULL or false. DataFusion makes a join of an
//! IN that is one of the conditions of WHERE, and that join knows NULL; deeper inside (`f OR a NOT IN
//! (SELECT …)`) it makes a mark of it, which is false where SQL says NULL, so NOT IN would be true.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::ControlFlow,
};

use blueshift_sql::{
    ast::{
        Query, Value,
        sql::{
            BinaryOperator, CaseWhen, Expr, GroupByExpr, JoinConstraint, JoinOperator, Select, SelectItem, SetExpr,
            TableFactor, UnaryOperator, Visit, VisitMut, Visitor, VisitorMut, helpers::attached_token::AttachedToken,
        },
    },
    limits::on_deep_stack,
};

use super::{aggregate_name::AGGREGATES, row_in_subquery, template};
use crate::error::{Error, Result};

/// How the names of counts begin. Each has the number of what it counts, because DataFusion tells expressions by names.
const COUNT: &str = "__count_";

/// Rewrites the values and the conditions of a SELECT.
pub fn rewrite_select(select: &mut Select) -> Result<()> {
    let conditions = [&mut select.selection, &mut select.having, &mut select.qualify];
    conditions.into_iter().flatten().try_for_each(rewrite_condition)?;
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        if let JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) =
            &mut join.join_operator
        {
            rewrite_condition(on)?;
        }
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            rewrite(expr)?;
        }
    }
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        for key in keys {
            rewrite(key)?;
        }
    }
    Ok(())
}

/// Rewrites one value.
pub fn rewrite(expr: &mut Expr) -> Result<()> {
    rewrite_in(expr, true)
}

fn rewrite_in(expr: &mut Expr, exists: bool) -> Result<()> {
    match expr.visit(&mut Rewriter { inside: 0, exists }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Rewrites what a condition cannot say otherwise.
fn rewrite_condition(expr: &mut Expr) -> Result<()> {
    condition(expr, Place::Conjunct)
}

/// Where in a condition an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// One of the conditions that all must hold.
    Conjunct,
    /// Deeper, where NULL does as false does: below OR.
    Positive,
    /// Deeper, where NULL and false differ: below NOT.
    Negative,
}

fn condition(expr: &mut Expr, place: Place) -> Result<()> {
    match expr {
        Expr::Nested(inner) => condition(inner, place),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            condition(left, place)?;
            condition(right, place)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let place = if place == Place::Conjunct { Place::Positive } else { place };
            condition(left, place)?;
            condition(right, place)
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => match (place, innermost(inner)) {
            (Place::Conjunct, Expr::InSubquery { .. }) => Ok(()),
            (Place::Negative, _) => condition(inner, Place::Positive),
            (Place::Conjunct | Place::Positive, _) => condition(inner, Place::Negative),
        },
        Expr::InSubquery { negated, .. } => match (place, *negated) {
            (Place::Conjunct, _) | (Place::Positive, false) | (Place::Negative, true) => Ok(()),
            _ => rewrite_in(expr, false),
        },
        _ => rewrite_in(expr, false),
    }
}

/// What parentheses hold.
fn innermost(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => innermost(inner),
        other => other,
    }
}

struct Rewriter {
    inside: usize,
    /// Whether EXISTS is rewritten, too.
    exists: bool,
}

impl VisitorMut for Rewriter {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.inside > 0 {
            return ControlFlow::Continue(());
        }
        let value = match expr {
            Expr::Exists { subquery, negated } if self.exists => {
                let negated = *negated;
                if is_total(subquery) {
                    *expr = boolean(!negated);
                    return ControlFlow::Continue(());
                }
                count(take(subquery)).map(|count| compare_count(count, !negated))
            }
            Expr::InSubquery { expr: value, subquery, negated } => is_in(value, subquery, *negated),
            _ => return ControlFlow::Continue(()),
        };
        match value {
            Ok(value) => *expr = value,
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// TRUE when a row is equal; else NULL when the value, or that of a row, is NULL; else FALSE.
fn is_in(value: &mut Box<Expr>, subquery: &mut Box<Query>, negated: bool) -> Result<Expr> {
    if let Expr::Tuple(values) = &mut **value {
        let values = std::mem::take(values);
        return row_is_in(&values, subquery, negated);
    }
    let value = template::nested(std::mem::replace(&mut **value, null()));
    if is_total(subquery) {
        let op = if negated { BinaryOperator::NotEq } else { BinaryOperator::Eq };
        return Ok(template::binary(value, op, Expr::Subquery(take(subquery))));
    }
    let rows = |condition: &dyn Fn(Expr) -> Expr| {
        let counted = match inlined(subquery, &value, condition) {
            Some(counted) => counted,
            None => row_in_subquery::filtered(take(subquery), 1, |mut columns| columns.pop().map(condition))?,
        };
        Ok::<Expr, Error>(compare_count(count(counted)?, true))
    };
    let equal = rows(&|column| template::binary(column, BinaryOperator::Eq, value.clone()))?;
    let unknown = rows(&|column| Expr::IsNull(Box::new(column)))?;
    let any = compare_count(count(take(subquery))?, true);
    let missing = template::binary(Expr::IsNull(Box::new(value.clone())), BinaryOperator::And, any);
    Ok(found(vec![(equal, boolean(true)), (missing, null()), (unknown, null())], negated))
}

/// Columns of a row in IN as a value: there are as many subqueries as ways in which it can be unknown.
const ROW_WIDTH_MAX: usize = 3;

/// How a column of a row and its value come together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    Equal,
    ColumnIsNull,
    ValueIsNull,
}

/// The same for a row: NULL when no row is equal and one could be, where something is NULL. Each way in which one could
/// is asked for by itself, because correlated subqueries compare by `=` only.
fn row_is_in(values: &[Expr], subquery: &Query, negated: bool) -> Result<Expr> {
    if values.len() > ROW_WIDTH_MAX {
        return Err(Error::not_supported(format!("IN with more than {ROW_WIDTH_MAX} columns outside of a condition")));
    }
    let ways = 3_usize.pow(values.len() as u32);
    let mut branches = Vec::with_capacity(ways);
    for way in 0..ways {
        let pairs: Vec<Pair> = (0..values.len())
            .map(|index| match way / 3_usize.pow(index as u32) % 3 {
                0 => Pair::Equal,
                1 => Pair::ColumnIsNull,
                _ => Pair::ValueIsNull,
            })
            .collect();
        let condition = |columns: Vec<Expr>| {
            template::all(columns.into_iter().zip(values).zip(&pairs).filter_map(
                |((column, value), pair)| match pair {
                    Pair::Equal => Some(template::binary(column, BinaryOperator::Eq, template::nested(value.clone()))),
                    Pair::ColumnIsNull => Some(Expr::IsNull(Box::new(column))),
                    Pair::ValueIsNull => None,
                },
            ))
        };
        let rows = row_in_subquery::filtered(take(subquery), values.len(), condition)?;
        let missing = values.iter().zip(&pairs).filter(|(_, pair)| **pair == Pair::ValueIsNull);
        let missing = missing.map(|(value, _)| Expr::IsNull(Box::new(template::nested(value.clone()))));
        let holds = template::all(missing.chain([compare_count(count(rows)?, true)]));
        let result = if way == 0 { boolean(true) } else { null() };
        branches.extend(holds.map(|holds| (holds, result)));
    }
    Ok(found(branches, negated))
}

/// What the first condition that holds says, else FALSE; or the contrary.
fn found(branches: Vec<(Expr, Expr)>, negated: bool) -> Expr {
    let case = Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: branches.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: Some(Box::new(boolean(false))),
    };
    match negated {
        true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(case))) },
        false => case,
    }
}

/// Whether a query has one row whatever it reads: it selects an aggregate, without GROUP BY and HAVING.
fn is_total(subquery: &Query) -> bool {
    let SetExpr::Select(select) = &*subquery.body else { return false };
    let [
        SelectItem::UnnamedExpr(Expr::Function(function))
        | SelectItem::ExprWithAlias { expr: Expr::Function(function), .. },
    ] = select.projection.as_slice()
    else {
        return false;
    };
    subquery.limit_clause.is_none()
        && select.top.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && select.connect_by.is_empty()
        && function.over.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
        && AGGREGATES.contains(&function.name.to_string().to_lowercase().as_str())
}

/// The subquery with the condition among its own, which a correlated one needs: it cannot stand in another's FROM. None
/// where `value`, which the condition holds, could mean something else there.
fn inlined(subquery: &Query, value: &Expr, condition: &dyn Fn(Expr) -> Expr) -> Option<Box<Query>> {
    let mut query = take(subquery);
    let SetExpr::Select(select) = &mut *query.body else { return None };
    if query.limit_clause.is_some() || !counts_rows(select) {
        return None;
    }
    let [SelectItem::UnnamedExpr(column) | SelectItem::ExprWithAlias { expr: column, .. }] =
        select.projection.as_slice()
    else {
        return None;
    };
    let mut inner = vec![];
    for table in &select.from {
        for factor in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
            inner.push(match factor {
                TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
                    alias.name.value.clone()
                }
                TableFactor::Table { name, alias: None, .. } => name.0.last()?.as_ident()?.value.clone(),
                _ => return None,
            });
        }
    }
    if value.visit(&mut CaptureFinder { inner: &inner }).is_break() {
        return None;
    }
    let added = Expr::Nested(Box::new(condition(template::nested(column.clone()))));
    select.selection = Some(match select.selection.take() {
        Some(own) => template::binary(template::nested(own), BinaryOperator::And, added),
        None => added,
    });
    Some(query)
}

/// Finds names that another FROM could take: unqualified ones, and those with a qualifier that it has.
struct CaptureFinder<'n> {
    inner: &'n [String],
}

impl Visitor for CaptureFinder<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let captured = match expr {
            Expr::Identifier(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => true,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [.., qualifier, _] => self.inner.contains(&qualifier.value),
                _ => true,
            },
            Expr::JsonAccess { .. } | Expr::CompoundFieldAccess { .. } => true,
            _ => false,
        };
        if captured { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// `(SELECT count(*) FROM … WHERE …)` of the rows that the subquery has.
fn count(mut subquery: Box<Query>) -> Result<Expr> {
    let mut hasher = DefaultHasher::new();
    subquery.hash(&mut hasher);
    let name = format!("{COUNT}{:x}", hasher.finish());
    let mut query = template::query(&format!("select count(*) as \"{name}\" from (select 1) as x"))?;
    let counting = template::select_of(&mut query)?;
    if let SetExpr::Select(select) = &mut *subquery.body
        && subquery.limit_clause.is_none()
        && counts_rows(select)
    {
        select.projection = std::mem::take(&mut counting.projection);
        subquery.order_by = None;
        return Ok(Expr::Subquery(subquery));
    }
    if let Some(from) = counting.from.first_mut() {
        from.relation = template::derived(subquery, None);
    }
    Ok(Expr::Subquery(query))
}

/// Whether a SELECT has a row for each row of its FROM and WHERE, whatever it selects.
fn counts_rows(select: &Select) -> bool {
    let plain = select.distinct.is_none()
        && select.top.is_none()
        && select.having.is_none()
        && select.qualify.is_none()
        && select.connect_by.is_empty()
        && !select.from.is_empty()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    plain && select.projection.iter().all(|item| item.visit(&mut CallFinder).is_continue())
}

/// Finds a call, which may be an aggregate.
struct CallFinder;

impl Visitor for CallFinder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Function(_)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// `count > 0`, or `count = 0`.
fn compare_count(count: Expr, some: bool) -> Expr {
    let op = if some { BinaryOperator::Gt } else { BinaryOperator::Eq };
    Expr::BinaryOp { left: Box::new(count), op, right: Box::new(Expr::value(Value::Number("0".to_owned(), false))) }
}

fn take(subquery: &Query) -> Box<Query> {
    on_deep_stack(|| Box::new(subquery.clone()))
}

fn null() -> Expr {
    Expr::value(Value::Null)
}

fn boolean(value: bool) -> Expr {
    Expr::value(Value::Boolean(value))
}
