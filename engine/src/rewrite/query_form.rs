//! What Redshift writes otherwise than DataFusion: `TOP n`, `MINUS`, columns qualified with their
//! database.

use blueshift_sql::ast::{
    Query,
    sql::{Expr, LimitClause, SetExpr, SetOperator, SetQuantifier, TopQuantity, Value},
};

use crate::error::{Error, Result, SqlState};

/// `TOP n` → `LIMIT n`, `MINUS` → `EXCEPT`.
pub fn rewrite_query(query: &mut Query) -> Result<()> {
    rewrite_set(&mut query.body)?;
    let SetExpr::Select(select) = &mut *query.body else { return Ok(()) };
    let Some(top) = select.top.take() else { return Ok(()) };
    if top.percent || top.with_ties {
        return Err(Error::not_supported("TOP with PERCENT or WITH TIES"));
    }
    if query.limit_clause.is_some() {
        return Err(Error::new(SqlState("2201W"), "TOP and LIMIT cannot stand in the same query"));
    }
    let limit = match top.quantity {
        Some(TopQuantity::Constant(count)) => Expr::value(Value::Number(count.to_string(), false)),
        Some(TopQuantity::Expr(expr)) => expr,
        None => return Err(Error::syntax("TOP needs a number of rows")),
    };
    query.limit_clause = Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by: vec![] });
    Ok(())
}

fn rewrite_set(body: &mut SetExpr) -> Result<()> {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return Ok(()) };
    if *op == SetOperator::Minus {
        *op = SetOperator::Except;
    }
    if *op != SetOperator::Union && *set_quantifier == SetQuantifier::All {
        return Err(Error::new(SqlState("42P17"), format!("{op} ALL is not supported")));
    }
    for input in [left, right] {
        if let SetExpr::Query(query) = &**input
            && (query.limit_clause.is_some() || query.fetch.is_some())
        {
            return Err(Error::new(SqlState("2201W"), "LIMIT may not be used within input to set operations"));
        }
        rewrite_set(input)?;
    }
    Ok(())
}

/// `dev.schema.table.column` → `schema.table.column`.
pub fn rewrite_column(expr: &mut Expr, database: &str) {
    if let Expr::CompoundIdentifier(parts) = expr
        && parts.len() == 4
        && parts[0].value == database
    {
        parts.remove(0);
    }
}
