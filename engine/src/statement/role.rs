//! CREATE, ALTER and DROP ROLE; GRANT and REVOKE of roles and of system privileges.

use blueshift_sql::ast::{self, DropBehavior, GranteeKind, RoleAction};

use super::name;
use crate::{
    error::{Error, Result, SqlState},
    security::{
        self, Access, Grantee, Role,
        principal::{self, Principal, ROLE_KIND},
        privilege,
    },
    session::{Notice, Session, StatementResult},
};

/// CREATE ROLE, ALTER ROLE.
pub fn create_or_alter(session: &mut Session, statement: &ast::Role) -> Result<StatementResult> {
    let role_name = name::identifier(&statement.name.value);
    let snapshot = session.transaction()?.snapshot()?;
    if let RoleAction::Create(external_id) = &statement.action {
        security::require_system(session, "CREATE ROLE", "create roles")?;
        check_new_name(session, &role_name)?;
        let id = principal::new_id(session.transaction()?, &role_name)?;
        let owner = security::current_user_id(session)?;
        let role = Role {
            id,
            name: role_name,
            owner,
            external_id: external_id.clone(),
            members: vec![],
            system_privileges: vec![],
        };
        role.store(session.transaction()?)?;
        return Ok(StatementResult::done("CREATE ROLE"));
    }
    let mut role = principal::role(&snapshot, &role_name)?;
    require_role_owner(session, &role)?;
    match &statement.action {
        RoleAction::Create(_) => {}
        RoleAction::RenameTo(new) => {
            let new = name::identifier(&new.value);
            check_new_name(session, &new)?;
            session.transaction()?.remove_record(ROLE_KIND, &role_name)?;
            role.name = new;
        }
        RoleAction::OwnerTo(owner) => role.owner = security::user_id(session, &owner.value)?,
        RoleAction::ExternalId(id) => role.external_id = Some(id.clone()),
    }
    role.store(session.transaction()?)?;
    Ok(StatementResult::done("ALTER ROLE"))
}

/// A role cannot be called like a user, another role, or one of the system's.
fn check_new_name(session: &mut Session, role: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    if role.starts_with("sys:") || role == "public" {
        return Err(Error::new(SqlState("42939"), format!("role name \"{role}\" is reserved")));
    }
    let taken =
        principal::role(&snapshot, role).is_ok() || principal::user(&snapshot, &session.info().owner, role).is_some();
    if taken {
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("role \"{role}\" already exists")));
    }
    Ok(())
}

fn require_role_owner(session: &mut Session, role: &Role) -> Result<()> {
    if security::current_user_id(session)? == role.owner {
        return Ok(());
    }
    security::require_superuser(session, "change a role of another user")
}

/// DROP ROLE [FORCE | RESTRICT].
pub fn drop_roles(session: &mut Session, drop: &ast::Drop) -> Result<StatementResult> {
    for object in &drop.names {
        let snapshot = session.transaction()?.snapshot()?;
        let role = match principal::role(&snapshot, object.name()) {
            Err(_) if drop.if_exists => {
                session.notice(Notice::info(format!("role \"{}\" does not exist and will be skipped", object.name())));
                continue;
            }
            found => found?,
        };
        if role.name.starts_with("sys:") {
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS,
                format!("cannot drop role \"{}\", which is one of the system's", role.name),
            ));
        }
        require_role_owner(session, &role)?;
        let force = drop.behavior == Some(DropBehavior::Cascade);
        let holds = |grant: &security::Grant| grant.grantee == Grantee::Role(role.id);
        for (object, mut grants) in privilege::all_grants(&snapshot) {
            if grants.iter().any(holds) {
                if !force {
                    return Err(in_use("it has privileges on some object"));
                }
                grants.retain(|grant| !holds(grant));
                privilege::store(session.transaction()?, &object, &grants)?;
            }
        }
        if !role.members.is_empty() && !force {
            let to_user = role.members.iter().any(|(member, _)| matches!(member, Grantee::User(_)));
            return Err(in_use(if to_user {
                "it has been granted on a user"
            } else {
                "it has been granted on another role"
            }));
        }
        for mut other in security::roles(&snapshot) {
            if other.members.iter().any(|(member, _)| *member == Grantee::Role(role.id)) {
                if !force {
                    return Err(in_use("it depends on another role"));
                }
                other.members.retain(|(member, _)| *member != Grantee::Role(role.id));
                other.store(session.transaction()?)?;
            }
        }
        session.transaction()?.remove_record(ROLE_KIND, &role.name)?;
    }
    Ok(StatementResult::done("DROP ROLE"))
}

/// In the words of the page r_DROP_ROLE.
fn in_use(why: &str) -> Error {
    Error::new(SqlState::DEPENDENT_OBJECTS, format!("cannot drop this role since {why}"))
        .with_hint("Use DROP ROLE … FORCE to take it away everywhere.")
}

/// GRANT ROLE, REVOKE ROLE.
pub fn grant(session: &mut Session, grant: &ast::Grant, roles: &[ast::Ident]) -> Result<()> {
    for role in roles {
        for grantee in &grant.grantees {
            let snapshot = session.transaction()?.snapshot()?;
            let mut role = principal::role(&snapshot, &role.value)?;
            let current = Grantee::User(security::current_user_id(session)?);
            let administers = role.members.iter().any(|(member, admin)| *member == current && *admin);
            if !administers {
                require_role_owner(session, &role)?;
            }
            let member = match grantee.kind {
                GranteeKind::User => Grantee::User(security::user_id(session, &grantee.name)?),
                GranteeKind::Role => Grantee::Role(principal::role(&snapshot, &grantee.name)?.id),
                _ => return Err(Error::new(SqlState("0LP01"), "a role can be granted to users and roles only")),
            };
            if grant.revoke {
                if grant.option_only {
                    role.members.iter_mut().filter(|(known, _)| *known == member).for_each(|(_, admin)| *admin = false);
                } else {
                    role.members.retain(|(known, _)| *known != member);
                }
            } else {
                if let Grantee::Role(id) = member
                    && reaches(&security::roles(&snapshot), role.id, id)
                {
                    return Err(Error::new(
                        SqlState("0LP01"),
                        "cannot grant this role, a circular dependency was detected between these roles",
                    ));
                }
                let admin = grantee.with_option;
                match role.members.iter_mut().find(|(known, _)| *known == member) {
                    Some((_, known)) => *known |= admin,
                    None => role.members.push((member, admin)),
                }
            }
            role.store(session.transaction()?)?;
        }
    }
    Ok(())
}

/// Whether the role `from` is a member of `to`, directly or through others.
fn reaches(roles: &[Role], from: i64, to: i64) -> bool {
    let mut found = vec![from];
    let mut next = 0;
    while let Some(id) = found.get(next).copied() {
        if id == to {
            return true;
        }
        next += 1;
        let holders = roles.iter().filter(|role| role.members.iter().any(|(member, _)| *member == Grantee::Role(id)));
        let new: Vec<i64> = holders.map(|role| role.id).filter(|id| !found.contains(id)).collect();
        found.extend(new);
    }
    false
}

/// GRANT and REVOKE of system privileges, which roles have.
pub fn grant_system(session: &mut Session, grant: &ast::Grant) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    if !Access::of(&snapshot, session.info()).is_superuser() {
        return Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, "must be superuser to grant system privileges"));
    }
    for grantee in &grant.grantees {
        if grantee.kind != GranteeKind::Role {
            return Err(Error::new(SqlState("0LP01"), "system privileges can be granted to roles only"));
        }
        let snapshot = session.transaction()?.snapshot()?;
        let mut role = principal::role(&snapshot, &grantee.name)?;
        for privilege in &grant.privileges {
            role.system_privileges.retain(|known| *known != privilege.name);
            if !grant.revoke {
                role.system_privileges.push(privilege.name.clone());
            }
        }
        role.store(session.transaction()?)?;
    }
    Ok(())
}
