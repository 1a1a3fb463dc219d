//! Users, groups and roles. Passwords are never shown.

use super::super::{
    context::SystemContext,
    item::{Principal, principal::PrincipalKind},
    value::*,
    view::{Column, PG_CATALOG, View, col},
};

fn of_kind(context: &SystemContext, kind: PrincipalKind) -> Vec<Principal> {
    context.principals().iter().filter(|principal| principal.kind == kind).cloned().collect()
}

const USER_COLUMNS: &[Column<Principal>] = &[
    col("usename", NAME, |_, u| (&u.name).into()),
    col("usesysid", INT4, |_, u| u.id.into()),
    col("usecreatedb", BOOL, |_, u| u.creates_databases.into()),
    col("usesuper", BOOL, |_, u| u.superuser.into()),
    col("usecatupd", BOOL, |_, u| (u.superuser && u.id == 1).into()),
    col("passwd", TEXT, |_, _| "********".into()),
    col("valuntil", TEXT, |_, u| u.valid_until.as_ref().into()),
    col("useconfig", TEXT_ARRAY, |_, u| super::class::non_empty(u.settings.clone())),
];

/// pg_user
pub const PG_USER: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_user",
    items: |context| Ok(of_kind(context, PrincipalKind::User)),
    columns: USER_COLUMNS,
};

/// pg_shadow
pub const PG_SHADOW: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_shadow",
    items: |context| Ok(of_kind(context, PrincipalKind::User)),
    columns: USER_COLUMNS,
};

/// pg_user_info
pub const PG_USER_INFO: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_user_info",
    items: |context| Ok(of_kind(context, PrincipalKind::User)),
    columns: &[
        col("usename", NAME, |_, u| (&u.name).into()),
        col("usesysid", INT4, |_, u| u.id.into()),
        col("usecreatedb", BOOL, |_, u| u.creates_databases.into()),
        col("usesuper", BOOL, |_, u| u.superuser.into()),
        col("usecatupd", BOOL, |_, u| (u.superuser && u.id == 1).into()),
        col("passwd", TEXT, |_, _| "********".into()),
        col("valuntil", TEXT, |_, u| u.valid_until.as_ref().into()),
        col("useconfig", TEXT_ARRAY, |_, u| super::class::non_empty(u.settings.clone())),
        col("useconnlimit", TEXT, |_, u| u.connection_limit_text().into()),
        col("syslogaccess", TEXT, |_, u| u.syslog_access().into()),
        col("sessiontimeout", INT4, |_, u| u.session_timeout.into()),
        col("external_user_id", TEXT, |_, u| u.external_id.as_ref().into()),
    ],
};

/// pg_group
pub const PG_GROUP: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_group",
    items: |context| Ok(of_kind(context, PrincipalKind::Group)),
    columns: &[
        col("groname", NAME, |_, g| (&g.name).into()),
        col("grosysid", INT4, |_, g| g.id.into()),
        col("grolist", INT4_ARRAY, |_, g| g.members.clone().into()),
    ],
};

const ROLE_COLUMNS: &[Column<Principal>] = &[
    col("oid", OID, |_, p| p.id.into()),
    col("rolname", NAME, |_, p| (&p.name).into()),
    col("rolsuper", BOOL, |_, p| p.superuser.into()),
    col("rolinherit", BOOL, |_, _| true.into()),
    col("rolcreaterole", BOOL, |_, p| p.superuser.into()),
    col("rolcreatedb", BOOL, |_, p| p.creates_databases.into()),
    col("rolcatupdate", BOOL, |_, p| p.superuser.into()),
    col("rolcanlogin", BOOL, |_, p| p.is_user().into()),
    col("rolreplication", BOOL, |_, _| false.into()),
    col("rolbypassrls", BOOL, |_, p| p.superuser.into()),
    col("rolconnlimit", INT4, |_, _| (-1_i64).into()),
    col("rolpassword", TEXT, |_, _| "********".into()),
    col("rolvaliduntil", TIMESTAMP, |_, _| Value::Null),
    col("rolconfig", TEXT_ARRAY, |_, _| Value::Null),
];

/// pg_roles: users and groups, as PostgreSQL's later versions show them.
pub const PG_ROLES: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_roles",
    items: |context| Ok(context.principals().to_vec()),
    columns: ROLE_COLUMNS,
};

/// pg_authid
pub const PG_AUTHID: View<Principal> = View {
    schema: PG_CATALOG,
    name: "pg_authid",
    items: |context| Ok(context.principals().to_vec()),
    columns: ROLE_COLUMNS,
};

/// pg_auth_members: members of groups.
pub const PG_AUTH_MEMBERS: View<(i64, i64)> = View {
    schema: PG_CATALOG,
    name: "pg_auth_members",
    items: |context| {
        let groups = context.principals().iter().filter(|principal| principal.kind == PrincipalKind::Group);
        Ok(groups.flat_map(|group| group.members.iter().map(|member| (group.id, *member))).collect())
    },
    columns: &[
        col("roleid", OID, |_, m| m.0.into()),
        col("member", OID, |_, m| m.1.into()),
        col("grantor", OID, |_, _| 1_i64.into()),
        col("admin_option", BOOL, |_, _| false.into()),
    ],
};
