//! The crawler: schemas and partitions from the files themselves into the data catalog.
//!
//! The job calls it on the ORC parts that it wrote, before its commit, so that files, bookmarks
//! and schema change together. [`run`] goes over everything that a database's manifest lists; it
//! is idempotent and repairs a catalog that lags behind its files. Columns are matched by name;
//! a type only ever widens (see [`HiveType::widen`]), and old files stay as they are.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use orc_rust::{
    reader::{ChunkReader, metadata::read_metadata},
    schema::DataType as OrcType,
};
use parking_lot::Mutex;

use super::{
    data_catalog::{CatalogColumn, CatalogTable, DataCatalog, TableFormat},
    hive_type::HiveType,
    job::SOURCE_COLUMNS,
};
use crate::{
    error::{Error, Result},
    lake::LakeFolder,
    storage::{checksum::Expected, file_system::ReadableFile},
};

/// What the crawler did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrawlReport {
    /// Tables looked at.
    pub tables: usize,
    /// Files whose schema was read.
    pub files: usize,
    /// Partitions of those tables.
    pub partitions: usize,
    /// Tables that got a new version of their columns, with the version.
    pub changed: Vec<(String, i64)>,
}

/// Brings the columns of a database's managed tables up to date with their files.
pub fn run(catalog: &DataCatalog, lake: &LakeFolder, database: &str) -> Result<CrawlReport> {
    let mut report = CrawlReport::default();
    for table in catalog.tables(database)? {
        if !table.managed || table.format != TableFormat::Orc {
            continue;
        }
        let Some(contents) = catalog.contents(database, &table.name)? else { continue };
        report.tables += 1;
        report.partitions += contents.partitions.len();
        let mut columns = raw_columns(&contents.table);
        for file in &contents.files {
            merge_columns(&mut columns, &orc_columns(lake, &file.path, file.expected())?);
            report.files += 1;
        }
        let version = catalog.update(|change| match change.table(database, &table.name)? {
            // Another process may have changed the table meanwhile: the next crawl sees it.
            Some(now) if now.version == contents.table.version => {
                let wanted = with_source_columns(columns);
                if wanted == now.columns {
                    return Ok(None);
                }
                change.set_columns(now.id, &wanted, &now.partition_keys).map(Some)
            }
            _ => Ok(None),
        })?;
        report.changed.extend(version.map(|version| (table.name.clone(), version)));
    }
    Ok(report)
}

/// The columns that come from raw data, without those that the job adds.
pub(super) fn raw_columns(table: &CatalogTable) -> Vec<CatalogColumn> {
    table.columns.iter().filter(|c| !SOURCE_COLUMNS.contains(&c.name.as_str())).cloned().collect()
}

/// Raw columns followed by those that the job adds.
pub(super) fn with_source_columns(mut raw: Vec<CatalogColumn>) -> Vec<CatalogColumn> {
    let types = [HiveType::String, HiveType::BigInt, HiveType::Timestamp];
    raw.extend(SOURCE_COLUMNS.iter().zip(types).map(|(name, hive_type)| CatalogColumn::new(*name, hive_type)));
    raw
}

/// Widens `columns` to hold `more` as well; columns not yet known come last.
pub(super) fn merge_columns(columns: &mut Vec<CatalogColumn>, more: &[CatalogColumn]) {
    for new in more {
        match columns.iter_mut().find(|c| c.name == new.name) {
            None => columns.push(new.clone()),
            Some(_) if new.all_null => {}
            Some(known) => {
                let free = std::mem::replace(&mut known.all_null, false);
                known.hive_type = if free { new.hive_type.clone() } else { known.hive_type.widen(&new.hive_type) };
            }
        }
    }
}

/// The raw columns of an ORC file of the lake, from its footer.
pub(super) fn orc_columns(lake: &LakeFolder, path: &str, expected: Option<Expected>) -> Result<Vec<CatalogColumn>> {
    let mut file = OpenedFile { file: lake.open_file(path, expected)?, failure: Mutex::default() };
    // The decoder trusts the file and may panic on a damaged one.
    let read = catch_unwind(AssertUnwindSafe(|| read_metadata(&mut file)));
    if let Some(failure) = file.failure.into_inner() {
        return Err(Error::io(format!("cannot read {path}"), failure));
    }
    let metadata = read
        .map_err(|_| Error::corrupted(path, "its footer cannot be decoded"))?
        .map_err(|e| Error::corrupted(path, e))?;
    let statistics = metadata.column_file_statistics();
    let mut columns = Vec::new();
    for column in metadata.root_data_type().children() {
        if SOURCE_COLUMNS.contains(&column.name()) {
            continue;
        }
        let index = column.data_type().column_index();
        let empty = statistics.get(index).is_some_and(|s| s.number_of_values() == 0 && s.has_null());
        columns.push(CatalogColumn {
            name: column.name().to_lowercase(),
            hive_type: hive_type(column.data_type())?,
            comment: None,
            all_null: empty,
        });
    }
    Ok(columns)
}

/// A file for the decoder, whose errors lose what went wrong.
struct OpenedFile {
    file: Arc<dyn ReadableFile>,
    failure: Mutex<Option<io::Error>>,
}

impl ChunkReader for OpenedFile {
    type T = io::Cursor<Bytes>;

    fn len(&self) -> u64 {
        self.file.len()
    }

    fn get_read(&self, _offset: u64) -> io::Result<Self::T> {
        Err(io::Error::other("reading without a length is not offered"))
    }

    fn get_bytes(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let read = usize::try_from(length).map_err(io::Error::other).and_then(|n| self.file.read_at(offset, n));
        read.map_err(|error| {
            let kind = error.kind();
            *self.failure.lock() = Some(error);
            kind.into()
        })
    }
}

fn hive_type(orc_type: &OrcType) -> Result<HiveType> {
    Ok(match orc_type {
        OrcType::Boolean { .. } => HiveType::Boolean,
        OrcType::Byte { .. } => HiveType::TinyInt,
        OrcType::Short { .. } => HiveType::SmallInt,
        OrcType::Int { .. } => HiveType::Int,
        OrcType::Long { .. } => HiveType::BigInt,
        OrcType::Float { .. } => HiveType::Float,
        OrcType::Double { .. } => HiveType::Double,
        OrcType::String { .. } => HiveType::String,
        OrcType::Varchar { max_length, .. } => HiveType::Varchar(*max_length),
        OrcType::Char { max_length, .. } => HiveType::Char(*max_length),
        OrcType::Binary { .. } => HiveType::Binary,
        OrcType::Decimal { precision, scale, .. } => match (u8::try_from(*precision), u8::try_from(*scale)) {
            (Ok(precision), Ok(scale)) => HiveType::Decimal(precision, scale),
            _ => return Err(Error::not_supported(format!("an ORC column of type decimal({precision},{scale})"))),
        },
        OrcType::Timestamp { .. } | OrcType::TimestampWithLocalTimezone { .. } => HiveType::Timestamp,
        OrcType::Date { .. } => HiveType::Date,
        other => return Err(Error::not_supported(format!("an ORC column of type {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_widens_and_appends() {
        let empty = |name: &str| CatalogColumn { all_null: true, ..CatalogColumn::new(name, HiveType::String) };
        let mut columns = vec![CatalogColumn::new("id", HiveType::Int), empty("note")];
        merge_columns(
            &mut columns,
            &[CatalogColumn::new("note", HiveType::Date), CatalogColumn::new("id", HiveType::BigInt)],
        );
        merge_columns(&mut columns, &[empty("id"), CatalogColumn::new("extra", HiveType::String)]);
        let types: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.hive_type.clone(), c.all_null)).collect();
        assert_eq!(
            types,
            [("id", HiveType::BigInt, false), ("note", HiveType::Date, false), ("extra", HiveType::String, false)]
        );
    }
}
