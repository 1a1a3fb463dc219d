//! CALL: arguments in, the body run, OUT and INOUT arguments back ("CALL" of the guide).

use std::{ops::ControlFlow, sync::Arc};

use blueshift_sql::{
    ast::{
        self, Expr,
        sql::{Value as SqlValue, Visit, Visitor},
    },
    plpgsql::parse_body,
};
use datafusion::arrow::{
    array::{ArrayRef, new_null_array},
    datatypes::{Field, Schema},
    record_batch::RecordBatch,
};

use super::{
    catalog::{self, Argument, Given, Mode, Routine},
    deep::Deep,
    evaluate,
    interpreter::Interpreter,
    scope::{Scope, Variable},
    sql_step::is_atomic,
    value::Value,
};
use crate::{
    error::{Error, Result, SqlState},
    security,
    session::{CallState, EventKind, ResultColumn, Session, StatementResult, result_column},
    types::RedshiftType,
};

/// Procedures may call each other this deep.
const CALL_DEPTH_MAX: usize = 16;

/// A value that comes back, and the position of the argument that the caller gave for it.
pub(super) type Output = (Option<usize>, Value);

/// CALL outside of procedures.
pub async fn execute(session: &mut Session, call: &ast::Call) -> Result<StatementResult> {
    session.local.enter_calls(&Arc::clone(session.shared_info()), &session.parameters);
    let (routine, inputs) = resolve(session, call, &call.arguments).await?;
    let running = session.entry().activity().running;
    let (query_id, text) = running.map_or((0, "CALL".into()), |running| (running.query_id, running.text));
    let outputs = logged(session, &routine, inputs, query_id, text).await?;
    session.local.leave_calls();
    session.ensure_transaction();
    if outputs.is_empty() {
        return Ok(StatementResult::done("CALL"));
    }
    let fields = output_fields(&routine)?;
    let arrays: Vec<ArrayRef> = outputs
        .iter()
        .zip(&fields)
        .map(|((_, value), field)| {
            if value.is_null() {
                return Ok(new_null_array(field.data_type(), 1));
            }
            let array = value.scalar.to_array().map_err(Error::internal)?;
            datafusion::arrow::compute::cast(&array, field.data_type()).map_err(Error::internal)
        })
        .collect::<Result<_>>()?;
    let columns = fields.iter().map(result_column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(Error::internal)?;
    Ok(StatementResult::Rows { columns, batches: vec![batch], tag: "CALL".to_owned() })
}

/// The columns that a CALL gives; none without OUT and INOUT arguments.
pub async fn describe(session: &mut Session, call: &ast::Call) -> Result<Vec<ResultColumn>> {
    let context = session.bind_context()?;
    let mut candidates = catalog::named(&context, call.name.schema(), call.name.name(), true)?;
    candidates.retain(|routine| routine.inputs().count() == call.arguments.len());
    let routine = match candidates.as_slice() {
        [only] => only.clone(),
        _ => resolve(session, call, &call.arguments).await?.0,
    };
    Ok(output_fields(&routine)?.iter().map(result_column).collect())
}

/// INOUT arguments keep their names; of an OUT argument only its number is known to the caller.
fn output_fields(routine: &Routine) -> Result<Vec<Field>> {
    routine
        .outputs()
        .enumerate()
        .map(|(index, argument)| {
            let name = match (&argument.name, argument.mode) {
                (Some(name), Mode::InOut) => name.clone(),
                _ => format!("column{}", index + 1),
            };
            Ok(argument.value_type()?.field(name, true))
        })
        .collect()
}

/// CALL inside of a procedure: the values of OUT and INOUT arguments by the position of the argument.
pub(super) async fn nested(session: &mut Session, call: &ast::Call, arguments: &[Expr]) -> Result<Vec<Output>> {
    let (routine, inputs) = resolve(session, call, arguments).await?;
    if routine.arguments.iter().any(|argument| argument.mode == Mode::Out) {
        return Err(Error::new(
            SqlState("42P13"),
            format!("procedure \"{}\" has OUT arguments and cannot be called by another procedure", routine.name),
        )
        .with_hint("Declare them INOUT."));
    }
    let parameters: Vec<String> = (1..=arguments.len()).map(|number| format!("${number}")).collect();
    let text = format!("CALL {}( {} )", call.name.name(), parameters.join(" , "));
    let query_id = session.shared.registry.next_query_id();
    logged(session, &routine, inputs, query_id, text.into()).await
}

/// Runs a procedure and remembers the call (SVL_STORED_PROC_CALL).
async fn logged(
    session: &mut Session,
    routine: &Routine,
    inputs: Vec<Value>,
    query_id: i64,
    text: Arc<str>,
) -> Result<Vec<Output>> {
    let started = chrono::Utc::now();
    let before = (session.local.calls.query_id, session.local.calls.text.clone());
    (session.local.calls.query_id, session.local.calls.text) = (Some(query_id), Some(Arc::clone(&text)));
    let outcome = run(session, routine, inputs).await;
    let kind = EventKind::Call { text, aborted: outcome.is_err(), from_call: before.0 };
    session.local.calls.query_id = Some(query_id);
    session.record_event(started, kind);
    (session.local.calls.query_id, session.local.calls.text) = before;
    outcome
}

/// Queries cannot be arguments ("CALL").
fn has_query(expr: &Expr) -> bool {
    struct Finder;
    impl Visitor for Finder {
        type Break = ();
        fn pre_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    expr.visit(&mut Finder).is_break()
}

/// The procedure that is meant, and the values of its arguments.
async fn resolve(session: &mut Session, call: &ast::Call, arguments: &[Expr]) -> Result<(Routine, Vec<Value>)> {
    let mut values = Vec::with_capacity(arguments.len());
    let mut given = Vec::with_capacity(arguments.len());
    for expr in arguments {
        if has_query(expr) {
            return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, "a query cannot be an argument of CALL"));
        }
        let value = evaluate::value(session, expr, None).await?;
        let literal = matches!(expr, Expr::Value(value) if matches!(value.value, SqlValue::SingleQuotedString(_)));
        given.push(Given::of(&value, literal));
        values.push(value);
    }
    let context = session.bind_context()?;
    let candidates = catalog::named(&context, call.name.schema(), call.name.name(), true)?;
    let routine = catalog::best(&candidates, &given, "procedure", call.name.name())?.clone();
    security::require_execute(&context, &routine)?;
    Ok((routine, values))
}

/// Runs a procedure. Gives the values of its OUT and INOUT arguments by position among the arguments.
async fn run(session: &mut Session, routine: &Routine, inputs: Vec<Value>) -> Result<Vec<Output>> {
    if session.local.calls.depth >= CALL_DEPTH_MAX {
        return Err(Error::new(
            SqlState("54001"),
            format!("stored procedures can call each other at most {CALL_DEPTH_MAX} levels deep"),
        ));
    }
    let block = parse_body(&routine.body, session.parser_options())
        .map_err(|error| Error::syntax(format!("procedure \"{}\": {}", routine.name, error.message)))?;
    let arguments = bind(session, routine, inputs).await?;

    let before: CallState = session.local.calls.clone();
    let (info, parameters) = (Arc::clone(session.shared_info()), session.parameters.clone());
    if before.depth > 0 && before.nonatomic != routine.nonatomic {
        return Err(Error::new(
            SqlState("42P13"),
            format!("procedure \"{}\" has another transaction mode than the procedure that calls it", routine.name),
        )
        .with_hint("Procedures that call each other are all atomic, or all NONATOMIC."));
    }
    let nonatomic = routine.nonatomic && !is_atomic(session);
    session.local.calls.nonatomic = routine.nonatomic;
    session.local.calls.depth += 1;
    session.local.calls.atomic |= !routine.settings.is_empty();
    if routine.security_definer {
        let owner = security::user_name(&session.bind_context()?, routine.owner)?;
        session.set_user(|info| info.user = owner);
    }
    for (name, value) in &routine.settings {
        session.parameters.set(name, value.clone())?;
        session.parameter_changed(name);
    }
    let mut interpreter = Interpreter::new(session, nonatomic);
    interpreter.environment.scopes.push(Scope { label: Some(routine.name.clone()), variables: arguments });
    let flow = Deep(interpreter.block(&block)).await;
    let variables = std::mem::take(&mut interpreter.environment.scopes);
    let portals = session.local.calls.portals;
    session.local.calls = CallState { portals, ..before };
    if routine.security_definer {
        session.set_user(|current| *current = info.as_ref().clone());
    }
    if !routine.settings.is_empty() {
        session.parameters = parameters;
        session.parameter_changed("");
    }
    match flow? {
        super::interpreter::Flow::Exit(_) | super::interpreter::Flow::Continue(_) => {
            return Err(Error::syntax(
                "EXIT and CONTINUE cannot be used outside a loop, or name a label that is not there",
            ));
        }
        _ => {}
    }
    let scope = variables.into_iter().next().unwrap_or_default();
    Ok(outputs(routine, &scope))
}

/// The arguments as variables; each is also `$n`.
async fn bind(session: &mut Session, routine: &Routine, inputs: Vec<Value>) -> Result<Vec<(String, Variable)>> {
    let mut inputs = inputs.into_iter();
    let mut variables = Vec::with_capacity(routine.arguments.len() * 2);
    for (index, argument) in routine.arguments.iter().enumerate() {
        let data_type = argument.value_type()?;
        let mut value = Value { data_type: Some(data_type), ..Value::null() };
        if argument.mode != Mode::Out {
            let input = inputs.next().unwrap_or_else(Value::null);
            value = evaluate::convert(session, input, data_type).await?;
        }
        let variable = if argument.data_type == "refcursor" {
            Variable::Cursor { portal: value.to_text()?, bound: None }
        } else {
            Variable::Scalar { value, data_type, constant: false, not_null: false }
        };
        let number = format!("${}", index + 1);
        match &argument.name {
            Some(name) => {
                variables.push((name.clone(), variable));
                variables.push((number, Variable::Alias(name.clone())));
            }
            None => variables.push((number, variable)),
        }
    }
    Ok(variables)
}

fn outputs(routine: &Routine, scope: &Scope) -> Vec<Output> {
    let of = |(index, argument): (usize, &Argument)| {
        let number = format!("${}", index + 1);
        let name = argument.name.as_ref().unwrap_or(&number);
        match scope.variables.iter().find(|(known, _)| known == name) {
            Some((_, Variable::Scalar { value, .. })) => value.clone(),
            Some((_, Variable::Cursor { portal, .. })) => portal.as_ref().map_or_else(Value::null, Value::text),
            _ => Value { data_type: Some(RedshiftType::Varchar(None)), ..Value::null() },
        }
    };
    let mut found = vec![];
    let mut input = 0;
    for (index, argument) in routine.arguments.iter().enumerate() {
        match argument.mode {
            Mode::In => {}
            // A caller names a variable for an INOUT argument, not for an OUT argument.
            Mode::InOut => found.push((Some(input), of((index, argument)))),
            Mode::Out => found.push((None, of((index, argument)))),
        }
        input += usize::from(argument.mode != Mode::Out);
    }
    found
}
