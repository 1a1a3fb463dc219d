//! All relations with their columns, the way several system views list them.

use crate::{
    binder::BindContext,
    catalog::external_schema,
    error::Result,
    session::TEMPORARY_SCHEMA_PREFIX,
    storage::metadata::{Relation, SchemaSnapshot},
};

/// A column of a relation.
pub struct ListedColumn {
    /// Its name.
    pub name: String,
    /// Its Redshift type.
    pub type_name: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its DEFAULT.
    pub default: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its ENCODE.
    pub encoding: Option<String>,
    /// Whether it is the distribution key.
    pub dist_key: bool,
    /// Its place in the sort key, from 1; 0: none.
    pub sort_key_position: i64,
}

impl ListedColumn {
    fn plain(name: &str, type_name: &str) -> Self {
        ListedColumn {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
            nullable: true,
            default: None,
            comment: None,
            encoding: None,
            dist_key: false,
            sort_key_position: 0,
        }
    }
}

/// The schemas that users see: without those of temporary tables of other sessions.
pub fn schemas(context: &BindContext) -> Vec<SchemaSnapshot> {
    let visible = |schema: &SchemaSnapshot| {
        !schema.name.starts_with(TEMPORARY_SCHEMA_PREFIX) || context.temporary_schema.as_ref() == Some(&schema.name)
    };
    context.snapshot.schemas().map(|schema| schema.as_ref().clone()).filter(visible).collect()
}

/// All managed relations that users see, with the names of their schemas.
pub fn relations(context: &BindContext) -> Vec<(String, Relation)> {
    let mut all = vec![];
    for schema in schemas(context) {
        all.extend(context.snapshot.relations(schema.id).map(|relation| (schema.name.clone(), relation.clone())));
    }
    all
}

/// The columns of a managed relation.
pub fn columns(relation: &Relation) -> Vec<ListedColumn> {
    match relation {
        Relation::Table(table) => table
            .columns
            .iter()
            .map(|column| ListedColumn {
                nullable: column.nullable,
                default: column.default.clone(),
                comment: column.comment.clone(),
                encoding: column.encoding.clone(),
                dist_key: table.layout.dist_key == Some(column.id),
                sort_key_position: table
                    .layout
                    .sort_key
                    .columns
                    .iter()
                    .position(|id| *id == column.id)
                    .map_or(0, |position| position as i64 + 1),
                ..ListedColumn::plain(&column.name, &column.redshift_type)
            })
            .collect(),
        Relation::View(view) => {
            view.columns.iter().map(|column| ListedColumn::plain(&column.name, &column.redshift_type)).collect()
        }
    }
}

/// An external table with its columns, partition keys last.
pub struct ListedExternalTable {
    /// The external schema.
    pub schema: String,
    /// The table as the data catalog has it.
    pub table: std::sync::Arc<crate::glue::data_catalog::CatalogTable>,
}

/// All tables of all external schemas.
pub fn external_tables(context: &BindContext) -> Result<Vec<ListedExternalTable>> {
    let mut all = vec![];
    for schema in external_schema::all(&context.snapshot) {
        for table in context.data_catalog.tables(&schema.database)? {
            all.push(ListedExternalTable { schema: schema.name.clone(), table });
        }
    }
    Ok(all)
}
