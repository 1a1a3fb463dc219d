//! The tables of `glue.sqlite`, in one place, and the step that creates them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::digest;
use crate::error::{Error, Result, SqlState};

/// Version of the layout below; a file of another version is refused, not guessed at.
const LAYOUT_VERSION: i64 = 2;

/// Files got checksums; those that are there stay without.
const UPGRADE_FROM_1: &str = "alter table files add column checksum text; alter table files add column blocks blob;";

const TABLES: &str = "
create table if not exists meta (
    key text primary key,
    value integer not null
) strict;
create table if not exists databases (
    database_id integer primary key,
    name text not null unique,
    description text,
    location text,
    source text,                       -- where the job of this database takes its raw objects
    last_delivery_id integer not null default 0,
    created_us integer not null
) strict;
create table if not exists tables (
    table_id integer primary key,
    database_id integer not null references databases on delete cascade,
    name text not null,
    version integer not null,
    format text not null,              -- the crawler's classification: orc, parquet, text, json
    location text not null,            -- a URL or path; for managed = 1 relative to the lake folder
    managed integer not null,          -- 1: the files table lists what belongs to it
    needs_full_refresh integer not null default 0,
    created_us integer not null,
    updated_us integer not null,
    unique (database_id, name)
) strict;
create table if not exists table_versions (
    table_id integer not null references tables on delete cascade,
    version integer not null,
    created_us integer not null,
    primary key (table_id, version)
) strict;
create table if not exists table_columns (
    table_id integer not null references tables on delete cascade,
    version integer not null,
    ordinal integer not null,
    name text not null,
    type text not null,
    comment text,
    is_partition_key integer not null,
    all_null integer not null,         -- 1: no value seen yet, so the type is still free
    primary key (table_id, version, ordinal)
) strict;
create table if not exists table_parameters (
    table_id integer not null references tables on delete cascade,
    key text not null,
    value text not null,
    primary key (table_id, key)
) strict;
create table if not exists partitions (
    partition_id integer primary key,
    table_id integer not null references tables on delete cascade,
    partition_values text not null,    -- JSON array of texts, in the order of the partition keys
    location text not null,
    created_us integer not null,
    unique (table_id, partition_values)
) strict;
create table if not exists objects (   -- the job's bookmarks
    object_id integer primary key,
    database_id integer not null references databases on delete cascade,
    table_id integer references tables on delete cascade,
    key text not null,                 -- relative to the database's source
    bytes integer not null,
    modified_ns integer not null,
    etag text,
    content_hash text,
    delivery_id integer not null,
    rows integer not null,
    rejects integer not null,
    loaded_us integer not null,
    unique (database_id, key)
) strict;
create table if not exists files (     -- the manifest: what is not here is not read
    file_id integer primary key,
    table_id integer not null references tables on delete cascade,
    partition_id integer references partitions on delete cascade,
    object_id integer references objects on delete cascade,
    kind text not null,                -- data or reject
    path text not null unique,         -- relative to the lake folder
    rows integer not null,
    bytes integer not null,
    checksum text,                     -- BLAKE3 of the file; null: written by an earlier version
    blocks blob                        -- and of each block of it
) strict;
create index if not exists files_of_table on files (table_id, kind);
create index if not exists files_of_object on files (object_id);
create table if not exists dropped_files (   -- left the manifest; a running query may still read them
    path text primary key,
    dropped_us integer not null
) strict;
";

/// Creates the tables when they are missing, brings those of an earlier layout to this one, and checks that they hold
/// what was committed last.
pub(super) fn create(connection: &mut Connection) -> Result<()> {
    let wrap = |e| super::sqlite_error("cannot open the data catalog", e);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    let before = version(&transaction).map_err(wrap)?;
    match before {
        None => {
            transaction.execute_batch(TABLES).map_err(wrap)?;
            let sql = "insert into meta values ('layout', ?1), ('revision', 0)";
            transaction.execute(sql, [LAYOUT_VERSION]).map_err(wrap)?;
            digest::store(&transaction)?;
        }
        Some(1) => {
            transaction.execute_batch(UPGRADE_FROM_1).map_err(wrap)?;
            transaction.execute("update meta set value = ?1 where key = 'layout'", [LAYOUT_VERSION]).map_err(wrap)?;
            digest::store(&transaction)?;
        }
        Some(LAYOUT_VERSION) => digest::check(&transaction)?,
        Some(version) => {
            return Err(Error::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                format!("the data catalog has layout version {version}, this program knows {LAYOUT_VERSION}"),
            )
            .with_hint("Open the warehouse with the version of blueshift that wrote it."));
        }
    }
    transaction.commit().map_err(wrap)
}

/// The layout's version; None for a file without tables.
fn version(transaction: &Transaction<'_>) -> rusqlite::Result<Option<i64>> {
    let tables: i64 = transaction.query_row("select count(*) from sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(None);
    }
    transaction.query_row("select value from meta where key = 'layout'", [], |row| row.get(0)).map(Some)
}
