//! Types of recursive common table expressions (page r_WITH_clause).
//!
//! The planner takes the types of the first part before Redshift's rules have given them, and casts the
//! second part to them in silence. Here the first part gets its types first; the second part is typed
//! over rows of those types; where its own are wider, the whole is widened (an INTEGER that is
//! multiplied by 1.5 becomes a NUMERIC).

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef},
    catalog::cte_worktable::CteWorkTable,
    common::{
        DFSchema, Result as DataFusionResult,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    datasource::{provider_as_source, source_as_provider},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, RecursiveQuery},
};

use crate::{
    functions::operator::cast_expr,
    types::{
        RedshiftType, TYPE_METADATA_KEY,
        cast::{CastMode, is_text},
    },
};

/// Widening starts anew this often; then values are cast, and what does not fit is an error.
const WIDENINGS_MAX: usize = 2;

/// Gives every recursive query of `plan` its types. `analyze` gives Redshift's meaning to a plan.
pub fn resolve(
    plan: LogicalPlan,
    analyze: &dyn Fn(LogicalPlan) -> DataFusionResult<LogicalPlan>,
) -> DataFusionResult<LogicalPlan> {
    let resolved = plan.transform_down_with_subqueries(|plan| match plan {
        LogicalPlan::RecursiveQuery(query) if !is_resolved(&query) => {
            let plan = LogicalPlan::RecursiveQuery(typed(query, analyze)?);
            Ok(Transformed::new(plan, true, TreeNodeRecursion::Jump))
        }
        plan => Ok(Transformed::no(plan)),
    })?;
    // Types above the recursive queries follow.
    match resolved.transformed {
        true => resolved.data.transform_up_with_subqueries(recomputed).map(|plan| plan.data),
        false => Ok(resolved.data),
    }
}

fn recomputed(plan: LogicalPlan) -> DataFusionResult<Transformed<LogicalPlan>> {
    plan.recompute_schema().map(Transformed::yes)
}

fn is_resolved(query: &RecursiveQuery) -> bool {
    query.schema.fields().iter().all(|field| field.metadata().contains_key(TYPE_METADATA_KEY))
        && same_fields(query.schema.fields(), query.static_term.schema().fields())
        && same_fields(query.schema.fields(), query.recursive_term.schema().fields())
}

fn same_fields(left: &Fields, right: &Fields) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| left.data_type() == right.data_type() && left.metadata() == right.metadata())
}

fn typed(
    query: RecursiveQuery,
    analyze: &dyn Fn(LogicalPlan) -> DataFusionResult<LogicalPlan>,
) -> DataFusionResult<RecursiveQuery> {
    let RecursiveQuery { name, static_term, recursive_term, is_distinct, schema } = query;
    let first = analyze(Arc::unwrap_or_clone(static_term))?;
    let planned = uncast(Arc::unwrap_or_clone(recursive_term), &schema)?;
    let mut types: Vec<Option<RedshiftType>> =
        first.schema().fields().iter().map(|field| RedshiftType::of_field(field)).collect();
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut second = analyze(over(&planned, &name, work_table(&names, &types))?)?;
    for _ in 0..WIDENINGS_MAX {
        let own = second.schema().fields().iter().map(|field| RedshiftType::of_field(field));
        let wider: Vec<Option<RedshiftType>> =
            types.iter().zip(own).map(|(first, second)| wider(*first, second)).collect();
        if wider == types {
            break;
        }
        types = wider;
        second = analyze(over(&planned, &name, work_table(&names, &types))?)?;
    }
    let first = cast_to(first, &names, &types)?;
    let second = cast_to(second, &names, &types)?;
    RecursiveQuery::try_new(name, Arc::new(first), Arc::new(second), is_distinct)
}

/// The columns of the work table.
fn work_table(names: &[String], types: &[Option<RedshiftType>]) -> SchemaRef {
    let fields: Vec<Field> = names
        .iter()
        .zip(types)
        .map(|(name, data_type)| data_type.unwrap_or(RedshiftType::Varchar(None)).field(name, true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// `plan` with the work table's columns typed as in `schema`.
fn over(plan: &LogicalPlan, name: &str, schema: SchemaRef) -> DataFusionResult<LogicalPlan> {
    let replaced = plan.clone().transform_up_with_subqueries(|plan| {
        if let LogicalPlan::TableScan(scan) = &plan
            && let Ok(provider) = source_as_provider(&scan.source)
            && provider.downcast_ref::<CteWorkTable>().is_some_and(|table| table.name() == name)
        {
            let table = Arc::new(CteWorkTable::new(name, Arc::clone(&schema)));
            let scan = LogicalPlanBuilder::scan(scan.table_name.clone(), provider_as_source(table), None)?.build()?;
            return Ok(Transformed::yes(scan));
        }
        recomputed(plan)
    })?;
    Ok(replaced.data)
}

/// Takes off the casts that the planner put on, to the types of the first part.
fn uncast(plan: LogicalPlan, schema: &DFSchema) -> DataFusionResult<LogicalPlan> {
    let LogicalPlan::Projection(projection) = plan else { return Ok(plan) };
    let exprs = projection
        .expr
        .into_iter()
        .zip(schema.fields())
        .map(|(expr, field)| match expr {
            Expr::Alias(mut alias) => {
                alias.expr = Box::new(without_cast(*alias.expr, field.data_type()));
                Expr::Alias(alias)
            }
            expr => without_cast(expr, field.data_type()),
        })
        .collect::<Vec<_>>();
    LogicalPlanBuilder::from(Arc::unwrap_or_clone(projection.input)).project(exprs)?.build()
}

/// A cast that a user wrote carries its type's name.
fn without_cast(expr: Expr, target: &DataType) -> Expr {
    match expr {
        Expr::Cast(cast) if cast.field.metadata().is_empty() && cast.field.data_type() == target => *cast.expr,
        expr => expr,
    }
}

fn cast_to(plan: LogicalPlan, names: &[String], types: &[Option<RedshiftType>]) -> DataFusionResult<LogicalPlan> {
    let columns = plan.schema().columns();
    let exprs = columns.into_iter().zip(names.iter().zip(types)).map(|(column, (name, data_type))| {
        let target = data_type.unwrap_or(RedshiftType::Varchar(None));
        cast_expr(Expr::Column(column), &target, CastMode::Assignment).alias(name)
    });
    LogicalPlanBuilder::from(plan).project(exprs.collect::<Vec<_>>())?.build()
}

/// The type that holds the values of both.
fn wider(first: Option<RedshiftType>, second: Option<RedshiftType>) -> Option<RedshiftType> {
    use RedshiftType::{BigInt, Double, Integer, Numeric, Real, SmallInt, Varchar};
    let (first, second) = match (first, second) {
        (Some(first), Some(second)) if first != second => (first, second),
        (first, second) => return first.or(second),
    };
    if is_text(&first.arrow()) && is_text(&second.arrow()) {
        return Some(Varchar(None));
    }
    let digits = |of: &RedshiftType| match of {
        SmallInt => Some((5, 0)),
        Integer => Some((10, 0)),
        BigInt => Some((19, 0)),
        Numeric(precision, scale) => Some((*precision, *scale)),
        _ => None,
    };
    Some(match (&first, &second) {
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            if digits(&first) > digits(&second) {
                first
            } else {
                second
            }
        }
        (Real | Double, other) | (other, Real | Double) if other.is_numeric() => Double,
        _ => match (digits(&first), digits(&second)) {
            (Some((precision, scale)), Some((other_precision, other_scale))) => {
                let both = scale.max(other_scale);
                let whole = (precision as i16 - scale as i16).max(other_precision as i16 - other_scale as i16);
                let both_precision = (whole + both as i16).clamp(1, 38) as u8;
                Numeric(both_precision, both)
            }
            _ => first,
        },
    })
}
