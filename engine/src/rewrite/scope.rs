//! Which columns a FROM clause offers, told from the syntax tree: some passes must know that a name is
//! a column before there is a plan (a lateral alias gives way to one, PIVOT groups by those it does
//! not name).

use std::rc::Rc;

use blueshift_sql::ast::{
    Query, TableFactor, TableWithJoins,
    sql::{
        ExcludeSelectItem, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Select, SelectItem,
        SelectItemQualifiedWildcardKind, SetExpr, TableAlias, WildcardAdditionalOptions,
    },
};

use super::{column_name::default_name, pivot};
use crate::error::Result;

/// Knows the relations of the catalog.
pub trait Relations {
    /// The columns of the relation called `name`; None when there is none (the planner says so, with
    /// its place) or when its columns are not known before it is planned.
    fn columns(&self, name: &ObjectName) -> Result<Option<Vec<String>>>;
}

/// One relation of a FROM clause.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name that qualifies its columns; None for a derived table without alias.
    pub name: Option<String>,
    /// Its columns; None when they are not known.
    pub columns: Option<Vec<String>>,
}

/// A query that `WITH` names.
#[derive(Debug, Clone)]
struct CommonTable {
    name: String,
    columns: Vec<String>,
    query: Rc<Query>,
}

/// What names of relations mean at one place of a query.
pub struct Scope<'r> {
    relations: &'r dyn Relations,
    tables: Vec<Vec<CommonTable>>,
}

impl<'r> Scope<'r> {
    /// A scope without queries around it.
    pub fn new(relations: &'r dyn Relations) -> Self {
        Scope { relations, tables: vec![] }
    }

    /// Goes into a query: its `WITH` names relations.
    pub fn enter(&mut self, query: &Query) {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables).map(|table| CommonTable {
            name: table.alias.name.value.clone(),
            columns: alias_columns(&table.alias),
            query: Rc::new(blueshift_sql::limits::on_deep_stack(|| (*table.query).clone())),
        });
        self.tables.push(tables.collect());
    }

    /// Leaves the query that was entered last.
    pub fn leave(&mut self) {
        self.tables.pop();
    }

    /// The relations of a FROM clause, in order.
    pub fn sources(&mut self, from: &[TableWithJoins]) -> Result<Vec<Source>> {
        let mut sources = vec![];
        for table in from {
            self.add_joined(table, &mut sources)?;
        }
        Ok(sources)
    }

    fn add_joined(&mut self, table: &TableWithJoins, sources: &mut Vec<Source>) -> Result<()> {
        self.add_factor(&table.relation, sources)?;
        for join in &table.joins {
            self.add_factor(&join.relation, sources)?;
        }
        Ok(())
    }

    fn add_factor(&mut self, factor: &TableFactor, sources: &mut Vec<Source>) -> Result<()> {
        let (name, alias, columns) = match factor {
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                return self.add_joined(table_with_joins, sources);
            }
            TableFactor::NestedJoin { alias, .. } => (None, alias.as_ref(), None),
            TableFactor::Table { name, alias, args: None, .. } => {
                let last = name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.clone());
                (last, alias.as_ref(), self.relation_columns(name)?)
            }
            TableFactor::Table { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. } => (None, alias.as_ref(), None),
            TableFactor::Derived { subquery, alias, .. } => (None, alias.as_ref(), self.query_columns(subquery)?),
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => {
                let mut rewritten = blueshift_sql::limits::on_deep_stack(|| factor.clone());
                pivot::rewrite_factor(&mut rewritten, self)?;
                return self.add_factor(&rewritten, sources);
            }
            _ => (None, None, None),
        };
        sources.push(Source {
            name: alias.map(|alias| alias.name.value.clone()).or(name),
            columns: renamed(columns, &alias.map(alias_columns).unwrap_or_default()),
        });
        Ok(())
    }

    fn relation_columns(&mut self, name: &ObjectName) -> Result<Option<Vec<String>>> {
        if let [ObjectNamePart::Identifier(ident)] = name.0.as_slice()
            && let Some((level, table)) = self.common_table(&ident.value)
        {
            // The query sees what was named before it, not itself: a recursive one is known by its columns.
            let hidden: Vec<Vec<CommonTable>> = self.tables.drain(level..).collect();
            let earlier: Vec<CommonTable> =
                hidden[0].iter().take_while(|other| other.name != table.name).cloned().collect();
            self.tables.push(earlier);
            let columns = self.query_columns(&table.query);
            self.tables.pop();
            self.tables.extend(hidden);
            return Ok(renamed(columns?, &table.columns));
        }
        self.relations.columns(name)
    }

    fn common_table(&self, name: &str) -> Option<(usize, CommonTable)> {
        self.tables.iter().enumerate().rev().find_map(|(level, tables)| {
            tables.iter().rev().find(|table| table.name == name).map(|table| (level, table.clone()))
        })
    }

    /// Names of a query's result columns.
    pub fn query_columns(&mut self, query: &Query) -> Result<Option<Vec<String>>> {
        self.enter(query);
        let columns = self.body_columns(&query.body);
        self.leave();
        columns
    }

    fn body_columns(&mut self, body: &SetExpr) -> Result<Option<Vec<String>>> {
        match body {
            SetExpr::Select(select) => self.select_columns(select),
            SetExpr::Query(query) => self.query_columns(query),
            SetExpr::SetOperation { left, .. } => self.body_columns(left),
            _ => Ok(None),
        }
    }

    fn select_columns(&mut self, select: &Select) -> Result<Option<Vec<String>>> {
        let mut columns = vec![];
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => columns.push(default_name(expr)),
                SelectItem::ExprWithAlias { alias, .. } => columns.push(alias.value.clone()),
                SelectItem::Wildcard(options) => match self.wildcard(&select.from)? {
                    Some(all) => columns.extend(without(all.into_iter().map(|(_, name)| name), options)),
                    None => return Ok(None),
                },
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    let sources = self.sources(&select.from)?;
                    match qualified(&sources, name).and_then(|source| source.columns.clone()) {
                        Some(all) => columns.extend(without(all.into_iter(), options)),
                        None => return Ok(None),
                    }
                }
                _ => return Ok(None),
            }
        }
        if let Some(exclude) = &select.exclude {
            let excluded = excluded_names(exclude);
            columns.retain(|column| !excluded.contains(column));
        }
        Ok(Some(columns))
    }

    /// What `*` stands for: the number of the source and the column; columns of USING and NATURAL once.
    pub fn wildcard(&mut self, from: &[TableWithJoins]) -> Result<Option<Vec<(usize, String)>>> {
        let (mut all, mut number) = (vec![], 0);
        for table in from {
            match self.joined_wildcard(table, &mut number)? {
                Some(columns) => all.extend(columns),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    fn joined_wildcard(&mut self, table: &TableWithJoins, number: &mut usize) -> Result<Option<Vec<(usize, String)>>> {
        let Some(mut all) = self.factor_wildcard(&table.relation, number)? else { return Ok(None) };
        for join in &table.joins {
            let Some(right) = self.factor_wildcard(&join.relation, number)? else { return Ok(None) };
            let names: Vec<&String> = all.iter().map(|(_, name)| name).collect();
            let merged = merged_columns(&join.join_operator, &names, right.iter().map(|(_, name)| name));
            // The joined columns come first, then what is left of either side.
            let first = merged.iter().filter_map(|name| all.iter().find(|(_, column)| column == name).cloned());
            let first: Vec<_> = first.collect();
            let rest = all.iter().chain(&right).filter(|(_, name)| !merged.contains(name)).cloned();
            all = first.into_iter().chain(rest).collect();
        }
        Ok(Some(all))
    }

    fn factor_wildcard(&mut self, factor: &TableFactor, number: &mut usize) -> Result<Option<Vec<(usize, String)>>> {
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = factor {
            return self.joined_wildcard(table_with_joins, number);
        }
        let mut sources = vec![];
        self.add_factor(factor, &mut sources)?;
        let at = *number;
        *number += 1;
        let columns = sources.pop().and_then(|source| source.columns);
        Ok(columns.map(|columns| columns.into_iter().map(|name| (at, name)).collect()))
    }
}

/// The columns that a join makes one of.
pub fn merged_columns<'c>(
    operator: &JoinOperator,
    left: &[&String],
    right: impl Iterator<Item = &'c String>,
) -> Vec<String> {
    match constraint(operator) {
        Some(JoinConstraint::Using(names)) => {
            let last = |name: &ObjectName| name.0.last().and_then(ObjectNamePart::as_ident).map(|i| i.value.clone());
            names.iter().filter_map(last).collect()
        }
        Some(JoinConstraint::Natural) => {
            let right: Vec<&String> = right.collect();
            left.iter().filter(|name| right.contains(name)).map(|name| (*name).clone()).collect()
        }
        _ => vec![],
    }
}

/// The constraint of the joins that Redshift has.
pub fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => Some(constraint),
        _ => None,
    }
}

/// The source that `name.*` means.
pub fn qualified<'s>(sources: &'s [Source], name: &ObjectName) -> Option<&'s Source> {
    let last = name.0.last().and_then(ObjectNamePart::as_ident)?;
    sources.iter().find(|source| source.name.as_deref() == Some(last.value.as_str()))
}

/// Names after EXCLUDE.
pub fn excluded_names(exclude: &ExcludeSelectItem) -> Vec<String> {
    let last = |name: &ObjectName| name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.clone());
    match exclude {
        ExcludeSelectItem::Single(name) => last(name).into_iter().collect(),
        ExcludeSelectItem::Multiple(names) => names.iter().filter_map(last).collect(),
    }
}

fn without(columns: impl Iterator<Item = String>, options: &WildcardAdditionalOptions) -> Vec<String> {
    let excluded = options.opt_exclude.as_ref().map(excluded_names).unwrap_or_default();
    columns.filter(|column| !excluded.contains(column)).collect()
}

fn alias_columns(alias: &TableAlias) -> Vec<String> {
    alias.columns.iter().map(|column| column.name.value.clone()).collect()
}

/// `columns` with the names of a column alias list in front; a list alone also tells the columns.
fn renamed(columns: Option<Vec<String>>, names: &[String]) -> Option<Vec<String>> {
    match columns {
        Some(columns) => {
            let rest = columns.into_iter().skip(names.len());
            Some(names.iter().cloned().chain(rest).collect())
        }
        None if !names.is_empty() => Some(names.to_vec()),
        None => None,
    }
}

/// A catalog without relations.
#[cfg(test)]
pub(crate) struct NoRelations;

#[cfg(test)]
impl Relations for NoRelations {
    fn columns(&self, _name: &ObjectName) -> Result<Option<Vec<String>>> {
        Ok(None)
    }
}
