//! SVV_TABLES, SVV_ALL_TABLES, SVV_REDSHIFT_TABLES.

use std::sync::Arc;

use super::super::{
    declared::Filled,
    item::{RelationItem, RelationKind, principal},
};

pub const SVV_TABLES: Filled<Arc<RelationItem>> = Filled {
    name: "svv_tables",
    items: |context| context.relations_and_external(),
    values: &[
        ("table_catalog", |context, _| context.database().into()),
        ("table_schema", |_, r| (&*r.schema).into()),
        ("table_name", |_, r| (&r.name).into()),
        ("table_type", |_, r| r.table_type().into()),
        ("remarks", |_, r| r.comment().into()),
    ],
};

fn kind(relation: &RelationItem) -> &'static str {
    match (&relation.kind, relation.is_view()) {
        (RelationKind::External(_), _) => "EXTERNAL TABLE",
        (_, true) => "VIEW",
        _ => "TABLE",
    }
}

pub const SVV_ALL_TABLES: Filled<Arc<RelationItem>> = Filled {
    name: "svv_all_tables",
    items: |context| {
        Ok(context.relations_and_external()?.into_iter().filter(|relation| !relation.is_system()).collect())
    },
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, r| (&*r.schema).into()),
        ("table_name", |_, r| (&r.name).into()),
        ("table_type", |_, r| kind(r).into()),
        ("table_acl", |context, r| principal::acl_text(&principal::relation_acl(context, r)).into()),
        ("remarks", |_, r| r.comment().into()),
    ],
};

pub const SVV_REDSHIFT_TABLES: Filled<Arc<RelationItem>> = Filled {
    name: "svv_redshift_tables",
    items: |context| Ok(context.relations().iter().filter(|relation| !relation.is_system()).cloned().collect()),
    values: &[
        ("database_name", |context, _| context.database().into()),
        ("schema_name", |_, r| (&*r.schema).into()),
        ("table_name", |_, r| (&r.name).into()),
        ("table_type", |_, r| kind(r).into()),
        ("table_acl", |context, r| principal::acl_text(&principal::relation_acl(context, r)).into()),
        ("remarks", |_, r| r.comment().into()),
        ("table_owner", |context, r| context.user_name(r.owner).into()),
    ],
};
