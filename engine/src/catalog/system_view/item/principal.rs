//! Users, groups and roles, and what was granted to them.

use super::{super::context::SystemContext, RelationItem, RelationKind, RoutineItem};
use crate::{
    error::{Error, Result, SqlState},
    security::{self, Grantee, Object, principal::OWNER_ID},
};

/// The user of the system itself, `rdsdb`.
pub const SYSTEM: i64 = 1;
/// The first user of a cluster.
pub const FIRST_USER: i64 = OWNER_ID;

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

/// A user, group or role.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// A superuser.
    pub superuser: bool,
    /// May create databases.
    pub creates_databases: bool,
    /// Of a group: its users.
    pub members: Vec<i64>,
    /// Of a role: who has it, and whether with ADMIN OPTION.
    pub granted_to: Vec<(Grantee, bool)>,
    /// Of a role: its owner.
    pub owner: i64,
    /// VALID UNTIL, as given.
    pub valid_until: Option<String>,
    /// CONNECTION LIMIT.
    pub connection_limit: Option<i64>,
    /// SYSLOG ACCESS UNRESTRICTED.
    pub syslog_unrestricted: bool,
    /// SESSION TIMEOUT in seconds.
    pub session_timeout: u64,
    /// EXTERNALID.
    pub external_id: Option<String>,
    /// ALTER USER … SET, as `name=value`.
    pub settings: Vec<String>,
    /// System privileges of a role.
    pub system_privileges: Vec<String>,
}

impl Principal {
    fn new(kind: PrincipalKind, id: i64, name: &str) -> Self {
        Principal {
            kind,
            id,
            name: name.to_owned(),
            superuser: false,
            creates_databases: false,
            members: vec![],
            granted_to: vec![],
            owner: FIRST_USER,
            valid_until: None,
            connection_limit: None,
            syslog_unrestricted: false,
            session_timeout: 0,
            external_id: None,
            settings: vec![],
            system_privileges: vec![],
        }
    }

    /// Whether it is a user.
    pub fn is_user(&self) -> bool {
        self.kind == PrincipalKind::User
    }

    /// CONNECTION LIMIT in words.
    pub fn connection_limit_text(&self) -> String {
        self.connection_limit.map_or_else(|| "UNLIMITED".to_owned(), |limit| limit.to_string())
    }

    /// SYSLOG ACCESS in words.
    pub fn syslog_access(&self) -> &'static str {
        if self.superuser || self.syslog_unrestricted { "UNRESTRICTED" } else { "RESTRICTED" }
    }
}

/// All users, groups and roles.
pub fn all(context: &SystemContext) -> Vec<Principal> {
    let snapshot = &context.bind.snapshot;
    let mut all = vec![Principal {
        superuser: true,
        creates_databases: true,
        ..Principal::new(PrincipalKind::User, SYSTEM, "rdsdb")
    }];
    for user in security::users(snapshot, &context.bind.session.owner) {
        all.push(Principal {
            superuser: user.superuser,
            creates_databases: user.create_db,
            valid_until: user.valid_until,
            connection_limit: user.connection_limit,
            syslog_unrestricted: user.syslog_unrestricted,
            session_timeout: user.session_timeout.unwrap_or(0),
            external_id: user.external_id,
            settings: user.settings.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            ..Principal::new(PrincipalKind::User, user.id, &user.name)
        });
    }
    for group in security::groups(snapshot) {
        all.push(Principal { members: group.members, ..Principal::new(PrincipalKind::Group, group.id, &group.name) });
    }
    for role in security::roles(snapshot) {
        all.push(Principal {
            granted_to: role.members,
            owner: role.owner,
            external_id: role.external_id,
            system_privileges: role.system_privileges,
            ..Principal::new(PrincipalKind::Role, role.id, &role.name)
        });
    }
    all
}

/// The name of a user by name or number.
///
/// Errors: 42704.
pub fn resolve<'c>(context: &'c SystemContext, user: &str) -> Result<&'c str> {
    let number = user.trim().parse::<i64>().ok();
    let found = context
        .principals()
        .iter()
        .find(|principal| principal.is_user() && (principal.name == user || Some(principal.id) == number));
    found
        .map(|principal| principal.name.as_str())
        .ok_or_else(|| Error::new(SqlState::UNDEFINED_OBJECT, format!("user \"{user}\" does not exist")))
}

/// The number of the owner of a schema.
pub fn owner_of_schema(context: &SystemContext, name: &str) -> i64 {
    let snapshot = &context.bind.snapshot;
    let object = match snapshot.schema(name) {
        Some(schema) => Object::Schema(schema.id),
        None => Object::ExternalSchema(name.to_owned()),
    };
    security::privilege::owner(snapshot, &object)
}

/// A privilege that somebody has.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Who has it.
    pub grantee: String,
    /// Their number; 0 for PUBLIC.
    pub grantee_id: i64,
    /// `user`, `group`, `role` or `public`.
    pub grantee_kind: &'static str,
    /// `SELECT`, `USAGE`, …
    pub privilege: &'static str,
    /// On one column only: its number.
    pub column: Option<i64>,
    /// WITH GRANT OPTION.
    pub grantable: bool,
    /// Who granted it.
    pub grantor: i64,
}

/// The grants on an object.
pub fn grants(context: &SystemContext, object: &Object) -> Vec<Grant> {
    security::grants(&context.bind.snapshot, object).into_iter().map(|grant| named(context, &grant)).collect()
}

/// A grant with the name of who has it.
pub fn named(context: &SystemContext, grant: &security::Grant) -> Grant {
    let (kind, word, id) = match grant.grantee {
        Grantee::Public => (None, "public", 0),
        Grantee::User(id) => (Some(PrincipalKind::User), "user", id),
        Grantee::Group(id) => (Some(PrincipalKind::Group), "group", id),
        Grantee::Role(id) => (Some(PrincipalKind::Role), "role", id),
    };
    let found = context.principals().iter().find(|known| Some(known.kind) == kind && known.id == id);
    Grant {
        grantee: found.map_or_else(|| "public".to_owned(), |known| known.name.clone()),
        grantee_id: id,
        grantee_kind: word,
        privilege: grant.privilege.name(),
        column: grant.column.map(|column| column.0),
        grantable: grant.with_option,
        grantor: grant.grantor,
    }
}

/// The object of security that a relation is.
pub fn object(relation: &RelationItem) -> Option<Object> {
    match &relation.kind {
        RelationKind::Table(table) | RelationKind::MaterializedView(table) => Some(Object::Relation(table.id)),
        RelationKind::View(view) => Some(Object::Relation(view.id)),
        _ => None,
    }
}

/// What was granted on a relation as a whole, besides what its owner may do anyway.
pub fn grants_on_relation(context: &SystemContext, relation: &RelationItem) -> Vec<Grant> {
    let grants = object(relation).map(|object| grants(context, &object)).unwrap_or_default();
    grants.into_iter().filter(|grant| grant.column.is_none()).collect()
}

/// What was granted on a schema.
pub fn grants_on_schema(context: &SystemContext, schema: &str) -> Vec<Grant> {
    match context.bind.snapshot.schema(schema) {
        Some(found) => grants(context, &Object::Schema(found.id)),
        None => grants(context, &Object::ExternalSchema(schema.to_owned())),
    }
}

/// The `aclitem`s of grants: `user=rights/grantor`; none without grants.
pub fn acl(context: &SystemContext, owner: i64, all: &[&str], grants: Vec<Grant>) -> Vec<String> {
    if grants.is_empty() {
        return vec![];
    }
    let letters: String = all.iter().map(|privilege| privilege_letter(privilege)).collect();
    let own = context.user_name(owner).unwrap_or_default().to_owned();
    acl_items(context, owner, vec![(own, letters)], grants)
}

/// The `aclitem`s of grants alone, without what the owner may do anyway.
pub fn granted(context: &SystemContext, owner: i64, grants: Vec<Grant>) -> Vec<String> {
    acl_items(context, owner, vec![], grants)
}

fn acl_items(context: &SystemContext, owner: i64, mut items: Vec<(String, String)>, grants: Vec<Grant>) -> Vec<String> {
    let owner = context.user_name(owner).unwrap_or_default();
    for grant in grants {
        let grantee = match grant.grantee_kind {
            "public" => String::new(),
            "user" => grant.grantee,
            kind => format!("{kind} {}", grant.grantee),
        };
        let mark = if grant.grantable { "*" } else { "" };
        let letter = format!("{}{mark}", privilege_letter(grant.privilege));
        match items.iter_mut().find(|(known, _)| *known == grantee) {
            Some((_, letters)) => letters.push_str(&letter),
            None => items.push((grantee, letter)),
        }
    }
    items.into_iter().map(|(grantee, letters)| format!("{grantee}={letters}/{owner}")).collect()
}

/// What the owner of a relation may do.
const RELATION_PRIVILEGES: [&str; 8] =
    ["INSERT", "SELECT", "UPDATE", "DELETE", "RULE", "REFERENCES", "TRIGGER", "DROP"];

/// The grants on a relation as `aclitem`s.
pub fn relation_acl(context: &SystemContext, relation: &RelationItem) -> Vec<String> {
    acl(context, relation.owner, &RELATION_PRIVILEGES, grants_on_relation(context, relation))
}

/// The grants on a column of a relation as `aclitem`s.
pub fn column_acl(context: &SystemContext, relation: &RelationItem, column: i64) -> Vec<String> {
    let grants = object(relation).map(|object| grants(context, &object)).unwrap_or_default();
    granted(context, relation.owner, grants.into_iter().filter(|grant| grant.column == Some(column)).collect())
}

/// The grants on a function or procedure as `aclitem`s.
pub fn routine_acl(context: &SystemContext, routine: &RoutineItem) -> Vec<String> {
    let Some(key) = routine.key.clone() else { return vec![] };
    acl(context, routine.owner, &["EXECUTE"], grants(context, &Object::Routine(key)))
}

/// The grants on a database as `aclitem`s.
pub fn database_acl(context: &SystemContext, name: &str, owner: i64) -> Vec<String> {
    acl(context, owner, &["CREATE", "TEMPORARY"], grants(context, &Object::Database(name.to_owned())))
}

/// The grants on a schema as `aclitem`s.
pub fn schema_acl(context: &SystemContext, schema: &str, owner: i64) -> Vec<String> {
    acl(context, owner, &["USAGE", "CREATE"], grants_on_schema(context, schema))
}

/// `aclitem`s as SVV views and SHOW write them.
pub fn acl_text(items: &[String]) -> String {
    items.join("~")
}

/// The letter of a privilege in an `aclitem`.
fn privilege_letter(privilege: &str) -> &'static str {
    match privilege {
        "SELECT" => "r",
        "INSERT" => "a",
        "UPDATE" => "w",
        "DELETE" => "d",
        "DROP" => "D",
        "RULE" => "R",
        "REFERENCES" => "x",
        "TRIGGER" => "t",
        "TRUNCATE" => "P",
        "ALTER" => "A",
        "USAGE" => "U",
        "CREATE" => "C",
        "EXECUTE" => "X",
        "TEMPORARY" => "T",
        _ => "?",
    }
}
