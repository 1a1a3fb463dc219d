//! Managed files as an object store, read only, because DataFusion's Parquet reader wants one.
//!
//! Small reads (footers, delete files) happen in place: they come from the page cache. Large
//! ones go to the blocking pool, so that a slow disk does not stall the async workers.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream, stream::BoxStream};
use object_store::{
    Attributes, CopyOptions, Error as StoreError, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result as StoreResult, path::Path,
};

use super::{
    checksum::{self, ChecksumRegistry},
    file_system::{FileSystem, ReadableFile},
};

/// Reads up to this size are done in place.
const INLINE_READ_BYTES_MAX: u64 = 256 * 1024;

/// Files below a folder, for reading.
#[derive(Debug)]
pub struct ManagedObjectStore {
    root: PathBuf,
    file_system: Arc<dyn FileSystem>,
    checksums: Arc<ChecksumRegistry>,
}

impl ManagedObjectStore {
    /// The files below `root`.
    pub fn new(root: PathBuf, file_system: Arc<dyn FileSystem>, checksums: Arc<ChecksumRegistry>) -> Self {
        ManagedObjectStore { root, file_system, checksums }
    }

    fn open(&self, location: &Path) -> StoreResult<Arc<dyn ReadableFile>> {
        let mut path = self.root.clone();
        path.extend(location.parts().map(|p| p.as_ref().to_owned()));
        let open = || {
            let file = self.file_system.open(&path)?;
            match self.checksums.expected(location.as_ref()) {
                Some(expected) => checksum::verified(location.as_ref(), file, expected),
                None => Ok(file),
            }
        };
        open().map_err(|e: crate::Error| StoreError::Generic { store: "warehouse", source: Box::new(e) })
    }

    /// The metadata of an immutable file: the path says it all, the time is always the same.
    pub fn meta(path: &str, size: u64) -> ObjectMeta {
        ObjectMeta {
            location: Path::from(path),
            last_modified: DateTime::<Utc>::UNIX_EPOCH,
            size,
            e_tag: None,
            version: None,
        }
    }
}

fn read(file: &dyn ReadableFile, location: &Path, range: &Range<u64>) -> StoreResult<Bytes> {
    let length = range.end.saturating_sub(range.start) as usize;
    file.read_at(range.start, length).map_err(|e| StoreError::Generic {
        store: "warehouse",
        source: Box::new(crate::error::Error::io(format!("could not read data file \"{location}\""), e)),
    })
}

impl fmt::Display for ManagedObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warehouse({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for ManagedObjectStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> StoreResult<GetResult> {
        let file = self.open(location)?;
        let size = file.len();
        let range = match &options.range {
            Some(range) => {
                range.as_range(size).map_err(|e| StoreError::Generic { store: "warehouse", source: Box::new(e) })?
            }
            None => 0..size,
        };
        let meta = Self::meta(location.as_ref(), size);
        let bytes = if options.head {
            Bytes::new()
        } else {
            self.get_ranges(location, std::slice::from_ref(&range)).await?.remove(0)
        };
        let payload = GetResultPayload::Stream(stream::once(async move { Ok(bytes) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> StoreResult<Vec<Bytes>> {
        let file = self.open(location)?;
        let total: u64 = ranges.iter().map(|r| r.end.saturating_sub(r.start)).sum();
        if total <= INLINE_READ_BYTES_MAX {
            return ranges.iter().map(|r| read(file.as_ref(), location, r)).collect();
        }
        let (location, ranges) = (location.clone(), ranges.to_vec());
        tokio::task::spawn_blocking(move || ranges.iter().map(|r| read(file.as_ref(), &location, r)).collect())
            .await
            .map_err(|e| StoreError::JoinError { source: e })?
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> StoreResult<PutResult> {
        Err(read_only("put"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> StoreResult<Box<dyn MultipartUpload>> {
        Err(read_only("put_multipart"))
    }

    fn delete_stream(&self, _: BoxStream<'static, StoreResult<Path>>) -> BoxStream<'static, StoreResult<Path>> {
        stream::once(async { Err(read_only("delete")) }).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        stream::once(async { Err(read_only("list")) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> StoreResult<ListResult> {
        Err(read_only("list"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> StoreResult<()> {
        Err(read_only("copy"))
    }
}

/// Only transactions change managed files, and the catalog knows which there are.
fn read_only(operation: &str) -> StoreError {
    StoreError::NotSupported { source: format!("{operation} on managed data").into() }
}
