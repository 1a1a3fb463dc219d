//! Constraints: PRIMARY KEY, UNIQUE and FOREIGN KEY. They inform, and are not enforced.

use std::sync::Arc;

use super::super::{context::SystemContext, oid};
use super::relation::{RelationItem, RelationKind, quoted};
use crate::storage::metadata::{ConstraintKind, TableConstraint, TableSnapshot};

/// A constraint of a table.
pub struct ConstraintItem {
    /// The table.
    pub relation: Arc<RelationItem>,
    /// Its place among the table's constraints.
    index: usize,
    /// For a foreign key: the table referred to.
    pub target: Option<Arc<RelationItem>>,
}

impl ConstraintItem {
    fn table(&self) -> Option<&TableSnapshot> {
        self.relation.stored().map(|table| &**table)
    }

    /// The constraint itself.
    pub fn constraint(&self) -> Option<&TableConstraint> {
        self.table()?.layout.constraints.get(self.index)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.constraint().map_or("", |constraint| &constraint.name)
    }

    /// Its kind.
    pub fn kind(&self) -> Option<ConstraintKind> {
        self.constraint().map(|constraint| constraint.kind)
    }

    /// Its number.
    pub fn oid(&self) -> i64 {
        self.table().map_or(0, |table| oid::constraint(table.id, self.name()))
    }

    /// For a key: the number of the index that PostgreSQL would keep for it.
    pub fn index_oid(&self) -> i64 {
        self.oid() + oid::INDEX_OFFSET
    }

    /// For a foreign key: the number of the index of the key referred to.
    pub fn target_index_oid(&self) -> Option<i64> {
        let key = self.target_constraint()?;
        let table = self.target.as_ref()?.stored()?;
        Some(oid::constraint(table.id, &key.name) + oid::INDEX_OFFSET)
    }

    /// `p`, `u` or `f`.
    pub fn letter(&self) -> &'static str {
        match self.kind() {
            Some(ConstraintKind::Primary) => "p",
            Some(ConstraintKind::Unique) => "u",
            _ => "f",
        }
    }

    /// What TABLE_CONSTRAINTS calls it.
    pub fn type_name(&self) -> &'static str {
        match self.kind() {
            Some(ConstraintKind::Primary) => "PRIMARY KEY",
            Some(ConstraintKind::Unique) => "UNIQUE",
            _ => "FOREIGN KEY",
        }
    }

    /// Numbers of its columns.
    pub fn column_numbers(&self) -> Vec<i64> {
        self.constraint().map_or_else(Vec::new, |constraint| constraint.columns.iter().map(|id| id.0).collect())
    }

    /// Names of its columns.
    pub fn columns(&self) -> Vec<&str> {
        let (Some(table), Some(constraint)) = (self.table(), self.constraint()) else { return vec![] };
        constraint.columns.iter().filter_map(|id| table.column_by_id(*id)).map(|column| column.name.as_str()).collect()
    }

    /// For a foreign key: names of the columns referred to. Without a list it is the primary key.
    pub fn target_columns(&self) -> Vec<&str> {
        let Some(constraint) = self.constraint() else { return vec![] };
        if !constraint.referenced_columns.is_empty() {
            return constraint.referenced_columns.iter().map(String::as_str).collect();
        }
        let Some(table) = self.target.as_ref().and_then(|target| target.stored()) else { return vec![] };
        let key = table.layout.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Primary);
        let ids = key.map(|key| key.columns.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| table.column_by_id(*id)).map(|column| column.name.as_str()).collect()
    }

    /// For a foreign key: numbers of the columns referred to.
    pub fn target_column_numbers(&self) -> Vec<i64> {
        let Some(table) = self.target.as_ref().and_then(|target| target.stored()) else { return vec![] };
        self.target_columns().into_iter().filter_map(|name| table.column(name)).map(|column| column.id.0).collect()
    }

    /// The constraint as SQL.
    pub fn definition(&self) -> String {
        let columns = list(&self.columns());
        match &self.target {
            Some(target) if self.kind() == Some(ConstraintKind::Foreign) => {
                let name = if &*target.schema == "public" {
                    quoted(&target.name).into_owned()
                } else {
                    format!("{}.{}", quoted(&target.schema), quoted(&target.name))
                };
                format!("FOREIGN KEY ({columns}) REFERENCES {name}({})", list(&self.target_columns()))
            }
            _ => format!("{} ({columns})", self.type_name()),
        }
    }

    /// `CREATE UNIQUE INDEX …`, as PostgreSQL would have it.
    pub fn index_definition(&self) -> String {
        format!(
            "CREATE UNIQUE INDEX {} ON {}.{} USING btree ({})",
            quoted(self.name()),
            quoted(&self.relation.schema),
            quoted(&self.relation.name),
            list(&self.columns())
        )
    }

    /// For a foreign key: the constraint that makes the columns referred to unique.
    pub fn target_constraint(&self) -> Option<&TableConstraint> {
        let table = self.target.as_ref()?.stored()?;
        let numbers = self.target_column_numbers();
        table.layout.constraints.iter().find(|constraint| {
            constraint.kind != ConstraintKind::Foreign
                && constraint.columns.len() == numbers.len()
                && constraint.columns.iter().all(|id| numbers.contains(&id.0))
        })
    }
}

fn list(columns: &[&str]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// All constraints.
pub fn all(context: &SystemContext) -> Vec<ConstraintItem> {
    let mut all = vec![];
    for relation in context.relations() {
        let Some(table) = relation.stored() else { continue };
        for (index, constraint) in table.layout.constraints.iter().enumerate() {
            let target = match (constraint.kind, constraint.references) {
                (ConstraintKind::Foreign, Some(id)) => context.relation(oid::relation(id)).cloned(),
                // A table may refer to itself.
                (ConstraintKind::Foreign, None) => Some(Arc::clone(relation)),
                _ => None,
            };
            all.push(ConstraintItem { relation: Arc::clone(relation), index, target });
        }
    }
    all
}

/// PRIMARY KEY and UNIQUE: PostgreSQL keeps an index for each, and drivers look for it.
pub fn keys(context: &SystemContext) -> Vec<ConstraintItem> {
    all(context).into_iter().filter(|item| item.kind() != Some(ConstraintKind::Foreign)).collect()
}

/// The indexes of keys as relations.
pub fn indexes(context: &SystemContext) -> Vec<Arc<RelationItem>> {
    let index = |key: ConstraintItem| {
        let (table, constraint) = (key.relation.stored()?, key.constraint()?);
        Some(Arc::new(RelationItem {
            oid: key.index_oid(),
            name: constraint.name.clone(),
            schema: Arc::clone(&key.relation.schema),
            schema_oid: key.relation.schema_oid,
            owner: key.relation.owner,
            kind: RelationKind::Index(Arc::clone(table), constraint.columns.clone()),
        }))
    };
    keys(context).into_iter().filter_map(index).collect()
}
