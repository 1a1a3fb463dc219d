//! `column(+)` in WHERE (page r_WHERE_oracle_outer): its conditions become those of a LEFT JOIN.

use std::{collections::BTreeMap, ops::ControlFlow};

use blueshift_sql::ast::{
    Query, TableWithJoins,
    sql::{
        BinaryOperator, Expr, Join, JoinConstraint, JoinOperator, Select, SelectItem, Value, Visit, VisitMut, Visitor,
        VisitorMut,
    },
};

use super::{
    scope::{self, Scope, Source},
    template,
};
use crate::error::{Error, Result, SqlState};

/// Rewrites the (+) of a SELECT.
///
/// Errors: 0A000 for the uses that Redshift refuses, in its words.
pub fn rewrite(select: &mut Select, scope: &mut Scope<'_>) -> Result<()> {
    if !select.selection.as_ref().is_some_and(has_operator) {
        return Ok(());
    }
    if select.from.iter().any(|table| !table.joins.is_empty()) {
        return Err(Error::not_supported("the (+) operator in a query block with FROM clause join syntax"));
    }
    let sources = scope.sources(&select.from)?;
    let mut optional: BTreeMap<usize, Optional> = BTreeMap::new();
    let mut filters = vec![];
    for mut condition in template::conjuncts(select.selection.take().unwrap_or_else(|| Expr::value(Value::Null))) {
        if !has_operator(&condition) {
            filters.push(condition);
            continue;
        }
        let tables = Tables::of(&mut condition, &sources)?;
        let [table] = tables.marked.as_slice() else {
            return Err(Error::not_supported("a condition with the (+) operator on columns of two tables"));
        };
        let entry = optional.entry(*table).or_default();
        entry.conditions.push(condition);
        for other in tables.others.into_iter().filter(|other| other != table) {
            if entry.partner.is_some_and(|partner| partner != other) {
                return Err(refused("A table may be outer joined to at most one other table."));
            }
            entry.partner = Some(other);
        }
    }
    expand_wildcards(select, &sources, scope)?;
    // Without another table there is nothing to join: the operator is ignored.
    let lone: Vec<usize> =
        optional.iter().filter(|(_, entry)| entry.partner.is_none()).map(|(table, _)| *table).collect();
    for table in lone {
        filters.extend(optional.remove(&table).into_iter().flat_map(|entry| entry.conditions));
    }
    join(select, optional)?;
    select.selection = template::all(filters);
    Ok(())
}

/// A table whose rows may be missing.
#[derive(Default)]
struct Optional {
    partner: Option<usize>,
    conditions: Vec<Expr>,
}

/// Redshift's own words.
fn refused(message: &str) -> Error {
    Error::new(SqlState::FEATURE_NOT_SUPPORTED, message)
}

fn has_operator(expr: &Expr) -> bool {
    struct Finder;
    impl Visitor for Finder {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if matches!(expr, Expr::OuterJoin(_)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    expr.visit(&mut Finder).is_break()
}

/// Refuses a (+) that is left: not in WHERE.
pub fn check_expr(expr: &Expr) -> Result<()> {
    match expr {
        Expr::OuterJoin(_) => Err(Error::not_supported("the (+) operator outside of a join condition in WHERE")),
        _ => Ok(()),
    }
}

/// The tables that a condition is about, by their numbers in FROM.
#[derive(Default)]
struct Tables {
    marked: Vec<usize>,
    others: Vec<usize>,
}

impl Tables {
    /// Takes the operators out of `condition` on the way.
    fn of(condition: &mut Expr, sources: &[Source]) -> Result<Tables> {
        let mut collector = Collector { sources, tables: Tables::default(), inside: 0 };
        match condition.visit(&mut collector) {
            ControlFlow::Continue(()) => {
                let Tables { mut marked, mut others } = collector.tables;
                marked.sort_unstable();
                marked.dedup();
                others.sort_unstable();
                others.dedup();
                Ok(Tables { marked, others })
            }
            ControlFlow::Break(error) => Err(error),
        }
    }
}

struct Collector<'s> {
    sources: &'s [Source],
    tables: Tables,
    inside: usize,
}

impl Collector<'_> {
    fn table(&self, column: &Expr) -> Result<Option<usize>> {
        match column {
            Expr::Identifier(ident) => {
                let has = |source: &Source| source.columns.iter().flatten().any(|name| *name == ident.value);
                let mut found = self.sources.iter().enumerate().filter(|(_, source)| has(source));
                match (found.next(), found.next()) {
                    (Some(_), Some(_)) => Err(Error::new(
                        SqlState::AMBIGUOUS_COLUMN,
                        format!("column reference \"{}\" is ambiguous", ident.value),
                    )),
                    (first, _) => Ok(first.map(|(number, _)| number)),
                }
            }
            Expr::CompoundIdentifier(parts) => {
                let [.., qualifier, _] = parts.as_slice() else { return Ok(None) };
                Ok(self.sources.iter().position(|source| source.name.as_deref() == Some(qualifier.value.as_str())))
            }
            _ => Ok(None),
        }
    }
}

impl VisitorMut for Collector<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.inside > 0 {
            return ControlFlow::Continue(());
        }
        let forbidden = matches!(
            expr,
            Expr::BinaryOp { op: BinaryOperator::Or, .. } | Expr::InList { .. } | Expr::InSubquery { .. }
        );
        if forbidden {
            let error = refused("Outer join operator (+) not allowed in operand of OR or IN.");
            return ControlFlow::Break(error);
        }
        let (column, marked) = match expr {
            Expr::OuterJoin(column) => (std::mem::replace(&mut **column, Expr::value(Value::Null)), true),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => (expr.clone(), false),
            _ => return ControlFlow::Continue(()),
        };
        match self.table(&column) {
            Ok(Some(table)) if marked => self.tables.marked.push(table),
            Ok(Some(table)) => self.tables.others.push(table),
            Ok(None) if marked => {
                return ControlFlow::Break(Error::not_supported(
                    "the (+) operator on anything but a column of a table",
                ));
            }
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        *expr = column;
        ControlFlow::Continue(())
    }
}

/// `*` shows the tables in the order of FROM, whatever order they are joined in.
fn expand_wildcards(select: &mut Select, sources: &[Source], scope: &mut Scope<'_>) -> Result<()> {
    if !select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
        return Ok(());
    }
    let Some(all) = scope.wildcard(&select.from)? else { return Ok(()) };
    let mut items = vec![];
    for item in std::mem::take(&mut select.projection) {
        let SelectItem::Wildcard(options) = &item else {
            items.push(item);
            continue;
        };
        let excluded = options.opt_exclude.as_ref().map(scope::excluded_names).unwrap_or_default();
        for (source, column) in all.iter().filter(|(_, column)| !excluded.contains(column)) {
            items.push(SelectItem::UnnamedExpr(match &sources[*source].name {
                Some(name) => template::qualified(name, column),
                None => template::column(column),
            }));
        }
    }
    select.projection = items;
    Ok(())
}

/// Joins each optional table to the tree that holds its partner.
fn join(select: &mut Select, mut optional: BTreeMap<usize, Optional>) -> Result<()> {
    let mut relations: BTreeMap<usize, TableWithJoins> =
        std::mem::take(&mut select.from).into_iter().enumerate().collect();
    let mut trees: Vec<(Vec<usize>, TableWithJoins)> = vec![];
    let numbers: Vec<usize> = relations.keys().copied().filter(|number| !optional.contains_key(number)).collect();
    for number in numbers {
        if let Some(relation) = relations.remove(&number) {
            trees.push((vec![number], relation));
        }
    }
    while !optional.is_empty() {
        let ready = optional.iter().find_map(|(table, entry)| {
            let tree = trees.iter().position(|(members, _)| entry.partner.is_some_and(|p| members.contains(&p)))?;
            Some((*table, tree))
        });
        let Some((table, tree)) = ready else {
            return Err(Error::not_supported("outer joins with the (+) operator in a circle"));
        };
        let (Some(entry), Some(relation)) = (optional.remove(&table), relations.remove(&table)) else {
            return Err(Error::internal("a table of FROM is lost"));
        };
        let Some(condition) = template::all(entry.conditions) else {
            return Err(Error::internal("an outer join has no condition"));
        };
        let (members, joined) = &mut trees[tree];
        members.push(table);
        joined.joins.push(Join {
            relation: relation.relation,
            global: false,
            join_operator: JoinOperator::LeftOuter(JoinConstraint::On(condition)),
        });
    }
    select.from = trees.into_iter().map(|(_, tree)| tree).collect();
    Ok(())
}
