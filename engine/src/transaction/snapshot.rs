//! One state of the catalog, immutable and cheap to copy: what a statement sees.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::Value;

use crate::storage::{
    catalog_store::CatalogRows,
    metadata::{Relation, RelationId, SchemaId, SchemaSnapshot, SnapshotId, TableSnapshot, ViewSnapshot},
};

/// A state of the catalog. A transaction's overlay is one too; the parts that it does not change
/// are shared with the state that it started from.
#[derive(Debug, Clone)]
pub struct CatalogSnapshot {
    id: SnapshotId,
    schemas: Arc<BTreeMap<SchemaId, SchemaEntry>>,
    schema_names: Arc<BTreeMap<String, SchemaId>>,
    relations: Arc<HashMap<RelationId, Relation>>,
    records: Arc<BTreeMap<String, BTreeMap<String, Arc<Value>>>>,
}

#[derive(Debug, Clone)]
struct SchemaEntry {
    schema: Arc<SchemaSnapshot>,
    names: Arc<BTreeMap<String, RelationId>>,
}

impl CatalogSnapshot {
    /// The committed state that this is, or that the overlay started from.
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// A schema by name.
    pub fn schema(&self, name: &str) -> Option<&Arc<SchemaSnapshot>> {
        self.schema_by_id(*self.schema_names.get(name)?)
    }

    /// A schema by id.
    pub fn schema_by_id(&self, id: SchemaId) -> Option<&Arc<SchemaSnapshot>> {
        Some(&self.schemas.get(&id)?.schema)
    }

    /// All schemas, by name.
    pub fn schemas(&self) -> impl Iterator<Item = &Arc<SchemaSnapshot>> {
        self.schema_names.values().filter_map(|id| self.schema_by_id(*id))
    }

    /// A relation by name.
    pub fn relation(&self, schema: SchemaId, name: &str) -> Option<Relation> {
        self.relation_by_id(*self.schemas.get(&schema)?.names.get(name)?)
    }

    /// A relation by id.
    pub fn relation_by_id(&self, id: RelationId) -> Option<Relation> {
        self.relations.get(&id).cloned()
    }

    /// A table by id.
    pub fn table(&self, id: RelationId) -> Option<&Arc<TableSnapshot>> {
        match self.relations.get(&id)? {
            Relation::Table(table) => Some(table),
            Relation::View(_) => None,
        }
    }

    /// A view by id.
    pub fn view(&self, id: RelationId) -> Option<&Arc<ViewSnapshot>> {
        match self.relations.get(&id)? {
            Relation::View(view) => Some(view),
            Relation::Table(_) => None,
        }
    }

    /// The relations of a schema, by name.
    pub fn relations(&self, schema: SchemaId) -> impl Iterator<Item = &Relation> {
        let names = self.schemas.get(&schema).map(|s| s.names.values());
        names.into_iter().flatten().filter_map(|id| self.relations.get(id))
    }

    /// All relations of all schemas, in no order.
    pub fn all_relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values()
    }

    /// The relations that were made from `id`.
    pub fn dependents(&self, id: RelationId) -> Vec<Relation> {
        let depends = |r: &&Relation| matches!(r, Relation::View(v) if v.depends_on.contains(&id));
        self.relations.values().filter(depends).cloned().collect()
    }

    /// A record.
    pub fn record(&self, kind: &str, key: &str) -> Option<&Arc<Value>> {
        self.records.get(kind)?.get(key)
    }

    /// The records of a kind, by key.
    pub fn records(&self, kind: &str) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        self.records.get(kind).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    // ---- making and changing: for this module's siblings only ----

    /// From a complete load.
    pub(super) fn from_rows(rows: CatalogRows) -> Self {
        let empty = CatalogSnapshot {
            id: SnapshotId(0),
            schemas: Arc::default(),
            schema_names: Arc::default(),
            relations: Arc::default(),
            records: Arc::default(),
        };
        empty.with_rows(rows)
    }

    /// This state with what has changed since.
    pub(super) fn with_rows(&self, rows: CatalogRows) -> Self {
        let mut next = self.clone();
        next.id = rows.snapshot_id.unwrap_or(self.id);
        if let Some(schemas) = rows.schemas {
            let gone: Vec<SchemaId> =
                self.schemas.keys().filter(|id| !schemas.iter().any(|s| s.id == **id)).copied().collect();
            gone.into_iter().for_each(|id| next.remove_schema(id));
            schemas.into_iter().for_each(|s| next.put_schema(Arc::new(s)));
        }
        // First out, then in: names may have gone from one relation to another.
        for id in rows.dropped.iter().copied().chain(rows.relations.iter().map(Relation::id)) {
            next.remove_relation(id);
        }
        rows.relations.into_iter().for_each(|r| next.put_relation(r));
        if let Some(records) = rows.records {
            next.records = Arc::default();
            for (kind, key, value) in records {
                next.put_record(&kind, &key, Some(Arc::new(value)));
            }
        }
        next
    }

    pub(super) fn put_schema(&mut self, schema: Arc<SchemaSnapshot>) {
        let (schemas, by_name) = (Arc::make_mut(&mut self.schemas), Arc::make_mut(&mut self.schema_names));
        by_name.retain(|_, id| *id != schema.id);
        by_name.insert(schema.name.clone(), schema.id);
        match schemas.get_mut(&schema.id) {
            Some(entry) => entry.schema = schema,
            None => drop(schemas.insert(schema.id, SchemaEntry { schema, names: Arc::default() })),
        }
    }

    pub(super) fn remove_schema(&mut self, id: SchemaId) {
        Arc::make_mut(&mut self.schemas).remove(&id);
        Arc::make_mut(&mut self.schema_names).retain(|_, other| *other != id);
    }

    /// Puts a relation in the place of its former state.
    pub(super) fn put_relation(&mut self, relation: Relation) {
        let (id, schema) = (relation.id(), relation.schema_id());
        let stays =
            self.relations.get(&id).is_some_and(|old| old.name() == relation.name() && old.schema_id() == schema);
        if !stays {
            self.remove_relation(id);
            if let Some(entry) = Arc::make_mut(&mut self.schemas).get_mut(&schema) {
                Arc::make_mut(&mut entry.names).insert(relation.name().to_owned(), id);
            }
        }
        Arc::make_mut(&mut self.relations).insert(id, relation);
    }

    pub(super) fn remove_relation(&mut self, id: RelationId) {
        let Some(old) = Arc::make_mut(&mut self.relations).remove(&id) else { return };
        if let Some(entry) = Arc::make_mut(&mut self.schemas).get_mut(&old.schema_id()) {
            let names = Arc::make_mut(&mut entry.names);
            if names.get(old.name()) == Some(&id) {
                names.remove(old.name());
            }
        }
    }

    pub(super) fn put_record(&mut self, kind: &str, key: &str, value: Option<Arc<Value>>) {
        let records = Arc::make_mut(&mut self.records);
        match value {
            Some(value) => drop(records.entry(kind.to_owned()).or_default().insert(key.to_owned(), value)),
            None => {
                if let Some(of_kind) = records.get_mut(kind) {
                    of_kind.remove(key);
                }
            }
        }
    }
}
