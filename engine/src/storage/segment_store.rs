//! The folder of segments: where paths lead, what is cached, and the handle that readers and
//! writers of managed files share.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::execution::object_store::ObjectStoreUrl;
use parking_lot::Mutex;
use parquet::errors::ParquetError;

use super::{
    delete_file::{self, DeletionVector},
    file_system::FileSystem,
    metadata::DeleteFile,
    object_store::ManagedObjectStore,
};
use crate::error::{Error, Result, SqlState};

/// Cached deletion vectors may take this much memory.
const DELETION_CACHE_BYTES_MAX: usize = 64 << 20;

/// The `data/` folder of one warehouse. Files in it are immutable and their names are never used
/// twice, so caches are keyed by path and never invalidated.
pub struct SegmentStore {
    root: PathBuf,
    file_system: Arc<dyn FileSystem>,
    url: ObjectStoreUrl,
    object_store: Arc<ManagedObjectStore>,
    deletions: Mutex<DeletionCache>,
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
    /// A handle on the data folder `root`.
    pub fn new(root: PathBuf, file_system: Arc<dyn FileSystem>) -> Result<Arc<Self>> {
        // Each handle has its own URL: two warehouses can share one DataFusion runtime.
        let url = ObjectStoreUrl::parse(format!("warehouse://{}/", uuid::Uuid::new_v4().simple()))
            .map_err(|e| Error::internal(format!("object store URL: {e}")))?;
        let object_store = Arc::new(ManagedObjectStore::new(root.clone(), Arc::clone(&file_system)));
        Ok(Arc::new(SegmentStore { root, file_system, url, object_store, deletions: Mutex::default() }))
    }

    /// The file system underneath.
    pub fn file_system(&self) -> &Arc<dyn FileSystem> {
        &self.file_system
    }

    /// The data folder.
    pub fn root(&self) -> &Path {
        &self.root
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

    /// A name for a new file in `folder` (below the data folder, ending in `/`).
    pub fn new_path(&self, folder: &str, suffix: &str) -> String {
        format!("{folder}{}{suffix}", uuid::Uuid::now_v7())
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

/// Names the file in an error of the Parquet library, and tells I/O errors from damage.
pub(super) fn parquet_error(path: &str, error: ParquetError) -> Error {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(e) = source {
        if let Some(ours) = e.downcast_ref::<Error>() {
            return ours.clone();
        }
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            let kind = io.kind();
            return Error::io(format!("data file \"{path}\""), std::io::Error::new(kind, io.to_string()));
        }
        source = e.source();
    }
    Error::corrupted(path, error)
}
