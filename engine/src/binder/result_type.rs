//! The type of what is chosen from several expressions: branches of CASE, inputs of UNION (page
//! r_numeric_computations201), and the declared lengths of columns of text.
//!
//! DataFusion's fields carry a declared type in their metadata. Where an expression's field has none — literals, CASE —
//! a select list notes it at the alias.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field},
    common::{Column, DFSchema, Result as DataFusionResult, metadata::FieldMetadata, tree_node::Transformed},
    logical_expr::{Case, Expr, ExprSchemable, LogicalPlan, Projection, Union, expr::Alias},
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
    let mut targets = Vec::with_capacity(width);
    for column in 0..width {
        targets.push(union_column(&union, column)?);
    }
    let mut changed = false;
    let mut inputs = Vec::with_capacity(union.inputs.len());
    for input in &union.inputs {
        let fields = input.schema().fields();
        let fits = fields.iter().zip(&targets).all(|(field, target)| fits(field, target.as_ref()));
        if fits {
            inputs.push(Arc::clone(input));
            continue;
        }
        changed = true;
        let expressions = input
            .schema()
            .iter()
            .zip(&targets)
            .map(|((qualifier, field), target)| {
                let column = Expr::Column(Column::from((qualifier, field)));
                match target {
                    Some(target) if !fits_field(field, target) => {
                        let value = if *field.data_type() == target.arrow() {
                            column
                        } else {
                            cast_expr(column, target, CastMode::Explicit)
                        };
                        let metadata = Some(declared_as(target));
                        let relation = qualifier.cloned();
                        let name = field.name().clone();
                        Expr::Alias(Alias { metadata, ..Alias::new(value, relation, name) })
                    }
                    _ => column,
                }
            })
            .collect();
        inputs.push(Arc::new(LogicalPlan::Projection(Projection::try_new(expressions, Arc::clone(input))?)));
    }
    // Types below may have changed since the schema was made, also where nothing is changed here.
    let union = Union::try_new_with_loose_types(inputs)?;
    Ok(Transformed::new_transformed(LogicalPlan::Union(union), changed))
}

fn fits(field: &Field, target: Option<&RedshiftType>) -> bool {
    target.is_none_or(|target| fits_field(field, target))
}

fn fits_field(field: &Field, target: &RedshiftType) -> bool {
    *field.data_type() == target.arrow()
        && (RedshiftType::of_field(field).as_ref() == Some(target)
            || field.metadata().get(TYPE_METADATA_KEY) == Some(&target.to_string()))
}

/// The type of a column of a UNION; None where nothing needs to be done.
fn union_column(union: &Union, column: usize) -> DataFusionResult<Option<RedshiftType>> {
    let sources: Vec<(DataType, bool)> = union
        .inputs
        .iter()
        .map(|input| (input.schema().field(column).data_type().clone(), is_literal(input, column)))
        .collect();
    let target = match common("UNION", &sources)? {
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
    for input in &union.inputs {
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
        _ => false,
    }
}
