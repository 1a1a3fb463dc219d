//! Rows of the catalog's tables to values.
//!
//! A full load takes what is live; a load since an earlier state takes the relations that the
//! commits in between name, and of their files only the new ones: the rest is shared with the
//! state before. So an append to a table of ten thousand segments reads one row.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use rusqlite::{Connection, Row, Transaction, params};
use serde_json::Value;

use super::{
    CatalogRows,
    sqlite::sqlite_error,
    type_name::{arrow_type, type_hint, type_name},
};
use crate::{
    error::{Error, Result, SqlState},
    storage::{
        checksum::Checksum,
        metadata::{
            Column, ColumnId, ColumnStatistics, DeleteFile, FileId, Relation, RelationId, SchemaId, SchemaSnapshot,
            Segment, SegmentMeta, SnapshotId, TableLayout, TableSnapshot, ViewColumn, ViewSnapshot,
        },
        slice::SliceCounts,
        statistics,
    },
};

/// The id of the latest state.
pub(super) fn latest(connection: &Connection) -> rusqlite::Result<SnapshotId> {
    let mut statement = connection.prepare_cached("SELECT max(snapshot_id) FROM ducklake_snapshot")?;
    statement.query_row([], |row| Ok(SnapshotId(row.get(0)?)))
}

/// The id of the oldest state that is still there.
pub(super) fn oldest(connection: &Connection) -> rusqlite::Result<SnapshotId> {
    let mut statement = connection.prepare_cached("SELECT min(snapshot_id) FROM ducklake_snapshot")?;
    statement.query_row([], |row| Ok(SnapshotId(row.get(0)?)))
}

/// Loads everything, or what changed after `since`.
pub(super) fn load(
    transaction: &Transaction<'_>,
    since: Option<SnapshotId>,
    previous: &dyn Fn(RelationId) -> Option<Arc<TableSnapshot>>,
) -> Result<CatalogRows> {
    let snapshot_id = latest(transaction).map_err(sqlite_error)?;
    // What changed since a state that has expired is not known any more.
    let since = match since {
        Some(since) if since < oldest(transaction).map_err(sqlite_error)? => None,
        since => since,
    };
    let changed = match since {
        Some(since) => Changed::since(transaction, since)?,
        None => None,
    };
    let complete = changed.is_none();
    if complete {
        refuse_foreign_data(transaction)?;
    }
    let scope =
        Scope { transaction, ids: changed.as_ref().map(Changed::ids), since: since.filter(|_| !complete), at: None };
    let mut rows = CatalogRows { snapshot_id: Some(snapshot_id), complete, ..Default::default() };
    if changed.as_ref().is_none_or(|c| c.schemas) {
        rows.schemas = Some(schemas(&scope)?);
    }
    if changed.as_ref().is_none_or(|c| c.records) {
        rows.records = Some(records(&scope)?);
    }
    let version = snapshot_id.0.unsigned_abs();
    let tables = tables(&scope, version, &|id| if complete { None } else { previous(id) })?;
    rows.relations.extend(tables.into_iter().map(|t| Relation::Table(Arc::new(t))));
    rows.relations.extend(views(&scope)?.into_iter().map(|v| Relation::View(Arc::new(v))));
    if let Some(changed) = changed {
        let live: HashSet<RelationId> = rows.relations.iter().map(Relation::id).collect();
        rows.dropped = changed.relations.into_iter().filter(|id| !live.contains(id)).collect();
    }
    Ok(rows)
}

/// Loads everything that was live in a state.
///
/// Errors: 22023 for a state that is not there.
pub(super) fn load_at(transaction: &Transaction<'_>, state: SnapshotId) -> Result<CatalogRows> {
    let sql = "SELECT EXISTS (SELECT 1 FROM ducklake_snapshot WHERE snapshot_id = ?1)";
    let exists: bool = transaction.query_row(sql, [state.0], |row| row.get(0)).map_err(sqlite_error)?;
    if !exists {
        let message = format!("state {state} of the warehouse does not exist or has expired");
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    refuse_foreign_data(transaction)?;
    let scope = Scope { transaction, ids: None, since: None, at: Some(state) };
    let mut rows = CatalogRows { snapshot_id: Some(state), complete: true, ..Default::default() };
    rows.schemas = Some(schemas(&scope)?);
    rows.records = Some(records(&scope)?);
    let tables = tables(&scope, state.0.unsigned_abs(), &|_| None)?;
    rows.relations.extend(tables.into_iter().map(|t| Relation::Table(Arc::new(t))));
    rows.relations.extend(views(&scope)?.into_iter().map(|v| Relation::View(Arc::new(v))));
    Ok(rows)
}

/// What commits after some state name.
struct Changed {
    relations: Vec<RelationId>,
    schemas: bool,
    records: bool,
}

impl Changed {
    /// None when another program committed: then everything may have changed.
    fn since(transaction: &Transaction<'_>, since: SnapshotId) -> Result<Option<Self>> {
        if has_foreign_commits(transaction, since).map_err(sqlite_error)? {
            return Ok(None);
        }
        let mut changed = Changed { relations: Vec::new(), schemas: false, records: false };
        let sql = "SELECT DISTINCT object, object_id FROM rs_change WHERE snapshot_id > ?1";
        let pairs = query(transaction, sql, [since.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        for (object, id) in pairs {
            let id: Option<i64> = id;
            match (object.as_str(), id) {
                ("relation", Some(id)) => changed.relations.push(RelationId(id)),
                ("schema", _) => changed.schemas = true,
                _ => changed.records = true,
            }
        }
        Ok(Some(changed))
    }

    fn ids(&self) -> String {
        let ids: Vec<i64> = self.relations.iter().map(|r| r.0).collect();
        Value::from(ids).to_string()
    }
}

/// Whether there are commits after `since` that we did not make.
pub(super) fn has_foreign_commits(connection: &Connection, since: SnapshotId) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM ducklake_snapshot s WHERE snapshot_id > ?1
        AND NOT EXISTS (SELECT 1 FROM rs_change c WHERE c.snapshot_id = s.snapshot_id))";
    connection.prepare_cached(sql)?.query_row([since.0], |row| row.get(0))
}

/// Rows that another program wrote into the catalog instead of into files would be missed.
fn refuse_foreign_data(transaction: &Transaction<'_>) -> Result<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM ducklake_inlined_data_tables)
        OR EXISTS (SELECT 1 FROM ducklake_delete_file WHERE end_snapshot IS NULL AND partial_max IS NOT NULL)
        OR EXISTS (SELECT 1 FROM ducklake_data_file WHERE end_snapshot IS NULL
            AND (encryption_key IS NOT NULL OR mapping_id IS NOT NULL OR file_format <> 'parquet' OR path_is_relative <> 1))";
    let foreign: bool = transaction.query_row(sql, [], |row| row.get(0)).map_err(sqlite_error)?;
    if foreign {
        return Err(Error::not_supported("a warehouse with inlined, encrypted or mapped data of another program"));
    }
    Ok(())
}

/// All relations, or some of them.
struct Scope<'a> {
    transaction: &'a Transaction<'a>,
    /// A JSON array of ids; None: all.
    ids: Option<String>,
    /// Only files newer than this.
    since: Option<SnapshotId>,
    /// The state to load; None: the latest.
    at: Option<SnapshotId>,
}

/// `sql` with its conditions "is live" meaning "was live in the state `at`".
fn live_at(sql: &str, at: Option<SnapshotId>) -> String {
    const IS_LIVE: &str = ".end_snapshot IS NULL";
    let Some(at) = at else { return sql.to_owned() };
    let mut parts = sql.split(IS_LIVE);
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let start = changed.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |i| i + 1);
        let alias = changed.split_off(start);
        changed.push_str(&format!(
            "({alias}.begin_snapshot <= {at} AND ({alias}.end_snapshot IS NULL OR {alias}.end_snapshot > {at}))"
        ));
        changed.push_str(part);
    }
    changed
}

impl Scope<'_> {
    /// Runs `sql`, in which `{ids COLUMN}` stands for the restriction to the scope's relations.
    fn query<T>(&self, sql: &str, column: &str, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let sql = live_at(sql, self.at);
        match &self.ids {
            None => query(self.transaction, &sql.replace("{scope}", ""), [], read),
            Some(ids) => {
                let scope = format!("AND {column} IN (SELECT value FROM json_each(?1))");
                query(self.transaction, &sql.replace("{scope}", &scope), [ids], read)
            }
        }
    }

    fn newer(&self, column: &str) -> String {
        self.since.map_or(String::new(), |since| format!("AND {column} > {since}"))
    }
}

fn query<T, P: rusqlite::Params>(
    connection: &Connection,
    sql: &str,
    params: P,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let run = || -> rusqlite::Result<Vec<T>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map(params, read)?.collect()
    };
    run().map_err(sqlite_error)
}

fn schemas(scope: &Scope<'_>) -> Result<Vec<SchemaSnapshot>> {
    let sql = "SELECT s.schema_id, s.schema_name, t.value FROM ducklake_schema s LEFT JOIN ducklake_tag t
        ON t.object_id = s.schema_id AND t.end_snapshot IS NULL AND t.key = 'comment' WHERE s.end_snapshot IS NULL";
    query(scope.transaction, &live_at(sql, scope.at), [], |row| {
        Ok(SchemaSnapshot { id: SchemaId(row.get(0)?), name: row.get(1)?, comment: row.get(2)? })
    })
}

fn records(scope: &Scope<'_>) -> Result<Vec<(String, String, Value)>> {
    let sql = "SELECT r.kind, r.key, r.value FROM rs_record r WHERE r.end_snapshot IS NULL";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?));
    let texts = query(scope.transaction, &live_at(sql, scope.at), [], read)?;
    texts.into_iter().map(|(kind, key, text)| Ok((kind, key, parse_json(&text)?))).collect()
}

fn parse_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::corrupted("catalog.sqlite", e))
}

fn tables(
    scope: &Scope<'_>,
    version: u64,
    previous: &dyn Fn(RelationId) -> Option<Arc<TableSnapshot>>,
) -> Result<Vec<TableSnapshot>> {
    let sql = "SELECT t.table_id, t.schema_id, t.table_name, t.table_uuid, s.path || t.path, l.layout, c.value,
            (SELECT max(column_id) FROM ducklake_column m WHERE m.table_id = t.table_id)
        FROM ducklake_table t JOIN ducklake_schema s ON s.schema_id = t.schema_id AND s.end_snapshot IS NULL
        LEFT JOIN rs_table l ON l.table_id = t.table_id AND l.end_snapshot IS NULL
        LEFT JOIN ducklake_tag c ON c.object_id = t.table_id AND c.end_snapshot IS NULL AND c.key = 'comment'
        WHERE t.end_snapshot IS NULL {scope}";
    let read = |row: &Row<'_>| {
        let layout: Option<String> = row.get(5)?;
        let (id, schema_id) = (RelationId(row.get(0)?), SchemaId(row.get(1)?));
        let mut table = TableSnapshot::new(id, schema_id, row.get(2)?, Vec::new(), TableLayout::default());
        table.uuid = row.get(3)?;
        table.path = normalise(&row.get::<_, String>(4)?);
        table.comment = row.get(6)?;
        table.next_column_id = row.get::<_, Option<i64>>(7)?.unwrap_or(0) + 1;
        table.version = version;
        Ok((table, layout))
    };
    let mut tables = BTreeMap::new();
    for (mut table, layout) in scope.query(sql, "t.table_id", read)? {
        if let Some(layout) = layout {
            table.layout = parse_json(&layout)?;
        }
        tables.insert(table.id, table);
    }
    columns(scope, &mut tables)?;
    segments(scope, &mut tables, previous)?;
    Ok(tables.into_values().collect())
}

/// Takes `x/../` out of a path: a table that moved to another schema keeps its folder.
fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|p| !p.is_empty()) {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.iter().map(|p| format!("{p}/")).collect()
}

fn columns(scope: &Scope<'_>, tables: &mut BTreeMap<RelationId, TableSnapshot>) -> Result<()> {
    let sql = "SELECT c.table_id, c.column_id, c.column_name, c.column_type, c.nulls_allowed, c.initial_default,
            r.redshift_type, r.arrow_type, r.default_sql, r.identity_seed, r.identity_step, r.encoding, t.value,
            c.parent_column
        FROM ducklake_column c
        LEFT JOIN rs_column r ON r.table_id = c.table_id AND r.column_id = c.column_id AND r.end_snapshot IS NULL
        LEFT JOIN ducklake_column_tag t ON t.table_id = c.table_id AND t.column_id = c.column_id
            AND t.end_snapshot IS NULL AND t.key = 'comment'
        WHERE c.end_snapshot IS NULL {scope} ORDER BY c.table_id, c.column_order";
    struct ColumnRow {
        table: RelationId,
        column: Column,
        type_name: String,
        arrow_type: Option<String>,
        initial_default: Option<String>,
        parent: Option<i64>,
    }
    let read = |row: &Row<'_>| {
        let identity = row.get::<_, Option<i64>>(9)?.zip(row.get(10)?);
        let type_name: String = row.get(3)?;
        let column = Column {
            id: ColumnId(row.get(1)?),
            name: row.get(2)?,
            data_type: arrow::datatypes::DataType::Null,
            redshift_type: row.get::<_, Option<String>>(6)?.unwrap_or_else(|| type_name.clone()),
            nullable: row.get::<_, i64>(4)? != 0,
            default: row.get(8)?,
            identity,
            encoding: row.get(11)?,
            initial_default: None,
            comment: row.get(12)?,
        };
        Ok(ColumnRow {
            table: RelationId(row.get(0)?),
            column,
            type_name,
            arrow_type: row.get(7)?,
            initial_default: row.get(5)?,
            parent: row.get(13)?,
        })
    };
    for row in scope.query(sql, "c.table_id", read)? {
        let Some(table) = tables.get_mut(&row.table) else { continue };
        let mut column = row.column;
        if row.parent.is_some() {
            return Err(Error::not_supported(format!("the nested column \"{}\" of a managed table", column.name)));
        }
        column.data_type = arrow_type(&row.type_name, row.arrow_type.as_deref())?;
        column.initial_default = match &row.initial_default {
            None => None,
            Some(text) => Some(statistics::from_text(text, &column.data_type).ok_or_else(|| {
                Error::corrupted("catalog.sqlite", format!("default of column \"{}\" is \"{text}\"", column.name))
            })?),
        };
        table.columns.push(column);
    }
    Ok(())
}

fn segments(
    scope: &Scope<'_>,
    tables: &mut BTreeMap<RelationId, TableSnapshot>,
    previous: &dyn Fn(RelationId) -> Option<Arc<TableSnapshot>>,
) -> Result<()> {
    let mut segments: HashMap<RelationId, BTreeMap<FileId, Arc<Segment>>> = HashMap::new();
    for id in tables.keys() {
        if let Some(table) = previous(*id) {
            segments.insert(*id, table.segments.iter().map(|s| (s.id, Arc::clone(s))).collect());
        }
    }
    if let Some(since) = scope.since {
        let sql =
            format!("SELECT table_id, data_file_id FROM ducklake_data_file WHERE end_snapshot > {since} {{scope}}");
        for (table, file) in scope.query(&sql, "table_id", |row| Ok((RelationId(row.get(0)?), FileId(row.get(1)?))))? {
            if let Some(files) = segments.get_mut(&table) {
                files.remove(&file);
            }
        }
    }
    let mut columns = file_statistics(scope, tables)?;
    let sql = format!(
        "SELECT f.table_id, f.data_file_id, f.path, f.record_count, f.file_size_bytes, f.footer_size, r.checksum,
            r.blocks, r.sorted_by, r.slices
        FROM ducklake_data_file f LEFT JOIN rs_file r ON r.file_id = f.data_file_id
        WHERE f.end_snapshot IS NULL {} {{scope}}",
        scope.newer("f.begin_snapshot")
    );
    let read = |row: &Row<'_>| Ok((RelationId(row.get(0)?), FileId(row.get(1)?), read_file(row)?));
    for (table_id, id, mut file) in scope.query(&sql, "f.table_id", read)? {
        let Some(table) = tables.get(&table_id) else { continue };
        file.path.insert_str(0, &table.path);
        file.columns = columns.remove(&id).unwrap_or_default();
        let segment = Arc::new(Segment { id, file, deletes: None });
        segments.entry(table_id).or_default().insert(id, segment);
    }
    deletes(scope, tables, &mut segments)?;
    for (id, files) in segments {
        if let Some(table) = tables.get_mut(&id) {
            table.segments = files.into_values().collect();
        }
    }
    Ok(())
}

fn read_file(row: &Row<'_>) -> rusqlite::Result<SegmentMeta> {
    let blocks: Option<Vec<u8>> = row.get(7)?;
    let whole: Option<String> = row.get(6)?;
    let slices: Option<Vec<u8>> = row.get(9)?;
    // What cannot be read is no order.
    let sorted_by = row.get::<_, Option<String>>(8)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(SegmentMeta {
        path: row.get(2)?,
        row_count: row.get::<_, i64>(3)?.unsigned_abs(),
        size_bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        footer_bytes: row.get::<_, i64>(5)?.unsigned_abs(),
        checksum: whole.map(|whole| Arc::new(Checksum::new(whole, blocks.as_deref()))),
        sorted_by,
        slices: slices.and_then(|bytes| SliceCounts::from_bytes(&bytes)).map(Arc::new),
        columns: Vec::new(),
    })
}

fn file_statistics(
    scope: &Scope<'_>,
    tables: &BTreeMap<RelationId, TableSnapshot>,
) -> Result<HashMap<FileId, Vec<ColumnStatistics>>> {
    let sql = format!(
        "SELECT s.table_id, s.data_file_id, s.column_id, s.column_size_bytes, s.null_count, s.min_value, s.max_value,
            s.contains_nan
        FROM ducklake_data_file f JOIN ducklake_file_column_stats s ON s.data_file_id = f.data_file_id
        WHERE f.end_snapshot IS NULL {} {{scope}}",
        scope.newer("f.begin_snapshot")
    );
    let types: HashMap<(RelationId, ColumnId), &arrow::datatypes::DataType> =
        tables.values().flat_map(|t| t.columns.iter().map(move |c| ((t.id, c.id), &c.data_type))).collect();
    let mut found: HashMap<FileId, Vec<ColumnStatistics>> = HashMap::new();
    scope.query(&sql, "f.table_id", |row| {
        let column_id = ColumnId(row.get(2)?);
        let Some(data_type) = types.get(&(RelationId(row.get(0)?), column_id)) else { return Ok(()) };
        let bound = |text: Option<String>| text.and_then(|t| statistics::from_text(&t, data_type));
        let contains_nan = row.get::<_, Option<i64>>(7)?.map(|v| v != 0);
        let columns = found.entry(FileId(row.get(1)?)).or_default();
        columns.push(ColumnStatistics {
            column_id,
            size_bytes: row.get::<_, i64>(3)?.unsigned_abs(),
            null_count: row.get::<_, i64>(4)?.unsigned_abs(),
            min: bound(row.get(5)?).filter(|_| contains_nan != Some(true)),
            max: bound(row.get(6)?).filter(|_| contains_nan != Some(true)),
            contains_nan,
        });
        Ok(())
    })?;
    Ok(found)
}

fn deletes(
    scope: &Scope<'_>,
    tables: &BTreeMap<RelationId, TableSnapshot>,
    segments: &mut HashMap<RelationId, BTreeMap<FileId, Arc<Segment>>>,
) -> Result<()> {
    let sql = format!(
        "SELECT f.table_id, f.data_file_id, f.path, f.delete_count, f.file_size_bytes, f.footer_size, r.checksum,
            r.blocks, NULL, NULL, f.delete_file_id
        FROM ducklake_delete_file f LEFT JOIN rs_file r ON r.file_id = f.delete_file_id
        WHERE f.end_snapshot IS NULL {} {{scope}}",
        scope.newer("f.begin_snapshot")
    );
    let read =
        |row: &Row<'_>| Ok((RelationId(row.get(0)?), FileId(row.get(1)?), FileId(row.get(10)?), read_file(row)?));
    for (table_id, data_file, id, file) in scope.query(&sql, "f.table_id", read)? {
        let Some(path) = tables.get(&table_id).map(|t| format!("{}{}", t.path, file.path)) else { continue };
        let Some(segment) = segments.get_mut(&table_id).and_then(|s| s.get_mut(&data_file)) else { continue };
        if file.row_count > segment.file.row_count {
            return Err(Error::corrupted("catalog.sqlite", format!("{path} deletes more rows than there are")));
        }
        Arc::make_mut(segment).deletes = Some(DeleteFile {
            id,
            path,
            row_count: file.row_count,
            size_bytes: file.size_bytes,
            footer_bytes: file.footer_bytes,
            checksum: file.checksum,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_live_rows_can_mean_an_earlier_state() {
        let sql = "x JOIN s ON a.end_snapshot IS NULL WHERE bc.end_snapshot IS NULL AND y";
        let expected = "x JOIN s ON (a.begin_snapshot <= 7 AND (a.end_snapshot IS NULL OR a.end_snapshot > 7)) \
            WHERE (bc.begin_snapshot <= 7 AND (bc.end_snapshot IS NULL OR bc.end_snapshot > 7)) AND y";
        assert_eq!(live_at(sql, Some(SnapshotId(7))), expected);
        assert_eq!(live_at(sql, None), sql);
    }
}

/// The details of a view that DuckLake has no place for.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct ViewDetail {
    pub(super) sql: String,
    pub(super) columns: Vec<ViewColumnDetail>,
    pub(super) late_binding: bool,
    pub(super) depends_on: Vec<RelationId>,
    #[serde(default)]
    pub(super) properties: Value,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct ViewColumnDetail {
    pub(super) name: String,
    pub(super) type_name: String,
    #[serde(default)]
    pub(super) arrow_type: Option<String>,
    pub(super) redshift_type: String,
}

impl ViewColumnDetail {
    pub(super) fn new(column: &ViewColumn) -> Self {
        // A view may have types that no table can store; those go by their Arrow name.
        let (type_name, arrow_type) = match type_name(&column.data_type) {
            Ok(name) => (name, type_hint(&column.data_type).map(str::to_owned)),
            Err(_) => (String::new(), Some(column.data_type.to_string())),
        };
        let (name, redshift_type) = (column.name.clone(), column.redshift_type.clone());
        ViewColumnDetail { name, type_name, arrow_type, redshift_type }
    }

    fn data_type(&self) -> Result<arrow::datatypes::DataType> {
        match &self.arrow_type {
            Some(name) if self.type_name.is_empty() => {
                name.parse().map_err(|e| Error::corrupted("catalog.sqlite", format!("column type {name}: {e}")))
            }
            hint => arrow_type(&self.type_name, hint.as_deref()),
        }
    }
}

fn views(scope: &Scope<'_>) -> Result<Vec<ViewSnapshot>> {
    let sql = "SELECT v.view_id, v.schema_id, v.view_name, v.view_uuid, d.detail, c.value, v.sql
        FROM ducklake_view v
        LEFT JOIN rs_view d ON d.view_id = v.view_id AND d.end_snapshot IS NULL
        LEFT JOIN ducklake_tag c ON c.object_id = v.view_id AND c.end_snapshot IS NULL AND c.key = 'comment'
        WHERE v.end_snapshot IS NULL {scope}";
    let read = |row: &Row<'_>| {
        let view = ViewSnapshot {
            id: RelationId(row.get(0)?),
            schema_id: SchemaId(row.get(1)?),
            name: row.get(2)?,
            uuid: row.get(3)?,
            sql: row.get(6)?,
            columns: Vec::new(),
            late_binding: true,
            depends_on: Vec::new(),
            properties: Value::Null,
            comment: row.get(5)?,
        };
        Ok((view, row.get::<_, Option<String>>(4)?))
    };
    let mut views = Vec::new();
    for (mut view, detail) in scope.query(sql, "v.view_id", read)? {
        if let Some(detail) = detail {
            let detail: ViewDetail = parse_json(&detail)?;
            let column = |c: ViewColumnDetail| {
                let data_type = c.data_type()?;
                Ok(ViewColumn { name: c.name, data_type, redshift_type: c.redshift_type })
            };
            view.sql = detail.sql;
            view.columns = detail.columns.into_iter().map(column).collect::<Result<_>>()?;
            view.late_binding = detail.late_binding;
            view.depends_on = detail.depends_on;
            view.properties = detail.properties;
        }
        views.push(view);
    }
    Ok(views)
}

/// The folders of all tables that there ever were.
pub(super) fn table_folders(transaction: &Transaction<'_>) -> Result<HashMap<i64, String>> {
    // A table's folder never changes; any of its rows will do.
    let sql = "SELECT DISTINCT t.table_id, s.path || t.path FROM ducklake_table t
        JOIN ducklake_schema s ON s.schema_id = t.schema_id";
    let folders = query(transaction, sql, params![], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    Ok(folders.into_iter().map(|(id, path)| (id, normalise(&path))).collect())
}

/// Paths of all files that any state names.
pub(super) fn referenced_files(transaction: &Transaction<'_>) -> Result<HashSet<String>> {
    let folders = table_folders(transaction)?;
    let sql = "SELECT table_id, path FROM ducklake_data_file UNION ALL SELECT table_id, path FROM ducklake_delete_file";
    let files = query(transaction, sql, params![], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    Ok(files.into_iter().filter_map(|(id, file)| Some(format!("{}{file}", folders.get(&id)?))).collect())
}
