//! Names of result columns: every unaliased expression of a select list gets the name that
//! Redshift gives it, so that clients and outer queries see it.
//!
//! Two columns may bear one name in Redshift, but not in DataFusion: the later one gets an
//! invisible mark, which [`visible`] takes off again where results leave the engine.

use std::collections::HashSet;

use blueshift_sql::ast::{
    Ident,
    sql::{
        AccessExpr, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, JsonPath,
        JsonPathElem, Select, SelectItem, TrimWhereField, Value,
    },
};

/// Separates a name from the mark that tells it from another column's. No identifier can hold it.
const MARK: char = '\u{1}';

/// Gives every unaliased expression of `select` its Redshift name, and doubles of names a mark.
pub fn name_columns(select: &mut Select) {
    let mut seen: HashSet<String> = HashSet::new();
    for item in &mut select.projection {
        let placeholder = SelectItem::UnnamedExpr(Expr::value(Value::Null));
        match std::mem::replace(item, placeholder) {
            SelectItem::UnnamedExpr(expr) => {
                let name = default_name(&expr);
                let is_column = |expr: &Expr| is_column(expr) && !is_word(expr);
                // A plain column keeps its qualifier, unless its name is taken already.
                *item = if is_column(&expr) && seen.insert(name.clone()) {
                    SelectItem::UnnamedExpr(expr)
                } else {
                    let alias = if is_column(&expr) { marked(&name, &mut seen) } else { unique(name, &mut seen) };
                    SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', alias) }
                };
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let value = unique(alias.value.clone(), &mut seen);
                *item = SelectItem::ExprWithAlias { expr, alias: Ident { value, ..alias } };
            }
            other => *item = other,
        }
    }
}

/// The name as users see it.
pub fn visible(name: &str) -> &str {
    name.split(MARK).next().unwrap_or(name)
}

/// A name that is seen as `name` and told by a number from others that are.
pub fn marked_with(name: &str, number: usize) -> String {
    format!("{name}{MARK}{number}")
}

fn unique(name: String, seen: &mut HashSet<String>) -> String {
    if seen.insert(name.clone()) { name } else { marked(&name, seen) }
}

fn marked(name: &str, seen: &mut HashSet<String>) -> String {
    let marked = marked_with(name, seen.len());
    seen.insert(marked.clone());
    marked
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

/// Whether an identifier is a word that stands for a value of the session.
fn is_word(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(ident) if ident.quote_style.is_none()
        && (ident.value == "current_user_id" || word_name(&ident.value) != ident.value))
}

/// The name of a column made of `expr`.
pub fn default_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(ident) => word_name(&ident.value),
        Expr::JsonAccess { value, path } => path_name(value, path),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let attribute = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident.value.clone()),
                _ => None,
            });
            attribute.unwrap_or_else(|| default_name(root))
        }
        Expr::CompoundIdentifier(parts) => parts.last().map_or_else(String::new, |ident| ident.value.clone()),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => default_name(inner),
        Expr::Function(function) => function_name(function),
        Expr::Cast { expr, data_type, .. } => match default_name(expr) {
            name if name == "?column?" || is_weakly_named(expr) => type_name(&data_type.to_string().to_lowercase()),
            name => name,
        },
        Expr::TypedString(typed) => type_name(&typed.data_type.to_string().to_lowercase()),
        Expr::Case { else_result, .. } => match else_result.as_deref() {
            // PostgreSQL 8 names a CASE after its ELSE column.
            Some(expr) if is_column(expr) => default_name(expr),
            _ => "case".to_owned(),
        },
        Expr::Extract { .. } => "date_part".to_owned(),
        Expr::Substring { shorthand: true, .. } => "substr".to_owned(),
        Expr::Substring { .. } => "substring".to_owned(),
        Expr::Trim { trim_where: Some(TrimWhereField::Leading), .. } => "ltrim".to_owned(),
        Expr::Trim { trim_where: Some(TrimWhereField::Trailing), .. } => "rtrim".to_owned(),
        Expr::Trim { .. } => "btrim".to_owned(),
        Expr::Position { .. } => "position".to_owned(),
        Expr::Ceil { .. } => "ceil".to_owned(),
        Expr::Floor { .. } => "floor".to_owned(),
        Expr::AtTimeZone { .. } => "timezone".to_owned(),
        Expr::Convert { data_type: Some(data_type), .. } => type_name(&data_type.to_string().to_lowercase()),
        Expr::Exists { negated: false, .. } => "exists".to_owned(),
        Expr::Interval(interval) => match &interval.leading_field {
            None => "interval".to_owned(),
            Some(DateTimeField::Year | DateTimeField::Years | DateTimeField::Month | DateTimeField::Months) => {
                "intervaly2m".to_owned()
            }
            Some(_) => "intervald2s".to_owned(),
        },
        // APPROXIMATE
        Expr::Prefixed { value, .. } => default_name(value),
        _ => "?column?".to_owned(),
    }
}

/// Whether a cast's own name goes before that of what it casts: a cast, a typed literal, a CASE.
fn is_weakly_named(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_weakly_named(inner),
        Expr::Cast { expr, .. } => default_name(expr) == "?column?" || is_weakly_named(expr),
        Expr::TypedString(_) | Expr::Convert { .. } | Expr::Interval(_) => true,
        Expr::Case { else_result, .. } => !else_result.as_deref().is_some_and(is_column),
        _ => false,
    }
}

/// A path is named after its last attribute, or after the value that it starts from.
fn path_name(value: &Expr, path: &JsonPath) -> String {
    let attribute = path.path.iter().rev().find_map(|element| match element {
        // It may have kept its case (enable_case_sensitive_super_attribute); the column's name has none then.
        JsonPathElem::Dot { key, quoted: false } => Some(key.to_ascii_lowercase()),
        JsonPathElem::Dot { key, quoted: true } => Some(key.clone()),
        JsonPathElem::Bracket { key: Expr::Value(key) } => match &key.value {
            Value::SingleQuotedString(key) => Some(key.clone()),
            _ => None,
        },
        _ => None,
    });
    attribute.unwrap_or_else(|| default_name(value))
}

/// Words that are functions without parentheses.
fn word_name(word: &str) -> String {
    match word {
        "sysdate" => "timestamp".to_owned(),
        "current_date" => "date".to_owned(),
        "current_time" => "timetz".to_owned(),
        "current_timestamp" => "timestamptz".to_owned(),
        "localtime" => "time".to_owned(),
        "localtimestamp" => "timestamp".to_owned(),
        "user" => "current_user".to_owned(),
        _ => word.to_owned(),
    }
}

fn function_name(function: &Function) -> String {
    let name = function.name.0.last().map(|part| part.to_string().to_lowercase()).unwrap_or_default();
    match name.as_str() {
        "dateadd" => "date_add".to_owned(),
        "date_part" => "pgdate_part".to_owned(),
        "datediff" => "date_diff".to_owned(),
        "getdate" | "sysdate" => "timestamp".to_owned(),
        "nvl" => "coalesce".to_owned(),
        "log" => "dlog10".to_owned(),
        "decode" => "case".to_owned(),
        // Named after its first argument, as the documentation's examples print it.
        "nullif" => first_argument(function).map_or(name, default_name),
        _ if matches!(function.args, FunctionArguments::None) => word_name(&name),
        _ => name,
    }
}

/// The first argument of a call, when it is a column.
fn first_argument(function: &Function) -> Option<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) if is_column(first) => Some(first),
        _ => None,
    }
}

/// A cast of a literal is named after PostgreSQL's own name of the type.
fn type_name(written: &str) -> String {
    let bare = written.split('(').next().unwrap_or(written).trim();
    match bare {
        "int" | "integer" | "int4" => "int4",
        "bigint" | "int8" => "int8",
        "smallint" | "int2" => "int2",
        "decimal" | "numeric" | "dec" => "numeric",
        "real" | "float4" => "float4",
        "double precision" | "float" | "float8" | "double" => "float8",
        "boolean" | "bool" => "bool",
        "character varying" | "varchar" | "nvarchar" | "text" => "varchar",
        "character" | "char" | "nchar" => "bpchar",
        "timestamp" | "timestamp without time zone" => "timestamp",
        "timestamptz" | "timestamp with time zone" => "timestamptz",
        "time" | "time without time zone" => "time",
        "timetz" | "time with time zone" => "timetz",
        other => other,
    }
    .to_owned()
}
