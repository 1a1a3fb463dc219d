//! Functions and procedures.

use super::super::{
    item::{RoutineItem, principal, routine},
    pg_type,
    value::*,
    view::{Column, PG_CATALOG, View, col},
};

/// pg_proc
pub const PG_PROC: View<RoutineItem> =
    View { schema: PG_CATALOG, name: "pg_proc", items: |context| Ok(routine::all(context)), columns: COLUMNS };

/// pg_proc_info
pub const PG_PROC_INFO: View<RoutineItem> =
    View { schema: PG_CATALOG, name: "pg_proc_info", items: |context| Ok(routine::all(context)), columns: COLUMNS };

const COLUMNS: &[Column<RoutineItem>] = &[
    col("oid", OID, |_, r| r.oid.into()),
    col("prooid", OID, |_, r| r.oid.into()),
    col("proname", NAME, |_, r| (&r.name).into()),
    col("pronamespace", OID, |_, r| r.schema_oid.into()),
    col("proowner", INT4, |_, r| r.owner.into()),
    col("prolang", OID, |_, r| language(&r.language).into()),
    col("proisagg", BOOL, |_, r| r.aggregate.into()),
    col("proiswindow", BOOL, |_, r| r.window.into()),
    col("prosecdef", BOOL, |_, r| r.security_definer.into()),
    col("proisstrict", BOOL, |_, _| false.into()),
    col("proretset", BOOL, |_, _| false.into()),
    col("provolatile", CHAR, |_, r| r.volatility.into()),
    col("prokind", CHAR, |_, r| {
        (if r.procedure {
            "p"
        } else if r.aggregate {
            "a"
        } else {
            "f"
        })
        .into()
    }),
    col("pronargs", INT2, |_, r| r.input_types().count().into()),
    col("prorettype", OID, |_, r| (if r.procedure { 0 } else { type_oid(&r.returns) }).into()),
    col("proargtypes", OIDVECTOR, |_, r| r.input_types().map(type_oid).collect::<Vec<i64>>().into()),
    col("proallargtypes", OID_ARRAY, |_, r| {
        r.arguments.iter().map(|argument| type_oid(&argument.type_name)).collect::<Vec<i64>>().into()
    }),
    col("proargmodes", TEXT_ARRAY, |_, r| {
        let out = r.arguments.iter().any(|argument| argument.mode != "i");
        out.then(|| r.arguments.iter().map(|argument| argument.mode.to_owned()).collect::<Vec<String>>()).into()
    }),
    col("proargnames", TEXT_ARRAY, |_, r| {
        let named = r.arguments.iter().any(|argument| !argument.name.is_empty());
        named.then(|| r.arguments.iter().map(|argument| argument.name.clone()).collect::<Vec<String>>()).into()
    }),
    col("prosrc", TEXT, |_, r| (&r.body).into()),
    col("probin", TEXT, |_, _| Value::Null),
    col("proconfig", TEXT_ARRAY, |_, _| Value::Null),
    col("proacl", ACL_ARRAY, |context, r| super::class::non_empty(principal::routine_acl(context, r))),
];

fn type_oid(name: &str) -> i64 {
    pg_type::of_name(name).0.oid
}

/// The number of a language in pg_language.
fn language(name: &str) -> i64 {
    match name {
        "internal" => 12,
        "sql" => 14,
        "plpgsql" => 101_857,
        "plpythonu" => 101_858,
        _ => 13,
    }
}
