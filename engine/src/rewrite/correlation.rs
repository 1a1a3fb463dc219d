//! Correlated subqueries that Redshift cannot decorrelate (page r_correlated_subqueries) and refuses:
//! references that skip a query block, in ON of an outer join, from a subquery with a window function,
//! through IN to a grouped aggregate, and groups by their results.

use std::{collections::HashMap, ops::ControlFlow};

use blueshift_sql::{
    ast::{
        Query, TableWithJoins,
        sql::{
            Expr, Function, GroupByExpr, JoinConstraint, JoinOperator, Select, SelectItem, Value, ValueWithSpan, Visit,
            Visitor,
        },
    },
    limits::on_deep_stack,
};

use super::scope::{Scope, Source};
use crate::error::{Error, Result, SqlState};

/// Aggregates over which a group may be compared through IN all the same are MIN and MAX; these are the others.
const AGGREGATES: [&str; 10] =
    ["avg", "count", "listagg", "median", "stddev", "stddev_pop", "stddev_samp", "sum", "variance", "var_pop"];

const OUTER_JOIN: &str = "The subquery stands in the ON clause of an outer join.";
const GROUPED: &str = "GROUP BY refers to the result of a correlated subquery.";

/// Checks a query with everything inside of it.
///
/// Errors: 42P10 for a pattern that Redshift does not support.
pub fn check(query: &Query, scope: &mut Scope<'_>) -> Result<()> {
    if query.visit(&mut SubqueryFinder).is_continue() {
        return Ok(());
    }
    match query.visit(&mut Walker { scope, marks: HashMap::new(), queries: vec![], blocks: vec![] }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Not 0A000, which says that blueshift lacks something: this is Redshift's answer.
fn refused(pattern: &str) -> Error {
    Error::new(SqlState("42P10"), "This type of correlated subquery pattern is not supported yet")
        .with_detail(pattern.to_owned())
}

/// What is known of a subquery before it is walked, by its place in memory.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// It stands in an expression, and not in FROM or WITH.
    in_expression: bool,
    /// On the right of IN.
    of_in: bool,
    /// Why it may not be correlated.
    refused: Option<&'static str>,
}

fn place(query: &Query) -> usize {
    std::ptr::from_ref(query) as usize
}

/// One SELECT on the way down.
struct Block {
    sources: Option<Vec<Source>>,
    from: Vec<TableWithJoins>,
    aliases: Vec<String>,
    /// Number of expression subqueries around it.
    depth: usize,
    refused: Option<&'static str>,
    refers_outside: bool,
}

struct Walker<'w, 'r> {
    scope: &'w mut Scope<'r>,
    marks: HashMap<usize, Mark>,
    queries: Vec<Mark>,
    blocks: Vec<Block>,
}

impl Walker<'_, '_> {
    fn depth(&self) -> usize {
        self.queries.iter().filter(|mark| mark.in_expression).count()
    }

    /// The block that a column belongs to, from the inside out.
    fn owner(&mut self, qualifier: Option<&str>, column: &str) -> Result<Option<usize>> {
        for number in (0..self.blocks.len()).rev() {
            if self.blocks[number].sources.is_none() {
                let from = std::mem::take(&mut self.blocks[number].from);
                self.blocks[number].sources = Some(self.scope.sources(&from)?);
            }
            let block = &self.blocks[number];
            let has = |source: &Source| match (qualifier, &source.columns) {
                (Some(qualifier), _) => source.name.as_deref() == Some(qualifier),
                (None, Some(columns)) => columns.iter().any(|name| name == column),
                // It may be there.
                (None, None) => true,
            };
            let is_alias = qualifier.is_none() && block.aliases.iter().any(|alias| alias == column);
            if is_alias || block.sources.iter().flatten().any(has) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    fn reference(&mut self, qualifier: Option<&str>, column: &str) -> Result<()> {
        let depth = self.depth();
        if depth == 0 || self.blocks.is_empty() {
            return Ok(());
        }
        let Some(owner) = self.owner(qualifier, column)? else { return Ok(()) };
        match depth.saturating_sub(self.blocks[owner].depth) {
            0 => {}
            1 => {
                let inner = self.blocks.iter_mut().filter(|block| block.depth == depth);
                inner.for_each(|block| block.refers_outside = true);
            }
            _ => return Err(refused("A reference skips a query block.")),
        }
        Ok(())
    }

    fn mark(&mut self, query: &Query, change: impl FnOnce(&mut Mark)) {
        change(self.marks.entry(place(query)).or_default());
    }

    /// Marks the subqueries that GROUP BY and outer joins forbid to be correlated.
    fn mark_places(&mut self, select: &Select) {
        for join in select.from.iter().flat_map(|table| &table.joins) {
            if let JoinOperator::Left(JoinConstraint::On(on))
            | JoinOperator::LeftOuter(JoinConstraint::On(on))
            | JoinOperator::Right(JoinConstraint::On(on))
            | JoinOperator::RightOuter(JoinConstraint::On(on))
            | JoinOperator::FullOuter(JoinConstraint::On(on)) = &join.join_operator
            {
                self.mark_all(on, OUTER_JOIN);
            }
        }
        if let GroupByExpr::Expressions(keys, _) = &select.group_by {
            for key in keys {
                self.mark_all(selected(key, select), GROUPED);
            }
        }
    }

    fn mark_all(&mut self, expr: &Expr, why: &'static str) {
        struct Places(Vec<usize>);
        impl Visitor for Places {
            type Break = ();

            fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
                self.0.push(place(query));
                ControlFlow::Continue(())
            }
        }
        let mut places = Places(vec![]);
        let _ = expr.visit(&mut places);
        for place in places.0 {
            self.marks.entry(place).or_default().refused = Some(why);
        }
    }
}

/// The expression that a key of GROUP BY stands for: an alias, a position, or itself.
fn selected<'s>(key: &'s Expr, select: &'s Select) -> &'s Expr {
    let item = match key {
        Expr::Identifier(ident) => select
            .projection
            .iter()
            .find(|item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == ident.value)),
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => {
            number.parse::<usize>().ok().and_then(|number| select.projection.get(number.checked_sub(1)?))
        }
        _ => None,
    };
    match item {
        Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) => expr,
        _ => key,
    }
}

fn flow(result: Result<()>) -> ControlFlow<Error> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl Visitor for Walker<'_, '_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        self.queries.push(self.marks.get(&place(query)).copied().unwrap_or_default());
        self.scope.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Error> {
        self.scope.leave();
        self.queries.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        self.mark_places(select);
        let mark = self.queries.last().copied().unwrap_or_default();
        let shape = if mark.in_expression { Shape::of(select) } else { Shape::default() };
        let refused = mark.refused.or_else(|| shape.refused(mark, select));
        let aliases = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        });
        self.blocks.push(Block {
            sources: None,
            from: on_deep_stack(|| select.from.clone()),
            aliases: aliases.collect(),
            depth: self.depth(),
            refused,
            refers_outside: false,
        });
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Error> {
        match self.blocks.pop() {
            Some(Block { refused: Some(why), refers_outside: true, .. }) => ControlFlow::Break(refused(why)),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Subquery(query) | Expr::Exists { subquery: query, .. } => {
                self.mark(query, |mark| mark.in_expression = true);
            }
            Expr::InSubquery { subquery, .. } => self.mark(subquery, |mark| {
                mark.in_expression = true;
                mark.of_in = true;
            }),
            Expr::Identifier(ident) => return flow(self.reference(None, &ident.value)),
            Expr::CompoundIdentifier(parts) => {
                if let [.., qualifier, column] = parts.as_slice() {
                    return flow(self.reference(Some(&qualifier.value), &column.value));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// What a SELECT computes itself, subqueries aside.
#[derive(Default)]
struct Shape {
    window: bool,
    aggregate: bool,
    inside: usize,
}

impl Shape {
    fn of(select: &Select) -> Shape {
        let mut shape = Shape::default();
        let _ = select.projection.visit(&mut shape);
        let _ = select.having.visit(&mut shape);
        let _ = select.qualify.visit(&mut shape);
        shape
    }

    fn refused(&self, mark: Mark, select: &Select) -> Option<&'static str> {
        let groups = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        if self.window {
            return Some("The subquery has a window function.");
        }
        (mark.of_in && self.aggregate && groups)
            .then_some("The subquery of an IN predicate has an aggregate and GROUP BY.")
    }
}

impl Visitor for Shape {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(Function { name, over, .. }) = expr
            && self.inside == 0
        {
            self.window |= over.is_some();
            self.aggregate |= over.is_none() && AGGREGATES.contains(&name.to_string().to_lowercase().as_str());
        }
        ControlFlow::Continue(())
    }
}

/// Whether there is a subquery in an expression at all.
struct SubqueryFinder;

impl Visitor for SubqueryFinder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}
