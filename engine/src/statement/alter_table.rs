//! ALTER TABLE, also of views and external tables where Redshift spells it so.

use blueshift_sql::ast::{self, AlterTableAction, DropBehavior, Encoding};

use std::sync::Arc;

use datafusion::{
    common::{DFSchema, ScalarValue},
    logical_expr::LogicalPlanBuilder,
};

use super::{
    alter_table_append,
    assignment::{self, Conversion},
    column_type, create_table, dependency, drop as drop_statement, encoding, external_table, name, row_change,
};
use crate::{
    binder::{ResolvedRelation, resolve_name},
    error::{Error, Result, SqlState},
    routine::evaluate,
    security::{self, Access, Object, Privilege, privilege},
    session::{Session, StatementResult, TEMPORARY_SCHEMA_PREFIX},
    storage::metadata::{
        ColumnId, ConstraintKind, DistStyle, Relation, SortKey, SortStyle, TableLayout, TableSnapshot,
    },
    transaction::ColumnDefinition,
    types::RedshiftType,
};

/// Runs the actions in their order.
pub async fn execute(session: &mut Session, alter: &ast::AlterTable) -> Result<StatementResult> {
    let context = session.bind_context()?;
    if let ResolvedRelation::External(_) = resolve_name(&context, &name::table_reference(&alter.name)?)? {
        return external_table::alter(session, alter);
    }
    if let [AlterTableAction::AppendFrom { source, ignore_extra, fill_target }] = alter.actions.as_slice() {
        alter_table_append::execute(session, &alter.name, source, (*ignore_extra, *fill_target)).await?;
        return Ok(StatementResult::done("ALTER TABLE APPEND"));
    }
    let added = alter.actions.iter().filter(|action| matches!(action, AlterTableAction::AddColumn { .. }));
    if added.count() > 1 {
        let message = "only one column can be added by an ALTER TABLE statement";
        return Err(Error::new(SqlState::INVALID_DEFINITION, message));
    }
    check_encoded_once(&alter.actions)?;
    for action in &alter.actions {
        // Looked up anew: an earlier action may have changed it.
        let relation = name::managed_relation(session, &alter.name)?;
        run_action(session, &relation, action).await?;
    }
    Ok(StatementResult::done("ALTER TABLE"))
}

/// Runs one action on a table, or a rename or a change of owner on a view.
pub async fn run_action(session: &mut Session, relation: &Relation, action: &AlterTableAction) -> Result<()> {
    require_alter(session, relation, action)?;
    match action {
        AlterTableAction::RenameTo(new) => return rename(session, relation, &name::identifier(&new.value)),
        AlterTableAction::OwnerTo(owner) => return change_owner(session, relation, &owner.value),
        _ => {}
    }
    let Relation::Table(table) = relation else { return Err(Error::wrong_object_type(relation.name(), "table")) };
    let changes_columns = matches!(
        action,
        AlterTableAction::AddColumn { .. }
            | AlterTableAction::DropColumn { .. }
            | AlterTableAction::RenameColumn { .. }
            | AlterTableAction::AlterColumnType { .. }
    );
    if changes_columns && super::is_materialized_view(table) {
        return Err(Error::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("cannot alter the columns of materialized view \"{}\"", table.name),
        ));
    }
    match action {
        AlterTableAction::AddColumn { if_not_exists, column } => {
            add_column(session, table, column, *if_not_exists).await
        }
        AlterTableAction::DropColumn { if_exists, name, behavior } => {
            drop_column(session, table, &name.value, *if_exists, *behavior == Some(DropBehavior::Cascade))
        }
        AlterTableAction::RenameColumn { name, new_name } => {
            rename_column(session, table, &name.value, &new_name.value)
        }
        AlterTableAction::AlterColumnType { name, data_type } => {
            let redshift_type = column_type::of(&table.name, &name.value, data_type)?;
            change_varchar(session, table, &name.value, redshift_type).await
        }
        AlterTableAction::AddConstraint(constraint) => {
            let draft = create_table::table_constraint(constraint);
            let columns = draft.columns.iter().map(|name| column_id(table, name)).collect::<Result<Vec<_>>>()?;
            if draft.kind == ConstraintKind::Primary
                && let Some(column) = columns.iter().filter_map(|id| table.column_by_id(*id)).find(|c| c.nullable)
            {
                return Err(Error::new(
                    SqlState::INVALID_DEFINITION,
                    format!("column \"{}\" is not marked NOT NULL", column.name),
                ));
            }
            let constraint = create_table::resolve_constraint(session, &table.name, &draft, columns)?;
            create_table::check_constraint(&table.name, &table.layout.constraints, &constraint)?;
            change_layout(session, table, |layout| layout.constraints.push(constraint))
        }
        AlterTableAction::DropConstraint { name, behavior } => {
            drop_constraint(session, table, &name.value, *behavior == Some(DropBehavior::Cascade))
        }
        AlterTableAction::AlterDistKey(column) => {
            let id = key_column_id(table, &column.value)?;
            check_distribution(session, table, true)?;
            change_layout(session, table, |layout| {
                layout.dist_style = DistStyle::Key;
                layout.dist_key = Some(id);
            })
        }
        AlterTableAction::AlterDistStyle { style, dist_key } => {
            let key = dist_key.as_ref().map(|column| key_column_id(table, &column.value)).transpose()?;
            let style = create_table::dist_style(*style);
            if style == DistStyle::Key && key.is_none() {
                return Err(Error::new(SqlState::INVALID_DEFINITION, "DISTSTYLE KEY requires a DISTKEY column"));
            }
            check_distribution(session, table, style == DistStyle::Key)?;
            change_layout(session, table, |layout| {
                layout.dist_style = style;
                layout.dist_key = key;
            })
        }
        // The table keeps the key that it has.
        AlterTableAction::AlterSortKey(ast::SortKey::Auto) => Ok(()),
        AlterTableAction::AlterSortKey(ast::SortKey::Interleaved(_)) => {
            Err(Error::new(SqlState::INVALID_DEFINITION, "a sort key cannot be altered to an interleaved one"))
        }
        AlterTableAction::AlterSortKey(sort_key) => {
            let sort_key = match create_table::sort_key_columns(sort_key) {
                Some((style, columns)) => {
                    create_table::check_sort_key(style, &columns)?;
                    let columns = columns.iter().map(|name| key_column_id(table, name)).collect::<Result<_>>()?;
                    SortKey { style, columns }
                }
                None => SortKey::default(),
            };
            change_layout(session, table, |layout| layout.sort_key = sort_key)
        }
        AlterTableAction::AlterColumnEncode { name, encoding } => {
            let id = column_id(table, &name.value)?;
            check_encoding(table, id, *encoding)?;
            session.transaction()?.alter_column_encoding(table.id, id, Some(encoding.name()))
        }
        AlterTableAction::AlterEncodeAuto => {
            for column in &table.columns {
                session.transaction()?.alter_column_encoding(table.id, column.id, None)?;
            }
            Ok(())
        }
        AlterTableAction::AppendFrom { .. } => {
            Err(Error::syntax("ALTER TABLE APPEND cannot be combined with other changes"))
        }
        AlterTableAction::RowLevelSecurity { .. } => Err(Error::not_supported("ALTER TABLE … ROW LEVEL SECURITY")),
        AlterTableAction::Masking { .. } => Err(Error::not_supported("ALTER TABLE … MASKING")),
        _ => Err(Error::wrong_object_type(&table.name, "external table")),
    }
}

/// Errors: 42501 for a relation of another user who did not grant ALTER.
fn require_alter(session: &mut Session, relation: &Relation, action: &AlterTableAction) -> Result<()> {
    let snapshot = session.transaction()?.snapshot()?;
    let access = Access::of(&snapshot, session.info());
    let granted = !matches!(action, AlterTableAction::OwnerTo(_))
        && (access.has_system("ALTER TABLE") || access.may(&Object::Relation(relation.id()), Privilege::Alter));
    if granted { Ok(()) } else { access.require_relation_owner(relation) }
}

fn change_owner(session: &mut Session, relation: &Relation, owner: &str) -> Result<()> {
    let user = security::user_id(session, owner)?;
    privilege::set_owner(session.transaction()?, &Object::Relation(relation.id()), user)
}

fn drop_constraint(session: &mut Session, table: &TableSnapshot, name: &str, cascade: bool) -> Result<()> {
    let Some(constraint) = table.layout.constraints.iter().find(|constraint| constraint.name == name) else {
        return Err(Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name),
        ));
    };
    if constraint.kind != ConstraintKind::Foreign {
        // A foreign key that refers to these columns needs the constraint.
        let columns: Vec<&str> =
            constraint.columns.iter().filter_map(|id| table.column_by_id(*id)).map(|c| c.name.as_str()).collect();
        let snapshot = session.transaction()?.snapshot()?;
        for (other, key) in dependency::foreign_keys_to(&snapshot, table, None) {
            let refers = other.layout.constraints.iter().any(|c| c.name == key && c.referenced_columns == columns);
            if refers && !cascade {
                return Err(Error::new(
                    SqlState::DEPENDENT_OBJECTS,
                    format!("cannot drop constraint {name} on table {} because other objects depend on it", table.name),
                )
                .with_detail(format!("constraint {key} on table {} depends on constraint {name}", other.name))
                .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
            }
            if refers {
                change_layout(session, &other, |layout| layout.constraints.retain(|c| c.name != key))?;
            }
        }
    }
    change_layout(session, table, |layout| layout.constraints.retain(|other| other.name != name))
}

/// A view that names the column cannot follow; one that only passes it on does.
fn rename_column(session: &mut Session, table: &TableSnapshot, old: &str, new: &str) -> Result<()> {
    let id = column_id(table, old)?;
    if table.column(new).is_some() {
        return Err(duplicate_column(table, new));
    }
    let readers = dependency::readers_of_column(session, table, old)?;
    session.transaction()?.rename_column(table.id, id, &name::identifier(new))?;
    let snapshot = session.transaction()?.snapshot()?;
    for (other, key) in dependency::foreign_keys_to(&snapshot, table, Some(id)) {
        change_layout(session, &other, |layout| {
            for constraint in layout.constraints.iter_mut().filter(|c| c.name == key) {
                constraint
                    .referenced_columns
                    .iter_mut()
                    .filter(|column| *column == old)
                    .for_each(|c| *c = new.to_owned());
            }
        })?;
    }
    match dependency::first_broken(session, &readers)? {
        Some(view) => Err(Error::not_supported(format!("renaming column \"{old}\", which view \"{view}\" names"))
            .with_hint("Drop the view, and make it anew after the renaming.")),
        None => Ok(()),
    }
}

/// A column that becomes a key.
fn key_column_id(table: &TableSnapshot, name: &str) -> Result<ColumnId> {
    let id = column_id(table, name)?;
    if let Some(column) = table.columns.iter().find(|column| column.id == id) {
        create_table::check_key_type(&column.redshift_type)?;
    }
    Ok(id)
}

fn change_layout(session: &mut Session, table: &TableSnapshot, change: impl FnOnce(&mut TableLayout)) -> Result<()> {
    let mut layout = table.layout.clone();
    change(&mut layout);
    session.transaction()?.set_layout(table.id, layout)
}

fn rename(session: &mut Session, relation: &Relation, new_name: &str) -> Result<()> {
    let refused = |message: String| Err(Error::new(SqlState::WRONG_OBJECT_TYPE, message));
    if matches!(relation, Relation::Table(table) if super::is_materialized_view(table)) {
        return refused(format!("cannot rename materialized view \"{}\"", relation.name()));
    }
    if new_name.starts_with('#') && !relation.name().starts_with('#') {
        return refused(format!("cannot rename \"{}\" to the name of a temporary table", relation.name()));
    }
    let snapshot = session.transaction()?.snapshot()?;
    if snapshot.relation(relation.schema_id(), new_name).is_some() {
        return Err(Error::duplicate_table(new_name));
    }
    session.transaction()?.rename_relation(relation.id(), new_name)
}

/// Errors: a column whose encoding is altered twice.
fn check_encoded_once(actions: &[AlterTableAction]) -> Result<()> {
    let mut names: Vec<&str> = vec![];
    for action in actions {
        if let AlterTableAction::AlterColumnEncode { name, .. } = action {
            if names.contains(&name.value.as_str()) {
                let message = format!("column \"{}\" is altered twice", name.value);
                return Err(Error::new(SqlState::DUPLICATE_COLUMN, message));
            }
            names.push(&name.value);
        }
    }
    Ok(())
}

/// Errors: what the distribution of a table cannot be altered with.
fn check_distribution(session: &mut Session, table: &TableSnapshot, key: bool) -> Result<()> {
    let invalid = |message: String| Err(Error::new(SqlState::INVALID_DEFINITION, message));
    if is_interleaved(table) {
        return invalid(format!(
            "cannot alter the distribution of table \"{}\" with an interleaved sort key",
            table.name
        ));
    }
    if !key && row_change::schema_name(session, table)?.starts_with(TEMPORARY_SCHEMA_PREFIX) {
        return invalid(format!("cannot alter the distribution style of temporary table \"{}\"", table.name));
    }
    Ok(())
}

fn is_interleaved(table: &TableSnapshot) -> bool {
    table.layout.sort_key.style == SortStyle::Interleaved && !table.layout.sort_key.columns.is_empty()
}

/// What ALTER COLUMN … ENCODE refuses ("ALTER TABLE" of the guide).
fn check_encoding(table: &TableSnapshot, id: ColumnId, encoding: Encoding) -> Result<()> {
    let Some(column) = table.column_by_id(id) else { return Ok(()) };
    let invalid = |message: String| Err(Error::new(SqlState::INVALID_DEFINITION, message));
    if is_interleaved(table) {
        return invalid(format!("cannot alter encodings of table \"{}\" with an interleaved sort key", table.name));
    }
    if column.encoding.as_deref() == Some(encoding.name()) {
        return invalid(format!("column \"{}\" has the encoding {} already", column.name, encoding.name()));
    }
    match column.redshift_type.parse() {
        Ok(data_type) => encoding::check(&column.name, data_type, encoding),
        Err(_) => Ok(()),
    }
}

fn column_id(table: &TableSnapshot, column: &str) -> Result<ColumnId> {
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

async fn add_column(
    session: &mut Session,
    table: &TableSnapshot,
    column: &ast::ColumnDefinition,
    if_not_exists: bool,
) -> Result<()> {
    if table.column(&column.name.value).is_some() {
        return if if_not_exists { Ok(()) } else { Err(duplicate_column(table, &column.name.value)) };
    }
    let refused = |what: &str| Err(Error::not_supported(format!("{what} of a column that is added to a table")));
    if column.identity.is_some() {
        return refused("IDENTITY");
    }
    if column.unique || column.primary_key || column.references.is_some() {
        return refused("UNIQUE, PRIMARY KEY and REFERENCES");
    }
    if column.dist_key || column.sort_key {
        return refused("DISTKEY and SORTKEY");
    }
    let mut definition = create_table::column_definition(&table.name, column)?;
    create_table::check_default(session, &definition)?;
    if definition.default.is_some() {
        definition.initial_default = initial_value(session, &definition).await?;
    }
    let has_value = definition.initial_default.is_some();
    if !definition.nullable && !has_value {
        return Err(Error::new(
            SqlState::INVALID_DEFINITION,
            "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression",
        ));
    }
    let name = definition.name.clone();
    session.transaction()?.add_column(table.id, definition)?;
    if create_table::ignores_case(column) {
        let snapshot = session.transaction()?.snapshot()?;
        let id = snapshot.table(table.id).and_then(|table| table.column(&name)).map(|column| column.id);
        change_layout(session, table, |layout| id.into_iter().for_each(|id| layout.ignore_case(id)))?;
    }
    Ok(())
}

/// The value of DEFAULT for the rows that are there already; None: NULL.
async fn initial_value(session: &mut Session, definition: &ColumnDefinition) -> Result<Option<ScalarValue>> {
    let column = definition.clone().into_column(ColumnId(0));
    let value = assignment::default_value(session, &column)?;
    let value = assignment::assign(value, &column, &DFSchema::empty(), Conversion::Literal)?;
    let plan = LogicalPlanBuilder::empty(true).project(vec![value.alias("value")])?.build()?;
    let plan = session.analyze(plan)?;
    let batches = session.collect(&plan).await?;
    let array = batches.iter().find(|batch| batch.num_rows() > 0).map(|batch| Arc::clone(batch.column(0)));
    let array = array.ok_or_else(|| Error::internal("a default without a value"))?;
    let array = arrow::compute::cast(&array, &definition.data_type).map_err(Error::internal)?;
    let value = ScalarValue::try_from_array(&array, 0).map_err(Error::internal)?;
    Ok((!value.is_null()).then_some(value))
}

/// Views on the column, and keys that it is part of, hold it; CASCADE takes them along.
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
    if table.columns.len() == 1 {
        return Err(Error::new(SqlState::INVALID_DEFINITION, "cannot drop the only column of a table"));
    }
    let readers = dependency::readers_of_column(session, table, column)?;
    if !readers.is_empty() && !cascade {
        return Err(dependency::cannot_drop_column(table, column, &readers));
    }
    let foreign_keys = dependency::foreign_keys_to(&*session.transaction()?.snapshot()?, table, Some(id));
    if let (Some((other, key)), false) = (foreign_keys.first(), cascade) {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS,
            format!("cannot drop table {} column {column} because other objects depend on it", table.name),
        )
        .with_detail(format!(
            "constraint {key} on table {} depends on table {} column {column}",
            other.name, table.name
        ))
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
    }
    let constraint = table.layout.constraints.iter().find(|constraint| constraint.columns.contains(&id));
    if let (Some(constraint), false) = (constraint, cascade) {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS,
            format!("cannot drop table {} column {column} because other objects depend on it", table.name),
        )
        .with_detail(format!("constraint {} on table {} depends on column {column}", constraint.name, table.name))
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
    }
    let is_key = table.layout.dist_key == Some(id) || table.layout.sort_key.columns.contains(&id);
    if is_key && !cascade {
        return Err(Error::new(
            SqlState::DEPENDENT_OBJECTS,
            format!("cannot drop column \"{column}\": it is a distribution or sort key"),
        )
        .with_hint("Use DROP COLUMN … CASCADE, or change the key first."));
    }
    for reader in readers {
        if session.transaction()?.snapshot()?.relation_by_id(reader.id()).is_some() {
            drop_statement::drop_relation(session, &reader, true)?;
        }
    }
    for (other, key) in foreign_keys {
        change_layout(session, &other, |layout| layout.constraints.retain(|c| c.name != key))?;
    }
    if is_key {
        change_layout(session, table, |layout| {
            if layout.dist_key == Some(id) {
                layout.dist_key = None;
                layout.dist_style = DistStyle::Auto;
            }
            if layout.sort_key.columns.contains(&id) {
                layout.sort_key = SortKey::default();
            }
        })?;
    }
    session.transaction()?.drop_column(table.id, id)
}

/// Only the length of VARCHAR can change, and no value may be cut.
async fn change_varchar(session: &mut Session, table: &TableSnapshot, column: &str, new: RedshiftType) -> Result<()> {
    let id = column_id(table, column)?;
    let definition = table.column(column).ok_or_else(|| Error::undefined_column(column))?;
    let old: RedshiftType = definition.redshift_type.parse()?;
    let (RedshiftType::Varchar(Some(from)), RedshiftType::Varchar(Some(to))) = (old, new) else {
        return Err(Error::new(
            SqlState::CANNOT_COERCE,
            format!(
                "cannot alter column \"{column}\" of relation \"{}\", target data type \"{new}\" is not supported",
                table.name
            ),
        ));
    };
    if session.in_transaction_block() {
        return Err(Error::new(
            SqlState::ACTIVE_TRANSACTION,
            "ALTER TABLE ALTER COLUMN cannot run inside a transaction block",
        ));
    }
    if let Some(encoding @ ("bytedict" | "runlength" | "text255" | "text32k")) = definition.encoding.as_deref() {
        return Err(Error::new(
            SqlState::INVALID_DEFINITION,
            format!("cannot alter the type of column \"{column}\" with the encoding {encoding}"),
        ));
    }
    if definition.default.is_some() {
        return Err(Error::new(
            SqlState::INVALID_DEFINITION,
            format!("cannot alter the type of column \"{column}\", which has a default value"),
        ));
    }
    let constrained = table.layout.constraints.iter().any(|constraint| constraint.columns.contains(&id));
    if constrained {
        return Err(Error::new(
            SqlState::INVALID_DEFINITION,
            format!("cannot alter the type of column \"{column}\", which is part of a constraint"),
        ));
    }
    if let Some(view) = dependency::readers_of_column(session, table, column)?.first() {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            "cannot alter type of a column used by a view or rule",
        )
        .with_detail(format!("view {} depends on column \"{column}\"", view.name())));
    }
    if to < from && longest_value(session, table, column).await? > i64::from(to) {
        return Err(Error::new(
            SqlState::STRING_TRUNCATION,
            format!(
                "target column size should be greater or equal to current maximum column size, which is longer than {to}"
            ),
        ));
    }
    session.transaction()?.alter_column_type(table.id, id, &new.to_string())
}

/// Bytes of the longest value of a column.
async fn longest_value(session: &mut Session, table: &TableSnapshot, column: &str) -> Result<i64> {
    let schema = row_change::schema_name(session, table)?;
    let quoted = |name: &str| ast::Ident::with_quote('"', name);
    let object = ast::ObjectName(vec![quoted(&schema), quoted(&table.name)]);
    let mut query = blueshift_sql::parse_query("select max(octet_length(value))", crate::binder::STORED_SQL)
        .map_err(Error::internal)?;
    let inner = row_change::select(
        None,
        vec![ast::sql::SelectItem::ExprWithAlias {
            expr: ast::Expr::Identifier(quoted(column)),
            alias: quoted("value"),
        }],
        vec![row_change::relation(&object)],
        None,
    );
    if let ast::sql::SetExpr::Select(select) = &mut *query.body {
        select.from = vec![row_change::derived(inner, "t")];
    }
    let rows = evaluate::rows(session, &query).await?;
    let longest = rows.row(0)?.and_then(|row| row.first().and_then(|value| value.as_integer()));
    Ok(longest.unwrap_or(0))
}
