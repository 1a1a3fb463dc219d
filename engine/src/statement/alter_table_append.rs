//! ALTER TABLE … APPEND: the rows of one table move to another, by the names of their columns.
//!
//! "ALTER TABLE APPEND" of the guide: both are permanent tables, columns of one name are of one
//! kind, and what only one of them has is named by IGNOREEXTRA or FILLTARGET.

use std::collections::HashMap;

use blueshift_sql::ast::ObjectName;

use super::{
    assignment::{self, Conversion, Source},
    identity, name, row_change,
};
use crate::{
    error::{Error, Result, SqlState},
    security,
    session::{Session, TEMPORARY_SCHEMA_PREFIX},
    storage::metadata::{Column, Relation, TableSnapshot},
};

/// Moves the rows and commits.
pub async fn execute(
    session: &mut Session,
    target: &ObjectName,
    source: &ObjectName,
    (ignore_extra, fill_target): (bool, bool),
) -> Result<()> {
    session.check_alone("ALTER TABLE APPEND")?;
    let from = name::managed_table(session, source)?;
    let to = name::managed_table(session, target)?;
    if from.id == to.id {
        return Err(invalid("source and target of ALTER TABLE APPEND are the same table"));
    }
    let snapshot = session.transaction()?.snapshot()?;
    for table in [&from, &to] {
        security::Access::of(&snapshot, session.info()).require_relation_owner(&Relation::Table((*table).clone()))?;
        let schema = row_change::schema_name(session, table)?;
        if schema.starts_with(TEMPORARY_SCHEMA_PREFIX) {
            return Err(invalid(format!("\"{}\" is a temporary table", table.name)));
        }
    }
    check(&from, &to, ignore_extra, fill_target)?;

    let items = from.columns.iter().map(|column| row_change::column_item(&column.name)).collect();
    let query = row_change::select(None, items, vec![row_change::relation(source)], None);
    let plan = session.plan_query(&query)?;
    let sources: HashMap<String, Source> = from
        .columns
        .iter()
        .zip(assignment::plan_columns(&plan))
        .filter(|(column, _)| {
            to.column(&column.name).is_some_and(|other| other.identity.is_some() == column.identity.is_some())
        })
        .map(|(column, expr)| (column.name.clone(), Source::Expr(expr)))
        .collect();
    let plan = assignment::project_to_table(session, plan, &to, sources, Conversion::Typed)?;
    let (segments, _) = assignment::write_plan(session, &plan, &to).await?;
    let transaction = session.transaction()?;
    transaction.append(to.id, segments)?;
    transaction.truncate(from.id)?;
    Ok(())
}

fn check(from: &TableSnapshot, to: &TableSnapshot, ignore_extra: bool, fill_target: bool) -> Result<()> {
    let own_identity = |table: &TableSnapshot| {
        table.columns.iter().any(|c| c.identity.is_some() && !identity::is_by_default(&table.layout, c.id))
    };
    if own_identity(from) && own_identity(to) {
        return Err(invalid("ALTER TABLE APPEND cannot append an identity column"));
    }
    let extra = |table: &TableSnapshot, other: &TableSnapshot| -> Option<String> {
        let missing = |column: &&Column| {
            let both = other.column(&column.name);
            // The numbers of an identity column stay behind.
            both.is_none_or(|both| column.identity.is_some() != both.identity.is_some())
        };
        table.columns.iter().find(missing).map(|column| column.name.clone())
    };
    if let (Some(column), false) = (extra(from, to), ignore_extra) {
        return Err(invalid(format!("column \"{column}\" of \"{}\" is not in \"{}\"", from.name, to.name))
            .with_hint("Use IGNOREEXTRA to leave out columns that the target does not have."));
    }
    if let (Some(column), false) = (extra(to, from), fill_target) {
        return Err(invalid(format!("column \"{column}\" of \"{}\" is not in \"{}\"", to.name, from.name))
            .with_hint("Use FILLTARGET to fill columns that the source does not have."));
    }
    for column in &from.columns {
        let Some(other) = to.column(&column.name) else { continue };
        let same = column.redshift_type == other.redshift_type
            && column.nullable == other.nullable
            && column.encoding == other.encoding;
        if !same {
            return Err(invalid(format!(
                "column \"{}\" has other attributes in \"{}\" than in \"{}\"",
                column.name, from.name, to.name
            )));
        }
    }
    let names = |table: &TableSnapshot| {
        let name = |id| table.column_by_id(id).map(|column: &Column| column.name.clone());
        let sort: Vec<_> = table.layout.sort_key.columns.iter().map(|id| name(*id)).collect();
        (table.layout.dist_style, table.layout.dist_key.map(name), table.layout.sort_key.style, sort)
    };
    if names(from) != names(to) {
        return Err(invalid(format!(
            "\"{}\" and \"{}\" differ in their distribution style, distribution key or sort key",
            from.name, to.name
        )));
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(SqlState::INVALID_DEFINITION, message)
}
