//! CREATE, ALTER and DROP USER. A password is kept as what it is checked against, never itself.

use blueshift_sql::ast::{self, UserOption};

use super::name;
use crate::{
    error::{Error, Result, SqlState},
    routine::{catalog as routine_catalog, evaluate},
    security::{
        self, Grantee, Group, User,
        principal::{self, GROUP_KIND, OWNER_ID, Principal, USER_KIND},
        privilege,
    },
    server::Credential,
    session::{Notice, Session, StatementResult},
    storage::metadata::Relation,
    types::RedshiftType,
};

/// CREATE USER, ALTER USER.
pub async fn create_or_alter(session: &mut Session, user: &ast::User) -> Result<StatementResult> {
    if user.alter { alter(session, user).await } else { create(session, user).await }
}

async fn create(session: &mut Session, create: &ast::User) -> Result<StatementResult> {
    security::require_system(session, "CREATE USER", "create users")?;
    let user_name = name::identifier(&create.name.value);
    if user_name == "public" {
        return Err(Error::new(SqlState("42939"), "user name \"public\" is reserved"));
    }
    let snapshot = session.transaction()?.snapshot()?;
    if principal::user(&snapshot, &session.info().owner, &user_name).is_some() {
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("user \"{user_name}\" already exists")));
    }
    let id = principal::new_id(session.transaction()?, &user_name)?;
    let mut user = User::new(id, user_name);
    for option in &create.options {
        match option {
            UserOption::InGroup(groups) => {
                for group in groups {
                    let mut group = principal::group(&snapshot, &group.value)?;
                    group.members.push(id);
                    group.store(session.transaction()?)?;
                }
            }
            UserOption::RenameTo(_) | UserOption::Set(_) | UserOption::Reset(_) | UserOption::ResetSessionTimeout => {
                return Err(Error::syntax("this option is one of ALTER USER"));
            }
            option => apply(session, &mut user, option).await?,
        }
    }
    user.store(session.transaction()?)?;
    Ok(StatementResult::done("CREATE USER"))
}

async fn alter(session: &mut Session, alter: &ast::User) -> Result<StatementResult> {
    let own = alter.name.value == session.info().user;
    let harmless =
        |option: &UserOption| matches!(option, UserOption::Password(_) | UserOption::Set(_) | UserOption::Reset(_));
    if !(own && alter.options.iter().all(harmless)) {
        security::require_system(session, "ALTER USER", "alter users")?;
    }
    let snapshot = session.transaction()?.snapshot()?;
    let mut user = principal::user(&snapshot, &session.info().owner, &alter.name.value)
        .ok_or_else(|| principal::undefined("user", &alter.name.value))?;
    for option in &alter.options {
        match option {
            UserOption::InGroup(_) => {
                return Err(
                    Error::syntax("IN GROUP is an option of CREATE USER").with_hint("Use ALTER GROUP … ADD USER.")
                );
            }
            UserOption::RenameTo(new) => rename(session, &mut user, &name::identifier(&new.value))?,
            UserOption::Set(set) => {
                let mut check = session.parameters.clone();
                check.set(&set.name, set.value.text())?;
                match set.value.text() {
                    Some(value) => drop(user.settings.insert(set.name.clone(), value)),
                    None => drop(user.settings.remove(&set.name)),
                }
            }
            UserOption::Reset(reset) => match &reset.name {
                Some(name) => drop(user.settings.remove(name)),
                None => user.settings.clear(),
            },
            option => apply(session, &mut user, option).await?,
        }
    }
    user.store(session.transaction()?)?;
    Ok(StatementResult::done("ALTER USER"))
}

async fn apply(session: &mut Session, user: &mut User, option: &UserOption) -> Result<()> {
    match option {
        UserOption::Password(None) => user.credential = None,
        UserOption::Password(Some(password)) => {
            let credential = Credential::from_sql(&user.name, password)?;
            user.credential = Some(serde_json::to_value(&credential).map_err(Error::internal)?);
        }
        UserOption::CreateDb(on) => user.create_db = *on,
        UserOption::CreateUser(on) => {
            // Who may create users by a role's privilege must not become a superuser that way.
            security::require_superuser(session, "make superusers")?;
            if user.id == OWNER_ID && !on {
                return Err(Error::not_supported("NOCREATEUSER for the user to whom the warehouse belongs"));
            }
            user.superuser = *on;
        }
        UserOption::SyslogAccess(unrestricted) => user.syslog_unrestricted = *unrestricted,
        UserOption::ValidUntil(text) => user.valid_until = valid_until(session, text).await?,
        UserOption::ConnectionLimit(limit) => user.connection_limit = (*limit >= 0).then_some(*limit),
        UserOption::SessionTimeout(seconds) => {
            if !(60..=1_728_000).contains(seconds) {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    "SESSION TIMEOUT must be between 60 and 1728000 seconds",
                ));
            }
            user.session_timeout = Some(*seconds);
        }
        UserOption::ResetSessionTimeout => user.session_timeout = None,
        UserOption::ExternalId(id) => user.external_id = Some(id.clone()),
        _ => {}
    }
    Ok(())
}

/// The end of a password's life, as a timestamp with time zone; None: `infinity`.
async fn valid_until(session: &mut Session, text: &str) -> Result<Option<String>> {
    if text.trim().eq_ignore_ascii_case("infinity") {
        return Ok(None);
    }
    let expr = ast::Expr::value(ast::Value::SingleQuotedString(text.to_owned()));
    evaluate::value(session, &expr, Some(RedshiftType::TimestampTz)).await?.to_text()
}

/// MD5 verifiers hold the old name, so they go.
fn rename(session: &mut Session, user: &mut User, new: &str) -> Result<()> {
    if user.id == OWNER_ID {
        return Err(Error::not_supported("renaming the user to whom the warehouse belongs"));
    }
    if user.name == session.info().user || user.name == session.info().session_user {
        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, "session user cannot be renamed"));
    }
    let snapshot = session.transaction()?.snapshot()?;
    if principal::user(&snapshot, &session.info().owner, new).is_some() {
        return Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("user \"{new}\" already exists")));
    }
    session.transaction()?.remove_record(USER_KIND, &user.name)?;
    new.clone_into(&mut user.name);
    if let Some(md5) = user.credential.as_mut().and_then(|credential| credential.get_mut("md5"))
        && !md5.is_null()
    {
        *md5 = serde_json::Value::Null;
        session
            .notice(Notice { severity: "NOTICE", message: "MD5 password cleared because of user rename".to_owned() });
    }
    Ok(())
}

/// DROP USER.
pub fn drop_users(session: &mut Session, drop: &ast::Drop) -> Result<StatementResult> {
    security::require_system(session, "DROP USER", "drop users")?;
    for object in &drop.names {
        let user_name = object.name();
        let snapshot = session.transaction()?.snapshot()?;
        let Some(user) = principal::user(&snapshot, &session.info().owner, user_name) else {
            if drop.if_exists {
                session.notice(Notice::info(format!("user \"{user_name}\" does not exist and will be skipped")));
                continue;
            }
            return Err(principal::undefined("user", user_name));
        };
        if user.id == OWNER_ID || user.name == session.info().user || user.name == session.info().session_user {
            return Err(Error::new(SqlState::OBJECT_IN_USE, "current user cannot be dropped"));
        }
        check_nothing_left(session, &user)?;
        for mut group in security::groups(&snapshot) {
            if group.members.contains(&user.id) {
                group.members.retain(|member| *member != user.id);
                group.store(session.transaction()?)?;
            }
        }
        for mut role in security::roles(&snapshot) {
            if role.members.iter().any(|(member, _)| *member == Grantee::User(user.id)) {
                role.members.retain(|(member, _)| *member != Grantee::User(user.id));
                role.store(session.transaction()?)?;
            }
        }
        session.transaction()?.remove_record(USER_KIND, user_name)?;
    }
    Ok(StatementResult::done("DROP USER"))
}

/// Errors: 55006 for a user to whom something belongs or was granted.
fn check_nothing_left(session: &mut Session, user: &User) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    // In the words of the page r_DROP_USER.
    let refused = |why: String| {
        let reason = match why.starts_with("owner of") {
            true => "the user owns some object",
            false => "the user has a privilege on some object",
        };
        Err(Error::new(SqlState::OBJECT_IN_USE, format!("user \"{}\" cannot be dropped because {reason}", user.name))
            .with_detail(why))
    };
    let describe = |object: &security::Object| match object {
        security::Object::Relation(id) => match snapshot.relation_by_id(*id) {
            Some(Relation::View(view)) => format!("view {}", view.name),
            Some(relation) => format!("table {}", relation.name()),
            None => "table".to_owned(),
        },
        security::Object::Schema(id) => {
            format!("schema {}", snapshot.schema_by_id(*id).map_or("", |schema| schema.name.as_str()))
        }
        other => other.to_string().replace(':', " "),
    };
    if let Some(object) = privilege::owned(&snapshot, user.id).first() {
        return refused(format!("owner of {}", describe(object)));
    }
    if let Some(routine) = routine_catalog::routines(&snapshot).iter().find(|routine| routine.owner == user.id) {
        let kind = if routine.procedure { "procedure" } else { "function" };
        return refused(format!("owner of {kind} {}", routine.signature()));
    }
    if let Some(role) = security::roles(&snapshot).iter().find(|role| role.owner == user.id) {
        return refused(format!("owner of role {}", role.name));
    }
    for (object, grants) in privilege::all_grants(&snapshot) {
        if grants.iter().any(|grant| grant.grantee == Grantee::User(user.id)) {
            return refused(format!("privileges for {}", describe(&object)));
        }
    }
    let defaults = security::default_privilege::all(&snapshot);
    let named = |grants: &[security::Grant]| grants.iter().any(|grant| grant.grantee == Grantee::User(user.id));
    if defaults.iter().any(|(owner, _, _, grants)| *owner == user.id || named(grants)) {
        return refused("default privileges".to_owned());
    }
    Ok(())
}

/// CREATE GROUP, ALTER GROUP.
pub fn group(session: &mut Session, statement: &ast::Group) -> Result<StatementResult> {
    use ast::GroupAction;
    security::require_superuser(session, "create or alter groups")?;
    let snapshot = session.transaction()?.snapshot()?;
    let group_name = name::identifier(&statement.name.value);
    let exists = |group: &str| principal::group(&snapshot, group).is_ok();
    let duplicate =
        |group: &str| Err(Error::new(SqlState::DUPLICATE_OBJECT, format!("group \"{group}\" already exists")));
    match &statement.action {
        GroupAction::Create(users) => {
            if exists(&group_name) {
                return duplicate(&group_name);
            }
            let members = ids(session, users)?;
            let id = principal::new_id(session.transaction()?, &group_name)?;
            Group { id, name: group_name, members }.store(session.transaction()?)?;
            return Ok(StatementResult::done("CREATE GROUP"));
        }
        GroupAction::AddUsers(users) => {
            let mut group = principal::group(&snapshot, &group_name)?;
            for id in ids(session, users)? {
                if !group.members.contains(&id) {
                    group.members.push(id);
                }
            }
            group.store(session.transaction()?)?;
        }
        GroupAction::DropUsers(users) => {
            let mut group = principal::group(&snapshot, &group_name)?;
            let gone = ids(session, users)?;
            group.members.retain(|member| !gone.contains(member));
            group.store(session.transaction()?)?;
        }
        GroupAction::RenameTo(new) => {
            let mut group = principal::group(&snapshot, &group_name)?;
            let new = name::identifier(&new.value);
            if exists(&new) {
                return duplicate(&new);
            }
            session.transaction()?.remove_record(GROUP_KIND, &group_name)?;
            group.name = new;
            group.store(session.transaction()?)?;
        }
    }
    Ok(StatementResult::done("ALTER GROUP"))
}

fn ids(session: &mut Session, users: &[ast::Ident]) -> Result<Vec<i64>> {
    users.iter().map(|user| security::user_id(session, &user.value)).collect()
}

/// DROP GROUP. A group that has privileges stays.
pub fn drop_groups(session: &mut Session, drop: &ast::Drop) -> Result<StatementResult> {
    security::require_superuser(session, "drop groups")?;
    for object in &drop.names {
        let snapshot = session.transaction()?.snapshot()?;
        let group = match principal::group(&snapshot, object.name()) {
            Err(_) if drop.if_exists => continue,
            found => found?,
        };
        let holds = |grants: &[security::Grant]| grants.iter().any(|grant| grant.grantee == Grantee::Group(group.id));
        if privilege::all_grants(&snapshot).iter().any(|(_, grants)| holds(grants)) {
            return Err(Error::new(
                SqlState::DEPENDENT_OBJECTS,
                format!("group \"{}\" cannot be dropped because the group has a privilege on some object", group.name),
            ));
        }
        session.transaction()?.remove_record(GROUP_KIND, &group.name)?;
    }
    Ok(StatementResult::done("DROP GROUP"))
}
