//! What the data catalog holds, as immutable values that readers share.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    error::{Error, Result},
    glue::hive_type::HiveType,
    storage::checksum::{Checksum, Expected},
};

/// File format of a table: what the crawler calls its classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableFormat {
    /// ORC
    Orc,
    /// Parquet
    Parquet,
    /// Delimited text, CSV included
    Text,
    /// One JSON object a line
    Json,
}

impl TableFormat {
    /// Reads the catalog's name of a format.
    pub fn parse(text: &str) -> Result<TableFormat> {
        match text.to_ascii_lowercase().as_str() {
            "orc" => Ok(TableFormat::Orc),
            "parquet" => Ok(TableFormat::Parquet),
            "text" | "textfile" | "csv" => Ok(TableFormat::Text),
            "json" => Ok(TableFormat::Json),
            other => Err(Error::not_supported(format!("an external table stored as {other}"))),
        }
    }

    /// The catalog's name of the format.
    pub fn name(self) -> &'static str {
        match self {
            TableFormat::Orc => "orc",
            TableFormat::Parquet => "parquet",
            TableFormat::Text => "text",
            TableFormat::Json => "json",
        }
    }
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A database of the data catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogDatabase {
    /// Its id.
    pub id: i64,
    /// Its name, lower case.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Default location of its tables.
    pub location: Option<String>,
    /// Where the Glue job takes its raw objects from; None before its first run.
    pub source: Option<String>,
    /// The newest delivery of the Glue job; 0 before the first.
    pub last_delivery_id: i64,
}

/// A column or partition key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogColumn {
    /// Its name, lower case.
    pub name: String,
    /// Its type.
    pub hive_type: HiveType,
    /// Its comment.
    pub comment: Option<String>,
    /// No value was seen yet, so that the type is still free to become any other.
    pub all_null: bool,
}

impl CatalogColumn {
    /// A column without a comment.
    pub fn new(name: impl Into<String>, hive_type: HiveType) -> CatalogColumn {
        CatalogColumn { name: name.into(), hive_type, comment: None, all_null: false }
    }
}

/// A table of the data catalog, in its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogTable {
    /// Its id.
    pub id: i64,
    /// The database it belongs to.
    pub database: String,
    /// Its name, lower case.
    pub name: String,
    /// Version of its columns, from 1.
    pub version: i64,
    /// Its columns without the partition keys.
    pub columns: Vec<CatalogColumn>,
    /// Its partition keys.
    pub partition_keys: Vec<CatalogColumn>,
    /// Its file format.
    pub format: TableFormat,
    /// Its location: a URL or path; for a managed table relative to the lake folder.
    pub location: String,
    /// True: the manifest lists its files. False: whatever lies at the location belongs to it.
    pub managed: bool,
    /// Table properties and serde parameters.
    pub parameters: BTreeMap<String, String>,
    /// An object that was loaded already was replaced or lost: models built from it are stale.
    pub needs_full_refresh: bool,
}

/// What is needed to create a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInput {
    /// Its name; stored in lower case.
    pub name: String,
    /// Its columns without the partition keys.
    pub columns: Vec<CatalogColumn>,
    /// Its partition keys.
    pub partition_keys: Vec<CatalogColumn>,
    /// Its file format.
    pub format: TableFormat,
    /// Its location.
    pub location: String,
    /// Whether the manifest lists its files.
    pub managed: bool,
    /// Table properties and serde parameters.
    pub parameters: BTreeMap<String, String>,
}

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its id.
    pub id: i64,
    /// Values of the partition keys, as in the path (`__HIVE_DEFAULT_PARTITION__` is NULL).
    pub values: Vec<String>,
    /// Its folder: a URL or path; for a managed table relative to the lake folder.
    pub location: String,
}

/// A file in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    /// Its id.
    pub id: i64,
    /// The partition that it belongs to.
    pub partition_id: Option<i64>,
    /// Its path relative to the lake folder.
    pub path: String,
    /// Rows in it.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Key of the raw object that it was made from.
    pub source_object: Option<String>,
    /// What its bytes must be; None when an earlier version wrote it.
    pub checksum: Option<Arc<Checksum>>,
}

impl ManifestFile {
    /// The file's length and checksum, for reading it.
    pub fn expected(&self) -> Option<Expected> {
        self.checksum.as_ref().map(|checksum| (self.bytes, Arc::clone(checksum)))
    }
}

/// A table with its partitions and files, all of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableContents {
    /// The table.
    pub table: CatalogTable,
    /// Its partitions.
    pub partitions: Vec<Partition>,
    /// The data files that the manifest lists; empty for tables that are not managed.
    pub files: Vec<ManifestFile>,
}

/// One version of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVersion {
    /// The version, from 1.
    pub version: i64,
    /// When it was made, in microseconds since 1970.
    pub created_us: i64,
    /// The columns, partition keys last.
    pub columns: Vec<CatalogColumn>,
}

/// What the job remembers of an object that it loaded: its bookmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// Its id.
    pub id: i64,
    /// The table its rows went to; None for an object without rows or columns.
    pub table: Option<String>,
    /// The object's key, relative to the source.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its last modification, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// The store's ETag.
    pub etag: Option<String>,
    /// Hash of its content, where the store gives no ETag.
    pub content_hash: Option<String>,
    /// The delivery that loaded it.
    pub delivery_id: i64,
    /// Rows loaded from it.
    pub rows: u64,
    /// Rows rejected.
    pub rejects: u64,
}
