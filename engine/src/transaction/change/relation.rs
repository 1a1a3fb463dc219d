//! Changes of schemas, tables and views as wholes.

use std::sync::{Arc, atomic::Ordering};

use super::{OVERLAY_VERSION, Transaction, column::check_columns, find_relation, find_schema};
use crate::{
    error::{Error, Result, SqlState},
    storage::metadata::{
        ColumnId, Relation, RelationId, SchemaId, SchemaSnapshot, TableId, TableSnapshot, ViewId, ViewSnapshot,
    },
    transaction::definition::{ColumnDefinition, TableDefinition, ViewDefinition},
};

impl Transaction {
    /// CREATE SCHEMA.
    pub fn create_schema(&mut self, name: &str) -> Result<SchemaId> {
        if self.snapshot()?.schema(name).is_some() {
            return Err(Error::duplicate_schema(name));
        }
        let id = SchemaId(self.warehouse.new_catalog_id()?);
        self.put_schema(SchemaSnapshot { id, name: name.to_owned(), comment: None })?;
        Ok(id)
    }

    /// DROP SCHEMA of a schema without relations.
    pub fn drop_schema(&mut self, id: SchemaId) -> Result<()> {
        let snapshot = self.snapshot()?;
        let schema = find_schema(&snapshot, id)?;
        if snapshot.relations(id).next().is_some() {
            let message = format!("cannot drop schema {} because other objects depend on it", schema.name);
            return Err(Error::new(SqlState::DEPENDENT_OBJECTS, message)
                .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
        }
        self.schemas.insert(id);
        self.overlay()?.remove_schema(id);
        Ok(())
    }

    /// DROP SCHEMA with all relations in it.
    pub fn drop_schema_with_relations(&mut self, id: SchemaId) -> Result<()> {
        let relations: Vec<RelationId> = self.snapshot()?.relations(id).map(Relation::id).collect();
        relations.into_iter().try_for_each(|relation| self.drop_relation(relation))?;
        self.drop_schema(id)
    }

    /// ALTER SCHEMA … RENAME TO.
    pub fn rename_schema(&mut self, id: SchemaId, name: &str) -> Result<()> {
        let snapshot = self.snapshot()?;
        let schema = find_schema(&snapshot, id)?;
        if snapshot.schema(name).is_some_and(|s| s.id != id) {
            return Err(Error::duplicate_schema(name));
        }
        self.put_schema(SchemaSnapshot { name: name.to_owned(), ..schema.as_ref().clone() })
    }

    pub(super) fn put_schema(&mut self, schema: SchemaSnapshot) -> Result<()> {
        self.schemas.insert(schema.id);
        self.overlay()?.put_schema(Arc::new(schema));
        Ok(())
    }

    // ---- relations ----

    /// CREATE TABLE.
    pub fn create_table(&mut self, definition: TableDefinition) -> Result<TableId> {
        self.check_new_name(definition.schema_id, &definition.name)?;
        check_columns(&definition.columns)?;
        let id = RelationId(self.warehouse.new_catalog_id()?);
        let column = |(index, column): (usize, ColumnDefinition)| column.into_column(ColumnId(index as i64 + 1));
        let columns = definition.columns.into_iter().enumerate().map(column).collect();
        let table = TableSnapshot::new(id, definition.schema_id, definition.name, columns, definition.layout);
        self.put_table(table)?;
        Ok(id)
    }

    /// CREATE VIEW.
    pub fn create_view(&mut self, definition: ViewDefinition) -> Result<ViewId> {
        self.check_new_name(definition.schema_id, &definition.name)?;
        let id = RelationId(self.warehouse.new_catalog_id()?);
        self.put_view(ViewSnapshot {
            id,
            schema_id: definition.schema_id,
            name: definition.name,
            uuid: uuid::Uuid::new_v4().to_string(),
            sql: definition.sql,
            columns: definition.columns,
            late_binding: definition.late_binding,
            depends_on: definition.depends_on,
            properties: definition.properties,
            comment: None,
        })?;
        Ok(id)
    }

    /// CREATE OR REPLACE VIEW: another definition under the same id.
    pub fn replace_view(&mut self, id: ViewId, definition: ViewDefinition) -> Result<()> {
        let snapshot = self.snapshot()?;
        let old = snapshot.view(id).ok_or_else(|| Error::undefined_table(&definition.name))?;
        let ViewDefinition { schema_id, name, sql, columns, late_binding, depends_on, properties } = definition;
        let old = old.as_ref().clone();
        self.put_view(ViewSnapshot { schema_id, name, sql, columns, late_binding, depends_on, properties, ..old })
    }

    /// DROP TABLE, DROP VIEW. What depends on it is the caller's business.
    pub fn drop_relation(&mut self, id: RelationId) -> Result<()> {
        find_relation(self.snapshot()?.as_ref(), id)?;
        self.relations.insert(id);
        self.overlay()?.remove_relation(id);
        Ok(())
    }

    /// ALTER … RENAME TO.
    pub fn rename_relation(&mut self, id: RelationId, name: &str) -> Result<()> {
        let relation = find_relation(self.snapshot()?.as_ref(), id)?;
        self.move_relation(relation.schema_id(), name, relation)
    }

    /// ALTER TABLE … SET SCHEMA.
    pub fn set_relation_schema(&mut self, id: RelationId, schema: SchemaId) -> Result<()> {
        let relation = find_relation(self.snapshot()?.as_ref(), id)?;
        let name = relation.name().to_owned();
        self.move_relation(schema, &name, relation)
    }

    fn move_relation(&mut self, schema_id: SchemaId, name: &str, relation: Relation) -> Result<()> {
        self.check_new_name(schema_id, name)?;
        let name = name.to_owned();
        match relation {
            Relation::Table(table) => self.put_table(TableSnapshot { schema_id, name, ..table.as_ref().clone() }),
            Relation::View(view) => self.put_view(ViewSnapshot { schema_id, name, ..view.as_ref().clone() }),
        }
    }

    fn check_new_name(&mut self, schema: SchemaId, name: &str) -> Result<()> {
        let snapshot = self.snapshot()?;
        find_schema(&snapshot, schema)?;
        match snapshot.relation(schema, name) {
            Some(_) => Err(Error::duplicate_table(name)),
            None => Ok(()),
        }
    }

    pub(in crate::transaction) fn put_table(&mut self, mut table: TableSnapshot) -> Result<()> {
        table.version = OVERLAY_VERSION.fetch_add(1, Ordering::Relaxed);
        self.relations.insert(table.id);
        self.overlay()?.put_relation(Relation::Table(Arc::new(table)));
        Ok(())
    }

    pub(super) fn put_view(&mut self, view: ViewSnapshot) -> Result<()> {
        self.relations.insert(view.id);
        self.overlay()?.put_relation(Relation::View(Arc::new(view)));
        Ok(())
    }
}
