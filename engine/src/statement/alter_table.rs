//! ALTER TABLE, also of views and external tables where Redshift spells it so.

use blueshift_sql::ast::{self, AlterTableAction, DropBehavior};

use super::{create_table, external_table, name};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result, SqlState},
    session::{Session, StatementResult},
    storage::metadata::{DistStyle, Relation, SortKey, TableLayout, TableSnapshot},
    types::RedshiftType,
};

/// Runs the actions in their order.
pub fn execute(session: &mut Session, alter: &ast::AlterTable) -> Result<StatementResult> {
    let context = session.bind_context()?;
    if let ResolvedRelation::External(_) = resolve_name(&context, &name::table_reference(&alter.name)?)? {
        return external_table::alter(session, alter);
    }
    for action in &alter.actions {
        // Looked up anew: an earlier action may have changed it.
        let relation = name::managed_relation(session, &alter.name)?;
        run_action(session, &relation, action)?;
    }
    Ok(StatementResult::done("ALTER TABLE"))
}

fn run_action(session: &mut Session, relation: &Relation, action: &AlterTableAction) -> Result<()> {
    if let AlterTableAction::RenameTo(new) = action {
        return rename(session, relation, &name::identifier(&new.value));
    }
    let Relation::Table(table) = relation else { return Err(Error::wrong_object_type(relation.name(), "table")) };
    match action {
        AlterTableAction::AddColumn { if_not_exists, column } => add_column(session, table, column, *if_not_exists),
        AlterTableAction::DropColumn { if_exists, name, behavior } => {
            drop_column(session, table, &name.value, *if_exists, *behavior == Some(DropBehavior::Cascade))
        }
        AlterTableAction::RenameColumn { name, new_name } => {
            let id = column_id(table, &name.value)?;
            if table.column(&new_name.value).is_some() {
                return Err(duplicate_column(table, &new_name.value));
            }
            session.transaction()?.rename_column(table.id, id, &name::identifier(&new_name.value))
        }
        AlterTableAction::AlterColumnType { name, data_type } => {
            let redshift_type = RedshiftType::from_sql(data_type)?;
            widen_varchar(session, table, &name.value, redshift_type)
        }
        AlterTableAction::AddConstraint(constraint) => {
            let draft = create_table::table_constraint(constraint);
            let columns = draft.columns.iter().map(|name| column_id(table, name)).collect::<Result<_>>()?;
            let constraint = create_table::resolve_constraint(session, &table.name, &draft, columns)?;
            change_layout(session, table, |layout| layout.constraints.push(constraint))
        }
        AlterTableAction::DropConstraint { name, .. } => {
            if !table.layout.constraints.iter().any(|constraint| constraint.name == name.value) {
                return Err(Error::new(
                    SqlState::UNDEFINED_OBJECT,
                    format!("constraint \"{}\" of relation \"{}\" does not exist", name.value, table.name),
                ));
            }
            change_layout(session, table, |layout| layout.constraints.retain(|other| other.name != name.value))
        }
        AlterTableAction::AlterDistKey(column) => {
            let id = column_id(table, &column.value)?;
            change_layout(session, table, |layout| {
                layout.dist_style = DistStyle::Key;
                layout.dist_key = Some(id);
            })
        }
        AlterTableAction::AlterDistStyle { style, dist_key } => {
            let key = dist_key.as_ref().map(|column| column_id(table, &column.value)).transpose()?;
            change_layout(session, table, |layout| {
                layout.dist_style = create_table::dist_style(*style);
                layout.dist_key = key;
            })
        }
        AlterTableAction::AlterSortKey(sort_key) => {
            let sort_key = match create_table::sort_key_columns(sort_key) {
                Some((style, columns)) => {
                    let columns = columns.iter().map(|name| column_id(table, name)).collect::<Result<_>>()?;
                    SortKey { style, columns }
                }
                None => SortKey::default(),
            };
            change_layout(session, table, |layout| layout.sort_key = sort_key)
        }
        AlterTableAction::OwnerTo(owner) if owner.value == session.info().user => Ok(()),
        AlterTableAction::OwnerTo(_) => Err(Error::not_supported("ALTER TABLE … OWNER TO another user")),
        // How a column is compressed changes no value; segments choose their encoding themselves.
        AlterTableAction::AlterColumnEncode { name, .. } => column_id(table, &name.value).map(|_| ()),
        AlterTableAction::AlterEncodeAuto => Ok(()),
        AlterTableAction::AppendFrom { .. } => Err(Error::not_supported("ALTER TABLE APPEND")),
        AlterTableAction::RowLevelSecurity { .. } => Err(Error::not_supported("ALTER TABLE … ROW LEVEL SECURITY")),
        AlterTableAction::Masking { .. } => Err(Error::not_supported("ALTER TABLE … MASKING")),
        _ => Err(Error::wrong_object_type(&table.name, "external table")),
    }
}

fn change_layout(session: &mut Session, table: &TableSnapshot, change: impl FnOnce(&mut TableLayout)) -> Result<()> {
    let mut layout = table.layout.clone();
    change(&mut layout);
    session.transaction()?.set_layout(table.id, layout)
}

fn rename(session: &mut Session, relation: &Relation, new_name: &str) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    if snapshot.relation(relation.schema_id(), new_name).is_some() {
        return Err(Error::duplicate_table(new_name));
    }
    session.transaction()?.rename_relation(relation.id(), new_name)
}

fn column_id(table: &TableSnapshot, column: &str) -> Result<crate::storage::metadata::ColumnId> {
    table.column(column).map(|column| column.id).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_COLUMN,
            format!("column \"{column}\" of relation \"{}\" does not exist", table.name),
        )
    })
}

fn duplicate_column(table: &TableSnapshot, column: &str) -> Error {
    Error::new(SqlState::DUPLICATE_COLUMN, format!("column \"{column}\" of relation \"{}\" already exists", table.name))
}

fn add_column(
    session: &mut Session,
    table: &TableSnapshot,
    column: &ast::ColumnDefinition,
    if_not_exists: bool,
) -> Result<()> {
    if table.column(&column.name.value).is_some() {
        return if if_not_exists { Ok(()) } else { Err(duplicate_column(table, &column.name.value)) };
    }
    let definition = create_table::column_definition(column)?;
    if !definition.nullable && definition.default.is_none() {
        return Err(Error::new(
            SqlState::INVALID_DEFINITION,
            "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression",
        ));
    }
    if definition.default.is_some() && table.row_count() > 0 {
        return Err(Error::not_supported("ALTER TABLE ADD COLUMN with DEFAULT on a table that has rows"));
    }
    session.transaction()?.add_column(table.id, definition)?;
    Ok(())
}

fn drop_column(
    session: &mut Session,
    table: &TableSnapshot,
    column: &str,
    if_exists: bool,
    cascade: bool,
) -> Result<()> {
    if if_exists && table.column(column).is_none() {
        return Ok(());
    }
    let id = column_id(table, column)?;
    let is_key = table.layout.dist_key == Some(id) || table.layout.sort_key.columns.contains(&id);
    if is_key && !cascade {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS,
            format!("cannot drop column \"{column}\": it is a distribution or sort key"),
        )
        .with_hint("Use DROP COLUMN … CASCADE, or change the key first."));
    }
    session.transaction()?.drop_column(table.id, id)
}

/// Only the length of VARCHAR can change, and no value may be cut.
fn widen_varchar(session: &mut Session, table: &TableSnapshot, column: &str, new: RedshiftType) -> Result<()> {
    let id = column_id(table, column)?;
    let old: RedshiftType = match table.column(column) {
        Some(column) => column.redshift_type.parse()?,
        None => return Err(Error::undefined_column(column)),
    };
    match (old, new) {
        (RedshiftType::Varchar(Some(from)), RedshiftType::Varchar(Some(to))) if to >= from => {
            session.transaction()?.alter_column_type(table.id, id, &new.to_string())
        }
        (RedshiftType::Varchar(_), RedshiftType::Varchar(_)) => {
            Err(Error::not_supported("ALTER COLUMN TYPE to a shorter VARCHAR"))
        }
        _ => Err(Error::new(
            SqlState::CANNOT_COERCE,
            format!(
                "cannot alter column \"{column}\" of relation \"{}\", target data type \"{new}\" is not supported",
                table.name
            ),
        )),
    }
}
