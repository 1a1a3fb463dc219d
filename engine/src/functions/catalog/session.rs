//! What the session knows: CURRENT_SCHEMAS, CURRENT_SETTING, PG_LAST_QUERY_ID, PG_LAST_COPY_ID,
//! PG_LAST_COPY_COUNT, PG_LAST_UNLOAD_ID, PG_LAST_UNLOAD_COUNT.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, ListBuilder, StringViewBuilder},
    datatypes::{DataType, Field, Int32Type, Int64Type},
};

use super::context_function::ContextFunction;
use crate::{
    catalog::system_view::{SystemContext, view::PG_CATALOG},
    error::{Error, Result, SqlState},
    functions::definition::Documentation,
    session::FinishedQuery,
};

/// CURRENT_SCHEMAS
pub static CURRENT_SCHEMAS: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "current_schemas",
        aliases: &[],
        category: "catalog",
        description: "The schemas of the search path that exist, optionally with those of the system. On the leader node only.",
        arguments: &[("include_implicit", "whether pg_catalog and the temporary schema are among them")],
        example: "select current_schemas(false); -- {public}",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true)))),
    invoke: |context, call| {
        let implicit = call.boolean(0)?;
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for row in 0..call.rows {
            let Some(implicit) = implicit.get(row) else {
                builder.append(false);
                continue;
            };
            for schema in context.visible_schemas() {
                let is_implicit = schema == PG_CATALOG || context.bind.temporary_schema.as_deref() == Some(schema);
                let there = is_implicit || context.bind.snapshot.schema(schema).is_some();
                if there && (implicit || !is_implicit) {
                    builder.values().append_value(schema);
                }
            }
            builder.append(true);
        }
        let list: ArrayRef = Arc::new(builder.finish());
        Ok(list)
    },
};

/// CURRENT_SETTING
pub static CURRENT_SETTING: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "current_setting",
        aliases: &[],
        category: "catalog",
        description: "The value of a session parameter.",
        arguments: &[
            ("parameter", "its name"),
            ("error_if_undefined", "false: NULL, not an error, for a parameter that is not there"),
        ],
        example: "select current_setting('query_group'); -- unset",
    },
    arity: (1, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let names = call.text(0)?;
        let strict = if call.count() > 1 { Some(call.boolean(1)?) } else { None };
        call.write_text(|row, out| {
            let Some(name) = names.get(row) else { return Ok(false) };
            let name = name.trim().to_lowercase();
            match context.bind.parameters.get(&name) {
                Some(value) => {
                    out.push_str(value);
                    Ok(true)
                }
                None if strict.as_ref().is_some_and(|strict| strict.get(row) == Some(false)) => Ok(false),
                None => Err(Error::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!("unrecognized configuration parameter \"{name}\""),
                )),
            }
        })
    },
};

/// The session's last statement with one of these commands.
fn last(context: &SystemContext, wanted: fn(&FinishedQuery) -> bool) -> Option<Arc<FinishedQuery>> {
    let process = context.bind.session.process_id;
    let mut finished = context.bind.registry.finished_queries();
    finished.reverse();
    finished.into_iter().find(|query| query.process_id == process && query.error.is_none() && wanted(query))
}

fn begins_with(query: &FinishedQuery, word: &str) -> bool {
    query.command.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

macro_rules! last {
    ($constant:ident, $name:literal, $description:literal, $type:ty, $arrow:expr, $value:expr) => {
        #[doc = $description]
        pub static $constant: ContextFunction = ContextFunction {
            documentation: Documentation {
                name: $name,
                aliases: &[],
                category: "catalog",
                description: $description,
                arguments: &[],
                example: concat!("select ", $name, "();"),
            },
            arity: (0, 0),
            returns: |_| Ok($arrow),
            invoke: |context, call| {
                let number: fn(
                    &SystemContext,
                ) -> Result<Option<<$type as arrow::datatypes::ArrowPrimitiveType>::Native>> = $value;
                let number = number(context)?;
                call.build::<$type>(|_| Ok(number))
            },
        };
    };
}

fn id(query: Option<Arc<FinishedQuery>>) -> Result<Option<i32>> {
    Ok(Some(query.map_or(-1, |query| i32::try_from(query.query_id).unwrap_or(i32::MAX))))
}

last!(
    PG_LAST_QUERY_ID,
    "pg_last_query_id",
    "The number of the session's last query; -1 when there was none.",
    Int32Type,
    DataType::Int32,
    |context| id(last(context, |query| {
        ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD"].iter().any(|word| begins_with(query, word))
    }))
);

last!(
    PG_LAST_COPY_ID,
    "pg_last_copy_id",
    "The number of the session's last COPY; -1 when there was none.",
    Int32Type,
    DataType::Int32,
    |context| id(last(context, |query| begins_with(query, "COPY")))
);

last!(
    PG_LAST_UNLOAD_ID,
    "pg_last_unload_id",
    "The number of the session's last UNLOAD; -1 when there was none.",
    Int32Type,
    DataType::Int32,
    |context| id(last(context, |query| begins_with(query, "UNLOAD")))
);

last!(
    PG_LAST_COPY_COUNT,
    "pg_last_copy_count",
    "The rows of the session's last COPY; 0 when there was none.",
    Int64Type,
    DataType::Int64,
    |context| Ok(Some(last(context, |query| begins_with(query, "COPY")).map_or(0, |query| query.rows as i64)))
);

last!(
    PG_LAST_UNLOAD_COUNT,
    "pg_last_unload_count",
    "The rows of the session's last UNLOAD; 0 when there was none.",
    Int64Type,
    DataType::Int64,
    |context| Ok(Some(last(context, |query| begins_with(query, "UNLOAD")).map_or(0, |query| query.rows as i64)))
);
