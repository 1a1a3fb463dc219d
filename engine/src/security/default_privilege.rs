//! ALTER DEFAULT PRIVILEGES: what new objects of a user grant by themselves.

use super::privilege::{self, Grant, Object};
use crate::{
    error::{Error, Result},
    storage::metadata::SchemaId,
    transaction::{CatalogSnapshot, Transaction},
};

/// Kind of the records, with keys of user, schema (0: any) and kind of object.
pub const RECORD_KIND: &str = "default_privilege";

/// Kinds of objects that default privileges are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are SQL's
pub enum ObjectKind {
    Tables,
    Functions,
    Procedures,
}

impl ObjectKind {
    /// The word of SQL, in upper case.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Tables => "TABLES",
            ObjectKind::Functions => "FUNCTIONS",
            ObjectKind::Procedures => "PROCEDURES",
        }
    }

    /// The kind of a word in upper case.
    pub fn parse(word: &str) -> Option<Self> {
        [ObjectKind::Tables, ObjectKind::Functions, ObjectKind::Procedures].into_iter().find(|kind| kind.name() == word)
    }
}

fn key(user: i64, schema: Option<SchemaId>, kind: ObjectKind) -> String {
    format!("{user}.{}.{}", schema.map_or(0, |schema| schema.0), kind.name())
}

/// The default privileges of a user, for objects of a schema or of any.
pub fn get(snapshot: &CatalogSnapshot, user: i64, schema: Option<SchemaId>, kind: ObjectKind) -> Vec<Grant> {
    let record = snapshot.record(RECORD_KIND, &key(user, schema, kind));
    record.and_then(|value| serde_json::from_value(value.as_ref().clone()).ok()).unwrap_or_default()
}

/// Stores the default privileges of a user.
pub fn set(
    transaction: &mut Transaction,
    user: i64,
    schema: Option<SchemaId>,
    kind: ObjectKind,
    grants: &[Grant],
) -> Result<()> {
    let key = key(user, schema, kind);
    if grants.is_empty() {
        return transaction.remove_record(RECORD_KIND, &key);
    }
    transaction.put_record(RECORD_KIND, &key, serde_json::to_value(grants).map_err(Error::internal)?)
}

/// All default privileges: user, schema (None: any), kind of object, grants.
pub fn all(snapshot: &CatalogSnapshot) -> Vec<(i64, Option<SchemaId>, ObjectKind, Vec<Grant>)> {
    let read = |(key, value): (&str, &std::sync::Arc<serde_json::Value>)| {
        let mut parts = key.split('.');
        let user = parts.next()?.parse().ok()?;
        let schema: i64 = parts.next()?.parse().ok()?;
        let kind = ObjectKind::parse(parts.next()?)?;
        let grants = serde_json::from_value(value.as_ref().clone()).ok()?;
        Some((user, (schema != 0).then_some(SchemaId(schema)), kind, grants))
    };
    snapshot.records(RECORD_KIND).filter_map(read).collect()
}

/// Gives a new object of `user` its grants.
pub(super) fn apply(transaction: &mut Transaction, object: &Object, user: i64, schema: Option<SchemaId>) -> Result<()> {
    let snapshot = transaction.snapshot()?;
    if snapshot.records(RECORD_KIND).next().is_none() {
        return Ok(());
    }
    let kind = match object {
        Object::Relation(_) => ObjectKind::Tables,
        Object::Routine(key) => {
            let record = snapshot.record(crate::routine::catalog::RECORD_KIND, key);
            let procedure = record.and_then(|value| value.get("procedure")?.as_bool()).unwrap_or(false);
            if procedure { ObjectKind::Procedures } else { ObjectKind::Functions }
        }
        _ => return Ok(()),
    };
    let mut new = get(&snapshot, user, None, kind);
    if schema.is_some() {
        new.extend(get(&snapshot, user, schema, kind));
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut grants = privilege::grants(&snapshot, object);
    grants.extend(new);
    privilege::store(transaction, object, &grants)
}
