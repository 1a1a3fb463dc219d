//! `(a, b) IN (SELECT x, y …)`: DataFusion knows subqueries of one column only.
//!
//! As a condition it selects the rows for which the subquery has an equal row, so it becomes
//! `EXISTS (SELECT 1 FROM (SELECT x, y …) AS s (s1, s2) WHERE s1 = a AND s2 = b)`. `NOT IN` selects the
//! rows for which every comparison is false, so no row may be equal or have a NULL where it could be:
//! `NOT EXISTS (… WHERE (s1 = a OR s1 IS NULL OR a IS NULL) AND …)`.

use blueshift_sql::{
    ast::{
        Ident, Query,
        sql::{BinaryOperator, Expr, JoinConstraint, JoinOperator, Select, TableFactor, UnaryOperator},
    },
    limits::on_deep_stack,
};

use super::template;
use crate::error::{Error, Result};

/// Names of the subquery's columns; no name of a user's begins so.
const COLUMN_PREFIX: &str = "__row_in_";
/// Name of the subquery.
pub const ROWS_RELATION: &str = "__row_in_rows";

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

/// Refuses what no condition and no value of a select list was.
pub fn check_expr(expr: &Expr) -> Result<()> {
    match expr {
        Expr::InSubquery { expr, .. } if matches!(**expr, Expr::Tuple(_)) => {
            Err(Error::not_supported("IN with several columns in this place"))
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
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            let mut inner = &mut **expr;
            while let Expr::Nested(nested) = inner {
                inner = &mut **nested;
            }
            if let Expr::InSubquery { expr: values, subquery, negated } = inner
                && matches!(**values, Expr::Tuple(_))
            {
                let values = tuple(values);
                *condition = if *negated { is_in(values, subquery)? } else { is_not_in(values, subquery)? };
            }
            Ok(())
        }
        Expr::InSubquery { expr, subquery, negated } if matches!(**expr, Expr::Tuple(_)) => {
            let values = tuple(expr);
            *condition = if *negated { is_not_in(values, subquery)? } else { is_in(values, subquery)? };
            Ok(())
        }
        _ => Ok(()),
    }
}

fn tuple(expr: &mut Expr) -> Vec<Expr> {
    match expr {
        Expr::Tuple(values) => std::mem::take(values),
        _ => vec![],
    }
}

fn is_in(values: Vec<Expr>, subquery: &mut Box<Query>) -> Result<Expr> {
    exists(values, subquery, false, |column, value| template::binary(column, BinaryOperator::Eq, value))
}

fn is_not_in(values: Vec<Expr>, subquery: &mut Box<Query>) -> Result<Expr> {
    exists(values, subquery, true, may_be_equal)
}

/// `column = value`, or NULL on either side.
fn may_be_equal(column: Expr, value: Expr) -> Expr {
    let equal = template::binary(column.clone(), BinaryOperator::Eq, value.clone());
    let nulls = template::binary(
        Expr::IsNull(Box::new(column)),
        BinaryOperator::Or,
        Expr::IsNull(Box::new(template::nested(value))),
    );
    template::binary(equal, BinaryOperator::Or, nulls)
}

fn exists(
    values: Vec<Expr>,
    subquery: &mut Box<Query>,
    negated: bool,
    compare: impl Fn(Expr, Expr) -> Expr,
) -> Result<Expr> {
    let rows = on_deep_stack(|| subquery.clone());
    let subquery = filtered(rows, values.len(), |columns| {
        template::all(columns.into_iter().zip(values).map(|(column, value)| compare(column, value)))
    })?;
    Ok(Expr::Exists { subquery, negated })
}

/// `SELECT 1 FROM (subquery) AS rows (…) WHERE condition`, the condition made of its columns.
pub fn filtered(
    subquery: Box<Query>,
    width: usize,
    condition: impl FnOnce(Vec<Expr>) -> Option<Expr>,
) -> Result<Box<Query>> {
    let names: Vec<String> = (1..=width).map(|number| format!("{COLUMN_PREFIX}{number}")).collect();
    let mut query = template::query(&format!("select 1 from (select 1) as {ROWS_RELATION} ({})", names.join(", ")))?;
    let select = template::select_of(&mut query)?;
    let Some(TableFactor::Derived { subquery: rows, .. }) = select.from.first_mut().map(|from| &mut from.relation)
    else {
        return Err(Error::internal("the template has no subquery"));
    };
    *rows = subquery;
    select.selection = condition(names.into_iter().map(|name| Expr::Identifier(Ident::new(name))).collect());
    Ok(query)
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
        let error = runtime.block_on(session.run("select * from t where (a, b) in (select a from s)")).unwrap_err();
        assert!(error.error.state().0.starts_with("42"), "{error}");
    }
}
