//! What system views are computed from: the statement's own snapshot, so that they agree with what
//! the statement sees, and what the engine knows of sessions and queries.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use super::item::{Principal, RelationItem, constraint, principal, relation};
use crate::{binder::BindContext, error::Result};

/// What one statement's system views see.
pub struct SystemContext {
    /// Names, search path, snapshot, session.
    pub bind: BindContext,
    /// Of a function that stands in FROM: its arguments.
    pub arguments: Vec<String>,
    by_number: OnceLock<HashMap<i64, usize>>,
    indexes: OnceLock<Vec<Arc<RelationItem>>>,
    principals: OnceLock<Vec<Principal>>,
}

impl SystemContext {
    /// What `bind` sees.
    pub fn new(bind: BindContext) -> Self {
        SystemContext {
            bind,
            arguments: vec![],
            by_number: OnceLock::new(),
            indexes: OnceLock::new(),
            principals: OnceLock::new(),
        }
    }

    /// The connected database.
    pub fn database(&self) -> &str {
        &self.bind.database
    }

    /// All relations that the session may see, system views among them; no external tables.
    pub fn relations(&self) -> &[Arc<RelationItem>] {
        self.bind.relations.get_or_init(|| relation::all(self))
    }

    /// The relations, and the tables of external schemas.
    pub fn relations_and_external(&self) -> Result<Vec<Arc<RelationItem>>> {
        let mut all = self.relations().to_vec();
        all.extend(relation::external(self)?);
        Ok(all)
    }

    /// A relation by its number.
    pub fn relation(&self, oid: i64) -> Option<&Arc<RelationItem>> {
        let relations = self.relations();
        let by_number = self.by_number.get_or_init(|| {
            // The first of a number counts.
            relations.iter().enumerate().rev().map(|(index, relation)| (relation.oid, index)).collect()
        });
        relations.get(*by_number.get(&oid)?)
    }

    /// The indexes that PostgreSQL would keep for keys.
    pub fn indexes(&self) -> &[Arc<RelationItem>] {
        self.indexes.get_or_init(|| constraint::indexes(self))
    }

    /// A relation or an index by its number.
    pub fn relation_or_index(&self, oid: i64) -> Option<&Arc<RelationItem>> {
        self.relation(oid).or_else(|| self.indexes().iter().find(|index| index.oid == oid))
    }

    /// Users, groups and roles.
    pub fn principals(&self) -> &[Principal] {
        self.principals.get_or_init(|| principal::all(self))
    }

    /// The name of a user by number.
    pub fn user_name(&self, id: i64) -> Option<&str> {
        self.principals()
            .iter()
            .find(|principal| principal.is_user() && principal.id == id)
            .map(|user| user.name.as_str())
    }

    /// The schemas in which unqualified names are looked for, in order.
    pub fn visible_schemas(&self) -> Vec<&str> {
        let temporary = self.bind.temporary_schema.iter().map(String::as_str);
        let path = self.bind.search_path.iter().map(String::as_str);
        temporary
            .chain([super::view::PG_CATALOG])
            .chain(path.filter(|schema| *schema != super::view::PG_CATALOG))
            .collect()
    }
}
