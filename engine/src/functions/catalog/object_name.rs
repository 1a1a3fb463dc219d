//! Names to numbers and back: what casts to `regclass`, `regtype`, `regproc`, `regnamespace` mean.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, ListBuilder, StringViewBuilder},
    datatypes::{DataType, Field, Int64Type},
};
use datafusion::common::TableReference;

use super::context_function::ContextFunction;
use crate::{
    catalog::system_view::{
        SystemContext,
        item::{ColumnItem, relation::quoted, routine, schema},
        pg_type,
    },
    error::{Error, Result, SqlState},
    functions::{arguments::Kind, definition::Documentation},
};

/// Parts of a name as SQL writes it, folded.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut chars) = (false, name.trim().chars().peekable());
    while let Some(c) = chars.next() {
        let last = parts.len() - 1;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                parts[last].push('"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts[last].push(c.to_ascii_lowercase()),
        }
    }
    parts
}

/// The number of a relation by name, as `'name'::regclass` finds it.
///
/// Errors: 42P01, 3F000.
pub fn relation(context: &SystemContext, name: &str) -> Result<i64> {
    if let Ok(number) = name.trim().parse() {
        return Ok(number);
    }
    let parts = parts(name);
    let reference = match parts.as_slice() {
        [table] => TableReference::bare(table.as_str()),
        [schema, table] => TableReference::partial(schema.as_str(), table.as_str()),
        [database, schema, table] => TableReference::full(database.as_str(), schema.as_str(), table.as_str()),
        _ => return Err(Error::undefined_table(name)),
    };
    let found = find(context, &reference);
    found.ok_or_else(|| match reference.schema() {
        Some(missing) if !schema::all(context).iter().any(|schema| schema.name == missing) => {
            Error::undefined_schema(missing)
        }
        _ => Error::undefined_table(name),
    })
}

fn find(context: &SystemContext, name: &TableReference) -> Option<i64> {
    let within = |schema: &str| {
        let relations = context.relations().iter();
        relations.filter(|relation| &*relation.schema == schema).find(|relation| relation.name == name.table())
    };
    let found = match name.schema() {
        Some(schema) => within(schema),
        None => context.visible_schemas().into_iter().find_map(within),
    };
    found.map(|relation| relation.oid)
}

/// The number of the object of a kind by name.
fn number(context: &SystemContext, kind: &str, name: &str) -> Result<i64> {
    if let Ok(number) = name.trim().parse() {
        return Ok(number);
    }
    let undefined = |what: &str| Error::new(SqlState::UNDEFINED_OBJECT, format!("{what} \"{name}\" does not exist"));
    match kind {
        "regclass" => relation(context, name),
        "regtype" => {
            let bare = name.trim().trim_start_matches("pg_catalog.").to_lowercase();
            let (found, _) = pg_type::of_name(bare.trim_matches('"'));
            if found.oid == 705 { Err(undefined("type")) } else { Ok(found.oid) }
        }
        "regnamespace" => {
            let found = schema::all(context).into_iter().find(|schema| parts(name) == [schema.name.as_str()]);
            found.map(|schema| schema.oid).ok_or_else(|| Error::undefined_schema(name))
        }
        "regrole" => {
            let found = context.principals().iter().find(|principal| parts(name) == [principal.name.as_str()]);
            found.map(|principal| principal.id).ok_or_else(|| undefined("role"))
        }
        _ => {
            let name_parts = parts(name.split('(').next().unwrap_or(name));
            let bare = name_parts.last().map(String::as_str).unwrap_or_default();
            let found = routine::all(context).into_iter().find(|routine| {
                routine.name == bare && (name_parts.len() < 2 || name_parts[name_parts.len() - 2] == routine.schema)
            });
            found.map(|routine| routine.oid).ok_or_else(|| Error::undefined_function(name))
        }
    }
}

/// The name of the object of a kind by number; the number itself when there is none.
fn name(context: &SystemContext, kind: &str, number: i64) -> String {
    let found = match kind {
        "regclass" => context.relation_or_index(number).map(|relation| {
            let visible = find(context, &TableReference::bare(relation.name.as_str())) == Some(number);
            let name = quoted(&relation.name);
            if visible { name.into_owned() } else { format!("{}.{name}", quoted(&relation.schema)) }
        }),
        "regtype" => pg_type::by_oid(number).map(|known| known.sql_name.to_owned()),
        "regnamespace" => {
            schema::all(context).into_iter().find(|schema| schema.oid == number).map(|schema| schema.name)
        }
        "regrole" => context.user_name(number).map(str::to_owned),
        _ => routine::all(context).into_iter().find(|routine| routine.oid == number).map(|routine| {
            if kind == "regprocedure" { format!("{}({})", routine.name, routine.signature()) } else { routine.name }
        }),
    };
    found.unwrap_or_else(|| if number == 0 { "-".to_owned() } else { number.to_string() })
}

const ARGUMENTS: &[(&str, &str)] = &[("kind", "regclass, regtype, …"), ("object", "its name or number")];

/// The number of an object: `'name'::regclass::oid`.
pub static OBJECT_NUMBER: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "object number",
        aliases: &[],
        category: "catalog",
        description: "The number of the object of a name.",
        arguments: ARGUMENTS,
        example: "",
    },
    arity: (2, 2),
    returns: |_| Ok(DataType::Int64),
    invoke: |context, call| {
        let (kinds, names) = (call.text(0)?, call.text(1)?);
        call.build::<Int64Type>(|row| match (kinds.get(row), names.get(row)) {
            (Some(kind), Some(name)) => number(context, kind, name).map(Some),
            _ => Ok(None),
        })
    },
};

/// The name of an object: `oid::regclass`, shown.
pub static OBJECT_NAME: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "object name",
        aliases: &[],
        category: "catalog",
        description: "The name of the object of a number.",
        arguments: ARGUMENTS,
        example: "",
    },
    arity: (2, 2),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |context, call| {
        let by_name = call.kind(1) == Kind::Text;
        let (kinds, names) = (call.text(0)?, call.text(1)?);
        call.write_text(|row, out| {
            let (Some(kind), Some(given)) = (kinds.get(row), names.get(row)) else { return Ok(false) };
            let number = if by_name { number(context, kind, given)? } else { given.parse().unwrap_or(0) };
            out.push_str(&name(context, kind, number));
            Ok(true)
        })
    },
};

/// The columns of a view as records: PG_GET_COLS, PG_GET_LATE_BINDING_VIEW_COLS in a select list.
pub static VIEW_COLUMNS: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "view columns",
        aliases: &[],
        category: "catalog",
        description: "Schema, name, column, type and number of each column of a view, or of all late-binding views.",
        arguments: &[("view", "its name")],
        example: "",
    },
    arity: (0, 1),
    returns: |_| Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true)))),
    invoke: |context, call| {
        let columns = if call.count() > 0 {
            let name = call.constant_text(0)?.unwrap_or_default();
            columns_of(context, &name)?
        } else {
            late_binding_columns(context)
        };
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for _ in 0..call.rows {
            for column in &columns {
                builder.values().append_value(record(column));
            }
            builder.append(true);
        }
        let list: ArrayRef = Arc::new(builder.finish());
        Ok(list)
    },
};

fn record(column: &ColumnItem) -> String {
    let type_name = column.type_name();
    let type_name = if type_name.contains([',', ' ']) { format!("\"{type_name}\"") } else { type_name.into_owned() };
    let relation = &column.relation;
    format!("({},{},{},{type_name},{})", relation.schema, relation.name, column.name(), column.number())
}

/// The columns of a relation by name.
pub fn columns_of(context: &SystemContext, name: &str) -> Result<Vec<ColumnItem>> {
    let number = relation(context, name)?;
    Ok(context.relation(number).into_iter().flat_map(ColumnItem::of).collect())
}

/// The columns of all late-binding views.
pub fn late_binding_columns(context: &SystemContext) -> Vec<ColumnItem> {
    context.relations().iter().filter(|relation| relation.is_late_binding()).flat_map(ColumnItem::of).collect()
}
