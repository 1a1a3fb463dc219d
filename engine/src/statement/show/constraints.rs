//! SHOW CONSTRAINTS PRIMARY KEYS | FOREIGN KEYS [EXPORTED] FROM TABLE.

use blueshift_sql::ast::ShowFilter;

use super::{after, listed, parse_name, relation, split_filter};
use crate::{
    catalog::system_view::{
        SystemContext,
        item::constraint,
        value::{INT2, VARCHAR128, Value},
    },
    error::{Error, Result, SqlState},
    session::StatementResult,
    storage::metadata::ConstraintKind,
    types::RedshiftType,
};

/// SHOW CONSTRAINTS
pub fn constraints(context: &SystemContext, rest: &str) -> Result<StatementResult> {
    let (text, filter) = split_filter(rest)?;
    let (text, foreign) = match (after(text, "PRIMARY KEYS"), after(text, "FOREIGN KEYS")) {
        (Some(text), _) => (text, false),
        (_, Some(text)) => (text, true),
        _ => return Err(Error::syntax("SHOW CONSTRAINTS takes PRIMARY KEYS or FOREIGN KEYS")),
    };
    let (text, exported) = match after(text, "EXPORTED") {
        Some(text) if foreign => (text, true),
        _ => (text, false),
    };
    let name = after(text, "FROM TABLE").ok_or_else(|| Error::syntax("SHOW CONSTRAINTS needs FROM TABLE"))?;
    // Amazon's drivers ask for a table in every schema: where there is none, there are no rows.
    let table = match relation(context, &parse_name(name)?) {
        Ok(relation) => relation.oid,
        Err(error) if error.state() == SqlState::UNDEFINED_TABLE => 0,
        Err(error) => return Err(error),
    };
    if foreign { foreign_keys(context, table, exported, &filter) } else { primary_keys(context, table, &filter) }
}

/// The columns of SHOW CONSTRAINTS PRIMARY KEYS.
pub(super) const PRIMARY_KEYS: [(&str, RedshiftType); 6] = [
    ("database_name", VARCHAR128),
    ("schema_name", VARCHAR128),
    ("table_name", VARCHAR128),
    ("column_name", VARCHAR128),
    ("key_seq", INT2),
    ("pk_name", VARCHAR128),
];

fn primary_keys(context: &SystemContext, table: i64, filter: &ShowFilter) -> Result<StatementResult> {
    let mut list = vec![];
    let constraints = constraint::all(context);
    for item in constraints.iter().filter(|item| item.kind() == Some(ConstraintKind::Primary)) {
        if item.relation.oid != table {
            continue;
        }
        for (place, column) in item.columns().into_iter().enumerate() {
            list.push(vec![
                context.database().into(),
                (&*item.relation.schema).into(),
                (&item.relation.name).into(),
                column.into(),
                (place + 1).into(),
                item.name().into(),
            ]);
        }
    }
    listed(&PRIMARY_KEYS, filter, 3, list)
}

/// The columns of SHOW CONSTRAINTS FOREIGN KEYS.
pub(super) const FOREIGN_KEYS: [(&str, RedshiftType); 14] = [
    ("pk_database_name", VARCHAR128),
    ("pk_schema_name", VARCHAR128),
    ("pk_table_name", VARCHAR128),
    ("pk_column_name", VARCHAR128),
    ("fk_database_name", VARCHAR128),
    ("fk_schema_name", VARCHAR128),
    ("fk_table_name", VARCHAR128),
    ("fk_column_name", VARCHAR128),
    ("key_seq", INT2),
    ("fk_name", VARCHAR128),
    ("pk_name", VARCHAR128),
    ("update_rule", INT2),
    ("delete_rule", INT2),
    ("deferrability", INT2),
];

fn foreign_keys(context: &SystemContext, table: i64, exported: bool, filter: &ShowFilter) -> Result<StatementResult> {
    let mut list = vec![];
    let constraints = constraint::all(context);
    for item in constraints.iter().filter(|item| item.kind() == Some(ConstraintKind::Foreign)) {
        let Some(target) = &item.target else { continue };
        if (if exported { target.oid } else { item.relation.oid }) != table {
            continue;
        }
        let referenced = item.target_columns();
        for (place, column) in item.columns().into_iter().enumerate() {
            list.push(vec![
                context.database().into(),
                (&*target.schema).into(),
                (&target.name).into(),
                referenced.get(place).copied().into(),
                context.database().into(),
                (&*item.relation.schema).into(),
                (&item.relation.name).into(),
                column.into(),
                (place + 1).into(),
                item.name().into(),
                item.target_constraint().map(|unique| &unique.name).into(),
                Value::Null,
                Value::Null,
                Value::Null,
            ]);
        }
    }
    listed(&FOREIGN_KEYS, filter, 7, list)
}
