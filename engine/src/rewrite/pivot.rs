//! PIVOT and UNPIVOT (pages r_FROM_clause30, r_FROM_clause-pivot-unpivot-examples) as subqueries: one
//! conditional aggregate for each value, grouped by all columns that PIVOT does not name; one row for
//! each column, picked by a CASE.

use std::ops::ControlFlow;

use blueshift_sql::{
    ast::{
        Query, TableFactor, TableWithJoins,
        sql::{
            BinaryOperator, CaseWhen, DollarQuotedString, Expr, ExprWithAlias, Function, FunctionArg, FunctionArgExpr,
            FunctionArguments, GroupByExpr, NullInclusion, PivotValueSource, SelectItem, SetExpr, Value, ValueWithSpan,
            Visit, Visitor, helpers::attached_token::AttachedToken,
        },
    },
    limits::on_deep_stack,
};

use super::{
    column_name::default_name,
    scope::{Scope, Source},
    template,
};
use crate::error::{Error, Result, SqlState};

/// The aggregates that PIVOT takes.
const AGGREGATES: [&str; 5] = ["count", "sum", "min", "max", "avg"];

/// Names of ours inside the subqueries of UNPIVOT.
const NAMES: &str = "__unpivot_names";
const NUMBER: &str = "__unpivot_number";
const ROWS: &str = "__unpivot_rows";

/// Rewrites PIVOT and UNPIVOT of a FROM clause.
///
/// Errors: 0A000 for inputs that Redshift does not pivot, 42601 for other aggregates, 42703 for columns
/// that the input does not have.
pub fn rewrite_from(from: &mut [TableWithJoins], scope: &mut Scope<'_>) -> Result<()> {
    for table in from {
        rewrite_factor(&mut table.relation, scope)?;
        for join in &mut table.joins {
            rewrite_factor(&mut join.relation, scope)?;
        }
    }
    Ok(())
}

/// Rewrites one relation of a FROM clause.
pub fn rewrite_factor(factor: &mut TableFactor, scope: &mut Scope<'_>) -> Result<()> {
    match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => {
            rewrite_from(std::slice::from_mut(&mut **table_with_joins), scope)
        }
        TableFactor::Pivot { .. } => {
            *factor = pivot(factor, scope)?;
            Ok(())
        }
        TableFactor::Unpivot { .. } => {
            *factor = unpivot(factor, scope)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The input of a PIVOT or UNPIVOT with its columns.
fn input(table: &TableFactor, what: &str, scope: &mut Scope<'_>) -> Result<(TableWithJoins, Source, Vec<String>)> {
    if !matches!(table, TableFactor::Table { args: None, .. } | TableFactor::Derived { .. }) {
        return Err(Error::not_supported(format!("{what} of anything but a table, a view or a subquery")));
    }
    let table = TableWithJoins { relation: on_deep_stack(|| table.clone()), joins: vec![] };
    let source = scope.sources(std::slice::from_ref(&table))?.pop();
    match source {
        Some(source) => match source.columns.clone() {
            Some(columns) => Ok((table, source, columns)),
            None => match &table.relation {
                TableFactor::Table { name, .. } => {
                    let name: Vec<&str> =
                        name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.as_str()).collect();
                    Err(Error::undefined_table(name.join(".")))
                }
                _ => Err(Error::not_supported(format!("{what} of a subquery whose columns are not known"))),
            },
        },
        None => Err(Error::not_supported(format!("{what} of this relation"))),
    }
}

fn pivot(factor: &TableFactor, scope: &mut Scope<'_>) -> Result<TableFactor> {
    let TableFactor::Pivot { table, aggregate_functions, value_column, value_source, default_on_null, alias } = factor
    else {
        return Err(Error::internal("no PIVOT"));
    };
    let ([aggregate], [key], None) = (aggregate_functions.as_slice(), value_column.as_slice(), default_on_null) else {
        return Err(Error::not_supported("PIVOT with several aggregates or columns, or DEFAULT ON NULL"));
    };
    let PivotValueSource::List(values) = value_source else {
        return Err(Error::not_supported("PIVOT over values that are not listed"));
    };
    let (table, source, columns) = input(table, "PIVOT", scope)?;
    let Expr::Function(function) = &aggregate.expr else {
        return Err(Error::syntax("PIVOT takes a call of one aggregate function"));
    };
    let name = function.name.to_string().to_lowercase();
    if !AGGREGATES.contains(&name.as_str()) || function.over.is_some() {
        return Err(Error::not_supported(format!("PIVOT with {name}")));
    }
    let key_name = column_of(key, &columns)?;
    let mut used = used_columns(&aggregate.expr, &source);
    used.push(key_name);
    let implicit: Vec<&String> = columns.iter().filter(|column| !used.contains(column)).collect();

    let mut query = template::query("select 1 from (select 1) as x")?;
    let select = template::select_of(&mut query)?;
    select.from = vec![table];
    select.projection = implicit.iter().map(|column| SelectItem::UnnamedExpr(template::column(column))).collect();
    for value in values {
        if !matches!(value.expr, Expr::Value(_)) && !is_constant(&value.expr) {
            return Err(Error::not_supported("a PIVOT value that is no constant"));
        }
        let condition = match &value.expr {
            Expr::Value(ValueWithSpan { value: Value::Null, .. }) => Expr::IsNull(Box::new(key.clone())),
            constant => template::binary(key.clone(), BinaryOperator::Eq, constant.clone()),
        };
        let call = Expr::Function(conditional(function, &condition)?);
        select.projection.push(template::item(call, &pivot_name(value, aggregate)));
    }
    if !implicit.is_empty() {
        let keys = implicit.iter().map(|column| template::column(column)).collect();
        select.group_by = GroupByExpr::Expressions(keys, vec![]);
    }
    Ok(template::derived(query, alias.clone()))
}

fn is_constant(expr: &Expr) -> bool {
    struct Names;
    impl Visitor for Names {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_)
                | Expr::CompoundIdentifier(_)
                | Expr::Subquery(_)
                | Expr::Exists { .. }
                | Expr::InSubquery { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Names).is_continue()
}

/// The value's alias, or the constant itself; an alias of the aggregate is appended.
fn pivot_name(value: &ExprWithAlias, aggregate: &ExprWithAlias) -> String {
    let name = match (&value.alias, &value.expr) {
        (Some(alias), _) => alias.value.clone(),
        (None, Expr::Value(ValueWithSpan { value, .. })) => match value {
            Value::SingleQuotedString(text) | Value::DollarQuotedString(DollarQuotedString { value: text, .. }) => {
                text.clone()
            }
            Value::Null => "null".to_owned(),
            other => other.to_string(),
        },
        (None, expr) => default_name(expr),
    };
    match &aggregate.alias {
        Some(alias) => format!("{name}_{}", alias.value),
        None => name,
    }
}

/// `aggregate(CASE WHEN condition THEN argument END)`
fn conditional(function: &Function, condition: &Expr) -> Result<Function> {
    let mut function = function.clone();
    let FunctionArguments::List(list) = &mut function.args else {
        return Err(Error::syntax("PIVOT takes an aggregate with an argument"));
    };
    let [FunctionArg::Unnamed(argument)] = list.args.as_mut_slice() else {
        return Err(Error::syntax("PIVOT takes an aggregate with one argument"));
    };
    let value = match std::mem::replace(argument, FunctionArgExpr::Wildcard) {
        FunctionArgExpr::Expr(expr) => expr,
        _ => Expr::value(Value::Number("1".to_owned(), false)),
    };
    *argument = FunctionArgExpr::Expr(case(vec![(condition.clone(), value)]));
    Ok(function)
}

fn case(branches: Vec<(Expr, Expr)>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: branches.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: None,
    }
}

/// The column of the input that `expr` is.
fn column_of(expr: &Expr, columns: &[String]) -> Result<String> {
    let name = match expr {
        Expr::Identifier(ident) => &ident.value,
        Expr::CompoundIdentifier(parts) => match parts.last() {
            Some(ident) => &ident.value,
            None => return Err(Error::syntax("a column is expected")),
        },
        other => return Err(Error::syntax(format!("a column is expected, not {other}"))),
    };
    match columns.contains(name) {
        true => Ok(name.clone()),
        false => Err(Error::undefined_column(name)),
    }
}

/// Columns of the input that an expression names.
fn used_columns(expr: &Expr, source: &Source) -> Vec<String> {
    struct Collector<'s>(&'s Source, Vec<String>);
    impl Visitor for Collector<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) => self.1.push(ident.value.clone()),
                Expr::CompoundIdentifier(parts) => {
                    if let [.., qualifier, column] = parts.as_slice()
                        && self.0.name.as_deref() == Some(qualifier.value.as_str())
                    {
                        self.1.push(column.value.clone());
                    }
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut collector = Collector(source, vec![]);
    let _ = expr.visit(&mut collector);
    collector.1
}

fn unpivot(factor: &TableFactor, scope: &mut Scope<'_>) -> Result<TableFactor> {
    let TableFactor::Unpivot { table, value, name, columns: listed, null_inclusion, alias } = factor else {
        return Err(Error::internal("no UNPIVOT"));
    };
    let Expr::Identifier(value) = value else {
        return Err(Error::syntax("UNPIVOT takes the name of one value column"));
    };
    let (table, _, columns) = input(table, "UNPIVOT", scope)?;
    let mut picked = vec![];
    for column in listed {
        picked.push((column_of(&column.expr, &columns)?, column));
    }
    let implicit: Vec<&String> =
        columns.iter().filter(|column| !picked.iter().any(|(picked, _)| picked == *column)).collect();
    if [&value.value, &name.value].iter().any(|new| implicit.contains(new)) || value.value == name.value {
        return Err(Error::new(SqlState::DUPLICATE_COLUMN, "UNPIVOT names a column that its input has already"));
    }

    let mut query = template::query(&format!("select 1 from (select 1) as x cross join (select 1) as \"{NAMES}\""))?;
    let select = template::select_of(&mut query)?;
    select.projection = implicit.iter().map(|column| SelectItem::UnnamedExpr(template::column(column))).collect();
    select.projection.push(SelectItem::UnnamedExpr(template::qualified(NAMES, &name.value)));
    let branches = picked.iter().enumerate().map(|(number, (column, _))| {
        let is_it = template::binary(template::qualified(NAMES, NUMBER), BinaryOperator::Eq, literal(number));
        (is_it, template::column(column))
    });
    select.projection.push(template::item(case(branches.collect()), &value.value));
    let Some(from) = select.from.first_mut() else { return Err(Error::internal("the template has no FROM")) };
    from.relation = table.relation;
    let Some(join) = from.joins.first_mut() else { return Err(Error::internal("the template has no join")) };
    join.relation = template::derived(names(&picked, &name.value)?, Some(template::alias(NAMES, &[])));

    if matches!(null_inclusion, Some(NullInclusion::IncludeNulls)) {
        return Ok(template::derived(query, alias.clone()));
    }
    let mut outer = template::query("select * from (select 1) as x")?;
    let select = template::select_of(&mut outer)?;
    select.selection = Some(Expr::IsNotNull(Box::new(template::column(&value.value))));
    if let Some(from) = select.from.first_mut() {
        from.relation = template::derived(query, Some(template::alias(ROWS, &[])));
    }
    Ok(template::derived(outer, alias.clone()))
}

/// `SELECT 0 AS number, 'red' AS color UNION ALL …`
fn names(picked: &[(String, &ExprWithAlias)], name: &str) -> Result<Box<Query>> {
    let text: Vec<String> = picked.iter().map(|_| "select 1".to_owned()).collect();
    let mut query = template::query(&text.join(" union all "))?;
    let mut open = vec![&mut *query.body];
    let mut selects = vec![];
    while let Some(body) = open.pop() {
        match body {
            SetExpr::SetOperation { left, right, .. } => {
                open.push(right);
                open.push(left);
            }
            SetExpr::Select(select) => selects.push(select),
            _ => return Err(Error::internal("the template is no UNION of SELECTs")),
        }
    }
    for (number, (select, (column, listed))) in selects.into_iter().zip(picked).enumerate() {
        let shown = listed.alias.as_ref().map_or(column, |alias| &alias.value);
        select.projection = vec![
            template::item(literal(number), NUMBER),
            template::item(Expr::value(Value::SingleQuotedString(shown.clone())), name),
        ];
    }
    Ok(query)
}

fn literal(number: usize) -> Expr {
    Expr::value(Value::Number(number.to_string(), false))
}
