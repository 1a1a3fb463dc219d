//! Queries over the system catalog alone, which Redshift runs on its leader node, may use what is left of
//! PostgreSQL there: arrays, `regclass` and its like, GENERATE_SERIES, `OPERATOR(pg_catalog.~)`. All of it
//! becomes calls of `functions::catalog`. Queries that read a user's table never come here, and so these
//! things stay rejected in them.

use std::ops::ControlFlow;

use blueshift_sql::ast::{
    Ident, Query,
    sql::{
        AccessExpr, Array, BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
        FunctionArgumentClause, FunctionArguments, GroupByExpr, JsonPathElem, ObjectName, ObjectNamePart, OrderByKind,
        Select, SelectItem, SetExpr, Subscript, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
    },
};

use super::{catalog_subquery, column_name, expand_array, function_call::call};
use crate::functions::catalog::single_value;

/// What a query on the leader node reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaderQuery {
    /// System views.
    Catalog,
    /// Nothing.
    Nothing,
}

/// Rewrites a query on the leader node.
pub fn rewrite(query: &mut Query, reads: LeaderQuery) {
    if reads == LeaderQuery::Catalog {
        expand_array::rewrite(query);
    }
    let ControlFlow::Continue(()) = query.visit(&mut Rewriter { reads });
}

struct Rewriter {
    reads: LeaderQuery,
}

impl VisitorMut for Rewriter {
    type Break = std::convert::Infallible;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        // Names come from what was written; an element is called like its array.
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) = item
                && let Some(alias) = element_name(expr)
            {
                *item = SelectItem::ExprWithAlias { expr: take(expr), alias: Ident::with_quote('"', alias) };
            }
        }
        column_name::name_columns(select);
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
                && let Some((kind, object)) = object_cast(expr)
            {
                *expr = call("object name", vec![text(kind), object]);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
            unqualify(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        operator(expr);
        casts(expr);
        if let Expr::Function(function) = expr {
            unqualify(&mut function.name);
        }
        subscripts(expr, self.reads);
        record_functions(expr);
        if self.reads == LeaderQuery::Catalog {
            arrays(expr);
            subqueries(expr);
        }
        ControlFlow::Continue(())
    }
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::value(Value::Null))
}

/// `pg_catalog.f` → `f`.
fn unqualify(name: &mut ObjectName) {
    let system = |part: &ObjectNamePart| part.as_ident().is_some_and(|ident| ident.value == "pg_catalog");
    if name.0.len() == 2 && name.0.first().is_some_and(system) {
        name.0.remove(0);
    }
}

/// `OPERATOR(pg_catalog.~)` → `~`; `COLLATE` is dropped, there is one order of text.
fn operator(expr: &mut Expr) {
    if let Expr::Collate { expr: inner, .. } = expr {
        *expr = take(inner);
        return operator(expr);
    }
    let Expr::BinaryOp { left, op: BinaryOperator::PGCustomBinaryOperator(name), right } = expr else { return };
    let op = match name.last().map(String::as_str) {
        Some("~") => BinaryOperator::PGRegexMatch,
        Some("!~") => BinaryOperator::PGRegexNotMatch,
        Some("~*") => BinaryOperator::PGRegexIMatch,
        Some("!~*") => BinaryOperator::PGRegexNotIMatch,
        Some("=") => BinaryOperator::Eq,
        Some("<>" | "!=") => BinaryOperator::NotEq,
        Some("<") => BinaryOperator::Lt,
        Some(">") => BinaryOperator::Gt,
        Some("<=") => BinaryOperator::LtEq,
        Some(">=") => BinaryOperator::GtEq,
        Some("+") => BinaryOperator::Plus,
        Some("||") => BinaryOperator::StringConcat,
        Some(like @ ("~~" | "!~~")) => {
            let negated = like == "!~~";
            let (value, pattern) = (Box::new(take(left)), Box::new(take(right)));
            *expr = Expr::Like { negated, any: false, expr: value, pattern, escape_char: None };
            return;
        }
        _ => return,
    };
    let (left, right) = (Box::new(take(left)), Box::new(take(right)));
    *expr = Expr::BinaryOp { left, op, right };
}

/// The name of a type in lower case, without `pg_catalog`.
fn type_name(data_type: &DataType) -> String {
    let name = data_type.to_string().to_lowercase();
    name.strip_prefix("pg_catalog.").unwrap_or(&name).to_owned()
}

/// What kind of object a type names, if it is `regclass` or one of its like.
fn object_kind(data_type: &DataType) -> Option<&'static str> {
    let name = type_name(data_type);
    ["regclass", "regtype", "regproc", "regprocedure", "regnamespace", "regrole"].into_iter().find(|kind| *kind == name)
}

/// The kind and the operand of a cast to `regclass` and its like.
fn object_cast(expr: &Expr) -> Option<(&'static str, Expr)> {
    match expr {
        Expr::Nested(inner) => object_cast(inner),
        Expr::Cast { expr: inner, data_type, .. } => Some((object_kind(data_type)?, (**inner).clone())),
        _ => None,
    }
}

/// Casts: objects by name or number, and types that only the catalog has.
fn casts(expr: &mut Expr) {
    match expr {
        Expr::Cast { expr: inner, data_type, .. } => {
            if let Some((kind, object)) = object_cast(inner) {
                let name = type_name(data_type);
                let number = call("object number", vec![text(kind), object.clone()]);
                match name.as_str() {
                    "oid" => *expr = number,
                    "int" | "integer" | "int4" | "int8" | "bigint" => **inner = number,
                    _ => **inner = call("object name", vec![text(kind), object]),
                }
                return catalog_type(expr);
            }
            if let Some(kind) = object_kind(data_type) {
                let object = take(inner);
                let by_name = matches!(&object, Expr::Value(value) if value.value.clone().into_string().is_some());
                *expr = call(if by_name { "object number" } else { "object name" }, vec![text(kind), object]);
                return;
            }
            catalog_type(expr);
        }
        Expr::BinaryOp { left, right, .. } => {
            // Columns with names of functions.
            if is_function_name(left)
                && let Some(name) = function_literal(right)
            {
                **right = text(&name);
            }
            for side in [left, right] {
                if let Some((kind, object)) = object_cast(side) {
                    **side = call("object number", vec![text(kind), object]);
                }
            }
        }
        Expr::InList { expr: value, list, .. } => {
            for side in std::iter::once(&mut **value).chain(list) {
                if let Some((kind, object)) = object_cast(side) {
                    *side = call("object number", vec![text(kind), object]);
                }
            }
        }
        _ => {}
    }
}

/// Whether an expression is a column that holds names of functions.
fn is_function_name(expr: &Expr) -> bool {
    let name = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(names) => match names.last() {
            Some(name) => name,
            None => return false,
        },
        _ => return false,
    };
    matches!(
        name.value.to_lowercase().as_str(),
        "typinput"
            | "typoutput"
            | "typreceive"
            | "typsend"
            | "typanalyze"
            | "aggfnoid"
            | "amproc"
            | "oprcode"
            | "conproc"
    )
}

/// The name in `'pg_catalog.name'::regproc`.
fn function_literal(expr: &Expr) -> Option<String> {
    let (kind, object) = object_cast(expr)?;
    let Expr::Value(value) = object else { return None };
    let name = value.value.into_string()?;
    matches!(kind, "regproc" | "regprocedure")
        .then(|| name.rsplit('.').next().unwrap_or(&name).trim_matches('"').to_owned())
}

/// Casts to types of the catalog: arrays stay as they are, the others have a type like them.
fn catalog_type(expr: &mut Expr) {
    let Expr::Cast { expr: inner, data_type, .. } = expr else { return };
    let name = type_name(data_type);
    if name.ends_with("[]") || matches!(name.as_str(), "int2vector" | "oidvector") {
        *expr = match array_literal(inner) {
            Some(array) => array,
            None => take(inner),
        };
        return;
    }
    let plain = match name.as_str() {
        "\"char\"" => {
            DataType::Varchar(Some(blueshift_sql::ast::sql::CharacterLength::IntegerLength { length: 1, unit: None }))
        }
        "text" | "cstring" => DataType::Text,
        "xid" => DataType::BigInt(None),
        _ => {
            // pg_catalog.name → name
            if let DataType::Custom(custom, _) = data_type {
                unqualify(custom);
                *data_type = bare_type(custom).unwrap_or_else(|| data_type.clone());
            }
            return;
        }
    };
    *data_type = plain;
}

/// Types that are no custom types once their schema is gone.
fn bare_type(name: &ObjectName) -> Option<DataType> {
    Some(match name.to_string().to_lowercase().as_str() {
        "char" => {
            DataType::Varchar(Some(blueshift_sql::ast::sql::CharacterLength::IntegerLength { length: 1, unit: None }))
        }
        "int4" | "integer" | "int" => DataType::Integer(None),
        "int8" | "bigint" => DataType::BigInt(None),
        "int2" | "smallint" => DataType::SmallInt(None),
        "bool" | "boolean" => DataType::Boolean,
        "varchar" => DataType::Varchar(None),
        "timestamp" => DataType::Timestamp(None, blueshift_sql::ast::sql::TimezoneInfo::None),
        "date" => DataType::Date,
        "float8" => DataType::Float8,
        "numeric" => DataType::Numeric(blueshift_sql::ast::sql::ExactNumberInfo::None),
        _ => return None,
    })
}

/// `'{a,b}'` as a constructor.
fn array_literal(expr: &Expr) -> Option<Expr> {
    let Expr::Value(value) = expr else { return None };
    let literal = value.value.clone().into_string()?;
    let inside = literal.trim().strip_prefix('{')?.strip_suffix('}')?;
    let elements =
        inside.split(',').map(|element| element.trim().trim_matches('"')).filter(|element| !element.is_empty());
    Some(call("array of", elements.map(text).collect()))
}

/// `a[1]`
fn subscripts(expr: &mut Expr, reads: LeaderQuery) {
    let (mut base, indices) = match expr {
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut names = match &**root {
                Expr::Identifier(name) => vec![name.clone()],
                Expr::CompoundIdentifier(names) => names.clone(),
                _ => vec![],
            };
            let mut indices = vec![];
            for access in access_chain.iter() {
                match access {
                    AccessExpr::Dot(Expr::Identifier(name)) if indices.is_empty() && !names.is_empty() => {
                        names.push(name.clone());
                    }
                    AccessExpr::Subscript(Subscript::Index { index }) => indices.push(index.clone()),
                    _ => return,
                }
            }
            let base = match names.len() {
                0 => (**root).clone(),
                1 => Expr::Identifier(names.remove(0)),
                _ => Expr::CompoundIdentifier(names),
            };
            (base, indices)
        }
        Expr::JsonAccess { value, path } => {
            let mut indices = vec![];
            for element in &path.path {
                match element {
                    JsonPathElem::Bracket { key } => indices.push(key.clone()),
                    _ => return,
                }
            }
            ((**value).clone(), indices)
        }
        _ => return,
    };
    if reads == LeaderQuery::Nothing && !is_array_function(&base) {
        return;
    }
    for index in indices {
        base = call("array subscript", vec![base, index]);
    }
    *expr = base;
}

/// The name of a subscript's array.
fn element_name(expr: &Expr) -> Option<String> {
    let name = match expr {
        Expr::CompoundFieldAccess { root, access_chain } => match access_chain.first()? {
            AccessExpr::Dot(Expr::Identifier(name)) => name.value.clone(),
            _ => column_name::default_name(root),
        },
        Expr::JsonAccess { value, .. } => column_name::default_name(value),
        _ => return None,
    };
    (name != "?column?").then_some(name)
}

fn is_array_function(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_array_function(inner),
        Expr::Function(function) => function.name.to_string().trim_start_matches("pg_catalog.") == "current_schemas",
        _ => false,
    }
}

/// Functions that give records: one text for each.
fn record_functions(expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    let name = function.name.to_string().to_lowercase();
    if matches!(name.as_str(), "pg_get_cols" | "pg_get_late_binding_view_cols") {
        let columns = call("view columns", arguments(function));
        *expr = call("unnest", vec![columns]);
    }
}

fn arguments(function: &mut Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return vec![] };
    let arguments = list.args.iter_mut().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(take(expr)),
        _ => None,
    });
    arguments.collect()
}

/// Constructors, `= ANY (array)`, series, `ARRAY(SELECT …)`.
fn arrays(expr: &mut Expr) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } if is_array(right) => {
            *expr = call("array concat", vec![take(left), take(right)]);
        }
        Expr::Array(Array { elem, .. }) => *expr = call("array of", std::mem::take(elem)),
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } if !is_subquery(right) => {
            let array = array_literal(right).unwrap_or_else(|| take(right));
            *expr = call("array any", vec![take(left), array]);
        }
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } if !is_subquery(right) => {
            let array = array_literal(right).unwrap_or_else(|| take(right));
            let any = call("array any", vec![take(left), array]);
            *expr = Expr::UnaryOp { op: blueshift_sql::ast::sql::UnaryOperator::Not, expr: Box::new(any) };
        }
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            if let FunctionArguments::Subquery(query) = &mut function.args
                && name == "array"
                && let Some((prefix, array)) = prefixed_elements(query)
            {
                *expr = call("array prefixed", vec![prefix, array]);
            } else if let FunctionArguments::Subquery(query) = &mut function.args
                && name == "array"
                && aggregate_rows(query)
            {
                let query = query.clone();
                *expr = call("array or empty", vec![Expr::Subquery(query)]);
            } else if name == "generate_series" {
                let series = call("array series", arguments(function));
                *expr = call("unnest", vec![series]);
            }
        }
        _ => {}
    }
}

/// `ARRAY[…]` or `ARRAY(SELECT …)`.
fn is_array(expr: &Expr) -> bool {
    match expr {
        Expr::Array(_) => true,
        Expr::Function(function) => {
            function.name.to_string().eq_ignore_ascii_case("array")
                && matches!(function.args, FunctionArguments::Subquery(_))
        }
        _ => false,
    }
}

/// The prefix and the array of `SELECT 'prefix' || x FROM unnest(array) x`.
fn prefixed_elements(query: &Query) -> Option<(Expr, Expr)> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let ([SelectItem::UnnamedExpr(Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right })], [from]) =
        (select.projection.as_slice(), select.from.as_slice())
    else {
        return None;
    };
    let TableFactor::Table { name, alias: Some(alias), args: Some(arguments), .. } = &from.relation else {
        return None;
    };
    let named = name.to_string().to_lowercase();
    let element = matches!(&**right, Expr::Identifier(name) if name.value == alias.name.value);
    let plain = from.joins.is_empty() && select.selection.is_none() && query.order_by.is_none();
    let constant = matches!(&**left, Expr::Value(_));
    if !matches!(named.as_str(), "unnest" | "pg_catalog.unnest") || !element || !plain || !constant {
        return None;
    }
    match arguments.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(array))] => Some(((**left).clone(), array.clone())),
        _ => None,
    }
}

fn is_subquery(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_subquery(inner),
        Expr::Subquery(_) => true,
        _ => false,
    }
}

/// The one expression of a query's select list, when it is a plain SELECT.
fn single_item(query: &mut Query) -> Option<(&mut Expr, &mut Option<blueshift_sql::ast::sql::OrderBy>)> {
    let SetExpr::Select(select) = &mut *query.body else { return None };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    if grouped || select.distinct.is_some() || select.top.is_some() || query.limit_clause.is_some() {
        return None;
    }
    let [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }] = select.projection.as_mut_slice()
    else {
        return None;
    };
    Some((expr, &mut query.order_by))
}

/// The rows of a query as one array, in its order. False when the query is of another form.
fn aggregate_rows(query: &mut Query) -> bool {
    let Some((expr, order_by)) = single_item(query) else { return false };
    let Expr::Function(mut function) = call("array agg", vec![take(expr)]) else { return false };
    if let Some(order) = order_by.take()
        && let OrderByKind::Expressions(keys) = order.kind
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.clauses.push(FunctionArgumentClause::OrderBy(keys));
    }
    *expr = Expr::Function(function);
    true
}

/// A subquery used as a value becomes an aggregate, so that it may be correlated.
fn subqueries(expr: &mut Expr) {
    let Expr::Subquery(query) = expr else { return };
    let Some((item, order_by)) = single_item(query) else { return };
    if Visit::visit(&*item, &mut AggregateFinder).is_break() {
        return;
    }
    let value = take(item);
    *item = call(single_value::NAME, vec![value]);
    // The order of one row.
    *order_by = None;
    catalog_subquery::simplify(expr);
}

struct AggregateFinder;

impl Visitor for AggregateFinder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = function.name.to_string().to_lowercase();
        let aggregate =
            ["count", "max", "min", "sum", "avg", "listagg", "bool_or", "bool_and", "array agg", single_value::NAME];
        if aggregate.contains(&name.as_str()) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The parts of a relation's name.
pub fn name_parts(name: &ObjectName) -> Option<Vec<&Ident>> {
    name.0.iter().map(ObjectNamePart::as_ident).collect()
}
