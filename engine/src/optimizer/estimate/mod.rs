//! How many rows a logical plan gives, and how its columns are filled.
//!
//! Rows of tables are known exactly, and so are the bounds of most columns; numbers of different values are
//! there after ANALYZE. From these the size of everything above is guessed, with the usual assumptions:
//! values are spread evenly, conditions do not depend on each other, and the smaller set of keys of a join
//! is contained in the larger. A guess decides in which order tables are joined, never what is answered.

/// How a column is filled.
mod column;
/// The share of rows that a condition leaves.
mod selectivity;

use datafusion::{
    catalog::TableProvider,
    common::{DFSchema, JoinType},
    datasource::source_as_provider,
    logical_expr::{
        Aggregate, Distinct, Expr, FetchType, Join, LogicalPlan, Projection, SkipType, TableProviderFilterPushDown,
        TableScan, Union, utils::split_conjunction,
    },
};

pub use column::ColumnEstimate;
pub use selectivity::{apply as apply_condition, share_of};

/// Groups per row where nothing tells how many there are.
const GROUP_SHARE: f64 = 0.1;
/// The share of rows with a partner where nothing tells.
pub const PARTNER_SHARE: f64 = 0.5;
/// An anti join is not expected to leave less than this share.
pub const ANTI_SHARE_MIN: f64 = 0.05;
/// Rows that a value is expected to become when it is unnested.
const UNNESTED_ROWS: f64 = 3.0;

/// What is expected of a plan's rows.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// Rows, at least one.
    pub rows: f64,
    /// The columns, in the order of the plan's schema.
    pub columns: Vec<ColumnEstimate>,
}

impl Estimate {
    fn new(rows: f64, columns: Vec<ColumnEstimate>) -> Self {
        Estimate { rows: rows.max(1.0), columns }
    }

    fn without_columns(rows: f64, schema: &DFSchema) -> Self {
        Estimate::new(rows, vec![ColumnEstimate::default(); schema.fields().len()])
    }

    /// The same with fewer rows.
    fn scaled(mut self, share: f64) -> Self {
        let rows = (self.rows * share).max(1.0);
        for column in &mut self.columns {
            column.thin_out(self.rows, rows);
        }
        self.rows = rows;
        self
    }

    /// How an expression over the columns is filled.
    pub fn of_expr(&self, expr: &Expr, schema: &DFSchema) -> ColumnEstimate {
        column::of_expr(expr, schema, self)
    }
}

/// The estimate of a plan; None where the rows of what it reads are not known.
pub fn estimate(plan: &LogicalPlan) -> Option<Estimate> {
    let found = match plan {
        LogicalPlan::TableScan(scan) => of_scan(scan)?,
        LogicalPlan::Filter(filter) => {
            let mut input = estimate(&filter.input)?;
            for condition in split_conjunction(&filter.predicate) {
                input = apply_condition(input, condition, filter.input.schema());
            }
            input
        }
        LogicalPlan::Projection(projection) => of_projection(projection)?,
        LogicalPlan::SubqueryAlias(alias) => estimate(&alias.input)?,
        LogicalPlan::Subquery(subquery) => estimate(&subquery.subquery)?,
        LogicalPlan::Sort(sort) => limited(estimate(&sort.input)?, sort.fetch),
        LogicalPlan::Repartition(repartition) => estimate(&repartition.input)?,
        LogicalPlan::Limit(limit) => {
            let input = estimate(&limit.input)?;
            let skipped = match limit.get_skip_type() {
                Ok(SkipType::Literal(skipped)) => skipped as f64,
                _ => 0.0,
            };
            let share = ((input.rows - skipped) / input.rows).max(0.0);
            match limit.get_fetch_type() {
                Ok(FetchType::Literal(fetch)) => limited(input.scaled(share), fetch),
                _ => input.scaled(share),
            }
        }
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let input = estimate(input)?;
            let rows = distinct_rows(&input.columns, input.rows);
            let share = rows / input.rows;
            input.scaled(share)
        }
        LogicalPlan::Aggregate(aggregate) => of_aggregate(aggregate)?,
        LogicalPlan::Window(window) => {
            let mut input = estimate(&window.input)?;
            input.columns.resize(window.schema.fields().len(), ColumnEstimate::default());
            input
        }
        LogicalPlan::Join(join) => of_join(join)?,
        LogicalPlan::Union(union) => of_union(union)?,
        LogicalPlan::Values(values) => Estimate::without_columns(values.values.len() as f64, &values.schema),
        LogicalPlan::EmptyRelation(empty) => Estimate::without_columns(1.0, &empty.schema),
        LogicalPlan::Unnest(unnest) => {
            Estimate::without_columns(estimate(&unnest.input)?.rows * UNNESTED_ROWS, &unnest.schema)
        }
        _ => return None,
    };
    let fields = plan.schema().fields().len();
    Some(if found.columns.len() == fields { found } else { Estimate::without_columns(found.rows, plan.schema()) })
}

fn limited(input: Estimate, fetch: Option<usize>) -> Estimate {
    match fetch {
        Some(fetch) if (fetch as f64) < input.rows => {
            let share = fetch as f64 / input.rows;
            input.scaled(share)
        }
        _ => input,
    }
}

fn of_scan(scan: &TableScan) -> Option<Estimate> {
    let provider = source_as_provider(&scan.source).ok()?;
    let statistics = provider.statistics()?;
    let rows = *statistics.num_rows.get_value()? as f64;
    let column = |index: usize| {
        let known = statistics.column_statistics.get(index);
        known.map_or_else(ColumnEstimate::default, |known| ColumnEstimate::of_statistics(known, rows))
    };
    let columns = match &scan.projection {
        Some(projection) => projection.iter().map(|index| column(*index)).collect(),
        None => (0..provider.schema().fields().len()).map(column).collect(),
    };
    let mut estimate = Estimate::new(rows, columns);
    for filter in exact_filters(scan, provider.as_ref()) {
        estimate = apply_condition(estimate, filter, &scan.projected_schema);
    }
    Some(limited(estimate, scan.fetch))
}

/// The filters that only the scan applies: others stand above it, too.
fn exact_filters<'s>(scan: &'s TableScan, provider: &dyn TableProvider) -> Vec<&'s Expr> {
    let filters: Vec<&Expr> = scan.filters.iter().collect();
    if filters.is_empty() {
        return filters;
    }
    let Ok(support) = provider.supports_filters_pushdown(&filters) else { return vec![] };
    let exact = filters.into_iter().zip(support).filter(|(_, how)| *how == TableProviderFilterPushDown::Exact);
    exact.map(|(filter, _)| filter).collect()
}

fn of_projection(projection: &Projection) -> Option<Estimate> {
    let input = estimate(&projection.input)?;
    let schema = projection.input.schema();
    let columns = projection.expr.iter().map(|expr| input.of_expr(expr, schema)).collect();
    Some(Estimate::new(input.rows, columns))
}

fn of_aggregate(aggregate: &Aggregate) -> Option<Estimate> {
    if aggregate.group_expr.is_empty() {
        return Some(Estimate::without_columns(1.0, &aggregate.schema));
    }
    let input = estimate(&aggregate.input)?;
    if let [Expr::GroupingSet(_)] = aggregate.group_expr.as_slice() {
        return Some(Estimate::without_columns(input.rows * GROUP_SHARE, &aggregate.schema));
    }
    let schema = aggregate.input.schema();
    let mut columns: Vec<_> = aggregate.group_expr.iter().map(|expr| input.of_expr(expr, schema)).collect();
    let rows = distinct_rows(&columns, input.rows);
    for column in &mut columns {
        column.distinct = column.distinct.map(|distinct| distinct.min(rows));
    }
    columns.resize(aggregate.schema.fields().len(), ColumnEstimate::default());
    Some(Estimate::new(rows, columns))
}

/// Different rows among `rows` rows of these columns.
fn distinct_rows(columns: &[ColumnEstimate], rows: f64) -> f64 {
    let known: f64 = columns.iter().filter_map(|column| column.distinct).product();
    if columns.iter().all(|column| column.distinct.is_some()) {
        return known.min(rows);
    }
    known.max(rows * GROUP_SHARE).min(rows)
}

fn of_union(union: &Union) -> Option<Estimate> {
    let mut inputs = union.inputs.iter().map(|input| estimate(input));
    let mut all = inputs.next()??;
    for input in inputs {
        let input = input?;
        all.rows += input.rows;
        for (column, other) in all.columns.iter_mut().zip(&input.columns) {
            column.unite(other);
        }
    }
    Some(all)
}

fn of_join(join: &Join) -> Option<Estimate> {
    let left = estimate(&join.left)?;
    let right = match (estimate(&join.right), join.join_type) {
        (Some(right), _) => right,
        (None, JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark) => {
            return Some(partners(left, join, PARTNER_SHARE));
        }
        (None, _) => return None,
    };
    match join.join_type {
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
            let share = partner_share(join, &left, join.left.schema(), &right);
            Some(partners(left, join, share))
        }
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
            Some(Estimate::without_columns(right.rows, &join.schema))
        }
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
            let pairs: Vec<_> = join.on.iter().map(|(l, r)| key_estimates(join, l, r, &left, &right)).collect();
            let mut matched = left.rows * right.rows * equal_share(&pairs, left.rows, right.rows);
            let (left_rows, right_rows) = (left.rows, right.rows);
            let mut columns = left.columns;
            columns.extend(right.columns);
            let all = Estimate::new(matched, columns);
            if let Some(filter) = &join.filter {
                matched *= share_of(filter, &all, &join.schema);
            }
            let rows = match join.join_type {
                JoinType::Left => matched.max(left_rows),
                JoinType::Right => matched.max(right_rows),
                JoinType::Full => matched.max(left_rows).max(right_rows),
                _ => matched,
            };
            let mut all = Estimate::new(rows, all.columns);
            for column in &mut all.columns {
                column.distinct = column.distinct.map(|distinct| distinct.min(all.rows));
            }
            Some(all)
        }
    }
}

fn key_estimates(join: &Join, l: &Expr, r: &Expr, left: &Estimate, right: &Estimate) -> (Option<f64>, Option<f64>) {
    (left.of_expr(l, join.left.schema()).distinct, right.of_expr(r, join.right.schema()).distinct)
}

/// What a semi, anti or mark join leaves, when `share` of the rows have a partner.
fn partners(left: Estimate, join: &Join, share: f64) -> Estimate {
    match join.join_type {
        JoinType::LeftSemi => left.scaled(share),
        JoinType::LeftAnti => left.scaled((1.0 - share).max(ANTI_SHARE_MIN)),
        _ => {
            let mut left = left;
            left.columns.push(ColumnEstimate::default());
            left
        }
    }
}

/// The share of the left rows of a semi join that have a partner. `schema` is that of the left side.
pub fn partner_share(join: &Join, left: &Estimate, schema: &DFSchema, right: &Estimate) -> f64 {
    let distinct = |l: &Expr, r: &Expr| (left.of_expr(l, schema), right.of_expr(r, join.right.schema()));
    let shares = join.on.iter().map(|(l, r)| distinct(l, r)).map(|(l, r)| match (l.distinct, r.distinct) {
        (Some(l), Some(r)) => (r / l).min(1.0),
        (Some(l), None) => (right.rows / l).min(1.0),
        _ => PARTNER_SHARE,
    });
    shares.fold(1.0, f64::min) * if join.filter.is_some() { PARTNER_SHARE } else { 1.0 }
}

/// The share of all pairs of rows that are equal in all pairs of keys, given by their numbers of
/// different values. No more combinations of keys are expected than a side has rows.
pub fn equal_share(pairs: &[(Option<f64>, Option<f64>)], left_rows: f64, right_rows: f64) -> f64 {
    if pairs.is_empty() {
        return 1.0;
    }
    let unknown = left_rows.min(right_rows);
    let known = |distinct: Option<f64>, other: Option<f64>| distinct.or(other).unwrap_or(unknown);
    let left: f64 = pairs.iter().map(|(l, r)| known(*l, *r)).product();
    let right: f64 = pairs.iter().map(|(l, r)| known(*r, *l)).product();
    1.0 / left.min(left_rows).max(right.min(right_rows)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_several_columns_are_no_more_than_rows() {
        // A key and its reference: each row of the many has one partner.
        assert_eq!(1000.0 * 10.0 * equal_share(&[(Some(10.0), Some(10.0))], 1000.0, 10.0), 1000.0);
        // Two columns that together are the key of 2,880 rows, referred to by 280.
        let pairs = [(Some(240.0), Some(230.0)), (Some(180.0), Some(170.0))];
        assert_eq!((2880.0 * 280.0 * equal_share(&pairs, 2880.0, 280.0)).round(), 280.0);
        // Nothing is known: the smaller side's rows are taken for different.
        assert_eq!(1000.0 * 10.0 * equal_share(&[(None, None)], 1000.0, 10.0), 1000.0);
        assert_eq!(equal_share(&[], 5.0, 5.0), 1.0);
    }

    #[test]
    fn groups_are_at_most_the_combinations_of_values() {
        let column = |distinct| ColumnEstimate { distinct, ..ColumnEstimate::default() };
        assert_eq!(distinct_rows(&[column(Some(10.0)), column(Some(5.0))], 1000.0), 50.0);
        assert_eq!(distinct_rows(&[column(Some(100.0)), column(Some(50.0))], 1000.0), 1000.0);
        assert_eq!(distinct_rows(&[column(Some(10.0)), column(None)], 1000.0), 100.0);
    }
}
