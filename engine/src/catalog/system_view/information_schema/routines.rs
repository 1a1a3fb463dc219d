//! information_schema.routines and parameters.

use std::sync::Arc;

use super::super::{
    item::{RoutineItem, routine},
    value::*,
    view::{INFORMATION_SCHEMA, View, col},
};

/// information_schema.routines
pub const ROUTINES: View<RoutineItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "routines",
    items: |context| Ok(routine::all(context)),
    columns: &[
        col("specific_catalog", VARCHAR128, |context, _| context.database().into()),
        col("specific_schema", VARCHAR128, |_, r| (&r.schema).into()),
        col("specific_name", VARCHAR128, |_, r| format!("{}_{}", r.name, r.oid).into()),
        col("routine_catalog", VARCHAR128, |context, _| context.database().into()),
        col("routine_schema", VARCHAR128, |_, r| (&r.schema).into()),
        col("routine_name", VARCHAR128, |_, r| (&r.name).into()),
        col("routine_type", TEXT, |_, r| (if r.procedure { "PROCEDURE" } else { "FUNCTION" }).into()),
        col("data_type", TEXT, |_, r| r.returns.trim_matches('"').to_owned().into()),
        col("routine_body", TEXT, |_, r| (if r.language == "sql" { "SQL" } else { "EXTERNAL" }).into()),
        col("routine_definition", TEXT, |_, r| (&r.body).into()),
        col("external_name", TEXT, |_, _| Value::Null),
        col("external_language", TEXT, |_, r| r.language.to_uppercase().into()),
        col("parameter_style", TEXT, |_, _| "GENERAL".into()),
        col("is_deterministic", TEXT, |_, r| (if r.volatility == "i" { "YES" } else { "NO" }).into()),
        col("sql_data_access", TEXT, |_, _| "MODIFIES".into()),
        col("is_null_call", TEXT, |_, _| "NO".into()),
        col("security_type", TEXT, |_, _| "INVOKER".into()),
    ],
};

/// An argument of a routine.
pub struct Parameter {
    routine: Arc<RoutineItem>,
    place: usize,
}

/// information_schema.parameters
pub const PARAMETERS: View<Parameter> = View {
    schema: INFORMATION_SCHEMA,
    name: "parameters",
    items: |context| {
        let routines = routine::of_users(context).into_iter().map(Arc::new);
        Ok(routines
            .flat_map(|routine| {
                let places = 0..routine.arguments.len();
                places.map(move |place| Parameter { routine: Arc::clone(&routine), place })
            })
            .collect())
    },
    columns: &[
        col("specific_catalog", VARCHAR128, |context, _| context.database().into()),
        col("specific_schema", VARCHAR128, |_, p| (&p.routine.schema).into()),
        col("specific_name", VARCHAR128, |_, p| format!("{}_{}", p.routine.name, p.routine.oid).into()),
        col("ordinal_position", INT4, |_, p| (p.place + 1).into()),
        col("parameter_mode", TEXT, |_, p| {
            (match p.routine.arguments[p.place].mode {
                "o" => "OUT",
                "b" => "INOUT",
                _ => "IN",
            })
            .into()
        }),
        col("parameter_name", VARCHAR128, |_, p| (&p.routine.arguments[p.place].name).into()),
        col("data_type", TEXT, |_, p| (&p.routine.arguments[p.place].type_name).into()),
    ],
};
