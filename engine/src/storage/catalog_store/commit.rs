//! A set of changes to rows of the catalog's tables, in one SQLite transaction.
//!
//! Every commit adds one snapshot. What it ends gets the snapshot's id as end, what it begins
//! gets it as begin, so that every earlier state stays readable. `rs_change` says which objects
//! the commit touched and how; later commits are validated against it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use rusqlite::{OptionalExtension, ToSql, Transaction, params};

use super::{
    Action, Change, ChangeSet, CommitView, CommittedChange, Object, TransactionRecord, digest, history,
    load::{self, ViewColumnDetail, ViewDetail},
    sqlite::sqlite_error,
    type_name::{type_hint, type_name},
};
use crate::{
    error::{Error, Result, SqlState},
    storage::{
        checksum::Checksum,
        metadata::{
            Column, ColumnStatistics, DeleteFile, FileId, RelationId, RowOrder, SchemaSnapshot, Segment, SnapshotId,
            TableSnapshot, ViewSnapshot,
        },
        slice::SliceCounts,
        statistics,
    },
};

/// The time in the form of `ducklake_snapshot`.
pub(super) fn now() -> String {
    time_text(Utc::now())
}

/// A time in the form of `ducklake_snapshot`.
pub(super) fn time_text(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

/// Validates and writes `changes`; the caller commits.
pub(super) fn write(
    transaction: &Transaction<'_>,
    record: &TransactionRecord,
    changes: &ChangeSet,
    validate: &dyn Fn(&dyn CommitView) -> Result<()>,
) -> Result<SnapshotId> {
    let sql = "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id FROM ducklake_snapshot
        ORDER BY snapshot_id DESC LIMIT 1";
    let (latest, schema_version, next_catalog, next_file): (i64, i64, i64, i64) = transaction
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .map_err(sqlite_error)?;
    check_not_expired(transaction, record.base)?;
    if latest > record.base.0 {
        validate(&history::View(transaction))?;
    }
    let digest = digest::begin(transaction, SnapshotId(latest))?;
    let actions = changes.actions();
    let is_definition = |c: &CommittedChange| {
        !matches!(c.object, Object::Record(..)) && matches!(c.action, Action::Create | Action::Alter | Action::Drop)
    };
    let schema_version = schema_version + i64::from(actions.iter().any(is_definition));
    let writer = Writer { transaction, id: latest + 1, schema_version };
    // Times never decrease, also when the clock does: a state's time decides when it expires.
    writer.run(
        "INSERT INTO ducklake_snapshot VALUES (?1, max(?2, coalesce((SELECT snapshot_time FROM ducklake_snapshot
            ORDER BY snapshot_id DESC LIMIT 1), '')), ?3, ?4, ?5)",
        params![writer.id, now(), schema_version, next_catalog, next_file],
    )?;
    changes.schemas.iter().try_for_each(|c| writer.schema(c))?;
    changes.tables.iter().try_for_each(|c| writer.table(c))?;
    changes.views.iter().try_for_each(|c| writer.view(c))?;
    changes.records.iter().try_for_each(|r| writer.record(r))?;
    writer.log(&actions, changes)?;
    check_names(&writer, changes)?;
    let id = SnapshotId(writer.id);
    digest.finish(transaction, id, changes)?;
    history::write(transaction, &TransactionRecord { commit: Some(id), ..record.clone() })?;
    Ok(id)
}

/// What a transaction is validated against goes together with the state that it began from.
fn check_not_expired(transaction: &Transaction<'_>, base: SnapshotId) -> Result<()> {
    if load::oldest(transaction).map_err(sqlite_error)? <= base {
        return Ok(());
    }
    Err(Error::new(SqlState::SERIALIZATION_FAILURE, "1023")
        .with_detail("The state from which the transaction began has expired")
        .with_hint("Run the transaction again."))
}

struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    id: i64,
    schema_version: i64,
}

impl Writer<'_> {
    fn run(&self, sql: &str, params: impl rusqlite::Params) -> Result<()> {
        self.transaction.prepare_cached(sql).and_then(|mut s| s.execute(params)).map_err(sqlite_error)?;
        Ok(())
    }

    /// Ends the live rows of `table` that `condition` picks by one value.
    fn end(&self, table: &str, condition: &str, value: i64) -> Result<()> {
        let sql = format!("UPDATE {table} SET end_snapshot = ?1 WHERE end_snapshot IS NULL AND {condition} = ?2");
        self.run(&sql, [self.id, value])
    }

    fn end_column(&self, table: &str, id: RelationId, column: i64) -> Result<()> {
        let sql = format!(
            "UPDATE {table} SET end_snapshot = ?1 WHERE end_snapshot IS NULL AND table_id = ?2 AND column_id = ?3"
        );
        self.run(&sql, [self.id, id.0, column])
    }

    fn schema(&self, change: &Change<SchemaSnapshot>) -> Result<()> {
        match (change.before.as_deref(), change.after.as_deref()) {
            (None, None) => Ok(()),
            (None, Some(after)) => {
                let (uuid, path) = (uuid::Uuid::new_v4().to_string(), format!("{}/", after.id));
                let sql = "INSERT INTO ducklake_schema VALUES (?1, ?2, ?3, NULL, ?4, ?5, 1)";
                self.run(sql, params![after.id.0, uuid, self.id, after.name, path])?;
                self.tag(after.id.0, None, after.comment.as_deref())
            }
            (Some(before), None) => {
                self.end("ducklake_schema", "schema_id", before.id.0)?;
                self.end("ducklake_tag", "object_id", before.id.0)
            }
            (Some(before), Some(after)) => {
                if before.name != after.name {
                    // The schema id is the table's primary key: DuckLake has no history of schema names.
                    let sql = "UPDATE ducklake_schema SET schema_name = ?2 WHERE schema_id = ?1";
                    self.run(sql, params![after.id.0, after.name])?;
                }
                self.tag(after.id.0, before.comment.as_deref(), after.comment.as_deref())
            }
        }
    }

    fn tag(&self, object: i64, before: Option<&str>, after: Option<&str>) -> Result<()> {
        if before == after {
            return Ok(());
        }
        self.end("ducklake_tag", "key = 'comment' AND object_id", object)?;
        match after {
            None => Ok(()),
            Some(text) => {
                let sql = "INSERT INTO ducklake_tag VALUES (?1, ?2, NULL, 'comment', ?3)";
                self.run(sql, params![object, self.id, text])
            }
        }
    }

    fn table(&self, change: &Change<TableSnapshot>) -> Result<()> {
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

    fn files(&self, before: Option<&TableSnapshot>, after: &TableSnapshot) -> Result<()> {
        let old: HashMap<FileId, &Segment> =
            before.iter().flat_map(|b| &b.segments).map(|s| (s.id, s.as_ref())).collect();
        let kept: HashMap<FileId, &Segment> = after.segments.iter().map(|s| (s.id, s.as_ref())).collect();
        let (mut rows, mut bytes) = (0, 0);
        for segment in old.values().filter(|s| !kept.contains_key(&s.id)) {
            self.end("ducklake_data_file", "data_file_id", segment.id.0)?;
            self.end("ducklake_delete_file", "data_file_id", segment.id.0)?;
            rows -= segment.file.row_count as i64;
            bytes -= segment.file.size_bytes as i64;
        }
        let added: Vec<&Segment> =
            after.segments.iter().map(AsRef::as_ref).filter(|s| !old.contains_key(&s.id)).collect();
        let mut next_row_id = self.next_row_id(after.id)?;
        if before.is_none() || !added.is_empty() {
            self.column_bounds(after, &added, next_row_id.is_some())?;
        }
        for segment in added {
            self.data_file(after, segment, next_row_id.unwrap_or(0))?;
            next_row_id = Some(next_row_id.unwrap_or(0) + segment.file.row_count as i64);
            rows += segment.file.row_count as i64;
            bytes += segment.file.size_bytes as i64;
        }
        for segment in &after.segments {
            let was = old.get(&segment.id).and_then(|s| s.deletes.as_ref());
            match &segment.deletes {
                Some(deletes) if was != Some(deletes) => self.delete_file(after, segment.id, deletes)?,
                _ => {}
            }
        }
        self.table_statistics(after.id, rows, bytes, next_row_id)
    }

    fn next_row_id(&self, table: RelationId) -> Result<Option<i64>> {
        self.transaction
            .query_row("SELECT next_row_id FROM ducklake_table_stats WHERE table_id = ?1", [table.0], |row| row.get(0))
            .optional()
            .map_err(sqlite_error)
    }

    fn data_file(&self, table: &TableSnapshot, segment: &Segment, row_id_start: i64) -> Result<()> {
        let file = &segment.file;
        let sql = "INSERT INTO ducklake_data_file
            VALUES (?1, ?2, ?3, NULL, NULL, ?4, 1, 'parquet', ?5, ?6, ?7, ?8, NULL, NULL, NULL, NULL)";
        self.run(
            sql,
            params![
                segment.id.0,
                table.id.0,
                self.id,
                path_in_table(table, &file.path)?,
                file.row_count as i64,
                file.size_bytes as i64,
                file.footer_bytes as i64,
                row_id_start
            ],
        )?;
        self.side_of_file(segment.id, file.checksum.as_deref(), file.sorted_by.as_ref(), file.slices.as_deref())?;
        for column in &file.columns {
            let sql = "INSERT INTO ducklake_file_column_stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
            let values = (file.row_count - column.null_count.min(file.row_count)) as i64;
            let (min, max) = (bound_text(&column.min), bound_text(&column.max));
            self.run(
                sql,
                params![
                    segment.id.0,
                    table.id.0,
                    column.column_id.0,
                    column.size_bytes as i64,
                    values,
                    column.null_count as i64,
                    min,
                    max,
                    column.contains_nan
                ],
            )?;
        }
        Ok(())
    }

    fn delete_file(&self, table: &TableSnapshot, data_file: FileId, file: &DeleteFile) -> Result<()> {
        self.end("ducklake_delete_file", "data_file_id", data_file.0)?;
        let sql = "INSERT INTO ducklake_delete_file
            VALUES (?1, ?2, ?3, NULL, ?4, ?5, 1, 'parquet', ?6, ?7, ?8, NULL, NULL)";
        self.run(
            sql,
            params![
                file.id.0,
                table.id.0,
                self.id,
                data_file.0,
                path_in_table(table, &file.path)?,
                file.row_count as i64,
                file.size_bytes as i64,
                file.footer_bytes as i64
            ],
        )?;
        self.side_of_file(file.id, file.checksum.as_deref(), None, None)
    }

    /// What DuckLake has no place for.
    fn side_of_file(
        &self,
        file: FileId,
        checksum: Option<&Checksum>,
        sorted_by: Option<&RowOrder>,
        slices: Option<&SliceCounts>,
    ) -> Result<()> {
        match checksum {
            None => Ok(()),
            Some(checksum) => {
                let sorted_by = sorted_by.map(to_json).transpose()?;
                let slices = slices.map(SliceCounts::to_bytes);
                let sql =
                    "INSERT INTO rs_file(file_id, checksum, blocks, sorted_by, slices) VALUES (?1, ?2, ?3, ?4, ?5)";
                self.run(sql, params![file.0, checksum.whole(), checksum.block_bytes(), sorted_by, slices])
            }
        }
    }

    fn table_statistics(&self, table: RelationId, rows: i64, bytes: i64, next_row_id: Option<i64>) -> Result<()> {
        let Some(next_row_id) = next_row_id else { return Ok(()) };
        let sql = "UPDATE ducklake_table_stats SET record_count = record_count + ?2, next_row_id = ?3,
            file_size_bytes = file_size_bytes + ?4 WHERE table_id = ?1";
        let update = |sql: &str| {
            let mut statement = self.transaction.prepare_cached(sql)?;
            statement.execute([table.0, rows, next_row_id, bytes])
        };
        if update(sql).map_err(sqlite_error)? == 0 {
            update("INSERT INTO ducklake_table_stats VALUES (?1, ?2, ?3, ?4)").map_err(sqlite_error)?;
        }
        Ok(())
    }

    /// Widens the table's bounds by those of `added` files. They only ever widen; NULL bounds
    /// mean unknown and stay so.
    fn column_bounds(&self, table: &TableSnapshot, added: &[&Segment], had_rows: bool) -> Result<()> {
        if added.is_empty() {
            return Ok(());
        }
        for column in &table.columns {
            let found = || added.iter().filter_map(|s| Some((s.file.column(column.id)?, s.file.row_count)));
            let mut bounds = Bounds::of(found());
            if let Some(old) = self.old_bounds(table.id, column)? {
                bounds = old.merge(bounds);
            } else if had_rows {
                bounds = Bounds::of_default(column).merge(bounds);
            }
            let (sql_min, sql_max) = (bound_text(&bounds.min), bound_text(&bounds.max));
            let values = params![table.id.0, column.id.0, bounds.contains_null, bounds.contains_nan, sql_min, sql_max];
            let sql = "UPDATE ducklake_table_column_stats SET contains_null = ?3, contains_nan = ?4, min_value = ?5,
                max_value = ?6 WHERE table_id = ?1 AND column_id = ?2";
            let run = |sql: &str, values: &[&dyn ToSql]| {
                self.transaction.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(sqlite_error)
            };
            if run(sql, values)? == 0 {
                run("INSERT INTO ducklake_table_column_stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)", values)?;
            }
        }
        Ok(())
    }

    fn old_bounds(&self, table: RelationId, column: &Column) -> Result<Option<Bounds>> {
        let sql = "SELECT contains_null, contains_nan, min_value, max_value FROM ducklake_table_column_stats
            WHERE table_id = ?1 AND column_id = ?2";
        let parse = |text: Option<String>| text.and_then(|t| statistics::from_text(&t, &column.data_type));
        self.transaction
            .query_row(sql, [table.0, column.id.0], |row| {
                Ok(Bounds {
                    all_null: false,
                    contains_null: row.get::<_, Option<i64>>(0)? != Some(0),
                    contains_nan: row.get::<_, Option<i64>>(1)?.map(|v| v != 0),
                    min: parse(row.get(2)?),
                    max: parse(row.get(3)?),
                })
            })
            .optional()
            .map_err(sqlite_error)
    }

    fn view(&self, change: &Change<ViewSnapshot>) -> Result<()> {
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

    fn record(&self, record: &super::RecordChange) -> Result<()> {
        let sql = "UPDATE rs_record SET end_snapshot = ?1 WHERE end_snapshot IS NULL AND kind = ?2 AND key = ?3";
        self.run(sql, params![self.id, record.kind, record.key])?;
        match &record.value {
            None => Ok(()),
            Some(value) => {
                let sql = "INSERT INTO rs_record VALUES (?1, ?2, ?3, NULL, ?4)";
                self.run(sql, params![record.kind, record.key, self.id, value.to_string()])
            }
        }
    }

    /// Says what the commit did: in DuckLake's words, and in ours.
    fn log(&self, actions: &[CommittedChange], changes: &ChangeSet) -> Result<()> {
        let words: Vec<String> = actions.iter().filter_map(|a| self.words(a, changes)).collect();
        let sql = "INSERT INTO ducklake_snapshot_changes VALUES (?1, ?2, NULL, NULL, NULL)";
        self.run(sql, params![self.id, words.join(",")])?;
        for CommittedChange { object, action } in actions {
            let (name, id, kind, key) = match object {
                Object::Schema(id) => ("schema", Some(id.0), None, None),
                Object::Relation(id) => ("relation", Some(id.0), None, None),
                Object::Record(kind, key) => ("record", None, Some(kind), Some(key)),
                Object::Anything => continue,
            };
            let sql = "INSERT INTO rs_change VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            self.run(sql, params![self.id, name, id, kind, key, action.as_str()])?;
            let is_definition = matches!(action, Action::Create | Action::Alter);
            if let (Object::Relation(id), true) = (object, is_definition && self.is_table(object, changes)) {
                let sql = "INSERT INTO ducklake_schema_versions VALUES (?1, ?2, ?3)";
                self.run(sql, [self.id, self.schema_version, id.0])?;
            }
        }
        Ok(())
    }

    fn is_table(&self, object: &Object, changes: &ChangeSet) -> bool {
        let is_it = |t: &Change<TableSnapshot>| {
            t.after.as_ref().or(t.before.as_ref()).is_some_and(|t| *object == Object::Relation(t.id))
        };
        changes.tables.iter().any(is_it)
    }

    fn words(&self, change: &CommittedChange, changes: &ChangeSet) -> Option<String> {
        let table = self.is_table(&change.object, changes);
        Some(match (&change.object, change.action) {
            (Object::Schema(id), Action::Create) => {
                let schema = changes.schemas.iter().filter_map(|s| s.after.as_ref()).find(|s| s.id == *id)?;
                format!("created_schema:{}", quote(&schema.name))
            }
            (Object::Schema(id), Action::Drop) => format!("dropped_schema:{id}"),
            (Object::Relation(id), Action::Create) => {
                let kind = if table { "table" } else { "view" };
                format!("created_{kind}:{}", self.qualified_name(*id, changes)?)
            }
            (Object::Relation(id), Action::Append) => format!("inserted_into_table:{id}"),
            (Object::Relation(id), Action::Delete) => format!("deleted_from_table:{id}"),
            (Object::Relation(id), Action::Rewrite) => format!("compacted_table:{id}"),
            (Object::Relation(id), Action::Drop) if table => format!("dropped_table:{id}"),
            (Object::Relation(id), Action::Drop) => format!("dropped_view:{id}"),
            (Object::Relation(id), Action::Alter | Action::Comment) if table => format!("altered_table:{id}"),
            (Object::Relation(id), Action::Alter | Action::Comment) => format!("altered_view:{id}"),
            _ => return None,
        })
    }

    fn qualified_name(&self, id: RelationId, changes: &ChangeSet) -> Option<String> {
        let tables = changes.tables.iter().filter_map(|t| t.after.as_ref()).map(|t| (t.id, t.schema_id, &t.name));
        let views = changes.views.iter().filter_map(|v| v.after.as_ref()).map(|v| (v.id, v.schema_id, &v.name));
        let (_, schema, name) = tables.chain(views).find(|r| r.0 == id)?;
        let sql = "SELECT schema_name FROM ducklake_schema WHERE schema_id = ?1";
        let schema: String = self.transaction.query_row(sql, [schema.0], |row| row.get(0)).ok()?;
        Some(format!("{}.{}", quote(&schema), quote(name)))
    }
}

/// No two live relations of one name, no relation without a schema: what two transactions that
/// knew nothing of each other could otherwise bring about.
fn check_names(writer: &Writer<'_>, changes: &ChangeSet) -> Result<()> {
    let count = |sql: &str, params: &[&dyn ToSql]| -> Result<i64> {
        let mut statement = writer.transaction.prepare_cached(sql).map_err(sqlite_error)?;
        statement.query_row(params, |row| row.get(0)).map_err(sqlite_error)
    };
    let relations =
        "SELECT (SELECT count(*) FROM ducklake_table WHERE end_snapshot IS NULL AND schema_id = ?1 AND table_name = ?2)
        + (SELECT count(*) FROM ducklake_view WHERE end_snapshot IS NULL AND schema_id = ?1 AND view_name = ?2)";
    let schema_is_live = "SELECT count(*) FROM ducklake_schema WHERE end_snapshot IS NULL AND schema_id = ?1";
    let tables = changes.tables.iter().filter_map(|t| t.after.as_ref()).map(|t| (t.schema_id, &t.name));
    let views = changes.views.iter().filter_map(|v| v.after.as_ref()).map(|v| (v.schema_id, &v.name));
    for (schema, name) in tables.chain(views) {
        if count(relations, params![schema.0, name])? > 1 {
            return Err(Error::duplicate_table(name));
        }
        if count(schema_is_live, params![schema.0])? == 0 {
            return Err(Error::serialization_failure(name));
        }
    }
    let relation_is_live = "SELECT (SELECT count(*) FROM ducklake_table WHERE end_snapshot IS NULL AND table_id = ?1)
        + (SELECT count(*) FROM ducklake_view WHERE end_snapshot IS NULL AND view_id = ?1)";
    for view in changes.views.iter().filter_map(|v| v.after.as_ref()).filter(|v| !v.late_binding) {
        for relation in &view.depends_on {
            if count(relation_is_live, params![relation.0])? == 0 {
                return Err(Error::serialization_failure(relation));
            }
        }
    }
    for change in &changes.schemas {
        let in_schema = "SELECT (SELECT count(*) FROM ducklake_table WHERE end_snapshot IS NULL AND schema_id = ?1)
            + (SELECT count(*) FROM ducklake_view WHERE end_snapshot IS NULL AND schema_id = ?1)";
        let named = "SELECT count(*) FROM ducklake_schema WHERE end_snapshot IS NULL AND schema_name = ?1";
        match (&change.before, &change.after) {
            (_, Some(after)) if count(named, params![after.name])? > 1 => {
                return Err(Error::duplicate_schema(&after.name));
            }
            (Some(before), None) if count(in_schema, params![before.id.0])? > 0 => {
                return Err(Error::serialization_failure(&before.name));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What DuckLake keeps about a column over all files.
struct Bounds {
    all_null: bool,
    contains_null: bool,
    contains_nan: Option<bool>,
    min: Option<ScalarValue>,
    max: Option<ScalarValue>,
}

impl Bounds {
    fn of<'a>(columns: impl Iterator<Item = (&'a ColumnStatistics, u64)> + Clone) -> Self {
        let (min, max) = statistics::merge_bounds(columns.clone());
        let nan = columns.clone().filter_map(|(c, _)| c.contains_nan).reduce(|a, b| a || b);
        Bounds {
            all_null: columns.clone().all(|(c, rows)| c.null_count == rows),
            contains_null: columns.clone().any(|(c, _)| c.null_count > 0),
            contains_nan: nan,
            min,
            max,
        }
    }

    /// Of rows older than the column.
    fn of_default(column: &Column) -> Self {
        let value = &column.initial_default;
        Bounds {
            all_null: value.is_none(),
            contains_null: value.is_none(),
            contains_nan: None,
            min: value.clone(),
            max: value.clone(),
        }
    }

    fn merge(self, new: Bounds) -> Self {
        let nan = self.contains_nan.into_iter().chain(new.contains_nan).reduce(|a, b| a || b);
        let contains_null = self.contains_null || new.contains_null;
        let (min, max) = match (self.all_null, new.all_null) {
            (_, true) => (self.min, self.max),
            (true, _) => (new.min, new.max),
            _ => (
                self.min.zip(new.min).map(|(a, b)| if b < a { b } else { a }),
                self.max.zip(new.max).map(|(a, b)| if b > a { b } else { a }),
            ),
        };
        Bounds { all_null: self.all_null && new.all_null, contains_null, contains_nan: nan, min, max }
    }
}

fn bound_text(value: &Option<ScalarValue>) -> Option<String> {
    value.as_ref().and_then(statistics::to_text)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("catalog: {e}")))
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's folder relative to its schema's, which it may have left.
fn path_in_schema(table: &TableSnapshot) -> String {
    match table.path.strip_prefix(&format!("{}/", table.schema_id)) {
        Some(rest) => rest.to_owned(),
        None => format!("../{}", table.path),
    }
}

fn path_in_table<'a>(table: &TableSnapshot, path: &'a str) -> Result<&'a str> {
    path.strip_prefix(&table.path).ok_or_else(|| Error::internal(format!("{path} is not in the table's folder")))
}
