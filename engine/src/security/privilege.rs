//! Grants: who may do what with an object; and to whom objects belong.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::principal::{self, OWNER_ID};
use crate::{
    error::{Error, Result},
    routine::catalog::Routine,
    session::Session,
    storage::metadata::{ColumnId, RelationId, SchemaId},
    transaction::{CatalogSnapshot, Transaction},
};

/// Kind of the records that hold the grants of an object.
pub const GRANT_KIND: &str = "acl";
/// Kind of the records that hold the owner of an object.
const OWNER_KIND: &str = "owner";

/// What privileges are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A table or view.
    Relation(RelationId),
    /// A schema.
    Schema(SchemaId),
    /// An external schema, by name.
    ExternalSchema(String),
    /// A database.
    Database(String),
    /// A function or procedure, by the key of its record.
    Routine(String),
    /// A language.
    Language(String),
    /// All objects of a kind, present and future, in a schema or (None) in the database.
    All(ScopedKind, Option<SchemaId>),
    /// What a command may use a role of IAM for. Recorded and shown; nothing here needs such roles.
    IamRole {
        /// The command.
        command: String,
        /// The role.
        role: String,
    },
}

/// Kinds of objects that scoped permissions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are SQL's
pub enum ScopedKind {
    Tables,
    Schemas,
    Functions,
    Procedures,
    Languages,
}

impl ScopedKind {
    const NAMES: [(&str, ScopedKind); 5] = [
        ("TABLES", ScopedKind::Tables),
        ("SCHEMAS", ScopedKind::Schemas),
        ("FUNCTIONS", ScopedKind::Functions),
        ("PROCEDURES", ScopedKind::Procedures),
        ("LANGUAGES", ScopedKind::Languages),
    ];

    /// The kind of a word in upper case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
    }

    /// The word, in upper case.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Relation(id) => write!(f, "relation:{id}"),
            Object::Schema(id) => write!(f, "schema:{id}"),
            Object::ExternalSchema(name) => write!(f, "external_schema:{name}"),
            Object::Database(name) => write!(f, "database:{name}"),
            Object::Routine(key) => write!(f, "routine:{key}"),
            Object::Language(name) => write!(f, "language:{name}"),
            Object::All(kind, schema) => write!(f, "all:{}:{}", kind.name(), schema.map_or(0, |schema| schema.0)),
            Object::IamRole { command, role } => write!(f, "iam_role:{command}:{role}"),
        }
    }
}

impl Object {
    /// The object of a key that `to_string` made.
    pub fn parse(key: &str) -> Option<Object> {
        let (kind, name) = key.split_once(':')?;
        Some(match kind {
            "relation" => Object::Relation(RelationId(name.parse().ok()?)),
            "schema" => Object::Schema(SchemaId(name.parse().ok()?)),
            "external_schema" => Object::ExternalSchema(name.to_owned()),
            "database" => Object::Database(name.to_owned()),
            "routine" => Object::Routine(name.to_owned()),
            "language" => Object::Language(name.to_owned()),
            "all" => {
                let (kind, schema) = name.split_once(':')?;
                let schema: i64 = schema.parse().ok()?;
                Object::All(ScopedKind::parse(kind)?, (schema != 0).then_some(SchemaId(schema)))
            }
            "iam_role" => {
                let (command, role) = name.split_once(':')?;
                Object::IamRole { command: command.to_owned(), role: role.to_owned() }
            }
            _ => return None,
        })
    }
}

/// Whom a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grantee {
    /// Everybody.
    Public,
    /// A user, by id.
    User(i64),
    /// The users of a group, by its id.
    Group(i64),
    /// Who has a role, by its id.
    Role(i64),
}

/// A privilege.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are SQL's
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Drop,
    References,
    Alter,
    Truncate,
    Create,
    Usage,
    Temporary,
    Execute,
    Rule,
    Trigger,
}

const PRIVILEGES: [(&str, Privilege); 15] = [
    ("SELECT", Privilege::Select),
    ("INSERT", Privilege::Insert),
    ("UPDATE", Privilege::Update),
    ("DELETE", Privilege::Delete),
    ("DROP", Privilege::Drop),
    ("REFERENCES", Privilege::References),
    ("ALTER", Privilege::Alter),
    ("TRUNCATE", Privilege::Truncate),
    ("CREATE", Privilege::Create),
    ("USAGE", Privilege::Usage),
    ("TEMPORARY", Privilege::Temporary),
    ("TEMP", Privilege::Temporary),
    ("EXECUTE", Privilege::Execute),
    ("RULE", Privilege::Rule),
    ("TRIGGER", Privilege::Trigger),
];

impl Privilege {
    /// The privilege of a name in any case.
    pub fn parse(name: &str) -> Option<Privilege> {
        PRIVILEGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, privilege)| *privilege)
    }

    /// Its name in upper case.
    pub fn name(self) -> &'static str {
        PRIVILEGES.iter().find(|(_, privilege)| *privilege == self).map_or("", |(name, _)| name)
    }

    /// What ALL stands for on a kind of object.
    pub fn all_of(object: &Object) -> &'static [Privilege] {
        use Privilege::{
            Alter, Create, Delete, Drop, Execute, Insert, References, Select, Temporary, Truncate, Update, Usage,
        };
        match object {
            Object::Relation(_) | Object::All(ScopedKind::Tables, _) => {
                &[Select, Insert, Update, Delete, Drop, References, Alter, Truncate]
            }
            Object::Schema(_) | Object::All(ScopedKind::Schemas, _) => &[Create, Usage, Alter, Drop],
            Object::ExternalSchema(_) => &[Create, Usage],
            Object::Database(_) => &[Create, Temporary, Usage],
            Object::Routine(_) | Object::All(ScopedKind::Functions | ScopedKind::Procedures, _) => &[Execute],
            Object::Language(_) | Object::All(ScopedKind::Languages, _) | Object::IamRole { .. } => &[Usage],
        }
    }
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whom it is for.
    pub grantee: Grantee,
    /// What it allows.
    pub privilege: Privilege,
    /// On a relation: the only columns that it holds for.
    #[serde(default)]
    pub column: Option<ColumnId>,
    /// WITH GRANT OPTION.
    #[serde(default)]
    pub with_option: bool,
    /// Id of the user who granted it.
    pub grantor: i64,
}

/// The grants on an object; those that hold by themselves while nothing was granted or revoked.
pub fn grants(snapshot: &CatalogSnapshot, object: &Object) -> Vec<Grant> {
    match snapshot.record(GRANT_KIND, &object.to_string()) {
        Some(value) => serde_json::from_value(value.as_ref().clone()).unwrap_or_default(),
        None => built_in(snapshot, object),
    }
}

/// All objects with grants of their own.
pub fn all_grants(snapshot: &CatalogSnapshot) -> Vec<(Object, Vec<Grant>)> {
    let records = snapshot.records(GRANT_KIND);
    records
        .filter_map(|(key, value)| Some((Object::parse(key)?, serde_json::from_value(value.as_ref().clone()).ok()?)))
        .collect()
}

/// Everybody may use and create in `public`, make temporary tables, use languages, and call functions.
fn built_in(snapshot: &CatalogSnapshot, object: &Object) -> Vec<Grant> {
    let to_public = |privileges: &[Privilege]| {
        let grant = |privilege: &Privilege| Grant {
            grantee: Grantee::Public,
            privilege: *privilege,
            column: None,
            with_option: false,
            grantor: OWNER_ID,
        };
        privileges.iter().map(grant).collect()
    };
    match object {
        Object::Schema(id) if snapshot.schema_by_id(*id).is_some_and(|schema| schema.name == "public") => {
            to_public(&[Privilege::Usage, Privilege::Create])
        }
        Object::Database(_) => to_public(&[Privilege::Temporary]),
        Object::Language(_) => to_public(&[Privilege::Usage]),
        Object::Routine(key) => {
            let record = snapshot.record(crate::routine::catalog::RECORD_KIND, key);
            let routine = record.and_then(|value| serde_json::from_value::<Routine>(value.as_ref().clone()).ok());
            if routine.is_some_and(|routine| !routine.procedure) { to_public(&[Privilege::Execute]) } else { vec![] }
        }
        _ => vec![],
    }
}

/// The scopes that an object is in: its permissions are the object's, too.
pub fn scopes(snapshot: &CatalogSnapshot, object: &Object) -> Vec<Object> {
    let (kind, schema) = match object {
        Object::Relation(id) => match snapshot.relation_by_id(*id) {
            Some(relation) => (ScopedKind::Tables, Some(relation.schema_id())),
            None => return vec![],
        },
        Object::Schema(_) => (ScopedKind::Schemas, None),
        Object::Routine(key) => {
            let record = snapshot.record(crate::routine::catalog::RECORD_KIND, key);
            let routine = record.and_then(|value| serde_json::from_value::<Routine>(value.as_ref().clone()).ok());
            let Some(routine) = routine else { return vec![] };
            let kind = if routine.procedure { ScopedKind::Procedures } else { ScopedKind::Functions };
            (kind, Some(SchemaId(routine.schema_id)))
        }
        Object::Language(_) => (ScopedKind::Languages, None),
        _ => return vec![],
    };
    let within = schema.map(|schema| Object::All(kind, Some(schema)));
    within.into_iter().chain([Object::All(kind, None)]).collect()
}

/// Stores the grants of an object.
pub fn store(transaction: &mut Transaction, object: &Object, grants: &[Grant]) -> Result<()> {
    let value = serde_json::to_value(grants).map_err(Error::internal)?;
    transaction.put_record(GRANT_KIND, &object.to_string(), value)
}

/// Id of the user to whom an object belongs.
pub fn owner(snapshot: &CatalogSnapshot, object: &Object) -> i64 {
    if let Object::Routine(key) = object {
        let record = snapshot.record(crate::routine::catalog::RECORD_KIND, key);
        let routine = record.and_then(|value| serde_json::from_value::<Routine>(value.as_ref().clone()).ok());
        return routine.map_or(OWNER_ID, |routine| routine.owner);
    }
    snapshot.record(OWNER_KIND, &object.to_string()).and_then(|value| value.as_i64()).unwrap_or(OWNER_ID)
}

/// Gives an object to a user.
pub fn set_owner(transaction: &mut Transaction, object: &Object, user: i64) -> Result<()> {
    if user == OWNER_ID {
        transaction.remove_record(OWNER_KIND, &object.to_string())
    } else {
        transaction.put_record(OWNER_KIND, &object.to_string(), user.into())
    }
}

/// All objects that belong to a user other than the warehouse's owner.
pub fn owned(snapshot: &CatalogSnapshot, user: i64) -> Vec<Object> {
    let records = snapshot.records(OWNER_KIND).filter(|(_, value)| value.as_i64() == Some(user));
    records.filter_map(|(key, _)| Object::parse(key)).collect()
}

/// A new object belongs to the current user, and grants what the user's default privileges say.
pub fn own_new(session: &mut Session, object: &Object, schema: Option<SchemaId>) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let info = session.info();
    let user = principal::user(&snapshot, &info.owner, &info.user).map_or(OWNER_ID, |user| user.id);
    if user != OWNER_ID {
        set_owner(session.transaction()?, object, user)?;
    }
    super::default_privilege::apply(session.transaction()?, object, user, schema)
}

/// A dropped object leaves nothing behind.
pub fn forget(transaction: &mut Transaction, object: &Object) -> Result<()> {
    transaction.remove_record(GRANT_KIND, &object.to_string())?;
    transaction.remove_record(OWNER_KIND, &object.to_string())
}
