//! Correlated subqueries that DataFusion 55 answers wrongly, or not at all, in a form that it joins rightly.
//!
//! - An aggregate without GROUP BY has one row also where nothing is correlated. Joined as EXISTS or IN it has none
//!   there: EXISTS is TRUE and IN an equality. The condition of HAVING becomes a value of its own.
//! - A subquery in the place of a value that may have several rows is grouped by its correlation: see
//!   `functions::operator::single_row`.
//! - NOT IN as a condition is NOT EXISTS of a row that is equal, or unknown to be.

use std::sync::Arc;

use datafusion::{
    common::{
        Column, DFSchema, Result,
        tree_node::{Transformed, TreeNode},
    },
    functions_aggregate::{count::count_udaf, first_last::first_value_udaf},
    logical_expr::{
        Aggregate, BinaryExpr, Distinct, Expr, FetchType, Filter, LogicalPlan, Operator, Projection, SkipType,
        Subquery, SubqueryAlias,
        expr::{AggregateFunction, Case, Exists, InSubquery},
        lit,
        utils::{conjunction, split_conjunction_owned},
    },
};

use crate::{
    error::Error,
    functions::operator::single_row::{pack, unpack},
};

/// EXISTS over an analyzed subquery.
pub fn exists(mut exists: Exists) -> Result<Expr> {
    if exists.subquery.outer_ref_columns.is_empty() {
        return Ok(Expr::Exists(exists));
    }
    let Some(total) = total(&exists.subquery.subquery)? else {
        exists.subquery = unsorted(exists.subquery);
        return Ok(Expr::Exists(exists));
    };
    Ok(match (total.having(&exists.subquery), exists.negated) {
        (None, negated) => lit(!negated),
        (Some(having), false) => Expr::IsTrue(Box::new(having)),
        (Some(having), true) => Expr::IsNotTrue(Box::new(having)),
    })
}

/// IN over an analyzed subquery.
pub fn is_in(mut is_in: InSubquery) -> Result<Expr> {
    if is_in.subquery.outer_ref_columns.is_empty() {
        return Ok(Expr::InSubquery(is_in));
    }
    let Some(total) = total(&is_in.subquery.subquery)? else {
        is_in.subquery = unsorted(is_in.subquery);
        return Ok(Expr::InSubquery(is_in));
    };
    let having = total.having(&is_in.subquery);
    let value = Expr::ScalarSubquery(is_in.subquery.with_plan(Arc::new(total.bare)));
    let equal = Expr::BinaryExpr(BinaryExpr::new(is_in.expr, Operator::Eq, Box::new(value)));
    let found = match having {
        Some(having) => when(having, equal, Some(lit(false))),
        None => equal,
    };
    Ok(if is_in.negated { Expr::Not(Box::new(found)) } else { found })
}

/// An analyzed subquery in the place of a value.
pub fn scalar(subquery: Subquery) -> Result<Expr> {
    if subquery.outer_ref_columns.is_empty() {
        return Ok(Expr::ScalarSubquery(subquery));
    }
    if let Some(total) = total(&subquery.subquery)? {
        let having = total.having(&subquery);
        let value = Expr::ScalarSubquery(subquery.with_plan(Arc::new(total.bare)));
        return Ok(match having {
            Some(having) => when(having, value, None),
            None => value,
        });
    }
    if subquery.subquery.schema().fields().len() != 1 || matches!(*subquery.subquery, LogicalPlan::Limit(_)) {
        return Ok(Expr::ScalarSubquery(subquery));
    }
    let input = unsorted(subquery.clone()).subquery;
    let value = Expr::Column(Column::from(input.schema().qualified_field(0)));
    let aggregate = |function, argument| {
        let call = AggregateFunction::new_udf(function, vec![argument], false, None, vec![], None);
        Expr::AggregateFunction(call)
    };
    let calls = vec![aggregate(first_value_udaf(), value), aggregate(count_udaf(), lit(1_i64))];
    let grouped = LogicalPlan::Aggregate(Aggregate::try_new(input, vec![], calls)?);
    let [first, rows] = [0, 1].map(|index| Expr::Column(Column::from(grouped.schema().qualified_field(index))));
    let packed = pack(first, rows).alias("single row");
    let plan = LogicalPlan::Projection(Projection::try_new(vec![packed], Arc::new(grouped))?);
    Ok(unpack(Expr::ScalarSubquery(subquery.with_plan(Arc::new(plan)))))
}

/// `condition` is TRUE: `then`, else `otherwise`.
fn when(condition: Expr, then: Expr, otherwise: Option<Expr>) -> Expr {
    Expr::Case(Case::new(None, vec![(Box::new(condition), Box::new(then))], otherwise.map(Box::new)))
}

/// Refuses totals of correlated rows in places from which they cannot be taken out: joined, they would have no row
/// where they have one. `direct`: nothing above changes how many rows there are.
///
/// Errors: 0A000.
pub fn check_totals(plan: &LogicalPlan, direct: bool) -> Result<()> {
    let direct = match plan {
        LogicalPlan::Aggregate(aggregate) => {
            let has_total = aggregate.group_expr.is_empty()
                || aggregate.group_expr.iter().any(|key| matches!(key, Expr::GroupingSet(_)));
            let sets = !aggregate.group_expr.is_empty();
            if has_total && (sets || !direct) && !aggregate.input.all_out_ref_exprs().is_empty() {
                return Err(Error::not_supported("this place of an aggregate in a correlated subquery").into());
            }
            false
        }
        LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Limit(_) => direct,
        _ => false,
    };
    plan.inputs().into_iter().try_for_each(|input| check_totals(input, direct))
}

/// A query whose rows are those of an aggregate without GROUP BY: one, or none if HAVING is not TRUE.
struct Total {
    /// The query without HAVING.
    bare: LogicalPlan,
    /// The condition of HAVING, as a query of one value.
    having: Option<LogicalPlan>,
}

impl Total {
    fn having(&self, subquery: &Subquery) -> Option<Expr> {
        let having = self.having.clone()?;
        Some(Expr::ScalarSubquery(subquery.with_plan(Arc::new(having))))
    }
}

fn total(plan: &LogicalPlan) -> Result<Option<Total>> {
    let over = |input: &LogicalPlan, make: &dyn Fn(LogicalPlan) -> Result<LogicalPlan>| {
        let Some(total) = total(input)? else { return Ok(None) };
        Ok(Some(Total { bare: make(total.bare)?, having: total.having }))
    };
    match plan {
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => {
            Ok(Some(Total { bare: plan.clone(), having: None }))
        }
        LogicalPlan::Projection(projection) => over(&projection.input, &|input| {
            Ok(LogicalPlan::Projection(Projection::try_new(projection.expr.clone(), Arc::new(input))?))
        }),
        LogicalPlan::SubqueryAlias(alias) => over(&alias.input, &|input| {
            let alias = alias.alias.clone();
            SubqueryAlias::try_new(Arc::new(input), alias).map(LogicalPlan::SubqueryAlias)
        }),
        LogicalPlan::Filter(filter) => {
            let Some(below) = total(&filter.input)? else { return Ok(None) };
            if below.having.is_some() {
                return Err(Error::not_supported("two conditions on the total of a correlated subquery").into());
            }
            let condition = vec![filter.predicate.clone().alias("having")];
            let having = LogicalPlan::Projection(Projection::try_new(condition, Arc::clone(&filter.input))?);
            Ok(Some(Total { bare: below.bare, having: Some(having) }))
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => total(&sort.input),
        LogicalPlan::Distinct(Distinct::All(input)) => total(input),
        LogicalPlan::Limit(limit) => {
            let Some(below) = total(&limit.input)? else { return Ok(None) };
            match (limit.get_skip_type()?, limit.get_fetch_type()?) {
                (SkipType::Literal(0), FetchType::Literal(None | Some(1..))) => Ok(Some(below)),
                _ => Err(Error::not_supported("LIMIT 0 or OFFSET in a correlated subquery").into()),
            }
        }
        _ => Ok(None),
    }
}

/// The order of rows says nothing of whether there are any.
fn unsorted(subquery: Subquery) -> Subquery {
    match &*subquery.subquery {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => subquery.with_plan(Arc::clone(&sort.input)),
        _ => subquery,
    }
}

/// Correlated NOT IN among the conditions of a filter, before subqueries are analyzed.
pub fn not_in(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Filter(filter) = plan else { return Ok(plan) };
    let conditions = split_conjunction_owned(filter.predicate.clone());
    if !conditions.iter().any(|condition| excluded(condition).is_some()) {
        return Ok(LogicalPlan::Filter(filter));
    }
    let rewritten = conditions
        .into_iter()
        .map(|condition| match excluded(&condition) {
            Some(is_in) => no_such_row(is_in, filter.input.schema()),
            None => Ok(condition),
        })
        .collect::<Result<Vec<_>>>()?;
    let Some(predicate) = conjunction(rewritten) else { return Ok(LogicalPlan::Filter(filter)) };
    Ok(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?))
}

/// The IN that a condition denies, if it can be taken apart.
fn excluded(condition: &Expr) -> Option<&InSubquery> {
    let is_in = match condition {
        Expr::InSubquery(is_in) if is_in.negated => is_in,
        Expr::Not(inner) => match &**inner {
            Expr::InSubquery(is_in) if !is_in.negated => is_in,
            _ => return None,
        },
        _ => return None,
    };
    let correlated = !is_in.subquery.outer_ref_columns.is_empty();
    (correlated && rows_as_they_are(&is_in.subquery.subquery)).then_some(is_in)
}

/// A plan without what counts rows: a filter above it takes single rows out.
fn rows_as_they_are(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(_) | LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Distinct(Distinct::All(_)) => plan.inputs().into_iter().all(rows_as_they_are),
        _ => false,
    }
}

fn no_such_row(is_in: &InSubquery, outer: &DFSchema) -> Result<Expr> {
    let mut references = is_in.subquery.outer_ref_columns.clone();
    let value = (*is_in.expr).clone().transform_up(|expr| {
        let Expr::Column(column) = expr else { return Ok(Transformed::no(expr)) };
        let (_, field) = outer.qualified_field_from_column(&column)?;
        let reference = Expr::OuterReferenceColumn(Arc::clone(field), column);
        references.push(reference.clone());
        Ok(Transformed::yes(reference))
    })?;
    let value = value.data;
    let rows = Arc::clone(&is_in.subquery.subquery);
    let column = Expr::Column(Column::from(rows.schema().qualified_field(0)));
    let unknown = value.clone().is_null().or(column.clone().is_null());
    let same = Expr::BinaryExpr(BinaryExpr::new(Box::new(value), Operator::Eq, Box::new(column))).or(unknown);
    let plan = LogicalPlan::Filter(Filter::try_new(same, rows)?);
    let mut subquery = is_in.subquery.with_plan(Arc::new(plan));
    subquery.outer_ref_columns = references;
    Ok(Expr::Exists(Exists { subquery, negated: true }))
}
