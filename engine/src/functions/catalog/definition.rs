//! Objects as SQL: PG_GET_VIEWDEF, PG_GET_CONSTRAINTDEF, PG_GET_INDEXDEF, PG_GET_EXPR, PG_GET_USERBYID, …

use arrow::{array::ArrayRef, datatypes::DataType};

use super::{context_function::ContextFunction, object_name};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::{RoutineItem, constraint, routine},
    },
    error::Result,
    functions::{
        arguments::{Call, Kind},
        definition::Documentation,
    },
};

macro_rules! definition {
    ($constant:ident, $name:literal, $aliases:expr, $description:literal, $argument:literal, $arity:expr, $value:expr) => {
        #[doc = $description]
        pub static $constant: ContextFunction = ContextFunction {
            documentation: Documentation {
                name: $name,
                aliases: $aliases,
                category: "catalog",
                description: $description,
                arguments: &[("object", $argument)],
                example: "",
            },
            arity: $arity,
            returns: |_| Ok(DataType::Utf8View),
            invoke: |context, call| by_number(context, call, $value),
        };
    };
}

/// For each row the text that belongs to the object of the first argument.
fn by_number(
    context: &SystemContext,
    call: &Call,
    text: fn(&SystemContext, i64) -> Option<String>,
) -> Result<ArrayRef> {
    let numbers = call.int(0)?;
    call.write_text(|row, out| {
        let found = numbers.get(row).and_then(|number| text(context, number));
        out.push_str(found.as_deref().unwrap_or_default());
        Ok(found.is_some())
    })
}

/// PG_GET_VIEWDEF: by number or by name.
pub static PG_GET_VIEWDEF: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "pg_get_viewdef",
        aliases: &[],
        category: "catalog",
        description: "The query of a view.",
        arguments: &[("view", "its number or its name")],
        example: "select pg_get_viewdef('myview', true);",
    },
    arity: (1, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let by_name = call.kind(0) == Kind::Text;
        let names = call.text(0)?;
        call.write_text(|row, out| {
            let Some(name) = names.get(row) else { return Ok(false) };
            let number = if by_name { Some(object_name::relation(context, name)?) } else { name.parse().ok() };
            let definition = number.and_then(|number| context.relation(number)).and_then(|view| view.definition());
            out.push_str(definition.as_deref().unwrap_or("Not a view"));
            Ok(true)
        })
    },
};

definition!(PG_GET_RULEDEF, "pg_get_ruledef", &[], "The rule of a view.", "its number", (1, 2), |context, number| {
    let view = context.relations().iter().find(|relation| relation.rule() == Some(number))?;
    let query = view.definition()?;
    Some(format!("CREATE RULE \"_RETURN\" AS ON SELECT TO {} DO INSTEAD {query}", view.name))
});

definition!(
    PG_GET_CONSTRAINTDEF,
    "pg_get_constraintdef",
    &[],
    "A constraint as SQL.",
    "its number",
    (1, 2),
    |context, number| {
        constraint::all(context).iter().find(|item| item.oid() == number).map(|item| item.definition())
    }
);

definition!(
    PG_GET_INDEXDEF,
    "pg_get_indexdef",
    &[],
    "The index that PostgreSQL would keep for a key.",
    "its number",
    (1, 3),
    |context, number| {
        let keys = constraint::keys(context);
        keys.iter().find(|item| item.index_oid() == number).map(|item| item.index_definition())
    }
);

definition!(
    PG_GET_USERBYID,
    "pg_get_userbyid",
    &[],
    "A user's name.",
    "the user's number",
    (1, 1),
    |context, number| {
        Some(context.user_name(number).map_or_else(|| format!("unknown (OID={number})"), str::to_owned))
    }
);

definition!(
    PG_GET_TRIGGERDEF,
    "pg_get_triggerdef",
    &[],
    "A trigger as SQL: NULL, there are no triggers.",
    "its number",
    (1, 2),
    |_, _| None::<String>
);

fn routine_of(context: &SystemContext, number: i64) -> Option<RoutineItem> {
    routine::all(context).into_iter().find(|routine| routine.oid == number)
}

definition!(
    PG_GET_FUNCTION_RESULT,
    "pg_get_function_result",
    &[],
    "The type of a function's result.",
    "its number",
    (1, 1),
    |context, number| { routine_of(context, number).map(|routine| routine.returns) }
);

definition!(
    PG_GET_FUNCTION_ARGUMENTS,
    "pg_get_function_arguments",
    &["pg_get_function_identity_arguments"],
    "A function's arguments.",
    "its number",
    (1, 1),
    |context, number| { routine_of(context, number).map(|routine| routine.argument_list()) }
);

definition!(
    PG_GET_FUNCTIONDEF,
    "pg_get_functiondef",
    &[],
    "A function or procedure as SQL.",
    "its number",
    (1, 1),
    |context, number| { routine_of(context, number).map(|routine| routine.definition()) }
);

/// PG_GET_EXPR: expressions of the catalog are SQL already.
pub static PG_GET_EXPR: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "pg_get_expr",
        aliases: &[],
        category: "catalog",
        description: "An expression of the catalog (a default) as SQL.",
        arguments: &[("expression", "pg_attrdef.adbin"), ("relation", "the number of its relation")],
        example: "",
    },
    arity: (2, 3),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |_, call| {
        let texts = call.text(0)?;
        call.build_text(|row| Ok(texts.get(row)))
    },
};
