//! Paths into SUPER values as calls (page query-super, "Navigation"): `c.orders[0].key` becomes
//! `super path(c.orders, 0, 'key')`.
//!
//! What is a table and what a column is decided by the names in FROM: the first name is an alias or a table of the
//! query or of one around it, if there is one of that name; then `schema.table`; else it is a column. Paths of
//! names only, whose first one is a column, are left to the planner, which knows the columns
//! (`binder::super_planner`).
//!
//! Iterating over arrays in FROM is beside, in [`unnest`](super::unnest). What the session says about SUPER is put
//! into calls here, too, so that plans hold no settings.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Ident, Query,
    sql::{
        AccessExpr, CastKind, CharacterLength, DataType as SqlType, Expr, Function, FunctionArg, FunctionArgExpr,
        FunctionArguments, JsonPath, JsonPathElem, ObjectNamePart, OrderBy, OrderByKind, Select, SelectItem, SetExpr,
        Subscript, UnaryOperator, Value, VisitMut, VisitorMut,
    },
};

use super::{
    column_name,
    function_call::call,
    unnest::{self, Relation},
};
use crate::error::{Error, Result};

/// Marks names that were resolved, so that they are not looked at again.
const RESOLVED: char = '`';

/// What the session's parameters say about SUPER values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuperOptions {
    /// `navigate_super_null_on_error`
    pub navigate_null_on_error: bool,
    /// `cast_super_null_on_error`
    pub cast_null_on_error: bool,
    /// `default_array_search_null_handling`
    pub array_null_match: bool,
    /// The parameters of JSON_PARSE that are on, by name.
    pub parse_options: String,
    /// The statement's text while `enable_case_sensitive_super_attribute` is on: names of attributes are looked up
    /// in it, as the tree holds them folded.
    pub statement_text: Option<String>,
}

impl Default for SuperOptions {
    fn default() -> Self {
        SuperOptions {
            navigate_null_on_error: true,
            cast_null_on_error: true,
            array_null_match: true,
            parse_options: String::new(),
            statement_text: None,
        }
    }
}

impl SuperOptions {
    /// The name of the function that follows a path.
    fn path_function(&self) -> &'static str {
        if self.navigate_null_on_error { "super path" } else { "super path strict" }
    }

    /// The name of an attribute as the statement writes it.
    pub(super) fn attribute_name(&self, ident: &Ident) -> String {
        let written = self.statement_text.as_deref().and_then(|text| source_text(text, ident));
        written.unwrap_or_else(|| ident.value.clone())
    }
}

/// The text of an identifier in its statement, without quotes.
fn source_text(text: &str, ident: &Ident) -> Option<String> {
    let offset = |line: u64, column: u64| -> Option<usize> {
        let line_start =
            text.split_inclusive('\n').take(usize::try_from(line).ok()?.checked_sub(1)?).map(str::len).sum();
        let rest: &str = text.get(line_start..)?;
        let within: usize = rest.chars().take(usize::try_from(column).ok()?.checked_sub(1)?).map(char::len_utf8).sum();
        Some(line_start + within)
    };
    let (start, end) = (&ident.span.start, &ident.span.end);
    let written = text.get(offset(start.line, start.column)?..offset(end.line, end.column)?)?;
    let unquoted = match written.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => written.to_owned(),
    };
    unquoted.eq_ignore_ascii_case(&ident.value).then_some(unquoted)
}

/// Rewrites paths, unnesting and what depends on SUPER's parameters, in a query or an expression.
pub fn rewrite(node: &mut impl VisitMut, options: &SuperOptions) -> Result<()> {
    let mut paths = SuperPaths::new(options);
    match node.visit(&mut paths) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Rewrites what iterates in FROM, and nothing else: it comes before all passes that look at FROM.
pub fn rewrite_from(node: &mut impl VisitMut) -> Result<()> {
    match node.visit(&mut FromItems { scopes: vec![] }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// `f(x).name` and `(x).name` as the paths that `x[0].name` is. The names in them look like columns to other passes,
/// so this comes first.
pub fn rewrite_field_access(expr: &mut Expr, options: &SuperOptions) -> Result<()> {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return Ok(()) };
    let step = |access: &AccessExpr| match access {
        AccessExpr::Dot(Expr::Identifier(ident)) => {
            Ok(JsonPathElem::Dot { key: options.attribute_name(ident), quoted: ident.quote_style.is_some() })
        }
        AccessExpr::Subscript(Subscript::Index { index }) => Ok(JsonPathElem::Bracket { key: index.clone() }),
        other => Err(Error::not_supported(format!("{other} in a path into a SUPER value"))),
    };
    let path = JsonPath { path: access_chain.iter().map(step).collect::<Result<_>>()? };
    let value = Box::new(std::mem::replace(&mut **root, Expr::value(Value::Null)));
    *expr = Expr::JsonAccess { value, path };
    Ok(())
}

struct FromItems {
    scopes: Vec<Vec<Relation>>,
}

impl VisitorMut for FromItems {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        flow(unnest::rewrite_from(select, &self.scopes).map(|scope| self.scopes.push(scope)))
    }

    fn post_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Error> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }
}

/// The pass over paths.
pub(super) struct SuperPaths<'o> {
    pub(super) options: &'o SuperOptions,
    /// The relations of the queries around, the innermost last.
    pub(super) scopes: Vec<Vec<Relation>>,
}

impl<'o> SuperPaths<'o> {
    /// Outside of all queries.
    pub(super) fn new(options: &'o SuperOptions) -> Self {
        SuperPaths { options, scopes: vec![] }
    }

    /// Prepares a SELECT and enters its scope.
    fn enter(&mut self, select: &mut Select) -> Result<()> {
        let scope = unnest::rewrite_from(select, &self.scopes)?;
        self.scopes.push(scope);
        for item in &mut select.projection {
            self.name_item(item);
        }
        Ok(())
    }

    /// A path in the select list is named after its last attribute.
    fn name_item(&self, item: &mut SelectItem) {
        let SelectItem::UnnamedExpr(expr) = item else { return };
        let Expr::CompoundIdentifier(parts) = &*expr else { return };
        let is_path = match self.resolve(parts) {
            Some((_, rest)) => !rest.is_empty(),
            None => !parts.is_empty(),
        };
        if is_path {
            let alias = Ident::with_quote('"', column_name::default_name(expr));
            let expr = std::mem::replace(expr, Expr::value(Value::Null));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }

    /// DISTINCT sorts by what is selected: a path in ORDER BY that is selected is called by its name.
    fn sort_by_names(&self, select: &Select, order_by: &mut Option<OrderBy>) {
        let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = order_by else { return };
        if select.distinct.is_none() {
            return;
        }
        for key in keys.iter_mut().filter(|key| self.is_path(&key.expr)) {
            let selected = select.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if *expr == key.expr => Some(alias),
                _ => None,
            });
            if let Some(alias) = selected {
                key.expr = Expr::Identifier(Ident::with_quote(RESOLVED, &alias.value));
            }
        }
    }

    /// The column that names start with, and the attributes after it; None when no relation has the first name.
    pub(super) fn resolve(&self, parts: &[Ident]) -> Option<(Vec<Ident>, Vec<Ident>)> {
        let [first, rest @ ..] = parts else { return None };
        if first.quote_style == Some(RESOLVED) {
            return None;
        }
        let split = |at: usize| Some((parts[..at].to_vec(), parts[at..].to_vec()));
        for scope in self.scopes.iter().rev() {
            let named = scope.iter().rev().find(|relation| relation.name == first.value);
            match (named, rest) {
                (Some(Relation { value: Some(_), place: Some(place), .. }), [second, ..]) if second.value == *place => {
                    return split(2);
                }
                // Its column has a name of its own: UNNEST(…) AS relation(column).
                (Some(Relation { value: Some(value), name, .. }), [second, ..])
                    if value != name && second.value == *value =>
                {
                    return split(2);
                }
                (Some(Relation { value: Some(value), .. }), rest) => {
                    let value = Ident::new(value);
                    return Some((vec![first.clone(), value], rest.to_vec()));
                }
                (Some(_), [_, ..]) => return split(2),
                _ => {}
            }
            if let [second, _, ..] = rest
                && scope
                    .iter()
                    .any(|relation| relation.schema.as_ref() == Some(&first.value) && relation.name == second.value)
            {
                return split(3);
            }
        }
        None
    }

    fn path(&self, base: Expr, steps: Vec<Expr>) -> Expr {
        if steps.is_empty() {
            return base;
        }
        let mut arguments = vec![base];
        arguments.extend(steps);
        call(self.options.path_function(), arguments)
    }

    fn step(&self, ident: &Ident) -> Expr {
        text(&self.options.attribute_name(ident))
    }

    fn rewrite_expr(&self, expr: &mut Expr) -> Result<()> {
        match expr {
            Expr::Identifier(ident) if ident.quote_style != Some(RESOLVED) => {
                if let Some((base, _)) = self.resolve(std::slice::from_ref(ident)) {
                    *expr = column(base);
                }
            }
            Expr::CompoundIdentifier(parts) => match self.resolve(parts) {
                Some((base, rest)) => {
                    let steps = rest.iter().map(|ident| self.step(ident)).collect();
                    *expr = self.path(column(base), steps);
                }
                // A column: the planner would not know how the attributes were written.
                None if self.options.statement_text.is_some() && parts[0].quote_style != Some(RESOLVED) => {
                    let steps = parts[1..].iter().map(|ident| self.step(ident)).collect();
                    *expr = self.path(Expr::Identifier(parts[0].clone()), steps);
                }
                None => {}
            },
            Expr::JsonAccess { value, path } => {
                let steps = path_steps(path)?;
                let value = std::mem::replace(&mut **value, Expr::value(Value::Null));
                *expr = self.path(value, steps);
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr: operand } if self.is_path(operand) => {
                cast_in_place(operand, SqlType::Boolean);
            }
            Expr::Cast { expr: operand, .. }
                if !self.options.cast_null_on_error && !matches!(**operand, Expr::Value(_)) =>
            {
                let inner = std::mem::replace(&mut **operand, Expr::value(Value::Null));
                **operand = call("super strict", vec![inner]);
            }
            Expr::Function(function) => self.rewrite_function(function)?,
            // The planner would refuse SUPER operands before their types are looked at.
            Expr::UnaryOp { op: op @ (UnaryOperator::Minus | UnaryOperator::Plus), expr: operand }
                if !matches!(**operand, Expr::Value(_)) =>
            {
                let name = if *op == UnaryOperator::Minus { "super minus" } else { "super plus" };
                let operand = std::mem::replace(&mut **operand, Expr::value(Value::Null));
                *expr = call(name, vec![operand]);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether an expression is a path, and so SUPER.
    fn is_path(&self, expr: &Expr) -> bool {
        match expr {
            Expr::JsonAccess { .. } => true,
            Expr::Nested(inner) => self.is_path(inner),
            Expr::Identifier(ident) => self.resolve(std::slice::from_ref(ident)).is_some(),
            Expr::CompoundIdentifier(parts) => match self.resolve(parts) {
                Some((base, rest)) => !rest.is_empty() || base.len() == 2 && base[0].value == base[1].value,
                None => parts[0].quote_style != Some(RESOLVED),
            },
            _ => false,
        }
    }

    /// Casts paths where the planner would refuse SUPER, and adds what the session's parameters say as arguments.
    ///
    /// Errors: 0A000 for a subquery as the argument.
    fn rewrite_function(&self, function: &mut Function) -> Result<()> {
        if let FunctionArguments::Subquery(_) = function.args {
            return Err(Error::not_supported(format!("a subquery as the argument of {}", function.name)));
        }
        let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return Ok(()) };
        let name = name.value.clone();
        if let FunctionArguments::List(list) = &mut function.args {
            let arguments = list.args.iter_mut().filter_map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            });
            for (index, argument) in
                arguments.enumerate().filter(|(_, argument)| self.is_path(argument)).collect::<Vec<_>>()
            {
                match (name.as_str(), index) {
                    ("stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" | "median", 0)
                    | ("percentile_cont" | "percentile_disc", 1) => cast_in_place(argument, SqlType::DoublePrecision),
                    ("listagg", 0) => cast_in_place(argument, longest_text()),
                    ("bool_and" | "bool_or", 0) => cast_in_place(argument, SqlType::Boolean),
                    ("listagg", 3..) => {
                        let key = std::mem::replace(argument, Expr::value(Value::Null));
                        *argument = call("super key text", vec![key]);
                    }
                    _ => {}
                }
            }
        }
        self.add_options(&name, function);
        Ok(())
    }

    fn add_options(&self, name: &str, function: &mut Function) {
        let (arity, added) = match name {
            "json_parse" if !self.options.parse_options.is_empty() => (1, text(&self.options.parse_options)),
            "array_contains" | "array_position" | "array_positions" | "arrays_overlap"
                if !self.options.array_null_match =>
            {
                (2, Expr::value(Value::Boolean(false)))
            }
            _ => return,
        };
        if let FunctionArguments::List(list) = &mut function.args
            && list.args.len() == arity
        {
            list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(added)));
        }
    }
}

fn cast_in_place(expr: &mut Expr, data_type: SqlType) {
    let operand = Box::new(std::mem::replace(expr, Expr::value(Value::Null)));
    *expr = Expr::Cast { kind: CastKind::Cast, expr: operand, data_type, array: false, format: None };
}

fn longest_text() -> SqlType {
    SqlType::Varchar(Some(CharacterLength::IntegerLength { length: 65_535, unit: None }))
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

fn column(mut parts: Vec<Ident>) -> Expr {
    if let Some(first) = parts.first_mut() {
        first.quote_style = Some(RESOLVED);
    }
    Expr::CompoundIdentifier(parts)
}

/// `[0].name['other']` as arguments.
fn path_steps(path: &JsonPath) -> Result<Vec<Expr>> {
    path.path
        .iter()
        .map(|element| match element {
            JsonPathElem::Dot { key, .. } => Ok(text(key)),
            JsonPathElem::Bracket { key } => Ok(key.clone()),
            JsonPathElem::ColonBracket { .. } => Err(Error::syntax("a path into a SUPER value holds no colon")),
        })
        .collect()
}

fn flow(result: Result<()>) -> ControlFlow<Error> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl VisitorMut for SuperPaths<'_> {
    type Break = Error;

    /// ORDER BY belongs to the query and sees what its SELECT sees.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        match &mut *query.body {
            SetExpr::Select(select) => {
                flow(self.enter(select).map(|()| self.sort_by_names(select, &mut query.order_by)))
            }
            _ => {
                self.scopes.push(vec![]);
                ControlFlow::Continue(())
            }
        }
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        flow(self.enter(select))
    }

    fn post_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Error> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        flow(self.rewrite_expr(expr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(sql: &str) -> String {
        let mut query = blueshift_sql::parse_query(sql, blueshift_sql::ParserOptions::default()).unwrap();
        rewrite(&mut query, &SuperOptions::default()).unwrap();
        query.to_string().replace(['`', '"'], "")
    }

    #[test]
    fn paths_become_calls() {
        assert_eq!(
            rewritten("select c.a[0].b as x from t c where c.a.b = 1 order by c.a['k']"),
            "SELECT super path(c.a, 0, 'b') AS x FROM t c WHERE super path(c.a, 'b') = 1 ORDER BY super path(c.a, 'k')"
        );
        assert_eq!(rewritten("select t.a, s.t.b from s.t"), "SELECT t.a, s.t.b FROM s.t");
        assert_eq!(rewritten("select s.t.b.c from s.t"), "SELECT super path(s.t.b, 'c') AS c FROM s.t");
        // The planner knows whether there is a column a.
        assert_eq!(rewritten("select a.b from t"), "SELECT a.b AS b FROM t");
    }

    #[test]
    fn from_items_iterate() {
        assert_eq!(
            rewritten("select o.k, i from t c, c.orders o at i"),
            "SELECT super path(o.o, 'k') AS k, i FROM t c CROSS JOIN \
             LATERAL (SELECT super unnest(c.orders) AS o, super index() AS i) AS o"
        );
        assert_eq!(
            rewritten("select v from t c left join c.x.y[1] v on true"),
            "SELECT v.v FROM t c LEFT JOIN LATERAL (SELECT super unnest(super path(super path(c.x, 'y'), 1)) AS v) AS v ON true"
        );
        assert_eq!(rewritten("select 1 from t c, s.orders o"), "SELECT 1 FROM t c, s.orders o");
    }
}
