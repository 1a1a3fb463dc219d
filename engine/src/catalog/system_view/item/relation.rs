//! Tables, views and their like, the way `pg_class` has them.
//!
//! A materialized view is two relations, as on Redshift: a view of its name, and the table
//! `mv_tbl__<name>__0` that holds its rows and bears its keys.

use std::sync::Arc;

use super::super::{
    context::SystemContext,
    oid,
    registry::{self, RegisteredView},
};
use super::{principal, schema};
use crate::{
    catalog::external_schema,
    error::Result,
    glue::data_catalog::CatalogTable,
    security::{self, Object},
    statement::{self, is_materialized_view},
    storage::metadata::{ColumnId, DistStyle, Relation, RelationId, SortStyle, TableSnapshot, ViewSnapshot},
};

/// What a relation is.
pub enum RelationKind {
    /// A table.
    Table(Arc<TableSnapshot>),
    /// A view.
    View(Arc<ViewSnapshot>),
    /// A materialized view: its name.
    MaterializedView(Arc<TableSnapshot>),
    /// A materialized view: its table.
    MaterializedTable(Arc<TableSnapshot>),
    /// A system view.
    System(&'static RegisteredView),
    /// An external table.
    External(Arc<CatalogTable>),
    /// The index that PostgreSQL would keep for a key: its table, and the columns of the key. Only
    /// pg_class and pg_attribute have it.
    Index(Arc<TableSnapshot>, Vec<ColumnId>),
}

/// A relation.
pub struct RelationItem {
    /// Its number.
    pub oid: i64,
    /// Its name.
    pub name: String,
    /// The name of its schema.
    pub schema: Arc<str>,
    /// The number of its schema.
    pub schema_oid: i64,
    /// The number of its owner.
    pub owner: i64,
    /// What it is.
    pub kind: RelationKind,
}

impl RelationItem {
    /// The table behind it, if it has one.
    pub fn table(&self) -> Option<&Arc<TableSnapshot>> {
        match &self.kind {
            RelationKind::Table(table)
            | RelationKind::MaterializedView(table)
            | RelationKind::MaterializedTable(table) => Some(table),
            _ => None,
        }
    }

    /// The table, for relations that store rows under their own name.
    pub fn stored(&self) -> Option<&Arc<TableSnapshot>> {
        match &self.kind {
            RelationKind::Table(table) | RelationKind::MaterializedTable(table) => Some(table),
            _ => None,
        }
    }

    /// Whether it belongs to the system.
    pub fn is_system(&self) -> bool {
        matches!(self.kind, RelationKind::System(_))
    }

    /// Whether it is a view of any kind.
    pub fn is_view(&self) -> bool {
        self.relkind() == "v"
    }

    /// `r` for tables, `v` for views.
    pub fn relkind(&self) -> &'static str {
        match &self.kind {
            RelationKind::Table(_) | RelationKind::MaterializedTable(_) | RelationKind::External(_) => "r",
            RelationKind::View(_) | RelationKind::MaterializedView(_) => "v",
            RelationKind::System(view) if view.is_table => "r",
            RelationKind::System(_) => "v",
            RelationKind::Index(..) => "i",
        }
    }

    /// What TABLES of the standard calls it.
    pub fn table_type(&self) -> &'static str {
        match (&self.kind, self.relkind()) {
            (RelationKind::External(_), _) => "EXTERNAL TABLE",
            (_, "v") => "VIEW",
            _ if self.is_temporary() => "LOCAL TEMPORARY",
            _ => "BASE TABLE",
        }
    }

    /// Whether it is a temporary table.
    pub fn is_temporary(&self) -> bool {
        self.schema.starts_with(crate::session::TEMPORARY_SCHEMA_PREFIX)
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&str> {
        match &self.kind {
            RelationKind::Table(table) | RelationKind::MaterializedView(table) => table.comment.as_deref(),
            RelationKind::View(view) => view.comment.as_deref(),
            _ => None,
        }
    }

    /// How many columns it has.
    pub fn column_count(&self) -> usize {
        match &self.kind {
            RelationKind::Table(table)
            | RelationKind::MaterializedView(table)
            | RelationKind::MaterializedTable(table) => table.columns.len(),
            RelationKind::View(view) => view.columns.len(),
            RelationKind::System(view) => view.columns.len(),
            RelationKind::External(table) => table.columns.len() + table.partition_keys.len(),
            RelationKind::Index(_, columns) => columns.len(),
        }
    }

    /// The rule of a view, if it has one.
    pub fn rule(&self) -> Option<i64> {
        match &self.kind {
            RelationKind::View(view) => Some(oid::rule(view.id)),
            RelationKind::MaterializedView(table) => Some(oid::rule(table.id)),
            _ => None,
        }
    }

    /// The relations that a view was made from; none for a late-binding view.
    pub fn depends_on(&self) -> Vec<RelationId> {
        match &self.kind {
            RelationKind::View(view) if !view.late_binding => view.depends_on.clone(),
            RelationKind::MaterializedView(table) => statement::materialized_view_depends_on(table),
            _ => vec![],
        }
    }

    /// A late-binding view.
    pub fn is_late_binding(&self) -> bool {
        matches!(&self.kind, RelationKind::View(view) if view.late_binding)
    }

    /// The text that PG_VIEWS shows: the query of a view, the whole statement for a late-binding or
    /// materialized one.
    pub fn definition(&self) -> Option<String> {
        match &self.kind {
            RelationKind::View(view) if view.late_binding => Some(format!(
                "create view {}.{} as {} with no schema binding;",
                quoted(&self.schema),
                quoted(&self.name),
                view.sql
            )),
            RelationKind::View(view) => Some(format!("{};", view.sql)),
            RelationKind::MaterializedView(table) => Some(materialized_view_text(&self.schema, table)),
            _ => None,
        }
    }
}

/// An identifier as it has to be written in SQL.
pub fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !blueshift_sql::is_reserved(name) {
        name.into()
    } else {
        format!("\"{}\"", name.replace('"', "\"\"")).into()
    }
}

/// The statement that makes a materialized view.
fn materialized_view_text(schema: &str, view: &TableSnapshot) -> String {
    let (query, _) = statement::materialized_view_query(view);
    let layout = &view.layout;
    let names = |ids: &[ColumnId]| {
        let columns = ids.iter().filter_map(|id| view.column_by_id(*id));
        columns.map(|column| quoted(&column.name).into_owned()).collect::<Vec<_>>().join(", ")
    };
    let distribution = match layout.dist_style {
        DistStyle::All => "diststyle all".to_owned(),
        DistStyle::Key => format!("diststyle key distkey ({})", names(layout.dist_key.as_slice())),
        DistStyle::Even | DistStyle::Auto => "diststyle even".to_owned(),
    };
    let sort_key = match (layout.sort_key.columns.is_empty(), layout.sort_key.style) {
        (true, _) => String::new(),
        (false, SortStyle::Interleaved) => format!(" interleaved sortkey ({})", names(&layout.sort_key.columns)),
        (false, _) => format!(" sortkey ({})", names(&layout.sort_key.columns)),
    };
    let flag = |key: &str, default| layout.properties.get(key).and_then(|flag| flag.as_bool()).unwrap_or(default);
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    let (backup, auto) = (yes_no(flag("backup", true)), yes_no(flag("materialized_view_auto_refresh", false)));
    let (schema, name) = (quoted(schema), quoted(&view.name));
    format!(
        "create materialized view {schema}.{name} backup {backup} {distribution}{sort_key} auto refresh {auto} as (\n{query}\n);"
    )
}

/// All relations of visible schemas, and the system views.
pub fn all(context: &SystemContext) -> Vec<Arc<RelationItem>> {
    let snapshot = &context.bind.snapshot;
    let mut all = vec![];
    for view in registry::all() {
        let schema_oid =
            if &*view.schema == super::super::view::PG_CATALOG { oid::PG_CATALOG } else { oid::INFORMATION_SCHEMA };
        all.push(Arc::new(RelationItem {
            oid: view.oid,
            name: view.name.clone(),
            schema: Arc::clone(&view.schema),
            schema_oid,
            owner: principal::SYSTEM,
            kind: RelationKind::System(view),
        }));
    }
    for found in snapshot.schemas().filter(|found| schema::is_visible(context, &found.name)) {
        let schema_name: Arc<str> = found.name.as_str().into();
        let schema_oid = oid::schema(found.id, &found.name);
        let mut push = |id: RelationId, oid: i64, name: String, kind: RelationKind| {
            let owner = security::privilege::owner(snapshot, &Object::Relation(id));
            let schema = Arc::clone(&schema_name);
            all.push(Arc::new(RelationItem { oid, name, schema, schema_oid, owner, kind }));
        };
        for relation in snapshot.relations(found.id) {
            match relation {
                Relation::Table(table) if is_materialized_view(table) => {
                    let oid = oid::relation(table.id);
                    push(table.id, oid, table.name.clone(), RelationKind::MaterializedView(Arc::clone(table)));
                    let name = format!("mv_tbl__{}__0", table.name);
                    let oid = oid::materialized(table.id);
                    push(table.id, oid, name, RelationKind::MaterializedTable(Arc::clone(table)));
                }
                Relation::Table(table) => {
                    push(table.id, oid::relation(table.id), table.name.clone(), RelationKind::Table(Arc::clone(table)));
                }
                Relation::View(view) => {
                    push(view.id, oid::relation(view.id), view.name.clone(), RelationKind::View(Arc::clone(view)));
                }
            }
        }
    }
    all
}

/// All tables of all external schemas.
pub fn external(context: &SystemContext) -> Result<Vec<Arc<RelationItem>>> {
    let mut all = vec![];
    for schema in external_schema::all(&context.bind.snapshot) {
        let schema_name: Arc<str> = schema.name.as_str().into();
        for table in context.bind.data_catalog.tables(&schema.database)? {
            all.push(Arc::new(RelationItem {
                oid: oid::external_table(&schema.name, &table.name),
                name: table.name.clone(),
                schema: Arc::clone(&schema_name),
                schema_oid: oid::external_schema(&schema.name),
                owner: principal::owner_of_schema(context, &schema.name),
                kind: RelationKind::External(table),
            }));
        }
    }
    Ok(all)
}

/// The design of a table's distribution as SVV_TABLE_INFO writes it.
pub fn dist_style(table: &TableSnapshot) -> String {
    match table.layout.dist_style {
        // What a materialized view gets when nothing is said.
        DistStyle::Auto if is_materialized_view(table) => "EVEN".to_owned(),
        DistStyle::Auto => "AUTO(ALL)".to_owned(),
        DistStyle::Even => "EVEN".to_owned(),
        DistStyle::All => "ALL".to_owned(),
        DistStyle::Key => {
            let key = table.layout.dist_key.and_then(|id| table.column_by_id(id));
            format!("KEY({})", key.map_or("", |column| column.name.as_str()))
        }
    }
}

/// `pg_class.reldiststyle`: 0 EVEN, 1 KEY, 8 ALL, 10 AUTO(ALL), 11 AUTO(EVEN).
pub fn dist_style_code(table: &TableSnapshot) -> i16 {
    match table.layout.dist_style {
        DistStyle::Even => 0,
        DistStyle::Auto if is_materialized_view(table) => 0,
        DistStyle::Key => 1,
        DistStyle::All => 8,
        DistStyle::Auto => 10,
    }
}

/// The first column of the sort key as SVV_TABLE_INFO writes it.
pub fn sort_key1(table: &TableSnapshot) -> Option<String> {
    let first = table.layout.sort_key.columns.first().and_then(|id| table.column_by_id(*id));
    match (first, table.layout.sort_key.style) {
        (Some(_), SortStyle::Interleaved) => Some("INTERLEAVED".to_owned()),
        (Some(column), _) => Some(column.name.clone()),
        (None, SortStyle::Auto) => Some("AUTO(SORTKEY)".to_owned()),
        (None, _) => None,
    }
}
