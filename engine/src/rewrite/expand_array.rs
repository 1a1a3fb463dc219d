//! `information_schema._pg_expandarray(a)`: a row for each element of an array, with the fields `x`, the
//! element, and `n`, its place. PostgreSQL's JDBC driver reads the columns of keys with it, as
//! `(_pg_expandarray(a)).n`, and as `_pg_expandarray(a) AS keys` with `(q.keys).x` around it. Both become
//! UNNEST. Where the whole record is used the function stays, and is unknown.

use std::{collections::HashSet, convert::Infallible, ops::ControlFlow};

use blueshift_sql::ast::{
    Query,
    sql::{
        AccessExpr, BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Select,
        SelectItem, Value, Visit, VisitMut, Visitor, VisitorMut,
    },
};

use super::function_call::call;

/// Rewrites the calls of a query.
pub fn rewrite(query: &mut Query) {
    let mut finder = Finder::default();
    let ControlFlow::Continue(()) = Visit::visit(&*query, &mut finder);
    if !finder.found {
        return;
    }
    let records = if finder.wildcard { HashSet::new() } else { &finder.elements - &finder.others };
    let ControlFlow::Continue(()) = VisitMut::visit(query, &mut Rewriter { records });
}

/// What is known before anything is changed.
#[derive(Default)]
struct Finder {
    /// There is a call.
    found: bool,
    /// Columns of which the field `x` is taken.
    elements: HashSet<String>,
    /// Columns that are used otherwise.
    others: HashSet<String>,
    /// All columns of something are selected.
    wildcard: bool,
    /// How often the next use of a column is the one inside of a field access.
    inside: usize,
}

impl Visitor for Finder {
    type Break = Infallible;

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Infallible> {
        self.wildcard |= select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Infallible> {
        if let Some((root, field)) = field_access(expr) {
            if let (Some(name), "x") = (column(root), field.as_str()) {
                self.elements.insert(name);
                self.inside += 1;
            }
        } else if let Expr::Identifier(_) | Expr::CompoundIdentifier(_) = expr
            && let Some(name) = column(expr)
        {
            if self.inside > 0 {
                self.inside -= 1;
            } else {
                self.others.insert(name);
            }
        }
        self.found |= matches!(expr, Expr::Function(function) if is_call(function));
        ControlFlow::Continue(())
    }
}

struct Rewriter {
    /// Columns that stand for records of which only the element is used.
    records: HashSet<String>,
}

impl VisitorMut for Rewriter {
    type Break = Infallible;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Infallible> {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && self.records.contains(&alias.value.to_lowercase())
                && let Expr::Function(function) = expr
                && let Some(array) = argument(function)
            {
                *expr = call("unnest", vec![array]);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Infallible> {
        let Some((root, field)) = field_access(expr) else { return ControlFlow::Continue(()) };
        let replaced = match (root, field.as_str()) {
            (Expr::Function(function), "x") => argument(function).map(|array| call("unnest", vec![array])),
            (Expr::Function(function), "n") => argument(function).map(|array| call("unnest", vec![places(array)])),
            (root, "x") if column(root).is_some_and(|name| self.records.contains(&name)) => Some(root.clone()),
            _ => None,
        };
        if let Some(replaced) = replaced {
            *expr = replaced;
        }
        ControlFlow::Continue(())
    }
}

/// What stands before `.field`, and the field.
fn field_access(expr: &Expr) -> Option<(&Expr, String)> {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return None };
    let [AccessExpr::Dot(Expr::Identifier(field))] = access_chain.as_slice() else { return None };
    let mut root = &**root;
    while let Expr::Nested(inner) = root {
        root = inner;
    }
    Some((root, field.value.to_lowercase()))
}

/// The name of a column, without its relation's.
fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.to_lowercase()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.to_lowercase()),
        _ => None,
    }
}

fn is_call(function: &Function) -> bool {
    let name = function.name.to_string().to_lowercase();
    name.strip_prefix("information_schema.").unwrap_or(&name) == "_pg_expandarray"
}

/// The argument of a call.
fn argument(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(array))] if is_call(function) => Some(array.clone()),
        _ => None,
    }
}

/// The places of an array's elements, from 1.
fn places(array: Expr) -> Expr {
    let number = |digits: &str| Expr::value(Value::Number(digits.to_owned(), false));
    let binary = |left: Expr, op: BinaryOperator, right: Expr| Expr::BinaryOp {
        left: Box::new(left),
        op,
        right: Box::new(right),
    };
    let end = |name: &str| call(name, vec![array.clone(), number("1")]);
    let count = binary(
        binary(end("array_upper"), BinaryOperator::Minus, end("array_lower")),
        BinaryOperator::Plus,
        number("1"),
    );
    call("array series", vec![number("1"), count])
}
