//! Object stores behind locations: the local disk, `s3://` below `--s3-root`, or real S3.
//!
//! Real S3 takes endpoint, region and keys from the usual AWS environment variables. A location
//! that came from SQL must pass [`ObjectStores::check_sql_access`] first: it may only name the
//! warehouse's lake, the S3 root, the folders that the user of the command line gave, or real S3.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::{
    ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path as ObjectPath,
};
use parking_lot::{Mutex, RwLock};
use url::Url;

use super::{
    location::{Location, resolve_links},
    manifest_store::ManifestStore,
    orc::FooterCache,
};
use crate::{
    config::Config,
    error::{Error, Result, SqlState},
    storage::{FileSystem, LocalFileSystem as MachineFileSystem},
};

/// How often and how long a request to S3 is repeated before it fails.
const S3_RETRIES_MAX: usize = 3;
const S3_RETRY_SECONDS_MAX: u64 = 20;
/// Environment variables whose values never appear in an error.
const SECRET_VARIABLES: [&str; 3] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"];

/// A location together with the store that holds it.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The URL under which DataFusion knows the store: `file:///` or `s3://bucket`.
    pub store_url: Url,
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// The folder or object inside the store.
    pub prefix: ObjectPath,
    /// The path on this machine, when it is a local one.
    pub local: Option<PathBuf>,
}

/// Gives the object store of a location and guards which locations SQL may reach.
#[derive(Debug)]
pub struct ObjectStores {
    lake_root: PathBuf,
    s3_root: Option<PathBuf>,
    /// The files of the lake that the manifest lists, with their checksums.
    manifest: ManifestStore,
    footers: Arc<FooterCache>,
    allowed: RwLock<Vec<PathBuf>>,
    buckets: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl ObjectStores {
    /// Stores for the warehouse of `config`; SQL may reach its lake folder and the S3 root.
    pub fn new(config: &Config) -> ObjectStores {
        ObjectStores::new_on(config, Arc::new(MachineFileSystem))
    }

    /// The same with the lake on another file system, for tests with faults.
    pub fn new_on(config: &Config, file_system: Arc<dyn FileSystem>) -> ObjectStores {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let s3_root = config.s3_root.as_deref().map(absolute);
        let lake = absolute(&config.warehouse.join("lake"));
        let allowed = std::iter::once(lake.clone()).chain(s3_root.clone()).collect();
        ObjectStores {
            manifest: ManifestStore::new(lake.clone(), file_system),
            lake_root: lake,
            s3_root,
            footers: Arc::default(),
            allowed: RwLock::new(allowed),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// The warehouse's lake folder.
    pub fn lake_root(&self) -> &Path {
        &self.lake_root
    }

    /// The files that the data catalog's manifest lists.
    pub fn manifest(&self) -> &ManifestStore {
        &self.manifest
    }

    /// Footers of ORC files that were read before.
    pub fn footers(&self) -> &Arc<FooterCache> {
        &self.footers
    }

    /// How a local path of a store is shown: as `s3://` again where the S3 root stands for S3.
    pub fn display_path(&self, path: &ObjectPath) -> String {
        let root = self.s3_root.as_ref().and_then(|root| ObjectPath::from_absolute_path(root).ok());
        match root.as_ref().and_then(|root| path.as_ref().strip_prefix(root.as_ref())) {
            Some(key) => format!("s3://{}", key.trim_start_matches('/')),
            None => format!("/{path}"),
        }
    }

    /// Lets SQL reach a folder that the user of the command line named.
    pub fn allow(&self, location: &Location) {
        if let Some(path) = self.local_path(location) {
            self.allowed.write().push(path);
        }
    }

    /// Fails when SQL must not reach the location. Symbolic links are resolved before the check.
    pub fn check_sql_access(&self, location: &Location) -> Result<()> {
        let Some(path) = self.local_path(location) else { return Ok(()) };
        let real = resolve_links(&path);
        if self.allowed.read().iter().any(|root| real.starts_with(resolve_links(root))) {
            return Ok(());
        }
        Err(Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("the location \"{location}\" is not allowed"))
            .with_hint("SQL may read the warehouse's lake folder and what lies below --s3-root."))
    }

    /// The path on this machine where the location's bytes are; None for real S3.
    pub fn local_path(&self, location: &Location) -> Option<PathBuf> {
        match (location, &self.s3_root) {
            (Location::Local(path), _) => Some(path.clone()),
            (Location::S3 { bucket, key }, Some(root)) => {
                let folder = root.join(bucket);
                Some(if key.is_empty() { folder } else { folder.join(key) })
            }
            (Location::S3 { .. }, None) => None,
        }
    }

    /// The store that holds the location.
    pub fn resolve(&self, location: &Location) -> Result<Resolved> {
        match (location, &self.s3_root) {
            (Location::Local(path), _) => local_store(path),
            (Location::S3 { .. }, Some(_)) => match self.local_path(location) {
                Some(path) => local_store(&path),
                None => Err(Error::internal("the S3 root has no path")),
            },
            (Location::S3 { bucket, key }, None) => Ok(Resolved {
                store_url: Url::parse(&format!("s3://{bucket}"))
                    .map_err(|e| Error::internal(format!("bucket \"{bucket}\" makes no URL: {e}")))?,
                store: self.bucket(bucket)?,
                prefix: object_path(location, key)?,
                local: None,
            }),
        }
    }

    fn bucket(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>> {
        let mut buckets = self.buckets.lock();
        if let Some(store) = buckets.get(bucket) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = Arc::new(
            s3_builder(bucket).build().map_err(|e| object_error(format!("cannot open the bucket s3://{bucket}"), e))?,
        );
        buckets.insert(bucket.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

fn s3_builder(bucket: &str) -> AmazonS3Builder {
    let retry = RetryConfig {
        max_retries: S3_RETRIES_MAX,
        retry_timeout: Duration::from_secs(S3_RETRY_SECONDS_MAX),
        ..RetryConfig::default()
    };
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
        .iter()
        .find_map(|key| builder.get_config_value(key));
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        builder = builder.with_allow_http(true);
    }
    if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none() {
        builder = builder.with_region("us-east-1");
    }
    builder
}

fn local_store(path: &Path) -> Result<Resolved> {
    let prefix = ObjectPath::from_absolute_path(path)
        .map_err(|e| Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid location: {e}")))?;
    Ok(Resolved {
        store_url: Url::parse("file:///").map_err(Error::internal)?,
        store: Arc::new(LocalFileSystem::new()),
        prefix,
        local: Some(path.to_path_buf()),
    })
}

fn object_path(location: &Location, key: &str) -> Result<ObjectPath> {
    ObjectPath::parse(key.trim_end_matches('/'))
        .map_err(|e| Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid location \"{location}\": {e}")))
}

/// Turns a store's error into ours, without the secrets of the environment.
pub(crate) fn object_error(what: impl std::fmt::Display, error: object_store::Error) -> Error {
    use object_store::Error as Store;
    let (state, hint) = match &error {
        Store::NotFound { .. } => (SqlState::UNDEFINED_FILE, None),
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => (
            SqlState::INSUFFICIENT_PRIVILEGE,
            Some("Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL."),
        ),
        // Without keys the client asks the metadata service of the machine it takes for one of AWS.
        _ if error.to_string().contains("169.254.169.254") => {
            (SqlState::INSUFFICIENT_PRIVILEGE, Some("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."))
        }
        Store::Precondition { .. } => (SqlState::IO_ERROR, Some("The object changed while it was read; run again.")),
        _ => (SqlState::IO_ERROR, None),
    };
    let mine = Error::new(state, what.to_string()).with_detail(redact(&error.to_string()));
    match hint {
        Some(hint) => mine.with_hint(hint),
        None => mine,
    }
}

fn redact(text: &str) -> String {
    let mut text = text.to_owned();
    for secret in SECRET_VARIABLES.iter().filter_map(|name| std::env::var(name).ok()).filter(|v| v.len() >= 4) {
        text = text.replace(&secret, "***");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stores(warehouse: &Path, s3_root: Option<&Path>) -> ObjectStores {
        let mut config = Config::new(warehouse);
        config.s3_root = s3_root.map(Path::to_path_buf);
        ObjectStores::new(&config)
    }

    #[test]
    fn sql_reaches_only_what_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let (warehouse, outside) = (dir.path().join("w"), dir.path().join("outside"));
        std::fs::create_dir_all(warehouse.join("lake/db")).unwrap();
        std::fs::create_dir_all(&outside).unwrap();
        let stores = stores(&warehouse, None);
        let allowed = |path: &Path| stores.check_sql_access(&Location::parse(path.to_str().unwrap()).unwrap());
        assert!(allowed(&warehouse.join("lake/db/table")).is_ok());
        assert_eq!(allowed(&outside).unwrap_err().state(), SqlState::INSUFFICIENT_PRIVILEGE);
        assert!(allowed(&warehouse.join("lake/../../outside")).is_err());
        assert!(allowed(&warehouse.join("lakeside")).is_err());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, warehouse.join("lake/db/link")).unwrap();
            assert!(allowed(&warehouse.join("lake/db/link/secret.csv")).is_err());
        }
        stores.allow(&Location::Local(outside.clone()));
        assert!(allowed(&outside.join("x.csv")).is_ok());
    }

    #[test]
    fn an_s3_root_stands_for_s3() {
        let dir = tempfile::tempdir().unwrap();
        let stores = stores(&dir.path().join("w"), Some(dir.path()));
        let location = Location::parse("s3://bucket/raw/x").unwrap();
        assert_eq!(stores.local_path(&location).unwrap(), dir.path().join("bucket/raw/x"));
        assert!(stores.check_sql_access(&location).is_ok());
        let resolved = stores.resolve(&location).unwrap();
        assert_eq!(resolved.store_url.as_str(), "file:///");
        assert!(resolved.local.unwrap().ends_with("bucket/raw/x"));
    }
}
