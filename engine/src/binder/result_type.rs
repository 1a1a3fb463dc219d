//! The type of what is chosen from several expressions: branches of CASE, inputs of UNION (page
//! r_numeric_computations201), and the declared lengths of columns of text.
//!
//! DataFusion's fields carry a declared type in their metadata. Where an expression's field has none — literals, CASE —
//! a select list notes it at the alias.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{
        Column, DFSchema, JoinType, NullEquality, Result as DataFusionResult, metadata::FieldMetadata,
        tree_node::Transformed,
    },
    logical_expr::{Case, Distinct, Expr, ExprSchemable, Join, LogicalPlan, Projection, Union, expr::Alias},
};

use crate::{
    error::{Error, SqlState},
    functions::{conditional::common::unify, length::length_of, operator::cast_expr, type_name},
    types::{
        RedshiftType, TYPE_METADATA_KEY,
        cast::{CastMode, is_text},
    },
};

/// Notes the declared type of a column of a select list, where its field does not tell it.
pub fn declare(expr: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let Expr::Alias(alias) = expr else { return Ok(Transformed::no(expr)) };
    let noted = alias.metadata.as_ref().is_some_and(|metadata| metadata.inner().contains_key(TYPE_METADATA_KEY));
    if noted || !matches!(*alias.expr, Expr::Literal(..) | Expr::Case(_) | Expr::Alias(_)) {
        return Ok(Transformed::no(Expr::Alias(alias)));
    }
    match declared(&alias.expr, schema)? {
        Some(declared @ (RedshiftType::Varchar(Some(_)) | RedshiftType::Char(_))) => {
            let mut metadata = alias.metadata.clone().unwrap_or_default();
            metadata.extend(declared_as(&declared));
            Ok(Transformed::yes(Expr::Alias(Alias { metadata: Some(metadata), ..alias })))
        }
        _ => Ok(Transformed::no(Expr::Alias(alias))),
    }
}

fn declared_as(declared: &RedshiftType) -> FieldMetadata {
    FieldMetadata::new([(TYPE_METADATA_KEY.to_owned(), declared.to_string())].into())
}

/// The declared type of an expression.
fn declared(expr: &Expr, schema: &DFSchema) -> DataFusionResult<Option<RedshiftType>> {
    match expr {
        Expr::Alias(alias) => declared(&alias.expr, schema),
        Expr::Literal(value, _) if is_text(&value.data_type()) => {
            Ok(length_of(None, Some(value)).map(|length| RedshiftType::Varchar(Some(length.clamp(1, 65_535)))))
        }
        Expr::Case(case) => {
            let mut common = Shared::default();
            for branch in branches(case) {
                common.add(declared(branch, schema)?, matches!(branch, Expr::Literal(value, _) if value.is_null()));
            }
            Ok(common.declared())
        }
        other => Ok(RedshiftType::of_field(&other.to_field(schema)?.1)),
    }
}

fn branches(case: &Case) -> impl Iterator<Item = &Expr> {
    case.when_then_expr.iter().map(|(_, then)| &**then).chain(case.else_expr.as_deref())
}

/// The declared type of what comes from several sources of text: the longest; CHAR only if all are.
#[derive(Default)]
struct Shared {
    longest: u32,
    seen: bool,
    varchar: bool,
    unknown: bool,
}

impl Shared {
    fn add(&mut self, declared: Option<RedshiftType>, is_null: bool) {
        if is_null {
            return;
        }
        self.seen = true;
        self.varchar |= !matches!(declared, Some(RedshiftType::Char(_)));
        match declared {
            Some(RedshiftType::Char(length) | RedshiftType::Varchar(Some(length))) => {
                self.longest = self.longest.max(length);
            }
            _ => self.unknown = true,
        }
    }

    fn declared(&self) -> Option<RedshiftType> {
        match (self.seen && !self.unknown, self.varchar) {
            (true, true) => Some(RedshiftType::Varchar(Some(self.longest.max(1)))),
            (true, false) => Some(RedshiftType::Char(self.longest.max(1))),
            (false, _) => None,
        }
    }
}

/// Gives the branches of a CASE their common type.
///
/// Errors: 42804 when there is none.
pub fn case(case: Case, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let sources = branches(&case)
        .map(|branch| Ok((branch.get_type(schema)?, matches!(branch, Expr::Literal(..)))))
        .collect::<DataFusionResult<Vec<_>>>()?;
    let Some(target) = common("CASE", &sources)? else { return Ok(Transformed::no(Expr::Case(case))) };
    let cast = |branch: Box<Expr>| -> DataFusionResult<Box<Expr>> {
        Ok(if branch.get_type(schema)? == target.arrow() {
            branch
        } else {
            Box::new(cast_expr(*branch, &target, CastMode::Explicit))
        })
    };
    let when_then = case.when_then_expr.into_iter().map(|(when, then)| Ok((when, cast(then)?)));
    let when_then = when_then.collect::<DataFusionResult<_>>()?;
    let else_expr = case.else_expr.map(cast).transpose()?;
    Ok(Transformed::yes(Expr::Case(Case::new(case.expr, when_then, else_expr))))
}

/// The type that expressions of these types (and whether they are literals) get; None when they have one already, or
/// when a type is not Redshift's.
fn common(context: &str, sources: &[(DataType, bool)]) -> DataFusionResult<Option<RedshiftType>> {
    let known = sources.iter().all(|(source, _)| RedshiftType::of_arrow(source).is_some());
    if !known || sources.windows(2).all(|pair| pair[0].0 == pair[1].0) {
        return Ok(None);
    }
    // Text among text keeps its declared lengths.
    if sources.iter().all(|(source, _)| is_text(source) || *source == DataType::Null) {
        return Ok(None);
    }
    let mut target = DataType::Null;
    for (source, _) in sources {
        target = match unify(&target, source) {
            Some(unified) => unified,
            None => return Err(mismatch(context, &target, source).into()),
        };
    }
    if target == DataType::Null {
        return Ok(None);
    }
    // Only a literal takes another type than text by itself.
    let text = sources.iter().find(|(source, literal)| is_text(source) && !literal);
    if let (Some((source, _)), false) = (text, is_text(&target)) {
        let text_first = sources.first().is_some_and(|(first, _)| is_text(first));
        let (a, b) = if text_first { (source, &target) } else { (&target, source) };
        return Err(mismatch(context, a, b).into());
    }
    Ok(RedshiftType::of_arrow(&target))
}

fn mismatch(context: &str, a: &DataType, b: &DataType) -> Error {
    let message = format!("{context} types {} and {} cannot be matched", type_name(a), type_name(b));
    Error::new(SqlState::DATATYPE_MISMATCH, message)
}

/// Gives the inputs of a UNION their common types and lengths.
///
/// Errors: 42804 when a column has none.
pub fn union(union: Union) -> DataFusionResult<Transformed<LogicalPlan>> {
    let width = union.schema.fields().len();
    if union.inputs.iter().any(|input| input.schema().fields().len() != width) {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    let inputs: Vec<&Arc<LogicalPlan>> = union.inputs.iter().collect();
    let aligned = aligned(&inputs, "UNION")?;
    let changed = aligned.is_some();
    // Types below may have changed since the schema was made, also where nothing is changed here.
    let union = Union::try_new_with_loose_types(aligned.unwrap_or(union.inputs))?;
    Ok(Transformed::new_transformed(LogicalPlan::Union(union), changed))
}

/// The same for INTERSECT and EXCEPT, which are semi and anti joins of all columns, in order, where NULL equals NULL.
/// No other join is one before the optimizer has run.
///
/// Errors: 42804 when a column has no common type.
pub fn set_operation(plan: LogicalPlan) -> DataFusionResult<LogicalPlan> {
    let LogicalPlan::Join(join) = plan else { return Ok(plan) };
    let context = match (join.join_type, join.null_equality) {
        (JoinType::LeftSemi, NullEquality::NullEqualsNull) => "INTERSECT",
        (JoinType::LeftAnti, NullEquality::NullEqualsNull) => "EXCEPT",
        _ => return Ok(LogicalPlan::Join(join)),
    };
    let width = join.left.schema().fields().len();
    if join.on.len() != width || join.right.schema().fields().len() != width {
        return Ok(LogicalPlan::Join(join));
    }
    let Some(sides) = aligned(&[&join.left, &join.right], context)? else { return Ok(LogicalPlan::Join(join)) };
    let Ok([left, right]) = <[Arc<LogicalPlan>; 2]>::try_from(sides) else { return Ok(LogicalPlan::Join(join)) };
    LogicalPlan::Join(Join { left, right, ..join }).recompute_schema()
}

/// The inputs of a set operation with common types; None when they have them.
fn aligned(inputs: &[&Arc<LogicalPlan>], context: &str) -> DataFusionResult<Option<Vec<Arc<LogicalPlan>>>> {
    let width = inputs.first().map_or(0, |input| input.schema().fields().len());
    let targets =
        (0..width).map(|column| shared_column(inputs, column, context)).collect::<DataFusionResult<Vec<_>>>()?;
    let fits_all = |input: &LogicalPlan| {
        input.schema().fields().iter().zip(&targets).all(|(field, target)| fits(field, target.as_ref()))
    };
    if inputs.iter().all(|input| fits_all(input)) {
        return Ok(None);
    }
    let cast = |input: &&Arc<LogicalPlan>| match fits_all(input) {
        true => Ok(Arc::clone(input)),
        false => cast_columns(input, &targets).map(Arc::new),
    };
    inputs.iter().map(cast).collect::<DataFusionResult<Vec<_>>>().map(Some)
}

fn cast_columns(input: &Arc<LogicalPlan>, targets: &[Option<RedshiftType>]) -> DataFusionResult<LogicalPlan> {
    let cast = |((qualifier, field), target): ((_, &Arc<Field>), &Option<RedshiftType>)| {
        let column = Expr::Column(Column::from((qualifier, field)));
        match target {
            Some(target) if !fits_field(field, target) => {
                let value = if *field.data_type() == target.arrow() {
                    column
                } else {
                    cast_expr(column, target, CastMode::Explicit)
                };
                let metadata = Some(declared_as(target));
                Expr::Alias(Alias { metadata, ..Alias::new(value, qualifier.cloned(), field.name().clone()) })
            }
            _ => column,
        }
    };
    let expressions = input.schema().iter().zip(targets).map(cast).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(expressions, Arc::clone(input))?))
}

fn fits(field: &Field, target: Option<&RedshiftType>) -> bool {
    target.is_none_or(|target| fits_field(field, target))
}

fn fits_field(field: &Field, target: &RedshiftType) -> bool {
    *field.data_type() == target.arrow()
        && (RedshiftType::of_field(field).as_ref() == Some(target)
            || field.metadata().get(TYPE_METADATA_KEY) == Some(&target.to_string()))
}

/// The type of a column of a set operation; None where nothing needs to be done.
fn shared_column(inputs: &[&Arc<LogicalPlan>], column: usize, context: &str) -> DataFusionResult<Option<RedshiftType>> {
    let sources: Vec<(DataType, bool)> = inputs
        .iter()
        .map(|input| (input.schema().field(column).data_type().clone(), is_literal(input, column)))
        .collect();
    let target = match common(context, &sources)? {
        Some(target) => target,
        None => match RedshiftType::of_arrow(&sources[0].0) {
            Some(target) if sources[0].0 != DataType::Null => target,
            _ => return Ok(None),
        },
    };
    if !is_text(&target.arrow()) {
        return Ok(Some(target));
    }
    let mut shared = Shared::default();
    for input in inputs {
        let field = input.schema().field(column);
        let declared = RedshiftType::of_field(field);
        let length = length_of(declared, None).map(|length| match declared {
            Some(RedshiftType::Char(_)) => RedshiftType::Char(length),
            _ => RedshiftType::Varchar(Some(length.max(1))),
        });
        shared.add(length, *field.data_type() == DataType::Null);
    }
    Ok(Some(shared.declared().unwrap_or(RedshiftType::Varchar(None))))
}

/// Whether a column of a plan is a constant of its select list.
fn is_literal(plan: &LogicalPlan, column: usize) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => projection.expr.get(column).is_some_and(|expr| {
            let inner = match expr {
                Expr::Alias(alias) => &*alias.expr,
                other => other,
            };
            match inner {
                Expr::Literal(..) => true,
                Expr::Column(column) => {
                    projection.input.schema().index_of_column(column).is_ok_and(|at| is_literal(&projection.input, at))
                }
                _ => false,
            }
        }),
        LogicalPlan::Union(union) => union.inputs.iter().all(|input| is_literal(input, column)),
        LogicalPlan::Distinct(Distinct::All(input)) => is_literal(input, column),
        LogicalPlan::SubqueryAlias(alias) => is_literal(&alias.input, column),
        _ => false,
    }
}
