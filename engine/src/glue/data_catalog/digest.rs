//! A digest of everything in the data catalog: SQLite has no checksums, and a flipped bit in one of
//! its pages is often a valid other value.
//!
//! It is the sum of hashes of all rows, kept in a row of its own, checked when the catalog is opened
//! and before each change (a change of damaged contents would make them look right), and made anew
//! with each change. The catalog changes a few times for each run of the job, so hashing all of it
//! is cheap enough.

use rusqlite::{Connection, OptionalExtension, types::ValueRef};

use super::sqlite_error;
use crate::error::{Error, Result};

/// Everything that is covered; of `meta` all but the digest itself.
const SOURCES: [&str; 10] = [
    "select * from meta where key <> 'digest'",
    "select * from databases",
    "select * from tables",
    "select * from table_versions",
    "select * from table_columns",
    "select * from table_parameters",
    "select * from partitions",
    "select * from objects",
    "select * from files",
    "select * from dropped_files",
];

fn wrap(error: rusqlite::Error) -> Error {
    sqlite_error("cannot read the data catalog", error)
}

fn compute(connection: &Connection) -> rusqlite::Result<u64> {
    let mut total = 0_u64;
    for (number, sql) in SOURCES.iter().enumerate() {
        let mut statement = connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&[number as u8]);
            for index in 0..columns {
                add(&mut hasher, row.get_ref(index)?);
            }
            let hash = hasher.finalize();
            total = total.wrapping_add(hash.as_bytes()[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
    Ok(total)
}

fn add(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    match value {
        ValueRef::Null => put(0, &[]),
        ValueRef::Integer(value) => put(1, &value.to_le_bytes()),
        ValueRef::Real(value) => put(2, &value.to_le_bytes()),
        ValueRef::Text(text) => put(3, text),
        ValueRef::Blob(bytes) => put(4, bytes),
    }
}

/// Compares the contents with the digest.
///
/// Errors: XX001.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let stored: Option<i64> = connection
        .query_row("select value from meta where key = 'digest'", [], |row| row.get(0))
        .optional()
        .map_err(wrap)?;
    match stored.map(i64::cast_unsigned) == Some(compute(connection).map_err(wrap)?) {
        true => Ok(()),
        false => Err(Error::corrupted("glue.sqlite", "its contents are not those that were committed").with_hint(
            "Restore the warehouse from a snapshot, or remove glue.sqlite and run the pipeline anew; managed tables are \
             not affected.",
        )),
    }
}

/// Makes the digest of the contents as they are now.
pub(super) fn store(connection: &Connection) -> Result<()> {
    let digest = compute(connection).map_err(wrap)?.cast_signed();
    connection.execute("insert or replace into meta values ('digest', ?1)", [digest]).map_err(wrap)?;
    Ok(())
}
