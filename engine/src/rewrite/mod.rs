//! Passes over the syntax tree that give Redshift's meaning to what parses as something else.
//!
//! Order matters: names of result columns are taken from the query as written, so that pass comes
//! first; the others then change expressions. The AST is rewritten, never the text.

/// Names of aggregate functions.
mod aggregate_name;
/// Names that a source has twice.
mod ambiguous;
/// Names of attributes of SUPER values in stored text.
pub mod attribute_case;
/// Casts among the keys of GROUP BY.
mod cast_key;
/// What only queries over the system catalog may use.
pub mod catalog;
/// Correlated subqueries of queries over the catalog.
mod catalog_subquery;
/// Names of result columns that have no alias.
pub mod column_name;
/// CONNECT BY as a recursive common table expression.
mod connect_by;
/// SYSDATE, CURRENT_USER and the like: words and calls that stand for values of the session.
mod constant;
/// Correlated subqueries that Redshift does not support.
mod correlation;
/// `_pg_expandarray`, as JDBC asks for keys.
mod expand_array;
/// Special syntax (EXTRACT, POSITION, TRIM, date parts as bare words, `^`) as ordinary calls.
mod function_call;
/// Aliases of the select list in HAVING.
mod having;
/// Interval literals.
mod interval;
/// Names of the select list used in it, in WHERE and in QUALIFY.
mod lateral_alias;
/// Functions of the leader node and of compute nodes.
mod node_rules;
/// Names in ORDER BY.
mod order_by;
/// `column(+)` as LEFT JOIN.
mod outer_join;
/// LIKE with ESCAPE, SIMILAR TO.
mod pattern;
/// PIVOT and UNPIVOT as subqueries.
mod pivot;
/// `= ANY (SELECT …)` as IN.
mod quantified;
/// What Redshift writes otherwise: TOP, MINUS, database-qualified columns.
mod query_form;
/// `(a, b) IN (SELECT …)` as EXISTS.
mod row_in_subquery;
/// What Redshift rejects and DataFusion would run.
mod rejected;
/// `(a, b) = (c, d)`.
mod row_comparison;
/// Names of types as functions.
mod type_call;
/// Columns that a FROM clause offers.
pub mod scope;
/// EXCLUDE beside several select items.
mod select_list;
/// Aggregates that sort share one order.
mod sorted_aggregate;
/// EXISTS and IN (SELECT …) as values, and where conditions need them as values.
mod subquery_value;
/// Syntax trees made of texts of ours.
mod template;
/// Merged columns of JOIN … USING and NATURAL JOIN.
mod using;
/// Paths into SUPER values.
mod super_path;
/// Arrays and objects in FROM.
mod unnest;
/// Wildcards beside items of the same name.
mod wildcard;
/// Frames of window functions.
mod window;
/// Rules of recursive common table expressions.
mod with_clause;

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Query,
    sql::{Expr, Select, VisitMut, VisitorMut},
};

use crate::error::{Error, Result};

pub use constant::{Constants, VERSION};
pub use node_rules::NodeRules;
pub use row_in_subquery::ROWS_RELATION;
pub use scope::Relations;
use scope::Scope;
pub use select_list::names_pseudo_columns;
pub use super_path::SuperOptions;

/// What a rewrite depends on besides the tree.
#[derive(Clone, Copy)]
pub struct RewriteContext<'c> {
    /// The session's values.
    pub constants: &'c Constants,
    /// The connected database.
    pub database: &'c str,
    /// The relations of the catalog.
    pub relations: &'c dyn Relations,
    /// Whether what Redshift rejects is rejected, though it could be run here.
    pub strict: bool,
    /// Whether external tables show `"$path"` and `"$size"`, which `*` leaves out.
    pub pseudo_columns: bool,
}

/// Rewrites a query in place.
///
/// Errors: 0A000 for what Redshift rejects, 42601 for misuse of special syntax.
pub fn rewrite_query(query: &mut Query, context: RewriteContext<'_>) -> Result<()> {
    if context.strict {
        correlation::check(query, &mut Scope::new(context.relations))?;
    }
    rewrite(query, context)
}

/// The same for a lone expression (column defaults, SET clauses).
pub fn rewrite_expr(expr: &mut Expr, context: RewriteContext<'_>) -> Result<()> {
    quantified::rewrite_all(expr)?;
    subquery_value::rewrite(expr)?;
    rewrite(expr, context)
}

fn rewrite(node: &mut impl VisitMut, context: RewriteContext<'_>) -> Result<()> {
    // Before anything that looks for IN.
    quantified::rewrite_all(node)?;
    super_path::rewrite_from(node)?;
    let mut rewriter = Rewriter { context, scope: Scope::new(context.relations), depth: 0 };
    match node.visit(&mut rewriter) {
        ControlFlow::Continue(()) => super_path::rewrite(node, &context.constants.super_options),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Rewriter<'c> {
    context: RewriteContext<'c>,
    scope: Scope<'c>,
    /// In how many queries the place is.
    depth: usize,
}

fn flow(result: Result<()>) -> ControlFlow<Error> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl Rewriter<'_> {
    fn enter(&mut self, query: &mut Query) -> Result<()> {
        with_clause::check(query, self.depth)?;
        if self.context.strict {
            rejected::check_query(query)?;
        }
        self.depth += 1;
        self.scope.enter(query);
        connect_by::rewrite(query, &mut self.scope)?;
        order_by::rewrite(query, &mut self.scope)?;
        query_form::rewrite_query(query)
    }

    /// What a SELECT must be before its parts are looked at.
    fn shape(&mut self, select: &mut Select) -> Result<()> {
        rejected::check_select(select, self.context.strict)?;
        ambiguous::check(select, &mut self.scope)?;
        having::check(select)?;
        sorted_aggregate::check(select)?;
        pivot::rewrite_from(&mut select.from, &mut self.scope)?;
        outer_join::rewrite(select, &mut self.scope)?;
        if self.context.pseudo_columns {
            select_list::hide_pseudo_columns(select, &mut self.scope)?;
        }
        select_list::rewrite(select, &mut self.scope)?;
        wildcard::separate(select, &mut self.scope)?;
        column_name::name_columns(select);
        if using::rewrite(select, &mut self.scope)? {
            column_name::name_columns(select);
        }
        cast_key::rewrite(select);
        row_in_subquery::rewrite_select(select)?;
        subquery_value::rewrite_select(select)
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        flow(self.enter(query))
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        self.scope.leave();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        flow(self.shape(select))
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        flow(lateral_alias::rewrite(select, &mut self.scope))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let RewriteContext { constants, database, strict, .. } = self.context;
        flow(super_path::rewrite_field_access(expr, &constants.super_options).and_then(|()| {
            rejected::check_expr(expr, strict)?;
            outer_join::check_expr(expr)?;
            row_in_subquery::check_expr(expr)?;
            query_form::rewrite_column(expr, database);
            constants.replace(expr);
            interval::rewrite(expr, constants.forbid_composite_intervals)?;
            row_comparison::rewrite(expr)?;
            pattern::rewrite(expr)?;
            function_call::rewrite_call(expr)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blueshift_sql::ast::Statement;

    fn rewritten(sql: &str) -> Result<String> {
        let statements = blueshift_sql::parse_script(sql).map_err(|e| Error::syntax(e.to_string()))?;
        let Some(Statement::Query(query)) = statements.first().map(|s| &s.statement) else {
            return Err(Error::internal("no query"));
        };
        let mut query = (**query).clone();
        let constants = Constants::for_tests();
        let context = RewriteContext {
            constants: &constants,
            database: "dev",
            relations: &scope::NoRelations,
            strict: true,
            pseudo_columns: false,
        };
        rewrite_query(&mut query, context)?;
        // Names that are resolved bear a mark.
        Ok(query.to_string().replace('`', ""))
    }

    #[test]
    fn columns_get_redshift_names() {
        assert_eq!(
            rewritten("select 1, a.b, count(*), x::int from a").unwrap(),
            "SELECT 1 AS \"?column?\", a.b, count(*) AS \"count\", x::INT AS \"x\" FROM a"
        );
    }

    #[test]
    fn date_parts_become_strings() {
        assert_eq!(
            rewritten("select dateadd(day, 1, d) as x, extract(year from d) as y from t").unwrap(),
            "SELECT dateadd('day', 1, d) AS x, extract('year', d) AS y FROM t"
        );
    }

    #[test]
    fn caret_is_power_and_top_is_limit() {
        assert_eq!(rewritten("select top 3 2 ^ 3 as x").unwrap(), "SELECT power(2, 3) AS x LIMIT 3");
        assert_eq!(rewritten("select 1 as a minus select 2 as a").unwrap(), "SELECT 1 AS a EXCEPT SELECT 2 AS a");
    }

    #[test]
    fn rejected_features_are_named() {
        for (sql, state) in [
            ("select distinct on (a) a from t", "0A000"),
            ("select count(*) filter (where a > 1) from t", "0A000"),
            ("select 1 from t where a > any (select b from u)", "42809"),
            ("select a, sum(b) as s from t group by a having s > 1", "42703"),
            ("select sum(b) over (order by a) from t", "42601"),
            ("select count(distinct b) over (partition by a) from t", "42P20"),
            ("select sum(b) over (order by a range unbounded preceding) from t", "0A000"),
            ("(select a from t limit 1) union select b from u", "2201W"),
        ] {
            assert_eq!(rewritten(sql).unwrap_err().state().0, state, "{sql}");
        }
    }

    #[test]
    fn quantified_comparisons_and_patterns() {
        assert_eq!(
            rewritten("select a from t where a = some (select b from u) and a <> all (select b from u)").unwrap(),
            "SELECT a FROM t WHERE a IN (SELECT b FROM u) AND a NOT IN (SELECT b FROM u)"
        );
        assert_eq!(
            rewritten("select a from t where a like 'x^_' escape '^' and a not similar to 'b'").unwrap(),
            "SELECT a FROM t WHERE a LIKE 'x\\_' AND NOT similar to(a, 'b')"
        );
        assert!(rewritten("select a, sum(b) as b from t group by a having sum(b) > 1").is_ok());
    }
}
