//! `(a, b) IN (SELECT x, y …)`: DataFusion knows subqueries of one column only.
//!
//! As a condition it selects the rows for which the subquery has an equal row, so it becomes
//! `EXISTS (SELECT 1 FROM (SELECT x, y …) AS s (s1, s2) WHERE s1 = a AND s2 = b)`. The two differ
//! where NULL differs from false: under NOT and as a value. Those uses are refused.

use blueshift_sql::{
    ParserOptions,
    ast::{
        Ident, Query,
        sql::{BinaryOperator, Expr, JoinConstraint, JoinOperator, Select, SetExpr, TableFactor},
    },
    parse_query,
};

use crate::error::{Error, Result};

/// Names of the subquery's columns; no name of a user's begins so.
const COLUMN_PREFIX: &str = "__row_in_";

/// Rewrites the conditions of a SELECT: WHERE, HAVING and ON.
pub fn rewrite_select(select: &mut Select) -> Result<()> {
    for condition in select.selection.iter_mut().chain(select.having.iter_mut()) {
        rewrite_condition(condition)?;
    }
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        if let JoinOperator::Join(JoinConstraint::On(condition)) | JoinOperator::Inner(JoinConstraint::On(condition)) =
            &mut join.join_operator
        {
            rewrite_condition(condition)?;
        }
    }
    Ok(())
}

/// Refuses what no condition of a SELECT was.
pub fn check_expr(expr: &Expr) -> Result<()> {
    match expr {
        Expr::InSubquery { expr, negated, .. } if matches!(**expr, Expr::Tuple(_)) => {
            Err(Error::not_supported(if *negated {
                "NOT IN with several columns"
            } else {
                "IN with several columns outside of a condition"
            }))
        }
        _ => Ok(()),
    }
}

/// Goes down to where false and NULL are no longer the same.
fn rewrite_condition(condition: &mut Expr) -> Result<()> {
    match condition {
        Expr::Nested(inner) => rewrite_condition(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            rewrite_condition(left)?;
            rewrite_condition(right)
        }
        Expr::InSubquery { expr, subquery, negated: false } => {
            let Expr::Tuple(values) = &mut **expr else { return Ok(()) };
            *condition = exists(std::mem::take(values), subquery)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn exists(values: Vec<Expr>, subquery: &mut Box<Query>) -> Result<Expr> {
    let names: Vec<String> = (1..=values.len()).map(|number| format!("{COLUMN_PREFIX}{number}")).collect();
    let template = format!("select 1 from (select 1) as {COLUMN_PREFIX}rows ({})", names.join(", "));
    let mut query =
        parse_query(&template, ParserOptions::default()).map_err(|error| Error::internal(&error.message))?;
    let SetExpr::Select(select) = &mut *query.body else { return Err(Error::internal("the template is no SELECT")) };
    let Some(TableFactor::Derived { subquery: rows, .. }) = select.from.first_mut().map(|from| &mut from.relation)
    else {
        return Err(Error::internal("the template has no subquery"));
    };
    std::mem::swap(rows, subquery);
    select.selection = names
        .into_iter()
        .zip(values)
        .map(|(name, value)| Expr::BinaryOp {
            left: Box::new(Expr::Identifier(Ident::new(name))),
            op: BinaryOperator::Eq,
            right: Box::new(Expr::Nested(Box::new(value))),
        })
        .reduce(|left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) });
    Ok(Expr::Exists { subquery: query, negated: false })
}

#[cfg(test)]
mod tests {
    use crate::{Config, Engine};

    #[test]
    fn rows_are_found_in_subqueries() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let mut session = Engine::open(Config::new(folder.path())).unwrap().session();
        let script = "create table t (a integer, b integer);
            insert into t values (1, 1), (1, 2), (2, 1), (null, 1);
            create table s (a integer, b integer);
            insert into s values (1, 2), (2, 1), (2, 1), (null, 1);
            select * from t where (a, b) in (select a, b from s);
            select * from t where (a, b) in (select distinct a, b from s as q where b = 2) and a > 0;
            select * from t where (b, a) in (select a, b from s) or a is null;
            select * from t join s on (t.a, t.b) in (select 1, 1);
            delete from t where (a, b) in (select distinct a, b from s as source)";
        let results = runtime.block_on(session.run(script)).unwrap();
        let rows: Vec<usize> = results[4..8].iter().map(|result| result.row_count()).collect();
        assert_eq!(rows, [2, 1, 3, 4]);
        assert_eq!(results[8].tag(), "DELETE 2");
        for refused in [
            "select * from t where (a, b) not in (select a, b from s)",
            "select * from t where not (a, b) in (select a, b from s)",
            "select (a, b) in (select a, b from s) as found from t",
        ] {
            let error = runtime.block_on(session.run(refused)).unwrap_err();
            assert_eq!(error.error.state().0, "0A000", "{refused}: {error}");
        }
        let error = runtime.block_on(session.run("select * from t where (a, b) in (select a from s)")).unwrap_err();
        assert!(error.error.state().0.starts_with("42"), "{error}");
    }
}
