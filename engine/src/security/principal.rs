//! Users, groups and roles as the catalog keeps them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::privilege::Grantee;
use crate::{
    binder::BindContext,
    error::{Error, Result, SqlState},
    transaction::{CatalogSnapshot, Transaction},
};

/// Id of the user to whom the warehouse belongs.
pub const OWNER_ID: i64 = 100;
/// Kind of the records of users.
pub const USER_KIND: &str = "user";
/// Kind of the records of groups.
pub const GROUP_KIND: &str = "group";
/// Kind of the records of roles.
pub const ROLE_KIND: &str = "role";
/// Kind of the records that give out ids: two transactions cannot both take one.
const ID_KIND: &str = "principal_id";

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its id (`usesysid`).
    pub id: i64,
    /// Its name.
    pub name: String,
    /// CREATEUSER: a superuser.
    #[serde(default)]
    pub superuser: bool,
    /// CREATEDB.
    #[serde(default)]
    pub create_db: bool,
    /// SYSLOG ACCESS UNRESTRICTED.
    #[serde(default)]
    pub syslog_unrestricted: bool,
    /// VALID UNTIL, as given.
    #[serde(default)]
    pub valid_until: Option<String>,
    /// CONNECTION LIMIT; None: no limit.
    #[serde(default)]
    pub connection_limit: Option<i64>,
    /// SESSION TIMEOUT in seconds.
    #[serde(default)]
    pub session_timeout: Option<u64>,
    /// EXTERNALID.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What a password is checked against, never the password; None: no login by password.
    #[serde(default)]
    pub credential: Option<Value>,
    /// ALTER USER … SET.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

impl User {
    /// A user without anything.
    pub fn new(id: i64, name: impl Into<String>) -> Self {
        User {
            id,
            name: name.into(),
            superuser: false,
            create_db: false,
            syslog_unrestricted: false,
            valid_until: None,
            connection_limit: None,
            session_timeout: None,
            external_id: None,
            credential: None,
            settings: BTreeMap::new(),
        }
    }
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its id (`grosysid`).
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Ids of its users.
    pub members: Vec<i64>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Id of the user to whom it belongs.
    pub owner: i64,
    /// EXTERNALID.
    pub external_id: Option<String>,
    /// Who has it, and whether with ADMIN OPTION.
    pub members: Vec<(Grantee, bool)>,
    /// System privileges that it has.
    #[serde(default)]
    pub system_privileges: Vec<String>,
}

/// What is kept under its name.
pub trait Principal: Serialize + DeserializeOwned {
    /// Kind of its records.
    const KIND: &'static str;
    /// Its name.
    fn name(&self) -> &str;

    /// Stores it.
    fn store(&self, transaction: &mut Transaction) -> Result<()> {
        transaction.put_record(Self::KIND, self.name(), serde_json::to_value(self).map_err(Error::internal)?)
    }
}

impl Principal for User {
    const KIND: &'static str = USER_KIND;
    fn name(&self) -> &str {
        &self.name
    }
}

impl Principal for Group {
    const KIND: &'static str = GROUP_KIND;
    fn name(&self) -> &str {
        &self.name
    }
}

impl Principal for Role {
    const KIND: &'static str = ROLE_KIND;
    fn name(&self) -> &str {
        &self.name
    }
}

fn read<T: Principal>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn all<T: Principal>(snapshot: &CatalogSnapshot) -> Vec<T> {
    snapshot.records(T::KIND).filter_map(|(_, value)| read(value)).collect()
}

fn one<T: Principal>(snapshot: &CatalogSnapshot, name: &str) -> Option<T> {
    read(snapshot.record(T::KIND, name)?)
}

/// The user to whom the warehouse belongs, with what ALTER USER has changed of it.
fn owner(snapshot: &CatalogSnapshot, owner: &str) -> User {
    let mut user = one(snapshot, owner).unwrap_or_else(|| User::new(OWNER_ID, owner));
    (user.id, user.superuser, user.create_db) = (OWNER_ID, true, true);
    user
}

/// All users; `owner_name` is the one to whom the warehouse belongs.
pub fn users(snapshot: &CatalogSnapshot, owner_name: &str) -> Vec<User> {
    let mut users = vec![owner(snapshot, owner_name)];
    users.extend(all::<User>(snapshot).into_iter().filter(|user| user.name != owner_name));
    users.sort_by_key(|user| user.id);
    users
}

/// A user by name.
pub fn user(snapshot: &CatalogSnapshot, owner_name: &str, name: &str) -> Option<User> {
    if name == owner_name { Some(owner(snapshot, owner_name)) } else { one(snapshot, name) }
}

/// The name of the user of an id.
pub fn user_name(context: &BindContext, id: i64) -> Result<String> {
    let users = users(&context.snapshot, &context.session.owner);
    let user = users.into_iter().find(|user| user.id == id);
    user.map(|user| user.name).ok_or_else(|| undefined("user", id))
}

/// All groups.
pub fn groups(snapshot: &CatalogSnapshot) -> Vec<Group> {
    all(snapshot)
}

/// A group by name.
pub fn group(snapshot: &CatalogSnapshot, name: &str) -> Result<Group> {
    one(snapshot, name).ok_or_else(|| undefined("group", name))
}

/// The roles that every cluster has, by id from 1.
const SYSTEM_ROLES: [&str; 5] = ["sys:operator", "sys:dba", "sys:superuser", "sys:secadmin", "sys:monitor"];

/// Id of the role that makes superusers of those who have it.
pub(super) const SUPERUSER_ROLE: i64 = 3;

fn system_role(name: &str) -> Option<Role> {
    let index = SYSTEM_ROLES.iter().position(|known| *known == name)?;
    Some(Role {
        id: index as i64 + 1,
        name: name.to_owned(),
        owner: OWNER_ID,
        external_id: None,
        members: vec![],
        system_privileges: vec![],
    })
}

/// All roles.
pub fn roles(snapshot: &CatalogSnapshot) -> Vec<Role> {
    let mut roles: Vec<Role> = all(snapshot);
    let missing = SYSTEM_ROLES.iter().filter(|name| !roles.iter().any(|role| role.name == **name));
    let missing: Vec<Role> = missing.filter_map(|name| system_role(name)).collect();
    roles.extend(missing);
    roles.sort_by_key(|role| role.id);
    roles
}

/// A role by name.
pub fn role(snapshot: &CatalogSnapshot, name: &str) -> Result<Role> {
    one(snapshot, name).or_else(|| system_role(name)).ok_or_else(|| undefined("role", name))
}

/// `user "x" does not exist` and the like.
pub fn undefined(kind: &str, name: impl std::fmt::Display) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("{kind} \"{name}\" does not exist"))
}

/// An id that nobody has had.
pub fn new_id(transaction: &mut Transaction, name: &str) -> Result<i64> {
    let snapshot = transaction.snapshot()?;
    let taken = snapshot.records(ID_KIND).filter_map(|(key, _)| key.parse::<i64>().ok());
    let id = taken.max().unwrap_or(OWNER_ID) + 1;
    transaction.put_record(ID_KIND, &id.to_string(), name.into())?;
    Ok(id)
}
