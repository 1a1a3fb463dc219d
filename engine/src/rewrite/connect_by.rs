//! `[START WITH …] CONNECT BY …` (page r_CONNECT_BY_clause) as a recursive common table expression: the
//! roots first, then again and again the rows that belong to those found last.
//!
//! FROM with its joins is evaluated first, then CONNECT BY, then WHERE. `LEVEL` is a column of the
//! hierarchy, and `PRIOR expression` is evaluated over the parent's row.

use std::{collections::HashMap, ops::ControlFlow};

use blueshift_sql::{
    ast::{
        Query, TableFactor, TableWithJoins, Value,
        sql::{
            BinaryOperator, ConnectByKind, Expr, GroupByExpr, JoinConstraint, JoinOperator, OrderByKind, Select,
            SelectItem, SelectItemQualifiedWildcardKind, SetExpr, VisitMut, VisitorMut,
        },
    },
    limits::on_deep_stack,
};

use super::{
    column_name,
    scope::{self, Scope, Source},
    template,
};
use crate::error::{Error, Result};

/// The common table's name; checks of the user's own recursive queries pass it by.
pub const HIERARCHY: &str = "__hierarchy";
const PARENT: &str = "__parent";
const CHILD: &str = "__child";
const LEVEL: &str = "level";

/// Rewrites a SELECT with CONNECT BY; `ORDER BY` belongs to its query.
///
/// Errors: 42601 without a PRIOR, 0A000 for NOCYCLE.
pub fn rewrite(query: &mut Query, scope: &mut Scope<'_>) -> Result<()> {
    let Query { body, order_by, .. } = query;
    let SetExpr::Select(select) = &mut **body else { return Ok(()) };
    if select.connect_by.is_empty() {
        return Ok(());
    }
    let (start, mut connect) = conditions(std::mem::take(&mut select.connect_by))?;
    let sources = scope.sources(&select.from)?;
    let columns = columns(&sources, &select.from)?;
    if columns.iter().any(|column| column.name == LEVEL) {
        return Err(Error::not_supported("CONNECT BY over a relation with a column named level"));
    }
    expand_wildcards(select, &sources, &columns, scope)?;

    let names = |qualifier| Names { sources: &sources, columns: &columns, qualifier, priors: 0, inside: 0 };
    // The roots are looked for in FROM itself, by the names that it has.
    if let Some(start) = &start {
        visit(&mut start.clone(), &mut names(None))?;
    }
    let mut connecting = names(Some(CHILD));
    visit(&mut connect, &mut connecting)?;
    if connecting.priors == 0 {
        return Err(Error::syntax("CONNECT BY needs a condition with the PRIOR operator"));
    }
    let from = std::mem::take(&mut select.from);
    let lone = lone_name(&sources);
    select.from = vec![TableWithJoins {
        relation: template::derived(
            hierarchy(from, &sources, &columns, start, connect)?,
            lone.as_deref().map(|name| template::alias(name, &[])),
        ),
        joins: vec![],
    }];
    if lone.is_none() {
        unqualify(select, &names)?;
        if let Some(order_by) = order_by
            && let OrderByKind::Expressions(keys) = &mut order_by.kind
        {
            for key in keys {
                visit(&mut key.expr, &mut names(None))?;
            }
        }
    }
    Ok(())
}

/// A column of FROM.
struct Column {
    /// Which source has it.
    source: usize,
    name: String,
    /// Its name in the hierarchy, which no other column bears there.
    unique: String,
}

impl Column {
    /// The column where FROM is.
    fn in_from(&self, sources: &[Source]) -> Result<Expr> {
        if self.unique == self.name {
            return Ok(template::column(&self.name));
        }
        match sources.get(self.source).and_then(|source| source.name.as_deref()) {
            Some(source) => Ok(template::qualified(source, &self.name)),
            None => Err(Error::not_supported("CONNECT BY over a subquery without a name whose columns share names")),
        }
    }
}

/// The columns of FROM; those that share a name get the invisible mark of result columns.
///
/// Errors: 0A000 for shared names that USING or NATURAL merges.
fn columns(sources: &[Source], from: &[TableWithJoins]) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = vec![];
    for (source, Source { columns: names, .. }) in sources.iter().enumerate() {
        let Some(names) = names else {
            return Err(Error::not_supported("CONNECT BY over a relation whose columns are not known"));
        };
        columns.extend(names.iter().map(|name| Column { source, name: name.clone(), unique: name.clone() }));
    }
    let mut times: HashMap<String, usize> = HashMap::new();
    for column in &columns {
        *times.entry(column.name.clone()).or_default() += 1;
    }
    let shared = |column: &&mut Column| times.get(&column.name).is_some_and(|times| *times > 1);
    let mut is_shared = false;
    for column in columns.iter_mut().filter(shared) {
        column.unique = column_name::marked_with(&column.name, column.source);
        is_shared = true;
    }
    let merges = |operator: &JoinOperator| {
        matches!(scope::constraint(operator), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
    };
    if is_shared && from.iter().flat_map(|from| &from.joins).any(|join| merges(&join.join_operator)) {
        return Err(Error::not_supported("CONNECT BY over a join with USING or NATURAL whose columns share names")
            .with_hint("Join them in a subquery that gives each column a name of its own."));
    }
    Ok(columns)
}

/// START WITH and CONNECT BY.
fn conditions(kinds: Vec<ConnectByKind>) -> Result<(Option<Expr>, Expr)> {
    let (mut start, mut connect) = (None, None);
    for kind in kinds {
        match kind {
            ConnectByKind::StartWith { condition, .. } => start = Some(*condition),
            ConnectByKind::ConnectBy { nocycle: true, .. } => {
                return Err(Error::not_supported("CONNECT BY NOCYCLE"));
            }
            ConnectByKind::ConnectBy { relationships, .. } => connect = template::all(relationships),
        }
    }
    match connect {
        Some(connect) => Ok((start, connect)),
        None => Err(Error::syntax("START WITH needs a CONNECT BY")),
    }
}

/// The name of the only relation.
fn lone_name(sources: &[Source]) -> Option<String> {
    match sources {
        [source] => source.name.clone(),
        _ => None,
    }
}

/// `*` shows the columns of FROM, not LEVEL.
fn expand_wildcards(select: &mut Select, sources: &[Source], columns: &[Column], scope: &mut Scope<'_>) -> Result<()> {
    let shown = |source: usize, name: &str| {
        let column = columns.iter().find(|column| column.source == source && column.name == name);
        match column {
            Some(column) if column.unique != column.name => template::item(template::column(&column.unique), name),
            _ => SelectItem::UnnamedExpr(template::column(name)),
        }
    };
    let mut items = vec![];
    for item in std::mem::take(&mut select.projection) {
        match item {
            SelectItem::Wildcard(options) => {
                let all = scope.wildcard(&select.from)?.unwrap_or_default();
                let excluded = options.opt_exclude.as_ref().map(scope::excluded_names).unwrap_or_default();
                let kept = all.into_iter().filter(|(_, column)| !excluded.contains(column));
                items.extend(kept.map(|(source, column)| shown(source, &column)));
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let wanted = scope::qualified(sources, &name);
                let source =
                    sources.iter().position(|source| wanted.is_some_and(|wanted| std::ptr::eq(source, wanted)));
                let Some(source) = source else { return Err(Error::undefined_table(name.to_string())) };
                let names = sources[source].columns.iter().flatten();
                items.extend(names.map(|column| shown(source, column)));
            }
            item => items.push(item),
        }
    }
    select.projection = items;
    Ok(())
}

/// `WITH RECURSIVE hierarchy AS (roots UNION ALL children) SELECT * FROM hierarchy`
fn hierarchy(
    from: Vec<TableWithJoins>,
    sources: &[Source],
    columns: &[Column],
    start: Option<Expr>,
    connect: Expr,
) -> Result<Box<Query>> {
    let rows_of_from = || -> Result<Vec<SelectItem>> {
        columns.iter().map(|column| Ok(template::item(column.in_from(sources)?, &column.unique))).collect()
    };
    let mut query = template::query(&format!(
        "with recursive \"{HIERARCHY}\" as (
            select 1 from (select 1) as x
            union all select 1 from (select 1) as \"{CHILD}\" cross join (select 1) as \"{PARENT}\")
         select * from \"{HIERARCHY}\""
    ))?;
    let missing = || Error::internal("the template of CONNECT BY has another form");
    let with = query.with.as_mut().and_then(|with| with.cte_tables.first_mut()).ok_or_else(missing)?;
    let named: Vec<String> = columns.iter().map(|column| column.unique.clone()).chain([LEVEL.to_owned()]).collect();
    with.alias = template::alias(HIERARCHY, &named);
    let SetExpr::SetOperation { left, right, .. } = &mut *with.query.body else { return Err(missing()) };
    let (SetExpr::Select(roots), SetExpr::Select(children)) = (&mut **left, &mut **right) else {
        return Err(missing());
    };

    roots.from = on_deep_stack(|| from.clone());
    roots.projection = rows_of_from()?;
    roots.projection.push(template::item(integer("1")?, LEVEL));
    roots.selection = start;

    let mut rows = template::query("select 1 from (select 1) as x")?;
    let select = template::select_of(&mut rows)?;
    select.projection = rows_of_from()?;
    select.from = from;
    let joined = children.from.first_mut().ok_or_else(missing)?;
    joined.relation = template::derived(rows, Some(template::alias(CHILD, &[])));
    let parent = joined.joins.first_mut().ok_or_else(missing)?;
    parent.relation = TableFactor::Table {
        name: template::relation_name(HIERARCHY),
        alias: Some(template::alias(PARENT, &[])),
        args: None,
        with_hints: vec![],
        version: None,
        with_ordinality: false,
        partitions: vec![],
        json_path: None,
        sample: None,
        index_hints: vec![],
    };
    parent.join_operator = JoinOperator::Inner(JoinConstraint::On(connect));
    children.projection =
        columns.iter().map(|column| SelectItem::UnnamedExpr(template::qualified(CHILD, &column.unique))).collect();
    children.projection.push(template::item(next_level()?, LEVEL));
    Ok(query)
}

fn integer(digits: &str) -> Result<Expr> {
    blueshift_sql::parse_expression(&format!("cast({digits} as integer)"), Default::default())
        .map_err(|error| Error::internal(error.message))
}

fn next_level() -> Result<Expr> {
    Ok(template::binary(template::qualified(PARENT, LEVEL), BinaryOperator::Plus, integer("1")?))
}

/// Makes columns of the hierarchy of the names that users write.
struct Names<'s> {
    sources: &'s [Source],
    columns: &'s [Column],
    /// What qualifies the columns, and None where they stand alone.
    qualifier: Option<&'static str>,
    priors: usize,
    /// In how many subqueries: names there are theirs.
    inside: usize,
}

impl Names<'_> {
    /// The column that a name means; None for what is no column of FROM, or one of several.
    fn column(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Identifier(ident) => {
                let mut found = self.columns.iter().filter(|column| column.name == ident.value);
                found.next().filter(|_| found.next().is_none()).map(|column| column.unique.clone())
            }
            Expr::CompoundIdentifier(parts) => {
                let [.., qualifier, name] = parts.as_slice() else { return None };
                let named = |source: &Source| source.name.as_deref() == Some(qualifier.value.as_str());
                let source = self.sources.iter().position(named)?;
                let found = self.columns.iter().find(|column| column.source == source && column.name == name.value);
                found.map(|column| column.unique.clone())
            }
            _ => None,
        }
    }

    fn named(&self, column: &str) -> Expr {
        match self.qualifier {
            Some(qualifier) => template::qualified(qualifier, column),
            None => template::column(column),
        }
    }
}

impl VisitorMut for Names<'_> {
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
        if let Expr::Prior(inner) = expr {
            if self.qualifier != Some(CHILD) {
                return ControlFlow::Break(Error::syntax("PRIOR stands in CONNECT BY only"));
            }
            self.priors += 1;
            let mut inner = std::mem::replace(&mut **inner, Expr::value(Value::Null));
            let mut names = Names { qualifier: Some(PARENT), priors: 0, inside: 0, ..*self };
            let flow = inner.visit(&mut names);
            *expr = Expr::Nested(Box::new(inner));
            return flow;
        }
        // What is qualified with our own names is done.
        let ours =
            matches!(&*expr, Expr::CompoundIdentifier(parts) if parts[0].value == PARENT || parts[0].value == CHILD);
        if ours {
            return ControlFlow::Continue(());
        }
        if let Some(column) = self.column(expr) {
            *expr = self.named(&column);
        } else if matches!(&*expr, Expr::Identifier(ident) if ident.value == LEVEL) && self.qualifier.is_some() {
            match (self.qualifier, next_level()) {
                (Some(CHILD), Ok(level)) => *expr = Expr::Nested(Box::new(level)),
                (Some(CHILD), Err(error)) => return ControlFlow::Break(error),
                _ => *expr = self.named(LEVEL),
            }
        }
        ControlFlow::Continue(())
    }
}

fn visit(expr: &mut Expr, names: &mut Names<'_>) -> Result<()> {
    match expr.visit(names) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Takes the names of joined relations off the columns of a SELECT.
fn unqualify<'s>(select: &mut Select, names: &impl Fn(Option<&'static str>) -> Names<'s>) -> Result<()> {
    let mut names = names(None);
    for item in &mut select.projection {
        match item {
            SelectItem::ExprWithAlias { expr, .. } => visit(expr, &mut names)?,
            SelectItem::UnnamedExpr(expr) => {
                let name = column_name::default_name(expr);
                visit(expr, &mut names)?;
                if column_name::default_name(expr) != name {
                    *item = template::item(std::mem::replace(expr, Expr::value(Value::Null)), &name);
                }
            }
            _ => {}
        }
    }
    for condition in select.selection.iter_mut().chain(select.having.iter_mut()).chain(select.qualify.iter_mut()) {
        visit(condition, &mut names)?;
    }
    if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
        for key in keys {
            visit(key, &mut names)?;
        }
    }
    Ok(())
}
