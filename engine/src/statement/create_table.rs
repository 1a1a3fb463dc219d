//! CREATE TABLE.

use blueshift_sql::ast::{
    self, ColumnDefinition as SqlColumn, DistStyle as SqlDistStyle, SortKey as SqlSortKey, TableAttributes,
    TableConstraintKind, TableElement,
};

use super::name;
use crate::{
    config::COLUMNS_MAX,
    error::{Error, Result, SqlState},
    session::{Notice, Session, StatementResult},
    storage::metadata::{
        ColumnId, ConstraintKind, DistStyle, RelationId, SchemaId, SortKey, SortStyle, TableConstraint, TableLayout,
    },
    transaction::{ColumnDefinition, TableDefinition},
    types::RedshiftType,
};

/// A table as its statement writes it: keys and constraints by name.
pub struct DraftTable {
    /// The schema it goes into.
    pub schema_id: SchemaId,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ColumnDefinition>,
    /// Distribution style.
    pub dist_style: DistStyle,
    /// Column of the distribution key.
    pub dist_key: Option<String>,
    /// Columns of the sort key.
    pub sort_key: Option<(SortStyle, Vec<String>)>,
    /// Informational constraints.
    pub constraints: Vec<DraftConstraint>,
    /// Whatever else is kept with the table.
    pub properties: serde_json::Value,
}

/// A constraint by the names of its columns.
pub struct DraftConstraint {
    /// Its name, if given.
    pub name: Option<String>,
    /// Its kind.
    pub kind: ConstraintKind,
    /// Its columns.
    pub columns: Vec<String>,
    /// For a foreign key: the table referred to, and its columns.
    pub references: Option<(ast::ObjectName, Vec<String>)>,
}

impl DraftTable {
    /// A table without keys.
    pub fn new(schema_id: SchemaId, name: String, columns: Vec<ColumnDefinition>) -> Self {
        DraftTable {
            schema_id,
            name,
            columns,
            dist_style: DistStyle::Auto,
            dist_key: None,
            sort_key: None,
            constraints: vec![],
            properties: serde_json::Value::Null,
        }
    }

    /// The definition with ids for names. Tables that foreign keys name must be there.
    pub fn into_definition(self, session: &mut Session) -> Result<TableDefinition> {
        check(&self)?;
        let mut definition = TableDefinition::new(self.schema_id, self.name.clone(), self.columns);
        let id = |name: &str| {
            definition.column_id(name).ok_or_else(|| {
                Error::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" named in key does not exist"))
            })
        };
        let ids = |names: &[String]| names.iter().map(|name| id(name)).collect::<Result<Vec<ColumnId>>>();
        let mut constraints = Vec::with_capacity(self.constraints.len());
        for constraint in &self.constraints {
            constraints.push(resolve_constraint(session, &self.name, constraint, ids(&constraint.columns)?)?);
        }
        let layout = TableLayout {
            dist_style: self.dist_style,
            dist_key: self.dist_key.as_deref().map(id).transpose()?,
            sort_key: match &self.sort_key {
                Some((style, columns)) => SortKey { style: *style, columns: ids(columns)? },
                None => SortKey::default(),
            },
            constraints,
            properties: self.properties,
        };
        definition.layout = layout;
        Ok(definition)
    }
}

/// A constraint of the table `table`, with the id of the table that it refers to.
pub fn resolve_constraint(
    session: &mut Session,
    table: &str,
    constraint: &DraftConstraint,
    columns: Vec<ColumnId>,
) -> Result<TableConstraint> {
    let suffix = match constraint.kind {
        ConstraintKind::Primary => "pkey",
        ConstraintKind::Unique => "key",
        ConstraintKind::Foreign => "fkey",
    };
    let default_name = match constraint.kind {
        ConstraintKind::Primary => format!("{table}_{suffix}"),
        _ => format!("{table}_{}_{suffix}", constraint.columns.join("_")),
    };
    let (references, referenced_columns): (Option<RelationId>, Vec<String>) = match &constraint.references {
        // A table may refer to itself before it is there.
        Some((name, columns)) if name.name() == table => (None, columns.clone()),
        Some((name, columns)) => (Some(name::managed_table(session, name)?.id), columns.clone()),
        None => (None, vec![]),
    };
    Ok(TableConstraint {
        name: constraint.name.clone().unwrap_or(default_name),
        kind: constraint.kind,
        columns,
        references,
        referenced_columns,
    })
}

/// Makes an empty table.
pub fn execute(session: &mut Session, create: &ast::CreateTable) -> Result<StatementResult> {
    let schema_id = name::target_schema(session, &create.name, create.temporary)?;
    let table_name = name::identifier(create.name.name());
    if already_there(session, schema_id, &table_name, create.if_not_exists)? {
        return Ok(StatementResult::done("CREATE TABLE"));
    }
    let mut definition = DraftTable::new(schema_id, table_name, vec![]);
    for element in &create.elements {
        match element {
            TableElement::Column(column) => add_column(&mut definition, column)?,
            TableElement::Constraint(constraint) => definition.constraints.push(table_constraint(constraint)),
            TableElement::Like { table, including_defaults } => {
                let parent = name::managed_table(session, table)?;
                for column in &parent.columns {
                    definition.columns.push(ColumnDefinition {
                        default: if *including_defaults { column.default.clone() } else { None },
                        nullable: column.nullable,
                        ..ColumnDefinition::new(&column.name, column.data_type.clone(), &column.redshift_type)
                    });
                }
            }
        }
    }
    apply_attributes(&mut definition, &create.attributes);
    let definition = definition.into_definition(session)?;
    session.transaction()?.create_table(definition)?;
    Ok(StatementResult::done("CREATE TABLE"))
}

/// Whether a relation of that name is there and IF NOT EXISTS forgives it.
pub fn already_there(session: &mut Session, schema: SchemaId, table: &str, if_not_exists: bool) -> Result<bool> {
    let exists = session.transaction()?.snapshot()?.relation(schema, table).is_some();
    match (exists, if_not_exists) {
        (false, _) => Ok(false),
        (true, true) => {
            session.notice(Notice::info(format!("Relation \"{table}\" already exists and will be skipped")));
            Ok(true)
        }
        (true, false) => Err(Error::duplicate_table(table)),
    }
}

/// One column of a definition, with its constraints and attributes.
pub fn column_definition(column: &SqlColumn) -> Result<ColumnDefinition> {
    if column.identity.is_some() {
        return Err(Error::not_supported("an IDENTITY column"));
    }
    if column.collation == Some(ast::Collation::CaseInsensitive) {
        return Err(Error::not_supported("COLLATE CASE_INSENSITIVE"));
    }
    let redshift_type = RedshiftType::from_sql(&column.data_type)?;
    let nullable = column.nullable != Some(false) && !column.primary_key;
    let name = name::identifier(&column.name.value);
    Ok(ColumnDefinition {
        default: column.default.as_ref().map(blueshift_sql::unparse::sql_text),
        encoding: column.encoding.map(|encoding| format!("{encoding:?}").to_lowercase()),
        nullable,
        ..ColumnDefinition::new(name, redshift_type.arrow(), redshift_type.to_string())
    })
}

fn add_column(definition: &mut DraftTable, column: &SqlColumn) -> Result<()> {
    let name = column.name.value.clone();
    definition.columns.push(column_definition(column)?);
    if column.dist_key {
        definition.dist_key = Some(name.clone());
    }
    if column.sort_key {
        let sort_key = definition.sort_key.get_or_insert_with(|| (SortStyle::Compound, vec![]));
        sort_key.1.push(name.clone());
    }
    let mut constraint = |kind, references: Option<&ast::References>| {
        definition.constraints.push(DraftConstraint {
            name: None,
            kind,
            columns: vec![name.clone()],
            references: references.map(|r| (r.table.clone(), idents(&r.columns))),
        });
    };
    if column.primary_key {
        constraint(ConstraintKind::Primary, None);
    }
    if column.unique {
        constraint(ConstraintKind::Unique, None);
    }
    if let Some(references) = &column.references {
        constraint(ConstraintKind::Foreign, Some(references));
    }
    Ok(())
}

fn idents(list: &[ast::Ident]) -> Vec<String> {
    list.iter().map(|ident| ident.value.clone()).collect()
}

/// A table constraint: informational, as in Redshift.
pub fn table_constraint(constraint: &ast::TableConstraint) -> DraftConstraint {
    let (kind, columns, references) = match &constraint.kind {
        TableConstraintKind::Unique(columns) => (ConstraintKind::Unique, columns, None),
        TableConstraintKind::PrimaryKey(columns) => (ConstraintKind::Primary, columns, None),
        TableConstraintKind::ForeignKey { columns, references } => {
            (ConstraintKind::Foreign, columns, Some((references.table.clone(), idents(&references.columns))))
        }
    };
    let name = constraint.name.as_ref().map(|ident| ident.value.clone());
    DraftConstraint { name, kind, columns: idents(columns), references }
}

/// DISTSTYLE, DISTKEY, SORTKEY.
pub fn apply_attributes(definition: &mut DraftTable, attributes: &TableAttributes) {
    if let Some(key) = &attributes.dist_key {
        definition.dist_key = Some(key.value.clone());
    }
    definition.dist_style = match attributes.dist_style {
        Some(style) => dist_style(style),
        None if definition.dist_key.is_some() => DistStyle::Key,
        None => DistStyle::Auto,
    };
    if let Some(sort_key) = &attributes.sort_key {
        definition.sort_key = sort_key_columns(sort_key);
    }
}

/// A distribution style as the catalog keeps it.
pub fn dist_style(style: SqlDistStyle) -> DistStyle {
    match style {
        SqlDistStyle::Auto => DistStyle::Auto,
        SqlDistStyle::Even => DistStyle::Even,
        SqlDistStyle::Key => DistStyle::Key,
        SqlDistStyle::All => DistStyle::All,
    }
}

/// The columns of a sort key; None: none.
pub fn sort_key_columns(sort_key: &SqlSortKey) -> Option<(SortStyle, Vec<String>)> {
    match sort_key {
        SqlSortKey::Auto | SqlSortKey::None => None,
        SqlSortKey::Compound(columns) => Some((SortStyle::Compound, idents(columns))),
        SqlSortKey::Interleaved(columns) => Some((SortStyle::Interleaved, idents(columns))),
    }
}

/// What Redshift refuses of a definition.
fn check(definition: &DraftTable) -> Result<()> {
    if definition.columns.len() > COLUMNS_MAX {
        return Err(Error::new(SqlState("54011"), format!("tables can have at most {COLUMNS_MAX} columns")));
    }
    for (index, column) in definition.columns.iter().enumerate() {
        if definition.columns[..index].iter().any(|other| other.name == column.name) {
            return Err(Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{}\" duplicated", column.name)));
        }
    }
    if definition.dist_style == DistStyle::Key && definition.dist_key.is_none() {
        return Err(Error::new(SqlState::INVALID_DEFINITION, "DISTSTYLE KEY requires a DISTKEY column"));
    }
    Ok(())
}
