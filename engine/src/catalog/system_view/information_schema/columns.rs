//! information_schema.columns, and what SVV_COLUMNS shares with it.

use super::super::{
    item::{ColumnItem, column},
    pg_type,
    value::*,
    view::{INFORMATION_SCHEMA, View, col},
};

/// information_schema.columns
pub const COLUMNS: View<ColumnItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "columns",
    items: |context| Ok(column::all(context)),
    columns: &[
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, c| (&*c.relation.schema).into()),
        col("table_name", VARCHAR128, |_, c| (&c.relation.name).into()),
        col("column_name", VARCHAR128, |_, c| c.name().into()),
        col("ordinal_position", INT4, |_, c| c.number().into()),
        col("column_default", TEXT, |_, c| c.default().map(|text| text.into_owned()).into()),
        col("is_nullable", TEXT, |_, c| yes_no(c.nullable()).into()),
        col("data_type", TEXT, |_, c| data_type(c).into()),
        col("character_maximum_length", INT4, |_, c| numbers(c).length.into()),
        col("character_octet_length", INT4, |_, c| numbers(c).length.into()),
        col("numeric_precision", INT4, |_, c| numbers(c).precision.into()),
        col("numeric_precision_radix", INT4, |_, c| numbers(c).radix.into()),
        col("numeric_scale", INT4, |_, c| numbers(c).scale.into()),
        col("datetime_precision", INT4, |_, c| numbers(c).datetime.into()),
        col("interval_type", TEXT, |_, _| Value::Null),
        col("interval_precision", TEXT, |_, _| Value::Null),
        col("character_set_catalog", VARCHAR128, |_, _| Value::Null),
        col("character_set_schema", VARCHAR128, |_, _| Value::Null),
        col("character_set_name", VARCHAR128, |_, _| Value::Null),
        col("collation_catalog", VARCHAR128, |_, _| Value::Null),
        col("collation_schema", VARCHAR128, |_, _| Value::Null),
        col("collation_name", VARCHAR128, |_, _| Value::Null),
        col("domain_catalog", VARCHAR128, |_, _| Value::Null),
        col("domain_schema", VARCHAR128, |_, _| Value::Null),
        col("domain_name", VARCHAR128, |_, _| Value::Null),
        col("udt_catalog", VARCHAR128, |context, _| context.database().into()),
        col("udt_schema", VARCHAR128, |_, _| "pg_catalog".into()),
        col("udt_name", VARCHAR128, |_, c| pg_type::of_name(&c.type_name()).0.name.into()),
        col("scope_catalog", VARCHAR128, |_, _| Value::Null),
        col("scope_schema", VARCHAR128, |_, _| Value::Null),
        col("scope_name", VARCHAR128, |_, _| Value::Null),
        col("maximum_cardinality", INT4, |_, _| Value::Null),
        col("dtd_identifier", VARCHAR128, |_, c| c.number().to_string().into()),
        col("is_self_referencing", TEXT, |_, _| "NO".into()),
    ],
};

/// `YES` or `NO`
pub fn yes_no(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

/// A type without its length; arrays are just that.
pub fn data_type(column: &ColumnItem) -> String {
    let name = column.type_name();
    if name.ends_with("[]") {
        return "ARRAY".to_owned();
    }
    name.split('(').next().unwrap_or_default().trim_end().to_owned()
}

/// Lengths and precisions of a column.
#[derive(Debug, Default)]
pub struct TypeNumbers {
    /// Of strings, in bytes.
    pub length: Option<i64>,
    /// Of numbers.
    pub precision: Option<i64>,
    /// 2 or 10.
    pub radix: Option<i64>,
    /// Of exact numbers.
    pub scale: Option<i64>,
    /// Fractional digits of seconds.
    pub datetime: Option<i64>,
}

/// Lengths and precisions of a column's type.
pub fn numbers(column: &ColumnItem) -> TypeNumbers {
    let (found, modifier) = pg_type::of_name(&column.type_name());
    let binary =
        |precision, scale| TypeNumbers { precision: Some(precision), radix: Some(2), scale, ..Default::default() };
    match found.oid {
        21 => binary(16, Some(0)),
        23 => binary(32, Some(0)),
        20 => binary(64, Some(0)),
        700 => binary(24, None),
        701 => binary(53, None),
        1700 if modifier >= 4 => TypeNumbers {
            precision: Some((modifier - 4) >> 16),
            radix: Some(10),
            scale: Some((modifier - 4) & 0xffff),
            ..Default::default()
        },
        1042 | 1043 if modifier >= 4 => TypeNumbers { length: Some(modifier - 4), ..Default::default() },
        1082 => TypeNumbers { datetime: Some(0), ..Default::default() },
        1083 | 1114 | 1184 | 1266 => TypeNumbers { datetime: Some(6), ..Default::default() },
        _ => TypeNumbers::default(),
    }
}
