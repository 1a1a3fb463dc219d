//! Building syntax trees: the frame of a query is parsed from a text of ours, names and expressions of
//! the user's are then put into the tree, never into the text.

use blueshift_sql::{
    ParserOptions,
    ast::{
        Ident, Query, TableFactor,
        sql::{
            BinaryOperator, Expr, ObjectName, ObjectNamePart, Select, SelectItem, SetExpr, TableAlias,
            TableAliasColumnDef,
        },
    },
};

use crate::error::{Error, Result};

/// The query that `text` (ours, not the user's) spells.
pub fn query(text: &str) -> Result<Box<Query>> {
    let options = ParserOptions { case_sensitive_identifiers: true, ..ParserOptions::default() };
    blueshift_sql::parse_query(text, options).map_err(|error| Error::internal(error.message))
}

/// The SELECT that a query is.
pub fn select_of(query: &mut Query) -> Result<&mut Select> {
    match &mut *query.body {
        SetExpr::Select(select) => Ok(select),
        _ => Err(Error::internal("a template is no SELECT")),
    }
}

/// `(query) AS alias`
pub fn derived(subquery: Box<Query>, alias: Option<TableAlias>) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery, alias, sample: None }
}

/// `AS "name"`
pub fn alias(name: &str, columns: &[String]) -> TableAlias {
    let columns = columns.iter().map(|column| TableAliasColumnDef { name: quoted(column), data_type: None });
    TableAlias { explicit: true, name: quoted(name), columns: columns.collect(), at: None }
}

/// `"name"`
pub fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// `"name"` as a column.
pub fn column(name: &str) -> Expr {
    Expr::Identifier(quoted(name))
}

/// `"qualifier"."name"`
pub fn qualified(qualifier: &str, name: &str) -> Expr {
    Expr::CompoundIdentifier(vec![quoted(qualifier), quoted(name)])
}

/// `"name"` as the name of a relation.
pub fn relation_name(name: &str) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(quoted(name))])
}

/// `expr AS "name"`
pub fn item(expr: Expr, name: &str) -> SelectItem {
    SelectItem::ExprWithAlias { expr, alias: quoted(name) }
}

/// `left op right`, both in brackets where they are no plain terms.
pub fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(nested(left)), op, right: Box::new(nested(right)) }
}

/// All conditions at once; None when there is none.
pub fn all(conditions: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(|left, right| binary(left, BinaryOperator::And, right))
}

/// `(expr)`, unless it needs no brackets.
pub fn nested(expr: Expr) -> Expr {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Function(_) | Expr::Nested(_) => {
            expr
        }
        expr => Expr::Nested(Box::new(expr)),
    }
}

/// Splits a condition at its ANDs.
pub fn conjuncts(condition: Expr) -> Vec<Expr> {
    let mut terms = vec![];
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                open.push(*right);
                open.push(*left);
            }
            Expr::Nested(inner) if matches!(*inner, Expr::BinaryOp { op: BinaryOperator::And, .. }) => {
                open.push(*inner);
            }
            expr => terms.push(expr),
        }
    }
    terms
}
