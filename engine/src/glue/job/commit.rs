//! The end of a run: one transaction that makes everything it wrote visible.

use std::collections::BTreeMap;

use super::{
    JobContext, Work,
    report::{JobReport, TableReport},
    run::{Plan, Task, pinned_columns},
    table_location,
};
use crate::{
    error::{Error, Result, SqlState},
    glue::{
        DELIVERY_KEY,
        crawler::{merge_columns, orc_columns, with_source_columns},
        data_catalog::{CatalogChange, CatalogColumn, NewBookmark, NewFile, TableFormat, TableInput},
        hive_type::HiveType,
    },
};

/// What was made of an object.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) files: Vec<NewFile>,
    pub(super) content_hash: Option<String>,
    pub(super) seconds: f64,
}

/// Crawls the files written and commits the run.
pub(super) fn commit(
    work: &Work<'_>,
    context: &JobContext<'_>,
    plan: &Plan,
    loaded: Vec<Loaded>,
    report: &mut JobReport,
) -> Result<()> {
    work.lake.sync_folders()?;
    let columns = crawl(work, context, plan, &loaded)?;
    work.advance("", 0)?; // the last moment to cancel
    context.catalog.update(|change| {
        let database = match change.database_id(context.database)? {
            Some(id) => id,
            None => change.create_database(context.database)?,
        };
        if change.next_delivery_id(database)? != plan.delivery_id {
            return Err(Error::new(SqlState::SERIALIZATION_FAILURE, "another run of the Glue job was faster")
                .with_hint("Run again."));
        }
        change.set_source(database, &report.source)?;
        forget_old(change, context, plan, report)?;
        for (object, bookmark) in &plan.touched {
            change.touch_bookmark(bookmark.id, object.modified_ns, None)?;
        }
        let mut tables = BTreeMap::new();
        for (name, columns) in &columns {
            let id = put_table(change, context, database, name, columns, table_report(report, name))?;
            tables.insert(name.as_str(), id);
        }
        for (task, loaded) in plan.tasks.iter().zip(&loaded) {
            let table_id = tables.get(task.table.as_str()).copied();
            put_object(change, work, database, table_id, task, loaded)?;
        }
        for name in columns.keys() {
            if let Some(table) = change.table(context.database, name)? {
                change.drop_empty_partitions(table.id)?;
            }
        }
        Ok(())
    })?;
    for (task, loaded) in plan.tasks.iter().zip(&loaded) {
        tell(report, task, loaded);
    }
    Ok(())
}

/// The columns of every table that got objects, from the ORC files written.
fn crawl(
    work: &Work<'_>,
    context: &JobContext<'_>,
    plan: &Plan,
    loaded: &[Loaded],
) -> Result<BTreeMap<String, Vec<CatalogColumn>>> {
    let mut tables: BTreeMap<String, Vec<CatalogColumn>> = BTreeMap::new();
    for (task, loaded) in plan.tasks.iter().zip(loaded) {
        let Some(header) = &task.header else { continue };
        if !tables.contains_key(&task.table) {
            tables.insert(task.table.clone(), pinned_columns(context, &task.table, plan.reset)?);
        }
        let Some(columns) = tables.get_mut(&task.table) else { continue };
        // An object without rows has no file, but its columns are columns of the table.
        let unknown = header
            .columns
            .iter()
            .map(|name| CatalogColumn { all_null: true, ..CatalogColumn::new(name, HiveType::String) });
        merge_columns(columns, &unknown.collect::<Vec<_>>());
        for file in loaded.files.iter().filter(|f| !f.is_reject) {
            merge_columns(columns, &orc_columns(work.lake, &file.path, None)?);
        }
    }
    Ok(tables)
}

/// Forgets replaced and vanished objects and flags their tables.
fn forget_old(change: &CatalogChange<'_>, context: &JobContext<'_>, plan: &Plan, report: &mut JobReport) -> Result<()> {
    let replaced = plan.tasks.iter().filter_map(|task| task.replaces.as_ref());
    for bookmark in plan.forget.iter().chain(replaced) {
        change.drop_bookmark(bookmark.id)?;
        let Some(name) = &bookmark.table else { continue };
        if let Some(table) = change.table(context.database, name)? {
            change.set_needs_full_refresh(table.id, true)?;
            change.drop_empty_partitions(table.id)?;
            table_report(report, name).needs_full_refresh = true;
        }
    }
    Ok(())
}

/// Creates the table, or gives it a new version when its columns changed.
fn put_table(
    change: &CatalogChange<'_>,
    context: &JobContext<'_>,
    database: i64,
    name: &str,
    columns: &[CatalogColumn],
    report: &mut TableReport,
) -> Result<i64> {
    let columns = with_source_columns(columns.to_vec());
    let keys = vec![CatalogColumn::new(DELIVERY_KEY, HiveType::BigInt)];
    match change.table(context.database, name)? {
        Some(known) => {
            if known.columns != columns {
                report.new_version = Some(change.set_columns(known.id, &columns, &keys)?);
            }
            Ok(known.id)
        }
        None => {
            report.is_new = true;
            let input = TableInput {
                name: name.to_owned(),
                columns,
                partition_keys: keys,
                format: TableFormat::Orc,
                location: table_location(context.database, name),
                managed: true,
                parameters: BTreeMap::from([
                    ("EXTERNAL".to_owned(), "TRUE".to_owned()),
                    ("classification".to_owned(), "orc".to_owned()),
                ]),
            };
            change.create_table(database, &input)
        }
    }
}

/// Writes an object's bookmark and lists its files.
fn put_object(
    change: &CatalogChange<'_>,
    work: &Work<'_>,
    database: i64,
    table_id: Option<i64>,
    task: &Task,
    loaded: &Loaded,
) -> Result<()> {
    let rows_of = |reject: bool| loaded.files.iter().filter(|f| f.is_reject == reject).map(|f| f.rows).sum();
    let bookmark = NewBookmark {
        table_id: table_id.filter(|_| task.header.is_some()),
        key: task.object.key.clone(),
        bytes: task.object.bytes,
        modified_ns: task.object.modified_ns,
        etag: task.object.etag.clone(),
        content_hash: loaded.content_hash.clone(),
        delivery_id: work.delivery_id,
        rows: rows_of(false),
        rejects: rows_of(true),
    };
    let object_id = change.add_bookmark(database, &bookmark)?;
    for file in &loaded.files {
        let Some(table_id) = table_id else { return Err(Error::internal("a file without a table")) };
        let partition = if file.is_reject {
            None
        } else {
            let folder = work.table_folder(&task.table);
            Some(change.ensure_partition(table_id, &[work.delivery_id.to_string()], &folder)?)
        };
        change.add_file(table_id, partition, Some(object_id), file)?;
    }
    Ok(())
}

/// Adds an object's numbers to the report.
fn tell(report: &mut JobReport, task: &Task, loaded: &Loaded) {
    let rejects = loaded.files.iter().filter(|f| f.is_reject).map(|f| f.path.clone());
    report.reject_files.extend(rejects);
    if task.header.is_none() {
        report.notices.push(format!("the object \"{}\" is empty", task.object.key));
    }
    let table = table_report(report, &task.table);
    table.csv_bytes += task.object.bytes;
    table.worker_seconds += loaded.seconds;
    for file in &loaded.files {
        if file.is_reject {
            table.rejects += file.rows;
        } else {
            table.rows += file.rows;
            table.orc_bytes += file.bytes;
            table.files += 1;
        }
    }
}

fn table_report<'a>(report: &'a mut JobReport, name: &str) -> &'a mut TableReport {
    let index = match report.tables.iter().position(|t| t.table == name) {
        Some(index) => index,
        None => {
            report.tables.push(TableReport { table: name.to_owned(), ..TableReport::default() });
            report.tables.len() - 1
        }
    };
    &mut report.tables[index]
}
