//! The files that the Glue job wrote, as an object store for reading: what a scan gets was checked, block by block,
//! against the checksums in the manifest. Damage is an error that names the file.

use std::{path::PathBuf, sync::Arc};

use object_store::{ObjectMeta, ObjectStore, path::Path as ObjectPath};
use url::Url;

use crate::{
    error::{Error, Result},
    glue::data_catalog::ManifestFile,
    storage::{FileSystem, checksum::ChecksumRegistry, object_store::ManagedObjectStore},
};

/// The files of one lake folder. They never change, and their names are never used twice.
#[derive(Debug)]
pub struct ManifestStore {
    /// Each has its own: two warehouses can share one DataFusion runtime.
    host: String,
    store: Arc<ManagedObjectStore>,
    checksums: Arc<ChecksumRegistry>,
}

impl ManifestStore {
    /// The files below `root`.
    pub fn new(root: PathBuf, file_system: Arc<dyn FileSystem>) -> Self {
        let checksums = Arc::new(ChecksumRegistry::default());
        let store = Arc::new(ManagedObjectStore::new(root, file_system, Arc::clone(&checksums)));
        ManifestStore { host: uuid::Uuid::new_v4().simple().to_string(), store, checksums }
    }

    /// The URL under which DataFusion finds [`ManifestStore::store`].
    pub fn url(&self) -> Result<Url> {
        Url::parse(&format!("lake://{}/", self.host)).map_err(Error::internal)
    }

    /// The files as an object store.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store) as _
    }

    /// A file as the store knows it; from now on what is read of it is checked.
    pub fn file(&self, file: &ManifestFile) -> Result<ObjectMeta> {
        if let Some(checksum) = &file.checksum {
            self.checksums.expect(&file.path, file.bytes, checksum);
        }
        // Taken as it is: nothing in it is escaped.
        let location = ObjectPath::parse(&file.path).map_err(|e| Error::corrupted("glue.sqlite", e))?;
        Ok(ObjectMeta { location, ..ManagedObjectStore::meta("", file.bytes) })
    }
}
