//! Rows for tables, their columns, and views.

use rusqlite::params;

use super::{Writer, to_json};
use crate::{
    error::{Error, Result},
    storage::{
        catalog_store::{
            Change,
            load::{ViewColumnDetail, ViewDetail},
            type_name::{type_hint, type_name},
        },
        metadata::{Column, RelationId, TableSnapshot, ViewSnapshot},
        statistics,
    },
};

impl Writer<'_> {
    pub(super) fn table(&self, change: &Change<TableSnapshot>) -> Result<()> {
        match (change.before.as_deref(), change.after.as_deref()) {
            (None, None) => Ok(()),
            (before, Some(after)) => self.put_table(before, after),
            (Some(before), None) => self.drop_table(before),
        }
    }

    fn drop_table(&self, table: &TableSnapshot) -> Result<()> {
        for name in ["ducklake_table", "ducklake_column", "ducklake_data_file", "ducklake_delete_file"] {
            self.end(name, "table_id", table.id.0)?;
        }
        for name in ["ducklake_column_tag", "rs_table", "rs_column"] {
            self.end(name, "table_id", table.id.0)?;
        }
        self.end("ducklake_tag", "object_id", table.id.0)
    }

    fn put_table(&self, before: Option<&TableSnapshot>, after: &TableSnapshot) -> Result<()> {
        if before.is_none_or(|b| b.name != after.name || b.schema_id != after.schema_id) {
            self.end("ducklake_table", "table_id", after.id.0)?;
            let sql = "INSERT INTO ducklake_table VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, 1)";
            let path = path_in_schema(after);
            self.run(sql, params![after.id.0, after.uuid, self.id, after.schema_id.0, after.name, path])?;
        }
        if before.is_none_or(|b| b.layout != after.layout) {
            self.end("rs_table", "table_id", after.id.0)?;
            let layout = to_json(&after.layout)?;
            self.run("INSERT INTO rs_table VALUES (?1, ?2, NULL, ?3)", params![after.id.0, self.id, layout])?;
        }
        self.columns(before, after)?;
        self.tag(after.id.0, before.and_then(|b| b.comment.as_deref()), after.comment.as_deref())?;
        self.files(before, after)
    }

    fn columns(&self, before: Option<&TableSnapshot>, after: &TableSnapshot) -> Result<()> {
        for old in before.iter().flat_map(|b| &b.columns) {
            if after.column_by_id(old.id).is_none() {
                for table in ["ducklake_column", "ducklake_column_tag", "rs_column"] {
                    self.end_column(table, after.id, old.id.0)?;
                }
            }
        }
        for column in &after.columns {
            let old = before.and_then(|b| b.column_by_id(column.id));
            if old != Some(column) {
                self.column(after.id, old, column)?;
            }
        }
        Ok(())
    }

    fn column(&self, table: RelationId, before: Option<&Column>, after: &Column) -> Result<()> {
        let only_comment =
            before.is_some_and(|b| Column { comment: None, ..b.clone() } == Column { comment: None, ..after.clone() });
        if !only_comment {
            self.end_column("ducklake_column", table, after.id.0)?;
            self.end_column("rs_column", table, after.id.0)?;
            // Columns are only ever added at the end, so their ids are their order.
            let sql = "INSERT INTO ducklake_column
                VALUES (?1, ?2, NULL, ?3, ?1, ?4, ?5, ?6, 'NULL', ?7, NULL, 'literal', 'duckdb')";
            let initial_default = match &after.initial_default {
                None => None,
                Some(value) => Some(statistics::to_text(value).ok_or_else(|| {
                    Error::not_supported(format!("the default of the added column \"{}\"", after.name))
                })?),
            };
            let type_name = type_name(&after.data_type)?;
            self.run(
                sql,
                params![after.id.0, self.id, table.0, after.name, type_name, initial_default, after.nullable],
            )?;
            let sql = "INSERT INTO rs_column VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8, ?9)";
            let (seed, step) = after.identity.unzip();
            let hint = type_hint(&after.data_type);
            self.run(
                sql,
                params![
                    table.0,
                    after.id.0,
                    self.id,
                    after.redshift_type,
                    hint,
                    after.default,
                    seed,
                    step,
                    after.encoding
                ],
            )?;
        }
        if before.and_then(|b| b.comment.as_ref()) != after.comment.as_ref() {
            self.end_column("ducklake_column_tag", table, after.id.0)?;
            if let Some(text) = &after.comment {
                let sql = "INSERT INTO ducklake_column_tag VALUES (?1, ?2, ?3, NULL, 'comment', ?4)";
                self.run(sql, params![table.0, after.id.0, self.id, text])?;
            }
        }
        Ok(())
    }

    pub(super) fn view(&self, change: &Change<ViewSnapshot>) -> Result<()> {
        match (change.before.as_deref(), change.after.as_deref()) {
            (None, None) => Ok(()),
            (Some(before), None) => {
                self.end("ducklake_view", "view_id", before.id.0)?;
                self.end("rs_view", "view_id", before.id.0)?;
                self.end("ducklake_tag", "object_id", before.id.0)
            }
            (before, Some(after)) => {
                let is_same = |b: &ViewSnapshot| {
                    ViewSnapshot { comment: None, ..b.clone() } == ViewSnapshot { comment: None, ..after.clone() }
                };
                if !before.is_some_and(is_same) {
                    self.put_view(after)?;
                }
                self.tag(after.id.0, before.and_then(|b| b.comment.as_deref()), after.comment.as_deref())
            }
        }
    }

    fn put_view(&self, view: &ViewSnapshot) -> Result<()> {
        self.end("ducklake_view", "view_id", view.id.0)?;
        self.end("rs_view", "view_id", view.id.0)?;
        // The dialect keeps other engines from running Redshift's SQL as theirs.
        let sql = "INSERT INTO ducklake_view VALUES (?1, ?2, ?3, NULL, ?4, ?5, 'redshift', ?6, '')";
        self.run(sql, params![view.id.0, view.uuid, self.id, view.schema_id.0, view.name, view.sql])?;
        let detail = ViewDetail {
            sql: view.sql.clone(),
            columns: view.columns.iter().map(ViewColumnDetail::new).collect(),
            late_binding: view.late_binding,
            depends_on: view.depends_on.clone(),
            properties: view.properties.clone(),
        };
        self.run("INSERT INTO rs_view VALUES (?1, ?2, NULL, ?3)", params![view.id.0, self.id, to_json(&detail)?])
    }
}

/// A table's folder relative to its schema's, which it may have left.
fn path_in_schema(table: &TableSnapshot) -> String {
    match table.path.strip_prefix(&format!("{}/", table.schema_id)) {
        Some(rest) => rest.to_owned(),
        None => format!("../{}", table.path),
    }
}
