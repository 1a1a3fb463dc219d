//! SVV_USER_INFO, SVV_ROLES, SVV_ROLE_GRANTS, SVV_USER_GRANTS, SVV_SYSTEM_PRIVILEGES.

use super::super::{
    context::SystemContext,
    declared::Filled,
    item::{Principal, principal::PrincipalKind},
};
use crate::{error::Result, security::Grantee};

fn of_kind(context: &SystemContext, kind: PrincipalKind) -> Result<Vec<Principal>> {
    Ok(context.principals().iter().filter(|principal| principal.kind == kind).cloned().collect())
}

pub const SVV_USER_INFO: Filled<Principal> = Filled {
    name: "svv_user_info",
    items: |context| of_kind(context, PrincipalKind::User),
    values: &[
        ("user_name", |_, u| (&u.name).into()),
        ("user_id", |_, u| u.id.into()),
        ("createdb", |_, u| u.creates_databases.into()),
        ("superuser", |_, u| u.superuser.into()),
        ("catalog_update", |_, u| (u.id == 1).into()),
        ("connection_limit", |_, u| u.connection_limit_text().into()),
        ("syslog_access", |_, u| u.syslog_access().into()),
        ("session_timeout", |_, u| u.session_timeout.into()),
        ("external_user_id", |_, u| u.external_id.as_ref().into()),
    ],
};

pub const SVV_ROLES: Filled<Principal> = Filled {
    name: "svv_roles",
    items: |context| of_kind(context, PrincipalKind::Role),
    values: &[
        ("role_id", |_, r| r.id.into()),
        ("role_name", |_, r| (&r.name).into()),
        ("role_owner", |context, r| context.user_name(r.owner).into()),
        ("external_id", |_, r| r.external_id.as_ref().into()),
    ],
};

/// A role and one that has it.
pub struct Membership {
    role: Principal,
    member: Principal,
    admin: bool,
}

fn memberships(context: &SystemContext, kind: PrincipalKind) -> Result<Vec<Membership>> {
    let mut all = vec![];
    for role in of_kind(context, PrincipalKind::Role)? {
        for (grantee, admin) in &role.granted_to {
            let (member_kind, id) = match grantee {
                Grantee::User(id) => (PrincipalKind::User, *id),
                Grantee::Role(id) => (PrincipalKind::Role, *id),
                _ => continue,
            };
            let mut principals = context.principals().iter();
            let member = principals.find(|known| known.kind == member_kind && known.id == id);
            if let Some(member) = member.filter(|member| member.kind == kind) {
                all.push(Membership { role: role.clone(), member: member.clone(), admin: *admin });
            }
        }
    }
    Ok(all)
}

pub const SVV_USER_GRANTS: Filled<Membership> = Filled {
    name: "svv_user_grants",
    items: |context| memberships(context, PrincipalKind::User),
    values: &[
        ("user_id", |_, m| m.member.id.into()),
        ("user_name", |_, m| (&m.member.name).into()),
        ("role_id", |_, m| m.role.id.into()),
        ("role_name", |_, m| (&m.role.name).into()),
        ("admin_option", |_, m| m.admin.into()),
    ],
};

pub const SVV_ROLE_GRANTS: Filled<Membership> = Filled {
    name: "svv_role_grants",
    items: |context| memberships(context, PrincipalKind::Role),
    values: &[
        ("role_id", |_, m| m.member.id.into()),
        ("role_name", |_, m| (&m.member.name).into()),
        ("granted_role_id", |_, m| m.role.id.into()),
        ("granted_role_name", |_, m| (&m.role.name).into()),
    ],
};

pub const SVV_SYSTEM_PRIVILEGES: Filled<(Principal, String)> = Filled {
    name: "svv_system_privileges",
    items: |context| {
        let roles = of_kind(context, PrincipalKind::Role)?.into_iter();
        Ok(roles
            .flat_map(|role| role.system_privileges.clone().into_iter().map(move |name| (role.clone(), name)))
            .collect())
    },
    values: &[
        ("system_privilege", |_, p| (&p.1).into()),
        ("identity_id", |_, p| p.0.id.into()),
        ("identity_name", |_, p| (&p.0.name).into()),
        ("identity_type", |_, _| "role".into()),
    ],
};
