//! SHOW PROCEDURE, SHOW FUNCTION, SHOW PROCEDURES, SHOW FUNCTIONS, SHOW PARAMETERS.

use blueshift_sql::ast::{DataType, ObjectName, ShowFilter};

use super::{check_database, listed, name, rows, schema};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::routine::{RoutineItem, of_users},
        pg_type,
        value::{INT4, TEXT, VARCHAR128},
    },
    error::{Error, Result},
    routine::catalog::argument_type,
    session::StatementResult,
    types::RedshiftType,
};

/// The routines of a name.
fn find(
    context: &SystemContext,
    procedure: bool,
    wanted: &ObjectName,
    types: Option<&[DataType]>,
) -> Result<Vec<RoutineItem>> {
    if let Some(database) = wanted.database() {
        check_database(context, database)?;
    }
    let types = types.map(|types| types.iter().map(argument_type).collect::<Result<Vec<_>>>()).transpose()?;
    let bare = |name: &str| name.split('(').next().unwrap_or(name).to_owned();
    let visible = context.visible_schemas();
    let all = of_users(context).into_iter().filter(|routine| {
        let in_schema = match wanted.schema() {
            Some(schema) => routine.schema == schema,
            None => visible.contains(&routine.schema.as_str()),
        };
        let same_types = types
            .as_ref()
            .is_none_or(|types| routine.input_types().map(bare).eq(types.iter().map(|data_type| bare(data_type))));
        routine.procedure == procedure && routine.name == wanted.name() && in_schema && same_types
    });
    let found: Vec<RoutineItem> = all.collect();
    if found.is_empty() {
        let what = if procedure { "procedure" } else { "function" };
        let list = types.map(|types| types.join(", ")).unwrap_or_default();
        return Err(Error::new(
            crate::error::SqlState::UNDEFINED_FUNCTION,
            format!("{what} {}({list}) does not exist", name::written(wanted)),
        ));
    }
    Ok(found)
}

/// SHOW PROCEDURE, SHOW FUNCTION
pub fn definition(
    context: &SystemContext,
    procedure: bool,
    wanted: &ObjectName,
    types: Option<&[DataType]>,
) -> Result<StatementResult> {
    let found = find(context, procedure, wanted, types)?;
    let column = if procedure { "Stored Procedure Definition" } else { "Function Definition" };
    let list = found.iter().map(|routine| vec![routine.shown().into()]);
    rows(&[(column, TEXT)], list.collect())
}

fn bare_type(type_name: &str) -> &str {
    type_name.split('(').next().unwrap_or(type_name)
}

fn name_column(procedures: bool) -> &'static str {
    if procedures { "procedure_name" } else { "function_name" }
}

/// The columns of SHOW PROCEDURES and SHOW FUNCTIONS.
pub(super) fn list_columns(procedures: bool) -> [(&'static str, RedshiftType); 6] {
    [
        ("database_name", VARCHAR128),
        ("schema_name", VARCHAR128),
        (name_column(procedures), VARCHAR128),
        ("number_of_arguments", INT4),
        ("argument_list", TEXT),
        ("return_type", VARCHAR128),
    ]
}

/// The columns of SHOW PARAMETERS.
pub(super) fn parameter_columns(procedure: bool) -> [(&'static str, RedshiftType); 10] {
    [
        ("database_name", VARCHAR128),
        ("schema_name", VARCHAR128),
        (name_column(procedure), VARCHAR128),
        ("parameter_name", VARCHAR128),
        ("ordinal_position", INT4),
        ("parameter_type", VARCHAR128),
        ("data_type", VARCHAR128),
        ("character_maximum_length", INT4),
        ("numeric_precision", INT4),
        ("numeric_scale", INT4),
    ]
}

/// SHOW PROCEDURES, SHOW FUNCTIONS
pub fn list(
    context: &SystemContext,
    procedures: bool,
    wanted: &ObjectName,
    filter: &ShowFilter,
) -> Result<StatementResult> {
    let schema = schema(context, wanted)?;
    let columns = list_columns(procedures);
    let found: Vec<RoutineItem> = of_users(context)
        .into_iter()
        .filter(|routine| routine.procedure == procedures && routine.schema == schema)
        .collect();
    let list = found.iter().map(|routine| {
        vec![
            context.database().into(),
            (&routine.schema).into(),
            (&routine.name).into(),
            routine.arguments.len().into(),
            // Types without lengths: Amazon's drivers give them back to SHOW PARAMETERS.
            routine.input_types().map(bare_type).collect::<Vec<_>>().join(", ").into(),
            (if procedures { None } else { Some(bare_type(&routine.returns)) }).into(),
        ]
    });
    listed(&columns, filter, 2, list.collect())
}

/// SHOW PARAMETERS
pub fn parameters(
    context: &SystemContext,
    procedure: bool,
    wanted: &ObjectName,
    types: &[DataType],
    filter: &ShowFilter,
) -> Result<StatementResult> {
    let columns = parameter_columns(procedure);
    let found = find(context, procedure, wanted, Some(types))?;
    let Some(routine) = found.first() else { return listed(&columns, filter, 3, vec![]) };
    let row = |place: usize, name: &str, mode: &'static str, type_name: &str| {
        let (known, modifier) = pg_type::of_name(type_name);
        let length = (matches!(known.oid, 1042 | 1043) && modifier >= 4).then_some(modifier - 4);
        let numeric = known.oid == 1700 && modifier >= 4;
        vec![
            context.database().into(),
            routine.schema.clone().into(),
            routine.name.clone().into(),
            name.to_owned().into(),
            place.into(),
            mode.into(),
            type_name.split('(').next().unwrap_or(type_name).to_owned().into(),
            length.into(),
            numeric.then_some((modifier - 4) >> 16).into(),
            numeric.then_some((modifier - 4) & 0xffff).into(),
        ]
    };
    let mut list = vec![];
    if !procedure {
        list.push(row(0, "", "RETURN", &routine.returns));
    }
    for (place, argument) in routine.arguments.iter().enumerate() {
        let mode = match argument.mode {
            "o" => "OUT",
            "b" => "INOUT",
            _ => "IN",
        };
        list.push(row(place + 1, &argument.name, mode, &argument.type_name));
    }
    listed(&columns, filter, 3, list)
}
