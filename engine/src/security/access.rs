//! Whether a user may do something: superusers may all, owners what their objects allow, others
//! what was granted to them, to one of their groups or roles, or to everybody.

use std::collections::HashSet;

use super::{
    principal,
    privilege::{self, Grantee, Object, Privilege},
};
use crate::{
    binder::BindContext,
    error::{Error, Result, SqlState},
    routine::catalog::Routine,
    session::{Notice, Session, SessionInfo, TEMPORARY_SCHEMA_PREFIX},
    storage::metadata::{Relation, SchemaId, TableSnapshot},
    transaction::CatalogSnapshot,
};

/// What one user may do in one state of the catalog.
pub struct Access<'s> {
    snapshot: &'s CatalogSnapshot,
    /// None: a superuser, for whom nothing is looked up.
    user: Option<(i64, HashSet<Grantee>)>,
}

impl<'s> Access<'s> {
    /// The access of a session's current user.
    pub fn of(snapshot: &'s CatalogSnapshot, info: &SessionInfo) -> Self {
        Self::of_user(snapshot, &info.owner, &info.user)
    }

    /// The access of a user. A name that is no user's has only what everybody has.
    pub fn of_user(snapshot: &'s CatalogSnapshot, owner: &str, name: &str) -> Self {
        if name == owner {
            return Access { snapshot, user: None };
        }
        match principal::user(snapshot, owner, name) {
            Some(user) if user.superuser => Access { snapshot, user: None },
            Some(user) => {
                let memberships = memberships(snapshot, Grantee::User(user.id));
                let superuser = memberships.contains(&Grantee::Role(principal::SUPERUSER_ROLE));
                Access { snapshot, user: (!superuser).then_some((user.id, memberships)) }
            }
            None => Access { snapshot, user: Some((0, HashSet::from([Grantee::Public]))) },
        }
    }

    /// Whether this is a superuser.
    pub fn is_superuser(&self) -> bool {
        self.user.is_none()
    }

    /// Whether the user is of this group or role, or a superuser.
    pub fn has(&self, grantee: &Grantee) -> bool {
        self.user.as_ref().is_none_or(|(_, memberships)| memberships.contains(grantee))
    }

    /// Whether an object is the user's, or the user a superuser.
    pub fn owns(&self, object: &Object) -> bool {
        self.user.as_ref().is_none_or(|(id, _)| privilege::owner(self.snapshot, object) == *id)
    }

    /// Whether the user may do something with an object as a whole.
    pub fn may(&self, object: &Object, privilege: Privilege) -> bool {
        self.may_with(object, privilege, false)
    }

    /// The same; with `option`, whether the user may grant the privilege to others.
    pub fn may_with(&self, object: &Object, privilege: Privilege, option: bool) -> bool {
        if self.owns(object) {
            return true;
        }
        let Some((_, grantees)) = &self.user else { return true };
        let allows = |object: &Object| {
            privilege::grants(self.snapshot, object).iter().any(|grant| {
                grant.privilege == privilege
                    && grant.column.is_none()
                    && (grant.with_option || !option)
                    && grantees.contains(&grant.grantee)
            })
        };
        allows(object) || privilege::scopes(self.snapshot, object).iter().any(allows)
    }

    /// Whether one of the user's roles has a system privilege (`CREATE USER`); superusers have all.
    pub fn has_system(&self, privilege: &str) -> bool {
        let Some((_, grantees)) = &self.user else { return true };
        principal::roles(self.snapshot)
            .iter()
            .filter(|role| grantees.contains(&Grantee::Role(role.id)))
            .any(|role| role.system_privileges.iter().any(|known| known == privilege))
    }

    /// The columns of a relation that the user has a privilege on, when it has it on some only.
    pub fn columns(&self, relation: &Relation, privilege: Privilege) -> Vec<String> {
        let (Some((_, grantees)), Relation::Table(table)) = (&self.user, relation) else { return vec![] };
        let grants = privilege::grants(self.snapshot, &Object::Relation(relation.id()));
        let columns = grants.iter().filter(|g| g.privilege == privilege && grantees.contains(&g.grantee));
        let names = columns.filter_map(|grant| table.column_by_id(grant.column?));
        names.map(|column| column.name.clone()).collect()
    }

    /// Errors: 42501 without USAGE or CREATE on a schema.
    pub fn require_schema(&self, schema: SchemaId, privilege: Privilege) -> Result<()> {
        if self.is_superuser() || self.may(&Object::Schema(schema), privilege) {
            return Ok(());
        }
        let name = self.snapshot.schema_by_id(schema).map(|schema| schema.name.as_str()).unwrap_or_default();
        if name.starts_with(TEMPORARY_SCHEMA_PREFIX) { Ok(()) } else { Err(denied("schema", name)) }
    }

    /// Errors: 42501 without the privilege on a relation.
    pub fn require_relation(&self, relation: &Relation, privilege: Privilege) -> Result<()> {
        if self.is_superuser() || self.may(&Object::Relation(relation.id()), privilege) {
            return Ok(());
        }
        Err(denied("relation", relation.name()))
    }

    /// Errors: 42501 for a relation that belongs to another user.
    pub fn require_relation_owner(&self, relation: &Relation) -> Result<()> {
        if self.owns(&Object::Relation(relation.id())) {
            return Ok(());
        }
        Err(must_own("relation", relation.name()))
    }
}

/// Everybody, the user or role itself, a user's groups, and the roles with those that they have.
pub fn memberships(snapshot: &CatalogSnapshot, of: Grantee) -> HashSet<Grantee> {
    let groups = principal::groups(snapshot);
    let in_group = |members: &[i64]| matches!(&of, Grantee::User(id) if members.contains(id));
    let mut found = HashSet::from([Grantee::Public]);
    found.extend(groups.iter().filter(|group| in_group(&group.members)).map(|group| Grantee::Group(group.id)));
    found.insert(of);
    let roles = principal::roles(snapshot);
    loop {
        let more: Vec<Grantee> = roles
            .iter()
            .filter(|role| !found.contains(&Grantee::Role(role.id)))
            .filter(|role| role.members.iter().any(|(member, _)| found.contains(member)))
            .map(|role| Grantee::Role(role.id))
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// `permission denied for relation x`
pub(crate) fn denied(kind: &str, name: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
}

/// `must be owner of relation x`
pub(crate) fn must_own(kind: &str, name: &str) -> Error {
    Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}"))
}

/// Errors: 42501 without EXECUTE on a routine.
pub fn require_execute(context: &BindContext, routine: &Routine) -> Result<()> {
    let access = Access::of(&context.snapshot, &context.session);
    if access.is_superuser() || access.may(&Object::Routine(routine.key()), Privilege::Execute) {
        return Ok(());
    }
    Err(denied(if routine.procedure { "procedure" } else { "function" }, &routine.name))
}

/// Errors: 42501 for an object that belongs to another user.
pub fn require_owner(session: &mut Session, object: &Object, kind: &str, name: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    if Access::of(&snapshot, session.info()).owns(object) { Ok(()) } else { Err(must_own(kind, name)) }
}

/// Errors: 42501 for a user who has a system privilege neither as a superuser nor by a role.
pub fn require_system(session: &mut Session, privilege: &str, what: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    match Access::of(&snapshot, session.info()).has_system(privilege) {
        true => Ok(()),
        false => Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be superuser to {what}"))),
    }
}

/// Whether the user may VACUUM or ANALYZE (`privilege`) a table: its owner, the database's owner, and who has the
/// privilege by a role. Others get a warning, and the table is left out.
pub fn may_maintain(session: &mut Session, table: &TableSnapshot, privilege: &str) -> Result<bool> {
    let context = session.bind_context()?;
    let access = Access::of(&context.snapshot, &context.session);
    let allowed = access.has_system(privilege)
        || access.owns(&Object::Relation(table.id))
        || access.owns(&Object::Database(context.database.clone()));
    if !allowed {
        let (name, verb) = (&table.name, privilege.to_ascii_lowercase());
        let message = format!("skipping \"{name}\" --- only table or database owner can {verb} it");
        session.notice(Notice::warning(message));
    }
    Ok(allowed)
}

/// Errors: 42501 for an ordinary user.
pub fn require_superuser(session: &mut Session, what: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    if Access::of(&snapshot, session.info()).is_superuser() {
        return Ok(());
    }
    Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be superuser to {what}")))
}

/// Id of the session's current user; 0 when it is no user of the warehouse.
pub fn current_user_id(session: &mut Session) -> Result<i64> {
    let snapshot = session.transaction()?.snapshot()?;
    let info = session.info();
    Ok(principal::user(&snapshot, &info.owner, &info.user).map_or(0, |user| user.id))
}

/// Id of a user by name.
pub fn user_id(session: &mut Session, name: &str) -> Result<i64> {
    let snapshot = session.transaction()?.snapshot()?;
    let user = principal::user(&snapshot, &session.info().owner, name);
    user.map(|user| user.id).ok_or_else(|| principal::undefined("user", name))
}
