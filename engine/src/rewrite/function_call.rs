//! Special syntax as ordinary calls: `EXTRACT`, `POSITION`, `SUBSTRING … FROM`, `TRIM`,
//! `CONVERT(type, value)`, `AT TIME ZONE`, `^`, and date parts written as bare words.

use blueshift_sql::ast::{
    Ident,
    sql::{
        BinaryOperator, CastKind, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
        FunctionArgumentList, FunctionArguments, ObjectName, ObjectNamePart, OrderByExpr, TimezoneInfo, TrimWhereField,
        UnaryOperator, Value, ValueWithSpan,
    },
};

use datafusion::arrow::compute::SortOptions;

use super::{type_call, window};
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        aggregate::listagg::order_specification,
        datetime::{literal, part::DatePart},
        operator::{BITWISE_NOT, CAST, NEGATION},
    },
    types::RedshiftType,
};

/// Functions whose first argument is a date part.
const DATE_PART_FIRST: [&str; 8] =
    ["dateadd", "date_add", "datediff", "date_diff", "date_part", "datepart", "date_trunc", "pgdate_part"];

/// Rewrites `expr` when it is special syntax.
pub fn rewrite_call(expr: &mut Expr) -> Result<()> {
    if let Expr::Function(function) = expr {
        if let Some(cast) = type_call::cast_of(function) {
            *expr = cast;
            return Ok(());
        }
        casts_as_calls(function)?;
        keys_as_arguments(function)?;
        grouping_id(function);
        window::complete_frame(function);
        return quote_date_part(function);
    }
    let replacement = match &mut *expr {
        Expr::Extract { field, expr: value, .. } => {
            let part = field.to_string().trim_matches(['\'', '"']).to_lowercase();
            match zone_part(&part, value) {
                Some(offset) => number(&offset.to_string()),
                None => call("extract", vec![text(&part), take(value)]),
            }
        }
        Expr::Position { expr: needle, r#in: haystack } => call("strpos", vec![take(haystack), take(needle)]),
        Expr::Substring { expr: value, substring_from, substring_for, .. } => {
            let from = substring_from.as_mut().map_or_else(|| number("1"), take);
            let mut arguments = vec![take(value), from];
            arguments.extend(substring_for.as_mut().map(take));
            call("substring", arguments)
        }
        Expr::Trim { expr: value, trim_where, trim_what, trim_characters } => {
            let name = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                Some(TrimWhereField::Both) | None => "btrim",
            };
            let mut arguments = vec![take(value)];
            arguments.extend(trim_what.as_mut().map(take));
            arguments.extend(trim_characters.take().into_iter().flatten());
            call(name, arguments)
        }
        Expr::Convert { data_type: Some(data_type), expr: value, charset: None, .. } => Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(take(value)),
            data_type: data_type.clone(),
            array: false,
            format: None,
        },
        // APPROXIMATE only allows an answer to be less exact.
        Expr::Prefixed { prefix, value } if prefix.value.eq_ignore_ascii_case("approximate") => {
            check_approximate(value)?;
            *expr = take(value);
            return rewrite_call(expr);
        }
        Expr::AtTimeZone { timestamp, time_zone } => call("timezone", vec![take(time_zone), take(timestamp)]),
        Expr::BinaryOp { left, op: BinaryOperator::BitwiseXor | BinaryOperator::PGExp, right } => {
            call("power", vec![take(left), take(right)])
        }
        // Scientific notation is a DOUBLE PRECISION.
        Expr::Value(value) if is_scientific(value) => Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(text(&value.value.to_string())),
            data_type: DataType::DoublePrecision,
            array: false,
            format: None,
        },
        Expr::UnaryOp { op, expr: value } => {
            let function = match op {
                // The sign of anything but a number waits until types are known (see `super_path`), and a number with its
                // sign is a literal.
                UnaryOperator::Minus if matches!(&**value, Expr::Value(value) if is_scientific(value)) => NEGATION,
                UnaryOperator::BitwiseNot => BITWISE_NOT,
                UnaryOperator::PGSquareRoot => "sqrt",
                UnaryOperator::PGCubeRoot => "cbrt",
                UnaryOperator::PGAbs => "abs",
                _ => return Ok(()),
            };
            call(function, vec![take(value)])
        }
        _ => return Ok(()),
    };
    *expr = replacement;
    Ok(())
}

/// Errors: 42P20 for APPROXIMATE before anything but COUNT(DISTINCT …) and PERCENTILE_DISC (page r_COUNT).
fn check_approximate(value: &Expr) -> Result<()> {
    let Expr::Function(function) = value else { return Ok(()) };
    let distinct = matches!(&function.args, FunctionArguments::List(list)
        if list.duplicate_treatment == Some(DuplicateTreatment::Distinct));
    match function.name.to_string().to_lowercase().as_str() {
        "count" if distinct => Ok(()),
        "percentile_disc" => Ok(()),
        _ => Err(Error::new(
            SqlState("42P20"),
            "APPROXIMATE can only be used with COUNT(DISTINCT …) and PERCENTILE_DISC",
        )),
    }
}

/// The part of a TIMETZ literal that its zone tells (page r_EXTRACT_function): a literal is not turned into UTC first.
fn zone_part(part: &str, value: &Expr) -> Option<i64> {
    let part = DatePart::parse(part).ok().filter(|part| part.needs_zone())?;
    let (data_type, literal) = match value {
        Expr::TypedString(typed) => (&typed.data_type, &typed.value.value),
        Expr::Cast { expr, data_type, .. } => match &**expr {
            Expr::Value(value) => (data_type, &value.value),
            _ => return None,
        },
        _ => return None,
    };
    let is_timetz = match data_type {
        DataType::Time(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => true,
        other => other.to_string().eq_ignore_ascii_case("timetz"),
    };
    match literal {
        Value::SingleQuotedString(text) if is_timetz => Some(part.extract(0, literal::timetz_offset(text)?)),
        _ => None,
    }
}

/// `GROUPING_ID(a, b)` is the GROUPING of several columns: a bit for each, the first the highest.
fn grouping_id(function: &mut Function) {
    if function.name.to_string().eq_ignore_ascii_case("grouping_id") {
        function.name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new("grouping"))]);
    }
}

/// `dateadd(day, …)` → `dateadd('day', …)`.
fn quote_date_part(function: &mut Function) -> Result<()> {
    let name = function.name.to_string().to_lowercase();
    if !DATE_PART_FIRST.contains(&name.as_str()) {
        return Ok(());
    }
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut() else { return Ok(()) };
    match first {
        Expr::Identifier(part) => {
            let part = part.value.to_lowercase();
            *first = text(&part);
            Ok(())
        }
        Expr::Value(_) => Ok(()),
        other => Err(Error::syntax(format!("{name} takes a date part as its first argument, not {other}"))),
    }
}

/// Aggregates whose arguments are told apart by name, among them all that take numbers.
const AGGREGATES: [&str; 16] = [
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "max",
    "median",
    "min",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "variance",
];

/// `avg(x::float)` as a call of the cast function: DataFusion would give it the name of `avg(x)`, and refuse two
/// columns of one name.
fn casts_as_calls(function: &mut Function) -> Result<()> {
    let name = function.name.to_string().to_lowercase();
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    if !AGGREGATES.contains(&name.as_str()) {
        return Ok(());
    }
    for argument in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument
            && let Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } = argument
        {
            let target = RedshiftType::in_expression(data_type)?.to_string();
            *argument = call(CAST, vec![take(expr), text(&target), text("explicit")]);
        }
    }
    Ok(())
}

/// `WITHIN GROUP (ORDER BY …)` of LISTAGG and the percentiles: the keys become arguments, because
/// DataFusion has no place for the clause over windows.
fn keys_as_arguments(function: &mut Function) -> Result<()> {
    let keys = std::mem::take(&mut function.within_group);
    if keys.is_empty() {
        return Ok(());
    }
    let name = function.name.to_string().to_lowercase();
    let FunctionArguments::List(list) = &mut function.args else {
        return Err(Error::syntax(format!("{name} has no arguments")));
    };
    let mut push = |expr: Expr| list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)));
    match name.as_str() {
        "listagg" => {
            let sort_options = |key: &OrderByExpr| {
                let descending = key.options.asc == Some(false);
                SortOptions { descending, nulls_first: key.options.nulls_first.unwrap_or(descending) }
            };
            let specification = order_specification(keys.iter().map(sort_options));
            if list.args.len() == 1 {
                list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(""))));
            }
            list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(text(&specification))));
            list.args.extend(keys.into_iter().map(|key| FunctionArg::Unnamed(FunctionArgExpr::Expr(key.expr))));
        }
        "percentile_cont" | "percentile_disc" => {
            let [key] = keys.as_slice() else {
                return Err(Error::syntax(format!("{name} takes one expression in its ORDER BY")));
            };
            push(key.expr.clone());
            if key.options.asc == Some(false) {
                push(text("desc"));
            }
        }
        _ => return Err(Error::not_supported(format!("WITHIN GROUP with {name}"))),
    }
    Ok(())
}

fn is_scientific(value: &ValueWithSpan) -> bool {
    matches!(&value.value, Value::Number(digits, _) if digits.contains(['e', 'E']))
}

fn take(expr: &mut Box<Expr>) -> Expr {
    std::mem::replace(&mut **expr, Expr::value(Value::Null))
}

fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

fn number(value: &str) -> Expr {
    Expr::value(Value::Number(value.to_owned(), false))
}

/// `name(arguments)`.
pub fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}
