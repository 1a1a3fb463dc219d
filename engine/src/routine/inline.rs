//! Calls of SQL functions: a call is planned as a function of the declared type, and opened up into
//! the function's expression before types are settled. So it means what its body means, and costs
//! nothing at run time.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use blueshift_sql::{
    ParserOptions,
    ast::{
        Expr as SqlExpr,
        sql::{SelectItem, SetExpr},
    },
    parse_query,
};
use datafusion::{
    arrow::datatypes::{DataType, Field, FieldRef, Schema},
    common::{
        Column, DFSchema, Result as DataFusionResult,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{
        ColumnarValue, Expr, ExprSchemable, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
        Signature, Volatility, expr_rewriter::NamePreserver, utils::merge_schema,
    },
};

use super::{
    catalog::{self, Given, Routine},
    substitute::{self, Values},
};
use crate::{
    binder::{BindContext, Binder},
    error::{Error, Result},
    functions::operator::cast_expr,
    security,
    types::{RedshiftType, cast::CastMode},
};

/// Functions may call each other this deep.
const DEPTH_MAX: usize = 16;

/// The functions of one name, as DataFusion's planner sees them.
#[derive(Debug)]
struct Stub {
    name: String,
    candidates: Vec<Routine>,
    signature: Signature,
}

impl PartialEq for Stub {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.candidates == other.candidates
    }
}

impl Eq for Stub {}

impl Hash for Stub {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// The function that a name in a call stands for; `name` may be qualified with a schema.
pub fn function(context: &BindContext, name: &str) -> Option<Arc<ScalarUDF>> {
    let parts: Vec<String> = name_parts(name);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (schema, bare) = match parts.as_slice() {
        [bare] => (None, *bare),
        [schema, bare] => (Some(*schema), *bare),
        [database, schema, bare] if *database == context.database => (Some(*schema), *bare),
        _ => return None,
    };
    let candidates = catalog::named(context, schema, bare, false).ok().filter(|found| !found.is_empty())?;
    let stub = Stub { name: bare.to_owned(), candidates, signature: Signature::user_defined(Volatility::Volatile) };
    Some(Arc::new(ScalarUDF::from(stub)))
}

/// The parts of a name as the planner writes it: some of them in quotes.
fn name_parts(name: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in name.chars() {
        match (c, parts.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => parts.push(String::new()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts
}

fn given(fields: &[FieldRef], literal: impl Fn(usize) -> bool) -> Vec<Given> {
    let of = |(index, field): (usize, &FieldRef)| match field.data_type() {
        DataType::Null => Given { data_type: None, literal: true },
        DataType::Int64 if literal(index) => Given { data_type: Some(RedshiftType::Integer), literal: false },
        _ => {
            let data_type = RedshiftType::of_field(field);
            let text = matches!(data_type, Some(RedshiftType::Varchar(_)));
            Given { data_type, literal: text && literal(index) }
        }
    };
    fields.iter().enumerate().map(of).collect()
}

impl ScalarUDFImpl for Stub {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DataFusionResult<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _types: &[DataType]) -> DataFusionResult<DataType> {
        Err(Error::internal("the type of a function depends on its arguments").into())
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> DataFusionResult<FieldRef> {
        let literal = |index: usize| arguments.scalar_arguments.get(index).is_some_and(Option::is_some);
        let given = given(arguments.arg_fields, literal);
        let routine = catalog::best(&self.candidates, &given, "function", &self.name)?;
        Ok(Arc::new(return_type(routine)?.field(&self.name, true)))
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        Err(Error::internal(format!("function {} was not opened up", self.name)).into())
    }
}

fn return_type(routine: &Routine) -> Result<RedshiftType> {
    match routine.returns.as_deref() {
        Some(name) => catalog::parse_type(name),
        None => Err(Error::internal("a function without a result type")),
    }
}

/// Opens up the calls in a plan.
pub fn expand(plan: LogicalPlan, binder: &Binder<'_>) -> Result<LogicalPlan> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found |= stub_of(expr).is_some();
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    if !found {
        return Ok(plan);
    }
    let expanded = plan.transform_up_with_subqueries(|node| {
        let mut schema = merge_schema(&node.inputs());
        if let LogicalPlan::TableScan(scan) = &node {
            schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
        }
        let names = NamePreserver::new(&node);
        let rewritten = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let expanded = expand_expr(expr, &schema, binder, 0)?;
            Ok(expanded.update_data(|expr| name.restore(expr)))
        })?;
        rewritten.map_data(LogicalPlan::recompute_schema)
    });
    Ok(expanded?.data)
}

fn stub_of(expr: &Expr) -> Option<&Stub> {
    let Expr::ScalarFunction(call) = expr else { return None };
    (call.func.inner().as_ref() as &dyn std::any::Any).downcast_ref::<Stub>()
}

/// Opens up the calls in an expression.
pub fn expand_expr(
    expr: Expr,
    schema: &DFSchema,
    binder: &Binder<'_>,
    depth: usize,
) -> DataFusionResult<Transformed<Expr>> {
    expr.transform_up(|expr| {
        let Some(stub) = stub_of(&expr) else { return Ok(Transformed::no(expr)) };
        if depth >= DEPTH_MAX {
            let message = format!("functions that call each other more than {DEPTH_MAX} levels deep");
            return Err(Error::not_supported(message).into());
        }
        let Expr::ScalarFunction(call) = &expr else { return Ok(Transformed::no(expr)) };
        let fields: Vec<FieldRef> = call
            .args
            .iter()
            .map(|argument| argument.to_field(schema).map(|(_, field)| field))
            .collect::<Result<_, _>>()?;
        let literal = |index: usize| matches!(call.args.get(index), Some(Expr::Literal(..)));
        let given = given(&fields, literal);
        let routine = catalog::best(&stub.candidates, &given, "function", &stub.name)?.clone();
        security::require_execute(binder.context(), &routine)?;
        Ok(Transformed::yes(body(&routine, &call.args, binder, depth)?))
    })
}

/// The expression of a function with arguments put in.
fn body(routine: &Routine, arguments: &[Expr], binder: &Binder<'_>, depth: usize) -> Result<Expr> {
    let types = routine.inputs().map(|argument| argument.value_type()).collect::<Result<Vec<_>>>()?;
    let fields: Vec<Field> =
        types.iter().enumerate().map(|(index, data_type)| data_type.field(format!("${}", index + 1), true)).collect();
    let schema = DFSchema::try_from(Schema::new(fields)).map_err(Error::from)?;
    let mut parsed = body_expression(routine)?;
    substitute::in_expr(&mut parsed, &ArgumentNames(routine))?;
    let bound = binder.bind_expr(&parsed, &schema)?;
    let bound = expand_expr(bound, &schema, binder, depth + 1)?.data;

    let mut uses = vec![0usize; arguments.len()];
    let replaced = bound.transform_up(|expr| {
        let Expr::Column(column) = &expr else { return Ok(Transformed::no(expr)) };
        let index = column.name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok()).map(|n| n - 1);
        let (Some(index), true) = (index, column.relation.is_none()) else { return Ok(Transformed::no(expr)) };
        let (Some(argument), Some(data_type)) = (arguments.get(index), types.get(index)) else {
            return Ok(Transformed::no(expr));
        };
        uses[index] += 1;
        Ok(Transformed::yes(cast_expr(argument.clone(), data_type, CastMode::Explicit)))
    })?;
    for (argument, uses) in arguments.iter().zip(uses) {
        if uses > 1 && argument.is_volatile() {
            return Err(Error::not_supported(format!(
                "a volatile argument of function {}, which uses it more than once",
                routine.name
            )));
        }
    }
    Ok(cast_expr(replaced.data, &return_type(routine)?, CastMode::Explicit))
}

/// The expression of `SELECT expression`.
pub fn body_expression(routine: &Routine) -> Result<SqlExpr> {
    let text = routine.body.trim().trim_end_matches(';');
    let query = parse_query(text, ParserOptions::default())
        .map_err(|error| Error::syntax(format!("function \"{}\": {}", routine.name, error.message)))?;
    let refused = || {
        Error::not_supported("a SQL function whose body is not a single SELECT of one expression")
            .with_detail("The SELECT cannot have FROM, INTO, WHERE, GROUP BY, ORDER BY or LIMIT.")
    };
    let SetExpr::Select(select) = &*query.body else { return Err(refused()) };
    let plain = query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && select.from.is_empty()
        && select.into.is_none()
        && select.selection.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && select.top.is_none();
    match (plain, select.projection.as_slice()) {
        (true, [SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }]) => Ok(expr.clone()),
        _ => Err(refused()),
    }
}

/// `$1` as a column of that name.
struct ArgumentNames<'r>(&'r Routine);

impl Values for ArgumentNames<'_> {
    fn expression(&self, name: &[&str]) -> Result<Option<SqlExpr>> {
        let [name] = name else { return Ok(None) };
        let Some(digits) = name.strip_prefix('$') else { return Ok(None) };
        let number: usize = digits.parse().unwrap_or(0);
        if number == 0 || number > self.0.inputs().count() {
            return Err(Error::new(crate::error::SqlState("42P02"), format!("there is no parameter {name}")));
        }
        Ok(Some(SqlExpr::Identifier(blueshift_sql::ast::Ident::with_quote('"', *name))))
    }
}

/// What a call of the function gives for arguments of its own types: its body is valid.
pub fn check(routine: &Routine, binder: &Binder<'_>) -> Result<()> {
    let arguments: Vec<Expr> = (0..routine.inputs().count())
        .map(|index| Expr::Column(Column::from_name(format!("argument {index}"))))
        .collect();
    body(routine, &arguments, binder, 0).map(drop)
}
