//! The folder of segments: where paths lead, what is cached, and the handle that readers and
//! writers of managed files share.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::execution::{memory_pool::MemoryPool, object_store::ObjectStoreUrl};
use parking_lot::Mutex;
use parquet::errors::ParquetError;

use super::{
    checksum::{self, ChecksumRegistry, Expected},
    delete_file::{self, DeletionVector},
    file_system::{FileSystem, ReadableFile},
    metadata::{DeleteFile, SegmentMeta},
    object_store::ManagedObjectStore,
};
use crate::error::{Error, Result, SqlState};

/// Cached deletion vectors may take this much memory.
const DELETION_CACHE_BYTES_MAX: usize = 64 << 20;
/// Folders known to be durable: so many are remembered.
const FOLDERS_MAX: usize = 4096;

/// The `data/` folder of one warehouse. Files in it are immutable and their names are never used
/// twice, so caches are keyed by path and never invalidated.
pub struct SegmentStore {
    root: PathBuf,
    file_system: Arc<dyn FileSystem>,
    url: ObjectStoreUrl,
    object_store: Arc<ManagedObjectStore>,
    checksums: Arc<ChecksumRegistry>,
    rewrite_below_bytes: u64,
    memory_pool: Arc<dyn MemoryPool>,
    deletions: Mutex<DeletionCache>,
    /// Folders whose own entries this process has made durable.
    folders: Mutex<HashSet<PathBuf>>,
}

#[derive(Default)]
struct DeletionCache {
    entries: HashMap<String, Arc<DeletionVector>>,
    bytes: usize,
}

impl fmt::Debug for SegmentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentStore").field("root", &self.root).finish_non_exhaustive()
    }
}

impl SegmentStore {
    /// A handle on the data folder `root`; for `rewrite_below_bytes` see [`crate::Config`].
    pub fn new(
        root: PathBuf,
        file_system: Arc<dyn FileSystem>,
        rewrite_below_bytes: u64,
        memory_pool: Arc<dyn MemoryPool>,
    ) -> Result<Arc<Self>> {
        // Each handle has its own URL: two warehouses can share one DataFusion runtime.
        let url = ObjectStoreUrl::parse(format!("warehouse://{}/", uuid::Uuid::new_v4().simple()))
            .map_err(|e| Error::internal(format!("object store URL: {e}")))?;
        let checksums = Arc::new(ChecksumRegistry::default());
        let object_store =
            Arc::new(ManagedObjectStore::new(root.clone(), Arc::clone(&file_system), Arc::clone(&checksums)));
        Ok(Arc::new(SegmentStore {
            root,
            file_system,
            url,
            object_store,
            checksums,
            rewrite_below_bytes,
            memory_pool,
            deletions: Mutex::default(),
            folders: Mutex::default(),
        }))
    }

    /// The file system underneath.
    pub fn file_system(&self) -> &Arc<dyn FileSystem> {
        &self.file_system
    }

    /// The data folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A segment of at most this size that loses rows is rewritten.
    pub fn rewrite_below_bytes(&self) -> u64 {
        self.rewrite_below_bytes
    }

    /// The memory that readers and writers share with everything else.
    pub fn memory_pool(&self) -> &Arc<dyn MemoryPool> {
        &self.memory_pool
    }

    /// The URL under which DataFusion finds [`SegmentStore::object_store`].
    pub fn url(&self) -> &ObjectStoreUrl {
        &self.url
    }

    /// The files as an object store.
    pub fn object_store(&self) -> &Arc<ManagedObjectStore> {
        &self.object_store
    }

    /// A path below the data folder as one of the file system.
    pub fn resolve(&self, path: &str) -> PathBuf {
        let mut resolved = self.root.clone();
        resolved.extend(path.split('/').filter(|part| !part.is_empty()));
        resolved
    }

    /// Opens a file whose contents are checked against what is expected of it.
    pub fn open(&self, path: &str, expected: Option<Expected>) -> Result<Arc<dyn ReadableFile>> {
        let file = self.file_system.open(&self.resolve(path))?;
        match expected {
            Some(expected) => checksum::verified(path, file, expected),
            None => Ok(file),
        }
    }

    /// Lets reads of a segment through [`SegmentStore::object_store`] be checked.
    pub fn expect(&self, file: &SegmentMeta) {
        if let Some(checksum) = &file.checksum {
            self.checksums.expect(&file.path, file.size_bytes, checksum);
        }
    }

    /// A name for a new file in `folder` (below the data folder, ending in `/`).
    pub fn new_path(&self, folder: &str, suffix: &str) -> String {
        format!("{folder}{}{suffix}", uuid::Uuid::now_v7())
    }

    /// Makes sure that `folder` (below the data folder) is there to stay. That it exists is not
    /// enough: whoever made it may still be about to make it durable, or have failed to.
    pub(super) fn ensure_folder(&self, folder: &str) -> Result<()> {
        let mut path = self.resolve(folder);
        if self.folders.lock().contains(&path) {
            return Ok(());
        }
        self.file_system.create_directories(&path)?;
        let mut durable = vec![];
        // A folder that is known to be durable lies in others that are.
        while path.starts_with(&self.root) && path != self.root && !self.folders.lock().contains(&path) {
            durable.push(path.clone());
            path.pop();
            self.file_system.sync_directory(&path)?;
        }
        let mut folders = self.folders.lock();
        if folders.len() > FOLDERS_MAX {
            folders.clear();
        }
        folders.extend(durable);
        Ok(())
    }

    /// Makes the entries of `folder` (below the data folder) durable.
    pub fn sync_folder(&self, folder: &str) -> Result<()> {
        self.file_system.sync_directory(&self.resolve(folder))
    }

    /// The same, when the folder is there: a table without rows has none.
    pub fn sync_folder_if_present(&self, folder: &str) -> Result<()> {
        match self.sync_folder(folder) {
            Err(e) if e.state() == SqlState::UNDEFINED_FILE => Ok(()),
            result => result,
        }
    }

    /// Paths of all files that lie in the folders of tables.
    pub fn files(&self) -> Result<Vec<String>> {
        let list = |path: &str| self.file_system.list(&self.resolve(path));
        let mut found = Vec::new();
        for schema in list("")?.into_iter().filter(|e| e.is_directory) {
            for table in list(&schema.name)?.into_iter().filter(|e| e.is_directory) {
                let folder = format!("{}/{}/", schema.name, table.name);
                let files = list(&folder)?.into_iter().filter(|e| !e.is_directory);
                found.extend(files.map(|file| format!("{folder}{}", file.name)));
            }
        }
        Ok(found)
    }

    /// Removes files that no commit names; failures leave them to the next sweep.
    pub fn remove_quietly<'a>(&self, paths: impl IntoIterator<Item = &'a str>) {
        for path in paths {
            let _ = self.file_system.remove(&self.resolve(path));
        }
    }

    /// The deleted positions that a delete file holds.
    pub fn deletion_vector(&self, file: &DeleteFile) -> Result<Arc<DeletionVector>> {
        if let Some(vector) = self.deletions.lock().entries.get(&file.path) {
            return Ok(Arc::clone(vector));
        }
        let vector = Arc::new(delete_file::read(self, file)?);
        self.cache_deletion_vector(&file.path, &vector);
        Ok(vector)
    }

    /// Remembers what was just written to a delete file.
    pub(super) fn cache_deletion_vector(&self, path: &str, vector: &Arc<DeletionVector>) {
        let bytes = vector.memory_bytes();
        let mut cache = self.deletions.lock();
        if cache.bytes + bytes > DELETION_CACHE_BYTES_MAX {
            *cache = DeletionCache::default();
        }
        if bytes <= DELETION_CACHE_BYTES_MAX && cache.entries.insert(path.to_owned(), Arc::clone(vector)).is_none() {
            cache.bytes += bytes;
        }
    }
}

/// A read of a file that failed: damage that was found on the way, or the error of the operation.
pub(super) fn read_error(path: &str, io: &std::io::Error) -> Error {
    match io.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(ours) => ours.clone(),
        None => Error::io(format!("data file \"{path}\""), std::io::Error::new(io.kind(), io.to_string())),
    }
}

/// What Arrow cannot do with our own batches is a bug of ours.
pub(super) fn arrow_error(error: arrow::error::ArrowError) -> Error {
    Error::internal(format!("segment: {error}"))
}

/// Names the file in an error of the Parquet library, and tells I/O errors from damage.
pub(super) fn parquet_error(path: &str, error: ParquetError) -> Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(e) = source {
        if let Some(ours) = e.downcast_ref::<Error>() {
            return ours.clone();
        }
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return read_error(path, io);
        }
        source = e.source();
    }
    Error::corrupted(path, error)
}
