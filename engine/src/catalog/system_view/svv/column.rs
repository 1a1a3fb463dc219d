//! SVV_COLUMNS, SVV_ALL_COLUMNS, SVV_REDSHIFT_COLUMNS.

use super::super::{
    context::SystemContext,
    declared::Filled,
    information_schema::columns::{data_type, numbers, yes_no},
    item::ColumnItem,
};
use crate::error::Result;

fn with_external(context: &SystemContext) -> Result<Vec<ColumnItem>> {
    Ok(context.relations_and_external()?.iter().flat_map(ColumnItem::of).collect())
}

/// Of users' schemas only: these views leave out pg_catalog and information_schema.
fn of_users(context: &SystemContext) -> Result<Vec<ColumnItem>> {
    let relations = context.relations_and_external()?;
    Ok(relations.iter().filter(|relation| !relation.is_system()).flat_map(ColumnItem::of).collect())
}

pub const SVV_COLUMNS: Filled<ColumnItem> = Filled {
    name: "svv_columns",
    items: with_external,
    values: &[
        ("table_catalog", |context, _| context.database().into()),
        ("table_schema", |_, c| (&*c.relation.schema).into()),
        ("table_name", |_, c| (&c.relation.name).into()),
        ("column_name", |_, c| c.name().into()),
        ("ordinal_position", |_, c| c.number().into()),
        ("column_default", |_, c| c.default().map(|text| text.into_owned()).into()),
        ("is_nullable", |_, c| yes_no(c.nullable()).into()),
        ("data_type", |_, c| data_type(c).into()),
        ("character_maximum_length", |_, c| numbers(c).length.into()),
        ("numeric_precision", |_, c| numbers(c).precision.into()),
        ("numeric_precision_radix", |_, c| numbers(c).radix.into()),
        ("numeric_scale", |_, c| numbers(c).scale.into()),
        ("datetime_precision", |_, c| numbers(c).datetime.into()),
        ("remarks", |context, c| c.comment(context).into()),
    ],
};

pub const SVV_ALL_COLUMNS: Filled<ColumnItem> = Filled {
    name: "svv_all_columns",
    items: of_users,
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, c| (&*c.relation.schema).into()),
        ("table_name", |_, c| (&c.relation.name).into()),
        ("column_name", |_, c| c.name().into()),
        ("ordinal_position", |_, c| c.number().into()),
        ("column_default", |_, c| c.default().map(|text| text.into_owned()).into()),
        ("is_nullable", |_, c| yes_no(c.nullable()).into()),
        ("data_type", |_, c| data_type(c).into()),
        ("character_maximum_length", |_, c| numbers(c).length.into()),
        ("numeric_precision", |_, c| numbers(c).precision.into()),
        ("numeric_scale", |_, c| numbers(c).scale.into()),
        ("remarks", |context, c| c.comment(context).into()),
    ],
};

pub const SVV_REDSHIFT_COLUMNS: Filled<ColumnItem> = Filled {
    name: "svv_redshift_columns",
    items: |context| {
        let relations = context.relations().iter();
        Ok(relations.filter(|relation| !relation.is_system()).flat_map(ColumnItem::of).collect())
    },
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, c| (&*c.relation.schema).into()),
        ("table_name", |_, c| (&c.relation.name).into()),
        ("column_name", |_, c| c.name().into()),
        ("ordinal_position", |_, c| c.number().into()),
        ("data_type", |_, c| c.type_name().into_owned().into()),
        ("column_default", |_, c| c.default().map(|text| text.into_owned()).into()),
        ("is_nullable", |_, c| yes_no(c.nullable()).into()),
        ("encoding", |_, c| c.encoding().into()),
        ("distkey", |_, c| c.is_dist_key().into()),
        ("sortkey", |_, c| c.sort_key_position().into()),
        ("column_acl", |_, _| "".into()),
        ("remarks", |context, c| c.comment(context).into()),
    ],
};
