//! CREATE, ALTER and DROP of functions and procedures.

use std::sync::Arc;

use blueshift_sql::{
    ast::{self, AlterRoutineAction, ArgumentMode, RoutineArgument, Volatility},
    plpgsql::parse_body,
};

use super::name;
use crate::{
    binder::Binder,
    error::{Error, Result, SqlState},
    routine::{
        catalog::{self, Argument, Mode, Routine},
        inline,
    },
    security::{self, Access, Object, Privilege},
    session::{Notice, Session, StatementResult},
    types::RedshiftType,
};

/// A procedure has at most this many input and this many output arguments.
const PROCEDURE_ARGUMENTS_MAX: usize = 32;
/// The source of a procedure is at most this long.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// CREATE [OR REPLACE] PROCEDURE.
pub fn create_procedure(session: &mut Session, create: &ast::CreateProcedure) -> Result<StatementResult> {
    if create.language != "plpgsql" {
        return Err(Error::not_supported(format!("language {} of a procedure", create.language)));
    }
    if create.body.len() > BODY_BYTES_MAX {
        return Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "the source of a procedure is longer than 2 MB"));
    }
    if create.nonatomic && create.security_definer == Some(true) {
        return Err(Error::new(SqlState::INVALID_DEFINITION, "NONATOMIC and SECURITY DEFINER cannot be combined"));
    }
    if create.nonatomic && !create.settings.is_empty() {
        return Err(Error::new(SqlState::INVALID_DEFINITION, "NONATOMIC and SET cannot be combined"));
    }
    require_language(session, &create.language)?;
    let arguments = arguments(&create.arguments)?;
    let count = |modes: &[Mode]| arguments.iter().filter(|argument| modes.contains(&argument.mode)).count();
    if count(&[Mode::In, Mode::InOut]) > PROCEDURE_ARGUMENTS_MAX
        || count(&[Mode::Out, Mode::InOut]) > PROCEDURE_ARGUMENTS_MAX
    {
        return Err(Error::new(
            SqlState("54023"),
            format!("procedures cannot have more than {PROCEDURE_ARGUMENTS_MAX} input or output arguments"),
        ));
    }
    parse_body(&create.body, session.parser_options()).map_err(|error| {
        let state = if error.limit { SqlState::PROGRAM_LIMIT_EXCEEDED } else { SqlState::SYNTAX_ERROR };
        Error::new(state, error.message).with_detail(format!(
            "in the body of procedure \"{}\", line {}",
            create.name.name(),
            error.line
        ))
    })?;
    let routine = Routine {
        security_definer: create.security_definer == Some(true),
        nonatomic: create.nonatomic,
        settings: create.settings.iter().map(|set| (set.name.clone(), set.value.text())).collect(),
        ..new_routine(session, &create.name, arguments, true)?
    };
    let routine = Routine { language: create.language.clone(), body: create.body.clone(), ..routine };
    store_new(session, routine, create.or_replace)?;
    Ok(StatementResult::done("CREATE PROCEDURE"))
}

/// CREATE [OR REPLACE] FUNCTION.
pub fn create_function(session: &mut Session, create: &ast::CreateFunction) -> Result<StatementResult> {
    match create.language.as_str() {
        "sql" => {}
        "plpythonu" => {
            return Err(Error::not_supported("a Python function (LANGUAGE plpythonu)")
                .with_hint("Write it as a SQL function (LANGUAGE sql)."));
        }
        other => return Err(Error::not_supported(format!("a function in language {other}"))),
    }
    require_language(session, &create.language)?;
    let arguments = arguments(&create.arguments)?;
    if arguments.iter().any(|argument| argument.name.is_some()) {
        return Err(Error::not_supported("names of arguments in a SQL function")
            .with_hint("Give types only, and use $1, $2, … in the body."));
    }
    let volatility = match create.volatility {
        Volatility::Volatile => "volatile",
        Volatility::Stable => "stable",
        Volatility::Immutable => "immutable",
    };
    let routine = Routine {
        returns: Some(RedshiftType::from_sql(&create.returns)?.to_string()),
        volatility: volatility.to_owned(),
        language: create.language.clone(),
        body: create.body.clone(),
        ..new_routine(session, &create.name, arguments, false)?
    };
    inline::body_expression(&routine)?;
    let context = session.bind_context()?;
    let shared = Arc::clone(&session.shared);
    let state = Arc::clone(session.state());
    inline::check(&routine, &Binder::new(&state, &context, shared.warehouse.segments()))?;
    store_new(session, routine, create.or_replace)?;
    Ok(StatementResult::done("CREATE FUNCTION"))
}

/// Errors: 42501 without USAGE on the language.
fn require_language(session: &mut Session, language: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let access = Access::of(&snapshot, session.info());
    if access.is_superuser() || access.may(&Object::Language(language.to_owned()), Privilege::Usage) {
        return Ok(());
    }
    Err(security::denied("language", language))
}

fn arguments(arguments: &[RoutineArgument]) -> Result<Vec<Argument>> {
    let mut found: Vec<Argument> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let name = argument.name.as_ref().map(|name| name::identifier(&name.value));
        if name.is_some() && found.iter().any(|other| other.name == name) {
            let name = name.unwrap_or_default();
            return Err(Error::new(SqlState("42P13"), format!("parameter name \"{name}\" used more than once")));
        }
        let mode = match argument.mode {
            ArgumentMode::In => Mode::In,
            ArgumentMode::Out => Mode::Out,
            ArgumentMode::InOut => Mode::InOut,
        };
        found.push(Argument { name, mode, data_type: catalog::argument_type(&argument.data_type)? });
    }
    Ok(found)
}

fn new_routine(
    session: &mut Session,
    object: &ast::ObjectName,
    arguments: Vec<Argument>,
    procedure: bool,
) -> Result<Routine> {
    let schema = name::target_schema(
        session,
        object,
        false,
        match procedure {
            true => "CREATE OR REPLACE PROCEDURE",
            false => "CREATE OR REPLACE FUNCTION",
        },
    )?;
    let id = session.transaction()?.new_object_id()?;
    Ok(Routine {
        id,
        schema_id: schema.0,
        name: name::identifier(object.name()),
        procedure,
        arguments,
        returns: None,
        volatility: "volatile".to_owned(),
        language: String::new(),
        body: String::new(),
        owner: security::current_user_id(session)?,
        security_definer: false,
        nonatomic: false,
        settings: vec![],
        comment: None,
    })
}

/// Stores a new routine, or puts it in the place of the old one, whose id and grants it keeps.
fn store_new(session: &mut Session, mut routine: Routine, or_replace: bool) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let key = routine.key();
    let old = catalog::routines(&snapshot).into_iter().find(|other| other.key() == key);
    let Some(old) = old else {
        routine.store(session.transaction()?)?;
        return security::own_new(
            session,
            &Object::Routine(key),
            Some(crate::storage::metadata::SchemaId(routine.schema_id)),
        );
    };
    let (what, other) = (kind(&routine), kind(&old));
    if !or_replace {
        return Err(Error::new(
            SqlState("42723"),
            format!("{what} \"{}\" already exists with same argument types", routine.name),
        ));
    }
    if what != other {
        return Err(Error::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{}\" is a {other}", routine.name)));
    }
    security::require_owner(session, &Object::Routine(key), what, &routine.name)?;
    if old.returns != routine.returns {
        return Err(Error::new(SqlState("42P13"), "cannot change return type of existing function")
            .with_hint(format!("Use DROP FUNCTION {} first.", old.signature())));
    }
    (routine.id, routine.owner, routine.comment) = (old.id, old.owner, old.comment);
    routine.store(session.transaction()?)
}

fn kind(routine: &Routine) -> &'static str {
    if routine.procedure { "procedure" } else { "function" }
}

/// The routine that a name and a list of arguments mean; without a list the name must be enough.
pub fn find(
    session: &mut Session,
    object: &ast::ObjectName,
    arguments: Option<&[RoutineArgument]>,
    procedure: bool,
) -> Result<Routine> {
    let what = if procedure { "procedure" } else { "function" };
    let context = session.bind_context()?;
    name::check_database(&context, object)?;
    let candidates = catalog::named(&context, object.schema(), object.name(), procedure)?;
    let Some(arguments) = arguments else {
        return match candidates.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Error::new(
                SqlState::UNDEFINED_FUNCTION,
                format!("could not find a {what} named \"{}\"", object.name()),
            )),
            _ => Err(Error::new(SqlState("42725"), format!("{what} name \"{}\" is not unique", object.name()))
                .with_hint(format!("Specify the argument list to select the {what} unambiguously."))),
        };
    };
    // OUT arguments may be written or left out.
    let inputs = arguments.iter().filter(|argument| argument.mode != ArgumentMode::Out);
    let types = inputs.map(|argument| catalog::argument_type(&argument.data_type)).collect::<Result<Vec<_>>>()?;
    let wanted: Vec<&str> = types.iter().map(|name| name.split('(').next().unwrap_or(name)).collect();
    let found =
        candidates.into_iter().find(|routine| routine.inputs().map(Argument::base_type).eq(wanted.iter().copied()));
    found.ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_FUNCTION,
            format!("{what} {}({}) does not exist", object.name(), wanted.join(", ")),
        )
    })
}

/// ALTER PROCEDURE, ALTER FUNCTION.
pub fn alter(session: &mut Session, alter: &ast::AlterRoutine) -> Result<StatementResult> {
    let mut routine = find(session, &alter.name, alter.arguments.as_deref(), alter.procedure)?;
    let what = kind(&routine);
    security::require_owner(session, &Object::Routine(routine.key()), what, &routine.name)?;
    match &alter.action {
        AlterRoutineAction::RenameTo(new) => {
            let snapshot = session.transaction()?.snapshot()?;
            let grants = security::grants(&snapshot, &Object::Routine(routine.key()));
            routine.remove(session.transaction()?)?;
            security::privilege::forget(session.transaction()?, &Object::Routine(routine.key()))?;
            routine.name = name::identifier(&new.value);
            let key = routine.key();
            if snapshot.record(catalog::RECORD_KIND, &key).is_some() {
                return Err(Error::new(
                    SqlState("42723"),
                    format!("{what} {} already exists in schema", routine.signature()),
                ));
            }
            routine.store(session.transaction()?)?;
            security::privilege::store(session.transaction()?, &Object::Routine(key), &grants)?;
        }
        AlterRoutineAction::OwnerTo(owner) => {
            security::require_superuser(session, &format!("change the owner of a {what}"))?;
            routine.owner = security::user_id(session, &owner.value)?;
            routine.store(session.transaction()?)?;
        }
    }
    Ok(StatementResult::done(format!("ALTER {}", what.to_uppercase())))
}

/// DROP PROCEDURE, DROP FUNCTION.
pub fn drop(session: &mut Session, drop: &ast::DropRoutine) -> Result<StatementResult> {
    let what = if drop.procedure { "procedure" } else { "function" };
    for (object, arguments) in &drop.routines {
        let routine = match find(session, object, arguments.as_deref(), drop.procedure) {
            Ok(routine) => routine,
            Err(error) if drop.if_exists && error.state() == SqlState::UNDEFINED_FUNCTION => {
                session.notice(Notice::info(format!(
                    "{what} \"{}\" does not exist and will be skipped",
                    name::written(object)
                )));
                continue;
            }
            Err(error) => return Err(error),
        };
        let snapshot = session.transaction()?.snapshot()?;
        let everywhere = if drop.procedure { "DROP PROCEDURE" } else { "DROP FUNCTION" };
        if !Access::of(&snapshot, session.info()).has_system(everywhere) {
            security::require_owner(session, &Object::Routine(routine.key()), what, &routine.name)?;
        }
        remove(session, &routine)?;
    }
    Ok(StatementResult::done(format!("DROP {}", what.to_uppercase())))
}

/// Removes a routine and what was granted on it.
pub fn remove(session: &mut Session, routine: &Routine) -> Result<()> {
    let transaction = session.transaction()?;
    routine.remove(transaction)?;
    security::privilege::forget(transaction, &Object::Routine(routine.key()))
}
