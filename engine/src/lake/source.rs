//! Blocking reads of a folder of objects, local or in S3: what the Glue job's worker threads use.
//!
//! A local folder is read with plain files; S3 through `object_store` on a small runtime of its
//! own, in ranges, so that a worker holds one range of an object and never the whole of it.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use futures::TryStreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, path::Path as ObjectPath};
use tokio::runtime::Runtime;

use super::{
    location::Location,
    object_store::{ObjectStores, object_error},
};
use crate::error::{Error, Result, SqlState};

/// Bytes asked of S3 at once.
const S3_RANGE_BYTES: u64 = 8 << 20;
/// Folders inside folders; ends a loop of symbolic links.
const FOLDER_DEPTH_MAX: usize = 32;
/// Objects that one source may hold.
const OBJECTS_MAX: usize = 1_000_000;

/// An object of a source as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Key relative to the source, with `/` as separator.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Last modification, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// The store's ETag; None for local files.
    pub etag: Option<String>,
}

impl ObjectInfo {
    /// Last modification in microseconds since 1970.
    pub fn modified_us(&self) -> i64 {
        self.modified_ns.div_euclid(1_000)
    }
}

/// A folder of raw objects.
pub struct Source {
    location: Location,
    kind: Kind,
}

enum Kind {
    Local { root: PathBuf, only: Option<String> },
    Remote { store: Arc<dyn ObjectStore>, prefix: ObjectPath, runtime: Option<Runtime> },
}

impl Source {
    /// Opens the source at `location`: a folder, a single file, or an S3 prefix.
    pub fn open(location: &Location, stores: &ObjectStores) -> Result<Source> {
        let kind = match stores.local_path(location) {
            Some(path) => open_local(location, &path)?,
            None => {
                let resolved = stores.resolve(location)?;
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .map_err(|e| Error::io("cannot start the S3 client", e))?;
                Kind::Remote { store: resolved.store, prefix: resolved.prefix, runtime: Some(runtime) }
            }
        };
        Ok(Source { location: location.canonical(), kind })
    }

    /// The source's canonical location.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Every object below the source, sorted by key. Must not be called on an async thread.
    pub fn list(&self) -> Result<Vec<ObjectInfo>> {
        let mut objects = match &self.kind {
            Kind::Local { root, only: Some(name) } => vec![self.stat_local(&root.join(name), name.clone())?],
            Kind::Local { root, only: None } => {
                let mut found = Vec::new();
                self.walk(root, "", 0, &mut found)?;
                found
            }
            Kind::Remote { .. } => self.list_remote()?,
        };
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// The object's state now, to see whether it changed while it was read.
    pub fn stat(&self, key: &str) -> Result<ObjectInfo> {
        match &self.kind {
            Kind::Local { root, .. } => self.stat_local(&root.join(key), key.to_owned()),
            Kind::Remote { store, prefix, runtime } => {
                let path = remote_path(prefix, key)?;
                let meta =
                    handle(runtime)?.block_on(store.head(&path)).map_err(|e| object_error(self.cannot_read(key), e))?;
                Ok(info(key.to_owned(), &meta))
            }
        }
    }

    /// Reads the object from byte `offset` on. Must not be called on an async thread.
    pub fn read_from<'a>(&'a self, object: &'a ObjectInfo, offset: u64) -> Result<Box<dyn Read + Send + 'a>> {
        match &self.kind {
            Kind::Local { root, .. } => {
                let path = root.join(&object.key);
                let mut file = File::open(&path).map_err(|e| Error::io(self.cannot_read(&object.key), e))?;
                file.seek(SeekFrom::Start(offset)).map_err(|e| Error::io(self.cannot_read(&object.key), e))?;
                Ok(Box::new(file))
            }
            Kind::Remote { store, prefix, runtime } => Ok(Box::new(RangeReader {
                store: Arc::clone(store),
                path: remote_path(prefix, &object.key)?,
                runtime: handle(runtime)?.clone(),
                bytes: object.bytes,
                etag: object.etag.clone(),
                offset,
                range: bytes::Bytes::new(),
            })),
        }
    }

    /// `cannot read the object "…" of …`, the start of every error about an object.
    pub fn cannot_read(&self, key: &str) -> String {
        format!("cannot read the object \"{key}\" of {}", self.location)
    }

    fn walk(&self, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<ObjectInfo>) -> Result<()> {
        if depth > FOLDER_DEPTH_MAX {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("folders below {} are nested more than {FOLDER_DEPTH_MAX} deep", self.location),
            ));
        }
        let what = || format!("cannot list the folder {}", folder.display());
        for entry in fs::read_dir(folder).map_err(|e| Error::io(what(), e))? {
            let entry = entry.map_err(|e| Error::io(what(), e))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("the name of an object in {} is not UTF-8", folder.display()),
                ));
            };
            if name.starts_with(['.', '_']) {
                continue; // hidden, as in Hive: temporary and marker files
            }
            let key = format!("{prefix}{name}");
            let metadata = fs::metadata(entry.path()).map_err(|e| Error::io(self.cannot_read(&key), e))?;
            if metadata.is_dir() {
                self.walk(&entry.path(), &format!("{key}/"), depth + 1, found)?;
            } else if metadata.is_file() {
                found.push(local_info(key, &metadata));
                check_count(found.len(), &self.location)?;
            }
        }
        Ok(())
    }

    fn stat_local(&self, path: &Path, key: String) -> Result<ObjectInfo> {
        let metadata = fs::metadata(path).map_err(|e| Error::io(self.cannot_read(&key), e))?;
        Ok(local_info(key, &metadata))
    }

    fn list_remote(&self) -> Result<Vec<ObjectInfo>> {
        let Kind::Remote { store, prefix, runtime } = &self.kind else { return Ok(Vec::new()) };
        let what = || format!("cannot list {}", self.location);
        let all: Vec<_> = handle(runtime)?
            .block_on(async { store.list(Some(prefix)).try_collect().await.map_err(|e| object_error(what(), e)) })?;
        check_count(all.len(), &self.location)?;
        let start = prefix.as_ref();
        let mut objects = Vec::with_capacity(all.len());
        for meta in &all {
            let full = meta.location.as_ref();
            let key = full.strip_prefix(start).unwrap_or(full).trim_start_matches('/');
            if !key.is_empty() && !key.split('/').any(|s| s.starts_with(['.', '_'])) {
                objects.push(info(key.to_owned(), meta));
            }
        }
        Ok(objects)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // A runtime must not block in its drop: the source may be dropped on an async thread.
        if let Kind::Remote { runtime, .. } = &mut self.kind
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

fn open_local(location: &Location, path: &Path) -> Result<Kind> {
    let metadata = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => {
            Error::new(SqlState::UNDEFINED_FILE, format!("the source {location} does not exist"))
                .with_hint("Name a folder of raw CSV, laid out as <Table>/*.csv, with --source.")
        }
        _ => Error::io(format!("cannot read the source {location}"), e),
    })?;
    if metadata.is_dir() {
        return Ok(Kind::Local { root: path.to_path_buf(), only: None });
    }
    match (path.parent(), path.file_name().and_then(|n| n.to_str())) {
        (Some(root), Some(name)) => Ok(Kind::Local { root: root.to_path_buf(), only: Some(name.to_owned()) }),
        _ => Err(Error::new(SqlState::UNDEFINED_FILE, format!("the source {location} is no folder"))),
    }
}

fn local_info(key: String, metadata: &fs::Metadata) -> ObjectInfo {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let modified_ns = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX),
    };
    ObjectInfo { key, bytes: metadata.len(), modified_ns, etag: None }
}

fn info(key: String, meta: &object_store::ObjectMeta) -> ObjectInfo {
    let modified_ns = meta.last_modified.timestamp_nanos_opt().unwrap_or_default();
    ObjectInfo { key, bytes: meta.size, modified_ns, etag: meta.e_tag.clone() }
}

fn check_count(count: usize, location: &Location) -> Result<()> {
    if count <= OBJECTS_MAX {
        return Ok(());
    }
    Err(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("{location} holds more than {OBJECTS_MAX} objects")))
}

fn handle(runtime: &Option<Runtime>) -> Result<&tokio::runtime::Handle> {
    runtime.as_ref().map(Runtime::handle).ok_or_else(|| Error::internal("the S3 client was stopped"))
}

fn remote_path(prefix: &ObjectPath, key: &str) -> Result<ObjectPath> {
    let full = if prefix.as_ref().is_empty() { key.to_owned() } else { format!("{prefix}/{key}") };
    ObjectPath::parse(full).map_err(|e| Error::internal(format!("object key: {e}")))
}

/// Reads an object range by range, all of one version (`If-Match`), from a thread that may block.
pub(crate) struct RangeReader {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) path: ObjectPath,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) bytes: u64,
    pub(crate) etag: Option<String>,
    pub(crate) offset: u64,
    pub(crate) range: bytes::Bytes,
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.range.is_empty() && self.offset < self.bytes && !buffer.is_empty() {
            let end = (self.offset + S3_RANGE_BYTES).min(self.bytes);
            let options = GetOptions {
                range: Some(GetRange::Bounded(self.offset..end)),
                if_match: self.etag.clone(),
                ..GetOptions::default()
            };
            let fetched =
                self.runtime.block_on(async { self.store.get_opts(&self.path, options).await?.bytes().await });
            self.range = fetched.map_err(|e| io::Error::other(object_error("S3 request failed", e)))?;
            self.offset = end;
        }
        let count = self.range.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.range.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn open(root: &Path) -> Result<Source> {
        let stores = ObjectStores::new(&Config::new(root.join("warehouse")));
        Source::open(&Location::Local(root.join("raw")), &stores)
    }

    #[test]
    fn lists_and_reads_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let raw = dir.path().join("raw");
        fs::create_dir_all(raw.join("Invoice/.hidden")).unwrap();
        fs::write(raw.join("Invoice/b.csv"), "x\n12345\n").unwrap();
        fs::write(raw.join("Invoice/_SUCCESS"), "").unwrap();
        fs::write(raw.join("Album.csv"), "y\n").unwrap();
        let source = open(dir.path()).unwrap();
        let objects = source.list().unwrap();
        assert_eq!(objects.iter().map(|o| o.key.as_str()).collect::<Vec<_>>(), ["Album.csv", "Invoice/b.csv"]);
        let mut text = String::new();
        source.read_from(&objects[1], 2).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "12345\n");
        assert_eq!(source.stat("Invoice/b.csv").unwrap(), objects[1]);
        assert_eq!(source.stat("gone.csv").unwrap_err().state(), SqlState::UNDEFINED_FILE);
    }

    #[test]
    fn a_missing_source_is_a_clear_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = open(dir.path()).map(|_| ()).unwrap_err();
        assert_eq!(error.state(), SqlState::UNDEFINED_FILE);
        assert!(error.message().contains("does not exist"));
    }
}
