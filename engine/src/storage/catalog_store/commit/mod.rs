//! A set of changes to rows of the catalog's tables, in one SQLite transaction.
//!
//! Every commit adds one snapshot. What it ends gets the snapshot's id as end, what it begins
//! gets it as begin, so that every earlier state stays readable. `rs_change` says which objects
//! the commit touched and how; later commits are validated against it.

mod bounds;
mod file;
mod relation;

use chrono::{DateTime, Utc};
use rusqlite::{ToSql, Transaction, params};

use super::{
    Action, Change, ChangeSet, CommitView, CommittedChange, Object, TransactionRecord, digest, history, load,
    sqlite::sqlite_error,
};
use crate::{
    error::{Error, Result, SqlState},
    storage::metadata::{RelationId, SchemaSnapshot, SnapshotId, TableSnapshot},
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

fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("catalog: {e}")))
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
