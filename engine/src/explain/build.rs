//! Logical plan → steps. Projections show nowhere, conditions show at the step whose rows they take.

use datafusion::{
    common::{Column, JoinType},
    logical_expr::{
        Aggregate, Distinct, Expr, FetchType, Filter, Join, Limit, LogicalPlan, Projection, SkipType, Sort, TableScan,
        Union, Window,
    },
};

use super::{
    Cluster,
    distribution::{self, Distribution, Scanned},
    estimate,
    join::{self, Side},
    node::{Cost, Step},
    text::Names,
};
use crate::error::{Error, Result};

/// What the leader says of a join without a key.
const CARTESIAN: &str =
    "----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----";

/// Effort per row, as in Redshift's printed plans.
const READ: f64 = 0.01;
const AGGREGATE: f64 = 0.005;
const EMIT: f64 = 0.0025;
/// A sort step begins here: its first row waits for all others.
const SORT_START: f64 = 1_000_000_000.0;

/// A step with what is known of its rows.
pub struct Placed {
    /// The step.
    pub step: Step,
    distribution: Distribution,
    /// The columns by which a scan's rows are sorted.
    sorted_by: Vec<Column>,
}

/// Builds the steps of one plan.
pub struct Builder {
    cluster: Cluster,
    cartesian: bool,
}

impl Builder {
    /// A builder for `cluster`.
    pub fn new(cluster: Cluster) -> Self {
        Builder { cluster, cartesian: false }
    }

    /// The lines of a plan.
    pub fn lines(mut self, plan: &LogicalPlan) -> Result<Vec<String>> {
        let mut lines = self.place(plan)?.step.lines();
        if self.cartesian {
            lines.push(CARTESIAN.to_owned());
        }
        Ok(lines)
    }

    fn place(&mut self, plan: &LogicalPlan) -> Result<Placed> {
        match plan {
            LogicalPlan::TableScan(scan) => Ok(scan_step(scan)),
            LogicalPlan::Filter(filter) => self.filter(filter),
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::SubqueryAlias(alias) => {
                let mut placed = self.place(&alias.input)?;
                let name = alias.alias.table();
                // Names of the engine's own are nobody's business.
                let ours = name.starts_with("__");
                if ours {
                } else if !is_scan(&alias.input) {
                    placed.step = wrapped(format!("XN Subquery Scan {name}"), placed.step);
                } else if !placed.step.title.ends_with(&format!(" {name}")) {
                    placed.step.title = format!("{} {name}", placed.step.title);
                }
                let renamed = |column: &Column| Column::new(Some(alias.alias.clone()), &column.name);
                placed.distribution = map_keys(placed.distribution, |column| Some(renamed(column)));
                placed.sorted_by = placed.sorted_by.iter().map(renamed).collect();
                Ok(placed)
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let input = self.place(input)?;
                Ok(input.over("XN Unique", |step| step.rows = estimate::groups(step.rows, 1)))
            }
            LogicalPlan::Sort(sort) => self.sort(sort),
            LogicalPlan::Limit(limit) => self.limit(limit),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Union(union) => self.union(union),
            LogicalPlan::EmptyRelation(_) | LogicalPlan::Values(_) => Ok(result(plan)),
            LogicalPlan::RecursiveQuery(query) => {
                let (first, second) = (self.place(&query.static_term)?, self.place(&query.recursive_term)?);
                let rows = first.step.rows * 10.0;
                let cost = Cost { start: 0.0, total: first.step.cost.total + second.step.cost.total * 10.0 };
                let inputs = vec![first.step, second.step];
                let step = step("XN Recursive Union".to_owned(), cost, rows, plan, inputs);
                Ok(Placed { step, distribution: Distribution::Even, sorted_by: vec![] })
            }
            other => match other.inputs().as_slice() {
                [input] => self.place(input),
                _ => Err(Error::not_supported(format!("EXPLAIN of {}", other.display()))),
            },
        }
    }

    fn filter(&mut self, filter: &Filter) -> Result<Placed> {
        let mut placed = self.place(&filter.input)?;
        let step = &mut placed.step;
        step.rows = (step.rows * estimate::selectivity(&filter.predicate)).max(1.0);
        step.cost.total += step.rows * EMIT;
        if let Some(text) = plain_names(|names| names.all([&filter.predicate])) {
            let known = format!("Filter: {text}");
            if !step.details.contains(&known) {
                step.details.push(known);
            }
        }
        Ok(placed)
    }

    fn projection(&mut self, projection: &Projection) -> Result<Placed> {
        let mut placed = self.place(&projection.input)?;
        placed.step.width = estimate::width(projection.schema.as_arrow());
        let outputs: Vec<(Column, &Expr)> = projection.schema.columns().into_iter().zip(&projection.expr).collect();
        let renamed = |column: &Column| {
            outputs.iter().find(|(_, expr)| bare_column(expr) == Some(column)).map(|(output, _)| output.clone())
        };
        placed.sorted_by = placed.sorted_by.iter().map_while(renamed).collect();
        placed.distribution = map_keys(placed.distribution, renamed);
        Ok(placed)
    }

    fn join(&mut self, join: &Join) -> Result<Placed> {
        let (left, right) = (self.place(&join.left)?, self.place(&join.right)?);
        let keys: Vec<(&Expr, &Expr)> = join.on.iter().map(|(left, right)| (left, right)).collect();
        // The inner table is the one that is hashed: the smaller one, where the kind of join leaves a choice.
        let swap = match join.join_type {
            JoinType::Inner => left.step.rows < right.step.rows,
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => true,
            _ => false,
        };
        let (outer, inner) = if swap { (right, left) } else { (left, right) };
        let keys: Vec<(&Expr, &Expr)> =
            keys.into_iter().map(|(left, right)| if swap { (right, left) } else { (left, right) }).collect();
        let columns: Vec<(Column, Column)> = keys
            .iter()
            .filter_map(|(left, right)| Some((bare_column(left)?.clone(), bare_column(right)?.clone())))
            .collect();
        let sides = (side(&outer), side(&inner));
        let full = join.join_type == JoinType::Full;
        let (movement, distribution) = join::movement(&sides.0, &sides.1, &columns, full, self.cluster);

        let rows = match join.join_type {
            JoinType::LeftSemi | JoinType::RightSemi | JoinType::LeftAnti | JoinType::RightAnti => {
                (outer.step.rows / 2.0).max(1.0)
            }
            _ if keys.is_empty() => outer.step.rows * inner.step.rows,
            _ => outer.step.rows.max(inner.step.rows),
        };
        let moved = match movement {
            join::Movement::Broadcast => inner.step.rows * inner.step.width as f64 * self.cluster.nodes as f64,
            join::Movement::Inner | join::Movement::AllInner => inner.step.rows * inner.step.width as f64,
            join::Movement::Outer => outer.step.rows * outer.step.width as f64,
            join::Movement::Both => {
                outer.step.rows * outer.step.width as f64 + inner.step.rows * inner.step.width as f64
            }
            join::Movement::None | join::Movement::AllNone => 0.0,
        };
        let merges = movement == join::Movement::None
            && columns
                .iter()
                .any(|(left, right)| outer.sorted_by.first() == Some(left) && inner.sorted_by.first() == Some(right));
        let kind = match join.join_type {
            JoinType::Inner => "",
            JoinType::Left | JoinType::Right | JoinType::LeftMark | JoinType::RightMark => " Left",
            JoinType::Full => " Full",
            JoinType::LeftSemi | JoinType::RightSemi => " IN",
            JoinType::LeftAnti | JoinType::RightAnti => " NOT IN",
        };
        let method = match (keys.is_empty(), merges) {
            (true, _) => "Nested Loop",
            (_, true) => "Merge",
            _ => "Hash",
        };
        let title = match (method, kind) {
            ("Nested Loop", "") => format!("XN Nested Loop {}", movement.word()),
            (method, kind) => format!("XN {method}{kind} Join {}", movement.word()),
        };
        self.cartesian |= keys.is_empty() && join.filter.is_none();

        let mut details = vec![];
        if !keys.is_empty() {
            let condition = condition(&keys);
            details.push(format!("{method} Cond: {condition}"));
        }
        if let Some(filter) = &join.filter
            && let Some(text) = qualified_names(|names| names.all([filter]))
        {
            details.push(format!("Join Filter: {text}"));
        }
        let start = if method == "Hash" { inner.step.cost.total } else { 0.0 };
        let work = if keys.is_empty() { rows * READ } else { outer.step.rows * EMIT };
        let cost = Cost { start, total: outer.step.cost.total + inner.step.cost.total + work + moved };
        let second = match method {
            "Hash" => hashed(inner.step),
            _ => inner.step,
        };
        let mut step = Step {
            title,
            cost,
            rows,
            width: estimate::width(join.schema.as_arrow()),
            details,
            inputs: vec![outer.step, second],
        };
        step.rows = step.rows.max(1.0);
        Ok(Placed { step, distribution, sorted_by: vec![] })
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Placed> {
        let input = self.place(&aggregate.input)?;
        let keys = aggregate.group_expr.len();
        let title = if keys == 0 { "XN Aggregate" } else { "XN HashAggregate" };
        let rows = estimate::groups(input.step.rows, keys);
        let start = input.step.cost.total + input.step.rows * AGGREGATE;
        let cost = Cost { start, total: start + rows * EMIT };
        let columns: Vec<Column> = aggregate.group_expr.iter().filter_map(|key| bare_column(key).cloned()).collect();
        let distribution = match (&input.distribution, keys) {
            (_, 0) => Distribution::Leader,
            (Distribution::Key(by), _) if by.iter().any(|column| columns.contains(column)) => {
                input.distribution.clone()
            }
            _ => Distribution::Even,
        };
        let width = estimate::width(aggregate.schema.as_arrow());
        let step = Step { title: title.to_owned(), cost, rows, width, details: vec![], inputs: vec![input.step] };
        Ok(Placed { step, distribution, sorted_by: vec![] })
    }

    fn sort(&mut self, sort: &Sort) -> Result<Placed> {
        let input = self.place(&sort.input)?;
        let keys = plain_names(|names| names.list(sort.expr.iter().map(|key| &key.expr)));
        let sorted = sorted(input, &format!("Sort Key: {keys}"));
        let merged = sorted
            .over("XN Network", |step| step.details.push("Send to leader".to_owned()))
            .over("XN Merge", |step| step.details.push(format!("Merge Key: {keys}")));
        Ok(match sort.fetch {
            Some(rows) => merged.limited(rows as f64),
            None => merged,
        })
    }

    fn limit(&mut self, limit: &Limit) -> Result<Placed> {
        let input = self.place(&limit.input)?;
        let skip = match limit.get_skip_type()? {
            SkipType::Literal(skip) => skip as f64,
            SkipType::UnsupportedExpr => 0.0,
        };
        Ok(match limit.get_fetch_type()? {
            FetchType::Literal(Some(rows)) if input.step.title != "XN Limit" || skip > 0.0 => {
                input.limited(rows as f64)
            }
            _ => input,
        })
    }

    fn window(&mut self, window: &Window) -> Result<Placed> {
        let input = self.place(&window.input)?;
        let Some(Expr::WindowFunction(call)) = window.window_expr.first().map(unaliased) else { return Ok(input) };
        let partition = &call.params.partition_by;
        let order: Vec<&Expr> = call.params.order_by.iter().map(|key| &key.expr).collect();
        let mut details = vec![];
        if !partition.is_empty() {
            details.push(format!("Partition: {}", plain_names(|names| names.list(partition))));
        }
        if !order.is_empty() {
            details.push(format!("Order: {}", plain_names(|names| names.list(order.iter().copied()))));
        }
        let together = partition.iter().filter_map(bare_column).any(|column| join::is_key(&input.distribution, column));
        let keys = plain_names(|names| names.list(partition.iter().chain(order.iter().copied())));
        let mut below = input;
        if !together {
            let how = if partition.is_empty() { "Send to slice 0" } else { "Distribute" };
            below = below.over("XN Network", |step| step.details.push(how.to_owned()));
            below.distribution = Distribution::Key(partition.iter().filter_map(|e| bare_column(e).cloned()).collect());
        }
        if !keys.is_empty() {
            below = sorted(below, &format!("Sort Key: {keys}"));
        }
        Ok(below.over("XN Window", |step| {
            step.details = details;
            step.width = estimate::width(window.schema.as_arrow());
        }))
    }

    fn union(&mut self, union: &Union) -> Result<Placed> {
        let mut inputs = vec![];
        for (number, input) in union.inputs.iter().enumerate() {
            let placed = self.place(input)?;
            inputs.push(wrapped(format!("XN Subquery Scan \"*SELECT* {}\"", number + 1), placed.step));
        }
        let rows = inputs.iter().map(|input| input.rows).sum();
        let total = inputs.iter().map(|input| input.cost.total).sum();
        let width = estimate::width(union.schema.as_arrow());
        let cost = Cost { start: 0.0, total };
        let step = Step { title: "XN Append".to_owned(), cost, rows, width, details: vec![], inputs };
        Ok(Placed { step, distribution: Distribution::Even, sorted_by: vec![] })
    }
}

impl Placed {
    /// A step over this one with the same rows.
    fn over(self, title: &str, change: impl FnOnce(&mut Step)) -> Placed {
        let mut step = wrapped(title.to_owned(), self.step);
        change(&mut step);
        Placed { step, distribution: self.distribution, sorted_by: vec![] }
    }

    fn limited(self, rows: f64) -> Placed {
        self.over("XN Limit", |step| {
            step.cost.total =
                step.cost.start + (step.cost.total - step.cost.start) * (rows / step.rows.max(1.0)).min(1.0);
            step.rows = step.rows.min(rows);
        })
    }
}

fn side(placed: &Placed) -> Side<'_> {
    Side { distribution: &placed.distribution, rows: placed.step.rows }
}

fn step(title: String, cost: Cost, rows: f64, plan: &LogicalPlan, inputs: Vec<Step>) -> Step {
    let width = estimate::width(plan.schema().as_arrow());
    Step { title, cost, rows, width, details: vec![], inputs }
}

fn wrapped(title: String, input: Step) -> Step {
    Step { title, cost: input.cost, rows: input.rows, width: input.width, details: vec![], inputs: vec![input] }
}

fn hashed(input: Step) -> Step {
    let total = input.cost.total;
    let mut hash = wrapped("XN Hash".to_owned(), input);
    hash.cost = Cost { start: total, total };
    hash
}

fn sorted(input: Placed, key: &str) -> Placed {
    let rows = input.step.rows.max(2.0);
    let start = SORT_START + input.step.cost.total + rows * rows.log2() * EMIT;
    input.over("XN Sort", |step| {
        step.details.push(key.to_owned());
        step.cost = Cost { start, total: start + rows * EMIT };
    })
}

fn result(plan: &LogicalPlan) -> Placed {
    let step = step("XN Result".to_owned(), Cost { start: 0.0, total: 0.01 }, 1.0, plan, vec![]);
    Placed { step, distribution: Distribution::Leader, sorted_by: vec![] }
}

fn scan_step(scan: &TableScan) -> Placed {
    let width = estimate::width(scan.projected_schema.as_arrow());
    let name = scan.table_name.table();
    let (title, rows, distribution, sorted_by, inner) = distribution::scanned(scan, |scanned| match scanned {
        Scanned::Managed(table) => {
            let column = |id| table.columns.iter().find(|column| column.id == id);
            let sorted_by = table.layout.sort_key.columns.iter().filter_map(|id| column(*id));
            let sorted_by = sorted_by.map(|column| Column::new(Some(scan.table_name.clone()), &column.name)).collect();
            let title = format!("XN Seq Scan on {}", table.name);
            (title, table.row_count() as f64, distribution::of_table(table, scan), sorted_by, None)
        }
        Scanned::External(table) => {
            let contents = table.contents();
            let rows: u64 = contents.files.iter().map(|file| file.rows).sum();
            let rows = if contents.files.is_empty() { estimate::UNKNOWN_ROWS } else { rows as f64 };
            let location = &contents.table.location;
            let inner = format!("S3 Seq Scan {} location:\"{location}\"", scan.table_name);
            (format!("XN S3 Query Scan {name}"), rows, Distribution::Even, vec![], Some(inner))
        }
        Scanned::System => (format!("LD Seq Scan on {name}"), 1000.0, Distribution::Leader, vec![], None),
    });
    let filter = plain_names(|names| names.all(&scan.filters));
    let share: f64 = scan.filters.iter().map(estimate::selectivity).product();
    let cost = Cost { start: 0.0, total: rows * (READ + if filter.is_some() { EMIT } else { 0.0 }) };
    let details: Vec<String> = filter.map(|text| format!("Filter: {text}")).into_iter().collect();
    let rows = (rows * share).max(1.0);
    let step = match inner {
        None => Step { title, cost, rows, width, details, inputs: vec![] },
        Some(inner) => {
            let below = Step { title: inner, cost, rows, width, details, inputs: vec![] };
            wrapped(title, below)
        }
    };
    Placed { step, distribution, sorted_by }
}

/// A table, filtered perhaps.
fn is_scan(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::TableScan(_) => true,
        LogicalPlan::Filter(filter) => is_scan(&filter.input),
        LogicalPlan::Projection(projection) => {
            is_scan(&projection.input) && projection.expr.iter().all(|expr| matches!(expr, Expr::Column(_)))
        }
        _ => false,
    }
}

fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        expr => expr,
    }
}

/// The column that an expression is, whatever the engine has put around it.
pub fn bare_column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => bare_column(&alias.expr),
        Expr::ScalarFunction(call) if crate::functions::operator::is_trim_blanks(expr) => {
            call.args.first().and_then(bare_column)
        }
        _ => None,
    }
}

fn map_keys(distribution: Distribution, rename: impl Fn(&Column) -> Option<Column>) -> Distribution {
    match distribution {
        Distribution::Key(columns) => {
            let columns: Vec<Column> = columns.iter().filter_map(rename).collect();
            if columns.is_empty() { Distribution::Even } else { Distribution::Key(columns) }
        }
        other => other,
    }
}

/// `("outer".a = "inner".b)`, several with AND.
fn condition(keys: &[(&Expr, &Expr)]) -> String {
    let outer = |column: &Column| format!("\"outer\".{}", column.name);
    let inner = |column: &Column| format!("\"inner\".{}", column.name);
    let (outer, inner) = (Names { column: &outer }, Names { column: &inner });
    let pairs: Vec<String> =
        keys.iter().map(|(left, right)| format!("({} = {})", outer.text(left), inner.text(right))).collect();
    match pairs.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" AND ")),
    }
}

fn plain_names<T>(show: impl FnOnce(&Names<'_>) -> T) -> T {
    show(&Names { column: &|column| crate::rewrite::column_name::visible(&column.name).to_owned() })
}

fn qualified_names<T>(show: impl FnOnce(&Names<'_>) -> T) -> T {
    show(&Names {
        column: &|column| match &column.relation {
            Some(relation) => format!("{}.{}", relation.table(), column.name),
            None => column.name.clone(),
        },
    })
}
