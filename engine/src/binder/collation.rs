//! Text that is compared without regard to case: columns with COLLATE CASE_INSENSITIVE and `collate(x,
//! 'case_insensitive')` (pages r_CREATE_TABLE_NEW, r_COLLATE).
//!
//! What is compared, grouped, joined or sorted goes by keys: the text in small letters (`fold_case`). Which text that is
//! is told by the metadata of fields, which travel through plans. What is made of such text — `upper(x)`, `x || 'y'` —
//! may have any collation as far as the guide says, so it is marked, and refused wherever case could matter; as are
//! functions that look for text in text. So nothing is answered as if case counted.

use std::collections::BTreeMap;

use datafusion::{
    arrow::datatypes::DataType,
    common::{
        DFSchema, ExprSchema, Result as DataFusionResult, ScalarValue,
        metadata::FieldMetadata,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{BinaryExpr, Distinct, Expr, ExprSchemable, LogicalPlan, Operator, expr::Alias},
};

use crate::{
    error::Error,
    functions::{
        operator::{CAST, fold_case, is_fold_case, is_trim_blanks, trim_blanks},
        string::collate::COLLATE,
    },
    storage::metadata::{CASE_INSENSITIVE, COLLATION_KEY},
    types::cast::is_text,
};

/// The mark of what is made of text that ignores case.
const DERIVED: &str = "derived";
/// The marks of what LOWER and UPPER made of it.
const LOWER: &str = "lower";
const UPPER: &str = "upper";

const DERIVED_COMPARED: &str = "comparing what is made of case-insensitive text";

/// Functions that give text, or tell its length, without looking for text in it.
const CASELESS: [&str; 20] = [
    "char_length",
    "character_length",
    "coalesce",
    "collate",
    "concat",
    "initcap",
    "left",
    "len",
    "length",
    "lower",
    "nvl",
    "nvl2",
    "octet_length",
    "repeat",
    "reverse",
    "right",
    "substr",
    "substring",
    "textlen",
    "upper",
];

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collation {
    /// Case counts.
    Sensitive,
    /// Case counts, because COLLATE says so.
    Explicit,
    /// Case does not count.
    Insensitive,
    /// Made of text whose case does not count.
    Derived,
    /// The same, all in small letters: compared with such text it does not matter whether case counts.
    Lower,
    /// The same, all in capital letters.
    Upper,
}

impl Collation {
    /// Whether text is of this case already.
    fn is_kept_by(self, text: &str) -> bool {
        match self {
            Collation::Lower => text == text.to_lowercase(),
            Collation::Upper => text == text.to_uppercase(),
            _ => true,
        }
    }
}

/// How an expression is compared.
pub fn of(expr: &Expr, schema: &DFSchema) -> Collation {
    match expr {
        Expr::Alias(alias) => match marked(alias.metadata.as_ref().and_then(|m| m.inner().get(COLLATION_KEY))) {
            Collation::Sensitive => of(&alias.expr, schema),
            marked => marked,
        },
        Expr::Column(column) => match schema.field_from_column(column) {
            Ok(field) => marked(field.metadata().get(COLLATION_KEY)),
            Err(_) => Collation::Sensitive,
        },
        Expr::OuterReferenceColumn(field, _) => marked(field.metadata().get(COLLATION_KEY)),
        Expr::ScalarSubquery(subquery) => of_first_column(&subquery.subquery),
        Expr::ScalarFunction(call) if call.func.name() == COLLATE.documentation.name => match call.args.as_slice() {
            [_, Expr::Literal(collation, _)] => {
                match collation.try_as_str().flatten().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "case_insensitive" | "ci" => Collation::Insensitive,
                    _ => Collation::Explicit,
                }
            }
            _ => Collation::Explicit,
        },
        Expr::ScalarFunction(call) if is_trim_blanks(expr) => {
            call.args.first().map_or(Collation::Sensitive, |text| of(text, schema))
        }
        Expr::ScalarFunction(call) if is_made_of(expr, schema) => match call.func.name() {
            LOWER => Collation::Lower,
            UPPER => Collation::Upper,
            _ => Collation::Derived,
        },
        other if is_made_of(other, schema) => Collation::Derived,
        _ => Collation::Sensitive,
    }
}

/// How the only column of a query is compared.
pub fn of_first_column(plan: &LogicalPlan) -> Collation {
    plan.schema().fields().first().map_or(Collation::Sensitive, |field| marked(field.metadata().get(COLLATION_KEY)))
}

fn marked(mark: Option<&String>) -> Collation {
    match mark.map(String::as_str) {
        Some(CASE_INSENSITIVE) => Collation::Insensitive,
        Some(DERIVED) => Collation::Derived,
        Some(LOWER) => Collation::Lower,
        Some(UPPER) => Collation::Upper,
        _ => Collation::Sensitive,
    }
}

/// Whether text that ignores case goes into a text; what is compared in it, as in a CASE, does not.
fn is_made_of(expr: &Expr, schema: &DFSchema) -> bool {
    // Types are asked for only where there is such text at all: that takes its time in deep expressions.
    let names_some = |part: &Expr| Ok(is_source(part) && ignores(of(part, schema)));
    if !expr.exists(names_some).unwrap_or(true) {
        return false;
    }
    if !expr.get_type(schema).is_ok_and(|data_type| is_text(&data_type)) {
        return false;
    }
    let mut found = false;
    let _ = expr.apply(|part| {
        if is_source(part) {
            found |= ignores(of(part, schema));
            return Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Jump });
        }
        let is_condition = part.get_type(schema).is_ok_and(|data_type| data_type == DataType::Boolean);
        Ok(if is_condition || is_fold_case(part) { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
    });
    found
}

fn ignores(collation: Collation) -> bool {
    !matches!(collation, Collation::Sensitive | Collation::Explicit)
}

/// Whether an expression says by itself how it is compared.
fn is_source(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::OuterReferenceColumn(..) | Expr::ScalarSubquery(_) => true,
        Expr::ScalarFunction(call) => call.func.name() == COLLATE.documentation.name,
        _ => false,
    }
}

/// Whether texts are compared without regard to case.
///
/// Errors: 0A000 where that is not known.
pub fn ignores_case(collations: impl IntoIterator<Item = Collation>) -> DataFusionResult<bool> {
    let (mut insensitive, mut explicit, mut case) = (false, false, None);
    for (index, collation) in collations.into_iter().enumerate() {
        let case_before = if index == 0 { *case.get_or_insert(collation) } else { case.unwrap_or(collation) };
        let differs = case_before != collation;
        match collation {
            Collation::Lower | Collation::Upper if differs => return Err(refused(DERIVED_COMPARED)),
            _ if differs && matches!(case_before, Collation::Lower | Collation::Upper) => {
                return Err(refused(DERIVED_COMPARED));
            }
            Collation::Sensitive | Collation::Lower | Collation::Upper => {}
            Collation::Explicit => explicit = true,
            Collation::Insensitive => insensitive = true,
            Collation::Derived => return Err(refused(DERIVED_COMPARED)),
        }
    }
    match insensitive && explicit {
        true => Err(refused("comparing case-insensitive with case-sensitive text")),
        false => Ok(insensitive),
    }
}

/// The same for expressions; none is compared so unless all are text.
pub fn compared<'e>(operands: impl IntoIterator<Item = &'e Expr>, schema: &DFSchema) -> DataFusionResult<bool> {
    let (mut collations, mut literals) = (vec![], vec![]);
    for operand in operands {
        if !operand.get_type(schema).is_ok_and(|data_type| is_text(&data_type) || data_type == DataType::Null) {
            return Ok(false);
        }
        match literal(operand) {
            Some(value) => literals.extend(value.try_as_str().flatten()),
            None => collations.push(of(operand, schema)),
        }
    }
    if collations.iter().any(|collation| literals.iter().any(|text| !collation.is_kept_by(text))) {
        return Err(refused(DERIVED_COMPARED));
    }
    ignores_case(collations)
}

fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value),
        Expr::Alias(alias) => literal(&alias.expr),
        Expr::Cast(cast) => literal(&cast.expr),
        _ => None,
    }
}

/// What a text is compared by when case does not count.
pub fn folded(expr: Expr) -> Expr {
    match &expr {
        Expr::ScalarFunction(call) if is_trim_blanks(&expr) && call.args.first().is_some_and(is_fold_case) => expr,
        _ => trim_blanks(fold_case(expr)),
    }
}

/// The expression, to be looked at as it is written.
pub fn as_written(expr: Expr, schema: &DFSchema) -> Expr {
    match of(&expr, schema) {
        Collation::Sensitive | Collation::Explicit => expr,
        _ => COLLATE.to_udf().call(vec![expr, datafusion::logical_expr::lit("case_sensitive")]),
    }
}

/// Refuses an expression that looks into text that ignores case.
pub fn check_expr(expr: &Expr, schema: &DFSchema) -> DataFusionResult<()> {
    let is_plain = |arg: &Expr| matches!(of(arg, schema), Collation::Sensitive | Collation::Explicit);
    match expr {
        Expr::ScalarFunction(call) => {
            let name = call.func.name();
            let known = CASELESS.contains(&name) || name.starts_with("operator ") || name == CAST;
            if known || call.args.iter().all(is_plain) { Ok(()) } else { Err(refused_call(name)) }
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(
                op,
                Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch
            ) && !(is_plain(left) && is_plain(right)) =>
        {
            Err(refused("a regular expression over case-insensitive text"))
        }
        Expr::AggregateFunction(call) => {
            let counts = matches!(call.func.name(), "count" | "grouping");
            if counts || call.params.args.iter().all(is_plain) { Ok(()) } else { Err(refused_call(call.func.name())) }
        }
        Expr::WindowFunction(call) => {
            let name = call.fun.name();
            if name == "count" || call.params.args.iter().all(is_plain) { Ok(()) } else { Err(refused_call(name)) }
        }
        _ => Ok(()),
    }
}

/// Refuses a step of a plan that would need to know how derived text is compared.
pub fn check_plan(plan: &LogicalPlan) -> DataFusionResult<()> {
    let is_derived = |expr: &Expr, schema: &DFSchema| of(&expr.clone().unalias(), schema) == Collation::Derived;
    let has_mark = |plan: &LogicalPlan| plan.schema().fields().iter().any(|f| f.metadata().contains_key(COLLATION_KEY));
    let derived = match plan {
        LogicalPlan::Sort(sort) => sort.expr.iter().any(|key| is_derived(&key.expr, sort.input.schema())),
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().any(|key| is_derived(key, aggregate.input.schema()))
        }
        LogicalPlan::Distinct(Distinct::All(input)) => {
            input.schema().columns().into_iter().any(|column| is_derived(&Expr::Column(column), input.schema()))
        }
        LogicalPlan::Join(join) => join
            .on
            .iter()
            .any(|(left, right)| is_derived(left, join.left.schema()) || is_derived(right, join.right.schema())),
        LogicalPlan::Union(_) | LogicalPlan::RecursiveQuery(_) => {
            return match plan.inputs().into_iter().any(has_mark) {
                true => Err(refused("UNION or recursion over case-insensitive text")),
                false => Ok(()),
            };
        }
        _ => false,
    };
    if derived { Err(refused("sorting, grouping or joining by what is made of case-insensitive text")) } else { Ok(()) }
}

/// Marks a column of a select list that is no column of its input, but text that ignores case.
pub fn declare(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    let mark = match of(&expr, schema) {
        Collation::Insensitive => CASE_INSENSITIVE,
        Collation::Derived => DERIVED,
        Collation::Lower => LOWER,
        Collation::Upper => UPPER,
        Collation::Sensitive | Collation::Explicit => return Transformed::no(expr),
    };
    let is_marked = |alias: &Alias| alias.metadata.as_ref().is_some_and(|m| m.inner().contains_key(COLLATION_KEY));
    match expr {
        Expr::Column(_) => Transformed::no(expr),
        Expr::Alias(alias) if is_marked(&alias) || matches!(*alias.expr, Expr::Column(_)) => {
            Transformed::no(Expr::Alias(alias))
        }
        Expr::Alias(alias) => {
            let mut metadata = alias.metadata.clone().unwrap_or_default();
            metadata.extend(marking(mark));
            Transformed::yes(Expr::Alias(Alias { metadata: Some(metadata), ..alias }))
        }
        other => {
            let name = other.schema_name().to_string();
            Transformed::yes(other.alias_with_metadata(name, Some(marking(mark))))
        }
    }
}

/// Refuses to store text that ignores case in new columns: whether they would, too, is not documented.
pub fn check_storable(plan: &LogicalPlan) -> crate::error::Result<()> {
    if plan.schema().fields().iter().any(|field| field.metadata().contains_key(COLLATION_KEY)) {
        let what = "a new table or materialized view with case-insensitive text of another";
        return Err(Error::not_supported(what).with_hint("Use collate(…, 'case_sensitive')."));
    }
    Ok(())
}

fn marking(mark: &str) -> FieldMetadata {
    FieldMetadata::new(BTreeMap::from([(COLLATION_KEY.to_owned(), mark.to_owned())]))
}

fn refused(what: &str) -> datafusion::error::DataFusionError {
    Error::not_supported(what).with_hint("Use collate(…, 'case_sensitive') where case is to count.").into()
}

fn refused_call(name: &str) -> datafusion::error::DataFusionError {
    refused(&format!("{} of case-insensitive text", name.to_uppercase()))
}
