//! `date(x)`, `int4(x)`, `text(x)`: the name of a type as a function is a cast to it, as in PostgreSQL
//! ("Type Casts" of its manual), for the types whose names are ordinary words of the grammar.

use blueshift_sql::ast::sql::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, TimezoneInfo, Value,
};

/// The cast that a call stands for.
pub fn cast_of(function: &mut Function) -> Option<Expr> {
    let data_type = type_named(&function.name.to_string().to_lowercase())?;
    let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
    match &mut function.args {
        FunctionArguments::List(list) if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
            match list.args.as_mut_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] => {
                    let value = std::mem::replace(value, Expr::value(Value::Null));
                    let kind = CastKind::Cast;
                    Some(Expr::Cast { kind, expr: Box::new(value), data_type, array: false, format: None })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn type_named(name: &str) -> Option<DataType> {
    Some(match name.strip_prefix("pg_catalog.").unwrap_or(name) {
        "bool" => DataType::Boolean,
        "date" => DataType::Date,
        "float4" => DataType::Real,
        "float8" => DataType::DoublePrecision,
        "int2" => DataType::SmallInt(None),
        "int4" => DataType::Integer(None),
        "int8" => DataType::BigInt(None),
        "text" => DataType::Text,
        "timestamptz" => DataType::Timestamp(None, TimezoneInfo::Tz),
        _ => return None,
    })
}
