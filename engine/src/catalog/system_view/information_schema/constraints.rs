//! Constraints by the standard's views.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    item::{ConstraintItem, constraint},
    value::*,
    view::{INFORMATION_SCHEMA, View, col, none},
};
use crate::storage::metadata::ConstraintKind;

/// information_schema.table_constraints
pub const TABLE_CONSTRAINTS: View<ConstraintItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "table_constraints",
    items: |context| Ok(constraint::all(context)),
    columns: &[
        col("constraint_catalog", VARCHAR128, |context, _| context.database().into()),
        col("constraint_schema", VARCHAR128, |_, c| (&*c.relation.schema).into()),
        col("constraint_name", VARCHAR128, |_, c| c.name().into()),
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, c| (&*c.relation.schema).into()),
        col("table_name", VARCHAR128, |_, c| (&c.relation.name).into()),
        col("constraint_type", TEXT, |_, c| c.type_name().into()),
        col("is_deferrable", TEXT, |_, _| "NO".into()),
        col("initially_deferred", TEXT, |_, _| "NO".into()),
    ],
};

/// A column of a constraint.
pub struct KeyColumn {
    constraint: Arc<ConstraintItem>,
    place: usize,
}

impl KeyColumn {
    fn own(&self) -> Option<String> {
        self.constraint.columns().get(self.place).map(|name| (*name).to_owned())
    }

    fn target(&self) -> Option<String> {
        self.constraint.target_columns().get(self.place).map(|name| (*name).to_owned())
    }
}

fn key_columns(context: &SystemContext) -> Vec<KeyColumn> {
    let constraints = constraint::all(context).into_iter().map(Arc::new);
    constraints
        .flat_map(|constraint| {
            let places = 0..constraint.columns().len();
            places.map(move |place| KeyColumn { constraint: Arc::clone(&constraint), place })
        })
        .collect()
}

/// information_schema.key_column_usage
pub const KEY_COLUMN_USAGE: View<KeyColumn> = View {
    schema: INFORMATION_SCHEMA,
    name: "key_column_usage",
    items: |context| Ok(key_columns(context)),
    columns: &[
        col("constraint_catalog", VARCHAR128, |context, _| context.database().into()),
        col("constraint_schema", VARCHAR128, |_, k| (&*k.constraint.relation.schema).into()),
        col("constraint_name", VARCHAR128, |_, k| k.constraint.name().into()),
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, k| (&*k.constraint.relation.schema).into()),
        col("table_name", VARCHAR128, |_, k| (&k.constraint.relation.name).into()),
        col("column_name", VARCHAR128, |_, k| k.own().into()),
        col("ordinal_position", INT4, |_, k| (k.place + 1).into()),
    ],
};

/// information_schema.constraint_column_usage: the columns that a key makes unique, or that a
/// foreign key refers to.
pub const CONSTRAINT_COLUMN_USAGE: View<KeyColumn> = View {
    schema: INFORMATION_SCHEMA,
    name: "constraint_column_usage",
    items: |context| Ok(key_columns(context)),
    columns: &[
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, k| {
            (&*k.constraint.target.as_ref().unwrap_or(&k.constraint.relation).schema).into()
        }),
        col("table_name", VARCHAR128, |_, k| {
            (&k.constraint.target.as_ref().unwrap_or(&k.constraint.relation).name).into()
        }),
        col("column_name", VARCHAR128, |_, k| {
            (if k.constraint.target.is_some() { k.target() } else { k.own() }).into()
        }),
        col("constraint_catalog", VARCHAR128, |context, _| context.database().into()),
        col("constraint_schema", VARCHAR128, |_, k| (&*k.constraint.relation.schema).into()),
        col("constraint_name", VARCHAR128, |_, k| k.constraint.name().into()),
    ],
};

/// information_schema.constraint_table_usage
pub const CONSTRAINT_TABLE_USAGE: View<ConstraintItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "constraint_table_usage",
    items: |context| Ok(constraint::all(context)),
    columns: &[
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, c| (&*c.target.as_ref().unwrap_or(&c.relation).schema).into()),
        col("table_name", VARCHAR128, |_, c| (&c.target.as_ref().unwrap_or(&c.relation).name).into()),
        col("constraint_catalog", VARCHAR128, |context, _| context.database().into()),
        col("constraint_schema", VARCHAR128, |_, c| (&*c.relation.schema).into()),
        col("constraint_name", VARCHAR128, |_, c| c.name().into()),
    ],
};

/// information_schema.referential_constraints
pub const REFERENTIAL_CONSTRAINTS: View<ConstraintItem> = View {
    schema: INFORMATION_SCHEMA,
    name: "referential_constraints",
    items: |context| {
        let foreign = |item: &ConstraintItem| item.kind() == Some(ConstraintKind::Foreign);
        Ok(constraint::all(context).into_iter().filter(foreign).collect())
    },
    columns: &[
        col("constraint_catalog", VARCHAR128, |context, _| context.database().into()),
        col("constraint_schema", VARCHAR128, |_, c| (&*c.relation.schema).into()),
        col("constraint_name", VARCHAR128, |_, c| c.name().into()),
        col("unique_constraint_catalog", VARCHAR128, |context, c| {
            c.target_constraint().map(|_| context.database()).into()
        }),
        col("unique_constraint_schema", VARCHAR128, |_, c| {
            c.target_constraint().and(c.target.as_ref()).map(|target| &*target.schema).into()
        }),
        col("unique_constraint_name", VARCHAR128, |_, c| c.target_constraint().map(|unique| &unique.name).into()),
        col("match_option", TEXT, |_, _| "NONE".into()),
        col("update_rule", TEXT, |_, _| "NO ACTION".into()),
        col("delete_rule", TEXT, |_, _| "NO ACTION".into()),
    ],
};

/// information_schema.check_constraints: Redshift has none.
pub const CHECK_CONSTRAINTS: View<()> = View {
    schema: INFORMATION_SCHEMA,
    name: "check_constraints",
    items: none,
    columns: &[
        col("constraint_catalog", VARCHAR128, |_, _| Value::Null),
        col("constraint_schema", VARCHAR128, |_, _| Value::Null),
        col("constraint_name", VARCHAR128, |_, _| Value::Null),
        col("check_clause", TEXT, |_, _| Value::Null),
    ],
};
