//! pg_settings.

use super::super::{
    value::*,
    view::{PG_CATALOG, View, col},
};

/// pg_settings: the session's parameters.
pub const PG_SETTINGS: View<(String, String)> = View {
    schema: PG_CATALOG,
    name: "pg_settings",
    items: |context| {
        let mut all: Vec<(String, String)> =
            context.bind.parameters.all().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        // Limits that PostgreSQL's drivers ask for.
        for (name, value) in [("max_index_keys", "32"), ("max_identifier_length", "127")] {
            all.push((name.to_owned(), value.to_owned()));
        }
        all.sort();
        Ok(all)
    },
    columns: &[
        col("name", TEXT, |_, s| (&s.0).into()),
        col("setting", TEXT, |_, s| (&s.1).into()),
        col("unit", TEXT, |_, _| Value::Null),
        col("category", TEXT, |_, _| "Client Connection Defaults".into()),
        col("short_desc", TEXT, |_, _| "".into()),
        col("extra_desc", TEXT, |_, _| Value::Null),
        col("context", TEXT, |_, _| "user".into()),
        col("vartype", TEXT, |_, s| {
            (match s.1.as_str() {
                "on" | "off" => "bool",
                text if text.parse::<i64>().is_ok() => "integer",
                _ => "string",
            })
            .into()
        }),
        col("source", TEXT, |_, _| "default".into()),
        col("min_val", TEXT, |_, _| Value::Null),
        col("max_val", TEXT, |_, _| Value::Null),
        // What psql compares settings with for `\dconfig`: every one counts as it was given.
        col("boot_val", TEXT, |_, s| (&s.1).into()),
        col("reset_val", TEXT, |_, s| (&s.1).into()),
    ],
};
