//! Iterating over arrays and objects in FROM (page query-super, "Unnesting queries"): `FROM t, t.items AS i AT n`,
//! `UNPIVOT t.object AS v AT k`, `UNNEST(t.items) AS i WITH OFFSET n`.
//!
//! Such an item becomes `LATERAL (SELECT super unnest(t.items) AS i, super index() AS n) AS i`; the planner resolves
//! the names in it, and `binder::unnest` puts an Unnest above what comes before it.

use blueshift_sql::ast::{
    Ident, Query, TableFactor, TableWithJoins,
    sql::{
        Expr, FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, JsonPath, ObjectNamePart, Select,
        SelectItem, SetExpr, TableAlias,
    },
};

use super::function_call::call;
use crate::error::{Error, Result};

/// A relation of a FROM clause, by the names that columns are qualified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The schema, when it is a table named with one and without an alias.
    pub schema: Option<String>,
    /// Alias or name.
    pub name: String,
    /// The column with the element, when the relation iterates over a SUPER value.
    pub value: Option<String>,
    /// The column with its index or name, if there is one.
    pub place: Option<String>,
}

/// Rewrites the items of a FROM clause that iterate, and gives the relations of the clause.
///
/// Errors: 0A000 for joins with iteration that have no meaning.
pub fn rewrite_from(select: &mut Select, outer: &[Vec<Relation>]) -> Result<Vec<Relation>> {
    let mut relations = Vec::new();
    let mut last_iterating = None;
    for (index, item) in select.from.iter_mut().enumerate() {
        if rewrite_item(item, &mut relations, outer)? {
            last_iterating = Some(index);
        }
    }
    // What an item iterates over comes from the items before it: together they are one chain of joins.
    if let Some(last) = last_iterating.filter(|last| *last > 0) {
        let merged: Vec<TableWithJoins> = select.from.splice(1..=last, []).collect();
        for item in merged {
            let relation = Join {
                relation: item.relation,
                global: false,
                join_operator: JoinOperator::CrossJoin(JoinConstraint::None),
            };
            select.from[0].joins.push(relation);
            for join in item.joins {
                let keeps_left = matches!(
                    join.join_operator,
                    JoinOperator::CrossJoin(_)
                        | JoinOperator::Inner(_)
                        | JoinOperator::Join(_)
                        | JoinOperator::Left(_)
                        | JoinOperator::LeftOuter(_)
                );
                if !keeps_left {
                    return Err(Error::not_supported("a right or full join beside unnesting of a SUPER value"));
                }
                select.from[0].joins.push(join);
            }
        }
    }
    Ok(relations)
}

/// Whether the item iterates, somewhere.
fn rewrite_item(item: &mut TableWithJoins, relations: &mut Vec<Relation>, outer: &[Vec<Relation>]) -> Result<bool> {
    let mut iterates = rewrite_factor(&mut item.relation, relations, outer)?;
    for join in &mut item.joins {
        let found = rewrite_factor(&mut join.relation, relations, outer)?;
        let supported = matches!(
            join.join_operator,
            JoinOperator::CrossJoin(_)
                | JoinOperator::Inner(_)
                | JoinOperator::Join(_)
                | JoinOperator::Left(_)
                | JoinOperator::LeftOuter(_)
        );
        if found && !supported {
            return Err(Error::not_supported("a right or full join with a SUPER value"));
        }
        iterates |= found;
    }
    Ok(iterates)
}

fn rewrite_factor(factor: &mut TableFactor, relations: &mut Vec<Relation>, outer: &[Vec<Relation>]) -> Result<bool> {
    if let Some((iteration, relation)) = iteration(factor, relations, outer)? {
        *factor = iteration;
        relations.push(relation);
        return Ok(true);
    }
    match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => rewrite_item(table_with_joins, relations, outer),
        factor => {
            relations.extend(relation_of(factor));
            Ok(false)
        }
    }
}

/// Whether an item is what an iteration was rewritten to.
pub fn is_iteration(factor: &TableFactor) -> bool {
    let TableFactor::Derived { lateral: true, subquery, .. } = factor else { return false };
    let SetExpr::Select(select) = &*subquery.body else { return false };
    match select.projection.first() {
        Some(SelectItem::ExprWithAlias { expr: Expr::Function(function), .. }) => {
            matches!(function.name.to_string().as_str(), "super unnest" | "super unpivot")
        }
        _ => false,
    }
}

/// The relation of an item that does not iterate, or that was rewritten before.
fn relation_of(factor: &TableFactor) -> Option<Relation> {
    let named =
        |alias: &TableAlias| Relation { schema: None, name: alias.name.value.clone(), value: None, place: None };
    match factor {
        TableFactor::Table { name, alias, .. } => {
            if let Some(alias) = alias {
                return Some(named(alias));
            }
            let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
            let (table, before) = parts.split_last()?;
            Some(Relation {
                schema: before.last().map(|schema| schema.value.clone()),
                name: table.value.clone(),
                value: None,
                place: None,
            })
        }
        TableFactor::Derived { alias, lateral, subquery, .. } => {
            let mut relation = named(alias.as_ref()?);
            if let (true, SetExpr::Select(select)) = (*lateral && is_iteration(factor), &*subquery.body) {
                let names: Vec<String> = select
                    .projection
                    .iter()
                    .filter_map(|item| match item {
                        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                        _ => None,
                    })
                    .collect();
                relation.value = names.first().cloned();
                relation.place = names.get(1).cloned();
            }
            Some(relation)
        }
        TableFactor::TableFunction { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::Pivot { alias, .. }
        | TableFactor::Unpivot { alias, .. } => alias.as_ref().map(named),
        _ => None,
    }
}

/// What an item iterates over, and under which names.
struct Iteration {
    value: Expr,
    /// Whether over the attributes of an object.
    unpivots: bool,
    alias: String,
    value_name: String,
    place_name: Option<String>,
}

/// The item as a lateral subquery, when it iterates.
fn iteration(
    factor: &TableFactor,
    relations: &[Relation],
    outer: &[Vec<Relation>],
) -> Result<Option<(TableFactor, Relation)>> {
    let iteration = match factor {
        TableFactor::Table { name, alias, args: Some(args), .. } if name.to_string() == "unpivot" => {
            let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = args.args.as_slice() else {
                return Err(Error::syntax("UNPIVOT takes one expression"));
            };
            named(value.clone(), true, alias.as_ref(), "value")
        }
        TableFactor::Table { name, alias, args: None, json_path, .. } => {
            let parts: Option<Vec<Ident>> = name.0.iter().map(|part| part.as_ident().cloned()).collect();
            let Some(parts) = parts else { return Ok(None) };
            if !starts_in_scope(&parts, json_path.is_some(), relations, outer) {
                return match json_path {
                    Some(_) => Err(Error::undefined_table(name)),
                    None => Ok(None),
                };
            }
            let last = parts.last().map(|ident| ident.value.clone()).unwrap_or_default();
            named(path_expr(parts, json_path.as_ref()), false, alias.as_ref(), &last)
        }
        TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
            let ([value], false) = (array_exprs.as_slice(), with_ordinality) else {
                return Err(Error::not_supported("UNNEST of several arrays, or WITH ORDINALITY"));
            };
            let mut iteration = named(value.clone(), false, alias.as_ref(), "unnest");
            if *with_offset {
                let name = with_offset_alias.as_ref().map_or("offset", |ident| ident.value.as_str());
                iteration.place_name = Some(name.to_owned());
            }
            iteration
        }
        _ => return Ok(None),
    };
    let relation = Relation {
        schema: None,
        name: iteration.alias.clone(),
        value: Some(iteration.value_name.clone()),
        place: iteration.place_name.clone(),
    };
    Ok(Some((lateral(iteration)?, relation)))
}

fn named(value: Expr, unpivots: bool, alias: Option<&TableAlias>, default: &str) -> Iteration {
    let name = alias.map_or(default, |alias| alias.name.value.as_str()).to_owned();
    let column =
        |index: usize| alias.and_then(|alias| alias.columns.get(index)).map(|column| column.name.value.clone());
    Iteration {
        value,
        unpivots,
        value_name: column(0).unwrap_or_else(|| name.clone()),
        place_name: alias.and_then(|alias| alias.at.as_ref()).map(|at| at.value.clone()).or_else(|| column(1)),
        alias: name,
    }
}

/// Whether a name in FROM is a path from a relation before it, or from one of a query around.
fn starts_in_scope(parts: &[Ident], subscripted: bool, relations: &[Relation], outer: &[Vec<Relation>]) -> bool {
    let [first, rest @ ..] = parts else { return false };
    let fits = |relation: &Relation| {
        let by_name = relation.name == first.value && (relation.value.is_some() || !rest.is_empty() || subscripted);
        let by_schema = matches!(rest, [second, _, ..] if relation.schema.as_ref() == Some(&first.value) && relation.name == second.value);
        by_name || by_schema
    };
    relations.iter().any(fits) || outer.iter().flatten().any(fits)
}

fn path_expr(mut parts: Vec<Ident>, path: Option<&JsonPath>) -> Expr {
    let root = if parts.len() == 1 { Expr::Identifier(parts.remove(0)) } else { Expr::CompoundIdentifier(parts) };
    match path {
        Some(path) => Expr::JsonAccess { value: Box::new(root), path: path.clone() },
        None => root,
    }
}

fn lateral(iteration: Iteration) -> Result<TableFactor> {
    let (value, place) =
        if iteration.unpivots { ("super unpivot", "super name") } else { ("super unnest", "super index") };
    let item = |expr: Expr, name: &str| SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) };
    let mut projection = vec![item(call(value, vec![iteration.value]), &iteration.value_name)];
    projection.extend(iteration.place_name.as_deref().map(|name| item(call(place, vec![]), name)));
    let mut query: Box<Query> = blueshift_sql::parse_query("select 1", blueshift_sql::ParserOptions::default())
        .map_err(|error| Error::internal(error.message))?;
    if let SetExpr::Select(select) = &mut *query.body {
        select.projection = projection;
    }
    let alias = TableAlias { explicit: true, name: Ident::with_quote('"', iteration.alias), columns: vec![], at: None };
    Ok(TableFactor::Derived { lateral: true, subquery: query, alias: Some(alias), sample: None })
}
