//! Expressions as a plan shows them: operators in brackets, types after literals, and nothing of the
//! functions that the engine puts around columns for its own sake.

use datafusion::{
    common::ScalarValue,
    logical_expr::{BinaryExpr, Expr, Operator, expr::ScalarFunction},
};

use crate::{
    binder::is_pruning_bound,
    types::{RedshiftType, TYPE_METADATA_KEY, text::format_value},
};

/// What qualifies a column.
#[derive(Clone, Copy)]
pub struct Names<'n> {
    /// Gives a column its text.
    pub column: &'n dyn Fn(&datafusion::common::Column) -> String,
}

impl Names<'_> {
    /// The text of an expression.
    pub fn text(&self, expr: &Expr) -> String {
        match expr {
            Expr::Alias(alias) => self.text(&alias.expr),
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => (self.column)(column),
            Expr::Literal(value, _) => literal(value),
            Expr::BinaryExpr(binary) => self.binary(binary),
            Expr::Not(inner) => format!("(NOT {})", self.text(inner)),
            Expr::IsNull(inner) => format!("({} IS NULL)", self.text(inner)),
            Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", self.text(inner)),
            Expr::Negative(inner) => format!("(- {})", self.text(inner)),
            // A cast that the engine put in has no type's name.
            Expr::Cast(cast) => match RedshiftType::of_field(&cast.field) {
                Some(target) if cast.field.metadata().contains_key(TYPE_METADATA_KEY) => {
                    format!("({})::{target}", self.text(&cast.expr))
                }
                _ => self.text(&cast.expr),
            },
            Expr::Between(between) => {
                let value = self.text(&between.expr);
                let (low, high) = (self.text(&between.low), self.text(&between.high));
                match between.negated {
                    false => format!("(({value} >= {low}) AND ({value} <= {high}))"),
                    true => format!("(({value} < {low}) OR ({value} > {high}))"),
                }
            }
            Expr::InList(list) => {
                let values: Vec<String> = list.list.iter().map(|value| self.text(value)).collect();
                let value = self.text(&list.expr);
                match list.negated {
                    false => format!("(({value}) = ANY ({{{}}}))", values.join(",")),
                    true => format!("(({value}) <> ALL ({{{}}}))", values.join(",")),
                }
            }
            Expr::Like(like) => {
                let operator = match (like.negated, like.case_insensitive) {
                    (false, false) => "~~",
                    (true, false) => "!~~",
                    (false, true) => "~~*",
                    (true, true) => "!~~*",
                };
                format!("(({}) {operator} {})", self.text(&like.expr), self.text(&like.pattern))
            }
            Expr::Case(_) => "CASE".to_owned(),
            Expr::ScalarFunction(call) => self.call(call),
            Expr::AggregateFunction(call) => {
                let arguments: Vec<String> = call.params.args.iter().map(|argument| self.text(argument)).collect();
                let distinct = if call.params.distinct { "DISTINCT " } else { "" };
                let arguments = match arguments.as_slice() {
                    [] => "*".to_owned(),
                    arguments => arguments.join(", "),
                };
                format!("{}({distinct}{arguments})", call.func.name())
            }
            Expr::WindowFunction(call) => {
                let arguments: Vec<String> = call.params.args.iter().map(|argument| self.text(argument)).collect();
                format!("{}({})", call.fun.name(), arguments.join(", "))
            }
            other => other.schema_name().to_string(),
        }
    }

    /// Several, with commas.
    pub fn list<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> String {
        let texts: Vec<String> = exprs.into_iter().map(|expr| self.text(expr)).collect();
        texts.join(", ")
    }

    /// All conditions; those that only serve to skip files are left out.
    pub fn all<'e>(&self, conditions: impl IntoIterator<Item = &'e Expr>) -> Option<String> {
        let mut texts: Vec<String> = vec![];
        let mut open: Vec<&Expr> = conditions.into_iter().collect();
        open.reverse();
        while let Some(expr) = open.pop() {
            match expr {
                Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                    open.push(right);
                    open.push(left);
                }
                expr if is_pruning_bound(expr) => {}
                expr => texts.push(self.text(expr)),
            }
        }
        match texts.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("({})", several.join(" AND "))),
        }
    }

    fn binary(&self, binary: &BinaryExpr) -> String {
        let BinaryExpr { left, op, right } = binary;
        format!("({} {op} {})", self.text(left), self.text(right))
    }

    fn call(&self, call: &ScalarFunction) -> String {
        let name = call.func.name();
        let text = |at: usize| call.args.get(at).map(|argument| self.text(argument)).unwrap_or_default();
        if let Some(operator) = name.strip_prefix("operator ") {
            return match (operator, call.args.len()) {
                ("cast", _) => match call.args.get(1) {
                    Some(Expr::Literal(value, _)) => {
                        format!("({})::{}", text(0), value.try_as_str().flatten().unwrap_or("unknown"))
                    }
                    _ => text(0),
                },
                (operator, 2) => format!("({} {operator} {})", text(0), text(1)),
                (_, _) => text(0),
            };
        }
        format!("{name}({})", self.list(&call.args))
    }
}

fn literal(value: &ScalarValue) -> String {
    if value.is_null() {
        return "NULL".to_owned();
    }
    let mut shown = String::new();
    let formatted = value.to_array().map(|array| format_value(&array, 0, &mut shown));
    if !matches!(formatted, Ok(Ok(()))) {
        return value.to_string();
    }
    match RedshiftType::of_arrow(&value.data_type()) {
        Some(RedshiftType::SmallInt | RedshiftType::Integer | RedshiftType::BigInt) => shown,
        Some(RedshiftType::Boolean) => if shown == "t" { "true" } else { "false" }.to_owned(),
        Some(RedshiftType::Numeric(..)) => format!("{shown}::numeric"),
        Some(RedshiftType::Varchar(_)) => format!("'{shown}'::character varying"),
        Some(data_type) => format!("'{shown}'::{data_type}"),
        None => shown,
    }
}
