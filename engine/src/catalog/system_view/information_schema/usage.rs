//! information_schema.view_table_usage, table_privileges, enabled_roles.

use std::sync::Arc;

use super::super::{
    item::{Principal, RelationItem, principal},
    oid,
    value::*,
    view::{INFORMATION_SCHEMA, View, col},
};

/// A relation that a view reads.
pub struct Usage {
    view: Arc<RelationItem>,
    table: Arc<RelationItem>,
}

/// information_schema.view_table_usage
pub const VIEW_TABLE_USAGE: View<Usage> = View {
    schema: INFORMATION_SCHEMA,
    name: "view_table_usage",
    items: |context| {
        let mut all = vec![];
        for view in context.relations() {
            for id in view.depends_on() {
                let table = context.relation(oid::relation(id)).cloned();
                all.extend(table.map(|table| Usage { view: Arc::clone(view), table }));
            }
        }
        Ok(all)
    },
    columns: &[
        col("view_catalog", VARCHAR128, |context, _| context.database().into()),
        col("view_schema", VARCHAR128, |_, u| (&*u.view.schema).into()),
        col("view_name", VARCHAR128, |_, u| (&u.view.name).into()),
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, u| (&*u.table.schema).into()),
        col("table_name", VARCHAR128, |_, u| (&u.table.name).into()),
    ],
};

/// A privilege on a relation.
pub struct TablePrivilege {
    relation: Arc<RelationItem>,
    grant: principal::Grant,
}

/// information_schema.table_privileges
pub const TABLE_PRIVILEGES: View<TablePrivilege> = View {
    schema: INFORMATION_SCHEMA,
    name: "table_privileges",
    items: |context| {
        let mut all = vec![];
        for relation in context.relations() {
            for grant in principal::grants_on_relation(context, relation) {
                all.push(TablePrivilege { relation: Arc::clone(relation), grant });
            }
        }
        Ok(all)
    },
    columns: &[
        col("grantor", VARCHAR128, |context, p| context.user_name(p.relation.owner).into()),
        col("grantee", VARCHAR128, |_, p| (&p.grant.grantee).into()),
        col("table_catalog", VARCHAR128, |context, _| context.database().into()),
        col("table_schema", VARCHAR128, |_, p| (&*p.relation.schema).into()),
        col("table_name", VARCHAR128, |_, p| (&p.relation.name).into()),
        col("privilege_type", TEXT, |_, p| p.grant.privilege.into()),
        col("is_grantable", TEXT, |_, p| super::columns::yes_no(p.grant.grantable).into()),
        col("with_hierarchy", TEXT, |_, _| "NO".into()),
    ],
};

/// information_schema.enabled_roles
pub const ENABLED_ROLES: View<Principal> = View {
    schema: INFORMATION_SCHEMA,
    name: "enabled_roles",
    items: |context| {
        let user = &context.bind.session.user;
        Ok(context
            .principals()
            .iter()
            .filter(|principal| principal.is_user() && principal.name == *user)
            .cloned()
            .collect())
    },
    columns: &[col("role_name", VARCHAR128, |_, p| (&p.name).into())],
};
