//! Columns of relations, the way `pg_attribute` has them.

use std::{borrow::Cow, sync::Arc};

use super::super::{context::SystemContext, oid};
use super::relation::{RelationItem, RelationKind};
use crate::storage::metadata::{Column, ColumnId, SortStyle, TableSnapshot};

/// A column.
pub struct ColumnItem {
    /// Its relation.
    pub relation: Arc<RelationItem>,
    /// Its place among the relation's columns, from 0.
    pub index: usize,
}

impl ColumnItem {
    /// All columns of a relation.
    pub fn of(relation: &Arc<RelationItem>) -> impl Iterator<Item = ColumnItem> + use<> {
        let relation = Arc::clone(relation);
        (0..relation.column_count()).map(move |index| ColumnItem { relation: Arc::clone(&relation), index })
    }

    fn stored(&self) -> Option<(&TableSnapshot, &Column)> {
        let table = self.relation.table()?;
        Some((table, table.columns.get(self.index)?))
    }

    /// For a column of an index: the table's column.
    fn of_index(&self) -> Option<&Column> {
        match &self.relation.kind {
            RelationKind::Index(table, columns) => table.column_by_id(*columns.get(self.index)?),
            _ => None,
        }
    }

    /// `attnum`: stays the same when other columns come and go.
    pub fn number(&self) -> i64 {
        match self.stored() {
            Some((_, column)) => column.id.0,
            None => self.index as i64 + 1,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match &self.relation.kind {
            RelationKind::View(view) => view.columns.get(self.index).map_or("", |column| &column.name),
            RelationKind::System(view) => view.columns.get(self.index).map_or("", |column| &column.0),
            RelationKind::External(table) => {
                table.columns.iter().chain(&table.partition_keys).nth(self.index).map_or("", |column| &column.name)
            }
            RelationKind::Index(..) => self.of_index().map_or("", |column| &column.name),
            _ => self.stored().map_or("", |(_, column)| &column.name),
        }
    }

    /// Its type as Redshift writes it.
    pub fn type_name(&self) -> Cow<'_, str> {
        match &self.relation.kind {
            RelationKind::View(view) => view.columns.get(self.index).map_or("", |column| &column.redshift_type).into(),
            RelationKind::System(view) => view.columns.get(self.index).map_or("", |column| &column.1).into(),
            RelationKind::External(table) => table
                .columns
                .iter()
                .chain(&table.partition_keys)
                .nth(self.index)
                .map_or_else(String::new, |column| column.hive_type.redshift_type())
                .into(),
            RelationKind::Index(..) => self.of_index().map_or("", |column| &column.redshift_type).into(),
            _ => self.stored().map_or("", |(_, column)| &column.redshift_type).into(),
        }
    }

    /// Whether it may hold NULL.
    pub fn nullable(&self) -> bool {
        self.stored().is_none_or(|(_, column)| column.nullable)
    }

    /// Its default, or how an IDENTITY column makes values, as `pg_attrdef.adsrc` shows it.
    pub fn default(&self) -> Option<Cow<'_, str>> {
        let (table, column) = self.stored()?;
        if let Some((seed, step)) = column.identity {
            let oid = oid::relation(table.id);
            return Some(format!("\"identity\"({oid}, {}, '{seed},{step}'::text)", column.id.0 - 1).into());
        }
        column.default.as_deref().map(Cow::Borrowed)
    }

    /// The number of its default.
    pub fn default_oid(&self) -> i64 {
        self.stored().map_or(0, |(table, column)| oid::default(table.id, column.id))
    }

    /// Its comment.
    pub fn comment(&self, context: &SystemContext) -> Option<String> {
        match &self.relation.kind {
            RelationKind::View(view) => {
                let key = format!("column {}.{}", view.id, self.name());
                context.bind.snapshot.record("comment", &key)?.as_str().map(str::to_owned)
            }
            RelationKind::External(table) => {
                table.columns.iter().chain(&table.partition_keys).nth(self.index)?.comment.clone()
            }
            RelationKind::Index(..) => None,
            _ => self.stored()?.1.comment.clone(),
        }
    }

    /// Whether it is the distribution key.
    pub fn is_dist_key(&self) -> bool {
        self.stored().is_some_and(|(table, column)| table.layout.dist_key == Some(column.id))
    }

    /// Its place in the sort key, from 1; 0: none. In an interleaved key every other one is negative.
    pub fn sort_key_position(&self) -> i64 {
        self.stored().map_or(0, |(table, column)| sort_key_position(table, column.id))
    }

    /// Its encoding; `none` for columns that are not compressed.
    pub fn encoding(&self) -> &str {
        self.stored().map_or("none", |(table, column)| encoding(table, column))
    }
}

/// A column's place in the sort key.
pub fn sort_key_position(table: &TableSnapshot, id: ColumnId) -> i64 {
    let key = &table.layout.sort_key;
    let position = key.columns.iter().position(|other| *other == id).map_or(0, |index| index as i64 + 1);
    if key.style == SortStyle::Interleaved && position % 2 == 1 { -position } else { position }
}

/// A column's encoding: the one given, or the one that ENCODE AUTO begins with
/// (page r_CREATE_TABLE_NEW): RAW for sort keys and types that do not compress.
pub fn encoding<'t>(table: &'t TableSnapshot, column: &'t Column) -> &'t str {
    match column.encoding.as_deref() {
        Some("raw" | "none") => return "none",
        Some("auto") | None => {}
        Some(encoding) => return encoding,
    }
    if table.layout.sort_key.columns.contains(&column.id) {
        return "none";
    }
    match column.redshift_type.split('(').next().unwrap_or_default() {
        "boolean" | "real" | "double precision" | "geometry" | "geography" | "hllsketch" => "none",
        "character" | "character varying" | "binary varying" => "lzo",
        "super" => "zstd",
        _ => "az64",
    }
}

/// Columns of all relations, without external tables. Those of late-binding views are not kept: they are asked for
/// with PG_GET_LATE_BINDING_VIEW_COLS.
pub fn all(context: &SystemContext) -> Vec<ColumnItem> {
    bound(context).flat_map(ColumnItem::of).collect()
}

/// The same with those of indexes.
pub fn all_with_indexes(context: &SystemContext) -> Vec<ColumnItem> {
    bound(context).chain(context.indexes()).flat_map(ColumnItem::of).collect()
}

fn bound(context: &SystemContext) -> impl Iterator<Item = &Arc<RelationItem>> {
    context.relations().iter().filter(|relation| !relation.is_late_binding())
}

/// Encodings by `pg_attribute.attencodingtype`.
const ENCODINGS: [&str; 13] = [
    "none",
    "bytedict",
    "delta",
    "delta32k",
    "text255",
    "text32k",
    "mostly8",
    "mostly16",
    "mostly32",
    "runlength",
    "lzo",
    "zstd",
    "az64",
];

/// The number of an encoding.
pub fn encoding_code(name: &str) -> i64 {
    ENCODINGS.iter().position(|encoding| *encoding == name).unwrap_or(0) as i64
}

/// The encoding of a number, for `format_encoding`. From 128 on it was chosen by ENCODE AUTO.
pub fn encoding_name(code: i64) -> &'static str {
    usize::try_from(code % 128).ok().and_then(|code| ENCODINGS.get(code)).copied().unwrap_or("none")
}
