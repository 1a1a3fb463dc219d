//! Sizes: PG_TABLE_SIZE, PG_DATABASE_SIZE and their like, which psql shows with `\dt+` and `\l+`.

use std::sync::Arc;

use arrow::{
    array::StringViewBuilder,
    datatypes::{DataType, Int64Type},
};

use super::{context_function::ContextFunction, object_name};
use crate::{
    catalog::system_view::SystemContext,
    error::Error,
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
};

/// PG_TABLE_SIZE
pub static PG_TABLE_SIZE: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "pg_table_size",
        aliases: &["pg_relation_size", "pg_total_relation_size"],
        category: "catalog",
        description: "The bytes that a table takes.",
        arguments: &[("table", "its number or name")],
        example: "",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Int64),
    invoke: |context, call| {
        let by_name = call.kind(0) == Kind::Text;
        let tables = call.text(0)?;
        call.build::<Int64Type>(|row| {
            let Some(table) = tables.get(row) else { return Ok(None) };
            let number = if by_name { object_name::relation(context, table)? } else { table.parse().unwrap_or(0) };
            let Some(relation) = context.relation_or_index(number) else { return Ok(None) };
            Ok(Some(relation.stored().map_or(0, |table| table.size_bytes() as i64)))
        })
    },
};

/// PG_DATABASE_SIZE
pub static PG_DATABASE_SIZE: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "pg_database_size",
        aliases: &[],
        category: "catalog",
        description: "The bytes that the tables of a database take. Only the one connected to has tables.",
        arguments: &[("database", "its name or number")],
        example: "",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Int64),
    invoke: |context, call| {
        let names = call.text(0)?;
        let by_name = call.kind(0) == Kind::Text;
        let size = database_size(context);
        call.build::<Int64Type>(|row| {
            let ours = names.get(row).map(|name| !by_name || name == context.database());
            Ok(ours.map(|ours| if ours { size } else { 0 }))
        })
    },
};

/// PG_TABLESPACE_SIZE
pub static PG_TABLESPACE_SIZE: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "pg_tablespace_size",
        aliases: &[],
        category: "catalog",
        description: "The bytes that the tables in a tablespace take: all of them are in pg_default.",
        arguments: &[("tablespace", "its number or name")],
        example: "",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Int64),
    invoke: |context, call| {
        let names = call.text(0)?;
        let size = database_size(context);
        call.build::<Int64Type>(|row| {
            let default = names.get(row).map(|name| matches!(name, "1663" | "pg_default"));
            Ok(default.map(|default| if default { size } else { 0 }))
        })
    },
};

fn database_size(context: &SystemContext) -> i64 {
    context.relations().iter().filter_map(|relation| relation.stored()).map(|table| table.size_bytes() as i64).sum()
}

/// PG_SIZE_PRETTY
pub static PG_SIZE_PRETTY: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "pg_size_pretty",
        aliases: &[],
        category: "catalog",
        description: "A number of bytes with a unit.",
        arguments: &[("bytes", "the number")],
        example: "select pg_size_pretty(20480); -- 20 kB",
    },
    arity: (1, 1),
    returns: |_| Ok(DataType::Utf8View),
    invoke: |call| {
        let bytes = call.int(0)?;
        let mut builder = StringViewBuilder::with_capacity(call.rows);
        for row in 0..call.rows {
            builder.append_option(bytes.get(row).map(pretty));
        }
        Ok::<_, Error>(Arc::new(builder.finish()))
    },
};

/// As PostgreSQL writes it: a unit is used from ten thousand of the smaller one on, and halves round up.
fn pretty(bytes: i64) -> String {
    let (mut value, mut unit) = (bytes, 0);
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    while value.unsigned_abs() >= 10 * 1024 && unit + 1 < UNITS.len() {
        value = (value + value.signum() * 512) / 1024;
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn sizes_have_units() {
        let sizes = [0, 10_239, 10_240, 1 << 20, 1 << 24, -20_480];
        assert_eq!(sizes.map(pretty), ["0 bytes", "10239 bytes", "10 kB", "1024 kB", "16 MB", "-20 kB"]);
    }
}
