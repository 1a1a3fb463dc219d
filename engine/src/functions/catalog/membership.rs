//! USER_IS_MEMBER_OF and ROLE_IS_MEMBER_OF (pages r_USER_IS_MEMBER_OF, r_ROLE_IS_MEMBER_OF): whether a user has a role
//! or is in a group, whether a role has another one, directly or by way of further roles.

use std::collections::HashSet;

use arrow::{array::ArrayRef, datatypes::DataType};

use super::context_function::ContextFunction;
use crate::{
    catalog::system_view::SystemContext,
    error::{Error, Result, SqlState},
    functions::{
        arguments::{Call, Kind},
        definition::{Documentation, Types},
    },
    security::{Access, Grantee, memberships, principal},
    transaction::CatalogSnapshot,
};

/// USER_IS_MEMBER_OF
pub static USER_IS_MEMBER_OF: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "user_is_member_of",
        aliases: &[],
        category: "catalog",
        description: "Whether a user has a role or is in a group. Who is no superuser asks for himself only.",
        arguments: &[("user_name", "the user"), ("role_or_group", "the name of a role or a group")],
        example: "select user_is_member_of('reguser', 'role1'); -- f",
    },
    arity: (2, 2),
    returns: names,
    invoke: |context, call| {
        answer(context, call, |snapshot, access, user, name| {
            let info = &context.bind.session;
            if !access.is_superuser() && user != info.user {
                return Err(no_access("user", user));
            }
            let found =
                principal::user(snapshot, &info.owner, user).ok_or_else(|| principal::undefined("user", user))?;
            let wanted = match principal::role(snapshot, name) {
                Ok(role) => Grantee::Role(role.id),
                Err(_) => Grantee::Group(
                    principal::group(snapshot, name).map_err(|_| principal::undefined("role or group", name))?.id,
                ),
            };
            Ok(memberships(snapshot, Grantee::User(found.id)).contains(&wanted))
        })
    },
};

/// ROLE_IS_MEMBER_OF
pub static ROLE_IS_MEMBER_OF: ContextFunction = ContextFunction {
    documentation: Documentation {
        name: "role_is_member_of",
        aliases: &[],
        category: "catalog",
        description: "Whether a role has another role. Who is no superuser asks for roles that he has.",
        arguments: &[("role_name", "the role"), ("granted_role_name", "the role that it may have")],
        example: "select role_is_member_of('role1', 'role2'); -- f",
    },
    arity: (2, 2),
    returns: names,
    invoke: |context, call| {
        answer(context, call, |snapshot, access, role, granted| {
            let (role, granted) = (principal::role(snapshot, role)?, principal::role(snapshot, granted)?);
            if !access.has(&Grantee::Role(role.id)) {
                return Err(no_access("role", &role.name));
            }
            let found: HashSet<Grantee> = memberships(snapshot, Grantee::Role(role.id));
            Ok(role.id != granted.id && found.contains(&Grantee::Role(granted.id)))
        })
    },
};

fn names(types: &Types) -> Result<DataType> {
    types.require(0, |kind| kind == Kind::Text)?;
    types.require(1, |kind| kind == Kind::Text)?;
    Ok(DataType::Boolean)
}

fn no_access(kind: &str, name: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
}

fn answer(
    context: &SystemContext,
    call: &Call,
    decide: impl Fn(&CatalogSnapshot, &Access, &str, &str) -> Result<bool>,
) -> Result<ArrayRef> {
    let (first, second) = (call.text(0)?, call.text(1)?);
    let snapshot = &context.bind.snapshot;
    let access = Access::of(snapshot, &context.bind.session);
    call.build_boolean(|row| match (first.get(row), second.get(row)) {
        (Some(first), Some(second)) => decide(snapshot, &access, first, second).map(Some),
        _ => Ok(None),
    })
}
