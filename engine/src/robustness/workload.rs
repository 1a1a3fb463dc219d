//! The statements that are broken, and what a warehouse must look like after each.

use std::{path::Path, sync::Arc};

use super::faulty_file_system::FaultyFileSystem;
use crate::{
    Config, Engine,
    error::Result,
    session::{Session, StatementError, StatementResult},
    storage::{FileSystem, LocalFileSystem},
    types::text::format_value,
};

/// Each is run on its own; all tables have the columns `id` and `v`.
pub const STEPS: [&str; 15] = [
    "create table account (id int, v int) sortkey(id)",
    "create table history (id int, v int)",
    "insert into account select a.x * 100 + b.x * 10 + c.x, 100 from digits a, digits b, digits c where a.x < 3",
    "begin; insert into history select id, 1 from account where id < 50; update account set v = v - 1 where id < 50; \
     commit",
    "delete from account where id in (3, 4, 70, 71, 200)",
    "begin; create table account_new as select id, v from account; alter table account rename to account_old; \
     alter table account_new rename to account; drop table account_old; commit",
    "begin; insert into history values (1000, 1000); delete from account where id > 100; rollback",
    "begin; delete from account using history where account.id = history.id and history.id < 20; \
     insert into account select id, 99 from history where id < 20 and id not in (3, 4); commit",
    "create temp table scratch as select id, v from account where id < 10",
    "insert into history select id, v from scratch",
    "vacuum full account to 100 percent",
    "update account set v = v + 1 where id between 5 and 250",
    "truncate history",
    "insert into history select id, v from account where v > 100",
    "drop table history",
];

/// What the steps need.
const PREPARATION: &str =
    "create table digits (x int); insert into digits values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)";

/// Opens a warehouse in which even small segments get delete files.
pub fn open(folder: &Path, file_system: Arc<dyn FileSystem>) -> Result<Engine> {
    let mut config = Config::new(folder);
    config.threads = 2;
    config.rewrite_below_bytes = 0;
    Engine::open_with(config, file_system)
}

/// A warehouse in which the steps can be run.
pub async fn prepare(folder: &Path) {
    let engine = open(folder, Arc::new(LocalFileSystem)).unwrap();
    engine.session().run(PREPARATION).await.unwrap();
}

/// A copy of a warehouse that nobody has open.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All tables with their rows, as text: equal texts, equal warehouses.
pub async fn fingerprint(engine: &Engine) -> String {
    try_fingerprint(engine).await.unwrap_or_else(|error| panic!("{error:?} {:?}", error.error.detail()))
}

/// The same, or why it cannot be had.
pub async fn try_fingerprint(engine: &Engine) -> std::result::Result<String, StatementError> {
    let mut session = engine.session();
    let sql = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'digits' order by 1";
    let names = cells(session.run(sql).await?);
    let mut text = String::new();
    for name in names {
        let rows = cells(session.run(&format!("select id, v from {name} order by 1, 2")).await?);
        text.push_str(&format!("{name}: {}\n", rows.join(" ")));
    }
    Ok(text)
}

/// The rows of the last result as text.
pub fn cells(results: Vec<StatementResult>) -> Vec<String> {
    let Some(StatementResult::Rows { batches, .. }) = results.last() else { return vec![] };
    let mut found = vec![];
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |column: &arrow::array::ArrayRef| {
                let mut text = String::new();
                format_value(column.as_ref(), row, &mut text).unwrap();
                text
            };
            found.push(batch.columns().iter().map(cell).collect::<Vec<_>>().join("|"));
        }
    }
    found
}

/// The warehouse after each step, the first before all; made without faults.
pub async fn expected(prepared: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(prepared, folder.path());
    let engine = open(folder.path(), Arc::new(LocalFileSystem)).unwrap();
    let mut session = engine.session();
    let mut states = vec![fingerprint(&engine).await];
    for step in STEPS {
        session.run(step).await.unwrap_or_else(|error| panic!("{step}\n{error:?}"));
        states.push(fingerprint(&engine).await);
    }
    states
}

/// Runs the steps; gives how many succeeded and the error of the first that did not.
pub async fn run(session: &mut Session) -> (usize, Option<StatementError>) {
    for (index, step) in STEPS.iter().enumerate() {
        if let Err(error) = session.run(step).await {
            return (index, Some(error));
        }
    }
    (STEPS.len(), None)
}

/// A file system that never fails, for counting.
pub fn sound() -> Arc<dyn FileSystem> {
    Arc::new(LocalFileSystem)
}

impl From<FaultyFileSystem> for Arc<dyn FileSystem> {
    fn from(file_system: FaultyFileSystem) -> Self {
        Arc::new(file_system)
    }
}
